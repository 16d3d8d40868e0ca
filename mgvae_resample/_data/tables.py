"""Tables are taken apart into columns and put together: arrays, sparse matrices, data frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import array_reader
from .cells import Cells, Reader
from .frames import series_reader

__all__ = [
    "column_of",
    "dense",
    "is_frame",
    "like",
    "make_readers",
    "make_rows",
    "names_of",
    "read_column",
    "rows_like",
]


def is_frame(X: Any) -> bool:
    """Tell whether a table is a pandas DataFrame (without importing pandas)."""
    return hasattr(X, "iloc") and getattr(X, "ndim", 0) == 2


def names_of(X: Any) -> list[str]:
    """Names of the columns for messages; x0, x1 ... where there are none."""
    if is_frame(X):
        return [str(name) for name in X.columns]
    return [f"x{j}" for j in range(X.shape[1])]


def column_of(X: Any, j: int) -> Any:
    """Column j of a table, as its container gives it; of a sparse one as a dense array."""
    if is_frame(X):
        return X.iloc[:, j]
    return X[:, j] if isinstance(X, np.ndarray) else X[:, [j]].toarray().ravel()


def make_readers(X: Any, categorical: npt.NDArray[np.bool_]) -> list[Reader]:
    """Make the readers of a table's columns.

    Parameters
    ----------
    X : ndarray, sparse matrix or array, or pandas DataFrame
        The table.
    categorical : ndarray of bool of shape (n_columns,)
        Which columns hold levels.

    Raises
    ------
    TypeError, ValueError
        If a column cannot be read; the message names it.
    """
    make = series_reader if is_frame(X) else array_reader
    readers: list[Reader] = []
    for j, name in enumerate(names_of(X)):
        try:
            readers.append(make(name, column_of(X, j), bool(categorical[j])))
        except (ArithmeticError, NotImplementedError) as error:  # of pandas and Arrow
            raise TypeError(
                f"Column {name!r} of X cannot be read: {error}. Convert it or drop it."
            ) from error
    return readers


def like(template: Any, X: Any) -> Any:
    """Give a table the container that another one has.

    Raises
    ------
    ValueError
        If both are data frames and the names of their columns differ.
    """
    if is_frame(template) and is_frame(X) and list(X.columns) != list(template.columns):
        raise ValueError(
            f"Expected the columns {list(template.columns)} in this order, got {list(X.columns)}."
        )
    if is_frame(template) and not is_frame(X):
        import pandas as pd

        rows = X.toarray() if hasattr(X, "toarray") else X
        return pd.DataFrame(rows, columns=template.columns)
    return X.to_numpy() if is_frame(X) and not is_frame(template) else X


def dense(X: Any) -> npt.NDArray[Any]:
    """Return a table of finite numbers as one array.

    Raises
    ------
    ValueError
        If a column holds anything else; the message names it.
    """
    names = names_of(X)
    pixels: npt.NDArray[Any] = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    if pixels.dtype.kind not in "biuf":
        readers = make_readers(X, np.zeros(len(names), dtype=np.bool_))
        cells = [read_column(reader, X, j) for j, reader in enumerate(readers)]
        if any(c.missing is not None for c in cells):
            pixels = np.column_stack(
                [
                    np.where(np.zeros(1) if c.missing is None else c.missing, np.nan, c.values)
                    for c in cells
                ]
            )
        else:
            pixels = np.column_stack([c.values for c in cells])
    if not np.isfinite(pixels).all():
        bad = int(np.flatnonzero(~np.isfinite(pixels).all(axis=0))[0])
        raise ValueError(
            f"Column {names[bad]!r} of X holds NaN or infinity, which no pixel can be. Impute or "
            "drop such images before resampling."
        )
    return pixels


def read_column(reader: Reader, X: Any, j: int) -> Cells:
    """Read column j of a table.

    Raises
    ------
    ValueError
        If it cannot be read; the message names it.
    """
    try:
        return reader.read(column_of(X, j))
    except (TypeError, ValueError, ArithmeticError, NotImplementedError) as error:
        if repr(reader.name) in str(error):
            raise
        raise ValueError(f"Column {reader.name!r} of X cannot be read: {error}") from error


def make_rows(template: Any, columns: Iterable[Any], n_rows: int) -> Any:
    """Put columns together.

    Parameters
    ----------
    template : table
        Any rows of the table whose kind is wanted.
    columns : iterable
        The columns, as their readers write them.
    n_rows : int
        Number of rows.

    Returns
    -------
    ndarray or pandas DataFrame of shape (n_rows, n_columns)
        A dense array for a sparse template.
    """
    if is_frame(template):
        import pandas as pd

        rows = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(n_rows))
        rows.columns = template.columns
        return rows
    X = np.empty((n_rows, template.shape[1]), dtype=template.dtype)
    for j, column in enumerate(columns):
        X[:, j] = column
    return X


def rows_like(template: Any, rows: npt.NDArray[Any]) -> Any:
    """Give rows of numbers the container of a table; of a sparse one they stay dense."""
    if not is_frame(template):
        return rows
    import pandas as pd

    return pd.DataFrame(rows, columns=template.columns).astype(template.dtypes)
