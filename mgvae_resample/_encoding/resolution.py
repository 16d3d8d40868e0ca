"""The resolution of numbers: the even spacing of whole numbers, prices and grey values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from .._tables.adapters import AnyArray
from .layout import FloatArray

__all__ = ["Resolution", "find_resolution", "find_shared_resolution"]

DType: TypeAlias = np.dtype[Any]

_EXACT = 2.0**53  # whole numbers below this are exact in float64
_DENOMINATORS = (1, 2, 4, 8, 10, 16, 32, 64, 100, 128, 255, 256, 1000, 10**4, 65535, 10**5, 10**6)
_CHANCE = -6.0  # log10 of the probability below which a spacing is no accident
_MAX_POINTS = 65536  # no free spacing with more points than this is looked for
_SAMPLE = 256
_TRUST_GCD = 16  # distinct values from which a common divisor is no accident


@dataclass(frozen=True, eq=False)
class Resolution:
    """The evenly spaced values ``(origin + i * stride) / denominator``, i whole.

    Dividing whole numbers (3 / 10) gives the float nearest to the decimal that was meant,
    where adding up steps (3 * 0.1) would not.

    Parameters
    ----------
    origin, stride, denominator : float
        Whole numbers for decimals and fractions; `denominator` is 1 for other spacings.
    precision : dtype
        Float type whose rounding the observed values show (float32 values may come as float64).
    plain, seen : ndarray of shape (n_odd,)
        Points by the formula, sorted, whose observed floats differ in the last digits, and
        those observed floats.
    """

    origin: float
    stride: float
    denominator: float
    precision: DType
    plain: FloatArray
    seen: FloatArray

    @property
    def step(self) -> float:
        """Distance of two neighbouring points."""
        return self.stride / self.denominator

    def round(self, x: FloatArray) -> FloatArray:
        """Return the nearest point to each value, as the float that was observed for it."""
        place = x * self.denominator
        place -= self.origin
        place /= self.stride
        np.rint(place, out=place)
        place *= self.stride
        place += self.origin
        place /= self.denominator
        point = place.astype(self.precision).astype(np.float64)
        if self.plain.size:
            at = np.minimum(np.searchsorted(self.plain, point), self.plain.size - 1)
            point = np.where(self.plain[at] == point, self.seen[at], point)
        return point


def find_resolution(values: FloatArray, dtype: DType) -> Resolution | None:
    """Find the even spacing of sorted distinct values, if there is one."""
    precision: DType = np.dtype(np.float64)
    single: DType = np.dtype(np.float32)
    if max(abs(values[0]), abs(values[-1])) >= _EXACT:
        return None
    if dtype.kind in "biu":
        return _of_fractions(values, 1, precision)
    if dtype.itemsize == 2:
        precision = np.dtype(np.float16)
    elif dtype.itemsize == 4 or bool((values.astype(single) == values).all()):
        precision = single
    found = _find_fractions(values, precision) or _find_spacing(values, precision, precision)
    if found is None and precision.itemsize == 8:  # sums of what once was float32
        found = _find_spacing(values, precision, single)
    return found


def find_shared_resolution(X: AnyArray) -> Resolution | None:
    """Find the even spacing of all entries of a table, if there is one."""
    n_rows, n_columns = X.shape
    values = np.unique(X[:: max(1, n_rows * n_columns // 2**17)]).astype(np.float64)
    if values.size <= 2 and (np.rint(values) != values).any():
        return None
    found = find_resolution(values, X.dtype)
    if found is None or (X.dtype.kind in "biu" and found.step == 1):
        return found
    missed = [values]
    for start in range(0, n_rows, 1024):
        x = X[start : start + 1024].astype(np.float64)
        missed.append(np.unique(x[found.round(x) != x]))
    every = np.unique(np.concatenate(missed))
    return found if every.size == values.size else find_resolution(every, X.dtype)


def _of_fractions(values: FloatArray, denominator: int, precision: DType) -> Resolution:
    """Return the coarsest spacing of fractions of one denominator that holds all values."""
    numerators = np.rint(values * denominator)
    stride = 1
    if values.size >= _TRUST_GCD:
        gaps = np.diff(numerators).astype(np.int64)
        stride = max(1, int(np.gcd.reduce(gaps)))
    origin = float(numerators[0] % stride)
    return _with_seen(values, origin, stride, denominator, precision)


def _with_seen(
    values: FloatArray, origin: float, stride: float, denominator: float, precision: DType
) -> Resolution:
    """Make a spacing that remembers the values that its formula misses in the last digits."""
    bare = Resolution(origin, stride, denominator, precision, values[:0], values[:0])
    points = bare.round(values)
    # Of several floats observed for one point, the formula's own goes first.
    odd = (points != values) & ~np.isin(points, values)
    plain, first = np.unique(points[odd], return_index=True)
    return replace(bare, plain=plain, seen=values[odd][first])


def _find_fractions(values: FloatArray, precision: DType) -> Resolution | None:
    """Find fractions that give every value to the last digit."""
    sample = values[:: max(1, values.size // _SAMPLE)]
    largest = float(np.abs(values[[0, -1]]).max())
    nonzero = np.abs(sample[sample != 0])
    spacing = np.spacing(nonzero.astype(precision)).astype(np.float64)
    for denominator in _DENOMINATORS:
        if largest * denominator >= _EXACT:
            return None
        chance = float(np.log10(np.minimum(1.0, denominator * spacing)).sum())
        if (
            (denominator == 1 or chance <= _CHANCE)
            and _are_fractions(sample, denominator, precision)
            and _are_fractions(values, denominator, precision)
        ):
            return _of_fractions(values, denominator, precision)
    return None


def _are_fractions(values: FloatArray, denominator: int, precision: DType) -> bool:
    nearest = np.rint(values * denominator) / denominator
    return bool((nearest.astype(precision) == values).all())


def _find_spacing(values: FloatArray, precision: DType, rounding: DType) -> Resolution | None:
    """Find a spacing of any origin and step, up to the rounding noise of a float type."""
    largest = np.abs(values[[0, -1]]).max()
    noise = 4.0 * float(np.spacing(largest.astype(rounding)))
    width = float(values[-1] - values[0])
    finest = max(width / _MAX_POINTS, 4.0 * noise)
    gaps = np.diff(values)
    gaps = gaps[gaps > noise]
    if gaps.size < 3 or gaps.min() < finest:
        return None
    gaps = np.partition(gaps, min(_SAMPLE, gaps.size - 1))[:_SAMPLE]
    step = float(gaps.min())
    while True:  # Euclid's algorithm on noisy numbers: the remainder at least halves each time
        rest = np.abs(gaps - step * np.rint(gaps / step))
        if not (rest > noise).any():
            break
        step = float(rest[rest > noise].min())
        if step < finest:
            return None
    counts = np.rint(gaps / step)
    step = float(gaps @ counts / (counts @ counts))
    step = width / float(np.rint(width / step))
    place = np.rint((values - values[0]) / step)
    off = np.abs(values[0] + place * step - values).max()
    if off > noise or (gaps.size - 2) * math.log10(2 * noise / step) > _CHANCE:
        return None
    for denominator in _DENOMINATORS:
        nearest = np.rint(values * denominator) / denominator
        if denominator * noise < 0.1 and np.abs(nearest - values).max() <= noise:
            return _of_fractions(values, denominator, precision)
    return _with_seen(values, float(values[0]), step, 1, precision)
