"""The layout of encoded rows: which column each number stands for, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .._tables.adapters import Floats

__all__ = ["ColumnType", "EncodedRows", "Floats", "Layout", "Slot"]

ColumnType: TypeAlias = Literal["continuous", "intensity", "binary", "categorical"]
EncodedRows: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Slot:
    """The place of one column in encoded rows."""

    # Index of the column in the table.
    column: int
    # What the encoded number is: a normal score, an intensity in [0, 1], 0 or 1, or the number of
    # a category.
    column_type: ColumnType
    # Whether it may be NaN, which stands for a missing value.
    can_miss: bool = False
    # Number of categories that are frequent enough to be learned one by one; they are numbered
    # first, from 0. The infrequent ones follow.
    n_categories: int = 0
    n_infrequent: int = 0


@dataclass(frozen=True)
class Layout:
    """Which column of encoded rows is what: column i is slot i.

    A column of the table that never varies has no slot: there is nothing to learn about it.
    """

    slots: tuple[Slot, ...]

    @property
    def width(self) -> int:
        """Number of columns of encoded rows."""
        return len(self.slots)

    def positions(self, column_type: ColumnType) -> npt.NDArray[np.intp]:
        """Return the positions of the slots of one column type, in increasing order."""
        return np.array(
            [i for i, s in enumerate(self.slots) if s.column_type == column_type], dtype=np.intp
        )
