"""Adapters of the columns of data frames: pandas first, then polars."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .adapters import (
    Adapter,
    AnyArray,
    Categories,
    ColumnValues,
    Mask,
    Numbers,
    Times,
    check_decimals,
    no_category,
    no_number,
)
from .arrays import ArrayCategories, ArrayNumbers, ArrayTimes

__all__ = ["learn_pandas", "learn_polars"]

Series: TypeAlias = Any  # of pandas or polars, which are imported where they are used


def learn_pandas(name: str, column: Series, is_categorical: bool | None) -> Adapter:
    """Make the adapter of a pandas column; with None, its dtype decides if it is categorical."""
    from pandas.api import types

    dtype, column = column.dtype, column.reset_index(drop=True)
    if is_categorical is None:
        is_categorical = (
            types.is_object_dtype(dtype)
            or types.is_string_dtype(dtype)
            or types.is_bool_dtype(dtype)
            or str(dtype).startswith(("category", "dictionary", "null"))
        )
    if is_categorical:
        return _learn_categories(name, column)
    arrow: Any = getattr(dtype, "pyarrow_dtype", None)  # of intervals, "month..." too
    if str(arrow).startswith(("date", "duration", "month", "time")):
        is_date = str(arrow).startswith(("date", "timestamp"))
        unit = getattr(arrow, "unit", "ms" if arrow.bit_width == 64 else "D")
        return ArrowTimes.learn(name, column, np.dtype(f"{'M' if is_date else 'm'}8[{unit}]"))
    if types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        kind = "m" if types.is_timedelta64_dtype(dtype) else "M"
        unit = getattr(dtype, "unit", None) or np.datetime_data(dtype)[0]
        return PandasTimes.learn(name, column, np.dtype(f"{kind}8[{unit}]"))
    if types.is_any_real_numeric_dtype(dtype) or types.is_bool_dtype(dtype):
        adapter = PandasNumbers(name, dtype)
        return check_decimals(adapter, column) if "decimal" in str(dtype) else adapter
    raise no_number(name, f"has dtype {dtype}")


def learn_polars(name: str, column: Series, is_categorical: bool | None) -> Adapter:
    """Make the adapter of a polars column; with None, its dtype decides if it is categorical."""
    import polars as pl

    dtype = column.dtype
    if dtype.is_nested() or dtype == pl.Object:
        raise no_category(name, f"its dtype is {dtype}")
    if is_categorical is None:
        is_categorical = _has_categories(dtype) or dtype in (pl.String, pl.Boolean, pl.Null)
    if is_categorical:
        categories = _plain_categories(column).drop_nulls().unique().sort()
        if _has_categories(dtype):
            categories = pl.Series(sorted(categories.to_list(), key=repr), dtype=pl.String)
        return PolarsCategories(name, dtype, categories)
    if dtype.is_temporal():
        unit = getattr(dtype, "time_unit", "D" if dtype == pl.Date else "ns")
        kind = "M" if dtype in (pl.Date, pl.Datetime) else "m"
        return PolarsTimes.learn(name, column, np.dtype(f"{kind}8[{unit}]"))
    if dtype.is_numeric() or dtype == pl.Boolean:
        adapter = PolarsNumbers(name, dtype)
        return check_decimals(adapter, column) if dtype.is_decimal() else adapter
    raise no_number(name, f"has dtype {dtype}")


def _learn_categories(name: str, column: Series) -> PandasCategories:
    import pandas as pd

    missing = column[column.isna()]
    missing_value = missing.iloc[0] if len(missing) else None
    if isinstance(column.dtype, pd.CategoricalDtype):
        return PandasCategories(name, column.dtype, column.cat.categories, missing_value)
    try:
        known = column.dropna().unique()
        distinct = pd.Index(known, dtype=object) if column.dtype == object else pd.Index(known)
    except (TypeError, NotImplementedError) as error:
        raise no_category(name, error) from error
    try:
        categories = distinct.sort_values()
    except (TypeError, NotImplementedError):  # text beside numbers, Arrow's dictionaries
        keys = [(type(value).__name__, repr(value)) for value in distinct]
        categories = distinct.take(sorted(range(len(distinct)), key=keys.__getitem__))
    return PandasCategories(name, column.dtype, categories, missing_value)


class PandasNumbers(ArrayNumbers):
    """Reads numbers of any dtype; NaN and NA are missing."""

    def write(self, values: ColumnValues) -> Series:
        import pandas as pd

        plain, missing = values.values, values.missing
        if isinstance(self.dtype, np.dtype):
            return pd.Series(super().write(values))
        if missing is None:
            return pd.Series(plain).astype(self.dtype)
        if isinstance(self.dtype, pd.SparseDtype):
            return pd.Series(np.where(missing, np.nan, plain)).astype(self.dtype)
        return pd.Series(plain).astype(self.dtype).mask(missing)

    def _to_numbers(self, column: Series) -> tuple[AnyArray, Mask]:
        missing = column.isna().to_numpy()
        dtype = getattr(self.dtype, "subtype", self.dtype)
        plain = getattr(self.dtype, "numpy_dtype", dtype)
        if dtype.kind not in "biuf" or not isinstance(plain, np.dtype):
            plain = np.dtype(np.float64)
        return np.asarray(column.to_numpy(dtype=plain, na_value=0)), missing


class PandasTimes(ArrayTimes):
    """Reads pandas dates and durations; dates with a time zone are counted in UTC."""

    def _to_integers(self, column: Series) -> tuple[npt.NDArray[np.int64], Mask]:
        return super()._to_integers(column.astype(self.dtype).to_numpy(dtype=self.plain))

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Series:
        import pandas as pd

        column: Any = pd.Series(super()._from_integers(counts, missing))
        zone = getattr(self.dtype, "tz", None)
        return column if zone is None else column.dt.tz_localize("UTC").astype(self.dtype)


class ArrowTimes(Times):
    """Reads Arrow's dates, times of day and durations."""

    def _to_integers(self, column: Series) -> tuple[npt.NDArray[np.int64], Mask]:
        import pyarrow as pa

        whole = pa.chunked_array(pa.array(column.astype(self.dtype), from_pandas=True))
        if self.dtype.pyarrow_dtype.bit_width == 32:
            whole = whole.cast(pa.int32())
        counts = whole.cast(pa.int64()).fill_null(0).to_numpy()
        return counts, column.isna().to_numpy()

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Series:
        import pandas as pd
        import pyarrow as pa

        whole = pa.array(counts, type=pa.int64(), mask=missing)
        if self.dtype.pyarrow_dtype.bit_width == 32:
            whole = whole.cast(pa.int32())
        return pd.Series(pd.arrays.ArrowExtensionArray(whole.cast(self.dtype.pyarrow_dtype)))


