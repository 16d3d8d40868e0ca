"""Tables are checked at the door: their shape, their names, the sort of their entries."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from .arrays import is_number
from .tables import is_frame

__all__ = ["check_table"]


def check_table(X: Any) -> Any:
    """Return a table that can be read column by column.

    Parameters
    ----------
    X : array-like, sparse matrix or array, or pandas DataFrame
        What the caller gave.

    Returns
    -------
    ndarray, csr or csc matrix or array, or pandas DataFrame
        The table; a data frame is returned as it is.

    Raises
    ------
    TypeError, ValueError
        If it is no table of at least one row and one column, or two columns share a name, or
        the array has a mask.
    """
    if is_frame(X):
        return _check_frame(X)
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            "Masked arrays are not taken: what a mask hides would be learned. Use "
            "X.astype(float).filled(np.nan); missing values are learned."
        )
    if sparse.issparse(X):
        return check_array(X, accept_sparse=["csr", "csc"], ensure_all_finite=False)
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
    rows = check_array(X, dtype=None, ensure_all_finite=False, input_name="X")
    if rows.dtype.kind == "O" and all(map(is_number, rows.ravel())):
        numbers = rows.astype(np.float64)
        # Whole numbers too long for a float stay what they are.
        if ((numbers == rows) | np.isnan(numbers)).all():
            return numbers
    return rows


def _check_frame(X: Any) -> Any:
    n_rows, n_columns = X.shape
    if n_rows == 0 or n_columns == 0:
        what = "0 sample(s)" if n_rows == 0 else "0 feature(s)"
        raise ValueError(
            f"Found array with {what} (shape={X.shape}) while a minimum of 1 is required."
        )
    if not X.columns.is_unique:
        twice = X.columns[X.columns.duplicated()].tolist()
        raise ValueError(
            f"Columns of X must have names of their own, but {twice} appear more than once. "
            "Rename them."
        )
    return X
