"""Layout says which column of the table each code of a row stands for, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Kind", "Layout", "Slot"]

Kind: TypeAlias = Literal["continuous", "intensity", "binary", "categorical"]


@dataclass(frozen=True)
class Slot:
    """The code of one column.

    Parameters
    ----------
    column : int
        Index of the column in the table.
    kind : {"continuous", "intensity", "binary", "categorical"}
        How the code is to be read: a normal score, an intensity in [0, 1], 0/1, or the number of
        a level.
    can_miss : bool
        Whether the code may be NaN, which stands for a missing value.
    n_levels : int
        Number of levels of a categorical column that are common enough to be learned one by one;
        they are numbered first, from 0.
    n_rare : int
        Number of its other levels, which follow.
    """

    column: int
    kind: Kind
    can_miss: bool = False
    n_levels: int = 0
    n_rare: int = 0


@dataclass(frozen=True)
class Layout:
    """The slots of a code row, in order: code i stands for the column of slot i.

    A column that never varies has no slot: there is nothing to learn about it.

    Parameters
    ----------
    slots : tuple of Slot
        The slots.
    """

    slots: tuple[Slot, ...]

    @property
    def width(self) -> int:
        """Number of codes in a row."""
        return len(self.slots)

    def positions(self, kind: Kind) -> npt.NDArray[np.intp]:
        """Code positions that belong to columns of one kind.

        Parameters
        ----------
        kind : {"continuous", "intensity", "binary", "categorical"}
            The kind asked for.

        Returns
        -------
        ndarray of intp of shape (n_positions,)
            Positions in increasing order; empty if no column is of this kind.
        """
        return np.array([i for i, s in enumerate(self.slots) if s.kind == kind], dtype=np.intp)

    def check(self, codes: npt.ArrayLike) -> npt.NDArray[np.floating[Any]]:
        """Return codes as an array, or refuse those of another width.

        Raises
        ------
        ValueError
            If there is not one code for each slot.
        """
        array = np.asarray(codes)
        if array.ndim != 2 or array.shape[1] != self.width:
            raise ValueError(f"Expected (n, {self.width}) codes, got {array.shape}.")
        return array
