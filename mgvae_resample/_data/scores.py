"""Normal scores map the values of a column to the quantiles of a standard normal, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from .columns import Column

__all__ = ["NormalScores", "fit_scores"]

FloatArray: TypeAlias = npt.NDArray[np.float64]

_MAX_KNOTS = 4096
_ATOM_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class NormalScores:
    """Monotone, piecewise linear map between values and scores, with a plateau at each knot.

    Scores are float64 that are exact in float32, so that the code of a knot finds its knot.
    """

    scale: float  # keeps differences of huge values finite
    values: FloatArray  # (k,) scaled, increasing
    left: FloatArray  # (k,) scores at the two ends of each plateau, and in its middle
    middle: FloatArray
    right: FloatArray
    atom: npt.NDArray[np.bool_]  # (k,) values that many rows share

    def encode(self, x: FloatArray) -> FloatArray:
        """Scores of values."""
        x = np.clip(x * self.scale, self.values[0], self.values[-1])
        at = np.searchsorted(self.values, x, side="right") - 1
        gap = np.append(np.diff(self.values), 1.0)
        span = np.append(self.left[1:] - self.right[:-1], 0.0)
        past = x - self.values[at]
        score: FloatArray = self.right[at] + past / gap[at] * span[at]
        known = past == 0
        score[known] = self.middle[at[known]]
        return score

    def decode(self, scores: npt.NDArray[np.floating[Any]]) -> FloatArray:
        """Values of scores; between an atom and its neighbour nothing was seen, nor is made."""
        ends = np.column_stack([self.left, self.right]).ravel()
        knots = np.repeat(self.values, 2)
        length = np.diff(ends)
        slope = np.append(np.diff(knots) / np.where(length > 0, length, 1.0), 0.0)
        z = np.clip(np.asarray(scores, dtype=np.float64), ends[0], ends[-1])
        at = np.searchsorted(ends, z, side="right") - 1
        value: FloatArray = knots[at] + slope[at] * (z - ends[at])
        beside = np.repeat(self.atom, 2)
        beside[:-1] |= beside[1:]
        follows = np.minimum(at + 1, ends.size - 1)
        nearer = np.where(z - ends[at] < ends[follows] - z, knots[at], knots[follows])
        value = np.where(beside[at], nearer, value) / self.scale
        return value


def fit_scores(values: FloatArray, counts: npt.NDArray[np.intp], column: Column) -> NormalScores:
    """Score sorted distinct values, with as few knots as bring the values back.

    Up to 4096 values, all are knots. Above, knots are evenly spaced in rank and in score; ends
    and atoms are always among them, and where the values between two knots would not be
    restored, these are parted at their widest gap.
    """
    upper = np.cumsum(counts)
    lower, n = upper - counts, int(upper[-1])
    scale = 2.0**-64 if np.abs(values[[0, -1]]).max() > 2.0**960 else 1.0
    ends = np.stack([lower + 0.5, (lower + upper) / 2, upper - 0.5]) / n

    def build(kept: npt.NDArray[np.bool_]) -> NormalScores:
        left, middle, right = ndtri(ends[:, kept]).astype(np.float32).astype(np.float64)
        atom = counts[kept] >= max(2.0, _ATOM_SHARE * n)
        return NormalScores(scale, values[kept] * scale, left, middle, right, atom)

    kept = np.ones(values.size, dtype=np.bool_)
    if values.size <= _MAX_KNOTS:
        return build(kept)
    kept = _spread_knots(ends[1], counts)
    allowed = _tolerance(values, column)
    for _ in range(8):
        scores = build(kept)
        codes = scores.encode(values).astype(np.float32)
        restored = column.settle(scores.decode(codes)).astype(np.float64)
        lost = np.flatnonzero(np.abs(restored - values) > allowed)
        if not lost.size or kept.sum() > 4 * _MAX_KNOTS:
            break
        at = np.flatnonzero(kept)
        for i in np.unique(np.searchsorted(at, lost, side="right") - 1):
            widest = at[i] + np.argmax(np.diff(values[at[i] : at[i + 1] + 1] * scale))
            kept[widest : widest + 2] = True
    return scores


def _spread_knots(rank: FloatArray, counts: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Which values to begin with as knots, given the mid-rank in (0, 1) of each value."""
    kept: npt.NDArray[np.bool_] = counts > counts.sum() / _MAX_KNOTS
    kept[:-1] |= kept[1:]
    kept[1:] |= kept[:-1]
    even = np.linspace(0.0, 1.0, _MAX_KNOTS // 2)
    tails = ndtr(np.linspace(ndtri(rank[0]), ndtri(rank[-1]), _MAX_KNOTS // 2))
    for wanted in (even, tails):
        kept[np.minimum(np.searchsorted(rank, wanted), rank.size - 1)] = True
    kept[[0, -1]] = True
    return kept


def _tolerance(values: FloatArray, column: Column) -> FloatArray:
    """How far each value may be off when restored: not at all on a grid."""
    if column.grid is not None:
        return np.zeros(values.size)
    # Near zero an error counts against the spread of the values around, not against the value.
    reach = values.size // 20
    spread = values[reach:] / 2 - values[:-reach] / 2
    ahead = np.append(spread, np.full(reach, np.inf))
    behind = np.append(np.full(reach, np.inf), spread)
    tolerance: FloatArray = 1e-6 * np.maximum(np.abs(values), np.minimum(ahead, behind))
    return tolerance
