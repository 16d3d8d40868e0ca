"""Labels of every container: what is missing is refused, the rest comes back as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mgvae_resample._tables.labels import check_labels, plain_labels, restore_labels

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


@pytest.mark.parametrize("kind", GAPS)
def test_missing_labels_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=r"Input y contains NaN: 1 label\(s\) are missing"):
        check_labels(GAPS[kind])


@pytest.mark.parametrize("y", [None, [0, 1], ["a", "b"], np.eye(2), pl.Series(["a", "b"])])
def test_whole_labels_are_taken(y: Any) -> None:
    check_labels(y)


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
    ],
    ids=str,
)
def test_labels_of_polars_come_back_as_they_were(y: Any) -> None:
    plain = plain_labels(y)
    assert isinstance(plain, np.ndarray)
    result = restore_labels(y, np.concatenate([plain, plain[1:]]))
    assert result.equals(pl.concat([y, y[1:]]))
    if isinstance(y, pl.Series):
        assert (result.name, result.dtype) == (y.name, y.dtype)
    else:
        assert result.schema == y.schema


def test_lazy_labels_are_refused() -> None:
    with pytest.raises(TypeError, match="collect"):
        check_labels(pl.LazyFrame({"y": [1]}))
