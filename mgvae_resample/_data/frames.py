"""Columns of data frames are read: pandas' own, nullable and Arrow-backed dtypes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .arrays import coarsest, refuse_infinite, unknown_level
from .cells import Cells, Reader

__all__ = ["series_reader"]

AnyArray: TypeAlias = npt.NDArray[Any]
Series: TypeAlias = Any  # pandas.Series; pandas is imported where it is used


def series_reader(name: str, column: Series, is_categorical: bool) -> Reader:
    """Make the reader of one column of a data frame."""
    from pandas.api import types

    dtype = column.dtype
    if is_categorical:
        return _level_reader(name, column)
    if _is_arrow_time(dtype):
        return _arrow_time_reader(name, column)
    if types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        return _time_reader(name, column)
    is_flag = types.is_bool_dtype(dtype)
    if not (types.is_numeric_dtype(dtype) or is_flag) or types.is_complex_dtype(dtype):
        raise TypeError(
            f"Column {name!r} of X has dtype {dtype}, which is no number or date. Name it in "
            "'categorical_features', convert it or drop it."
        )
    reader = SeriesNumbers(name, dtype)
    if "decimal" in str(dtype) and not reader.write(reader.read(column)).equals(
        column.reset_index(drop=True)
    ):
        raise TypeError(
            f"Column {name!r} of X holds decimals of more digits than floats have. Convert it to "
            "floats."
        )
    return reader


@dataclass(frozen=True)
class SeriesNumbers:
    """Reads numbers of any dtype; NaN and NA are missing."""

    name: str
    dtype: Any
    n_levels: int | None = None

    def read(self, column: Series) -> Cells:
        """Read numbers."""
        missing = column.isna().to_numpy()
        kind = getattr(self.dtype, "subtype", self.dtype).kind
        plain = getattr(self.dtype, "numpy_dtype", getattr(self.dtype, "subtype", self.dtype))
        plain = plain if isinstance(plain, np.dtype) and kind in "biuf" else np.dtype(np.float64)
        values: AnyArray = np.zeros(len(column), dtype=plain)
        if missing.any():
            values[~missing] = column[~missing].to_numpy(dtype=plain)
        else:
            values = np.asarray(column.to_numpy(dtype=plain))
        if plain.kind == "f":
            missing = missing | np.isnan(values)
            refuse_infinite(self.name, values)
            values = np.where(missing, plain.type(0), values) if missing.any() else values
        return Cells(values, missing if missing.any() else None)

    def write(self, cells: Cells) -> Series:
        """Write numbers."""
        import pandas as pd

        if isinstance(self.dtype, np.dtype):
            values = cells.values.astype(self.dtype, copy=False)
            if cells.missing is not None:
                values = np.where(cells.missing, self.dtype.type(np.nan), values)
            return pd.Series(values)
        if cells.missing is None:
            return pd.Series(cells.values).astype(self.dtype)
        if isinstance(self.dtype, pd.SparseDtype):
            return pd.Series(np.where(cells.missing, np.nan, cells.values)).astype(self.dtype)
        return pd.Series(cells.values).astype(self.dtype).mask(cells.missing)


@dataclass(frozen=True)
class SeriesTimes:
    """Reads dates and durations, counted in strides of so many of the dtype's unit.

    Parameters
    ----------
    name : str
        Name for messages.
    dtype : dtype
        Of the column.
    plain : dtype
        numpy's dtype of the same unit, without a time zone.
    stride : int
        Units in a count.
    is_local : bool
        Whether local times are counted: days are not whole days in UTC.
    """

    name: str
    dtype: Any
    plain: np.dtype[Any]
    stride: int
    is_local: bool
    n_levels: int | None = None

    def read(self, column: Series) -> Cells:
        """Read times."""
        times = _without_zone(column.astype(self.dtype), self.is_local)
        counts = times.astype(self.plain).view(np.int64) // self.stride
        missing = np.isnat(times)
        return Cells(np.where(missing, 0, counts), missing) if missing.any() else Cells(counts)

    def write(self, cells: Cells) -> Series:
        """Write times."""
        import pandas as pd

        times = (cells.values * self.stride).astype(np.int64).view(self.plain)
        if cells.missing is not None:
            times[cells.missing] = np.array("NaT", dtype=self.plain)
        column = pd.Series(times)
        zone = getattr(self.dtype, "tz", None)
        if zone is not None and self.is_local:
            once = np.zeros(len(times), dtype=np.bool_)
            return column.dt.tz_localize(zone, ambiguous=once, nonexistent="shift_forward")
        if zone is not None:
            return column.dt.tz_localize("UTC").dt.tz_convert(zone)
        return column.astype(self.dtype)


@dataclass(frozen=True)
class ArrowTimes:
    """Reads Arrow's dates, times and durations as counts of strides."""

    name: str
    dtype: Any
    stride: int
    n_levels: int | None = None

    def read(self, column: Series) -> Cells:
        """Read times."""
        missing = column.isna().to_numpy()
        counts = _arrow_counts(column.astype(self.dtype)) // self.stride
        return Cells(np.where(missing, 0, counts), missing) if missing.any() else Cells(counts)

    def write(self, cells: Cells) -> Series:
        """Write times."""
        import pandas as pd
        import pyarrow as pa

        whole = pa.array(cells.values * self.stride, type=pa.int64(), mask=cells.missing)
        if self.dtype.pyarrow_dtype.bit_width == 32:
            whole = whole.cast(pa.int32())
        return pd.Series(pd.arrays.ArrowExtensionArray(whole.cast(self.dtype.pyarrow_dtype)))


