"""A table in any container: arrays, sparse matrices, data frames of pandas and polars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils import check_array

from .adapters import AnyArray, Learned, is_number, naming
from .arrays import learn_array
from .frames import learn_pandas, learn_polars
from .plain import plain, restored

__all__ = ["Appender", "Table"]

_LEARN = {"array": learn_array, "pandas": learn_pandas, "polars": learn_polars}


class Table:
    """A table in any container, with common methods to read and to build it.

    `native` is an ndarray, a csr or csc matrix or array, or a DataFrame of pandas or polars;
    ``Table.of`` checks the input of a caller. `labels` are the column names of a data frame, None
    for arrays; `names` are those for messages: x0, x1 ... for arrays.
    """

    def __init__(self, native: Any, is_list: bool = False) -> None:
        self.native = native
        self.is_list = is_list
        self.container = _container(native)
        self.labels = None if self.container == "array" else list(native.columns)
        self.shape: tuple[int, int] = (int(native.shape[0]), int(native.shape[1]))
        labels = self.labels or [f"x{j}" for j in range(self.shape[1])]
        self.names = [str(label) for label in labels]

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"native": plain(self.native) if len(self) == 0 else self.native}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, native=restored(state["native"]))

    @staticmethod
    def of(X: Any) -> Table:
        """Check the input of a caller; data frames are kept as they are."""
        if isinstance(X, Table):
            return X
        if nw.dependencies.is_polars_lazyframe(X):
            raise TypeError("Got a polars LazyFrame, which holds no rows yet. Call .collect().")
        if _container(X) != "array":
            _check_frame(X)
            return Table(X)
        if isinstance(X, np.ma.MaskedArray):
            raise TypeError(
                "Masked arrays are not supported: masked values would be learned. Use "
                "X.astype(float).filled(np.nan); missing values are learned."
            )
        if sparse.issparse(X):
            return Table(check_array(X, accept_sparse=["csr", "csc"], ensure_all_finite=False))
        return Table(_check_array(X), isinstance(X, list))

    def append(self, others: Iterable[Table], n_rows: int) -> Table:
        """Return this table and ``n_rows`` rows of others with the same columns, in new memory."""
        longer = Appender(self, n_rows)
        for new in others:
            longer.add(new)
        return longer.table()

    def __len__(self) -> int:
        return self.shape[0]

    def column(self, j: int) -> Any:
        """Return column j in its native form, dense for a sparse matrix."""
        X = self.native
        if self.container == "array":
            return X[:, j] if isinstance(X, np.ndarray) else X[:, [j]].toarray().ravel()
        return X.iloc[:, j] if self.container == "pandas" else X.to_series(j)

    def learn_column(self, j: int, is_categorical: bool | None) -> Learned:
        """Return the adapter of column j and its values.

        With None, the dtype decides whether it is categorical. A column that cannot be read raises
        a TypeError or ValueError that names it.
        """
        name = self.names[j]
        with naming(name):
            column = self.column(j)
            adapter = _LEARN[self.container](name, column, is_categorical)
            return adapter, adapter.read(column)

    def to_numbers(self) -> AnyArray | None:
        """Return the table as one array, if all columns have real numpy dtypes."""
        X = self.native
        dtypes = [X.dtype] if self.labels is None else X.dtypes
        if not all(isinstance(d, np.dtype) and d.kind in "biuf" for d in dtypes):
            return None
        dense = _dense(X)
        return dense if dense.dtype.kind in "biuf" else None

    def take(self, rows: npt.NDArray[Any]) -> Table:
        """Return a copy of rows, by indices or a mask; a pandas frame gets a new index."""
        X, rows = self.native, np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.intp, copy=False)
        if self.container == "pandas":
            return Table(X.iloc[rows].reset_index(drop=True))
        taken = X[rows].asformat(X.format) if hasattr(X, "toarray") else X[rows]
        return Table(taken, self.is_list)

    def template(self) -> Table:
        """Return the same container and dtypes without rows."""
        return self.take(np.empty(0, dtype=np.intp))

    def with_columns(self, columns: Iterable[Any], n_rows: int) -> Table:
        """Join columns that adapters of this table wrote; a dense array if this is sparse."""
        if self.container == "polars":
            return Table(_polars_frame(self.native, columns))
        if self.container == "pandas":
            import pandas as pd

            frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(n_rows))
            frame.columns = self.native.columns
            return Table(frame)
        X = np.empty((n_rows, self.shape[1]), dtype=self.native.dtype)
        for j, column in enumerate(columns):
            X[:, j] = column
        return Table(X, self.is_list)

    def with_numbers(self, rows: AnyArray) -> Table:
        """Return rows of numbers in this container; a dense array if this is sparse."""
        if self.container == "array":
            return Table(rows, self.is_list)
        if self.container == "pandas":
            import pandas as pd

            return Table(self._with_dtypes(pd.DataFrame(rows, columns=self.native.columns)))
        return Table(self._with_dtypes(_polars_frame(self.native, rows.T)))

    def check_like(self, X: Table) -> Table:
        """Return a table, or refuse another container or other columns than this one's."""
        if self.container != X.container:
            raise TypeError(
                f"Expected rows in the container that fit_resample was given ({self.container}), "
                f"got {type(X.native).__name__}."
            )
        if self.labels != X.labels:
            raise ValueError(f"Expected the columns {self.labels} in this order, got {X.labels}.")
        return X

    def output(self) -> Any:
        """Return the native table, or a list of rows if the caller gave one."""
        return self.native.tolist() if self.is_list else self.native

    def _with_dtypes(self, frame: Any) -> Any:
        """Return another data frame of this container in the dtypes of this one."""
        X = self.native
        return frame.cast(dict(X.schema)) if self.container == "polars" else frame.astype(X.dtypes)


