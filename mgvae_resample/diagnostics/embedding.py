"""Tables side by side: their columns as numbers, and their rows as points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .._tables.adapters import Adapter, Categories, ColumnValues, Learned, Mask, Times, is_number
from .._tables.table import Table

__all__ = ["Column", "Floats", "Mask", "embed", "fold_categories", "read_columns", "read_matrices"]

Floats = npt.NDArray[np.float64]
NumberType: TypeAlias = Literal["number", "date", "duration"]

# scikit-learn's boosted trees tell this many categories of a column apart.
_MAX_CATEGORIES = 255
# From here on floats do not tell integers apart.
_FIRST_INEXACT = 2**53
_DAY = 86_400e6  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Column:
    """One column of some tables, their rows one after the other.

    Attributes
    ----------
    name : str
        Its name; "id - 7" where floats do not tell large integers apart, and these are counted
        from the smallest.
    column_type : {"number", "date", "duration", "category"}
        What the values are.
    values : ndarray of shape (n_rows,)
        Numbers, days since 1970, days, or positions of categories; NaN where missing.
    categories : tuple
        The categories; empty for other kinds. The most frequent one of the first table is first.
    """

    name: str
    column_type: NumberType | Literal["category"]
    values: Floats
    categories: tuple[Any, ...] = ()


def read_columns(*tables: Any) -> list[Column]:
    """Read tables of the same columns; a column holds categories if it does in any of them."""
    checked = [Table.of(table) for table in tables]
    widths = [table.shape[1] for table in checked]
    if len(set(widths)) > 1:
        raise ValueError(
            "Expected tables of the same columns, got tables of "
            f"{' and '.join(map(str, widths))} columns."
        )
    named = [table for table in checked if table.labels is not None] or checked
    for table in named:
        if table.labels != named[0].labels:
            raise ValueError(
                "Expected tables of the same columns in the same order, got "
                f"{named[0].labels} and {table.labels}."
            )
    return [_read_together(name, checked, j) for j, name in enumerate(named[0].names)]


def read_matrices(*tables: Any) -> tuple[list[Floats], Mask]:
    """Return tables as matrices, and which of their columns hold categories."""
    columns = read_columns(*tables)
    stacked = np.column_stack([column.values for column in columns])
    return _split(stacked, tables), np.array([c.column_type == "category" for c in columns])


def embed(*tables: Any) -> list[Floats]:
    """Return tables as points whose distances mean the same in every column.

    Numbers are standardised by the first table; where it is constant, another value is 1 away.
    Two categories are 1 apart. A missing number is at the mean, and 1 away in a column of its
    own; a missing category is a category.
    """
    n_first = len(Table.of(tables[0]))
    blocks = [
        _one_hot(c.values) if c.column_type == "category" else _standardised(c.values, n_first)
        for c in read_columns(*tables)
    ]
    return _split(np.concatenate(blocks, axis=1), tables)


def fold_categories(positions: Floats) -> Floats:
    """Return positions of categories whose rarest, beyond what boosted trees take, are one."""
    return np.minimum(positions, _MAX_CATEGORIES - 1)


def _split(rows: Floats, tables: Sequence[Any]) -> list[Floats]:
    return np.split(rows, np.cumsum([len(Table.of(table)) for table in tables])[:-1])


def _standardised(values: Floats, n_first: int) -> Floats:
    missing = np.isnan(values)
    known = values[:n_first][~missing[:n_first]]
    mean, scale = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
    # A constant's computed deviation need not be zero.
    if scale <= 1e-12 * abs(mean):
        points = (values != known[0]).astype(np.float64) if len(known) else 0.0 * values
    else:
        points = (values - mean) / scale
    points[missing] = 0.0
    return np.column_stack([points, missing] if missing.any() else [points])


def _one_hot(positions: Floats) -> Floats:
    positions = np.nan_to_num(fold_categories(positions), nan=-1)
    # Two rows that disagree differ in two columns.
    return np.asarray((positions[:, None] == np.unique(positions)) / np.sqrt(2))


def _read_together(name: str, tables: Sequence[Table], j: int) -> Column:
    learned = [_learn(table, j) for table in tables]
    if (low := _large_integers(learned)) is not None:
        name, learned = f"{name} - {low}", [_counted_from(low, *part) for part in learned]
    found = [numbers for part in learned if (numbers := _numbers(*part)) is not None]
    if len(found) < len(tables):
        for i, (adapter, _) in enumerate(learned):
            if not isinstance(adapter, Categories):
                learned[i] = tables[i].learn_column(j, True)
        return _categories(name, learned)
    values = np.concatenate([numbers for _, numbers in found]) + 0.0  # -0.0 is 0.0
    kinds = {kind for kind, numbers in found if not np.isnan(numbers).all()}
    return Column(name, kinds.pop() if len(kinds) == 1 else "number", values)


def _large_integers(learned: Sequence[Learned]) -> int | None:
    """Return the smallest of integers that floats do not tell apart, None of other values."""
    known = [
        column.known()
        for adapter, column in learned
        if column.values.dtype.kind in "iu" and not isinstance(adapter, Times | Categories)
    ]
    ends = [int(end(values)) for values in known if len(values) for end in (np.min, np.max)]
    is_large = len(known) == len(learned) and max(map(abs, ends), default=0) >= _FIRST_INEXACT
    return min(ends) if is_large else None


def _counted_from(low: int, adapter: Adapter, column: ColumnValues) -> Learned:
    # Without a sign, no difference is too large.
    values = column.values.astype(np.uint64) - np.uint64(low % 2**64)
    return adapter, ColumnValues(values, column.missing)


def _learn(table: Table, j: int) -> Learned:
    with suppress(TypeError):  # neither number nor date
        adapter, column = table.learn_column(j, None)
        if column.values.dtype != np.bool_:
            return adapter, column
    return table.learn_column(j, True)


def _numbers(adapter: Any, column: ColumnValues) -> tuple[NumberType, Floats] | None:
    """Return a column of numbers, dates or durations with its kind, None for categories."""
    kind: NumberType = "number"
    values = column.values
    if isinstance(adapter, Times):
        kind = "date" if adapter.plain.kind == "M" else "duration"
        values = adapter.microseconds(column) / _DAY
    elif isinstance(adapter, Categories):
        # Objects that are all numbers or dates are read as such.
        if str(getattr(adapter, "dtype", adapter.categories.dtype)) != "object":
            return None
        known = [pair for c in adapter.categories if (pair := _number(c)) is not None]
        if len(known) < len(adapter.categories):
            return None
        known = known or [(kind, np.nan)]
        kind, values = known[0][0], np.array([number for _, number in known])[values]
    values = values.astype(np.float64)
    if column.missing is not None:
        values[column.missing] = np.nan
    return kind, values


def _number(value: Any) -> tuple[NumberType, float] | None:
    """Return an object's kind and its number, None if it is neither number nor date."""
    if is_number(value) or isinstance(value, Decimal):
        return "number", float(value)
    if isinstance(value, datetime):
        return "date", (value.replace(tzinfo=value.tzinfo or UTC) - _EPOCH) / timedelta(1)
    if isinstance(value, date):
        return "date", float((value - _EPOCH.date()).days)
    if isinstance(value, timedelta):
        return "duration", value / timedelta(1)
    return None


def _categories(name: str, learned: Sequence[tuple[Any, ColumnValues]]) -> Column:
    """Join the categories of tables: those of the first by frequency, then the others."""
    positions: dict[Any, int] = {}
    parts = []
    for i, (adapter, column) in enumerate(learned):
        # numpy's numbers cannot be compared with all that Python's can, such as decimals.
        names = [c.item() if isinstance(c, np.number) else c for c in adapter.categories]
        found = Counter(column.known().tolist())
        for k, _ in found.most_common() if i == 0 else found.items():
            positions.setdefault(names[k], len(positions))
        position_of = np.array([positions.get(c, np.nan) for c in names] or [np.nan])
        part = position_of[column.values]
        parts.append(part if column.missing is None else np.where(column.missing, np.nan, part))
    return Column(name, "category", np.concatenate(parts), tuple(positions))
