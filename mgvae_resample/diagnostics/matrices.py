"""Tables of any kind as matrices of numbers: categories as codes, dates as times, NaN missing."""

from __future__ import annotations

import numbers
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# scikit-learn's boosted trees tell this many categories of a column apart.
MAX_LEVELS = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def read_tables(*tables: Any) -> tuple[list[Matrix], Mask]:
    """Return the tables as matrices, and which of their columns hold categories.

    Codes are the same in all tables and begin with the most frequent level of the first.
    """
    columns = [_columns(table) for table in tables]
    if len({len(found) for found in columns}) > 1:
        raise ValueError(
            "Expected tables of the same columns, got tables of "
            f"{' and '.join(str(len(found)) for found in columns)} columns."
        )
    _check_names(tables)
    read = [_read_together(parts) for parts in zip(*columns, strict=True)]
    matrices = [
        np.column_stack([parts[i] for parts, _ in read]) + 0.0  # -0.0 is 0.0
        for i in range(len(tables))
    ]
    return matrices, np.array([is_category for _, is_category in read])


def embed(*tables: Any) -> list[Matrix]:
    """Return the tables as points whose distances mean the same in every column.

    Numbers are standardised by the first table; where it is constant, another value is 1 away.
    Two categories are 1 apart. A missing number sits at the mean, and 1 away in a column of its
    own; a missing category is a category.
    """
    matrices, categorical = read_tables(*tables)
    blocks = [
        _one_hot(column) if is_category else _standardised(column)
        for column, is_category in zip(_by_column(matrices), categorical, strict=True)
    ]
    points = np.concatenate(blocks, axis=1)
    return np.split(points, np.cumsum([len(m) for m in matrices])[:-1])


def plain(table: Any) -> Any:
    """Return a polars frame as pandas', anything else as it is."""
    is_polars = type(table).__module__.partition(".")[0] == "polars"
    return table.to_pandas() if is_polars else table


def fold_levels(codes: Matrix) -> Matrix:
    """Return codes whose rarest levels, beyond what boosted trees take, are one."""
    return np.minimum(codes, MAX_LEVELS - 1)


def _by_column(matrices: Sequence[Matrix]) -> Iterable[list[Matrix]]:
    return ([m[:, j] for m in matrices] for j in range(matrices[0].shape[1]))


def _standardised(parts: list[Matrix]) -> Matrix:
    values, known = np.concatenate(parts), parts[0][~np.isnan(parts[0])]
    missing = np.isnan(values)
    mean, scale = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
    # A constant's computed deviation need not be zero.
    if scale <= 1e-12 * abs(mean):
        points = (values != known[0]).astype(np.float64) if len(known) else 0.0 * values
    else:
        points = (values - mean) / scale
    points[missing] = 0.0
    columns = [points, missing.astype(np.float64)] if missing.any() else [points]
    return np.column_stack(columns)


def _one_hot(parts: list[Matrix]) -> Matrix:
    codes = fold_levels(np.concatenate(parts))
    codes[np.isnan(codes)] = -1
    # Two rows that disagree differ in two columns.
    points: Matrix = (codes[:, None] == np.unique(codes)) / np.sqrt(2)
    return points


def _columns(table: Any) -> list[Any]:
    table = plain(table)
    if hasattr(table, "iloc"):
        return [table.iloc[:, j] for j in range(table.shape[1])]
    array = table.toarray() if hasattr(table, "toarray") else np.asarray(table)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"Expected a table of rows and columns, got shape {array.shape}.")
    return list(array.T)


def _check_names(tables: Sequence[Any]) -> None:
    names = [list(table.columns) for table in tables if hasattr(table, "columns")]
    if any(other != names[0] for other in names):
        raise ValueError(
            f"Expected tables of the same columns in the same order, got {names[0]} and "
            f"{next(other for other in names if other != names[0])}."
        )


def _read_together(columns: Sequence[Any]) -> tuple[list[Matrix], bool]:
    """Read one column of all tables: it holds categories if it does in any of them."""
    numeric = [_numbers(column) for column in columns]
    found = [part for part in numeric if part is not None]
    if len(found) == len(columns):
        return found, False
    values = [[_level(v) for v in column] for column in columns]
    order = [level for level, _ in Counter(values[0]).most_common()]
    known = [level for level in dict.fromkeys(chain(order, *values)) if level is not None]
    codes = {level: float(i) for i, level in enumerate(known)} | {None: np.nan}
    return [np.array([codes[level] for level in part]) for part in values], True


def _numbers(column: Any) -> Matrix | None:
    """Return a column of numbers or dates as floats, None for one that holds categories."""
    is_series = hasattr(column, "to_numpy")
    kind = "" if str(column.dtype) == "category" else column.dtype.kind
    if str(column.dtype).endswith("[pyarrow]") and kind in ("M", "m"):
        kind = "O"  # pandas makes no numpy dates of Arrow's days
    if kind in ("M", "m"):
        # Microseconds of any year are whole numbers that floats hold.
        unit = "datetime64[us]" if kind == "M" else "timedelta64[us]"
        times = column.to_numpy(dtype=unit) if is_series else column.astype(unit)
        return np.where(np.isnat(times), np.nan, times.astype(np.int64))
    if kind in ("i", "u", "f"):
        if is_series:
            return np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
        return np.array(column, dtype=np.float64)
    if kind != "O":
        return None
    found = [_number(_level(v)) for v in column]
    return None if None in found else np.array(found, dtype=np.float64)


def _number(value: Any) -> float | None:
    """Return a number, a date or a duration of any type as a float, None for all else."""
    if value is None:
        return np.nan
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, numbers.Real | Decimal):
        return float(value)
    if isinstance(value, datetime):
        return (value.replace(tzinfo=value.tzinfo or UTC) - _EPOCH) / _MICROSECOND
    if isinstance(value, date):
        return (value - _EPOCH.date()) / _MICROSECOND
    return value / _MICROSECOND if isinstance(value, timedelta) else None


def _level(value: Any) -> Any:
    """Return a value that may be counted, None for any kind of missing."""
    if value is None or type(value).__name__ == "NAType" or value != value:
        return None
    return value if isinstance(value, Hashable) else str(value)
