"""Adapters translate a column of one dtype into plain values and back."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from .plain import plain, restored

__all__ = [
    "Adapter",
    "AnyArray",
    "Categories",
    "ColumnValues",
    "Floats",
    "Learned",
    "Mask",
    "Numbers",
    "Times",
    "check_decimals",
    "is_number",
    "naming",
    "no_category",
    "no_number",
]

AnyArray: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]

_UNITS: tuple[Any, ...] = ("D", "h", "m", "s", "ms", "us", "ns")


@dataclass(frozen=True, eq=False)
class ColumnValues:
    """The values of one column in plain form: finite numbers, and which are missing, if any."""

    # A missing value holds any number.
    values: AnyArray
    missing: Mask | None = None

    @classmethod
    def of(cls, values: AnyArray, missing: Mask) -> Self:
        """Return values with zeros where they are missing."""
        if not missing.any():
            return cls(values)
        return cls(np.where(missing, values.dtype.type(0), values), missing)

    def to_floats(self) -> Floats:
        """Return the values as floats, NaN where missing."""
        values = self.values.astype(np.float64)
        if self.missing is not None:
            values[self.missing] = np.nan
        return values

    def known(self) -> AnyArray:
        """Values that are not missing."""
        return self.values if self.missing is None else self.values[~self.missing]


@dataclass(frozen=True, eq=False)
class Adapter(ABC):
    """Reads and writes columns of one dtype of one container."""

    # Of the column, for messages.
    name: str
    # The container's dtype.
    dtype: Any

    def __getstate__(self) -> dict[str, Any]:
        return {name: plain(value) for name, value in vars(self).items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({name: restored(form) for name, form in state.items()})

    @property
    def n_categories(self) -> int | None:
        """Number of categories if the values are positions of categories, else None."""
        return None

    @abstractmethod
    def read(self, column: Any) -> ColumnValues:
        """Return the values of a column."""

    @abstractmethod
    def write(self, values: ColumnValues) -> Any:
        """Return a column of the fitted container and dtype."""


# The adapter of a column, and the values it read.
Learned: TypeAlias = tuple[Adapter, ColumnValues]


class Numbers(Adapter):
    """Base of the adapters of numbers: NaN is missing, infinity is refused."""

    def read(self, column: Any) -> ColumnValues:
        values, missing = self._to_numbers(column)
        if values.dtype.kind == "f":
            if np.isinf(values).any():
                raise ValueError(
                    f"Column {self.name!r} of X holds infinity. Replace infinite values by finite "
                    "ones, or by NaN if they are unknown, before resampling."
                )
            missing = missing | np.isnan(values)
        return ColumnValues.of(values, missing)

    @abstractmethod
    def _to_numbers(self, column: Any) -> tuple[AnyArray, Mask]:
        """Return an array of numbers, and which are missing."""


@dataclass(frozen=True, eq=False)
class Times(Adapter):
    """Base of the adapters of dates, times of day and durations."""

    # numpy's dtype of the same unit, for dates without a time zone.
    plain: np.dtype[Any]
    # Values are counted in multiples of this many units.
    stride: int = 1

    @classmethod
    def learn(cls, name: str, column: Any, plain: np.dtype[Any]) -> Self:
        """Make the adapter, with the coarsest of day, hour, minute ... that divides all times."""
        counts, missing = cls(name, column.dtype, plain)._to_integers(column)
        known = counts[~missing]
        unit: Any = np.datetime_data(plain)[0]
        longer = _UNITS[: _UNITS.index(unit)] if unit in _UNITS else ()
        strides = [int(np.timedelta64(1, u) // np.timedelta64(1, unit)) for u in longer]
        stride = next((s for s in strides if not (known % s).any()), 1)
        return cls(name, column.dtype, plain, stride)

    def read(self, column: Any) -> ColumnValues:
        """Return times as integer multiples of the stride."""
        counts, missing = self._to_integers(column)
        return ColumnValues.of(counts // self.stride, missing)

    def write(self, values: ColumnValues) -> Any:
        return self._from_integers(self._counts(values), values.missing)

    def microseconds(self, values: ColumnValues) -> npt.NDArray[np.int64]:
        """Return dates in microseconds since 1970 (UTC), durations in microseconds."""
        times = self._counts(values).view(self.plain)
        return times.astype(f"{self.plain.kind}8[us]").astype(np.int64)

    def counts(self, microseconds: Floats) -> Floats:
        """Return multiples of the stride: the inverse of :meth:`microseconds`."""
        times = microseconds.astype(np.int64).view(f"{self.plain.kind}8[us]")
        return (times.astype(self.plain).astype(np.int64) // self.stride).astype(np.float64)

    def _counts(self, values: ColumnValues) -> npt.NDArray[np.int64]:
        return (values.values * self.stride).astype(np.int64)

    @abstractmethod
    def _to_integers(self, column: Any) -> tuple[npt.NDArray[np.int64], Mask]:
        """Return times in the dtype's unit, and which are missing."""

    @abstractmethod
    def _from_integers(self, counts: npt.NDArray[np.int64], missing: Mask | None) -> Any:
        """Return times given in the dtype's unit."""