class Appender:
    """Appends ``n_rows`` rows to a table, block after block.

    Container and dtypes stay; dense rows may be appended to sparse ones. Rows of a dense array are
    copied at once, so that no block is kept. An array whose dtype cannot be cast to that of the
    table (floats to integers) is refused.
    """

    def __init__(self, table: Table, n_rows: int) -> None:
        self.start, self.blocks = table, [table.native]
        self.X: AnyArray | None = None
        if isinstance(table.native, np.ndarray):
            self.n_filled = len(table)
            shape = (self.n_filled + n_rows, table.shape[1])
            self.X = np.empty(shape, dtype=table.native.dtype)
            self.X[: self.n_filled] = table.native

    def add(self, new: Table) -> None:
        start, rows = self.start, new.native
        if new.shape[1] != start.shape[1]:
            raise ValueError(
                f"Expected new rows of {start.shape[1]} columns, got shape {new.shape}."
            )
        dtype = getattr(start.native, "dtype", None)
        if dtype is not None and not np.can_cast(rows.dtype, dtype, casting="same_kind"):
            raise ValueError(f"Expected new rows of a dtype like {dtype}, got {rows.dtype}.")
        if self.X is None:
            self.blocks.append(rows)
            return
        self.X[self.n_filled : self.n_filled + rows.shape[0]] = _dense(rows)
        self.n_filled += rows.shape[0]

    def table(self) -> Table:
        start, (first, *others) = self.start, self.blocks
        if self.X is not None:
            return Table(self.X, start.is_list)
        if start.container == "array":
            return Table(_append_sparse(first, others))
        blocks = [first, *map(start._with_dtypes, others)]
        if start.container == "polars":
            import polars as pl

            return Table(pl.concat(blocks, rechunk=True))
        import pandas as pd

        return Table(pd.concat(blocks, ignore_index=True))


def _container(X: Any) -> Literal["array", "pandas", "polars"]:
    if nw.dependencies.is_polars_dataframe(X):
        return "polars"
    return "pandas" if nw.dependencies.is_pandas_dataframe(X) else "array"


def _check_frame(X: Any) -> None:
    if 0 in X.shape:
        check_array(np.empty(X.shape))  # raises scikit-learn's error
    if nw.dependencies.is_pandas_dataframe(X) and not X.columns.is_unique:
        twice = X.columns[X.columns.duplicated()].tolist()
        raise ValueError(
            f"Column names of X must be unique, but {twice} appear more than once. Rename them."
        )


def _check_array(X: Any) -> AnyArray:
    rows = np.asarray(X)
    if isinstance(X, list | tuple) and rows.dtype.kind in "US":
        # numpy would turn numbers beside text into text.
        X = rows = np.array(X, dtype=object)
    if np.iscomplexobj(rows):
        raise ValueError(
            f"Complex data not supported: X has dtype {rows.dtype}. Give real and imaginary parts "
            "as separate columns."
        )
    if rows.ndim > 2:
        raise ValueError(
            f"Found array with dim {rows.ndim}, but X must be 2D, with a row per sample. "
            "Flatten images, as in images.reshape(len(images), -1)."
        )
    checked: AnyArray = check_array(X, dtype=None, ensure_all_finite=False, input_name="X")
    if checked.dtype.kind == "O" and all(map(is_number, checked.ravel())):
        numbers = checked.astype(np.float64)
        # Integers that floats cannot represent stay objects.
        if ((numbers == checked) | np.isnan(numbers)).all():
            return numbers
    return checked


def _append_sparse(X: Any, others: Sequence[Any]) -> Any:
    """Append arrays to a sparse one, in its class, format and dtype."""
    # vstack returns a sparse array if any block is one.
    block: Any = sparse.csr_array if isinstance(X, sparse.sparray) else sparse.csr_matrix
    return sparse.vstack([X, *map(block, others)], format=X.format, dtype=X.dtype)


def _dense(X: Any) -> AnyArray:
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)


def _polars_frame(template: Any, columns: Iterable[Any]) -> Any:
    import polars as pl

    return pl.DataFrame(dict(zip(template.columns, columns, strict=True)))
