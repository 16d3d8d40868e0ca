"""Rejection sampling by a density ratio, estimated with boosted trees."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .._encoding.layout import EncodedRows, Layout
from .._nn.random import random_rows, uniform
from .trees import TwoSampleTrees

__all__ = ["DensityRatio", "n_generated"]

# With fewer rows of a class, or fewer than columns, errors of a generator cannot be estimated.
_FEWEST_ROWS = 50
# In fewer columns distance and score say as much, and rows are held too close to those learned.
_FEWEST_COLUMNS = 6
# Rows of either kind that the trees learn from: generated ones are many times as many as real
# ones, at least the third number and at most the fourth.
_MOST_ROWS, _GENERATED_PER_ROW, _FEWEST_GENERATED, _MOST_GENERATED = 2000, 20, 1000, 4000
_N_BINS = 63
# Trees that fit single rows of a small class favour values that repeat.
_MOST_TREES, _TREES_PER_ROW = 100, 0.4
# Quantile of the ratio over generated rows above which every row is accepted.
_CERTAIN = 0.95


def n_generated(n_rows: int) -> int:
    """Return how many generated rows are compared with the rows of a class."""
    return min(max(_FEWEST_GENERATED, _GENERATED_PER_ROW * n_rows), _MOST_GENERATED)


class DensityRatio:
    """The ratio of the density of a class's real rows to that of its generated rows.

    Boosted trees classify the two, and their odds are the ratio, up to a constant. Generated rows
    accepted in proportion to it have the density of real ones (rejection sampling [1]_).

    Parameters
    ----------
    layout : Layout
        The columns of encoded rows.
    class_rows, generated : ndarray of shape (n, d) and (m, d)
        Encoded rows, the generated ones after decoding.
    rng : torch.Generator
        Draws a subsample of many rows.

    Attributes
    ----------
    trees : TwoSampleTrees
        Classifier of real rows (first) and generated ones (second).

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
        self.trees = TwoSampleTrees(layout, real, generated, n_trees=n_trees, n_bins=_N_BINS)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is computed from the trees, which are not pickled either."""
        return {name: value for name, value in vars(self).items() if name != "_certain"}

    @staticmethod
    def is_applicable(n_rows: int, n_columns: int) -> bool:
        """Tell whether a class has enough rows, and a table enough columns."""
        return n_columns >= _FEWEST_COLUMNS and n_rows >= max(_FEWEST_ROWS, n_columns)

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept rows at random, by their density ratio. Shape: (n, d) -> (n,)."""
        chance = uniform((len(rows),), rng, torch.device("cpu")).numpy()
        log_odds = self.trees.log_odds(rows) - self._certain
        accepted: npt.NDArray[np.bool_] = chance < np.exp(log_odds)
        return accepted

    @cached_property
    def _certain(self) -> float:
        """The log-odds above which every row is accepted."""
        return float(np.quantile(self.trees.log_odds(self.trees.second), _CERTAIN))