@dataclass(frozen=True, eq=False)
class Categories(Adapter):
    """Base of the adapters of categories, which read positions in `categories`."""

    categories: Any

    @property
    def n_categories(self) -> int:
        return len(self.categories)

    def refuse_unseen(self, positions: npt.NDArray[Any]) -> None:
        """Raise an error if there are categories that the fitted table does not hold."""
        if len(positions):
            raise self._unseen(self.categories[int(positions[0])])

    def _unseen(self, entry: Any) -> ValueError:
        return ValueError(
            f"Column {self.name!r} of X holds {entry!r}, a category that was not seen in "
            "fit_resample."
        )

    def _known(self, positions: npt.NDArray[Any], missing: Mask, entries: Any) -> ColumnValues:
        """Return positions; raise an error if an entry is not a category (-1)."""
        unknown = np.flatnonzero((positions < 0) & ~missing)
        if len(unknown):
            raise self._unseen(entries[int(unknown[0])])
        return ColumnValues.of(positions.astype(np.intp, copy=False), missing)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Name the column in errors that pandas, polars, Arrow and numpy raise."""
    try:
        yield
    except (ArithmeticError, NotImplementedError) as error:
        raise TypeError(
            f"Column {name!r} of X cannot be read: {error}. Convert it or drop it."
        ) from error
    except (TypeError, ValueError) as error:
        if f"Column {name!r}" in str(error):
            raise
        raise ValueError(f"Column {name!r} of X cannot be read: {error}") from error


def no_number(name: str, found: str) -> TypeError:
    """Return the error for a column that holds no numbers and is not listed as categorical."""
    return TypeError(
        f"Column {name!r} of X {found}, which is neither a number nor a date. Convert it, drop it "
        "or, in a table, list it in 'categorical_features'."
    )


def no_category(name: str, problem: object) -> TypeError:
    """Return the error for a column of objects that cannot be compared."""
    return TypeError(
        f"Column {name!r} of X holds something that is neither number nor category ({problem}). "
        "Convert it to text or drop it."
    )


def check_decimals(adapter: Adapter, column: Any) -> Adapter:
    """Return the adapter of a column of decimals, unless floats cannot represent them."""
    if adapter.write(adapter.read(column)).equals(column):
        return adapter
    raise TypeError(
        f"Column {adapter.name!r} of X holds decimals of more digits than floats have. Convert "
        "it to floats."
    )


def is_number(value: Any) -> bool:
    """Return whether an object is a number; booleans and numpy durations are not."""
    return isinstance(value, numbers.Real) and not isinstance(
        value, bool | np.bool_ | np.timedelta64
    )
