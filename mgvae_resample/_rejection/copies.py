"""Rules on rows that are known already."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .._encoding.layout import EncodedRows

__all__ = ["NoneOf"]


class NoneOf:
    """Refuses rows that equal one of the rows given.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        Encoded rows.
    """

    def __init__(self, rows: EncodedRows) -> None:
        self.rows = rows
        self._known: set[bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the rows."""
        return vars(self) | {"_known": None}

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept rows that are not among those known. Shape: (n, d) -> (n,)."""
        if self._known is None:
            self._known = set(_as_bytes(self.rows))
        return np.array([row not in self._known for row in _as_bytes(rows)], dtype=bool)


def _as_bytes(rows: EncodedRows) -> list[bytes]:
    # NaN has many bit patterns.
    return [row.tobytes() for row in np.nan_to_num(rows, nan=-np.inf)]
