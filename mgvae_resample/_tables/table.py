"""A table of any container: arrays, sparse matrices, data frames of pandas and polars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils import check_array

from . import arrays, pandas_frames, polars_frames
from .dtypes import AnyArray, Learned, is_number

__all__ = ["Table"]


class Table:
    """A table of any container, with one way to take it apart and to put it together.

    Parameters
    ----------
    native : ndarray, csr or csc matrix or array, or DataFrame of pandas or polars
        The table. ``Table.of`` checks what a caller gave.
    is_list : bool
        Whether the caller gave a list of rows.

    Attributes
    ----------
    labels : list or None
        Names of the columns as the data frame has them; None for arrays.
    names : list of str
        Names of the columns for messages; x0, x1 ... for arrays.
    shape : tuple of two ints
        Numbers of rows and columns.
    """

    def __init__(self, native: Any, is_list: bool = False) -> None:
        self.native = native
        self.is_list = is_list
        self.labels: list[Any] | None = list(native.columns) if _is_frame(native) else None
        self.shape: tuple[int, int] = (int(native.shape[0]), int(native.shape[1]))
        labels = self.labels or [f"x{j}" for j in range(self.shape[1])]
        self.names = [str(label) for label in labels]

    @staticmethod
    def of(X: Any) -> Table:
        """Check what a caller gave as a table.

        Parameters
        ----------
        X : array-like, sparse matrix or array, or DataFrame of pandas or polars
            What the caller gave; a data frame is kept as it is.

        Raises
        ------
        TypeError, ValueError
            If it is no table of at least one row and one column, or two columns share a name, or
            an array has a mask, or a polars frame is lazy.
        """
        if isinstance(X, Table):
            return X
        if nw.dependencies.is_polars_lazyframe(X):
            raise TypeError("Got a polars LazyFrame, which holds no rows yet. Call .collect().")
        if _is_frame(X):
            return Table(_check_frame(X))
        if isinstance(X, np.ma.MaskedArray):
            raise TypeError(
                "Masked arrays are not taken: what a mask hides would be learned. Use "
                "X.astype(float).filled(np.nan); missing values are learned."
            )
        if sparse.issparse(X):
            return Table(check_array(X, accept_sparse=["csr", "csc"], ensure_all_finite=False))
        return Table(_check_array(X), isinstance(X, list))

    @staticmethod
    def concat(tables: Sequence[Table]) -> Table:
        """Join tables of the same columns, in new memory.

        Parameters
        ----------
        tables : sequence of Table
            The first gives container and dtypes; behind a sparse one others may be dense.

        Raises
        ------
        ValueError
            If the numbers of columns differ, or an array has no dtype that goes into that of the
            first (fractions do not go into integers).
        """
        first, *others = tables
        for new in others:
            if new.shape[1] != first.shape[1]:
                raise ValueError(
                    f"Expected new rows of {first.shape[1]} columns, got shape {new.shape}."
                )
        native = [new.native for new in others]
        return Table(first._container.append(first.native, native), first.is_list)

    def __len__(self) -> int:
        return self.shape[0]

    def column(self, j: int) -> Any:
        """Return column j as the container gives it; of a sparse matrix, dense."""
        return self._container.get_column(self.native, j)

    def to_numbers(self) -> AnyArray | None:
        """Return all of the table as one array, if each column has a real dtype of numpy's."""
        if self._container is polars_frames:
            return None
        dtypes = [self.native.dtype] if self.labels is None else self.native.dtypes
        if not all(isinstance(d, np.dtype) and d.kind in "biuf" for d in dtypes):
            return None
        X = self.native
        dense = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        return dense if dense.dtype.kind in "biuf" else None

    def learn_column(self, j: int, is_categorical: bool | None) -> Learned:
        """Return the adapter of column j and its values.

        Parameters
        ----------
        j : int
            Index of the column.
        is_categorical : bool or None
            Whether it holds categories; None leaves that to its dtype.

        Raises
        ------
        TypeError, ValueError
            If the column cannot be read; the message names it.
        """
        name = self.names[j]
        try:
            learned: Learned = self._container.learn(name, self.column(j), is_categorical)
        except (ArithmeticError, NotImplementedError) as error:  # of pandas and Arrow
            raise TypeError(
                f"Column {name!r} of X cannot be read: {error}. Convert it or drop it."
            ) from error
        except (TypeError, ValueError) as error:
            if f"Column {name!r}" in str(error):
                raise
            raise ValueError(f"Column {name!r} of X cannot be read: {error}") from error
        return learned

    def take(self, rows: npt.NDArray[Any]) -> Table:
        """Return rows as they are, in new memory; a frame of pandas gets a new index.

        Parameters
        ----------
        rows : ndarray of ints or of bool
            Indices of rows, or a mask.
        """
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.intp, copy=False)
        return Table(self._container.take(self.native, rows), self.is_list)

    def template(self) -> Table:
        """Return the same container and dtypes without rows, and without the memory of any."""
        return self.take(np.empty(0, dtype=np.intp))

    def with_columns(self, columns: Iterable[Any], n_rows: int) -> Table:
        """Join columns that adapters of this table wrote; a dense array where this is sparse."""
        return Table(self._container.from_columns(self.native, columns, n_rows), self.is_list)

    def with_numbers(self, rows: AnyArray) -> Table:
        """Return rows of numbers in this container; a dense array where this is sparse."""
        return Table(self._container.from_numbers(self.native, rows), self.is_list)

    def conform(self, X: Table) -> Table:
        """Return another table in this container.

        Raises
        ------
        ValueError
            If both are data frames and the names of their columns differ.
        """
        if self.labels is not None and X.labels is not None and self.labels != X.labels:
            raise ValueError(f"Expected the columns {self.labels} in this order, got {X.labels}.")
        if self._container is X._container:
            return X
        return Table(self._container.like(self.native, X.native), self.is_list)

    def output(self) -> Any:
        """Return the native table, or a list of rows where the caller gave one."""
        return self.native.tolist() if self.is_list else self.native

    @property
    def _container(self) -> ModuleType:
        if nw.dependencies.is_polars_dataframe(self.native):
            return polars_frames
        return arrays if self.labels is None else pandas_frames


