"""Which columns of a table are categorical: as the user says, or as their dtype does."""

from __future__ import annotations

import numbers
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .arrays import is_missing, is_number
from .tables import is_frame

__all__ = ["find_categorical"]

Flags: TypeAlias = npt.NDArray[np.bool_]


def find_categorical(X: Any, features: Any) -> Flags:
    """Tell which columns hold categories.

    Parameters
    ----------
    X : ndarray, sparse matrix or array, or pandas DataFrame
        The table.
    features : "auto", None, or sequence of bool, int or str
        "auto" takes pandas' category, text, object and bool columns, and of object arrays the
        columns that hold anything but numbers. None takes no column. Otherwise a mask, or
        indices or names of columns; an integer is an index, whatever the names are.

    Returns
    -------
    ndarray of bool of shape (n_columns,)

    Raises
    ------
    ValueError
        If `features` names no column of the table.
    """
    n_columns = X.shape[1]
    if features is None:
        return np.zeros(n_columns, dtype=np.bool_)
    if isinstance(features, str):
        if features == "auto":
            return np.array([_looks_categorical(X, j) for j in range(n_columns)], dtype=np.bool_)
        raise _refusal(f"got {features!r}")
    return _named(X, list(features))


def _named(X: Any, features: list[Any]) -> Flags:
    n_columns = X.shape[1]
    if features and all(isinstance(f, bool | np.bool_) for f in features):
        if len(features) != n_columns:
            raise _refusal(f"a mask of length {len(features)}, but X has {n_columns} columns")
        return np.array(features, dtype=np.bool_)
    names = list(X.columns) if is_frame(X) else []
    found = np.zeros(n_columns, dtype=np.bool_)
    for feature in features:
        if isinstance(feature, numbers.Integral):
            if not -n_columns <= feature < n_columns:
                raise _refusal(f"got index {feature}, but X has {n_columns} columns")
            found[feature] = True
        elif feature in names:
            found[names.index(feature)] = True
        else:
            known = f"named {names}" if names else f"numbered 0 to {n_columns - 1}, without names"
            raise _refusal(f"{feature!r} is no column of X; its columns are {known}")
    return found


def _refusal(found: str) -> ValueError:
    return ValueError(
        "The 'categorical_features' parameter must be 'auto', None, a mask with an entry for each "
        f"column, or a list of column indices or names: {found}."
    )


def _looks_categorical(X: Any, j: int) -> bool:
    if is_frame(X):
        from pandas import CategoricalDtype
        from pandas.api import types

        dtype = X.dtypes.iloc[j]
        return bool(
            isinstance(dtype, CategoricalDtype)
            or types.is_object_dtype(dtype)
            or types.is_string_dtype(dtype)
            or types.is_bool_dtype(dtype)
            or str(dtype).startswith(("dictionary", "null"))
        )
    if X.dtype.kind != "O":
        return bool(X.dtype.kind in "UST")
    column = X[:, j]
    known = column[~is_missing(column)]
    return not all(map(is_number, known))
