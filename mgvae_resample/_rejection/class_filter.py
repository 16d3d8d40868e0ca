"""Which rows to refuse because they look like rows of another class."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch
from sklearn.model_selection import StratifiedKFold

from .._encoding.layout import EncodedRows, Layout
from .._nn.random import random_rows, uniform
from .trees import TwoSampleTrees

__all__ = ["ClassFilter"]

# Fewer rows do not show how often rows of the class look like others, and with more columns trees
# take longer than a training.
_FEWEST_ROWS, _MOST_COLUMNS = 30, 100
# Rows of the class, and of others, that the trees learn from.
_MOST_ROWS, _MOST_OTHERS = 1000, 2000
_N_TREES, _N_BINS, _N_FOLDS = 100, 63, 5
# So many trees of one fold show for most tables that no filter is needed.
_FEW_TREES = 40
# Where trees cannot split, log-odds are 0 but for rounding.
_ROUNDING = 1e-6


class ClassFilter:
    """Refuses rows that look like other classes, where more do so than real rows of the class.

    Boosted trees tell rows of the class from those of all others, which have the same weight.
    Out of fold they take some of the class's own rows for others. New rows that they take for
    others are accepted at random, so that their share is no larger.

    Parameters
    ----------
    layout : Layout
        The columns of encoded rows.
    class_rows, other_rows : ndarray of shape (n, d) and (m, d)
        Encoded rows of the class and of all others.
    rng : torch.Generator
        Chooses among very many rows.

    Attributes
    ----------
    trees : TwoSampleTrees
        What tells rows of the class (first) from others (second).
    chance : float
        The probability that a row which looks like another class is accepted.
    """

    def __init__(
        self,
        layout: Layout,
        class_rows: EncodedRows,
        other_rows: EncodedRows,
        rng: torch.Generator,
    ) -> None:
        self.chance = 1.0
        self.trees = _trees(
            layout,
            random_rows(class_rows, _MOST_ROWS, rng),
            random_rows(other_rows, _MOST_OTHERS, rng),
        )

    @staticmethod
    def is_applicable(n_class: int, n_others: int, n_columns: int) -> bool:
        """Tell whether there are rows enough, and not too many columns."""
        return min(n_class, n_others) >= _FEWEST_ROWS and n_columns <= _MOST_COLUMNS

    def chance_for(self, proposed: EncodedRows) -> float:
        """Find ``chance`` from new rows. Shape: (k, d) ->."""
        for n_trees, n_folds in ((_FEW_TREES, 1), (_N_TREES, _N_FOLDS)):
            n_misclassified, looking_like_others = 0, 0.0
            # The same trees judge new rows and the class's own rows of a fold. Where they take
            # fewer new ones for others, by a standard error, there is no need of other folds.
            for trees, held in islice(self._folds(n_trees), n_folds):
                n_misclassified += int(_are_other(trees, held).sum())
                looking_like_others += len(held) * float(_are_other(trees, proposed).mean())
                if looking_like_others + math.sqrt(looking_like_others) <= n_misclassified:
                    return 1.0
        # The rule of succession: of a few rows none may look like others by chance.
        expected = (1 + n_misclassified) / (len(self.trees.first) + 2)
        share = self.looks_like_others(proposed).mean()
        if share <= expected:
            return 1.0
        share = min(share, 1.0 - 1e-6)
        return float(expected / (1.0 - expected) * (1.0 - share) / share)

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept restored rows, those that look like another class at random.

        Shape: (n, d) -> (n,).
        """
        # NOTE[DIFF] In the papers every row that is made is taken to be of its class.
        chance = uniform((len(rows),), rng, torch.device("cpu")).numpy()
        accepted: npt.NDArray[np.bool_] = ~self.looks_like_others(rows) | (chance < self.chance)
        return accepted

    def looks_like_others(self, rows: EncodedRows) -> npt.NDArray[np.bool_]:
        """Tell which rows look like another class. Shape: (n, d) -> (n,)."""
        return _are_other(self.trees, rows)

    def _folds(self, n_trees: int) -> Iterator[tuple[TwoSampleTrees, EncodedRows]]:
        """Yield trees of all folds but one, and the class's own rows of that one."""
        class_rows, other_rows = self.trees.first, self.trees.second
        rows = np.concatenate([class_rows, other_rows])
        of_class = np.arange(len(rows)) < len(class_rows)
        folds = StratifiedKFold(_N_FOLDS, shuffle=True, random_state=0)
        for fit, held in folds.split(rows, of_class):
            known, others = rows[fit[of_class[fit]]], rows[fit[~of_class[fit]]]
            yield _trees(self.trees.layout, known, others, n_trees), rows[held[of_class[held]]]


def _trees(
    layout: Layout, class_rows: EncodedRows, other_rows: EncodedRows, n_trees: int = _N_TREES
) -> TwoSampleTrees:
    return TwoSampleTrees(
        layout,
        class_rows,
        other_rows,
        n_trees=n_trees,
        n_bins=_N_BINS,
        class_weight="balanced",
    )


def _are_other(trees: TwoSampleTrees, rows: EncodedRows) -> npt.NDArray[np.bool_]:
    """Tell which rows trees take for others. Shape: (n, d) -> (n,)."""
    return trees.log_odds(rows) < -_ROUNDING
