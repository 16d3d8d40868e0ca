"""Levels are coded by number: the common ones first, then the rare ones, which are not learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .cells import Cells
from .layout import Slot

__all__ = ["LevelCoder", "fit_levels"]

AnyArray: TypeAlias = npt.NDArray[Any]

# Up to so many levels, each is learned on its own, however rare it is.
_FEW_LEVELS = 16
_MOST_LEVELS = 100
_FEWEST_ROWS, _LEAST_SHARE = 10, 0.001


@dataclass(frozen=True, eq=False)
class LevelCoder:
    """Codes one column of levels.

    Parameters
    ----------
    index : int
        Position of the column in the table.
    values : ndarray of shape (n_values,)
        What the cells hold for each level, sorted.
    order : ndarray of intp of shape (n_values,)
        Levels from the most to the least frequent: the number of a level is its place in here.
    n_levels : int
        How many of them are learned one by one.
    can_miss : bool
        Whether some cells are missing.
    """

    index: int
    values: AnyArray
    order: npt.NDArray[np.intp]
    n_levels: int
    can_miss: bool

    @property
    def slot(self) -> Slot | None:
        """What the code stands for; None where there is nothing to code."""
        n_values = len(self.order)
        if n_values <= 2 and not self.can_miss:
            return Slot(self.index, "binary") if n_values == 2 else None
        if n_values == 0:
            return None
        n_rare = n_values - self.n_levels
        return Slot(self.index, "categorical", self.can_miss, self.n_levels, n_rare)

    def encode(self, values: AnyArray) -> npt.NDArray[np.float32]:
        """Code values by the numbers of their levels."""
        number_of = np.empty(len(self.order), dtype=np.float32)
        number_of[self.order] = np.arange(len(self.order))
        at = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        codes: npt.NDArray[np.float32] = number_of[at]
        return codes

    def decode(self, codes: npt.NDArray[np.floating[Any]]) -> AnyArray:
        """Restore values from codes."""
        # A half is 1, as in binary columns of numbers.
        numbers = np.clip(np.floor(codes + 0.5), 0, len(self.order) - 1).astype(np.intp)
        values: AnyArray = self.values[self.order[numbers]]
        return values

    def constant(self, n_rows: int) -> Cells:
        """Return the cells of a column that never varies."""
        values = np.resize(self.values, n_rows)
        if len(self.values):
            return Cells(values)
        return Cells(np.zeros(n_rows, self.values.dtype), np.ones(n_rows, dtype=np.bool_))


def fit_levels(index: int, cells: Cells, values: AnyArray) -> LevelCoder:
    """Find out how to code a column of levels.

    With up to 16 levels each is learned. With more, a level must have at least ten rows and a
    thousandth of all rows to be learned, and the most frequent hundred are.

    Parameters
    ----------
    index : int
        Position in the table.
    cells : Cells
        The column.
    values : ndarray of shape (n_values,)
        The sorted values that cells may hold; those that none holds are never shown.
    """
    known = cells.known()
    counts = np.bincount(np.searchsorted(values, known), minlength=len(values))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    n_levels = len(order)
    if n_levels > _FEW_LEVELS:
        fewest = max(_FEWEST_ROWS, _LEAST_SHARE * len(known))
        n_levels = min(_MOST_LEVELS, int((counts[order] >= fewest).sum()))
    shown = np.sort(order)
    order = np.searchsorted(shown, order)
    return LevelCoder(index, values[shown], order, n_levels, cells.missing is not None)
