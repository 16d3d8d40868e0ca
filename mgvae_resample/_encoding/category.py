"""Categories are encoded by number: the most frequent first, then those too rare to be learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._tables.adapters import AnyArray, ColumnValues
from .layout import EncodedRows, Floats, Slot

__all__ = ["FEW_VALUES", "CategoryEncoder", "fit_categories"]

# Up to this many categories, even infrequent ones are learned one by one.
_FEW_CATEGORIES = 16
# Columns with at most this many values are discrete.
FEW_VALUES = 32
_MOST_CATEGORIES = 100
_FEWEST_ROWS, _LEAST_FRACTION = 10, 0.001


@dataclass(frozen=True, eq=False)
class CategoryEncoder:
    """Encodes one column of categories."""

    # The column value of each category, sorted.
    values: AnyArray
    # Positions of categories in `values`, from the most to the least frequent: the number of a
    # category is its position in here.
    order: npt.NDArray[np.intp]
    # How many of them are learned one by one.
    n_categories: int
    can_miss: bool

    def slot(self, column: int) -> Slot | None:
        """Return the slot of a column; None if it never varies."""
        n_values = len(self.order)
        if n_values <= 2 and not self.can_miss:
            return Slot(column, "binary") if n_values == 2 else None
        if n_values == 0:
            return None
        n_infrequent = n_values - self.n_categories
        return Slot(column, "categorical", self.can_miss, self.n_categories, n_infrequent)

    @property
    def is_discrete(self) -> bool:
        """Whether there are at most 32 categories, each learned on its own."""
        return self.n_categories == len(self.order) <= FEW_VALUES

    def encode(self, values: AnyArray) -> EncodedRows:
        """Return the numbers of categories."""
        number_of = np.empty(len(self.order), dtype=np.float32)
        number_of[self.order] = np.arange(len(self.order))
        at = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        return number_of[at]

    def holds(self, values: AnyArray) -> npt.NDArray[np.bool_]:
        """Return which column values are categories that were seen."""
        return np.isin(values, self.values)

    def decode(self, numbers: Floats) -> AnyArray:
        """Return the column values of the categories of these numbers."""
        # A half is 1, as in binary columns of numbers.
        whole = np.clip(np.floor(numbers + 0.5), 0, len(self.order) - 1).astype(np.intp)
        values: AnyArray = self.values[self.order[whole]]
        return values

    def rounded(self, x: Floats) -> AnyArray:
        """Return the column values of categories given as floats."""
        values: AnyArray = self.values[
            np.searchsorted(self.values, x).clip(max=len(self.values) - 1)
        ]
        return values

    def constant(self, n_rows: int) -> ColumnValues:
        """Return the values of a column that never varies."""
        values = np.resize(self.values, n_rows)
        if len(self.values):
            return ColumnValues(values)
        return ColumnValues(np.zeros(n_rows, self.values.dtype), np.ones(n_rows, dtype=np.bool_))


def fit_categories(column: ColumnValues, values: AnyArray) -> CategoryEncoder:
    """Fit the encoder of a column of categories, given the sorted values it may hold.

    Values that no row has are never generated. Up to 16 categories are learned one by one. If
    there are more, these are the most frequent hundred with at least ten rows and a thousandth of
    all rows.
    """
    observed = column.known()
    counts = np.bincount(np.searchsorted(values, observed), minlength=len(values))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    n_categories = len(order)
    if n_categories > _FEW_CATEGORIES:
        fewest = max(_FEWEST_ROWS, _LEAST_FRACTION * len(observed))
        n_categories = min(_MOST_CATEGORIES, int((counts[order] >= fewest).sum()))
    seen = np.sort(order)
    order = np.searchsorted(seen, order)
    return CategoryEncoder(values[seen], order, n_categories, column.missing is not None)
