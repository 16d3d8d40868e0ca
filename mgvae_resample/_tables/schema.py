"""The schema of a table: which columns are categorical, and how each is read and written."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .adapters import Adapter, AnyArray, ColumnValues, naming
from .table import Table

__all__ = ["Schema", "named_categorical", "read_pixels"]


@dataclass(frozen=True, eq=False)
class Schema:
    """How the columns of a table are read and written: its container, and an adapter for each."""

    template: Table
    adapters: tuple[Adapter, ...]

    @classmethod
    def of(
        cls, table: Table, categorical_features: Any = "auto"
    ) -> tuple[Schema, list[ColumnValues]]:
        """Learn a table, and return its columns as well, since each is read once.

        ``categorical_features`` is that of the samplers.
        """
        flags = named_categorical(table, categorical_features)
        learned = [table.learn_column(j, flag) for j, flag in enumerate(flags)]
        adapters = tuple(adapter for adapter, _ in learned)
        return cls(table.template(), adapters), [values for _, values in learned]

    def read(self, table: Table, j: int) -> ColumnValues:
        """Return the values of column j of a table of the template's container."""
        with naming(self.adapters[j].name):
            return self.adapters[j].read(table.column(j))

    def write(self, columns: Sequence[ColumnValues]) -> Table:
        """Return a table of the template's container and dtypes; dense for a sparse one."""
        written = (a.write(values) for a, values in zip(self.adapters, columns, strict=True))
        return self.template.with_columns(written, len(columns[0].values))


def read_pixels(table: Table) -> AnyArray:
    """Return flattened images as one array of finite numbers. Shape: -> (n_rows, n_columns)."""
    pixels = table.to_numbers()
    if pixels is not None:
        bad = ~np.isfinite(pixels).all(axis=0)
    else:
        _, columns = Schema.of(table, categorical_features=None)
        pixels = np.column_stack([column.values for column in columns])
        bad = np.array([column.missing is not None for column in columns])
    if bad.any():
        raise ValueError(
            f"Column {table.names[int(np.argmax(bad))]!r} of X holds NaN or infinity, but pixels "
            "must be finite. Impute or drop such images before resampling."
        )
    return pixels


def named_categorical(table: Table, categorical_features: Any) -> list[bool | None]:
    """Return which columns are listed as categorical; None leaves a column to its dtype."""
    n_columns = table.shape[1]
    if categorical_features is None:
        return [False] * n_columns
    if isinstance(categorical_features, str):
        if categorical_features == "auto":
            return [None] * n_columns
        raise _refusal(f"got {categorical_features!r}")
    listed = list(categorical_features)
    if listed and all(isinstance(f, bool | np.bool_) for f in listed):
        if len(listed) != n_columns:
            raise _refusal(f"a mask of length {len(listed)}, but X has {n_columns} columns")
        return [bool(f) for f in listed]
    flags: list[bool | None] = [False] * n_columns
    for feature in listed:
        flags[_index_of(table, feature)] = True
    return flags


def _index_of(table: Table, feature: Any) -> int:
    n_columns, labels = table.shape[1], table.labels or []
    if isinstance(feature, numbers.Integral):
        index = int(feature)
        is_in_range = -n_columns <= index < n_columns
        if not is_in_range or (feature in labels and labels.index(feature) != index % n_columns):
            raise _refusal(
                f"got index {feature}, but X has {n_columns} columns; integers are indices, also "
                "if columns have integers as names. Give a mask, or rename the columns"
            )
        return index
    if feature in labels:
        return labels.index(feature)
    columns = f"named {labels}" if labels else f"numbered 0 to {n_columns - 1}, without names"
    raise _refusal(f"{feature!r} is not a column of X; its columns are {columns}")


def _refusal(problem: str) -> ValueError:
    return ValueError(
        "The 'categorical_features' parameter must be 'auto', None, a mask with an entry for each "
        f"column, or a list of column indices or names: {problem}."
    )
