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
    found, other = Reading(shape), Reading(shape, True)
    if len(shape) == 3 and _is_likelier(pixels, other, found):
        found = other
    near, apart = _correlations(pixels, found)
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
    best = max(found, key=lambda reading: _correlations(pixels, reading)[0])
    return best if _is_likelier(pixels, best, declared) else None


def _is_likelier(pixels: Floats, reading: Reading, other: Reading | None) -> bool:
    """Tell whether neighbours by a reading are correlated, and far more than by another one."""
    near, apart = _correlations(pixels, reading)
    is_clear = near >= _LEAST_CORRELATION and 1 - near < _LESS_MISSING_THAN_APART * (1 - apart)
    return is_clear and (
        other is None or 1 - near < _LESS_MISSING * (1 - _correlations(pixels, other)[0])
    )


def _correlations(pixels: Floats, reading: Reading) -> tuple[float, float]:
    """Return the mean correlation with neighbours, and with pixels farther away.

    The first is that with the pixel beside or below, whichever is less; the other that with the
    pixels half a side beside the one below, whichever is more.
    """
    spread = pixels.std(axis=0)
    scores = (pixels - pixels.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    n_varying = max(float((spread > 0).mean()), 1e-12)
    width = reading.shape[1]
    # How many columns lie between a pixel and the one beside it, plus one.
    step = 1 if reading.is_channels_first else math.prod(reading.shape[2:])

    def correlation(lag: int) -> float:
        return float((scores[:, lag * step :] * scores[:, : -lag * step]).mean()) / n_varying

    near = min(correlation(lag) for lag in (width, 1))
    return near, max(correlation(width + half) for half in (-(width // 2), width // 2))


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
