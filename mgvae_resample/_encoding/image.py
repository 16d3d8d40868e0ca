"""Flattened images as encoded rows of intensities in [0, 1], and back."""

from __future__ import annotations

from typing import Self, TypeAlias

import numpy as np

from .._tables.adapters import AnyArray
from .._tables.schema import read_pixels
from .._tables.table import Table
from .layout import EncodedRows, Floats, Layout, Slot
from .resolution import Resolution, find_shared_resolution

__all__ = ["AtomThresholds", "ImageEncoding"]

AtomThresholds: TypeAlias = tuple[float | None, float | None]

_CHUNK = 1024  # rows handled at once, to stay in the cache
_MIN_ATOM_FRACTION = 0.05
_ATOM_REACH = 0.05  # only intensities this close to an end may become the end


class ImageEncoding:
    """Encode the pixels of images for a neural network, and restore images.

    All pixels share one scale, encoded as [0, 1]. Constant pixels are encoded too, so that an
    encoded row is an image. Restored pixels are within their observed range, and have the
    resolution of the images, if there is one.
    """

    layout: Layout
    # The overall minimum; and 255 for uint8, 1 for floats within [0, 1], else the maximum. The
    # layout is empty if all intensities are equal.
    intensity_range: tuple[float, float]
    # The even spacing of the intensities, if there is one.
    resolution: Resolution | None
    # Smallest and greatest intensity of each pixel.
    lows: AnyArray
    highs: AnyArray

    def fit(self, table: Table) -> Self:
        """Learn the scale of the images: finite numbers, and no integers of 2**53 or more."""
        self._template = table.template()
        pixels = read_pixels(table)
        self.lows, self.highs = pixels.min(axis=0), pixels.max(axis=0)
        self.resolution = find_shared_resolution(pixels)
        if self.resolution is None and pixels.dtype.kind in "biu":
            raise ValueError("Expected integer intensities below 2**53, got greater ones.")
        low, high = float(self.lows.min()), float(self.highs.max())
        varies = low < high
        if pixels.dtype == np.uint8:
            high = 255.0
        elif pixels.dtype.kind == "f" and low >= 0 and high <= 1:
            high = 1.0
        self.intensity_range = low, high
        n_slots = pixels.shape[1] if varies else 0
        self.layout = Layout(tuple(Slot(j, "intensity") for j in range(n_slots)))
        return self

    def encode(self, table: Table) -> EncodedRows:
        """Encode images, in the fitted container. Shape: -> (n_rows, layout.width)."""
        pixels = read_pixels(self._template.check_like(table))
        rows = np.empty((len(pixels), self.layout.width), dtype=np.float32)
        low, high = self.intensity_range
        if not rows.size:
            return rows
        for start in range(0, len(rows), _CHUNK):
            x = pixels[start : start + _CHUNK].astype(np.float64)
            x -= low
            x /= high - low
            rows[start : start + _CHUNK] = np.clip(x, 0.0, 1.0, out=x)
        return rows

    def decode(self, rows: Floats, thresholds: AtomThresholds | None = None) -> Table:
        """Restore images in the container and the dtypes of the fitted table, dense if sparse.

        Shape: (n_rows, layout.width) ->. Numbers out of range are clamped. Those up to the first
        threshold become the lowest intensity, those from the second on the highest.
        """
        if np.isnan(rows).any():
            raise ValueError("Expected encoded rows that are numbers, got NaN.")
        pixels = np.tile(self.lows, (len(rows), 1))
        lows, highs = self.lows.astype(np.float64), self.highs.astype(np.float64)
        for start in range(0, len(rows) if rows.size else 0, _CHUNK):
            encoded = rows[start : start + _CHUNK].astype(np.float64)
            x = self._to_intensities(encoded, thresholds or (None, None))
            np.clip(x, lows, highs, out=x)
            if pixels.dtype.kind in "biu":
                np.rint(x, out=x)
            pixels[start : start + _CHUNK] = x.astype(pixels.dtype)
        return self._template.with_numbers(pixels)

    def atom_thresholds(self, made_rows: Floats, class_rows: Floats) -> AtomThresholds:
        """Find thresholds that make black and white pixels as frequent as in real images.

        A network outputs 0.003 for pixels that are exactly 0 in real images, and a forest can tell
        the two apart. If an end of the scale holds more than 5 % of all real intensities, one
        threshold for all pixels is chosen there: the quantile of the generated intensities that
        gives the end its fraction in real rows, at most 0.05 away from the end. Intensities beyond
        become the end, and all others stay at least one step of the resolution away from it.

        Shape: made (n_made, layout.width), real (n_real, layout.width) -> thresholds at the lowest
        and the highest intensity, for `decode`.
        """
        # Constant pixels are restored regardless of their encoding.
        at = np.flatnonzero(self.lows < self.highs)
        made, real = np.asarray(made_rows)[:, at].ravel(), np.asarray(class_rows)[:, at].ravel()
        if not made.size or not real.size:
            return None, None
        black = _find_threshold(made, float(np.mean(real <= 0)))
        white = _find_threshold(-made, float(np.mean(real >= 1)))
        return (
            None if black is None else min(black, _ATOM_REACH),
            None if white is None else max(-white, 1.0 - _ATOM_REACH),
        )

    def _to_intensities(self, encoded: Floats, thresholds: AtomThresholds) -> Floats:
        low, high = self.intensity_range
        x = low + np.clip(encoded, 0.0, 1.0) * (high - low)
        x[encoded >= 1] = high
        step = 0.0
        if self.resolution is not None:
            x, step = self.resolution.round(x), self.resolution.step
        lower, upper = thresholds
        if lower is not None:
            x = np.where(encoded <= lower, low, np.maximum(x, low + step))
        if upper is not None:
            x = np.where(encoded >= upper, high, np.minimum(x, high - step))
        return x


def _find_threshold(encoded: Floats, fraction: float) -> float | None:
    """Find the threshold up to which a fraction of all numbers lies, None if it is small."""
    n_below = round(fraction * encoded.size)
    if fraction <= _MIN_ATOM_FRACTION or n_below == 0:
        return None
    threshold = np.partition(encoded, n_below - 1)[n_below - 1]
    below, upto = int((encoded < threshold).sum()), int((encoded <= threshold).sum())
    if n_below - below < upto - n_below:  # equal numbers go to one side together
        threshold = np.nextafter(threshold, -np.inf, dtype=encoded.dtype)
    return float(threshold)
