"""Arrays and sparse matrices: their rows and columns, and the adapters of their dtypes."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from .dtypes import (
    Adapter,
    AnyArray,
    Categories,
    ColumnValues,
    Learned,
    Mask,
    Times,
    coarsest,
    is_missing,
    is_number,
    missing_like,
    number_values,
    unknown_category,
)

__all__ = ["append", "from_columns", "from_numbers", "get_column", "learn", "like", "take"]


def get_column(X: Any, j: int) -> AnyArray:
    """Return column j, dense."""
    column: AnyArray = X[:, j] if isinstance(X, np.ndarray) else X[:, [j]].toarray().ravel()
    return column


def take(X: Any, rows: npt.NDArray[np.intp]) -> Any:
    """Return rows, in the same class and format."""
    return X[rows] if isinstance(X, np.ndarray) else X[rows].asformat(X.format)


def append(X: Any, others: Sequence[Any]) -> Any:
    """Append tables to the first one, in new memory."""
    for new in others:
        if not np.can_cast(new.dtype, X.dtype, casting="same_kind"):
            raise ValueError(f"Expected new rows of a dtype like {X.dtype}, got {new.dtype}.")
    if isinstance(X, np.ndarray):
        rows = [new if isinstance(new, np.ndarray) else new.toarray() for new in others]
        return np.concatenate([X, *rows], dtype=X.dtype)
    # vstack gives a sparse array as soon as one of the blocks is one.
    block: Any = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return sparse.vstack([X, *map(block, others)], format=X.format, dtype=X.dtype)


def from_columns(template: Any, columns: Iterable[AnyArray], n_rows: int) -> AnyArray:
    """Join columns to an array."""
    X = np.empty((n_rows, template.shape[1]), dtype=template.dtype)
    for j, column in enumerate(columns):
        X[:, j] = column
    return X


def from_numbers(template: Any, rows: AnyArray) -> AnyArray:
    """Return the numbers themselves: they have the dtype of the template already."""
    return rows


def like(template: Any, X: Any) -> Any:
    """Return a data frame as an array, of objects where its columns have no dtype in common."""
    if hasattr(X, "iloc") or all(dtype.is_numeric() for dtype in X.dtypes):
        return X.to_numpy()
    return np.array([column.to_list() for column in X], dtype=object).T


def learn(name: str, column: AnyArray, is_categorical: bool | None) -> Learned:
    """Make the adapter of a column; None leaves it to dtype or objects if these are categories."""
    kind = column.dtype.kind
    if kind == "O":
        missing = is_missing(column)
        if is_categorical is None:
            is_categorical = not all(map(is_number, column[~missing]))
        learn_objects = _learn_categories if is_categorical else _learn_object_numbers
        return learn_objects(name, column, missing)
    if is_categorical or (is_categorical is None and kind in "UST"):
        return _learn_categories(name, column, is_missing(column))
    adapter: Adapter
    if kind in "mM":
        unit = np.datetime_data(column.dtype)[0]
        stride = coarsest(column.view(np.int64), unit)
        adapter = ArrayTimes(name, column.dtype, stride, column.dtype)
    elif kind in "biuf":
        adapter = ArrayNumbers(name, column.dtype)
    else:
        raise TypeError(
            f"Column {name!r} of X holds {column.dtype.name}, which is no number. Name it in "
            "'categorical_features', convert it or drop it."
        )
    return adapter, adapter.read(column)


@dataclass(frozen=True, eq=False)
class ArrayNumbers(Adapter):
    """Reads numbers; NaN is missing."""

    name: str
    dtype: np.dtype[Any]

    def read(self, column: AnyArray) -> ColumnValues:
        """Return numbers."""
        if column.dtype.kind == "O":
            column = np.where(is_missing(column), np.nan, column).astype(np.float64)
        return number_values(self.name, column)

    def write(self, values: ColumnValues) -> AnyArray:
        """Return numbers of the column's dtype."""
        column = values.values.astype(self.dtype, copy=False)
        if values.missing is None:
            return column
        return np.where(values.missing, self.dtype.type(np.nan), column)


