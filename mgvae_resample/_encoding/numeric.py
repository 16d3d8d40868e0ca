"""Numbers, dates and durations as normal scores, linearly in [-1, 1], or as 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from .._tables.adapters import AnyArray, ColumnValues, Mask
from .category import FEW_VALUES, CategoryEncoder, fit_categories
from .layout import Floats, Slot
from .resolution import Resolution, find_resolution

__all__ = ["LinearScale", "NormalScores", "NumericEncoder", "Support", "describe", "fit_numeric"]

Counts: TypeAlias = npt.NDArray[np.intp]

_MAX_KNOTS = 4096
_ATOM_FRACTION = 0.05


@dataclass(frozen=True, eq=False)
class Support:
    """The values that a column of numbers may hold."""

    # A constant column is restored, not generated; a column of two values is binary.
    column_type: Literal["constant", "binary", "continuous"]
    dtype: np.dtype[Any]
    # Smallest and greatest observed value.
    low: float
    high: float
    # The even spacing of the values, if there is one.
    resolution: Resolution | None = None
    # The sorted observed values if only these may be generated: each is repeated at least 5 times
    # on average with up to 32 values, at least 20 times with up to 256. A value never seen in
    # between (half a room, an unused code) is then more likely impossible than just not sampled.
    values: AnyArray | None = None

    def round_to_support(self, x: Floats) -> AnyArray:
        """Round any numbers to the nearest values that the column may hold, in its dtype."""
        if self.values is not None:
            lower, upper = self.values[:-1].astype(np.float64), self.values[1:].astype(np.float64)
            # Below the upper neighbour even if the two are adjacent floats.
            middle = np.minimum(lower / 2 + upper / 2, np.nextafter(upper, -np.inf))
            return self.values[np.searchsorted(middle, x)]
        if self.resolution is not None:
            x = self.resolution.round(x)
        if self.dtype.kind not in "biu":
            return np.clip(x, self.low, self.high).astype(self.dtype)
        top, bottom = x >= self.high, x <= self.low
        # Bounds are set as integers: the float of a bound may lie beyond the integer type.
        whole = np.where(top | bottom, 0.0, np.rint(x)).astype(self.dtype)
        whole[top], whole[bottom] = self.high, self.low
        return whole


@dataclass(frozen=True, eq=False)
class NumericEncoder:
    """Encodes one column of numbers; a continuous one has scores."""

    support: Support
    can_miss: bool = False
    scores: NormalScores | LinearScale | None = None

    def slot(self, column: int) -> Slot | None:
        """Return the slot of a column; None if it never varies."""
        column_type = self.support.column_type
        return None if column_type == "constant" else Slot(column, column_type, self.can_miss)

    @property
    def is_discrete(self) -> bool:
        """Whether there are at most 32 values, each in many rows."""
        values = self.support.values
        return self.scores is None or (values is not None and len(values) <= FEW_VALUES)

    def encode(self, values: AnyArray) -> Floats:
        """Return normal scores, numbers in [-1, 1], or 0 and 1."""
        if self.scores is not None:
            return self.scores.encode(_to_float(values))
        low, high = self.support.low, self.support.high
        # The middle of two adjacent floats, or of two large integers, may equal one of them.
        is_upper: Mask = (values == high) | ((values > low / 2 + high / 2) & (values != low))
        return is_upper.astype(np.float32)

    def decode(self, scores: Floats) -> AnyArray:
        """Return values."""
        support = self.support
        if self.scores is not None:
            return support.round_to_support(self.scores.decode(scores))
        return np.where(scores >= 0.5, support.high, support.low).astype(support.dtype)

    def rounded(self, x: Floats) -> AnyArray:
        """Return the nearest values that the column may hold."""
        if self.scores is not None:
            return self.support.round_to_support(x)
        return self.decode(self.encode(x))

    def constant(self, n_rows: int) -> ColumnValues:
        """Return the values of a column that never varies."""
        missing = np.ones(n_rows, dtype=np.bool_) if self.can_miss else None
        return ColumnValues(self.decode(np.zeros(n_rows)), missing)


def fit_numeric(
    column: ColumnValues, *, is_linear: bool = False
) -> NumericEncoder | CategoryEncoder:
    """Fit the encoder of a column of numbers; categories if two values at most, or missing."""
    x, can_miss = column.known(), column.missing is not None
    if not len(x):
        nothing = np.zeros(1, dtype=column.values.dtype)
        return NumericEncoder(describe(nothing, 1), can_miss=True)
    values, counts = np.unique(x, return_counts=True)
    if can_miss and len(values) <= 2:
        return fit_categories(column, values)
    support = describe(values, len(x))
    is_continuous = support.column_type == "continuous"
    scores: NormalScores | LinearScale | None = None
    if is_continuous and is_linear:
        scores = LinearScale(*map(float, values[[0, -1]]))
    elif is_continuous:
        scores = _fit_scores(_to_float(values), counts)
    return NumericEncoder(support, can_miss, scores)


def describe(values: AnyArray, n_rows: int) -> Support:
    """Return the support of a column, given its sorted distinct values in `n_rows` rows."""
    low, high = ((int if v.dtype.kind in "biu" else float)(v) for v in values[[0, -1]])
    size = values.size
    if size <= 2:
        return Support("constant" if size == 1 else "binary", values.dtype, low, high)
    few = (size <= FEW_VALUES and n_rows >= 5 * size) or (size <= 256 and n_rows >= 20 * size)
    resolution = find_resolution(values.astype(np.float64), values.dtype)
    return Support("continuous", values.dtype, low, high, resolution, values if few else None)


def _to_float(x: AnyArray) -> Floats:
    """Return numbers as contiguous float64."""
    return np.ascontiguousarray(x, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class NormalScores:
    """Monotone, piecewise linear map from values to standard normal quantiles, and back.

    There is a plateau at each knot. Scores are float64 that are exact in float32, so that the
    encoded value of a knot finds its knot.
    """

    # Factor of the values, which keeps differences of huge ones finite.
    scale: float
    # Scaled values of the knots, increasing.
    values: Floats
    # Scores at the ends of each plateau, and in its middle.
    left: Floats
    middle: Floats
    right: Floats
    # Which knots are values that many rows share.
    atom: Mask

    def encode(self, x: Floats) -> Floats:
        """Return the scores of values."""
        x = np.clip(x * self.scale, self.values[0], self.values[-1])
        at = np.searchsorted(self.values, x, side="right") - 1
        gap = np.append(np.diff(self.values), 1.0)
        span = np.append(self.left[1:] - self.right[:-1], 0.0)
        past = x - self.values[at]
        score: Floats = self.right[at] + past / gap[at] * span[at]
        is_knot = past == 0
        score[is_knot] = self.middle[at[is_knot]]
        return score

    def decode(self, scores: Floats) -> Floats:
        """Return the values of scores; there is none between an atom and its neighbours."""
        ends = np.column_stack([self.left, self.right]).ravel()
        knots = np.repeat(self.values, 2)
        length = np.diff(ends)
        slope = np.append(np.diff(knots) / np.where(length > 0, length, 1.0), 0.0)
        z = np.clip(np.asarray(scores, dtype=np.float64), ends[0], ends[-1])
        at = np.searchsorted(ends, z, side="right") - 1
        value = knots[at] + slope[at] * (z - ends[at])
        beside = np.repeat(self.atom, 2)
        beside[:-1] |= beside[1:]
        follows = np.minimum(at + 1, ends.size - 1)
        nearer = np.where(z - ends[at] < ends[follows] - z, knots[at], knots[follows])
        return np.where(beside[at], nearer, value) / self.scale


@dataclass(frozen=True)
class LinearScale:
    """Linear map from the observed range of a column to [-1, 1], and back."""

    low: float
    high: float

    def encode(self, x: Floats) -> Floats:
        """Return numbers in [-1, 1]; values out of the observed range are clamped."""
        scaled: Floats = np.clip((x - self._middle) / self._reach, -1.0, 1.0)
        return scaled

    def decode(self, scores: Floats) -> Floats:
        """Return values of the observed range."""
        return self._middle + self._reach * np.clip(scores.astype(np.float64), -1.0, 1.0)

    # Halved first, since the difference of two huge numbers may be infinite; it may also be 0, for
    # integers that are equal as float64.
    @property
    def _middle(self) -> float:
        return self.low / 2 + self.high / 2

    @property
    def _reach(self) -> float:
        return self.high / 2 - self.low / 2 or 1.0


def _fit_scores(values: Floats, counts: Counts) -> NormalScores:
    """Score sorted values. Up to 4096, all are knots; above, knots are evenly spread.

    Integers that are equal as floats are one value.
    """
    values, first = np.unique(values, return_index=True)
    counts = np.add.reduceat(counts, first)
    upper = np.cumsum(counts)
    lower, n = upper - counts, int(upper[-1])
    ends = np.stack([lower + 0.5, (lower + upper) / 2, upper - 0.5]) / n
    kept = np.ones(values.size, dtype=np.bool_)
    if values.size > _MAX_KNOTS:
        kept = _spread_knots(ends[1], counts)
    scale = 2.0**-64 if np.abs(values[[0, -1]]).max() > 2.0**960 else 1.0
    left, middle, right = ndtri(ends[:, kept]).astype(np.float32).astype(np.float64)
    atom = counts[kept] >= max(2.0, _ATOM_FRACTION * n)
    return NormalScores(scale, values[kept] * scale, left, middle, right, atom)


def _spread_knots(rank: Floats, counts: Counts) -> Mask:
    """Return which values are knots, given the mid-rank in (0, 1) of each value.

    Knots are evenly spaced in rank and in score; the ends and atoms are always among them.
    """
    kept: Mask = counts > counts.sum() / _MAX_KNOTS
    kept[:-1] |= kept[1:]
    kept[1:] |= kept[:-1]
    even = np.linspace(0.0, 1.0, _MAX_KNOTS // 2)
    tails = ndtr(np.linspace(ndtri(rank[0]), ndtri(rank[-1]), _MAX_KNOTS // 2))
    for targets in (even, tails):
        kept[np.minimum(np.searchsorted(rank, targets), rank.size - 1)] = True
    kept[[0, -1]] = True
    return kept
