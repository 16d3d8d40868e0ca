"""Codec turns tables into float32 codes and codes back into rows of the table's own kind."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from .columns import Column, describe_column, infer_columns, intensity_bounds
from .layout import Kind, Layout, Slot
from .scores import NormalScores, fit_scores

__all__ = ["RowCodec"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
AnyArray: TypeAlias = npt.NDArray[Any]

_CHUNK = 1024  # rows of an image table handled at once, to stay in the cache
_MIN_ATOM_SHARE = 0.05
_ATOM_REACH = 0.05  # only codes this near an end may become the end


class RowCodec:
    """Code the rows of a numeric table for a neural network, and restore rows from codes.

    A continuous column becomes normal scores: the standard normal quantile of the mid-rank.
    Values between two observed ones are interpolated, values outside are clamped. The way back
    has a plateau for each repeated value, as wide as the value is frequent, so that an atom
    comes back exactly and as often as it was seen. Restored values lie within the observed
    range and on the column's grid or among its few values, where it has such.

    Intensities share one scale, coded as [0, 1], and each pixel has a code, so that the codes of
    a row are an image too. Binary columns become 0 and 1. Other constant columns have no code.

    Attributes
    ----------
    columns_ : tuple of Column
        What each column holds.
    layout_ : Layout
        Which code stands for which column.
    intensity_range_ : tuple of two floats
        The scale shared by all intensities.
    atom_thresholds_ : tuple of two (float or None)
        Codes up to the first become the lowest intensity, codes from the second on the highest.

    Notes
    -----
    ``decode(encode(X))`` gives `X` back exactly in binary and constant columns, in columns with
    few values, on atoms, and in all other columns as far as float32 codes can tell their values
    apart. They can wherever a column has up to 4096 distinct values, and on grids of up to
    about 10**5 points. Otherwise (more distinct values without a grid; integers beyond 2**53)
    the relative error is of the order of 1e-6. Floats in one column of which rounding noise
    alone keeps from being the same point of a grid, as 0.3 and 0.1 + 0.2, come back as one.
    """

    columns_: tuple[Column, ...]
    layout_: Layout
    intensity_range_: tuple[float, float]
    atom_thresholds_: tuple[float | None, float | None]

    def fit(self, X: AnyArray, *, intensities: bool = False) -> Self:
        """Learn the columns of a table.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Finite numbers of any real dtype; never written to.
        intensities : bool, default=False
            Whether all columns are intensities of one scale (the pixels of images).

        Returns
        -------
        RowCodec
            Self.
        """
        X = _check_table(X)
        if not len(X):
            raise ValueError("Expected at least one row to learn the columns from, got none.")
        self._scores: dict[int, NormalScores] = {}
        self.atom_thresholds_ = (None, None)
        if intensities:
            self.columns_ = infer_columns(X, intensities=True)
            self.intensity_range_ = intensity_bounds(X)
        else:
            self.columns_ = tuple(self._fit_column(j, X[:, j]) for j in range(X.shape[1]))
            self.intensity_range_ = (0.0, 1.0)
        self.layout_ = _lay_out(self.columns_)
        return self

    def encode(self, X: AnyArray) -> npt.NDArray[np.float32]:
        """Code rows.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Finite numbers; rows that `fit` has not seen are welcome.

        Returns
        -------
        ndarray of float32 of shape (n_rows, layout_.width)
            The codes.
        """
        X = _check_table(X)
        if X.shape[1] != len(self.columns_):
            raise ValueError(f"Expected {len(self.columns_)} columns, got {X.shape[1]}.")
        codes = np.empty((len(X), self.layout_.width), dtype=np.float32)
        for slot in self.layout_.slots:
            if slot.kind != "intensity":
                x, column = X[:, slot.column], self.columns_[slot.column]
                _check_finite(x, column)
                codes[:, slot.start] = (
                    _encode_binary(x, column)
                    if slot.kind == "binary"
                    else self._scores[slot.column].encode(_to_float(x))
                )
        self._encode_intensities(X, codes)
        return codes

    def decode(self, codes: npt.NDArray[np.floating[Any]]) -> AnyArray:
        """Restore rows.

        Parameters
        ----------
        codes : ndarray of floats of shape (n_rows, layout_.width)
            Codes; those out of range are clamped.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            Rows of the dtype of the fitted table.
        """
        codes = np.asarray(codes)
        if codes.ndim != 2 or codes.shape[1] != self.layout_.width:
            raise ValueError(f"Expected (n, {self.layout_.width}) codes, got {codes.shape}.")
        if np.isnan(codes).any():
            raise ValueError("Expected codes that are numbers, got NaN.")
        X = np.empty((len(codes), len(self.columns_)), dtype=self.columns_[0].dtype)
        for column in self.columns_:
            if column.kind == "constant":
                X[:, column.index] = column.low
        for slot in self.layout_.slots:
            column, code = self.columns_[slot.column], codes[:, slot.start]
            if slot.kind == "binary":
                X[:, slot.column] = column.low
                X[code >= 0.5, slot.column] = column.high
            elif slot.kind == "continuous":
                X[:, slot.column] = column.settle(self._scores[slot.column].decode(code))
        self._decode_intensities(codes, X)
        return X

    def calibrate_atoms(
        self, decoded_codes: npt.NDArray[np.floating[Any]], X_codes: npt.NDArray[np.floating[Any]]
    ) -> Self:
        """Make `decode` show black and white pixels as often as real images do.

        A network gives 0.003 where real pixels are exactly 0, and a forest tells the two apart.
        If an end of the scale holds more than 5 % of all real intensities, one threshold for
        all pixels is chosen at that end: the quantile of the generated codes that gives the end
        the share it has in real rows, but at most 0.05 away from it. What lies beyond becomes
        the end, and on a grid all else stays at least one step away from it. Other kinds are
        left alone.

        Parameters
        ----------
        decoded_codes : ndarray of shape (n_generated, layout_.width)
            Codes made by a model.
        X_codes : ndarray of shape (n_real, layout_.width)
            Codes of real rows, as given by `encode`.

        Returns
        -------
        RowCodec
            Self, with new `atom_thresholds_`. Calibrate a ``copy.copy`` of the codec to keep
            one calibration for each class.
        """
        # Constant pixels are restored whatever their code is.
        at = [i for i in self.layout_.positions("intensity") if self._varies(i)]
        made, real = np.asarray(decoded_codes)[:, at].ravel(), np.asarray(X_codes)[:, at].ravel()
        if made.size and real.size:
            lower = _find_threshold(made, float(np.mean(real <= 0)))
            upper = _find_threshold(-made, float(np.mean(real >= 1)))
            self.atom_thresholds_ = (
                None if lower is None else min(lower, _ATOM_REACH),
                None if upper is None else max(-upper, 1.0 - _ATOM_REACH),
            )
        return self

    def _varies(self, position: int) -> bool:
        column = self.columns_[self.layout_.slots[position].column]
        return column.low < column.high

    def _fit_column(self, index: int, x: AnyArray) -> Column:
        values, counts = np.unique(x, return_counts=True)
        column = describe_column(index, values, len(x))
        if column.kind == "continuous":
            knots = _to_float(values)
            if (knots[1:] <= knots[:-1]).any():  # integers that are one and the same float64
                knots, counts = np.unique(_to_float(x), return_counts=True)
            self._scores[index] = fit_scores(knots, counts, column)
        return column

    def _encode_intensities(self, X: AnyArray, codes: npt.NDArray[np.float32]) -> None:
        at = self.layout_.positions("intensity")
        of = np.array([self.layout_.slots[i].column for i in at], dtype=np.intp)
        low, high = self.intensity_range_
        if not at.size:
            return
        for start in range(0, len(X), _CHUNK):
            x = X[start : start + _CHUNK, of].astype(np.float64)
            if not np.isfinite(x).all():
                for j, values in zip(of, x.T, strict=True):
                    _check_finite(values, self.columns_[j])
            x -= low
            x /= high - low
            codes[start : start + _CHUNK, at] = np.clip(x, 0.0, 1.0, out=x)

    def _decode_intensities(self, codes: AnyArray, X: AnyArray) -> None:
        at = self.layout_.positions("intensity")
        of = np.array([self.layout_.slots[i].column for i in at], dtype=np.intp)
        if not at.size:
            return
        lows = np.array([self.columns_[j].low for j in of], dtype=np.float64)
        highs = np.array([self.columns_[j].high for j in of], dtype=np.float64)
        for start in range(0, len(codes), _CHUNK):
            x = self._to_intensities(codes[start : start + _CHUNK, at].astype(np.float64))
            np.clip(x, lows, highs, out=x)
            if X.dtype.kind in "biu":
                np.rint(x, out=x)
            X[start : start + _CHUNK, of] = x.astype(X.dtype)

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


def _find_threshold(codes: npt.NDArray[np.floating[Any]], share: float) -> float | None:
    """Find the code up to which a share of the codes lies, unless the share is small."""
    wanted = round(share * codes.size)
    if share <= _MIN_ATOM_SHARE or wanted == 0:
        return None
    threshold = np.partition(codes, wanted - 1)[wanted - 1]
    below, upto = int((codes < threshold).sum()), int((codes <= threshold).sum())
    if wanted - below < upto - wanted:  # equal codes go to one side: the nearer one
        threshold = np.nextafter(threshold, -np.inf, dtype=codes.dtype)
    return float(threshold)


def _lay_out(columns: tuple[Column, ...]) -> Layout:
    kinds: list[tuple[int, Kind]] = [(c.index, c.kind) for c in columns if c.kind != "constant"]
    return Layout(tuple(Slot(j, kind, i, i + 1) for i, (j, kind) in enumerate(kinds)))


def _encode_binary(x: AnyArray, column: Column) -> npt.NDArray[np.bool_]:
    middle = column.low / 2 + column.high / 2
    # The middle of two adjacent floats, or of two large integers, may be one of the two.
    nearer: npt.NDArray[np.bool_] = (x == column.high) | ((x > middle) & (x != column.low))
    return nearer


def _check_table(X: AnyArray) -> AnyArray:
    X = np.asarray(X)
    if X.ndim != 2 or X.shape[1] == 0 or X.dtype.kind not in "biuf":
        raise ValueError(
            "Expected a two-dimensional array of real numbers with at least one column, "
            f"got shape {X.shape} and dtype {X.dtype}."
        )
    return X


def _check_finite(x: AnyArray, column: Column) -> None:
    if not np.isfinite(x).all():
        raise ValueError(
            f"Expected finite numbers, but column {column.name} holds NaN or infinite values."
        )


def _to_float(x: AnyArray) -> FloatArray:
    return np.ascontiguousarray(x, dtype=np.float64)
