"""Numbers, dates and durations as normal scores, linearly in [-1, 1], or as 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from .._tables.adapters import AnyArray, ColumnValues, Mask
from .category import CategoryEncoder, fit_categories
from .layout import FloatArray, Floats, Slot
from .resolution import Resolution, find_resolution

__all__ = ["LinearScale", "NormalScores", "NumericEncoder", "Support", "describe", "fit_numeric"]

Counts: TypeAlias = npt.NDArray[np.intp]

_EXACT = 2**53  # whole numbers below this are exact in float64
_MAX_KNOTS = 4096
_ATOM_SHARE = 0.05
_FEW_VALUES = 32


@dataclass(frozen=True, eq=False)
class Support:
    """The values that a column of numbers may hold.

    Parameters
    ----------
    kind : {"constant", "binary", "continuous"}
        A constant column is restored, not generated; a column of two values is binary.
    dtype : dtype
        Type of the values.
    low, high : float or int
        Smallest and greatest observed value.
    resolution : Resolution or None
        The even spacing of the values, if there is one.
    values : ndarray of shape (n_values,) or None
        The sorted observed values, where only these may be generated. A column has such values
        if each is repeated: at least 5 times on average with up to 32 values, at least 20 times
        with up to 256. Then a value never seen in between (half a room, an unused category code)
        is far more likely to be impossible than to be merely absent from the sample.
    """

    kind: Literal["constant", "binary", "continuous"]
    dtype: np.dtype[Any]
    low: float
    high: float
    resolution: Resolution | None = None
    values: AnyArray | None = None

    def round_to_support(self, x: FloatArray) -> AnyArray:
        """Round any numbers to the nearest values that the column may hold, in its dtype."""
        if self.values is not None:
            known = self.values.astype(np.float64)
            # Below the upper neighbour even if the two are adjacent floats.
            middle = np.minimum(known[:-1] / 2 + known[1:] / 2, np.nextafter(known[1:], -np.inf))
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
    """Encodes one column of numbers.

    Parameters
    ----------
    support : Support
        What the column may hold (of positions in `distinct`, where there are such).
    can_miss : bool
        Whether some values are missing.
    scores : NormalScores, LinearScale or None
        The encoding of a continuous column.
    distinct : ndarray of shape (n_values,) or None
        The sorted observed values of whole numbers that float64 cannot hold or float32 scores
        cannot tell apart: then positions in here are encoded.
    """

    support: Support
    can_miss: bool = False
    scores: NormalScores | LinearScale | None = None
    distinct: AnyArray | None = None

    def slot(self, column: int) -> Slot | None:
        """Return the place of a column in encoded rows; None where there is nothing to encode."""
        kind = self.support.kind
        return None if kind == "constant" else Slot(column, kind, self.can_miss)

    @property
    def is_discrete(self) -> bool:
        """Whether there are at most 32 values, each in many rows."""
        values = self.support.values
        return self.scores is None or (values is not None and len(values) <= _FEW_VALUES)

    def encode(self, values: AnyArray) -> Floats:
        """Return normal scores, numbers in [-1, 1], or 0 and 1."""
        if self.distinct is not None:
            values = _nearest_position(self.distinct, values)
        if self.scores is not None:
            return self.scores.encode(_to_float(values))
        low, high = self.support.low, self.support.high
        # The middle of two adjacent floats, or of two large integers, may be one of the two.
        is_upper: Mask = (values == high) | ((values > low / 2 + high / 2) & (values != low))
        return is_upper.astype(np.float32)

    def decode(self, scores: Floats) -> AnyArray:
        """Return values."""
        support = self.support
        if self.scores is not None:
            values = support.round_to_support(self.scores.decode(scores))
        else:
            values = np.where(scores >= 0.5, support.high, support.low).astype(support.dtype)
        return values if self.distinct is None else self.distinct[values]

    def constant(self, n_rows: int) -> ColumnValues:
        """Return the values of a column that never varies."""
        missing = np.ones(n_rows, dtype=np.bool_) if self.can_miss else None
        return ColumnValues(self.decode(np.zeros(n_rows)), missing)


def fit_numeric(
    column: ColumnValues, *, is_linear: bool = False
) -> NumericEncoder | CategoryEncoder:
    """Find out how to encode a column of numbers.

    One of two values at most, some of which are missing, is a column of categories.
    """
    x, can_miss = column.known(), column.missing is not None
    if not len(x):
        nothing = np.zeros(1, dtype=column.values.dtype)
        return NumericEncoder(describe(nothing, 1), can_miss=True)
    values, counts = np.unique(x, return_counts=True)
    if can_miss and len(values) <= 2:
        return fit_categories(column, values)
    if is_linear:
        support = describe(values, len(x))
        scale = LinearScale(*map(float, values[[0, -1]])) if support.kind == "continuous" else None
        return NumericEncoder(support, can_miss, scale)
    is_whole = x.dtype.kind in "iu"
    if not is_whole or max(abs(int(values[0])), abs(int(values[-1]))) < _EXACT:
        support, scores = _fit_support(values, counts)
        if scores is None or not is_whole:
            return NumericEncoder(support, can_miss, scores)
        encoded = scores.encode(_to_float(values)).astype(np.float32)
        if (support.round_to_support(scores.decode(encoded)) == values).all():
            return NumericEncoder(support, can_miss, scores)
    support, scores = _fit_support(np.arange(len(values)), counts)
    return NumericEncoder(support, can_miss, scores, values)


def describe(values: AnyArray, n_rows: int) -> Support:
    """Find out what a column may hold, given its sorted distinct values in `n_rows` rows."""
    low, high = ((int if v.dtype.kind in "biu" else float)(v) for v in values[[0, -1]])
    size = values.size
    if size <= 2:
        return Support("constant" if size == 1 else "binary", values.dtype, low, high)
    few = (size <= _FEW_VALUES and n_rows >= 5 * size) or (size <= 256 and n_rows >= 20 * size)
    resolution = find_resolution(values.astype(np.float64), values.dtype)
    return Support("continuous", values.dtype, low, high, resolution, values if few else None)


def _fit_support(values: AnyArray, counts: Counts) -> tuple[Support, NormalScores | None]:
    support = describe(values, int(counts.sum()))
    if support.kind != "continuous":
        return support, None
    return support, _fit_scores(_to_float(values), counts, support)


def _to_float(x: AnyArray) -> FloatArray:
    """Return numbers as float64, next to each other in memory."""
    return np.ascontiguousarray(x, dtype=np.float64)


def _nearest_position(distinct: AnyArray, x: AnyArray) -> npt.NDArray[np.intp]:
    x = np.clip(x, distinct[0], distinct[-1])
    upper = np.searchsorted(distinct, x)
    lower = np.maximum(upper - 1, 0)
    # Unsigned differences cannot overflow, whatever the signs.
    above = distinct[upper].astype(np.uint64) - x.astype(np.uint64)
    below = x.astype(np.uint64) - distinct[lower].astype(np.uint64)
    return np.where((above == 0) | (above < below), upper, lower)


@dataclass(frozen=True, eq=False)
class NormalScores:
    """Monotone, piecewise linear map from values to standard normal quantiles, and back.

    There is a plateau at each knot. Scores are float64 that are exact in float32, so that the
    encoded value of a knot finds its knot.

    Parameters
    ----------
    scale : float
        Factor of the values, which keeps differences of huge ones finite.
    values : ndarray of shape (n_knots,)
        Scaled values of the knots, increasing.
    left, middle, right : ndarray of shape (n_knots,)
        Scores at the ends of each plateau, and in its middle.
    atom : ndarray of bool of shape (n_knots,)
        Which knots are values that many rows share.
    """

    scale: float
    values: FloatArray
    left: FloatArray
    middle: FloatArray
    right: FloatArray
    atom: Mask

    def encode(self, x: FloatArray) -> FloatArray:
        """Return the scores of values."""
        x = np.clip(x * self.scale, self.values[0], self.values[-1])
        at = np.searchsorted(self.values, x, side="right") - 1
        gap = np.append(np.diff(self.values), 1.0)
        span = np.append(self.left[1:] - self.right[:-1], 0.0)
        past = x - self.values[at]
        score: FloatArray = self.right[at] + past / gap[at] * span[at]
        known = past == 0
        score[known] = self.middle[at[known]]
        return score

    def decode(self, scores: Floats) -> FloatArray:
        """Return the values of scores; none lies between an atom and the value next to it."""
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

    def encode(self, x: FloatArray) -> FloatArray:
        """Return numbers in [-1, 1]; values out of the observed range are clamped."""
        scaled: FloatArray = np.clip((x - self._middle) / self._reach, -1.0, 1.0)
        return scaled

    def decode(self, scores: Floats) -> FloatArray:
        """Return values of the observed range."""
        return self._middle + self._reach * np.clip(scores.astype(np.float64), -1.0, 1.0)

    # Halves first: the difference of two huge numbers may be infinite. Whole numbers that float64
    # does not tell apart have none.
    @property
    def _middle(self) -> float:
        return self.low / 2 + self.high / 2

    @property
    def _reach(self) -> float:
        return self.high / 2 - self.low / 2 or 1.0


def _fit_scores(values: FloatArray, counts: Counts, support: Support) -> NormalScores:
    """Score sorted distinct values, with as few knots as bring the values back.

    Up to 4096 values, all are knots. Above, knots are evenly spaced in rank and in score; ends
    and atoms are always among them, and where the values between two knots would not be
    restored, these are parted at their widest gap.
    """
    upper = np.cumsum(counts)
    lower, n = upper - counts, int(upper[-1])
    scale = 2.0**-64 if np.abs(values[[0, -1]]).max() > 2.0**960 else 1.0
    ends = np.stack([lower + 0.5, (lower + upper) / 2, upper - 0.5]) / n

    def build(kept: Mask) -> NormalScores:
        left, middle, right = ndtri(ends[:, kept]).astype(np.float32).astype(np.float64)
        atom = counts[kept] >= max(2.0, _ATOM_SHARE * n)
        return NormalScores(scale, values[kept] * scale, left, middle, right, atom)

    kept = np.ones(values.size, dtype=np.bool_)
    if values.size <= _MAX_KNOTS:
        return build(kept)
    kept = _spread_knots(ends[1], counts)
    allowed = _tolerance(values, support)
    for _ in range(8):
        scores = build(kept)
        encoded = scores.encode(values).astype(np.float32)
        restored = support.round_to_support(scores.decode(encoded)).astype(np.float64)
        lost = np.flatnonzero(np.abs(restored - values) > allowed)
        if not lost.size or kept.sum() > 4 * _MAX_KNOTS:
            break
        at = np.flatnonzero(kept)
        for i in np.unique(np.searchsorted(at, lost, side="right") - 1):
            widest = at[i] + np.argmax(np.diff(values[at[i] : at[i + 1] + 1] * scale))
            kept[widest : widest + 2] = True
    return scores


def _spread_knots(rank: FloatArray, counts: Counts) -> Mask:
    """Tell which values are knots at first, given the mid-rank in (0, 1) of each value."""
    kept: Mask = counts > counts.sum() / _MAX_KNOTS
    kept[:-1] |= kept[1:]
    kept[1:] |= kept[:-1]
    even = np.linspace(0.0, 1.0, _MAX_KNOTS // 2)
    tails = ndtr(np.linspace(ndtri(rank[0]), ndtri(rank[-1]), _MAX_KNOTS // 2))
    for wanted in (even, tails):
        kept[np.minimum(np.searchsorted(rank, wanted), rank.size - 1)] = True
    kept[[0, -1]] = True
    return kept


def _tolerance(values: FloatArray, support: Support) -> FloatArray:
    """Return how far each value may be off when restored: not at all if evenly spaced."""
    if support.resolution is not None:
        return np.zeros(values.size)
    # Near zero an error counts against the spread of the values around, not against the value.
    reach = values.size // 20
    spread = values[reach:] / 2 - values[:-reach] / 2
    ahead = np.append(spread, np.full(reach, np.inf))
    behind = np.append(np.full(reach, np.inf), spread)
    tolerance: FloatArray = 1e-6 * np.maximum(np.abs(values), np.minimum(ahead, behind))
    return tolerance
