"""The resolution of numbers: the even spacing of whole numbers, prices and grey values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .._tables.adapters import AnyArray
from .layout import Floats

__all__ = ["Resolution", "find_resolution", "find_shared_resolution"]

DType: TypeAlias = np.dtype[Any]

_EXACT = 2.0**53  # whole numbers below this are exact in float64
_DENOMINATORS = (1, 2, 4, 8, 10, 16, 32, 64, 100, 128, 255, 256, 1000, 10**4, 65535, 10**5, 10**6)
_CHANCE = -6.0  # log10 of the largest probability of a spacing by chance
_SAMPLE = 256
_TRUST_GCD = 16  # distinct values needed to trust a common divisor


@dataclass(frozen=True, eq=False)
class Resolution:
    """The evenly spaced values ``(origin + i * stride) / denominator``, all whole numbers.

    Dividing whole numbers (3 / 10) gives the float nearest to the decimal, unlike multiples of a
    step (3 * 0.1).
    """

    origin: float
    stride: float
    denominator: float
    # Float type to which observed values are rounded (float32 values may be stored as float64).
    precision: DType

    @property
    def step(self) -> float:
        """Distance between neighbouring points."""
        return self.stride / self.denominator

    def round(self, x: Floats) -> Floats:
        """Return the nearest point to each value."""
        place = x * self.denominator
        place -= self.origin
        place /= self.stride
        np.rint(place, out=place)
        place *= self.stride
        place += self.origin
        place /= self.denominator
        return place.astype(self.precision).astype(np.float64)


def find_resolution(values: Floats, dtype: DType) -> Resolution | None:
    """Find the even spacing of sorted distinct values, if they are decimals or fractions.

    Other spacings, such as those of standardised whole numbers, are not detected.
    """
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
    return _find_fractions(values, precision)


def find_shared_resolution(X: AnyArray) -> Resolution | None:
    """Find the even spacing of all entries of a table, if there is one."""
    resolution = None
    # Most tables without a spacing show that in some rows, which are sorted far sooner than all.
    for rows in (X[:: max(1, X.size // 2**17)], X):
        values = np.unique(rows).astype(np.float64)
        if values.size <= 2 and (np.rint(values) != values).any():
            return None
        resolution = find_resolution(values, X.dtype)
        if resolution is None:
            return None
    return resolution


def _of_fractions(values: Floats, denominator: int, precision: DType) -> Resolution:
    """Return the coarsest spacing of fractions of one denominator that holds all values."""
    numerators = np.rint(values * denominator)
    stride = 1
    if values.size >= _TRUST_GCD:
        gaps = np.diff(numerators).astype(np.int64)
        stride = max(1, int(np.gcd.reduce(gaps)))
    origin = float(numerators[0] % stride)
    return Resolution(origin, stride, denominator, precision)


def _find_fractions(values: Floats, precision: DType) -> Resolution | None:
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


def _are_fractions(values: Floats, denominator: int, precision: DType) -> bool:
    nearest = np.rint(values * denominator) / denominator
    return bool((nearest.astype(precision) == values).all())
