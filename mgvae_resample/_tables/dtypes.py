"""Dtype adapters translate a column of any container into plain values, and back."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Adapter",
    "AnyArray",
    "Categories",
    "ColumnValues",
    "Learned",
    "Mask",
    "Times",
    "coarsest",
    "is_missing",
    "is_number",
    "missing_like",
    "number_values",
    "unknown_category",
]

AnyArray: TypeAlias = npt.NDArray[Any]
Mask: TypeAlias = npt.NDArray[np.bool_]

_NANOSECONDS = {
    "D": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}


@dataclass(frozen=True, eq=False)
class ColumnValues:
    """The values of one column in plain form.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Finite numbers; a missing value holds any number.
    missing : ndarray of bool of shape (n_rows,) or None
        Which values are missing; None if none are.
    """

    values: AnyArray
    missing: Mask | None = None

    @classmethod
    def of(cls, values: AnyArray, missing: Mask) -> Self:
        """Return values with zeros where they are missing."""
        if not missing.any():
            return cls(values)
        return cls(np.where(missing, values.dtype.type(0), values), missing)

    def known(self) -> AnyArray:
        """Values that are not missing."""
        return self.values if self.missing is None else self.values[~self.missing]


class Adapter(ABC):
    """Reads and writes columns of one dtype of one container.

    Attributes
    ----------
    name : str
        Name of the column, for messages.
    n_categories : int or None
        Number of categories if the values are positions of categories, else None.
    """

    name: str

    @property
    def n_categories(self) -> int | None:
        """Number of categories, if the values are positions of categories."""
        return None

    @abstractmethod
    def read(self, column: Any) -> ColumnValues:
        """Return the values of a column."""

    @abstractmethod
    def write(self, values: ColumnValues) -> Any:
        """Return a column of the container and the dtype that was learned."""


# The adapter of a column, and the values it read to learn it.
Learned: TypeAlias = tuple[Adapter, ColumnValues]


@dataclass(frozen=True, eq=False)
class Times(Adapter):
    """Base of the adapters of dates, times of day and durations.

    Parameters
    ----------
    name : str
        Name for messages.
    dtype : dtype
        Of the column.
    stride : int
        The values count strides of so many of the dtype's unit.
    plain : dtype
        numpy's dtype of the same unit, for dates without a time zone.
    """

    name: str
    dtype: Any
    stride: int
    plain: np.dtype[Any]

    def read(self, column: Any) -> ColumnValues:
        """Return times as whole numbers of strides."""
        counts, missing = self._to_integers(column)
        return ColumnValues.of(counts // self.stride, missing)

    def write(self, values: ColumnValues) -> Any:
        """Return times of the column's dtype."""
        counts = (values.values * self.stride).astype(np.int64)
        return self._from_integers(counts, values.missing)

    def microseconds(self, values: ColumnValues) -> npt.NDArray[np.int64]:
        """Return dates in microseconds since 1970 (UTC), durations in microseconds."""
        times = (values.values * self.stride).astype(np.int64).view(self.plain)
        return times.astype(f"{self.plain.kind}8[us]").astype(np.int64)

    @abstractmethod
    def _to_integers(self, column: Any) -> tuple[npt.NDArray[np.int64], Mask]:
        """Return times in the dtype's unit, and which are missing."""

    @abstractmethod
    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Any:
        """Return times given in the dtype's unit."""


@dataclass(frozen=True, eq=False)
class Categories(Adapter):
    """Base of the adapters of categories, which read positions.

    Parameters
    ----------
    name : str
        Name for messages.
    categories : ndarray, pandas Index or polars Series
        The categories, in the order of their positions.
    """

    name: str
    categories: Any

    @property
    def n_categories(self) -> int:
        """Number of categories."""
        return len(self.categories)


def number_values(name: str, values: AnyArray, missing: Mask | None = None) -> ColumnValues:
    """Return numbers as column values: NaN is missing, infinity is refused."""
    if values.dtype.kind == "f":
        if np.isinf(values).any():
            raise ValueError(
                f"Column {name!r} of X holds infinity. Replace such values by finite ones, or by "
                "NaN if they are unknown, before resampling."
            )
        missing = np.isnan(values) if missing is None else missing | np.isnan(values)
    return ColumnValues(values) if missing is None else ColumnValues.of(values, missing)


def unknown_category(name: str, category: Any) -> ValueError:
    """Make the error about a category that was not in the fitted table."""
    return ValueError(
        f"Column {name!r} of X holds {category!r}, a category that was not seen in fit_resample."
    )


def coarsest(times: npt.NDArray[np.int64], unit: str) -> int:
    """Return how many units make the coarsest of day, hour, minute ... that divides all times."""
    known = times[times != np.iinfo(np.int64).min]
    ns = _NANOSECONDS.get(unit, _NANOSECONDS["D"])
    strides = [longer // ns for longer in _NANOSECONDS.values() if longer > ns]
    return next((stride for stride in strides if not (known % stride).any()), 1)


def is_missing(column: AnyArray) -> Mask:
    """Tell which entries of numbers or objects are None, NaN, NaT or pandas' NA."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind != "O":
        return np.zeros(len(column), dtype=np.bool_)
    return np.fromiter((_is_missing(v) for v in column), dtype=np.bool_, count=len(column))


def is_number(value: Any) -> bool:
    """Tell whether an object is a number; booleans and numpy's durations are not."""
    return isinstance(value, numbers.Real) and not isinstance(
        value, bool | np.bool_ | np.timedelta64
    )


def missing_like(column: AnyArray, missing: Mask) -> Any:
    """Return what stands for a missing value in an array's column."""
    found = column[missing]
    return found[0] if len(found) else (np.nan if column.dtype.kind in "fO" else None)


def _is_missing(value: Any) -> bool:
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")
