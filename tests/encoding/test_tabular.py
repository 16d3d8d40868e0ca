"""Laws of encoded tables: every kind of column, of every container, comes back as it was."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from mgvae_resample._encoding.tabular import TabularEncoding
from mgvae_resample._tables.table import Table
from tests.encoding.fitted import Fitted, tabular
from tests.tables.columns import PANDAS, POLARS, categorical, days, moments, towns


def anything(encoding: Fitted, rng: np.random.Generator) -> np.ndarray:
    """Make encoded rows as a network might, in range or not."""
    slots = encoding.layout.slots
    rows = np.empty((200, len(slots)), dtype=np.float32)
    for i, slot in enumerate(slots):
        rows[:, i] = 3 * rng.standard_normal(200)
        if slot.column_type == "categorical":
            rows[:, i] = rng.integers(-1, slot.n_categories + slot.n_infrequent + 1, 200)
        if slot.can_miss:
            rows[::5, i] = np.nan
    return rows


@pytest.mark.parametrize("kind", PANDAS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.one_of(st.integers(1, 12), st.integers(50, 600)))
def test_columns_come_back_as_they_were(kind: str, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    frame = PANDAS[kind](rng, n).rename("column").to_frame()
    encoding = tabular(frame)
    rows = encoding.encode(frame)
    assert rows.dtype == np.float32
    pd.testing.assert_frame_equal(encoding.decode(rows), frame, check_index_type=False)

    # Whatever a network may say, only values that can be are shown.
    new = encoding.decode(anything(encoding, rng))
    assert new.dtypes.equals(frame.dtypes)
    column, before = new["column"], frame["column"]
    assert before.isna().any() or column.notna().all()
    if categorical(encoding.encoding.schema)[0]:
        assert set(column.dropna()) <= set(before.dropna())
    elif before.notna().any():
        assert column.dropna().min() >= before.min()
        assert column.dropna().max() <= before.max()


@pytest.mark.parametrize("kind", POLARS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.one_of(st.integers(1, 12), st.integers(50, 600)))
def test_polars_columns_come_back_as_they_were(kind: str, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    frame = POLARS[kind](rng, n).alias("column").to_frame()
    encoding = tabular(frame)
    rows = encoding.encode(frame)
    assert rows.dtype == np.float32
    assert_frame_equal(encoding.decode(rows), frame)
    new = encoding.decode(anything(encoding, rng))
    assert new.schema == frame.schema
    column, before = new["column"].drop_nulls(), frame["column"].drop_nulls()
    assert frame["column"].has_nulls() or len(column) == len(new)
    if categorical(encoding.encoding.schema)[0]:
        assert set(column.to_list()) <= set(before.to_list())
    elif len(before):
        assert column.min() >= before.min()
        assert column.max() <= before.max()


@pytest.mark.parametrize("kind", [k for k in POLARS if not k.startswith("Null")])
def test_polars_columns_named_as_categories(kind: str) -> None:
    frame = POLARS[kind](np.random.default_rng(0), 60).alias("column").to_frame()
    encoding = tabular(frame, ["column"])
    assert all(categorical(encoding.encoding.schema))
    assert_frame_equal(encoding.decode(encoding.encode(frame)), frame)


def test_nan_of_polars_is_missing_and_comes_back_as_null() -> None:
    frame = pl.DataFrame({"x": [1.5, float("nan"), 2.5, None, 7.0]})
    expected = pl.DataFrame({"x": [1.5, None, 2.5, None, 7.0]})
    for features in ("auto", [0]):
        encoding = tabular(frame, features)
        rows = encoding.encode(frame)
        assert np.isnan(rows[[1, 3]]).all()
        assert_frame_equal(encoding.decode(rows), expected)


@pytest.mark.parametrize("container", [pd.DataFrame, pl.DataFrame])
def test_each_column_is_read_once_to_learn_it_and_once_to_encode_it(
    container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: Counter[int] = Counter()
    read = Table.column

    def counted(table: Table, j: int) -> Any:
        reads[j] += 1
        return read(table, j)

    monkeypatch.setattr(Table, "column", counted)
    rng = np.random.default_rng(0)
    frame = container({"a": rng.normal(size=50), "b": towns(rng, 50), "c": days(rng, 50)})
    for X in (frame, np.array([list(frame[name]) for name in "abc"], dtype=object).T):
        table = Table.of(X)
        encoding = TabularEncoding().fit(table)
        assert reads == {0: 1, 1: 1, 2: 1}
        reads.clear()
        encoding.encode(table)
        assert reads == {0: 1, 1: 1, 2: 1}
        reads.clear()


@settings(max_examples=25, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(PANDAS)), min_size=1, max_size=8),
    seed=st.integers(0, 2**32 - 1),
)
def test_tables_of_any_columns_come_back_as_they_were(kinds: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({j: PANDAS[kind](rng, 80) for j, kind in enumerate(kinds)})
    before = frame.copy(deep=True)
    encoding = tabular(frame)
    encoding = pickle.loads(pickle.dumps(encoding))
    pd.testing.assert_frame_equal(encoding.decode(encoding.encode(frame)), frame)
    pd.testing.assert_frame_equal(before, frame)


@pytest.mark.parametrize("kind", ["days", "days[s]", "durations"])
def test_new_times_keep_the_resolution(kind: str) -> None:
    frame = PANDAS[kind](np.random.default_rng(0), 9).to_frame("t")
    encoding = tabular(frame)
    drawn = encoding.decode(np.linspace(-2, 2, 100, dtype=np.float32)[:, np.newaxis])["t"]
    if kind == "durations":
        assert (drawn.dt.total_seconds() % 60 == 0).all()
    else:
        assert (drawn == drawn.dt.normalize()).all()
    assert drawn.nunique() > 20  # and they are not only repeated


def test_times_of_arrays() -> None:
    rng = np.random.default_rng(0)
    for X in (
        np.stack([moments(rng, 50), moments(rng, 50)], axis=1),
        rng.integers(0, 99, (50, 2)).astype("m8[h]"),
    ):
        X[3, 1] = np.array("NaT", dtype=X.dtype)
        encoding = tabular(X)
        back = encoding.decode(encoding.encode(X))
        assert back.dtype == X.dtype
        np.testing.assert_array_equal(back, X)


@pytest.mark.parametrize("dtype", [object, "U5"])
def test_text_arrays(dtype: type | str) -> None:
    rng = np.random.default_rng(0)
    X = np.array(towns(rng, 300).reshape(100, 3), dtype=dtype)
    if dtype is object:
        X[:, 1] = rng.normal(size=100)
        X[:, 2] = rng.integers(0, 99, 100)
        X[::7, 0], X[::9, 1] = None, np.nan
    encoding = tabular(X)
    back = encoding.decode(encoding.encode(X))
    assert back.dtype == X.dtype
    pd.testing.assert_frame_equal(pd.DataFrame(back), pd.DataFrame(X))
    assert [type(v) for v in back[4].tolist()] == [type(v) for v in X[4].tolist()]


@pytest.mark.parametrize(
    "kind", ["days", "days in New York", "durations", "UInt8", "whole floats"]
)
def test_dates_and_numbers_named_as_categories(kind: str) -> None:
    rng = np.random.default_rng(0)
    frame = PANDAS[kind](rng, 60).to_frame("x")
    encoding = tabular(frame, [0])
    assert encoding.layout.slots[0].column_type == "categorical"
    pd.testing.assert_frame_equal(encoding.decode(encoding.encode(frame)), frame)


def test_infrequent_categories_are_folded_and_come_back() -> None:
    rng = np.random.default_rng(0)
    counts = np.array([500, 300, 9, 11, *([1] * 100)])
    x = np.repeat([f"l{i}" for i in range(len(counts))], counts)
    rng.shuffle(x)
    frame = pd.DataFrame({"x": x})
    encoding = tabular(frame, [0])
    (slot,) = encoding.layout.slots
    assert (slot.n_categories, slot.n_infrequent) == (3, 101)
    rows = encoding.encode(frame)
    assert set(frame["x"][rows[:, 0] < 3]) == {"l0", "l1", "l3"}
    pd.testing.assert_frame_equal(encoding.decode(rows), frame)


def test_few_categories_are_never_folded() -> None:
    frame = pd.DataFrame({"x": [*"aaaaaaaabc", *"defghijklmnop"]})
    (slot,) = tabular(frame, [0]).layout.slots
    assert (slot.n_categories, slot.n_infrequent) == (16, 0)


def test_unknown_categories_are_refused_by_name() -> None:
    frame = pd.DataFrame({"town": ["Rome", "Oslo", "Bern"] * 5})
    encoding = tabular(frame, [0])
    with pytest.raises(ValueError, match="Column 'town' of X holds 'Paris'"):
        encoding.encode(pd.DataFrame({"town": ["Rome", "Paris"]}))
    array = frame.to_numpy(dtype=object)
    encoding = tabular(array, [0])
    with pytest.raises(ValueError, match="Column 'x0' of X holds 'Paris'"):
        encoding.encode(np.array([["Paris"]], dtype=object))
    encoding = tabular(pl.DataFrame({"town": frame["town"].tolist()}))
    with pytest.raises(ValueError, match="Column 'town' of X holds 'Paris'"):
        encoding.encode(pl.DataFrame({"town": ["Rome", "Paris"]}))


def test_columns_of_other_names_or_contents_are_refused() -> None:
    rng = np.random.default_rng(0)
    for frame in (
        pd.DataFrame({"a": rng.random(9), "b": 1}),
        pl.DataFrame({"a": range(9), "b": 1}),
    ):
        encoding = tabular(frame)
        with pytest.raises(ValueError, match=r"Expected the columns \['a', 'b'\] in this order"):
            encoding.encode(frame[["b", "a"]])
        text = type(frame)({"a": ["text"] * 9, "b": [1] * 9})
        with pytest.raises(ValueError, match="Column 'a' of X cannot be read"):
            encoding.encode(text)


def test_a_fitted_encoding_keeps_no_rows() -> None:
    X = np.random.default_rng(0).normal(size=(20_000, 2)).round(1)
    for table in (X, pd.DataFrame(X), pd.DataFrame(X).astype("double[pyarrow]"), pl.DataFrame(X)):
        assert len(pickle.dumps(tabular(table).encoding)) < 100_000


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 100))
def test_a_round_trip_is_decoding_and_encoding(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [make(rng, n).rename(kind) for kind, make in PANDAS.items()]
    frame = pd.concat(parts, axis=1)
    encoding = tabular(frame)
    own = encoding.encode(frame)
    np.testing.assert_array_equal(encoding.encoding.round_trip(own), own)
    rows = anything(encoding, rng)
    again = encoding.encoding.round_trip(rows)
    np.testing.assert_array_equal(again, encoding.encode(encoding.decode(rows)))
    pd.testing.assert_frame_equal(encoding.decode(again), encoding.decode(rows))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_categories_that_are_declared_but_were_not_seen_are_refused(container: str) -> None:
    def column(values: list[str | None], seen: list[str]) -> Any:
        if container == "polars":
            return pl.DataFrame({"c": pl.Series(values, dtype=pl.Enum(seen))})
        return pd.DataFrame({"c": pd.Categorical(values, categories=seen)})

    encoding = tabular(column(["p", "q", "s", None], ["p", "q", "r", "s"]))
    encoding.encode(column(["s", None, "p"], ["p", "q", "r", "s"]))
    with pytest.raises(ValueError, match="Column 'c' of X holds 'r', a category that was not"):
        encoding.encode(column(["p", "r"], ["p", "q", "r", "s"]))


@pytest.mark.parametrize("order", ["pqr", "rpq", "xrqp"])
def test_categories_may_come_in_another_order(order: str) -> None:
    def frame(values: str, categories: str) -> pd.DataFrame:
        return pd.DataFrame({"c": pd.Categorical(list(values), categories=list(categories))})

    encoding = tabular(frame("pqpqp", "pqr"))
    np.testing.assert_array_equal(
        encoding.encode(frame("qpq", order)), encoding.encode(frame("qpq", "pqr"))
    )
    with pytest.raises(ValueError, match="Column 'c' of X holds 'r', a category that was not"):
        encoding.encode(frame("pr", order))


@pytest.mark.parametrize("value", ["b", None])
def test_what_was_not_seen_in_a_column_of_one_category_is_refused(value: str | None) -> None:
    encoding = tabular(pd.DataFrame({"x": [1.0, 2.0, 3.0], "c": "a"}))
    with pytest.raises(ValueError, match="Column 'c' of X holds"):
        encoding.encode(
            pd.DataFrame({"x": [1.0, 2.0], "c": pd.Series(["a", value], dtype=object)})
        )
