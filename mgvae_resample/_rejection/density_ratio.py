"""Which generated rows to accept: the more likely real rows are there, the more of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .._encoding.layout import EncodedRows, Layout
from .._nn.random import random_rows, uniform
from .trees import TwoSampleTrees

__all__ = ["N_GENERATED", "DensityRatio"]

# Fewer rows of a class, or fewer than columns, do not show where a generator is wrong.
_FEWEST_ROWS = 50
# In fewer columns distance and score say as much, and rows are held too close to those learned.
_FEWEST_COLUMNS = 6
# Rows of either kind that the trees learn from.
_MOST_ROWS, N_GENERATED = 2000, 4000
# Trees that fit single rows of a small class favour values that repeat.
_MOST_TREES, _TREES_PER_ROW = 100, 0.4
# The ratio from which on every row is accepted, as a quantile over generated rows.
_CERTAIN = 0.95


class DensityRatio:
    """The ratio of the density of a class's real rows to that of its generated rows.

    Boosted trees tell the two apart, and their odds are the ratio, up to a constant. Generated
    rows accepted in proportion to it have the density of real ones (rejection sampling [1]_).

    Parameters
    ----------
    layout : Layout
        The columns of encoded rows.
    class_rows, generated : ndarray of shape (n, d) and (m, d)
        Encoded rows, the generated ones restored.
    rng : torch.Generator
        Chooses among very many rows.

    Attributes
    ----------
    trees : TwoSampleTrees
        What tells real rows (first) from generated ones (second).

    References
    ----------
    .. [1] S. Azadi, C. Olsson, T. Darrell, I. Goodfellow, A. Odena, "Discriminator Rejection
       Sampling", ICLR 2019, section 3.
    """

    def __init__(
        self,
        layout: Layout,
        class_rows: EncodedRows,
        generated: EncodedRows,
        rng: torch.Generator,
    ) -> None:
        real = random_rows(class_rows, _MOST_ROWS, rng)
        n_trees = round(min(_MOST_TREES, _TREES_PER_ROW * len(real)))
        self.trees = TwoSampleTrees(layout, real, generated, n_trees=n_trees)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was read from the trees, which are left out as well."""
        return {name: value for name, value in vars(self).items() if name != "_certain"}

    @staticmethod
    def is_applicable(n_rows: int, n_columns: int) -> bool:
        """Tell whether a class has enough rows, and a table enough columns."""
        return n_columns >= _FEWEST_COLUMNS and n_rows >= max(_FEWEST_ROWS, n_columns)

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept restored rows at random. Shape: (n, d) -> (n,)."""
        chance = uniform((len(rows),), rng, torch.device("cpu")).numpy()
        log_odds = self.trees.log_odds(rows) - self._certain
        accepted: npt.NDArray[np.bool_] = chance < np.exp(log_odds)
        return accepted

    @cached_property
    def _certain(self) -> float:
        """The log-odds from which on every row is accepted."""
        return float(np.quantile(self.trees.log_odds(self.trees.second), _CERTAIN))
