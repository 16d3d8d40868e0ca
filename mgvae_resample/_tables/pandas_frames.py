"""Data frames of pandas: their rows and columns, and the adapters of their dtypes."""

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

# pandas' DataFrame and Series; pandas is imported where it is used.
Frame: TypeAlias = Any
Series: TypeAlias = Any


def get_column(X: Frame, j: int) -> Series:
    """Return column j."""
    return X.iloc[:, j]


def take(X: Frame, rows: npt.NDArray[np.intp]) -> Frame:
    """Return rows, with a new index."""
    return X.iloc[rows].reset_index(drop=True)


def append(X: Frame, others: Sequence[Frame]) -> Frame:
    """Append tables to the first one, in new memory."""
    import pandas as pd

    return pd.concat([X, *(new.astype(X.dtypes) for new in others)], ignore_index=True)


def from_columns(template: Frame, columns: Iterable[Series], n_rows: int) -> Frame:
    """Join columns to a frame."""
    import pandas as pd

    X = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(n_rows))
    X.columns = template.columns
    return X


def from_numbers(template: Frame, rows: AnyArray) -> Frame:
    """Return rows of numbers as a frame of the template's dtypes."""
    import pandas as pd

    return pd.DataFrame(rows, columns=template.columns).astype(template.dtypes)


def like(template: Frame, X: Any) -> Frame:
    """Return a table of another container as a frame of the template's columns."""
    import pandas as pd

    if hasattr(X, "to_pandas"):
        return X.to_pandas(use_pyarrow_extension_array=True)
    rows = X.toarray() if hasattr(X, "toarray") else X
    return pd.DataFrame(rows, columns=template.columns)


def learn(name: str, column: Series, is_categorical: bool | None) -> Learned:
    """Make the adapter of a column; None leaves it to its dtype if these are categories."""
    from pandas.api import types

    dtype = column.dtype
    if _is_categorical(dtype) if is_categorical is None else is_categorical:
        return _learn_categories(name, column)
    if _is_arrow_time(dtype):
        return _learn_arrow_times(name, column)
    if types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        return _learn_times(name, column)
    is_real = types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype)
    if not (is_real or types.is_bool_dtype(dtype)):
        raise TypeError(
            f"Column {name!r} of X has dtype {dtype}, which is no number or date. Name it in "
            "'categorical_features', convert it or drop it."
        )
    adapter = PandasNumbers(name, dtype)
    values = adapter.read(column)
    if "decimal" in str(dtype) and not _comes_back(adapter, values, column):
        raise TypeError(
            f"Column {name!r} of X holds decimals of more digits than floats have. Convert it to "
            "floats."
        )
    return adapter, values


@dataclass(frozen=True, eq=False)
class PandasNumbers(Adapter):
    """Reads numbers of any dtype; NaN and NA are missing."""

    name: str
    dtype: Any

    def read(self, column: Series) -> ColumnValues:
        """Return numbers."""
        missing = column.isna().to_numpy()
        dtype = getattr(self.dtype, "subtype", self.dtype)
        plain = getattr(self.dtype, "numpy_dtype", dtype)
        if dtype.kind not in "biuf" or not isinstance(plain, np.dtype):
            plain = np.dtype(np.float64)
        if not missing.any():
            return number_values(self.name, np.asarray(column.to_numpy(dtype=plain)))
        values = np.zeros(len(column), dtype=plain)
        values[~missing] = column[~missing].to_numpy(dtype=plain)
        return number_values(self.name, values, missing)

    def write(self, values: ColumnValues) -> Series:
        """Return numbers of the column's dtype."""
        import pandas as pd

        plain, missing = values.values, values.missing
        if isinstance(self.dtype, np.dtype):
            plain = plain.astype(self.dtype, copy=False)
            if missing is not None:
                plain = np.where(missing, self.dtype.type(np.nan), plain)
            return pd.Series(plain)
        if missing is None:
            return pd.Series(plain).astype(self.dtype)
        if isinstance(self.dtype, pd.SparseDtype):
            return pd.Series(np.where(missing, np.nan, plain)).astype(self.dtype)
        return pd.Series(plain).astype(self.dtype).mask(missing)


@dataclass(frozen=True, eq=False)
class PandasTimes(Times):
    """Reads pandas' own dates and durations.

    Parameters
    ----------
    is_local : bool
        Whether local times are counted: days are not whole days in UTC.
    """

    is_local: bool = False

    def microseconds(self, values: ColumnValues) -> npt.NDArray[np.int64]:
        """Return dates in microseconds since 1970 (UTC), durations in microseconds."""
        if not self.is_local:
            return super().microseconds(values)
        times = _without_zone(self.write(ColumnValues(values.values)), False)
        return times.astype("M8[us]").astype(np.int64)

    def _to_integers(self, column: Series) -> tuple[npt.NDArray[np.int64], Mask]:
        times = _without_zone(column.astype(self.dtype), self.is_local)
        return times.astype(self.plain).view(np.int64), np.isnat(times)

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Series:
        import pandas as pd

        times: AnyArray = counts.view(self.plain)
        if missing is not None:
            times[missing] = np.array("NaT", dtype=self.plain)
        column: Any = pd.Series(times)
        zone = getattr(self.dtype, "tz", None)
        if zone is None:
            return column.astype(self.dtype)
        if self.is_local:
            once = np.zeros(len(times), dtype=np.bool_)
            return column.dt.tz_localize(zone, ambiguous=once, nonexistent="shift_forward")
        return column.dt.tz_localize("UTC").dt.tz_convert(zone)


