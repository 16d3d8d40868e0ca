"""Tables as encoded rows, one number for each column, and back."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .._tables.adapters import Adapter, Categories, ColumnValues, Times
from .._tables.schema import Schema
from .._tables.table import Table
from .category import CategoryEncoder, fit_categories
from .layout import EncodedRows, Floats, Layout
from .numeric import NumericEncoder, fit_numeric

__all__ = ["TabularEncoding"]

# Fewer values may all differ by chance.
_FEWEST_IDENTIFIERS = 50


class TabularEncoding:
    """Encode the rows of a table for a neural network, and restore rows.

    A continuous column becomes normal scores: the standard normal quantile of the mid-rank.
    Values between two observed ones are interpolated, values outside are clamped. Decoding has a
    plateau for each repeated value, as wide as the value is frequent, so that an atom is restored
    exactly and as often as it was seen. Restored values are within the observed range and have
    the column's resolution, or are among its few values. Dates and durations are numbers too,
    counted in the coarsest unit that represents all of them.

    Columns of two values become 0 and 1, categories of other columns become their number in the
    order of frequency. A missing value is NaN. Columns that never vary are not encoded. With
    `is_linear`, a continuous column is scaled from its observed range to [-1, 1] instead.

    ``decode(encode(X))`` need not be `X`: columns of more than 4096 distinct values are
    interpolated, and integers beyond 2**53 are rounded unless only observed values are generated.
    Whole numbers that were scaled before, by a step that is not a fraction, lose their spacing.
    """

    schema: Schema
    # Names of columns in which no two rows share a value.
    identifiers: tuple[str, ...]
    columns: tuple[NumericEncoder | CategoryEncoder, ...]
    layout: Layout

    def __init__(self, categorical_features: Any = "auto", *, is_linear: bool = False) -> None:
        self.categorical_features, self.is_linear = categorical_features, is_linear

    def fit(self, table: Table) -> Self:
        """Learn the columns of a table; only their distinct values are kept."""
        self.schema, values = Schema.of(table, self.categorical_features)
        self.identifiers = tuple(
            adapter.name
            for adapter, column in zip(self.schema.adapters, values, strict=True)
            if _is_identifier(adapter, column)
        )
        self.columns = tuple(
            fit_numeric(column, is_linear=self.is_linear)
            if adapter.n_categories is None
            else fit_categories(column, np.arange(adapter.n_categories))
            for adapter, column in zip(self.schema.adapters, values, strict=True)
        )
        slots = (encoder.slot(j) for j, encoder in enumerate(self.columns))
        self.layout = Layout(tuple(slot for slot in slots if slot is not None))
        return self

    @property
    def is_discrete(self) -> bool:
        """Whether every column that varies has at most 32 values, each in many rows."""
        return all(self.columns[slot.column].is_discrete for slot in self.layout.slots)

    def encode(self, table: Table) -> EncodedRows:
        """Encode rows, in the fitted container. Shape: -> (n_rows, layout.width).

        Rows may be new, but their categories must be known.
        """
        table = self.schema.template.check_like(table)
        rows = np.empty((len(table), self.layout.width), dtype=np.float32)
        at = {slot.column: i for i, slot in enumerate(self.layout.slots)}
        for j, encoder in enumerate(self.columns):
            read = self._checked(j, self.schema.read(table, j))
            if j in at:
                rows[:, at[j]] = encoder.encode(read.values)
                if read.missing is not None:
                    rows[read.missing, at[j]] = np.nan
        return rows

    def _checked(self, j: int, read: ColumnValues) -> ColumnValues:
        """Return the values of column j; refuse unseen categories and unseen missing values."""
        adapter, encoder = self.schema.adapters[j], self.columns[j]
        if read.missing is not None and not encoder.can_miss:
            raise ValueError(
                f"Column {adapter.name!r} of X holds missing values, but had none in fit_resample."
            )
        if isinstance(adapter, Categories) and isinstance(encoder, CategoryEncoder):
            values = read.known()
            adapter.refuse_unseen(values[~encoder.holds(values)])
        return read

    def decode(self, rows: Floats) -> Table:
        """Restore rows in the container and the dtypes of the fitted table, dense if sparse.

        Shape: (n_rows, layout.width) ->. Numbers out of range are clamped.
        """
        at = {slot.column: i for i, slot in enumerate(self.layout.slots)}
        return self.schema.write(
            [
                self._decode_column(j, rows[:, at[j]]) if j in at else encoder.constant(len(rows))
                for j, encoder in enumerate(self.columns)
            ]
        )

    def round_trip(self, rows: EncodedRows) -> EncodedRows:
        """Return rows as they are after decoding and encoding. Shape: (n, d) -> (n, d)."""
        restored = np.empty_like(rows)
        for i, slot in enumerate(self.layout.slots):
            column = self._decode_column(slot.column, rows[:, i])
            restored[:, i] = self.columns[slot.column].encode(column.values)
            if column.missing is not None:
                restored[column.missing, i] = np.nan
        return restored

    def _decode_column(self, index: int, encoded: Floats) -> ColumnValues:
        encoder, missing = self.columns[index], np.isnan(encoded)
        if not missing.any():
            return ColumnValues(encoder.decode(encoded))
        if not encoder.can_miss:
            name = self.schema.adapters[index].name
            raise ValueError(f"Expected encoded rows that are numbers, got NaN for {name!r}.")
        return ColumnValues(encoder.decode(np.where(missing, 0.0, encoded)), missing)


def _is_identifier(adapter: Adapter, column: ColumnValues) -> bool:
    """Return whether no two rows share a category or a whole number, as in a column of names."""
    values = column.values
    if len(values) < _FEWEST_IDENTIFIERS or column.missing is not None:
        return False
    if adapter.n_categories is not None:
        return adapter.n_categories == len(values)
    if isinstance(adapter, Times) or values.dtype.kind not in "iu":
        return False
    return len(np.unique(values)) == len(values)
