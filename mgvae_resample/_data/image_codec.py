"""The image codec turns flattened images into codes in [0, 1], and back."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from .columns import Column, describe_pixels, intensity_bounds
from .layout import Layout, Slot
from .tables import dense, rows_like

__all__ = ["ImageCodec"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
AnyArray: TypeAlias = npt.NDArray[Any]
Codes: TypeAlias = npt.NDArray[np.float32]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]

_CHUNK = 1024  # rows handled at once, to stay in the cache
_MIN_ATOM_SHARE = 0.05
_ATOM_REACH = 0.05  # only codes this near an end may become the end


class ImageCodec:
    """Code the pixels of images for a neural network, and restore images from codes.

    All pixels share one scale, coded as [0, 1], and each has a code, constant ones too, so that
    the codes of a row are an image. Restored pixels lie within the range observed for each, and
    on the grid of grey levels, if there is one.

    Attributes
    ----------
    columns_ : tuple of Column
        What each pixel may show.
    layout_ : Layout
        Which code stands for which pixel; empty if all images are of one and the same value.
    intensity_range_ : tuple of two floats
        The scale.
    atom_thresholds_ : tuple of two (float or None)
        Codes up to the first become the lowest intensity, codes from the second on the highest.
    """

    columns_: tuple[Column, ...]
    layout_: Layout
    intensity_range_: tuple[float, float]
    atom_thresholds_: tuple[float | None, float | None]

    def fit(self, X: Any) -> Self:
        """Learn the scale of the images.

        Parameters
        ----------
        X : ndarray, sparse matrix or array, or pandas DataFrame of shape (n_rows, n_columns)
            Finite numbers of any real dtype; never written to.

        Returns
        -------
        ImageCodec
            Self.

        Raises
        ------
        ValueError
            If a pixel is missing or no number (the message names its column), or if intensities
            are integers of 2**53 or more.
        """
        self._template = X[:0].copy()
        pixels = dense(X)
        self.columns_ = describe_pixels(pixels)
        self.intensity_range_ = intensity_bounds(pixels)
        self.atom_thresholds_ = (None, None)
        self.layout_ = Layout(
            tuple(Slot(c.index, "intensity") for c in self.columns_ if c.kind == "intensity")
        )
        return self

    def encode(self, X: Any) -> Codes:
        """Code images.

        Parameters
        ----------
        X : same kind of table as was fitted
            Images; those that `fit` has not seen are welcome.

        Returns
        -------
        ndarray of float32 of shape (n_rows, layout_.width)
            The codes.
        """
        pixels = dense(X)
        codes = np.empty((len(pixels), self.layout_.width), dtype=np.float32)
        low, high = self.intensity_range_
        if codes.size:
            for start in range(0, len(pixels), _CHUNK):
                x = pixels[start : start + _CHUNK].astype(np.float64)
                x -= low
                x /= high - low
                codes[start : start + _CHUNK] = np.clip(x, 0.0, 1.0, out=x)
        return codes

    def decode(self, codes: Floats) -> Any:
        """Restore images.

        Parameters
        ----------
        codes : ndarray of floats of shape (n_rows, layout_.width)
            Codes; those out of range are clamped.

        Returns
        -------
        ndarray or pandas DataFrame of shape (n_rows, n_columns)
            Images with the dtypes of the fitted table; of a sparse table they are dense.
        """
        codes = self.layout_.check(codes)
        if np.isnan(codes).any():
            raise ValueError("Expected codes that are numbers, got NaN.")
        lows = np.array([column.low for column in self.columns_], dtype=np.float64)
        highs = np.array([column.high for column in self.columns_], dtype=np.float64)
        dtype = self.columns_[0].dtype
        X = np.empty((len(codes), len(self.columns_)), dtype=dtype)
        X[:] = [column.low for column in self.columns_]
        if codes.size:
            for start in range(0, len(codes), _CHUNK):
                x = self._to_intensities(codes[start : start + _CHUNK].astype(np.float64))
                np.clip(x, lows, highs, out=x)
                if dtype.kind in "biu":
                    np.rint(x, out=x)
                X[start : start + _CHUNK] = x.astype(dtype)
        return rows_like(self._template, X)

    def calibrate_atoms(self, decoded_codes: Floats, X_codes: Floats) -> Self:
        """Make `decode` show black and white pixels as often as real images do.

        A network gives 0.003 where real pixels are exactly 0, and a forest tells the two apart.
        If an end of the scale holds more than 5 % of all real intensities, one threshold for
        all pixels is chosen at that end: the quantile of the generated codes that gives the end
        the share it has in real rows, but at most 0.05 away from it. What lies beyond becomes
        the end, and on a grid all else stays at least one step away from it.

        Parameters
        ----------
        decoded_codes : ndarray of shape (n_generated, layout_.width)
            Codes made by a model.
        X_codes : ndarray of shape (n_real, layout_.width)
            Codes of real rows, as given by `encode`.

        Returns
        -------
        ImageCodec
            Self, with new `atom_thresholds_`. Calibrate a ``copy.copy`` of the codec to keep
            one calibration for each class.
        """
        # Constant pixels are restored whatever their code is.
        at = [i for i, s in enumerate(self.layout_.slots) if self._varies(s.column)]
        made, real = np.asarray(decoded_codes)[:, at].ravel(), np.asarray(X_codes)[:, at].ravel()
        if made.size and real.size:
            lower = _find_threshold(made, float(np.mean(real <= 0)))
            upper = _find_threshold(-made, float(np.mean(real >= 1)))
            self.atom_thresholds_ = (
                None if lower is None else min(lower, _ATOM_REACH),
                None if upper is None else max(-upper, 1.0 - _ATOM_REACH),
            )
        return self

    def _varies(self, j: int) -> bool:
        return self.columns_[j].low < self.columns_[j].high

    def _to_intensities(self, code: FloatArray) -> FloatArray:
        low, high = self.intensity_range_
        grid = self.columns_[0].grid
        x = low + np.clip(code, 0.0, 1.0) * (high - low)
        x[code >= 1] = high
        if grid is not None:
            x = grid.snap(x)
        step = 0.0 if grid is None else grid.step
        lower, upper = self.atom_thresholds_
        if lower is not None:
            x = np.where(code <= lower, low, np.maximum(x, low + step))
        if upper is not None:
            x = np.where(code >= upper, high, np.minimum(x, high - step))
        return x


def _find_threshold(codes: Floats, share: float) -> float | None:
    """Find the code up to which a share of the codes lies, unless the share is small."""
    wanted = round(share * codes.size)
    if share <= _MIN_ATOM_SHARE or wanted == 0:
        return None
    threshold = np.partition(codes, wanted - 1)[wanted - 1]
    below, upto = int((codes < threshold).sum()), int((codes <= threshold).sum())
    if wanted - below < upto - wanted:  # equal codes go to one side: the nearer one
        threshold = np.nextafter(threshold, -np.inf, dtype=codes.dtype)
    return float(threshold)
