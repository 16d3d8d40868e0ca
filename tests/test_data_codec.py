"""Laws of the codec: round trip, range, grid, atoms, dtype; and small cases done by hand."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgvae_resample._data.codec import Codec, ImageCodec, TableCodec
from mgvae_resample._data.columns import Column, describe_column
from mgvae_resample._data.layout import Layout, Slot

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


CODECS = [TableCodec, ImageCodec]


def described(x: np.ndarray) -> Column:
    return describe_column(0, np.unique(x), len(x), "x0")


@pytest.mark.parametrize("kind", EXACT)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.one_of(st.integers(1, 12), st.integers(50, 1500)))
def test_round_trip_range_grid_and_dtype(kind: str, seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    X = EXACT[kind](generator, n)[:, np.newaxis]
    codec = TableCodec().fit(X)
    codes = codec.encode(X)
    assert codes.dtype == np.float32
    assert codes.shape == (n, codec.layout_.width)
    assert np.abs(codes).max(initial=0) < 6
    np.testing.assert_array_equal(codec.decode(codes), X)

    drawn = codec.decode(4 * generator.standard_normal((300, codec.layout_.width)))
    assert drawn.dtype == X.dtype
    assert drawn.shape == (300, 1)
    assert drawn.min() >= X.min()
    assert drawn.max() <= X.max()
    column = codec.coders_[0].column
    if column.values is not None or column.kind in ("binary", "constant"):
        assert np.isin(drawn, X).all()
    elif column.step is not None:
        steps = (drawn.astype(float) - float(column.low)) / column.step
        assert np.abs(steps - np.rint(steps)).max() < 1e-3
        # Unseen values are between knots, where float32 codes may not tell neighbours apart.
        again = codec.decode(codec.encode(drawn)).astype(float)
        assert np.abs(again - drawn).max() <= 1e-6 * np.ptp(X.astype(float)) + column.step * 1.01


@PROPERTY
@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.5, -1e30]),
        min_size=1,
        max_size=60,
    )
)
def test_any_floats_come_back(values: list[float]) -> None:
    # Up to rounding noise: on a grid of ones, 1e-17 is taken for 0.
    X = np.array(values)[:, np.newaxis]
    codec = TableCodec().fit(X)
    np.testing.assert_allclose(
        codec.decode(codec.encode(X)), X, rtol=0, atol=2e-15 * np.abs(X).max()
    )


@PROPERTY
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60))
def test_any_integers_come_back(values: list[int]) -> None:
    X = np.array(values, dtype=np.int64)[:, np.newaxis]
    codec = TableCodec().fit(X)
    np.testing.assert_array_equal(codec.decode(codec.encode(X)), X)


def test_normal_scores_of_four_values_by_hand() -> None:
    # Mid-ranks 1/8, 3/8, 5/8, 7/8 and their normal quantiles.
    scores = [-1.1503493803760079, -0.31863936396437515, 0.31863936396437515, 1.1503493803760079]
    X = np.array([[0.37], [-5.2], [1000.1234567], [np.pi]])
    codec = TableCodec().fit(X)
    assert codec.encode(X)[:, 0] == pytest.approx([scores[i] for i in (1, 0, 3, 2)], rel=1e-6)
    # Half-way between two values is half-way between their scores; beyond the ends is the end.
    new = np.array([[(0.37 + np.pi) / 2], [-1e9], [1e9]])
    assert codec.encode(new)[:, 0] == pytest.approx([0, scores[0], scores[3]], abs=1e-6)
    assert codec.decode(np.array([[0.0], [-9.0], [np.inf]]))[:, 0] == pytest.approx(
        [(0.37 + np.pi) / 2, -5.2, 1000.1234567]
    )


def test_gaps_beyond_the_largest_float() -> None:
    X = np.array([[-1.7e308], [1.7e308], [1.75e308], [np.finfo(float).max]])
    codec = TableCodec().fit(X)
    np.testing.assert_array_equal(codec.decode(codec.encode(X)), X)
    assert abs(codec.decode(np.array([[-0.7344943721901267]]))[0, 0]) < 1e303  # half-way
    many = 1.7e308 * np.random.default_rng(0).uniform(-1, 1, (6000, 1))
    codec.fit(many)
    np.testing.assert_allclose(codec.decode(codec.encode(many)), many, rtol=1e-4)


def test_plateau_of_an_atom_by_hand() -> None:
    # Ranks: 0 fills [0, 3) of 5, so its score is that of 1.5 / 5, its plateau 0.5/5 to 2.5/5.
    X = np.array([[0.0], [0.0], [0.0], [0.1234567], [7.7654321]])
    codec = TableCodec().fit(X)
    assert codec.encode(X[:1])[0, 0] == pytest.approx(-0.5244005127080409, rel=1e-6)
    # Beyond it nothing was seen up to the next value, at 3.5/5, so nothing is made between.
    edges = np.array([[-9.0], [-1.2815], [-0.001], [0.25], [0.27], [0.5244]])
    assert codec.decode(edges).ravel().tolist() == [0.0, 0.0, 0.0, 0.0, 0.1234567, 0.1234567]


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
@pytest.mark.parametrize("n", [500, 20_000])
def test_atoms_come_back_as_often_as_they_were_seen(share: float, n: int) -> None:
    generator = np.random.default_rng(0)
    X = np.where(generator.random(n) < share, 0.0, generator.gamma(2.0, 1.0, n))[:, np.newaxis]
    codec = TableCodec().fit(X)
    drawn = codec.decode(generator.standard_normal((20_000, 1)))
    assert abs((drawn == 0).mean() - (X == 0).mean()) < 0.015
    np.testing.assert_array_equal((codec.decode(codec.encode(X)) == 0), X == 0)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.arange(50), 1),
        (np.arange(3, 400, 7), 7),
        (np.arange(40) * 0.1, 0.1),
        (np.array([0.25, 1.5, 2.0, 7.75]), 0.25),
        (np.array([1.25, 3.4, 17.0, 2.05]), 0.01),
        (np.arange(256) / 255, 1 / 255),
        ((np.arange(256) / 255).astype(np.float32), 1 / 255),
        ((np.arange(256) / 255).astype(np.float16), 1 / 255),
        (np.arange(256) * np.float32(1 / 255), 1 / 255),
        ((np.arange(256, dtype=np.float32) / 255 - 0.1307) / 0.3081, 1 / 255 / 0.3081),
        (np.array([2, 3, 5, 7, 11, 13, 17, 19, 23, 29]) / np.e, 1 / np.e),
        (np.sqrt(np.arange(50)), None),
        (np.random.default_rng(0).random(5000), None),
        (np.random.default_rng(0).random(5000).astype(np.float32), None),
        (np.random.default_rng(0).random(5).astype(np.float32), None),
        (np.arange(50) * 1e300, None),
    ],
)
def test_step(values: np.ndarray, step: float | None) -> None:
    column = described(values)
    assert column.step == (None if step is None else pytest.approx(step, rel=1e-4))


def test_unseen_grid_points_are_the_floats_that_were_meant() -> None:
    X = np.array([0.1, 0.2, 0.4, 0.5, 0.9, 1.1, 2.3])[:, np.newaxis]
    codec = TableCodec().fit(X)
    drawn = codec.decode(np.linspace(-2, 2, 500)[:, np.newaxis])
    assert {0.3, 0.7, 1.7} <= set(drawn.ravel().tolist())  # not 0.30000000000000004
    around_zero = TableCodec().fit(np.array([-5.0, -3.0, 4.0])[:, np.newaxis])
    drawn = around_zero.decode(np.linspace(-1, 1, 500)[:, np.newaxis])
    assert (drawn == 0).any()
    assert not np.signbit(drawn[drawn == 0]).any()
    noisy = np.append(X, [[0.1 + 0.2]], axis=0)
    assert 0.1 + 0.2 in TableCodec().fit(noisy).decode(np.linspace(-2, 2, 500)[:, np.newaxis])


@pytest.mark.parametrize(
    ("n", "n_values", "snapped"),
    [(15, 3, True), (14, 3, False), (800, 40, True), (799, 40, False)],
)
def test_only_repeated_values_are_the_only_ones(n: int, n_values: int, snapped: bool) -> None:
    values = np.sqrt(np.arange(n_values))
    column = described(np.resize(values, n))
    assert (column.values is not None) == snapped


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(5, 2, 50_000),
        np.random.default_rng(0).lognormal(0, 6, 50_000),
        np.random.default_rng(0).uniform(1, 2, 50_000) * np.repeat([1, 1e30], 25_000),
        np.random.default_rng(0).normal(1e9, 1, 50_000).astype(np.float32),
    ],
)
def test_many_values_come_back_within_float32(values: np.ndarray) -> None:
    X = values[:, np.newaxis]
    codec = TableCodec().fit(X)
    back = codec.decode(codec.encode(X))
    np.testing.assert_allclose(back, X, rtol=3e-6, atol=3e-6 * min(1.0, np.abs(X).min() * 1e6))
    assert back.min() == X.min()
    assert back.max() == X.max()
    assert len(pickle.dumps(codec)) < 1_000_000


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).integers(-(10**5), 10**5, 200_000),
        np.round(np.random.default_rng(0).normal(0, 50, 200_000), 3),
        np.append(np.arange(20_000), 10**8 + np.arange(20_000)),
    ],
)
def test_many_grid_points_come_back_exactly(values: np.ndarray) -> None:
    X = values[:, np.newaxis]
    codec = TableCodec().fit(X)
    np.testing.assert_array_equal(codec.decode(codec.encode(X)), X)


def _images(generator: np.random.Generator) -> np.ndarray:
    grey = generator.integers(0, 256, (200, 12), dtype=np.uint8)
    grey[generator.random(grey.shape) < 0.5] = 0
    grey[:, 3] = 0
    grey[:, 5] = 200
    grey[:, 7] = np.maximum(grey[:, 7] // 4, 9)
    return grey


@pytest.mark.parametrize(
    "make",
    [
        lambda grey: grey,
        lambda grey: grey / 255,
        lambda grey: (grey / 255).astype(np.float32),
        lambda grey: (grey / 255).astype(np.float16),
        lambda grey: grey.astype(np.float32),
        lambda grey: grey // 16,
        lambda grey: grey.astype(np.int64) * 1000 - 9,
        lambda grey: (grey / 255 - 0.1307) / 0.3081,
        lambda grey: grey > 100,
        lambda grey: np.sqrt(grey / 255.0),
    ],
)
def test_images(make: Callable[[np.ndarray], np.ndarray]) -> None:
    generator = np.random.default_rng(0)
    X = np.asfortranarray(make(_images(generator)))
    X.setflags(write=False)
    codec = ImageCodec().fit(X)
    codes = codec.encode(X)
    assert [slot.column for slot in codec.layout_.slots] == list(range(X.shape[1]))
    assert codec.layout_.positions("intensity").size == X.shape[1]
    assert codes.min() >= 0
    assert codes.max() <= 1
    back = codec.decode(codes)
    assert back.dtype == X.dtype
    if codec.columns_[0].step is None:
        np.testing.assert_allclose(back, X, rtol=1e-6)
        np.testing.assert_array_equal(back == 0, X == 0)
    else:
        np.testing.assert_array_equal(back, X)

    drawn = codec.decode(generator.uniform(-1, 2, (500, codes.shape[1])))
    assert (drawn >= X.min(axis=0)).all()
    assert (drawn <= X.max(axis=0)).all()
    assert (drawn[:, [3, 5]] == X[0, [3, 5]]).all()


def test_intensity_codes_by_hand() -> None:
    def codes(X: np.ndarray) -> list[list[float]]:
        return ImageCodec().fit(X).encode(X).tolist()

    fifth = np.float32(0.2)
    assert codes(np.array([[0, 51], [0, 102]], np.uint8)) == [[0, fifth], [0, 2 * fifth]]
    assert codes(np.array([[0.0, 0.5], [0.25, 0.25]])) == [[0, 0.5], [0.25, 0.25]]
    assert codes(np.array([[0, 16], [4, 8]])) == [[0, 1], [0.25, 0.5]]
    assert codes(np.array([[-1.0, 1.0], [0.0, 1.0]])) == [[0, 1], [0.5, 1]]


def test_uint8_rounds_and_clips_and_never_wraps() -> None:
    X = np.array([[0], [10], [255]], dtype=np.uint8)
    codec = ImageCodec().fit(X)
    codes = np.array([[-0.5], [99.6 / 255], [254.6 / 255], [7.0]])
    assert codec.decode(codes).ravel().tolist() == [0, 100, 255, 255]


@pytest.mark.parametrize("make", [lambda x: x, lambda x: np.rint(x * 16) / 16])
def test_calibrated_atoms_have_the_share_of_real_images(
    make: Callable[[np.ndarray], np.ndarray],
) -> None:
    generator = np.random.default_rng(0)
    X = make(np.clip(generator.normal(0.4, 0.5, (400, 20)), 0, 1))
    codec = ImageCodec().fit(X)
    for contrast in (2, 9):  # too few codes near the ends, and too many; but none on them
        blurred = 1 / (1 + np.exp(-generator.normal(0, contrast, (3000, 20))))
        calibrated = copy.copy(codec).calibrate_atoms(blurred, codec.encode(X))
        for end in (0, 1):
            near = np.mean(np.abs(blurred - end) <= 0.05)
            wanted = min(np.mean(end == X), near)
            assert np.mean(calibrated.decode(blurred) == end) == pytest.approx(wanted, abs=0.001)
    assert codec.atom_thresholds_ == (None, None)
    rare = np.where(np.arange(400)[:, np.newaxis] == 0, X, np.clip(X, 0.1, 0.9))
    codec.fit(rare).calibrate_atoms(blurred, codec.encode(rare))
    assert codec.atom_thresholds_ == (None, None)


def test_layout_of_mixed_columns() -> None:
    generator = np.random.default_rng(0)
    X = np.column_stack([np.ones(30), generator.random((30, 2)), np.arange(30) % 2])
    codec = TableCodec().fit(X)
    assert [coder.column.kind for coder in codec.coders_] == [
        *("constant", "continuous", "continuous", "binary")
    ]
    assert codec.layout_ == Layout(
        (Slot(1, "continuous"), Slot(2, "continuous"), Slot(3, "binary"))
    )
    assert codec.layout_.positions("continuous").tolist() == [0, 1]
    assert set(codec.encode(X)[:, 2]) == {0.0, 1.0}
    assert codec.decode(np.array([[0, 0, 0.49], [0, 0, 0.5]]))[:, 3].tolist() == [0, 1]
    assert abs(codec.encode(X)[:, :2].mean()) < 1e-6
    assert codec.encode(X)[:, :2].std() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("codec", CODECS)
def test_only_constants(codec: type[Codec]) -> None:
    X = np.full((4, 3), 7, dtype=np.int16)
    codec = codec().fit(X)
    assert codec.encode(X).shape == (4, 0)
    np.testing.assert_array_equal(codec.decode(np.empty((2, 0))), X[:2])


@pytest.mark.parametrize("arrange", [np.asfortranarray, lambda X: np.repeat(X, 2, axis=1)[:, ::2]])
@pytest.mark.parametrize("codec", CODECS)
def test_arrangement_in_memory_does_not_matter(
    arrange: Callable[[np.ndarray], np.ndarray], codec: type[Codec]
) -> None:
    X = np.random.default_rng(0).random((50, 4))
    other = arrange(X)
    other.setflags(write=False)
    plain, codec = (codec().fit(x) for x in (X, other))
    np.testing.assert_array_equal(plain.encode(X), codec.encode(other))
    codes = plain.encode(X)
    codes.setflags(write=False)
    np.testing.assert_array_equal(plain.decode(codes), codec.decode(codes))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_columns_that_are_infinite_are_named(bad: float, codec: type[Codec]) -> None:
    X = np.random.default_rng(0).random((9, 3))
    codec = codec().fit(X)
    X[4, 2] = bad
    for refuse in (codec.encode, type(codec)().fit):
        with pytest.raises(ValueError, match=r"Column 'x2' of X holds (NaN or )?infinity"):
            refuse(X)


def test_missing_values_where_there_were_none_are_refused() -> None:
    X = np.random.default_rng(0).random((9, 3))
    codec = TableCodec().fit(X)
    X[4, 2] = np.nan
    with pytest.raises(ValueError, match="Column 'x2' of X holds missing values"):
        codec.encode(X)
    with pytest.raises(ValueError, match="'x2' of X holds NaN"):
        ImageCodec().fit(X)


def test_other_refusals() -> None:
    codec = TableCodec().fit(np.random.default_rng(0).random((9, 3)))
    with pytest.raises(ValueError, match=r"intensities below 2\*\*53"):
        ImageCodec().fit(np.array([[0], [2**60], [2**61]]))
    with pytest.raises(ValueError, match=r"Expected \(n, 3\) codes"):
        codec.decode(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="got NaN"):
        codec.decode(np.full((1, 3), np.nan))