@dataclass(frozen=True)
class SeriesLevels:
    """Reads levels: a pandas Index of whatever can be told apart."""

    name: str
    dtype: Any
    levels: Any
    nothing: Any

    @property
    def n_levels(self) -> int | None:
        """Number of levels."""
        return len(self.levels)

    def read(self, column: Series) -> Cells:
        """Read the numbers of levels."""
        if column.dtype == self.dtype and hasattr(column, "cat"):
            values = column.cat.codes.to_numpy().astype(np.intp)
            missing = values < 0
        else:
            missing = column.isna().to_numpy()
            values = self.levels.get_indexer(column)
            unknown = (values < 0) & ~missing
            if unknown.any():
                raise unknown_level(self.name, column[unknown].iloc[0])
        return Cells(np.where(missing, 0, values), missing) if missing.any() else Cells(values)

    def write(self, cells: Cells) -> Series:
        """Write levels."""
        import pandas as pd

        at = cells.values if cells.missing is None else np.where(cells.missing, -1, cells.values)
        if isinstance(self.dtype, pd.CategoricalDtype):
            return pd.Series(pd.Categorical.from_codes(at, dtype=self.dtype))
        if cells.missing is None:
            return pd.Series(self.levels.array.take(at), dtype=self.dtype)
        if not len(self.levels):
            return pd.Series([self.nothing] * len(at), dtype=self.dtype)
        if self.dtype == object:  # None and NaN are not the same
            values = np.asarray(self.levels, dtype=object)[at]
            values[cells.missing] = self.nothing
            return pd.Series(values, dtype=object)
        return pd.Series(self.levels.array.take(at, allow_fill=True), dtype=self.dtype)


def _level_reader(name: str, column: Series) -> SeriesLevels:
    import pandas as pd

    gone = column[column.isna()]
    nothing = gone.iloc[0] if len(gone) else None
    if isinstance(column.dtype, pd.CategoricalDtype):
        return SeriesLevels(name, column.dtype, column.cat.categories, nothing)
    try:
        known = column.dropna().unique()
        levels = pd.Index(known, dtype=object) if column.dtype == object else pd.Index(known)
    except (TypeError, NotImplementedError) as error:
        raise TypeError(
            f"Column {name!r} of X holds something that is neither number nor category "
            f"({error}). Convert it to text or drop it."
        ) from error
    try:
        levels = levels.sort_values()
    except (TypeError, NotImplementedError):  # text beside numbers, Arrow's dictionaries
        order = sorted(
            range(len(levels)), key=lambda i: (type(levels[i]).__name__, repr(levels[i]))
        )
        levels = levels.take(order)
    return SeriesLevels(name, column.dtype, levels, nothing)


def _time_reader(name: str, column: Series) -> SeriesTimes:
    import pandas as pd

    dtype = column.dtype
    plain = np.dtype(
        f"{dtype.kind}8[{getattr(dtype, 'unit', None) or np.datetime_data(dtype)[0]}]"
    )
    unit = np.datetime_data(plain)[0]
    stride = coarsest(_without_zone(column, False).view(np.int64), unit)
    reader = SeriesTimes(name, dtype, plain, stride, is_local=False)
    if isinstance(dtype, pd.DatetimeTZDtype):
        days = coarsest(_without_zone(column, True).view(np.int64), unit)
        local = SeriesTimes(name, dtype, plain, days, is_local=True)
        if days > stride and local.write(local.read(column)).equals(column.reset_index(drop=True)):
            return local
    return reader


def _without_zone(column: Series, is_local: bool) -> AnyArray:
    """Return times as numpy's, local or in UTC."""
    if getattr(column.dtype, "tz", None) is not None:
        column = (column if is_local else column.dt.tz_convert("UTC")).dt.tz_localize(None)
    times: AnyArray = column.to_numpy()
    return times


def _is_arrow_time(dtype: Any) -> bool:
    if not hasattr(dtype, "pyarrow_dtype"):
        return False
    import pyarrow as pa

    return bool(pa.types.is_temporal(dtype.pyarrow_dtype)) and hasattr(
        dtype.pyarrow_dtype, "bit_width"
    )


def _arrow_time_reader(name: str, column: Series) -> ArrowTimes:
    kind = column.dtype.pyarrow_dtype
    unit = getattr(kind, "unit", "ms" if kind.bit_width == 64 else "D")
    return ArrowTimes(name, column.dtype, coarsest(_arrow_counts(column.dropna()), unit))


def _arrow_counts(column: Series) -> npt.NDArray[np.int64]:
    """Arrow's integers behind times; 0 where they are missing."""
    import pyarrow as pa

    whole = pa.chunked_array(pa.array(column, from_pandas=True))
    if column.dtype.pyarrow_dtype.bit_width == 32:
        whole = whole.cast(pa.int32())
    counts: npt.NDArray[np.int64] = whole.cast(pa.int64()).fill_null(0).to_numpy()
    return counts
