"""Labels of every container: what is missing is refused, the rest comes back as it was."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from mgvae_resample._tables.labels import plain_labels, restore_labels

GAPS = {
    "floats": np.array([0.0, np.nan]),
    "objects": np.array(["a", None], dtype=object),
    "a list of text": ["a", None],
    "text and NaN": ["a", float("nan")],
    "dates": np.array(["2020-01-01", "NaT"], dtype="M8[D]"),
    "a Series of floats": pd.Series([0.0, None]),
    "category": pd.Series(["a", None], dtype="category"),
    "string": pd.Series(["a", None], dtype="string"),
    "Int64": pd.Series([1, None], dtype="Int64"),
    "Arrow": pd.Series([1, None], dtype="int64[pyarrow]"),
    "polars Int64": pl.Series([1, None]),
    "polars String": pl.Series(["a", None]),
    "polars Float64": pl.Series([1.0, float("nan")]),
}


CLASSES = np.array([0, 1, 0, 3, 3, 0])
ONE_HOT = np.eye(4, dtype=np.int64)[CLASSES]  # class 2 has no rows
COLUMNS: dict[str, Any] = {
    "integers": ONE_HOT,
    "booleans": ONE_HOT.astype(bool),
    "floats": ONE_HOT.astype(np.float32),
    "a list": ONE_HOT.tolist(),
    "two columns": ONE_HOT[:, [0, 1]] + ONE_HOT[:, [2, 3]],
    "pandas": pd.DataFrame(ONE_HOT, columns=list("abcd"), index=list("uvwxyz")),
    "dummies of pandas": pd.get_dummies(pd.Series(list("abacca"))),
    "columns of several dtypes": pd.DataFrame(ONE_HOT, columns=list("abcd")).astype(
        {"a": bool, "b": "Int64", "c": float, "d": "uint8[pyarrow]"}
    ),
    "polars": pl.DataFrame(ONE_HOT, schema=dict.fromkeys("abcd", pl.Int8)),
    "booleans of polars": pl.DataFrame(ONE_HOT.astype(bool), schema=list("abcd")),
    "one column": CLASSES.reshape(-1, 1),
    "one column of a list": CLASSES.reshape(-1, 1).tolist(),
    "one column of pandas": pd.DataFrame({"y": CLASSES}),
}
NO_CLASSES: dict[str, tuple[Any, str]] = {
    "nothing": (None, "got None"),
    "intervals": (
        pd.cut(pd.Series([1, 9, 1]), [0, 5, 20]),
        "label type: Interval.*Interval.0, 5.*Convert",
    ),
    "periods": (pd.Series(pd.PeriodIndex(["2020-01", "2021-01"], freq="M")), "type: Period.*Conv"),
    "dates of Python": ([dt.date(2020, 1, 1)], r"type: date.*datetime.date.*y.astype\(str\)"),
    "decimals": ([Decimal("1.5")], "type: Decimal"),
    "decimals of polars": (pl.Series([Decimal("1.5"), Decimal("2.5")]), "type: Decimal"),
    "tuples": (pd.Series([(0, 1), (1, 0)]), "type: tuple"),
    "complex numbers": (np.array([1j, 0]), "Complex data not supported"),
    "fractions": (np.array([0.5, 1.5]), r"continuous.*holds 0\.5.*y\.astype\(str\).*pd\.cut"),
    "fractions among objects": (np.array([1, 0.25], dtype=object), r"continuous.*0\.25"),
    "fractions of polars": (pl.Series([0.5, 1.0]), "continuous"),
    "text beside numbers": (
        np.array([1, "zero"], dtype=object),
        "text beside numbers.*'zero' and 1|1 and 'zero'",
    ),
    "a list of text and numbers": ([1, "zero"], "text beside numbers"),
    "bytes": (np.array([b"a", b"b"]), r"bytes.*b'a'.*astype\(str\)"),
    "long integers": ([2**70, 1], "beyond 64 bits"),
    "three axes": (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\).*one label per row"),
    "rows of several lengths": ([[0, 1], [1]], "Input y cannot be read.*one label per row"),
    "several classes a row": (np.array([[0, 1], [1, 1]]), r"row 1 is \[1, 1\].*Multilabel"),
    "a row of no class": (np.array([[0, 1], [0, 0]]), r"row 1 is \[0, 0\].*drop_first"),
    "probabilities": (
        np.array([[0.25, 0.75]]),
        r"shape \(1, 2\), and row 0 is \[0\.25.*Multilabel",
    ),
    "two columns of text": (np.array([["a", "b"]]), r"row 0 is \['a'"),
    "a sparse matrix": (sparse.csr_matrix(ONE_HOT), r"sparse.*y\.toarray\(\)"),
}


@pytest.mark.parametrize("kind", GAPS)
def test_missing_labels_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=r"Input y contains NaN: 1 label\(s\) are missing"):
        plain_labels(GAPS[kind])


@pytest.mark.parametrize("y", [[0, 1], ["a", "b"], np.eye(2), pl.Series(["a", "b"])])
def test_whole_labels_are_taken(y: Any) -> None:
    plain_labels(y)


@pytest.mark.parametrize(
    ("dtype", "plain"), [("Int64", "int64"), ("uint8[pyarrow]", "uint8"), ("boolean", "bool")]
)
def test_nullable_labels_become_numpys(dtype: str, plain: str) -> None:
    assert plain_labels(pd.Series([0, 1]).astype(dtype)).dtype == plain


@pytest.mark.parametrize(
    "y",
    [
        pl.Series("class", [0, 1, 1], dtype=pl.Int8),
        pl.Series("class", [True, False, True]),
        pl.Series("class", ["a", "b", "a"]),
        pl.Series("class", ["a", "b", "a"], dtype=pl.Enum(["b", "a"])),
        pl.Series("class", ["a", "b", "a"], dtype=pl.Categorical),
        pl.Series("class", ["a", "b", "a"], dtype=pl.Categorical("lexical")),
        pl.DataFrame({"a": [0, 1, 1], "b": [1, 0, 0]}),
        pl.Series("class", [0, 1, 1], dtype=pl.Int128),
    ],
    ids=str,
)
def test_labels_of_polars_come_back_as_they_were(y: Any) -> None:
    plain = plain_labels(y)
    assert isinstance(plain, np.ndarray)
    result = restore_labels(y, plain, plain[1:])
    assert result.equals(pl.concat([y, y[1:]]))
    if isinstance(y, pl.Series):
        assert (result.name, result.dtype) == (y.name, y.dtype)
    else:
        assert result.schema == y.schema


def test_lazy_labels_are_refused() -> None:
    with pytest.raises(TypeError, match="collect"):
        plain_labels(pl.LazyFrame({"y": [1]}))


@pytest.mark.parametrize("kind", COLUMNS)
def test_labels_of_several_columns_come_back_with_all_of_them(kind: str) -> None:
    y = COLUMNS[kind]
    plain = plain_labels(y)
    assert plain.ndim == 1
    result = restore_labels(y, plain, plain[[3, 1]])
    assert type(result) is type(y)
    at = [*range(6), 3, 1]
    if isinstance(y, pd.DataFrame):
        pd.testing.assert_frame_equal(result, y.iloc[at].reset_index(drop=True))
    elif isinstance(y, pl.DataFrame):
        assert result.equals(y[at])
        assert result.schema == y.schema
    else:
        assert getattr(result, "dtype", None) == getattr(y, "dtype", None)
        np.testing.assert_array_equal(result, np.asarray(y)[at])


def test_rows_of_a_list_are_rows_of_their_own() -> None:
    y = ONE_HOT.tolist()
    result = restore_labels(y, CLASSES, CLASSES)
    result[0][0] = result[6][0] = 7
    assert y == ONE_HOT.tolist()
    assert result[8] == y[2]


@pytest.mark.parametrize("kind", NO_CLASSES)
def test_what_is_no_class_is_refused_with_what_to_do(kind: str) -> None:
    y, message = NO_CLASSES[kind]
    with pytest.raises((TypeError, ValueError), match=message):
        plain_labels(y)


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [([2, 1], "int64"), ([True, False], "bool"), ([1.0, 0.0], "float64"), ([1, 2.0], "float64")],
    ids=str,
)
def test_numbers_among_objects_are_labels_and_stay_objects(labels: list[Any], dtype: str) -> None:
    y = np.array(labels, dtype=object)
    plain = plain_labels(y)
    assert plain.dtype == dtype
    result = restore_labels(y, plain, plain[:1])
    assert result.dtype == object
    assert list(map(type, result)) == list(map(type, [*labels, labels[0]]))
