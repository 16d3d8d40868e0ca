"""The table codec turns tables of any kind into codes, one number a column, and back."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from .cells import Cells, Reader
from .layout import Layout
from .levels import LevelCoder, fit_levels
from .numbers import NumberCoder, fit_numbers
from .tables import like, make_readers, make_rows, read_column

__all__ = ["TableCodec"]

Codes: TypeAlias = npt.NDArray[np.float32]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]


class TableCodec:
    """Code the rows of a table for a neural network, and restore rows from codes.

    A continuous column becomes normal scores: the standard normal quantile of the mid-rank.
    Values between two observed ones are interpolated, values outside are clamped. The way back
    has a plateau for each repeated value, as wide as the value is frequent, so that an atom
    comes back exactly and as often as it was seen. Restored values lie within the observed
    range and on the column's grid or among its few values, where it has such. Dates and
    durations are numbers too, counted in the coarsest unit that gives all of them.

    Columns of two values become 0 and 1, the levels of other categorical columns become their
    number in the order of frequency. A missing value is NaN. Columns that never vary have no
    code.

    Attributes
    ----------
    coders_ : tuple of NumberCoder or LevelCoder
        How each column is coded.
    layout_ : Layout
        Which code stands for which column.

    Notes
    -----
    ``decode(encode(X))`` gives `X` back exactly but for floats in columns of more than 4096
    distinct values that lie on no grid, or on one of more than about 10**5 points: these come
    back with a relative error of the order of 1e-6. Floats of which rounding noise alone keeps
    from being the same point of a grid, as 0.3 and 0.1 + 0.2, come back as one.
    """

    coders_: tuple[NumberCoder | LevelCoder, ...]
    layout_: Layout

    def fit(self, X: Any, categorical: npt.NDArray[np.bool_] | None = None) -> Self:
        """Learn the columns of a table.

        Parameters
        ----------
        X : ndarray, sparse matrix or array, or pandas DataFrame
            The table; never written to.
        categorical : ndarray of bool of shape (n_columns,) or None
            Which columns hold levels; None means none of them.

        Returns
        -------
        TableCodec
            Self.
        """
        if categorical is None:
            categorical = np.zeros(X.shape[1], dtype=np.bool_)
        self._template = X[:0].copy()  # of an array, no view of all of it
        self._readers = make_readers(X, categorical)
        self.coders_ = tuple(
            _fit_coder(j, reader, read_column(reader, X, j))
            for j, reader in enumerate(self._readers)
        )
        self.layout_ = Layout(tuple(c.slot for c in self.coders_ if c.slot is not None))
        return self

    def encode(self, X: Any) -> Codes:
        """Code rows.

        Parameters
        ----------
        X : same kind of table as was fitted
            Rows that `fit` has not seen are welcome, levels that it has not seen are not.

        Returns
        -------
        ndarray of float32 of shape (n_rows, layout_.width)
            The codes.
        """
        X = like(self._template, X)
        codes = np.empty((X.shape[0], self.layout_.width), dtype=np.float32)
        for i, slot in enumerate(self.layout_.slots):
            cells = read_column(self._readers[slot.column], X, slot.column)
            coder = self.coders_[slot.column]
            if cells.missing is not None and not coder.can_miss:
                raise ValueError(
                    f"Column {self._readers[slot.column].name!r} of X holds missing values, but "
                    "had none in fit_resample."
                )
            codes[:, i] = coder.encode(cells.values)
            if cells.missing is not None:
                codes[cells.missing, i] = np.nan
        return codes

    def decode(self, codes: Floats) -> Any:
        """Restore rows.

        Parameters
        ----------
        codes : ndarray of floats of shape (n_rows, layout_.width)
            Codes; those out of range are clamped.

        Returns
        -------
        ndarray or pandas DataFrame of shape (n_rows, n_columns)
            Rows with the dtypes of the fitted table; of a sparse table they are dense.
        """
        codes = self.layout_.check(codes)
        position = {slot.column: i for i, slot in enumerate(self.layout_.slots)}

        def column(j: int) -> Any:
            if j in position:
                return self._readers[j].write(self._decode(j, codes[:, position[j]]))
            return self._readers[j].write(self.coders_[j].constant(len(codes)))

        return make_rows(self._template, map(column, range(len(self.coders_))), len(codes))

    def _decode(self, j: int, codes: Floats) -> Cells:
        coder, missing = self.coders_[j], np.isnan(codes)
        if not missing.any():
            return Cells(coder.decode(codes))
        if not coder.can_miss:
            name = self._readers[j].name
            raise ValueError(f"Expected codes that are numbers, got NaN for {name!r}.")
        return Cells(coder.decode(np.where(missing, 0.0, codes)), missing)

    def calibrate_atoms(self, decoded_codes: Floats, X_codes: Floats) -> Self:
        """Return self: plateaus and levels give atoms their share already."""
        return self


def _fit_coder(index: int, reader: Reader, cells: Cells) -> NumberCoder | LevelCoder:
    if reader.n_levels is None:
        return fit_numbers(index, reader.name, cells)
    return fit_levels(index, cells, np.arange(reader.n_levels))
