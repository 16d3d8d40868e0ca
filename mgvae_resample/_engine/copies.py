"""Which rows repeat one that is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["KnownRows"]

Rows = npt.NDArray[np.float32]


class KnownRows:
    """Rows that are not to be repeated.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        Codes or features; two missing values are equal.
    """

    def __init__(self, rows: Rows) -> None:
        self._known = set(_as_bytes(rows))

    def hold(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell which rows are among those known. Shape: (m, d) -> (m,)."""
        return np.array([row in self._known for row in _as_bytes(rows)], dtype=bool)


def _as_bytes(rows: Rows) -> list[bytes]:
    # NaN has many bit patterns.
    return [row.tobytes() for row in np.nan_to_num(rows, nan=-np.inf)]
