"""Column rules: orders, one-hot groups, dependencies, gaps that a category decides, and sums."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from .._tables.adapters import Floats, Mask
from .._tables.columns import Column

__all__ = [
    "ColumnRule",
    "Dependency",
    "Equal",
    "Gaps",
    "OneHotGroup",
    "Order",
    "Sum",
    "Values",
    "shown",
]

# The values of columns, by the index of the column; NaN where missing.
Values: TypeAlias = Mapping[int, Floats]


@dataclass(frozen=True, eq=False)
class ColumnRule(ABC):
    """A rule that every row obeys in which all its columns are present."""

    # In words, one sentence or more.
    words: tuple[str, ...]

    @property
    @abstractmethod
    def columns(self) -> tuple[int, ...]:
        """The columns that it is about."""

    @property
    def derived(self) -> int | None:
        """The column that can be computed from the others, if there is one."""
        return None

    @abstractmethod
    def holds(self, values: Values) -> Mask:
        """Return which rows obey it. Shape: -> (n,)."""

    def derive(self, values: Values) -> Floats:
        """Return the values of the derived column in rows that obey. Shape: -> (n,)."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Order(ColumnRule):
    """One column is at most another, or less than it.

    If some rows have equal values, rows in which they are nearly equal get equal ones. Otherwise
    half of these rows would be refused, and they would become rarer.
    """

    low: int
    high: int
    is_strict: bool
    # The higher column may be less than the lower one by the first, or more by the second.
    too_low: float = 0.0
    too_high: float = 0.0

    @property
    def columns(self) -> tuple[int, ...]:
        """The lower one and the higher one."""
        return (self.low, self.high)

    @property
    def derived(self) -> int | None:
        """The higher column, if some rows have equal values."""
        return self.high if self.too_low else None

    def derive(self, values: Values) -> Floats:
        """Return the higher column, and the lower one where both are nearly equal."""
        low, high = values[self.low], values[self.high]
        # Comparisons with NaN are False.
        is_near = (low - high <= self.too_low) & (high - low <= self.too_high)
        return np.where(is_near, low, high)

    def holds(self, values: Values) -> Mask:
        """Return which rows are in order."""
        low, high = values[self.low], values[self.high]
        # Comparisons with NaN are False.
        return np.asarray(~((low >= high) if self.is_strict else (low > high)))


@dataclass(frozen=True, eq=False)
class Equal(ColumnRule):
    """Two columns are equal."""

    first: int
    second: int

    @property
    def columns(self) -> tuple[int, ...]:
        """Both."""
        return (self.first, self.second)

    @property
    def derived(self) -> int:
        """The second column."""
        return self.second

    def holds(self, values: Values) -> Mask:
        """Return in which rows they are equal."""
        first, second = values[self.first], values[self.second]
        return np.asarray((first == second) | np.isnan(first) | np.isnan(second))

    def derive(self, values: Values) -> Floats:
        """Return the values of the first column; gaps stay."""
        first, second = values[self.first], values[self.second]
        return np.where(np.isnan(first) | np.isnan(second), second, first)


@dataclass(frozen=True, eq=False)
class Sum(ColumnRule):
    """One column is the sum of two others, or their difference."""

    total: int
    # Added, and added or subtracted.
    first: int
    second: int
    sign: int
    # Largest rounding error.
    tolerance: float

    @property
    def columns(self) -> tuple[int, ...]:
        """The sum and its two terms."""
        return (self.total, self.first, self.second)

    @property
    def derived(self) -> int:
        """The sum."""
        return self.total

    def holds(self, values: Values) -> Mask:
        """Return in which rows the sum is right, up to rounding."""
        # Comparisons with NaN are False.
        return np.asarray(~(np.abs(values[self.total] - self._sum(values)) > self.tolerance))

    def derive(self, values: Values) -> Floats:
        """Return the sums; gaps stay."""
        total, computed = values[self.total], self._sum(values)
        return np.where(np.isnan(total) | np.isnan(computed), total, computed)

    def as_total(self) -> tuple[int, tuple[int, int]]:
        """Return the column that is the sum of two others, and these, also of a difference."""
        if self.sign == 1:
            return self.total, (self.first, self.second)
        return self.first, (self.total, self.second)

    def _sum(self, values: Values) -> Floats:
        return values[self.first] + self.sign * values[self.second]


@dataclass(frozen=True, eq=False)
class _Decided(ColumnRule):
    """The category of one column decides something about another."""

    decider: int
    decided: int
    # Sorted categories that decide.
    categories: Floats

    @property
    def columns(self) -> tuple[int, ...]:
        """The column that decides, and the one that is decided."""
        return (self.decider, self.decided)

    @property
    def derived(self) -> int:
        """The column that is decided."""
        return self.decided


