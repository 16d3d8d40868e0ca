"""Grids are the evenly spaced values that whole numbers, prices and grey levels live on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Grid", "find_grid", "find_shared_grid"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
AnyArray: TypeAlias = npt.NDArray[Any]

_EXACT = 2.0**53  # whole numbers below this are exact in float64
_DENOMINATORS = (1, 2, 4, 8, 10, 16, 32, 64, 100, 128, 255, 256, 1000, 10**4, 65535, 10**5, 10**6)
_CHANCE = -6.0  # log10 of the probability below which a grid is no accident
_MAX_LEVELS = 65536  # a freely spaced grid with more points than this is not looked for
_SAMPLE = 256
_TRUST_GCD = 16  # distinct values from which a common divisor is no accident


@dataclass(frozen=True, eq=False)
class Grid:
    """The evenly spaced values ``(origin + i * stride) / denominator``, i whole.

    Dividing whole numbers (3 / 10) gives the float nearest to the decimal that was meant,
    where adding up steps (3 * 0.1) would not.

    Parameters
    ----------
    origin, stride, denominator : float
        Whole numbers for decimal and fractional grids; `denominator` is 1 for other spacings.
    resolution : dtype
        Float type whose rounding the observed values show (float32 values may come as float64).
    plain, seen : ndarray of shape (n_odd,)
        Grid points by the formula, sorted, whose observed floats differ in the last digits, and
        those observed floats.
    """

    origin: float
    stride: float
    denominator: float
    resolution: np.dtype[Any]
    plain: FloatArray
    seen: FloatArray

    @property
    def step(self) -> float:
        """Distance of two neighbouring grid points."""
        return self.stride / self.denominator

    def snap(self, x: FloatArray) -> FloatArray:
        """Nearest grid point of each value, as the float that was observed for it."""
        place = x * self.denominator
        place -= self.origin
        place /= self.stride
        np.rint(place, out=place)
        place *= self.stride
        place += self.origin
        place /= self.denominator
        point = place.astype(self.resolution).astype(np.float64)
        if self.plain.size:
            at = np.minimum(np.searchsorted(self.plain, point), self.plain.size - 1)
            point = np.where(self.plain[at] == point, self.seen[at], point)
        return point


def find_grid(values: FloatArray, dtype: np.dtype[Any]) -> Grid | None:
    """Find the grid that sorted distinct values lie on, if there is one."""
    resolution: np.dtype[Any] = np.dtype(np.float64)
    single: np.dtype[Any] = np.dtype(np.float32)
    if max(abs(values[0]), abs(values[-1])) >= _EXACT:
        return None
    if dtype.kind in "biu":
        return _make_grid(values, 1, resolution)
    if dtype.itemsize == 2:
        resolution = np.dtype(np.float16)
    elif dtype.itemsize == 4 or bool((values.astype(single) == values).all()):
        resolution = single
    grid = _find_fractions(values, resolution) or _find_spacing(values, resolution, resolution)
    if grid is None and resolution.itemsize == 8:  # sums of what once was float32
        grid = _find_spacing(values, resolution, single)
    return grid


def find_shared_grid(X: AnyArray) -> Grid | None:
    """Find the grid that all entries of a table lie on."""
    n_rows, n_columns = X.shape
    values = np.unique(X[:: max(1, n_rows * n_columns // 2**17)]).astype(np.float64)
    if values.size <= 2 and (np.rint(values) != values).any():
        return None
    grid = find_grid(values, X.dtype)
    if grid is None or (X.dtype.kind in "biu" and grid.step == 1):
        return grid
    missed = [values]
    for start in range(0, n_rows, 1024):
        x = X[start : start + 1024].astype(np.float64)
        missed.append(np.unique(x[grid.snap(x) != x]))
    every = np.unique(np.concatenate(missed))
    return grid if every.size == values.size else find_grid(every, X.dtype)


def _make_grid(values: FloatArray, denominator: int, resolution: np.dtype[Any]) -> Grid:
    """Make the coarsest grid of fractions of one denominator that holds all values."""
    numerators = np.rint(values * denominator)
    stride = 1
    if values.size >= _TRUST_GCD:
        gaps = np.diff(numerators).astype(np.int64)
        stride = max(1, int(np.gcd.reduce(gaps)))
    origin = float(numerators[0] % stride)
    bare = Grid(origin, stride, denominator, resolution, values[:0], values[:0])
    return _with_seen(bare, values)


def _with_seen(grid: Grid, values: FloatArray) -> Grid:
    """Let a grid remember the values that its formula misses in the last digits."""
    points = grid.snap(values)
    # Of several floats observed for one point, the formula's own goes first.
    odd = (points != values) & ~np.isin(points, values)
    plain, first = np.unique(points[odd], return_index=True)
    return replace(grid, plain=plain, seen=values[odd][first])


def _find_fractions(values: FloatArray, resolution: np.dtype[Any]) -> Grid | None:
    """Find a grid of fractions that gives every value to the last digit."""
    sample = values[:: max(1, values.size // _SAMPLE)]
    largest = float(np.abs(values[[0, -1]]).max())
    nonzero = np.abs(sample[sample != 0])
    spacing = np.spacing(nonzero.astype(resolution)).astype(np.float64)
    for denominator in _DENOMINATORS:
        if largest * denominator >= _EXACT:
            return None
        chance = float(np.log10(np.minimum(1.0, denominator * spacing)).sum())
        if (
            (denominator == 1 or chance <= _CHANCE)
            and _are_fractions(sample, denominator, resolution)
            and _are_fractions(values, denominator, resolution)
        ):
            return _make_grid(values, denominator, resolution)
    return None


def _are_fractions(values: FloatArray, denominator: int, resolution: np.dtype[Any]) -> bool:
    nearest = np.rint(values * denominator) / denominator
    return bool((nearest.astype(resolution) == values).all())


def _find_spacing(
    values: FloatArray, resolution: np.dtype[Any], precision: np.dtype[Any]
) -> Grid | None:
    """Find a grid of any origin and spacing, up to the rounding noise of a float type."""
    largest = np.abs(values[[0, -1]]).max()
    noise = 4.0 * float(np.spacing(largest.astype(precision)))
    width = float(values[-1] - values[0])
    finest = max(width / _MAX_LEVELS, 4.0 * noise)
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
            return _make_grid(values, denominator, resolution)
    origin = float(values[0])
    return _with_seen(Grid(origin, step, 1, resolution, values[:0], values[:0]), values)
