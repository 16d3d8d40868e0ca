"""Adapters of the columns of numpy arrays."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .adapters import (
    Adapter,
    AnyArray,
    Categories,
    ColumnValues,
    Mask,
    Numbers,
    Times,
    is_number,
    no_category,
    no_number,
)
from .labels import is_missing

__all__ = ["ArrayCategories", "ArrayNumbers", "ArrayTimes", "learn_array"]


def learn_array(name: str, column: AnyArray, is_categorical: bool | None) -> Adapter:
    """Make the adapter of a column of an array; with None, text and objects are categories."""
    dtype, kind = column.dtype, column.dtype.kind
    if not is_categorical and kind in "biuf":
        return ArrayNumbers(name, dtype)
    if not is_categorical and kind in "mM":
        return ArrayTimes.learn(name, column, dtype)
    missing = _is_missing(column)
    known = column[~missing]
    missing_value = np.nan if kind in "fO" else None
    if missing.any():
        missing_value = column[missing][0]
    if is_categorical is None:
        # One value of each type is enough.
        examples = {type(value): value for value in known}.values() if kind == "O" else ()
        is_categorical = kind in "UST" or not all(map(is_number, examples))
    if is_categorical:
        categories = _sorted_objects(name, known.tolist()) if kind == "O" else np.unique(known)
        return ArrayCategories(name, dtype, categories, missing_value)
    if kind == "O":
        return ObjectNumbers(name, _dtype_of_numbers(name, known.tolist()), missing_value)
    raise no_number(name, f"has dtype {dtype.name}")


class ArrayNumbers(Numbers):
    """Reads numpy numbers."""

    def write(self, values: ColumnValues) -> Any:
        column = values.values.astype(self.dtype, copy=False)
        if values.missing is None:
            return column
        return np.where(values.missing, self.dtype.type(np.nan), column)

    def _to_numbers(self, column: Any) -> tuple[AnyArray, Mask]:
        if column.dtype.kind == "O":
            column = np.where(_is_missing(column), np.nan, column).astype(np.float64)
        return column, np.zeros(len(column), dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class ObjectNumbers(Numbers):
    """Reads Python numbers as integers or floats; None and NaN are missing."""

    missing_value: Any

    def write(self, values: ColumnValues) -> AnyArray:
        column = values.values.astype(object)
        if values.missing is not None:
            column[values.missing] = self.missing_value
        return column

    def _to_numbers(self, column: AnyArray) -> tuple[AnyArray, Mask]:
        missing = _is_missing(column)
        return np.where(missing, 0, column).astype(self.dtype), missing


class ArrayTimes(Times):
    """Reads numpy dates and durations."""

    def _to_integers(self, column: Any) -> tuple[npt.NDArray[np.int64], Mask]:
        return column.astype(self.plain).view(np.int64), np.isnat(column)

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Any:
        times: AnyArray = counts.view(self.plain)
        if missing is not None:
            times[missing] = np.array("NaT", dtype=self.plain)
        return times


@dataclass(frozen=True, eq=False)
class ArrayCategories(Categories):
    """Reads categories, which are the values themselves; None and NaN are missing."""

    missing_value: Any

    def read(self, column: Any) -> ColumnValues:
        position = {category: i for i, category in enumerate(self.categories.tolist())}
        missing, values = _is_missing(column), column.tolist()
        positions = np.fromiter((position.get(v, -1) for v in values), np.intp, len(values))
        return self._known(positions, missing, values)

    def write(self, values: ColumnValues) -> Any:
        if not len(self.categories):
            return np.full(len(values.values), self.missing_value, dtype=self.dtype)
        column: AnyArray = np.asarray(self.categories)[values.values]
        if values.missing is not None:
            column[values.missing] = self.missing_value
        return column


def _is_missing(column: AnyArray) -> Mask:
    """Return which entries of numbers or objects are None, NaN, NaT or pandas' NA."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind != "O":
        return np.zeros(len(column), dtype=np.bool_)
    return np.fromiter(map(is_missing, column), dtype=np.bool_, count=len(column))


def _sorted_objects(name: str, values: list[Any]) -> AnyArray:
    try:
        distinct = list(dict.fromkeys(values))
    except TypeError as error:
        raise no_category(name, error) from error
    try:
        distinct.sort()
    except TypeError:  # text beside numbers
        distinct.sort(key=lambda value: (type(value).__name__, repr(value)))
    categories = np.empty(len(distinct), dtype=object)
    categories[:] = distinct
    return categories


def _dtype_of_numbers(name: str, values: list[Any]) -> np.dtype[Any]:
    strange = next((v for v in values if not isinstance(v, numbers.Real)), None)
    if strange is not None:
        raise no_number(name, f"holds {strange!r}")
    is_whole = all(isinstance(v, numbers.Integral) and abs(int(v)) < 2**62 for v in values)
    return np.dtype(np.int64 if is_whole else np.float64)
