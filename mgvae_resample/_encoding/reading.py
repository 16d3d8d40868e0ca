"""Which images the columns of a table look like: neighbouring pixels are correlated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._tables.schema import read_pixels
from .._tables.table import Table
from .layout import Floats

__all__ = ["Reading", "likelier_reading", "undeclared_reading"]

_FEWEST_LOOKED_AT, _MOST_LOOKED_AT = 20, 500
# Columns are taken for pixels where images have this side at least, and pixels are correlated
# so much with those beside and below, and so much more than with others.
_SMALLEST_SIDE, _LEAST_CORRELATION, _LEAST_EXCESS = 8, 0.25, 0.1
# Images have at most so many channels; those of more are taken for the height or the width.
_MOST_CHANNELS = 4
# A reading is likelier where so much less is missing to a correlation of 1 than by another.
_LESS_MISSING, _LESS_MISSING_THAN_APART = 0.75, 0.8


@dataclass(frozen=True)
class Reading:
    """Images as flattened pixels, of shape (height, width) or (height, width, channels)."""

    shape: tuple[int, ...]
    # Whether all pixels of a channel stand together, as (channels, height, width).
    is_channels_first: bool = False

    def remedy(self, table: Table) -> str:
        """Say how to declare such images."""
        declared = f"image_shape={self.shape}"
        if not self.is_channels_first:
            return f"Try {declared}"
        height, width, n_channels = self.shape
        rows = "X" if table.container == "array" else "X.to_numpy()"
        return (
            f"Their channels come first. Try {rows}.reshape(-1, {n_channels}, {height}, {width})"
            f".transpose(0, 2, 3, 1).reshape(len(X), -1) with {declared}"
        )


def undeclared_reading(table: Table) -> Reading | None:
    """Return square images if the columns of a table look like their pixels.

    They do if most share one scale, and each is correlated with those beside and below it, more
    than with those half a side to the left and right of the one below.
    """
    shape = _square(table.shape[1])
    if shape is None:
        return None
    pixels = _some_pixels(table)
    if pixels is None or not _share_a_scale(pixels):
        return None
    fits = _Fits(pixels)
    found = Reading(shape)
    if len(shape) == 3 and fits.is_likelier(Reading(shape, True), found):
        found = Reading(shape, True)
    near, apart = fits.near(found), fits.apart(found)
    return found if near >= max(_LEAST_CORRELATION, apart + _LEAST_EXCESS) else None


def likelier_reading(table: Table, image_shape: Sequence[int]) -> Reading | None:
    """Return what images look like if that is far likelier than the declared shape.

    Channels may come first in the shape, in the pixels, or in both.
    """
    if len(image_shape) == 2:
        return None
    first, second, third = image_shape
    if first <= _MOST_CHANNELS and min(second, third) >= _SMALLEST_SIDE:
        shape = (second, third, first) if first > 1 else (second, third)
        found = [Reading(shape)] if first == 1 else [Reading(shape), Reading(shape, True)]
        declared = None
    elif 1 < third <= _MOST_CHANNELS and min(first, second) >= _SMALLEST_SIDE:
        found, declared = [Reading((first, second, third), True)], Reading(tuple(image_shape))
    else:
        return None
    pixels = _some_pixels(table)
    if pixels is None:
        return None
    fits = _Fits(pixels)
    best = max(found, key=fits.near)
    is_likely = fits.is_clear(best) and (declared is None or fits.is_likelier(best, declared))
    return best if is_likely else None


class _Fits:
    """How well readings fit: correlations of columns that are neighbours by them."""

    def __init__(self, pixels: Floats) -> None:
        spread = pixels.std(axis=0)
        varies = spread > 0
        centred = pixels - pixels.mean(axis=0)
        self.scores = np.divide(centred, spread, where=varies, out=np.zeros_like(pixels))
        self.n_varying = max(float(varies.mean()), 1e-12)

    def near(self, reading: Reading) -> float:
        """Return the correlation with the pixel beside or below, whichever is less."""
        width, step = reading.shape[1], _step(reading)
        return min(self._correlation(lag) for lag in (width * step, step))

    def apart(self, reading: Reading) -> float:
        """Return the correlation with the pixels half a side beside the one below."""
        width, step = reading.shape[1], _step(reading)
        return max(self._correlation((width + s) * step) for s in (-(width // 2), width // 2))

    def is_clear(self, reading: Reading) -> bool:
        """Tell whether neighbours are correlated, and more than pixels far apart."""
        near, apart = self.near(reading), self.apart(reading)
        return near >= _LEAST_CORRELATION and 1 - near < _LESS_MISSING_THAN_APART * (1 - apart)

    def is_likelier(self, reading: Reading, other: Reading) -> bool:
        """Tell whether a reading is clear and fits far better than another one."""
        is_better = 1 - self.near(reading) < _LESS_MISSING * (1 - self.near(other))
        return is_better and self.is_clear(reading)

    def _correlation(self, lag: int) -> float:
        """Mean correlation of columns with those ``lag`` behind."""
        return float((self.scores[:, lag:] * self.scores[:, :-lag]).mean()) / self.n_varying


def _step(reading: Reading) -> int:
    """Return how many columns lie between a pixel and the one beside it, plus one."""
    return 1 if reading.is_channels_first else math.prod(reading.shape[2:])


def _some_pixels(table: Table) -> Floats | None:
    """Return some rows as numbers, None where they are few or no numbers."""
    at = np.linspace(0, len(table) - 1, min(len(table), _MOST_LOOKED_AT)).astype(np.intp)
    if len(at) < _FEWEST_LOOKED_AT:
        return None
    try:
        return read_pixels(table.take(at)).astype(np.float64)
    except (TypeError, ValueError):
        return None


def _share_a_scale(pixels: Floats) -> bool:
    """Tell whether most columns start near the lowest of all values and go up half the way."""
    low, high = pixels.min(), pixels.max()
    starts_low = pixels.min(axis=0) <= low + 0.05 * (high - low)
    goes_high = pixels.max(axis=0) >= low + 0.5 * (high - low)
    return bool((starts_low & goes_high).mean() >= 0.5)


def _square(n_columns: int) -> tuple[int, ...] | None:
    """Return the shape of square images, grey or of three colours, of so many pixels."""
    for n_channels in (1, 3):
        side = math.isqrt(n_columns // n_channels)
        if side >= _SMALLEST_SIDE and side * side * n_channels == n_columns:
            return (side, side) if n_channels == 1 else (side, side, n_channels)
    return None
