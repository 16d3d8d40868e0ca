"""Columns of arrays are read: numbers, dates and durations, text, or objects of any sort."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .cells import Cells, Reader

__all__ = [
    "array_reader",
    "coarsest",
    "is_missing",
    "is_number",
    "refuse_infinite",
    "unknown_level",
]

AnyArray: TypeAlias = npt.NDArray[Any]
Flags: TypeAlias = npt.NDArray[np.bool_]

_NANOSECONDS = {
    "D": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}


def array_reader(name: str, column: AnyArray, is_categorical: bool) -> Reader:
    """Make the reader of one column of an array."""
    if is_categorical:
        return _level_reader(name, column)
    if column.dtype.kind == "O":
        return _object_reader(name, column)
    if column.dtype.kind in "mM":
        unit = np.datetime_data(column.dtype)[0]
        return ArrayTimes(name, column.dtype, coarsest(column.view(np.int64), unit))
    if column.dtype.kind not in "biuf":
        raise TypeError(
            f"Column {name!r} of X holds {column.dtype.name}, which is no number. Name it in "
            "'categorical_features', convert it or drop it."
        )
    return ArrayNumbers(name, column.dtype)


@dataclass(frozen=True)
class ArrayNumbers:
    """Reads numbers; NaN is missing."""

    name: str
    dtype: np.dtype[Any]
    n_levels: int | None = None

    def read(self, column: AnyArray) -> Cells:
        """Read numbers."""
        if column.dtype.kind != "f":
            return Cells(column)
        missing = np.isnan(column)
        refuse_infinite(self.name, column)
        if not missing.any():
            return Cells(column)
        return Cells(np.where(missing, column.dtype.type(0), column), missing)

    def write(self, cells: Cells) -> AnyArray:
        """Write numbers."""
        values = cells.values.astype(self.dtype, copy=False)
        if cells.missing is None:
            return values
        return np.where(cells.missing, self.dtype.type(np.nan), values)


@dataclass(frozen=True)
class ArrayObjects:
    """Reads Python numbers; None and NaN are missing."""

    name: str
    whole: bool
    nothing: Any
    n_levels: int | None = None

    def read(self, column: AnyArray) -> Cells:
        """Read numbers."""
        missing = is_missing(column)
        values = np.where(missing, 0, column).astype(np.int64 if self.whole else np.float64)
        refuse_infinite(self.name, values)
        return Cells(values, missing if missing.any() else None)

    def write(self, cells: Cells) -> AnyArray:
        """Write numbers."""
        values = cells.values.astype(object)
        if cells.missing is not None:
            values[cells.missing] = self.nothing
        return values


@dataclass(frozen=True)
class ArrayTimes:
    """Reads dates and durations, counted in strides of so many of the dtype's unit."""

    name: str
    dtype: np.dtype[Any]
    stride: int
    n_levels: int | None = None

    def read(self, column: AnyArray) -> Cells:
        """Read times."""
        missing = np.isnat(column)
        counts = column.astype(self.dtype).view(np.int64) // self.stride
        return Cells(np.where(missing, 0, counts), missing) if missing.any() else Cells(counts)

    def write(self, cells: Cells) -> AnyArray:
        """Write times."""
        values = (cells.values * self.stride).astype(np.int64).view(self.dtype)
        if cells.missing is not None:
            values[cells.missing] = np.array("NaT", dtype=self.dtype)
        return values


@dataclass(frozen=True)
class ArrayLevels:
    """Reads levels, which are the values themselves; None and NaN are missing."""

    name: str
    levels: AnyArray
    nothing: Any

    @property
    def n_levels(self) -> int | None:
        """Number of levels."""
        return len(self.levels)

    def read(self, column: AnyArray) -> Cells:
        """Read the numbers of levels."""
        missing = is_missing(column)
        number = {level: i for i, level in enumerate(self.levels.tolist())}
        values = np.zeros(len(column), dtype=np.intp)
        try:
            values[~missing] = [number[value] for value in column[~missing].tolist()]
        except KeyError as error:
            raise unknown_level(self.name, error.args[0]) from error
        return Cells(values, missing if missing.any() else None)

    def write(self, cells: Cells) -> AnyArray:
        """Write levels."""
        if not len(self.levels):
            return np.full(len(cells.values), self.nothing, dtype=self.levels.dtype)
        values = self.levels[cells.values]
        if cells.missing is not None:
            values[cells.missing] = self.nothing
        return values


def is_missing(column: AnyArray) -> Flags:
    """Tell which entries are None, NaN, NaT or pandas' NA."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind != "O":
        return np.zeros(len(column), dtype=np.bool_)
    return np.fromiter((_is_nothing(v) for v in column), dtype=np.bool_, count=len(column))


def is_number(value: Any) -> bool:
    """Tell whether an object is a number; flags and numpy's durations are none."""
    no_number = isinstance(value, bool | np.bool_ | np.timedelta64)
    return isinstance(value, numbers.Real) and not no_number


def refuse_infinite(name: str, values: AnyArray) -> None:
    """Raise if there are infinite values among numbers."""
    if np.isinf(values).any():
        raise ValueError(
            f"Column {name!r} of X holds infinity. Replace such values by finite ones, or by NaN "
            "if they are unknown, before resampling."
        )


def unknown_level(name: str, level: Any) -> ValueError:
    """Make the error about a level that was not there when the table was fitted."""
    return ValueError(
        f"Column {name!r} of X holds {level!r}, a category that was not seen in fit_resample."
    )


def coarsest(times: npt.NDArray[np.int64], unit: str) -> int:
    """Return how many units make the coarsest of day, hour, minute ... that gives all times."""
    known = times[times != np.iinfo(np.int64).min]
    ns = _NANOSECONDS.get(unit, _NANOSECONDS["D"])
    strides = [longer // ns for longer in _NANOSECONDS.values() if longer > ns]
    return next((stride for stride in strides if not (known % stride).any()), 1)


def _is_nothing(value: Any) -> bool:
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _nothing(column: AnyArray, missing: Flags) -> Any:
    """Whatever stands for a missing value in this column."""
    gone = column[missing]
    return gone[0] if len(gone) else (np.nan if column.dtype.kind in "fO" else None)


def _object_reader(name: str, column: AnyArray) -> ArrayObjects:
    missing = is_missing(column)
    known = column[~missing].tolist()
    strange = next((v for v in known if not isinstance(v, numbers.Real)), None)
    if strange is not None:
        raise TypeError(
            f"Column {name!r} of X holds {strange!r}, which is no number. Name the column in "
            "'categorical_features', convert it or drop it."
        )
    whole = all(isinstance(v, numbers.Integral) and abs(int(v)) < 2**62 for v in known)
    return ArrayObjects(name, whole, _nothing(column, missing))


def _level_reader(name: str, column: AnyArray) -> ArrayLevels:
    missing = is_missing(column)
    known = column[~missing]
    if column.dtype.kind != "O":
        return ArrayLevels(name, np.unique(known), _nothing(column, missing))
    try:
        found = list(dict.fromkeys(known.tolist()))
    except TypeError as error:
        raise TypeError(
            f"Column {name!r} of X holds something that is neither number nor category "
            f"({error}). Convert it to text or drop it."
        ) from error
    try:
        found.sort()
    except TypeError:  # text beside numbers
        found.sort(key=lambda value: (type(value).__name__, repr(value)))
    levels = np.empty(len(found), dtype=object)
    levels[:] = found
    return ArrayLevels(name, levels, _nothing(column, missing))
