"""Data frames of polars: their rows and columns, and the adapters of their dtypes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .dtypes import (
    Adapter,
    AnyArray,
    Categories,
    ColumnValues,
    Learned,
    Mask,
    Times,
    coarsest,
    number_values,
    unknown_category,
)

__all__ = ["append", "from_columns", "from_numbers", "get_column", "learn", "like", "take"]

# polars' DataFrame and Series; polars is imported where it is used.
Frame: TypeAlias = Any
Series: TypeAlias = Any


def get_column(X: Frame, j: int) -> Series:
    """Return column j."""
    return X.to_series(j)


def take(X: Frame, rows: npt.NDArray[np.intp]) -> Frame:
    """Return rows."""
    return X[rows]


def append(X: Frame, others: Sequence[Frame]) -> Frame:
    """Append tables to the first one, in new memory."""
    import polars as pl

    return pl.concat([X, *(new.cast(dict(X.schema)) for new in others)], rechunk=True)


def from_columns(template: Frame, columns: Iterable[Series], n_rows: int) -> Frame:
    """Join columns to a frame."""
    import polars as pl

    return pl.DataFrame(dict(zip(template.columns, columns, strict=True)))


def from_numbers(template: Frame, rows: AnyArray) -> Frame:
    """Return rows of numbers as a frame of the template's dtypes."""
    import polars as pl

    return pl.DataFrame(rows, schema=template.columns, orient="row").cast(dict(template.schema))


def like(template: Frame, X: Any) -> Frame:
    """Return a table of another container as a frame of the template's columns."""
    import polars as pl

    if hasattr(X, "iloc"):
        return pl.from_pandas(X)
    rows = X.toarray() if hasattr(X, "toarray") else X
    if rows.dtype.kind != "O":
        return pl.DataFrame(rows, schema=template.columns, orient="row")
    columns = (pl.Series(column.tolist(), strict=False) for column in rows.T)
    return pl.DataFrame(dict(zip(template.columns, columns, strict=True)))


def learn(name: str, column: Series, is_categorical: bool | None) -> Learned:
    """Make the adapter of a column; None leaves it to its dtype if these are categories."""
    import polars as pl

    dtype = column.dtype
    if dtype.is_nested() or dtype == pl.Object:
        raise TypeError(
            f"Column {name!r} of X has dtype {dtype}, which is neither number nor category. "
            "Convert it to text or drop it."
        )
    if is_categorical is None:
        is_categorical = dtype in (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null)
    if is_categorical:
        return _learn_categories(name, column)
    adapter: Adapter
    if dtype.is_temporal():
        unit = getattr(dtype, "time_unit", "D" if dtype == pl.Date else "ns")
        plain = np.dtype(f"{'M' if dtype in (pl.Date, pl.Datetime) else 'm'}8[{unit}]")
        counts = column.drop_nulls().to_physical().cast(pl.Int64).to_numpy()
        adapter = PolarsTimes(name, dtype, coarsest(counts, unit), plain)
        return adapter, adapter.read(column)
    if not (dtype.is_numeric() or dtype == pl.Boolean):
        raise TypeError(
            f"Column {name!r} of X has dtype {dtype}, which is no number or date. Name it in "
            "'categorical_features', convert it or drop it."
        )
    adapter = PolarsNumbers(name, dtype)
    values = adapter.read(column)
    if dtype.is_decimal() and not adapter.write(values).equals(column):
        raise TypeError(
            f"Column {name!r} of X holds decimals of more digits than floats have. Convert it to "
            "floats."
        )
    return adapter, values


@dataclass(frozen=True, eq=False)
class PolarsNumbers(Adapter):
    """Reads numbers of any dtype; NaN and null are missing, and are written as null."""

    name: str
    dtype: Any

    def read(self, column: Series) -> ColumnValues:
        """Return numbers."""
        import polars as pl

        plain: Any = pl.Float64 if self.dtype.is_decimal() else self.dtype
        if self.dtype in (pl.Int128, pl.UInt128):  # numpy has none of 128 bits
            plain = pl.Int64 if self.dtype == pl.Int128 else pl.UInt64
        column = _cast(column, plain)
        if not column.null_count():
            return number_values(self.name, column.to_numpy())
        filled = column.fill_null(False if plain == pl.Boolean else 0)
        return number_values(self.name, filled.to_numpy(), column.is_null().to_numpy())

    def write(self, values: ColumnValues) -> Series:
        """Return numbers of the column's dtype."""
        return _from_numpy(values.values, values.missing).cast(self.dtype)


class PolarsTimes(Times):
    """Reads dates, times of day and durations."""

    def _to_integers(self, column: Series) -> tuple[npt.NDArray[np.int64], Mask]:
        import polars as pl

        counts = _cast(column, self.dtype).to_physical().cast(pl.Int64).fill_null(0)
        return counts.to_numpy(), column.is_null().to_numpy()

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Series:
        import polars as pl

        column = _from_numpy(counts, missing)
        return (column.cast(pl.Int32) if self.dtype == pl.Date else column).cast(self.dtype)


@dataclass(frozen=True, eq=False)
class PolarsCategories(Categories):
    """Reads categories of any dtype that can be sorted; null and NaN are missing.

    Those of Categorical and Enum are strings.
    """

    dtype: Any

    def read(self, column: Series) -> ColumnValues:
        """Return the positions of categories."""
        return self.positions(_plain_categories(column).cast(self.categories.dtype))

    def positions(self, column: Series) -> ColumnValues:
        """Return the positions of categories in a column of their own dtype."""
        import polars as pl

        missing = column.is_null().to_numpy()
        if not len(self.categories):
            values = np.full(len(column), -1)
        else:
            at = pl.int_range(len(self.categories), eager=True)
            found = column.replace_strict(self.categories, at, default=-1, return_dtype=pl.Int64)
            values = found.to_numpy()
        unknown = np.flatnonzero((values < 0) & ~missing)
        if len(unknown):
            raise unknown_category(self.name, column[int(unknown[0])])
        return ColumnValues.of(values.astype(np.intp), missing)

    def write(self, values: ColumnValues) -> Series:
        """Return categories."""
        at = _from_numpy(values.values, values.missing)
        return self.categories.gather(at).cast(self.dtype)


def _learn_categories(name: str, column: Series) -> Learned:
    import polars as pl

    plain = _plain_categories(column)
    categories = plain.drop_nulls().unique().sort()
    if column.dtype in (pl.Categorical, pl.Enum):
        categories = pl.Series(sorted(categories.to_list(), key=repr), dtype=pl.String)
    adapter = PolarsCategories(name, categories, column.dtype)
    return adapter, adapter.positions(plain)


def _plain_categories(column: Series) -> Series:
    """Return Categorical and Enum as strings, and NaN as null."""
    import polars as pl

    if column.dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    return column.fill_nan(None) if column.dtype.is_float() else column


def _from_numpy(values: AnyArray, missing: Mask | None) -> Series:
    import polars as pl

    column = pl.Series(values)
    if missing is None:
        return column
    return column.zip_with(pl.Series(~missing), pl.Series([None], dtype=column.dtype))


def _cast(column: Series, dtype: Any) -> Series:
    """Cast a column that may have come in another dtype than was learned."""
    import polars as pl

    try:
        return column if column.dtype == dtype else column.cast(dtype)
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error