@dataclass(frozen=True, eq=False)
class Dependency(_Decided):
    """The category of one column decides the value of another."""

    # The value that goes with each category.
    images: Floats
    # Whether all categories decide.
    is_whole: bool

    def holds(self, values: Values) -> Mask:
        """Return in which rows the value is that of the category."""
        value, image = values[self.decided], self._images(values)
        return np.asarray((value == image) | np.isnan(image) | np.isnan(value))

    def derive(self, values: Values) -> Floats:
        """Return the value of each category; gaps stay."""
        value, image = values[self.decided], self._images(values)
        return np.where(np.isnan(image) | np.isnan(value), value, image)

    def implies(self, other: ColumnRule) -> bool:
        """Return whether another rule only says which category goes with each value."""
        return (
            isinstance(other, Dependency)
            and self.is_whole
            and (other.decider, other.decided) == (self.decided, self.decider)
            and all(
                (self.categories[self.images == value] == category).all()
                for value, category in zip(other.categories, other.images, strict=True)
            )
        )

    def _images(self, values: Values) -> Floats:
        """Return the value that goes with each category, NaN if none does."""
        return _look_up(values[self.decider], self.categories, self.images)


@dataclass(frozen=True, eq=False)
class Gaps(_Decided):
    """The category of one column decides whether another is missing."""

    # Whether the value is missing (1) or present (0), for each category.
    missing: Floats

    def holds(self, values: Values) -> Mask:
        """Return in which rows a value is missing or present as its category says."""
        missing = self._missing(values)
        return np.asarray((np.isnan(values[self.decided]) == missing) | np.isnan(missing))

    def derive(self, values: Values) -> Floats:
        """Remove the values that are to be missing; none can be invented."""
        return np.where(self._missing(values) == 1, np.nan, values[self.decided])

    def _missing(self, values: Values) -> Floats:
        return _look_up(values[self.decider], self.categories, self.missing)


@dataclass(frozen=True, eq=False)
class OneHotGroup(ColumnRule):
    """Of some columns of two values exactly one, or at most one, has its higher value."""

    members: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    is_exact: bool
    # Whether the same rows are missing in all of them, so that they can be read as one category.
    is_category: bool

    @property
    def columns(self) -> tuple[int, ...]:
        """The members."""
        return self.members

    def holds(self, values: Values) -> Mask:
        """Return in which rows no more bits are set than may be."""
        parts = [values[j] for j in self.members]
        n_set, is_bit = np.zeros(len(parts[0]), np.intp), np.ones(len(parts[0]), np.bool_)
        for part, low, high in zip(parts, self.low, self.high, strict=True):
            n_set += part == high
            is_bit &= (part == low) | (part == high)
        is_right = is_bit & ((n_set == 1) if self.is_exact else (n_set <= 1))
        missing: Mask = reduce(np.logical_or, map(np.isnan, parts))
        return is_right | missing

    def categories(self, values: Values) -> Floats:
        """Return the number of the bit that is set, the number of bits if none is; NaN if missing.

        Shape: -> (n,).
        """
        first = values[self.members[0]]
        number = np.full(len(first), float(len(self.members)))
        for i, j in enumerate(self.members):
            number[values[j] == self.high[i]] = i
        return np.where(np.isnan(first), np.nan, number)

    def bits(self, number: Floats) -> list[Floats]:
        """Return the columns of given categories, the inverse of :meth:`categories`."""
        columns = zip(self.low, self.high, strict=True)
        return [np.where(number == i, high, low) for i, (low, high) in enumerate(columns)]

    def column(self, names: Mapping[int, str], values: Values) -> Column:
        """Return the group as a column of categories, given the names of all columns."""
        members = [names[j] for j in self.members]
        name = f"({', '.join(members)})"
        return Column(name, "category", self.categories(values), (*members, "none"))


def _look_up(keys: Floats, known: Floats, images: Floats) -> Floats:
    """Return the image of each key, NaN for unknown ones. Shape: (n,), (k,), (k,) -> (n,)."""
    at = np.searchsorted(known, keys).clip(max=len(known) - 1)
    return np.where(known[at] == keys, images[at], np.nan)


def shown(column: Column, value: float) -> str:
    """Return a value as a person writes it."""
    if column.column_type == "category":
        entry: Any = column.categories[int(value)]
        return repr(entry.item() if isinstance(entry, np.generic) else entry)
    if column.column_type == "date":
        time = np.datetime64(0, "s") + np.timedelta64(round(value * 86_400), "s")
        return str(time).removesuffix("T00:00:00")
    return f"{value:.10g}" + (" days" if column.column_type == "duration" else "")