class PandasCategories(ArrayCategories):
    """Reads categories of any dtype; None, NaN and NA are missing."""

    def read(self, column: Series) -> ColumnValues:
        import pandas as pd

        # Dtypes are equal regardless of the order of their categories; codes are not.
        if hasattr(column, "cat") and column.cat.categories.equals(self.categories):
            positions = column.cat.codes.to_numpy()
            return self._known(positions, positions < 0, column.iloc)
        # pandas 2 would guess another dtype for objects, and warn.
        is_object = column.dtype == object
        sought = pd.Index(column, dtype=object) if is_object else column
        positions = self.categories.get_indexer(sought)
        return self._known(positions, column.isna().to_numpy(), column.iloc)

    def write(self, values: ColumnValues) -> Series:
        import pandas as pd

        if self.dtype == object:  # None and NaN are not the same
            return pd.Series(super().write(values), dtype=object)
        at, missing = values.values, values.missing
        if missing is not None:
            at = np.where(missing, -1, at)
        if isinstance(self.dtype, pd.CategoricalDtype):
            return pd.Series(pd.Categorical.from_codes(at, dtype=self.dtype))
        filled = self.categories.array.take(at, allow_fill=missing is not None)
        return pd.Series(filled, dtype=self.dtype)


class PolarsNumbers(Numbers):
    """Reads numbers of any dtype; NaN and null are missing, and are written as null."""

    def write(self, values: ColumnValues) -> Series:
        return _from_numpy(values.values, values.missing).cast(self.dtype)

    def _to_numbers(self, column: Series) -> tuple[AnyArray, Mask]:
        import polars as pl

        # numpy has neither decimals nor integers of 128 bits, nor do all versions of polars.
        narrow = {"Int128": pl.Int64, "UInt128": pl.UInt64}
        plain = pl.Float64 if self.dtype.is_decimal() else narrow.get(str(self.dtype), self.dtype)
        column = _cast(column, plain)
        filled = column.fill_null(False if plain == pl.Boolean else 0)
        return filled.to_numpy(), column.is_null().to_numpy()


class PolarsTimes(Times):
    """Reads dates, times of day and durations."""

    def _to_integers(self, column: Series) -> tuple[npt.NDArray[np.int64], Mask]:
        counts = _cast(column, self.dtype).to_physical().cast(int).fill_null(0)
        return counts.to_numpy(), column.is_null().to_numpy()

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Series:
        return _from_numpy(counts, missing).cast(self.dtype)


class PolarsCategories(Categories):
    """Reads categories of any dtype that can be sorted; null and NaN are missing.

    Categories of Categorical and Enum are strings.
    """

    def read(self, column: Series) -> ColumnValues:
        import polars as pl

        column = _plain_categories(column).cast(self.categories.dtype)
        positions = np.full(len(column), -1)
        if len(self.categories):
            at = pl.int_range(len(self.categories), eager=True)
            codes = column.replace_strict(self.categories, at, default=-1, return_dtype=pl.Int64)
            positions = codes.to_numpy()
        return self._known(positions, column.is_null().to_numpy(), column)

    def write(self, values: ColumnValues) -> Series:
        at = _from_numpy(values.values, values.missing)
        return self.categories.gather(at).cast(self.dtype)


def _has_categories(dtype: Any) -> bool:
    """Return whether a polars dtype is Categorical or Enum."""
    import polars as pl

    # A Categorical with named Categories is not equal to pl.Categorical.
    return isinstance(dtype, pl.Categorical | pl.Enum)


def _plain_categories(column: Series) -> Series:
    """Return Categorical and Enum as strings, and NaN as null."""
    import polars as pl

    if _has_categories(column.dtype):
        return column.cast(pl.String)
    return column.fill_nan(None) if column.dtype.is_float() else column


def _from_numpy(values: AnyArray, missing: Mask | None) -> Series:
    import polars as pl

    column = pl.Series(values)
    if missing is None:
        return column
    return column.zip_with(pl.Series(~missing), pl.Series([None], dtype=column.dtype))


def _cast(column: Series, dtype: Any) -> Series:
    """Cast a column that may have another dtype than the fitted one."""
    import polars as pl

    try:
        return column if column.dtype == dtype else column.cast(dtype)
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error
