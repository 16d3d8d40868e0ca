"""Laws of the table codec: every kind of column, of every container, comes back as it was."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgvae_resample._data.categorical import find_categorical
from mgvae_resample._data.codec import TableCodec

Maker = Callable[[np.random.Generator, int], pd.Series]


def holes(column: pd.Series, generator: np.random.Generator) -> pd.Series:
    """Make about a third of a column missing."""
    return column.mask(generator.random(len(column)) < 0.3)


def towns(g: np.random.Generator, n: int) -> np.ndarray:
    return g.choice(["Rome", "Oslo", "Bern", "Kyiv"], n, p=[0.7, 0.1, 0.1, 0.1])


def days(g: np.random.Generator, n: int) -> np.ndarray:
    return np.datetime64("2020-01-30", "D") + g.integers(0, 4000, n)


def moments(g: np.random.Generator, n: int) -> np.ndarray:
    return np.datetime64("1950-01-01", "ns") + g.integers(0, 10**18, n)


COLUMNS: dict[str, Maker] = {
    "category": lambda g, n: pd.Series(
        pd.Categorical(towns(g, n), ["Nice", *sorted(set(towns(g, 99)))])
    ),
    "ordered category": lambda g, n: holes(
        pd.Series(pd.Categorical(g.integers(0, 4, n), [3, 2, 1, 0], ordered=True)), g
    ),
    "dates as categories": lambda g, n: pd.Series(
        pd.Categorical(pd.to_datetime(g.choice(days(g, 3), n)))
    ),
    "str": lambda g, n: holes(pd.Series(towns(g, n), dtype="str"), g),
    "string": lambda g, n: holes(pd.Series(towns(g, n), dtype="string"), g),
    "string[python]": lambda g, n: pd.Series(towns(g, n), dtype="string[python]"),
    "object": lambda g, n: pd.Series(towns(g, n).astype(object)),
    "object with None": lambda g, n: pd.Series(
        np.where(g.random(n) < 0.3, None, towns(g, n).astype(object)), dtype=object
    ),
    "object of everything": lambda g, n: pd.Series(
        [[3, "x", 2.5, ("a", 1), None][i] for i in g.integers(0, 5, n)], dtype=object
    ),
    "identifiers": lambda g, n: pd.Series([f"id-{i}" for i in g.permutation(10 * n)[:n]]),
    "many levels": lambda g, n: pd.Series([f"z{i:03}" for i in g.geometric(0.02, n)]),
    "bool": lambda g, n: pd.Series(g.random(n) < 0.3),
    "boolean": lambda g, n: holes(pd.Series(g.random(n) < 0.3, dtype="boolean"), g),
    "Int64": lambda g, n: holes(pd.Series(g.integers(-(2**62), 2**62, n), dtype="Int64"), g),
    "UInt8": lambda g, n: holes(pd.Series(g.integers(0, 256, n), dtype="UInt8"), g),
    "Float64": lambda g, n: holes(pd.Series(g.normal(size=n), dtype="Float64"), g),
    "Float32": lambda g, n: pd.Series(g.normal(size=n), dtype="Float32"),
    "int64[pyarrow]": lambda g, n: holes(pd.Series(g.poisson(3, n), dtype="int64[pyarrow]"), g),
    "double[pyarrow]": lambda g, n: holes(pd.Series(g.normal(size=n), dtype="double[pyarrow]"), g),
    "bool[pyarrow]": lambda g, n: holes(pd.Series(g.random(n) < 0.5, dtype="bool[pyarrow]"), g),
    "string[pyarrow]": lambda g, n: holes(pd.Series(towns(g, n), dtype="string[pyarrow]"), g),
    "dictionary[pyarrow]": lambda g, n: pd.Series(towns(g, n)).astype(
        pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    ),
    "decimal[pyarrow]": lambda g, n: pd.Series(
        [Decimal(int(i)) / 100 for i in g.integers(-999, 999, n)],
        dtype=pd.ArrowDtype(pa.decimal128(9, 2)),
    ),
    "null[pyarrow]": lambda _, n: pd.Series([None] * n, dtype=pd.ArrowDtype(pa.null())),
    "whole floats": lambda g, n: holes(pd.Series(g.poisson(9, n).astype(float)), g),
    "flag with holes": lambda g, n: holes(pd.Series(g.integers(0, 2, n).astype(float)), g),
    "constant with holes": lambda g, n: holes(pd.Series(np.full(n, 7.5)), g),
    "nothing but holes": lambda _, n: pd.Series(np.full(n, np.nan)),
    "no object at all": lambda _, n: pd.Series([None] * n, dtype=object),
    "sparse": lambda g, n: pd.Series(g.poisson(0.3, n).astype(float)).astype(
        pd.SparseDtype("float64", 0.0)
    ),
    "sparse integers": lambda g, n: pd.Series(g.poisson(0.3, n)).astype("Sparse[int64]"),
    "days": lambda g, n: holes(pd.Series(days(g, n).astype("M8[ns]")), g),
    "days[s]": lambda g, n: pd.Series(days(g, n).astype("M8[s]")),
    "moments": lambda g, n: holes(pd.Series(moments(g, n)), g),
    "moments in New York": lambda g, n: holes(
        pd.Series(moments(g, n)).dt.tz_localize("UTC").dt.tz_convert("America/New_York"), g
    ),
    "days in New York": lambda g, n: holes(
        pd.Series(days(g, n).astype("M8[us]")).dt.tz_localize("America/New_York"), g
    ),
    "durations": lambda g, n: holes(pd.Series(60 * g.integers(0, 999, n).astype("m8[s]")), g),
    "timestamp[pyarrow]": lambda g, n: holes(
        pd.Series(days(g, n).astype("M8[us]")).astype("timestamp[us][pyarrow]"), g
    ),
    "timestamp with zone[pyarrow]": lambda g, n: holes(
        pd.Series(moments(g, n)).dt.tz_localize("UTC").astype("timestamp[ns, tz=UTC][pyarrow]"), g
    ),
    "date32[pyarrow]": lambda g, n: holes(
        pd.Series(days(g, n).astype("M8[s]")).astype("date32[day][pyarrow]"), g
    ),
    "duration[pyarrow]": lambda g, n: holes(
        pd.Series(g.integers(0, 10**6, n).astype("m8[ms]")).astype("duration[ms][pyarrow]"), g
    ),
}


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.one_of(st.integers(1, 12), st.integers(50, 600)))
def test_columns_come_back_as_they_were(kind: str, seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    frame = COLUMNS[kind](generator, n).rename("column").to_frame()
    codec = TableCodec().fit(frame, find_categorical(frame, "auto"))
    codes = codec.encode(frame)
    assert codes.dtype == np.float32
    pd.testing.assert_frame_equal(codec.decode(codes), frame, check_index_type=False)

    # Whatever a network may say, only values that can be are shown.
    slots = codec.layout_.slots
    drawn = np.empty((200, len(slots)), dtype=np.float32)
    for i, slot in enumerate(slots):
        drawn[:, i] = 3 * generator.standard_normal(200)
        if slot.kind == "categorical":
            drawn[:, i] = generator.integers(-1, slot.n_levels + slot.n_rare + 1, 200)
        if slot.can_miss:
            drawn[::5, i] = np.nan
    new = codec.decode(drawn)
    assert new.dtypes.equals(frame.dtypes)
    column, before = new["column"], frame["column"]
    assert before.isna().any() or column.notna().all()
    if find_categorical(frame, "auto")[0]:
        assert set(column.dropna()) <= set(before.dropna())
    elif before.notna().any():
        assert column.dropna().min() >= before.min()
        assert column.dropna().max() <= before.max()


@settings(max_examples=25, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=8),
    seed=st.integers(0, 2**32 - 1),
)
def test_tables_of_any_columns_come_back_as_they_were(kinds: list[str], seed: int) -> None:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({j: COLUMNS[kind](generator, 80) for j, kind in enumerate(kinds)})
    before = frame.copy(deep=True)
    codec = TableCodec().fit(frame, find_categorical(frame, "auto"))
    codec = pickle.loads(pickle.dumps(codec))
    pd.testing.assert_frame_equal(codec.decode(codec.encode(frame)), frame)
    pd.testing.assert_frame_equal(before, frame)


@pytest.mark.parametrize("kind", ["days", "days[s]", "days in New York", "durations"])
def test_new_times_keep_the_resolution(kind: str) -> None:
    frame = COLUMNS[kind](np.random.default_rng(0), 9).to_frame("t")
    codec = TableCodec().fit(frame)
    drawn = codec.decode(np.linspace(-2, 2, 100, dtype=np.float32)[:, np.newaxis])["t"]
    if kind == "durations":
        assert (drawn.dt.total_seconds() % 60 == 0).all()
    else:
        assert (drawn == drawn.dt.normalize()).all()
    assert drawn.nunique() > 20  # and they are not only repeated


def test_times_of_arrays() -> None:
    generator = np.random.default_rng(0)
    for X in (
        np.stack([moments(generator, 50), moments(generator, 50)], axis=1),
        generator.integers(0, 99, (50, 2)).astype("m8[h]"),
    ):
        X[3, 1] = np.timedelta64("NaT") if X.dtype.kind == "m" else np.datetime64("NaT")
        codec = TableCodec().fit(X)
        back = codec.decode(codec.encode(X))
        assert back.dtype == X.dtype
        np.testing.assert_array_equal(back, X)


@pytest.mark.parametrize("dtype", [object, "U5"])
def test_text_arrays(dtype: type | str) -> None:
    generator = np.random.default_rng(0)
    X = np.array(towns(generator, 300).reshape(100, 3), dtype=dtype)
    if dtype is object:
        X[:, 1] = generator.normal(size=100)
        X[:, 2] = generator.integers(0, 99, 100)
        X[::7, 0], X[::9, 1] = None, np.nan
    codec = TableCodec().fit(X, find_categorical(X, "auto"))
    back = codec.decode(codec.encode(X))
    assert back.dtype == X.dtype
    pd.testing.assert_frame_equal(pd.DataFrame(back), pd.DataFrame(X))
    assert [type(v) for v in back[4].tolist()] == [type(v) for v in X[4].tolist()]


@pytest.mark.parametrize(
    "kind", ["days", "days in New York", "durations", "UInt8", "whole floats"]
)
def test_dates_and_numbers_named_as_categories(kind: str) -> None:
    generator = np.random.default_rng(0)
    frame = COLUMNS[kind](generator, 60).to_frame("x")
    codec = TableCodec().fit(frame, np.array([True]))
    assert codec.layout_.slots[0].kind == "categorical"
    pd.testing.assert_frame_equal(codec.decode(codec.encode(frame)), frame)


def test_object_arrays_are_read_as_the_frame_that_was_fitted() -> None:
    generator = np.random.default_rng(0)
    kinds = ["str", "days", "UInt8", "bool", "whole floats"]
    frame = pd.DataFrame({kind: COLUMNS[kind](generator, 60) for kind in kinds})
    codec = TableCodec().fit(frame, find_categorical(frame, "auto"))
    array = frame.to_numpy(dtype=object)
    np.testing.assert_array_equal(codec.encode(array), codec.encode(frame))


def test_rare_levels_are_folded_and_come_back() -> None:
    generator = np.random.default_rng(0)
    counts = np.array([500, 300, 9, 11, *([1] * 100)])
    x = np.repeat([f"l{i}" for i in range(len(counts))], counts)
    generator.shuffle(x)
    frame = pd.DataFrame({"x": x})
    codec = TableCodec().fit(frame, np.array([True]))
    (slot,) = codec.layout_.slots
    assert (slot.n_levels, slot.n_rare) == (3, 101)
    codes = codec.encode(frame)
    assert set(frame["x"][codes[:, 0] < 3]) == {"l0", "l1", "l3"}
    pd.testing.assert_frame_equal(codec.decode(codes), frame)


def test_few_levels_are_never_folded() -> None:
    frame = pd.DataFrame({"x": [*"aaaaaaaabc", *"defghijklmnop"]})
    (slot,) = TableCodec().fit(frame, np.array([True])).layout_.slots
    assert (slot.n_levels, slot.n_rare) == (16, 0)


def test_unknown_levels_are_refused_by_name() -> None:
    frame = pd.DataFrame({"town": ["Rome", "Oslo", "Bern"] * 5})
    codec = TableCodec().fit(frame, np.array([True]))
    with pytest.raises(ValueError, match="Column 'town' of X holds 'Paris'"):
        codec.encode(pd.DataFrame({"town": ["Rome", "Paris"]}))
    array = frame.to_numpy(dtype=object)
    codec = TableCodec().fit(array, np.array([True]))
    with pytest.raises(ValueError, match="Column 'x0' of X holds 'Paris'"):
        codec.encode(np.array([["Paris"]], dtype=object))


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ("auto", [False, True, True, True, True, True, False]),
        (None, [False] * 7),
        ([], [False] * 7),
        (["count", "town"], [True, True, *[False] * 5]),
        ([0, -1], [True, *[False] * 5, True]),
        (np.array([0, 3]), [True, False, False, True, *[False] * 3]),
        (np.array([True, *[False] * 6]), [True, *[False] * 6]),
        ([False] * 6 + [True], [False] * 6 + [True]),
        (pd.Index(["town"]), [False, True, *[False] * 5]),
        ("town", None),
        (["village"], None),
        ([7], None),
        ([True, False], None),
        ([1.5], None),
    ],
    ids=str,
)
def test_which_columns_are_categorical(features: object, expected: list[bool] | None) -> None:
    frame = pd.DataFrame(
        {
            "count": [1, 2],
            "town": ["Rome", "Oslo"],
            "object": pd.Series(["x", 1], dtype=object),
            "category": pd.Categorical([3, 4]),
            "bool": [True, False],
            "arrow": pd.Series(["a", "b"], dtype="string[pyarrow]"),
            "day": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        }
    )
    if expected is None:
        with pytest.raises(ValueError, match="'categorical_features' parameter must be"):
            find_categorical(frame, features)
    else:
        assert find_categorical(frame, features).tolist() == expected


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["a", "b", "a"], "Column 'bad' of X has dtype str"),
        (pd.Categorical(["a", "b", "a"]), "Column 'bad' of X has dtype category"),
        (pd.period_range("2020", periods=3, freq="D"), "Column 'bad' of X has dtype period"),
        (np.array([1j, 2, 3]), "Column 'bad' of X has dtype complex"),
        (
            pd.array([Decimal(10**29 + i) for i in range(3)], pd.ArrowDtype(pa.decimal128(38, 0))),
            "Column 'bad' of X holds decimals of more digits",
        ),
        (
            pd.array([[1], [2], [3]], pd.ArrowDtype(pa.list_(pa.int64()))),
            "Column 'bad' of X has dtype list",
        ),
    ],
    ids=["text", "category", "period", "complex", "long decimals", "lists"],
)
def test_what_is_neither_number_nor_named_is_refused(column: object, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        TableCodec().fit(pd.DataFrame({"good": [1, 2, 3], "bad": column}))
