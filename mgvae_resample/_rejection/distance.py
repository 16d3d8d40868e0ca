"""Refuses new rows that are farther from the class than its rows are from each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._encoding.layout import EncodedRows, Layout
from .._nn.random import random_rows

__all__ = ["DistanceCeiling"]

# Rows of the class that distances are measured to.
_MOST_ROWS = 1000
# The ceiling is this quantile of the distances between rows of the class: a lower one in few
# columns if rows are too few for a score floor, and the largest distance if they are fewer still.
_QUANTILE, _QUANTILE_OF_FEW = 0.9, 0.7
_FEW_ROWS, _FEWEST_ROWS, _FEW_COLUMNS, _REPEATED = 30, 10, 6, 0.1
_ROUNDING = 1e-4


class DistanceCeiling:
    """Refuses rows that are too far from the nearest row of the class.

    The limit is a quantile of the distances from each row of the class to its closest record: 0.9,
    or 0.7 with fewer than thirty rows in fewer than six columns, or the maximum with fewer than
    ten rows or if more than a tenth of them repeat another. Repeats are left out. Distances are
    Euclidean, between normal scores and one-hot categories.

    Parameters
    ----------
    layout : Layout
        The columns of encoded rows.
    class_rows : ndarray of shape (n, d)
        Encoded rows of the class, at least two.
    rng : torch.Generator
        Draws a subsample of many rows.

    Attributes
    ----------
    ceiling : float
        The largest distance that is accepted, infinite if all rows of the class are equal.
    """

    def __init__(self, layout: Layout, class_rows: EncodedRows, rng: torch.Generator) -> None:
        self.layout = layout
        self.class_rows = random_rows(class_rows, _MOST_ROWS, rng)
        points = self._points(self.class_rows)
        between = torch.cdist(points, points).fill_diagonal_(torch.inf).amin(1)
        apart = between > _ROUNDING
        is_strict = len(class_rows) < _FEW_ROWS and layout.width < _FEW_COLUMNS
        quantile = _QUANTILE_OF_FEW if is_strict else _QUANTILE
        # With few distinct rows, KnownRows decides about repeats.
        if len(class_rows) < _FEWEST_ROWS or apart.float().mean() < 1.0 - _REPEATED:
            quantile = 1.0
        between = between[apart]
        self.ceiling = float(between.quantile(quantile)) if len(between) else float("inf")

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept rows that are near a row of the class. Shape: (n, d) -> (n,)."""
        # NOTE[DIFF] In the papers every generated row is accepted.
        distances = torch.cdist(self._points(rows), self._points(self.class_rows)).amin(1)
        accepted: npt.NDArray[np.bool_] = (distances <= self.ceiling + _ROUNDING).numpy()
        return accepted

    def _points(self, rows: EncodedRows) -> Tensor:
        """Return encoded rows with one-hot categories and missing indicators.

        Shape: (n, d) -> (n, n_dimensions).
        """
        x = torch.from_numpy(rows)
        missing = x.isnan()
        parts = [x[:, self.layout.positions("continuous")].nan_to_num(), missing.float()]
        parts.append(x[:, self.layout.positions("binary")].nan_to_num())
        for i in self.layout.positions("categorical"):
            slot = self.layout.slots[i]
            number = x[:, i].nan_to_num().long().clamp(0, slot.n_categories)
            # Two categories have distance 1, like two bits.
            parts.append(torch.nn.functional.one_hot(number, slot.n_categories + 1) / 2**0.5)
        return torch.cat(parts, 1)