class ArrowTimes(Times):
    """Reads Arrow's dates, times of day and durations."""

    def _to_integers(self, column: Series) -> tuple[npt.NDArray[np.int64], Mask]:
        return _arrow_counts(column.astype(self.dtype)), column.isna().to_numpy()

    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Series:
        import pandas as pd
        import pyarrow as pa

        whole = pa.array(counts, type=pa.int64(), mask=missing)
        if self.dtype.pyarrow_dtype.bit_width == 32:
            whole = whole.cast(pa.int32())
        return pd.Series(pd.arrays.ArrowExtensionArray(whole.cast(self.dtype.pyarrow_dtype)))


@dataclass(frozen=True, eq=False)
class PandasCategories(Categories):
    """Reads categories of any dtype; None, NaN and NA are missing."""

    dtype: Any
    missing_value: Any

    def read(self, column: Series) -> ColumnValues:
        """Return the positions of categories."""
        if column.dtype == self.dtype and hasattr(column, "cat"):
            values = column.cat.codes.to_numpy().astype(np.intp)
            return ColumnValues.of(values, values < 0)
        missing = column.isna().to_numpy()
        values = self.categories.get_indexer(column)
        unknown = (values < 0) & ~missing
        if unknown.any():
            raise unknown_category(self.name, column[unknown].iloc[0])
        return ColumnValues.of(values, missing)

    def write(self, values: ColumnValues) -> Series:
        """Return categories."""
        import pandas as pd

        at, missing = values.values, values.missing
        if missing is not None:
            at = np.where(missing, -1, at)
        if isinstance(self.dtype, pd.CategoricalDtype):
            return pd.Series(pd.Categorical.from_codes(at, dtype=self.dtype))
        if missing is None:
            return pd.Series(self.categories.array.take(at), dtype=self.dtype)
        if not len(self.categories):
            return pd.Series([self.missing_value] * len(at), dtype=self.dtype)
        if self.dtype == object:  # None and NaN are not the same
            column = np.asarray(self.categories, dtype=object)[at]
            column[missing] = self.missing_value
            return pd.Series(column, dtype=object)
        return pd.Series(self.categories.array.take(at, allow_fill=True), dtype=self.dtype)


def _is_categorical(dtype: Any) -> bool:
    from pandas import CategoricalDtype
    from pandas.api import types

    return bool(
        isinstance(dtype, CategoricalDtype)
        or types.is_object_dtype(dtype)
        or types.is_string_dtype(dtype)
        or types.is_bool_dtype(dtype)
        or str(dtype).startswith(("dictionary", "null"))
    )


def _learn_categories(name: str, column: Series) -> Learned:
    import pandas as pd

    missing = column[column.isna()]
    if isinstance(column.dtype, pd.CategoricalDtype):
        categories = column.cat.categories
    else:
        categories = _sorted_categories(name, column)
    missing_value = missing.iloc[0] if len(missing) else None
    adapter = PandasCategories(name, categories, column.dtype, missing_value)
    return adapter, adapter.read(column)


def _sorted_categories(name: str, column: Series) -> Any:
    import pandas as pd

    try:
        known = column.dropna().unique()
        found = pd.Index(known, dtype=object) if column.dtype == object else pd.Index(known)
    except (TypeError, NotImplementedError) as error:
        raise TypeError(
            f"Column {name!r} of X holds something that is neither number nor category "
            f"({error}). Convert it to text or drop it."
        ) from error
    try:
        return found.sort_values()
    except (TypeError, NotImplementedError):  # text beside numbers, Arrow's dictionaries
        keys = [(type(value).__name__, repr(value)) for value in found]
        return found.take(sorted(range(len(found)), key=keys.__getitem__))


def _learn_times(name: str, column: Series) -> Learned:
    import pandas as pd

    dtype = column.dtype
    unit = getattr(dtype, "unit", None) or np.datetime_data(dtype)[0]
    plain = np.dtype(f"{dtype.kind}8[{unit}]")
    stride = coarsest(_without_zone(column, False).view(np.int64), unit)
    if isinstance(dtype, pd.DatetimeTZDtype):
        days = coarsest(_without_zone(column, True).view(np.int64), unit)
        local = PandasTimes(name, dtype, days, plain, is_local=True)
        if days > stride and _comes_back(local, values := local.read(column), column):
            return local, values
    adapter = PandasTimes(name, dtype, stride, plain)
    return adapter, adapter.read(column)


def _comes_back(adapter: Adapter, values: ColumnValues, column: Series) -> bool:
    return bool(adapter.write(values).equals(column.reset_index(drop=True)))


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


def _learn_arrow_times(name: str, column: Series) -> Learned:
    kind = column.dtype.pyarrow_dtype
    unit = getattr(kind, "unit", "ms" if kind.bit_width == 64 else "D")
    is_date = str(kind).startswith(("timestamp", "date"))
    stride = coarsest(_arrow_counts(column.dropna()), unit)
    plain = np.dtype(f"{'M' if is_date else 'm'}8[{unit}]")
    adapter = ArrowTimes(name, column.dtype, stride, plain)
    return adapter, adapter.read(column)


def _arrow_counts(column: Series) -> npt.NDArray[np.int64]:
    """Return Arrow's integers behind times; 0 where they are missing."""
    import pyarrow as pa

    whole = pa.chunked_array(pa.array(column, from_pandas=True))
    if column.dtype.pyarrow_dtype.bit_width == 32:
        whole = whole.cast(pa.int32())
    counts: npt.NDArray[np.int64] = whole.cast(pa.int64()).fill_null(0).to_numpy()
    return counts
