"""Layout says which slice of a code row stands for which column of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Kind", "Layout", "Slot"]

Kind: TypeAlias = Literal["continuous", "intensity", "binary"]


@dataclass(frozen=True)
class Slot:
    """The code positions ``start:stop`` that stand for one column.

    Parameters
    ----------
    column : int
        Index of the column in the table.
    kind : {"continuous", "intensity", "binary"}
        How the codes are to be read: normal scores, intensities in [0, 1], or 0/1.
    start, stop : int
        Half-open range of positions in a code row.
    """

    column: int
    kind: Kind
    start: int
    stop: int


@dataclass(frozen=True)
class Layout:
    """All slots of a code row, in order and without gaps.

    A column that never varies has no slot: there is nothing to learn about it.

    Parameters
    ----------
    slots : tuple of Slot
        The slots, sorted by their start.
    """

    slots: tuple[Slot, ...]

    def __post_init__(self) -> None:
        """Refuse slots that overlap, leave gaps or are empty."""
        position = 0
        for slot in self.slots:
            if slot.start != position or slot.stop <= slot.start:
                raise ValueError(
                    f"Expected a slot starting at code position {position}, got {slot}; "
                    "slots must follow one another without gaps."
                )
            position = slot.stop

    @property
    def width(self) -> int:
        """Number of codes in a row."""
        return self.slots[-1].stop if self.slots else 0

    def positions(self, kind: Kind) -> npt.NDArray[np.intp]:
        """Code positions that belong to columns of one kind.

        Parameters
        ----------
        kind : {"continuous", "intensity", "binary"}
            The kind asked for.

        Returns
        -------
        ndarray of intp of shape (n_positions,)
            Positions in increasing order; empty if no column is of this kind.
        """
        slots = [slot for slot in self.slots if slot.kind == kind]
        return np.array([i for s in slots for i in range(s.start, s.stop)], dtype=np.intp)
