"""Numbers are coded: one column of numbers, dates or durations as normal scores or as 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .cells import Cells
from .columns import Column, describe_column
from .layout import Slot
from .levels import LevelCoder, fit_levels
from .scores import NormalScores, fit_scores

__all__ = ["NumberCoder", "fit_numbers"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
AnyArray: TypeAlias = npt.NDArray[Any]

_EXACT = 2**53  # whole numbers below this are exact in float64


@dataclass(frozen=True, eq=False)
class NumberCoder:
    """Codes one column of numbers.

    Parameters
    ----------
    column : Column
        What the column holds (its places, where it has places).
    dtype : dtype
        Type of the values.
    can_miss : bool
        Whether some values are missing.
    scores : NormalScores or None
        The code of a continuous column.
    places : ndarray of shape (n_values,) or None
        The sorted observed values of whole numbers that float64 cannot hold or float32 codes
        cannot tell apart: then the place in this list is coded.
    """

    column: Column
    dtype: np.dtype[Any]
    can_miss: bool = False
    scores: NormalScores | None = None
    places: AnyArray | None = None

    @property
    def slot(self) -> Slot | None:
        """What the code stands for; None where there is nothing to code."""
        if self.column.kind == "constant":
            return None
        return Slot(self.column.index, self.column.kind, self.can_miss)

    def encode(self, values: AnyArray) -> npt.NDArray[np.floating[Any]]:
        """Code values."""
        if self.places is not None:
            values = _nearest(self.places, values)
        if self.scores is None:
            return _encode_binary(values, self.column).astype(np.float32)
        return self.scores.encode(to_float(values))

    def decode(self, codes: npt.NDArray[np.floating[Any]]) -> AnyArray:
        """Restore values from codes."""
        values: AnyArray
        if self.scores is None:
            values = np.where(codes >= 0.5, self.column.high, self.column.low)
            values = values.astype(self.column.dtype)
        else:
            values = self.column.settle(self.scores.decode(codes))
        return self._values(values)

    def constant(self, n_rows: int) -> Cells:
        """Return the cells of a column that never varies."""
        values = np.full(n_rows, self.column.low, dtype=self.column.dtype)
        missing = np.ones(n_rows, dtype=np.bool_) if self.can_miss else None
        return Cells(self._values(values), missing)

    def _values(self, values: AnyArray) -> AnyArray:
        if self.places is not None:
            values = self.places[values]
        return values.astype(self.dtype, copy=False)


def fit_numbers(index: int, name: str, cells: Cells) -> NumberCoder | LevelCoder:
    """Find out how to code a column of numbers.

    Parameters
    ----------
    index, name : int and str
        Position in the table, and the name for messages.
    cells : Cells
        The column.
    """
    x, can_miss = cells.known(), cells.missing is not None
    if not len(x):
        nothing = np.zeros(1, dtype=cells.values.dtype)
        column = describe_column(index, nothing, 1, name)
        return NumberCoder(column, nothing.dtype, can_miss=True)
    values, counts = np.unique(x, return_counts=True)
    if can_miss and len(values) <= 2:
        return fit_levels(index, cells, values)
    dtype, places = x.dtype, None
    if dtype.kind in "iu" and max(abs(int(values[0])), abs(int(values[-1]))) >= _EXACT:
        values, places = np.arange(len(values)), values
    column, scores = _score(index, name, values, counts)
    if scores is not None and dtype.kind in "iu" and places is None:
        codes = scores.encode(to_float(values)).astype(np.float32)
        if (column.settle(scores.decode(codes)) != values).any():
            values, places = np.arange(len(values)), values
            column, scores = _score(index, name, values, counts)
    return NumberCoder(column, dtype, can_miss, scores, places)


def _score(
    index: int, name: str, values: AnyArray, counts: npt.NDArray[np.intp]
) -> tuple[Column, NormalScores | None]:
    column = describe_column(index, values, int(counts.sum()), name)
    if column.kind != "continuous":
        return column, None
    return column, fit_scores(to_float(values), counts, column)


def to_float(x: AnyArray) -> FloatArray:
    """Return numbers as float64, next to each other in memory."""
    return np.ascontiguousarray(x, dtype=np.float64)


def _encode_binary(x: AnyArray, column: Column) -> npt.NDArray[np.bool_]:
    middle = column.low / 2 + column.high / 2
    # The middle of two adjacent floats, or of two large integers, may be one of the two.
    nearer: npt.NDArray[np.bool_] = (x == column.high) | ((x > middle) & (x != column.low))
    return nearer


def _nearest(places: AnyArray, x: AnyArray) -> npt.NDArray[np.intp]:
    """Place of the nearest known value."""
    x = np.clip(x, places[0], places[-1])
    upper = np.searchsorted(places, x)
    lower = np.maximum(upper - 1, 0)
    # Unsigned differences cannot overflow, whatever the signs.
    above = places[upper].astype(np.uint64) - x.astype(np.uint64)
    below = x.astype(np.uint64) - places[lower].astype(np.uint64)
    return np.where((above == 0) | (above < below), upper, lower)
