"""A one-hot group is encoded as one category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._rules.rules import OneHotGroup, Values
from .._tables.adapters import ColumnValues
from .._tables.columns import Column
from .category import CategoryEncoder, fit_categories
from .numeric import NumericEncoder

__all__ = ["GroupEncoder", "fit_group"]


@dataclass(frozen=True, eq=False)
class GroupEncoder(CategoryEncoder):
    """Encodes the columns of a one-hot group as one column of categories.

    The category is the number of the column that is set, or the number of columns if none is.
    """

    group: OneHotGroup
    # Of the columns of the group.
    encoders: tuple[NumericEncoder | CategoryEncoder, ...]

    def read(self, bits: Values) -> ColumnValues:
        """Return the category of each row, given the columns; refuse rows that break the rule."""
        if not self.group.holds(bits).all():
            raise ValueError(
                f"Expected rows of X with {self.group.words[0]} set, as in fit_resample, but some "
                "have more or none. Correct them, or fit with rules=None."
            )
        return _read(self.group, bits)

    def write(self, column: ColumnValues) -> dict[int, ColumnValues]:
        """Return the columns of given categories."""
        columns = zip(
            self.group.members, self.encoders, self.group.bits(column.values), strict=True
        )
        return {
            j: ColumnValues(encoder.rounded(bits), column.missing) for j, encoder, bits in columns
        }


def fit_group(
    group: OneHotGroup,
    columns: Sequence[Column],
    encoders: Sequence[NumericEncoder | CategoryEncoder],
) -> GroupEncoder:
    """Fit the encoder of a one-hot group, given all columns and their encoders."""
    column = _read(group, {j: columns[j].values for j in group.members})
    fitted = fit_categories(column, np.arange(len(group.members) + 1))
    of_members = tuple(encoders[j] for j in group.members)
    return GroupEncoder(**vars(fitted), group=group, encoders=of_members)


def _read(group: OneHotGroup, bits: Values) -> ColumnValues:
    numbers = group.categories(bits)
    missing = np.isnan(numbers)
    return ColumnValues.of(np.where(missing, 0, numbers).astype(np.intp), missing)
