"""Laws of encoded numbers: round trip, range, resolution, atoms, dtype; small cases by hand."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._encoding.numeric import Support, describe
from tests.encoding.fitted import tabular

PROPERTY = settings(max_examples=60, deadline=None)
Maker = Callable[[np.random.Generator, int], np.ndarray]

# Restored bit for bit, at any number of rows up to 4096.
EXACT: dict[str, Maker] = {
    "integers": lambda g, n: g.integers(-1000, 1000, n),
    "counts": lambda g, n: g.poisson(3, n).astype(float),
    "large integers": lambda g, n: g.integers(-(10**12), 10**12, n),
    "cents": lambda g, n: np.round(g.lognormal(3, 2, n), 2),
    "noisy tenths": lambda g, n: g.integers(0, 40, n) * 0.1,
    "quarters": lambda g, n: g.integers(0, 400, n) / 4,
    "float32 in float64": lambda g, n: (g.integers(0, 90, n) / 10).astype("f4").astype("f8"),
    "standardised pixels": lambda g, n: (g.integers(0, 256, n) / 255 - 0.1307) / 0.3081,
    "skewed": lambda g, n: g.lognormal(0, 3, n),
    "skewed float32": lambda g, n: g.lognormal(0, 3, n).astype(np.float32),
    "zero-inflated": lambda g, n: np.where(g.random(n) < 0.6, 0.0, g.exponential(1, n)),
    "huge": lambda g, n: g.choice([-1, 1], n) * 10.0 ** g.uniform(-30, 30, n),
    "enormous": lambda g, n: g.uniform(-1.7, 1.7, n) * 1e308,
    "tiny": lambda g, n: g.normal(0, 1e-300, n),
    "few values": lambda g, n: g.choice([-1.3, 0.1, np.pi, 77.0], n),
    "two values": lambda g, n: g.choice([0.1, np.nextafter(0.1, 1)], n),
    "constant": lambda _, n: np.full(n, 0.1),
    "uint8": lambda g, n: g.integers(0, 256, n, dtype=np.uint8),
    "int64 ends": lambda g, n: g.choice(np.iinfo(np.int64).max - np.arange(2), n),
    "bool": lambda g, n: g.random(n) < 0.3,
    "float16": lambda g, n: g.normal(0, 1, n).astype(np.float16),
    "big-endian": lambda g, n: g.normal(0, 1, n).astype(">f4"),
}


def described(x: np.ndarray) -> Support:
    return describe(np.unique(x), len(x))


@pytest.mark.parametrize("kind", EXACT)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.one_of(st.integers(1, 12), st.integers(50, 1500)))
def test_round_trip_range_resolution_and_dtype(kind: str, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    X = EXACT[kind](rng, n)[:, np.newaxis]
    encoding = tabular(X)
    rows = encoding.encode(X)
    assert rows.dtype == np.float32
    assert rows.shape == (n, encoding.layout.width)
    assert np.abs(rows).max(initial=0) < 6
    np.testing.assert_array_equal(encoding.decode(rows), X)

    drawn = encoding.decode(4 * rng.standard_normal((300, encoding.layout.width)))
    assert drawn.dtype == X.dtype
    assert drawn.shape == (300, 1)
    assert drawn.min() >= X.min()
    assert drawn.max() <= X.max()
    support = encoding.encoding.columns[0].support
    if support.values is not None or support.column_type in ("binary", "constant"):
        assert np.isin(drawn, X).all()
    elif support.resolution is not None:
        step = support.resolution.step
        steps = (drawn.astype(float) - float(support.low)) / step
        assert np.abs(steps - np.rint(steps)).max() < 1e-3
        # Unseen values are between knots, where float32 scores may not tell neighbours apart.
        again = encoding.decode(encoding.encode(drawn)).astype(float)
        assert np.abs(again - drawn).max() <= 1e-6 * np.ptp(X.astype(float)) + step * 1.01


@PROPERTY
@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.5, -1e30]),
        min_size=1,
        max_size=60,
    )
)
def test_any_floats_come_back(values: list[float]) -> None:
    # Up to rounding noise: among whole numbers, 1e-17 is taken for 0.
    X = np.array(values)[:, np.newaxis]
    encoding = tabular(X)
    np.testing.assert_allclose(
        encoding.decode(encoding.encode(X)), X, rtol=0, atol=2e-15 * np.abs(X).max()
    )


@PROPERTY
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60))
def test_any_integers_come_back(values: list[int]) -> None:
    # Beyond 2**53 exactly where they repeat, else as floats hold them.
    few = np.repeat(np.array(values, dtype=np.int64), 20)[:, np.newaxis]
    encoding = tabular(few)
    once = few[::20]
    if len(np.unique(once)) > 32 or np.unique(once.astype(float)).size == np.unique(once).size:
        np.testing.assert_array_equal(encoding.decode(encoding.encode(few)), few)
    back = tabular(once).decode(tabular(once).encode(once))
    np.testing.assert_allclose(back.astype(float), once.astype(float), rtol=2.0**-50, atol=0)


def test_normal_scores_of_four_values_by_hand() -> None:
    # Mid-ranks 1/8, 3/8, 5/8, 7/8 and their normal quantiles.
    scores = [-1.1503493803760079, -0.31863936396437515, 0.31863936396437515, 1.1503493803760079]
    X = np.array([[0.37], [-5.2], [1000.1234567], [np.pi]])
    encoding = tabular(X)
    assert encoding.encode(X)[:, 0] == pytest.approx([scores[i] for i in (1, 0, 3, 2)], rel=1e-6)
    # Half-way between two values is half-way between their scores; beyond the ends is the end.
    new = np.array([[(0.37 + np.pi) / 2], [-1e9], [1e9]])
    assert encoding.encode(new)[:, 0] == pytest.approx([0, scores[0], scores[3]], abs=1e-6)
    assert encoding.decode(np.array([[0.0], [-9.0], [np.inf]]))[:, 0] == pytest.approx(
        [(0.37 + np.pi) / 2, -5.2, 1000.1234567]
    )


def test_gaps_beyond_the_largest_float() -> None:
    X = np.array([[-1.7e308], [1.7e308], [1.75e308], [np.finfo(float).max]])
    encoding = tabular(X)
    np.testing.assert_array_equal(encoding.decode(encoding.encode(X)), X)
    assert abs(encoding.decode(np.array([[-0.7344943721901267]]))[0, 0]) < 1e303  # half-way
    many = 1.7e308 * np.random.default_rng(0).uniform(-1, 1, (6000, 1))
    encoding = tabular(many)
    np.testing.assert_allclose(encoding.decode(encoding.encode(many)), many, rtol=1e-4)


def test_plateau_of_an_atom_by_hand() -> None:
    # Ranks: 0 fills [0, 3) of 5, so its score is that of 1.5 / 5, its plateau 0.5/5 to 2.5/5.
    X = np.array([[0.0], [0.0], [0.0], [0.1234567], [7.7654321]])
    encoding = tabular(X)
    assert encoding.encode(X[:1])[0, 0] == pytest.approx(-0.5244005127080409, rel=1e-6)
    # Beyond it nothing was seen up to the next value, at 3.5/5, so nothing is made between.
    edges = np.array([[-9.0], [-1.2815], [-0.001], [0.25], [0.27], [0.5244]])
    assert encoding.decode(edges).ravel().tolist() == [0.0, 0.0, 0.0, 0.0, 0.1234567, 0.1234567]


@pytest.mark.parametrize("fraction", [0.1, 0.6, 0.95])
@pytest.mark.parametrize("n", [500, 20_000])
def test_atoms_come_back_as_often_as_they_were_seen(fraction: float, n: int) -> None:
    rng = np.random.default_rng(0)
    X = np.where(rng.random(n) < fraction, 0.0, rng.gamma(2.0, 1.0, n))[:, np.newaxis]
    encoding = tabular(X)
    drawn = encoding.decode(rng.standard_normal((20_000, 1)))
    assert abs((drawn == 0).mean() - (X == 0).mean()) < 0.015
    np.testing.assert_array_equal((encoding.decode(encoding.encode(X)) == 0), X == 0)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.arange(50), 1),
        (np.arange(3, 400, 7), 7),
        (np.arange(40) * 0.1, None),
        (np.array([0.25, 1.5, 2.0, 7.75]), 0.25),
        (np.array([1.25, 3.4, 17.0, 2.05]), 0.01),
        (np.arange(256) / 255, 1 / 255),
        ((np.arange(256) / 255).astype(np.float32), 1 / 255),
        ((np.arange(256) / 255).astype(np.float16), 1 / 255),
        (np.arange(256) * np.float32(1 / 255), None),
        ((np.arange(256, dtype=np.float32) / 255 - 0.1307) / 0.3081, None),
        (np.array([2, 3, 5, 7, 11, 13, 17, 19, 23, 29]) / np.e, None),
        (np.sqrt(np.arange(50)), None),
        (np.random.default_rng(0).random(5000), None),
        (np.random.default_rng(0).random(5000).astype(np.float32), None),
        (np.random.default_rng(0).random(5).astype(np.float32), None),
        (np.arange(50) * 1e300, None),
    ],
)
def test_step(values: np.ndarray, step: float | None) -> None:
    found = described(values).resolution
    assert (found and found.step) == (step and pytest.approx(step, rel=1e-4))


def test_unseen_values_are_the_floats_that_were_meant() -> None:
    X = np.array([0.1, 0.2, 0.4, 0.5, 0.9, 1.1, 2.3])[:, np.newaxis]
    encoding = tabular(X)
    drawn = encoding.decode(np.linspace(-2, 2, 500)[:, np.newaxis])
    assert {0.3, 0.7, 1.7} <= set(drawn.ravel().tolist())  # not 0.30000000000000004
    around_zero = tabular(np.array([-5.0, -3.0, 4.0])[:, np.newaxis])
    drawn = around_zero.decode(np.linspace(-1, 1, 500)[:, np.newaxis])
    assert (drawn == 0).any()
    assert not np.signbit(drawn[drawn == 0]).any()


@pytest.mark.parametrize(
    ("n", "n_values", "snapped"),
    [(15, 3, True), (14, 3, False), (800, 40, True), (799, 40, False)],
)
def test_only_repeated_values_are_the_only_ones(n: int, n_values: int, snapped: bool) -> None:
    values = np.sqrt(np.arange(n_values))
    support = described(np.resize(values, n))
    assert (support.values is not None) == snapped


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(5, 2, 50_000),
        np.random.default_rng(0).lognormal(0, 6, 50_000),
        np.random.default_rng(0).uniform(1, 2, 50_000) * np.repeat([1, 1e30], 25_000),
        np.random.default_rng(0).normal(1e9, 1, 50_000).astype(np.float32),
    ],
)
def test_many_values_come_back_near_their_rank(values: np.ndarray) -> None:
    X = values[:, np.newaxis]
    encoding = tabular(X)
    back = encoding.decode(encoding.encode(X))
    ranks = np.searchsorted(np.sort(values), np.stack([X[:, 0], back[:, 0]]))
    assert np.abs(ranks[0] - ranks[1]).max() <= 0.001 * len(values)
    assert back.min() == X.min()
    assert back.max() == X.max()
    assert len(pickle.dumps(encoding.encoding)) < 1_000_000


def test_layout_of_mixed_columns() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(30), rng.random((30, 2)), np.arange(30) % 2])
    encoding = tabular(X)
    assert [column.support.column_type for column in encoding.encoding.columns] == [
        *("constant", "continuous", "continuous", "binary")
    ]
    assert encoding.layout == Layout(
        (Slot(1, "continuous"), Slot(2, "continuous"), Slot(3, "binary"))
    )
    assert encoding.layout.positions("continuous").tolist() == [0, 1]
    assert set(encoding.encode(X)[:, 2]) == {0.0, 1.0}
    assert encoding.decode(np.array([[0, 0, 0.49], [0, 0, 0.5]]))[:, 3].tolist() == [0, 1]
    assert abs(encoding.encode(X)[:, :2].mean()) < 1e-6
    assert encoding.encode(X)[:, :2].std() == pytest.approx(1, abs=0.05)
