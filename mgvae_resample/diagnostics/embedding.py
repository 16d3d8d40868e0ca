"""Tables side by side: their columns as numbers, and their rows as points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from .._tables.adapters import Categories, ColumnValues, Floats, Learned, Mask
from .._tables.columns import Column, number_type, number_values, precision_of
from .._tables.table import Table

__all__ = ["Column", "Floats", "Mask", "embed", "fold_categories", "read_columns", "read_matrices"]

# Maximum number of categories of scikit-learn's boosted trees.
_MAX_CATEGORIES = 255


def read_columns(*tables: Any) -> list[Column]:
    """Read tables of the same columns; a column is categorical if it is in any of them."""
    checked = [Table.of(table) for table in tables]
    first = next((table for table in checked if table.labels is not None), checked[0])
    for table in checked:
        is_same = table.labels in (None, first.labels) and table.shape[1] == first.shape[1]
        if not is_same:
            columns = [t.labels or f"{t.shape[1]} columns without names" for t in (first, table)]
            raise ValueError(
                f"Expected tables of the same columns in the same order, got {columns[0]} and "
                f"{columns[1]}."
            )
    return [_read_together(name, checked, j) for j, name in enumerate(first.names)]


def read_matrices(*tables: Any) -> tuple[list[Floats], Mask]:
    """Return tables as matrices, and which of their columns hold categories."""
    columns = read_columns(*tables)
    stacked = np.column_stack([column.values for column in columns])
    return _split(stacked, tables), np.array([c.column_type == "category" for c in columns])


def embed(*tables: Any) -> list[Floats]:
    """Return tables as points with the same scale in every column.

    Numbers are standardised by the first table; if it is constant, other values have distance 1.
    Two categories have distance 1. A missing number is at the mean, with a missing indicator; a
    missing category is a category.
    """
    n_first = len(Table.of(tables[0]))
    blocks = [
        _one_hot(c.values) if c.column_type == "category" else _standardised(c.values, n_first)
        for c in read_columns(*tables)
    ]
    return _split(np.concatenate(blocks, axis=1), tables)


def fold_categories(positions: Floats) -> Floats:
    """Merge the rarest categories if there are too many for boosted trees."""
    return np.minimum(positions, _MAX_CATEGORIES - 1)


def _split(rows: Floats, tables: Sequence[Any]) -> list[Floats]:
    return np.split(rows, np.cumsum([len(Table.of(table)) for table in tables])[:-1])


def _standardised(values: Floats, n_first: int) -> Floats:
    missing = np.isnan(values)
    known = values[:n_first][~missing[:n_first]]
    mean, scale = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
    # The computed deviation of a constant may not be zero.
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
    is_category = [isinstance(adapter, Categories) for adapter, _ in learned]
    if any(is_category):
        pairs = zip(tables, learned, is_category, strict=True)
        return _categories(
            name, [x if known else t.learn_column(j, True) for t, x, known in pairs]
        )
    parts = [number_values(*part) for part in learned]
    known = [not np.isnan(numbers).all() for numbers in parts]
    types = {number_type(learned[i][0]) for i in np.flatnonzero(known)}
    return Column(
        name,
        (types.pop() if len(types) == 1 else None) or "number",
        np.concatenate(parts) + 0.0,  # -0.0 becomes 0.0
        precision=max(precision_of(column) for _, column in learned),
    )


def _learn(table: Table, j: int) -> Learned:
    with suppress(TypeError):  # neither number nor date
        adapter, column = table.learn_column(j, None)
        if column.values.dtype != np.bool_:
            return adapter, column
    return table.learn_column(j, True)


def _categories(name: str, learned: Sequence[tuple[Any, ColumnValues]]) -> Column:
    """Join the categories of tables: those of the first by frequency, then the others."""
    positions: dict[Any, int] = {}
    parts = []
    for i, (adapter, column) in enumerate(learned):
        # numpy numbers cannot be compared with decimals; Python numbers can.
        names = [c.item() if isinstance(c, np.number) else c for c in adapter.categories]
        counts = Counter(column.known().tolist())
        for k, _ in counts.most_common() if i == 0 else counts.items():
            positions.setdefault(names[k], len(positions))
        position_of = np.array([positions.get(c, np.nan) for c in names] or [np.nan])
        part = position_of[column.values]
        parts.append(part if column.missing is None else np.where(column.missing, np.nan, part))
    return Column(name, "category", np.concatenate(parts), tuple(positions))
