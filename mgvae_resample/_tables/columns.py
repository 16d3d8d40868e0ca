"""Columns as floats, so that those of different dtypes can be compared and added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, overload

import numpy as np

from .adapters import Adapter, Categories, ColumnValues, Floats, Times

__all__ = ["Column", "Columns", "number_type", "number_values", "plain_values", "precision_of"]

NumberType: TypeAlias = Literal["number", "date", "duration"]

_DAY = 86_400e6  # microseconds
_DOUBLE = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table, or of several tables, concatenated."""

    name: str
    column_type: NumberType | Literal["category"]
    # Numbers, days since 1970, days, or positions of categories; NaN where missing.
    values: Floats
    # The categories, by position.
    categories: tuple[Any, ...] = ()
    # Relative rounding error of the values.
    precision: float = _DOUBLE

    def part(self, rows: slice) -> Column:
        """Return some rows."""
        return replace(self, values=self.values[rows])


class Columns(Sequence[Column]):
    """Columns that adapters read. Each is converted when it is asked for, to save memory."""

    def __init__(self, adapters: Sequence[Adapter], values: Sequence[ColumnValues]) -> None:
        self.adapters, self.values = adapters, values

    @overload
    def __getitem__(self, j: int) -> Column: ...
    @overload
    def __getitem__(self, j: slice) -> list[Column]: ...
    def __getitem__(self, j: int | slice) -> Column | list[Column]:
        """Convert one column, or several."""
        if isinstance(j, slice):
            return [self[i] for i in range(*j.indices(len(self)))]
        adapter, column = self.adapters[j], self.values[j]
        categories = tuple(adapter.categories) if isinstance(adapter, Categories) else ()
        return Column(
            adapter.name,
            number_type(adapter) or "category",
            number_values(adapter, column),
            categories,
            precision_of(column),
        )

    def __len__(self) -> int:
        return len(self.adapters)


def number_type(adapter: Adapter) -> NumberType | None:
    """Return what the numbers of a column are, None for categories."""
    if isinstance(adapter, Times):
        return "date" if adapter.plain.kind == "M" else "duration"
    return "number" if adapter.n_categories is None else None


def number_values(adapter: Adapter, column: ColumnValues) -> Floats:
    """Return the values of a column as floats; times are counted in days."""
    values = column.to_floats()
    if isinstance(adapter, Times):
        known = ~np.isnan(values)
        values[known] = (adapter.microseconds(column) / _DAY)[known]
    return values


def plain_values(adapter: Adapter, values: Floats) -> Floats:
    """Return floats as an adapter counts them: the inverse of :func:`number_values`."""
    return adapter.counts(np.rint(values * _DAY)) if isinstance(adapter, Times) else values


def precision_of(column: ColumnValues) -> float:
    """Return the relative rounding error of the values of a column."""
    dtype = column.values.dtype
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else _DOUBLE
