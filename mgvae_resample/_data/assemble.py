"""Assemble puts synthetic rows after the original ones, in the container these came in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

__all__ = ["append_rows"]

Table: TypeAlias = Any  # ndarray, or scipy.sparse matrix or array in csr or csc format


def append_rows(X: Table, X_new: Table) -> Table:
    """Append rows to a table.

    Parameters
    ----------
    X : ndarray or sparse matrix or sparse array, csr or csc, of shape (n_rows, n_columns)
        The original rows; left as they are.
    X_new : ndarray or sparse, of shape (n_new, n_columns)
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
    if not np.can_cast(X_new.dtype, X.dtype, casting="same_kind"):
        raise ValueError(f"Expected new rows of a dtype like {X.dtype}, got {X_new.dtype}.")
    if isinstance(X, np.ndarray):
        rows = X_new if isinstance(X_new, np.ndarray) else X_new.toarray()
        return np.concatenate([X, rows], dtype=X.dtype)
    # vstack gives a sparse array as soon as one of the blocks is one.
    block = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return sparse.vstack([X, block(X_new)], format=X.format, dtype=X.dtype)
