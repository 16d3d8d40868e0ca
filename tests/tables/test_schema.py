"""Which columns of a table are categorical, and what cannot be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mgvae_resample._tables.schema import Schema, named_categorical
from mgvae_resample._tables.table import Table
from tests.tables.columns import categorical


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
            named_categorical(Table.of(frame), features)
    elif isinstance(features, str):
        assert categorical(Schema.of(Table.of(frame), features)[0]) == expected
    else:
        assert named_categorical(Table.of(frame), features) == expected


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["a", "b", "a"], "Column 'bad' of X has dtype (str|object)"),
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
        Schema.of(Table.of(pd.DataFrame({"good": [1, 2, 3], "bad": column})), None)


def test_an_integer_that_is_an_index_and_the_name_of_another_column_is_refused() -> None:
    table = Table.of(pd.DataFrame({5: [1.0, 2.0], 0: ["a", "b"], 9: [1.0, 2.0]}))
    with pytest.raises(ValueError, match=r"got index 0.*integers are indices, also"):
        named_categorical(table, [0])
    with pytest.raises(ValueError, match="index 9, but X has 3"):
        named_categorical(table, [9])
    for unambiguous in ([1], [-2], [False, True, False]):
        assert named_categorical(table, unambiguous) == [False, True, False]
    numbered = Table.of(pd.DataFrame([[1.0, "a"]]))
    assert named_categorical(numbered, [1]) == [False, True]
    assert named_categorical(numbered, [-1]) == [False, True]


def test_which_columns_of_polars_are_categorical() -> None:
    frame = pl.DataFrame(
        {
            "text": ["a", "b"],
            "category": pl.Series(["a", "b"], dtype=pl.Categorical),
            "enum": pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"])),
            "bool": [True, False],
            "null": [None, None],
            "count": [1, 2],
            "day": [dt.date(2020, 1, 1), dt.date(2020, 1, 2)],
        }
    )
    schema, _ = Schema.of(Table.of(frame))
    assert categorical(schema) == [True] * 5 + [False] * 2
    assert named_categorical(Table.of(frame), ["day"]) == [False] * 6 + [True]


@pytest.mark.parametrize("features", ["auto", None, [0]], ids=str)
@pytest.mark.parametrize(
    "column",
    [
        pl.Series([[1], [2], [3]]),
        pl.Series([[1], [2], [3]], dtype=pl.Array(pl.Int64, 1)),
        pl.Series([{"a": 1}] * 3),
        pl.Series([object()] * 3, dtype=pl.Object),
    ],
    ids=["List", "Array", "Struct", "Object"],
)
def test_nested_columns_of_polars_are_refused_by_name(column: pl.Series, features: object) -> None:
    with pytest.raises(TypeError, match=r"Column 'bad' of X holds something .*its dtype"):
        Schema.of(Table.of(pl.DataFrame({"bad": column})), features)


@pytest.mark.parametrize("column", [["a", "b", "a"], [b"a", b"b", b"c"]], ids=["text", "bytes"])
def test_text_of_polars_that_is_not_named_is_refused(column: list[object]) -> None:
    with pytest.raises(
        TypeError, match=r"Column 'bad' of X has dtype .*which is neither a number nor a date"
    ):
        Schema.of(Table.of(pl.DataFrame({"bad": column})), None)


def test_long_decimals_of_polars_are_refused() -> None:
    column = pl.Series([Decimal(10**29 + i) for i in range(3)], dtype=pl.Decimal(38, 0))
    with pytest.raises(TypeError, match="Column 'bad' of X holds decimals of more digits"):
        Schema.of(Table.of(pl.DataFrame({"bad": column})))


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame, pl.DataFrame])
def test_infinity_is_refused_by_name(container: Callable[[np.ndarray], object]) -> None:
    table = Table.of(container(np.array([[1.0, 2.0], [3.0, np.inf]])))
    with pytest.raises(ValueError, match=f"Column {table.names[1]!r} of X holds infinity"):
        Schema.of(table)