@dataclass(frozen=True, eq=False)
class ObjectNumbers(Adapter):
    """Reads Python numbers; None and NaN are missing."""

    name: str
    is_whole: bool
    missing_value: Any

    def read(self, column: AnyArray) -> ColumnValues:
        """Return numbers."""
        return self.plain(column, is_missing(column))

    def plain(self, column: AnyArray, missing: Mask) -> ColumnValues:
        """Return numbers, given where they are missing."""
        values = np.where(missing, 0, column)
        dtype = np.dtype(np.int64 if self.is_whole else np.float64)
        return number_values(self.name, values.astype(dtype), missing)

    def write(self, values: ColumnValues) -> AnyArray:
        """Return Python numbers."""
        column = values.values.astype(object)
        if values.missing is not None:
            column[values.missing] = self.missing_value
        return column


class ArrayTimes(Times):
    """Reads numpy's dates and durations."""

    def _to_integers(self, column: AnyArray) -> tuple[npt.NDArray[np.int64], Mask]:
        return column.astype(self.dtype).view(np.int64), np.isnat(column)

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> AnyArray:
        times: AnyArray = counts.view(self.dtype)
        if missing is not None:
            times[missing] = np.array("NaT", dtype=self.dtype)
        return times


@dataclass(frozen=True, eq=False)
class ArrayCategories(Categories):
    """Reads categories, which are the values themselves; None and NaN are missing."""

    missing_value: Any

    def read(self, column: AnyArray) -> ColumnValues:
        """Return the positions of categories."""
        return self.positions(column, is_missing(column))

    def positions(self, column: AnyArray, missing: Mask) -> ColumnValues:
        """Return the positions of categories, given where they are missing."""
        position = {category: i for i, category in enumerate(self.categories.tolist())}
        values = np.zeros(len(column), dtype=np.intp)
        try:
            values[~missing] = [position[value] for value in column[~missing].tolist()]
        except KeyError as error:
            raise unknown_category(self.name, error.args[0]) from error
        return ColumnValues.of(values, missing)

    def write(self, values: ColumnValues) -> AnyArray:
        """Return categories."""
        if not len(self.categories):
            return np.full(len(values.values), self.missing_value, dtype=self.categories.dtype)
        column: AnyArray = self.categories[values.values]
        if values.missing is not None:
            column[values.missing] = self.missing_value
        return column


def _learn_object_numbers(name: str, column: AnyArray, missing: Mask) -> Learned:
    known = column[~missing].tolist()
    strange = next((v for v in known if not isinstance(v, numbers.Real)), None)
    if strange is not None:
        raise TypeError(
            f"Column {name!r} of X holds {strange!r}, which is no number. Name the column in "
            "'categorical_features', convert it or drop it."
        )
    is_whole = all(isinstance(v, numbers.Integral) and abs(int(v)) < 2**62 for v in known)
    adapter = ObjectNumbers(name, is_whole, missing_like(column, missing))
    return adapter, adapter.plain(column, missing)


def _learn_categories(name: str, column: AnyArray, missing: Mask) -> Learned:
    known = column[~missing]
    if column.dtype.kind == "O":
        categories = _sorted_objects(name, known.tolist())
    else:
        categories = np.unique(known)
    adapter = ArrayCategories(name, categories, missing_like(column, missing))
    return adapter, adapter.positions(column, missing)


def _sorted_objects(name: str, values: list[Any]) -> AnyArray:
    try:
        found = list(dict.fromkeys(values))
    except TypeError as error:
        raise TypeError(
            f"Column {name!r} of X holds something that is neither number nor category "
            f"({error}). Convert it to text or drop it."
        ) from error
    try:
        found.sort()
    except TypeError:  # text beside numbers
        found.sort(key=lambda value: (type(value).__name__, repr(value)))
    categories = np.empty(len(found), dtype=object)
    categories[:] = found
    return categories
