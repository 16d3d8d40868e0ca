"""Cells are one column in plain form: numbers, and where none are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Cells", "Reader"]

AnyArray: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one column.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Finite numbers; whatever is missing holds any number.
    missing : ndarray of bool of shape (n_rows,) or None
        Which cells are missing; None if none are.
    """

    values: AnyArray
    missing: npt.NDArray[np.bool_] | None = None

    def known(self) -> AnyArray:
        """Values of the cells that are not missing."""
        return self.values if self.missing is None else self.values[~self.missing]


class Reader(Protocol):
    """Turns a column of some container into cells, and cells into such a column."""

    @property
    def name(self) -> str:
        """Name of the column, for messages."""
        ...

    @property
    def n_levels(self) -> int | None:
        """Number of levels, if the cells are the numbers of levels."""
        ...

    def read(self, column: Any) -> Cells:
        """Read a column."""
        ...

    def write(self, cells: Cells) -> Any:
        """Write cells as a column of the container and the dtype that was read at first."""
        ...
