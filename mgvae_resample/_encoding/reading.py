"""Detects columns that are pixels, and their shape: neighbouring pixels are correlated."""

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
# Columns are taken for pixels if images have at least this side, and neighbouring pixels have at
# least this correlation, and exceed that of other pixels by at least this much.
_SMALLEST_SIDE, _LEAST_CORRELATION, _LEAST_EXCESS = 8, 0.25, 0.1
_MOST_CHANNELS = 4
# A reading is likelier than another if 1 minus its correlation is smaller by this factor; the
# second is that for pixels farther away.
_LESS_MISSING, _LESS_MISSING_THAN_APART = 0.75, 0.8


@dataclass(frozen=True)
class Reading:
    """Images as flattened pixels, of shape (height, width) or (height, width, channels)."""

    shape: tuple[int, ...]
    # Whether the pixels are in the order (channels, height, width).
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

    They do if most share one scale, and are more correlated with the pixels beside and below than
    with pixels half a side away.
    """
    shape = _square(table.shape[1])
    if shape is None:
        return None
    pixels = _some_pixels(table)
    if pixels is None or not _share_a_scale(pixels):
        return None
    best, other = Reading(shape), Reading(shape, True)
    if len(shape) == 3 and _is_likelier(pixels, other, best):
        best = other
    near, apart = _correlations(pixels, best)
    return best if near >= max(_LEAST_CORRELATION, apart + _LEAST_EXCESS) else None


def likelier_reading(table: Table, image_shape: Sequence[int]) -> Reading | None:
    """Return another reading of images if it is far likelier than the declared shape.

    Channels may come first in the shape, in the pixels, or in both.
    """
    if len(image_shape) == 2:
        return None
    first, second, third = image_shape
    if first <= _MOST_CHANNELS and min(second, third) >= _SMALLEST_SIDE:
        shape = (second, third, first) if first > 1 else (second, third)
        candidates = [Reading(shape)] if first == 1 else [Reading(shape), Reading(shape, True)]
        declared = None
    elif 1 < third <= _MOST_CHANNELS and min(first, second) >= _SMALLEST_SIDE:
        candidates, declared = [Reading((first, second, third), True)], Reading(tuple(image_shape))
    else:
        return None
    pixels = _some_pixels(table)
    if pixels is None:
        return None
    best = max(candidates, key=lambda reading: _correlations(pixels, reading)[0])
    return best if _is_likelier(pixels, best, declared) else None


def _is_likelier(pixels: Floats, reading: Reading, other: Reading | None) -> bool:
    """Return whether neighbours are correlated by a reading, and far more than by another."""
    near, apart = _correlations(pixels, reading)
    is_clear = near >= _LEAST_CORRELATION and 1 - near < _LESS_MISSING_THAN_APART * (1 - apart)
    return is_clear and (
        other is None or 1 - near < _LESS_MISSING * (1 - _correlations(pixels, other)[0])
    )


def _correlations(pixels: Floats, reading: Reading) -> tuple[float, float]:
    """Return the mean correlation with neighbours, and with pixels farther away.

    The first is the lower one of the pixels beside and below, the second the higher one of the two
    pixels half a side beside the one below.
    """
    spread = pixels.std(axis=0)
    scores = (pixels - pixels.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    n_varying = max(float((spread > 0).mean()), 1e-12)
    width = reading.shape[1]
    # Distance, in columns, from a pixel to the one beside it.
    step = 1 if reading.is_channels_first else math.prod(reading.shape[2:])

    def correlation(lag: int) -> float:
        return float((scores[:, lag * step :] * scores[:, : -lag * step]).mean()) / n_varying

    near = min(correlation(lag) for lag in (width, 1))
    return near, max(correlation(width + half) for half in (-(width // 2), width // 2))


def _some_pixels(table: Table) -> Floats | None:
    """Return some rows as numbers, None if they are too few or not numbers."""
    at = np.linspace(0, len(table) - 1, min(len(table), _MOST_LOOKED_AT)).astype(np.intp)
    if len(at) < _FEWEST_LOOKED_AT:
        return None
    try:
        return read_pixels(table.take(at)).astype(np.float64)
    except (TypeError, ValueError):
        return None


def _share_a_scale(pixels: Floats) -> bool:
    """Return whether most columns reach from the lowest value to half of the range."""
    low, high = pixels.min(), pixels.max()
    starts_low = pixels.min(axis=0) <= low + 0.05 * (high - low)
    goes_high = pixels.max(axis=0) >= low + 0.5 * (high - low)
    return bool((starts_low & goes_high).mean() >= 0.5)


def _square(n_columns: int) -> tuple[int, ...] | None:
    """Return the shape of square images, grey or RGB, with this many columns."""
    for n_channels in (1, 3):
        side = math.isqrt(n_columns // n_channels)
        if side >= _SMALLEST_SIDE and side * side * n_channels == n_columns:
            return (side, side) if n_channels == 1 else (side, side, n_channels)
    return None
