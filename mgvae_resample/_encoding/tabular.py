"""Tables as encoded rows, one number for each column, and back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

import numpy as np

from .._rules.find import NO_RULES, ColumnRules, find_rules
from .._tables.adapters import Adapter, Categories, ColumnValues, Mask, Times
from .._tables.columns import Columns, number_values, plain_values
from .._tables.schema import Schema
from .._tables.table import Table
from .category import CategoryEncoder, fit_categories
from .group import GroupEncoder, fit_group
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

    With `finds_rules`, the rules between columns are found. A one-hot group is encoded as one
    category, in the place of its first column. A column that follows from others, such as a sum,
    is encoded as well, and computed from the others when rows are decoded.

    ``decode(encode(X))`` need not be `X`: columns of more than 4096 distinct values are
    interpolated, and integers beyond 2**53 are rounded unless only observed values are generated.
    Whole numbers that were scaled before, by a step that is not a fraction, lose their spacing.
    """

    schema: Schema
    # Names of columns in which no two rows share a value.
    identifiers: tuple[str, ...]
    columns: tuple[NumericEncoder | CategoryEncoder, ...]
    layout: Layout
    # Samplers that earlier versions saved have none.
    rules: ColumnRules = NO_RULES

    def __init__(
        self,
        categorical_features: Any = "auto",
        *,
        is_linear: bool = False,
        finds_rules: bool = False,
    ) -> None:
        self.categorical_features, self.is_linear = categorical_features, is_linear
        self.finds_rules = finds_rules

    def fit(self, table: Table) -> Self:
        """Learn the columns of a table; only their distinct values are kept."""
        self.schema, values = Schema.of(table, self.categorical_features)
        self.identifiers = tuple(
            adapter.name
            for adapter, column in zip(self.schema.adapters, values, strict=True)
            if _is_identifier(adapter, column)
        )
        encoders: list[NumericEncoder | CategoryEncoder] = [
            fit_numeric(column, is_linear=self.is_linear)
            if adapter.n_categories is None
            else fit_categories(column, np.arange(adapter.n_categories))
            for adapter, column in zip(self.schema.adapters, values, strict=True)
        ]
        if self.finds_rules:
            columns = Columns(self.schema.adapters, values)
            self.rules = find_rules(columns)
            for group in self.rules.categories:
                encoders[group.members[0]] = fit_group(group, columns, encoders)
        self.columns = tuple(encoders)
        followers = self.rules.followers
        slots = (e.slot(j) for j, e in enumerate(self.columns) if j not in followers)
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
        members, bits = self.rules.members, dict[int, Floats]()
        for j, adapter in enumerate(self.schema.adapters):
            column = self._checked(j, self.schema.read(table, j))
            if j in members:
                bits[j] = number_values(adapter, column)
            elif j in at:
                rows[:, at[j]] = self._encode_column(j, column)
        for j, encoder in enumerate(self.columns):
            if isinstance(encoder, GroupEncoder):
                rows[:, at[j]] = self._encode_column(j, encoder.read(bits))
        return rows

    def _encode_column(self, j: int, column: ColumnValues) -> Floats:
        encoded = self.columns[j].encode(column.values)
        if column.missing is not None:
            encoded[column.missing] = np.nan
        return encoded

    def _checked(self, j: int, read: ColumnValues) -> ColumnValues:
        """Return the values of column j; refuse unseen categories and unseen missing values."""
        adapter, encoder = self.schema.adapters[j], self.columns[j]
        if read.missing is not None and not encoder.can_miss:
            raise ValueError(
                f"Column {adapter.name!r} of X holds missing values, but had none in fit_resample."
            )
        is_group = isinstance(encoder, GroupEncoder)
        if (
            isinstance(adapter, Categories)
            and isinstance(encoder, CategoryEncoder)
            and not is_group
        ):
            values = read.known()
            adapter.refuse_unseen(values[~encoder.holds(values)])
        return read

    def decode(self, rows: Floats) -> Table:
        """Restore rows in the container and the dtypes of the fitted table, dense if sparse.

        Shape: (n_rows, layout.width) ->. Numbers out of range are clamped.
        """
        columns = self._derived(self._decode_columns(rows))
        for j, encoder in enumerate(self.columns):
            if isinstance(encoder, GroupEncoder):
                columns |= encoder.write(columns[j])
        return self.schema.write(
            [
                columns[j] if j in columns else encoder.constant(len(rows))
                for j, encoder in enumerate(self.columns)
            ]
        )

    def round_trip(self, rows: EncodedRows) -> EncodedRows:
        """Return rows as they are after decoding and encoding. Shape: (n, d) -> (n, d)."""
        restored, columns = np.empty_like(rows), self._derived(self._decode_columns(rows))
        for i, slot in enumerate(self.layout.slots):
            restored[:, i] = self._encode_column(slot.column, columns[slot.column])
        return restored

    def obey(self, rows: EncodedRows) -> Mask:
        """Return which rows obey the rules between columns. Shape: (n, d) -> (n,)."""
        columns = self._derived(self._decode_columns(rows, self.rules.columns))
        values = {j: self._values(j, column) for j, column in columns.items()}
        return self.rules.hold(values, len(rows))

    def _derived(self, columns: dict[int, ColumnValues]) -> dict[int, ColumnValues]:
        """Compute the columns that follow from others."""
        values: dict[int, Floats] = {}
        for j, rule in self.rules.derivations:
            values |= {i: self._values(i, columns[i]) for i in rule.columns if i not in values}
            columns[j] = self._rounded(j, rule.derive(values))
            values[j] = self._values(j, columns[j])
        return columns

    def _values(self, j: int, column: ColumnValues) -> Floats:
        """Return a column, or the categories of a group, as rules read it."""
        if isinstance(self.columns[j], GroupEncoder):
            return column.to_floats()
        return number_values(self.schema.adapters[j], column)

    def _rounded(self, j: int, values: Floats) -> ColumnValues:
        """Return the nearest values that a column may hold, given what rules computed."""
        encoder, missing = self.columns[j], np.isnan(values)
        known = np.where(missing, 0.0, values)
        if not isinstance(encoder, GroupEncoder):
            known = plain_values(self.schema.adapters[j], known)
        return ColumnValues.of(encoder.rounded(known), missing)

    def _decode_columns(
        self, rows: Floats, only: Collection[int] | None = None
    ) -> dict[int, ColumnValues]:
        """Decode slots, by the index of their column."""
        return {
            slot.column: self._decode_column(slot.column, rows[:, i])
            for i, slot in enumerate(self.layout.slots)
            if only is None or slot.column in only
        }

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
