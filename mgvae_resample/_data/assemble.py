"""Assemble puts synthetic rows after the original ones, in the container these came in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from .tables import is_frame

__all__ = ["append_rows"]

Table: TypeAlias = Any  # ndarray, pandas DataFrame, scipy.sparse matrix or array (csr, csc)


def append_rows(X: Table, X_new: Table) -> Table:
    """Append rows to a table.

    Parameters
    ----------
    X : ndarray, pandas DataFrame, csr or csc matrix or array, of shape (n_rows, n_columns)
        The original rows; left as they are.
    X_new : ndarray, sparse, or pandas DataFrame for one, of shape (n_new, n_columns)
        The rows to append.

    Returns
    -------
    same type, format and dtype as `X`, of shape (n_rows + n_new, n_columns)
        A new table: the original rows first and in order, then the new ones.

    Raises
    ------
    ValueError
        If the numbers of columns differ, or `X_new` has no dtype that goes into that of `X`
        (fractions do not go into integers).
    """
    if X_new.ndim != 2 or X_new.shape[1] != X.shape[1]:
        raise ValueError(f"Expected new rows of {X.shape[1]} columns, got shape {X_new.shape}.")
    if is_frame(X):
        import pandas as pd

        return pd.concat([X, X_new.astype(X.dtypes)], ignore_index=True)
    if not np.can_cast(X_new.dtype, X.dtype, casting="same_kind"):
        raise ValueError(f"Expected new rows of a dtype like {X.dtype}, got {X_new.dtype}.")
    if isinstance(X, np.ndarray):
        rows = X_new if isinstance(X_new, np.ndarray) else X_new.toarray()
        return np.concatenate([X, rows], dtype=X.dtype)
    # vstack gives a sparse array as soon as one of the blocks is one.
    block = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return sparse.vstack([X, block(X_new)], format=X.format, dtype=X.dtype)