def _is_frame(X: Any) -> bool:
    return nw.dependencies.is_pandas_dataframe(X) or nw.dependencies.is_polars_dataframe(X)


def _check_frame(X: Any) -> Any:
    if 0 in X.shape:
        what = "0 sample(s)" if X.shape[0] == 0 else "0 feature(s)"
        raise ValueError(
            f"Found array with {what} (shape={X.shape}) while a minimum of 1 is required."
        )
    if nw.dependencies.is_pandas_dataframe(X) and not X.columns.is_unique:
        twice = X.columns[X.columns.duplicated()].tolist()
        raise ValueError(
            f"Columns of X must have names of their own, but {twice} appear more than once. "
            "Rename them."
        )
    return X


def _check_array(X: Any) -> AnyArray:
    rows = np.asarray(X)
    if isinstance(X, list | tuple) and rows.dtype.kind in "US":
        # numpy would turn numbers beside text into text.
        X = rows = np.array(X, dtype=object)
    if np.iscomplexobj(rows):
        raise ValueError(
            f"Complex data not supported: X has dtype {rows.dtype}. Give real and imaginary parts "
            "as columns of their own."
        )
    if rows.ndim > 2:
        raise ValueError(
            f"Found array with dim {rows.ndim}, while X must be 2D, a row for each sample. "
            "Flatten images, as in images.reshape(len(images), -1)."
        )
    checked: AnyArray = check_array(X, dtype=None, ensure_all_finite=False, input_name="X")
    if checked.dtype.kind == "O" and all(map(is_number, checked.ravel())):
        numbers = checked.astype(np.float64)
        # Whole numbers too long for a float stay what they are.
        if ((numbers == checked) | np.isnan(numbers)).all():
            return numbers
    return checked
