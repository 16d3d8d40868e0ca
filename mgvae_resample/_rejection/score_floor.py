"""Refuses new rows that a classifier scores below the lowest tenth of their class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from sklearn.model_selection import StratifiedKFold

from .._encoding.layout import EncodedRows, Floats, Layout
from .._nn.random import random_rows, uniform
from .trees import TwoSampleTrees

__all__ = ["ScoreFloor"]

# With fewer rows, scores of the class are too uncertain; with more columns, trees take longer than
# a training.
_FEWEST_ROWS, _MOST_COLUMNS = 30, 100
# Rows of the class, and of others, that the trees learn from.
_MOST_ROWS, _MOST_OTHERS = 1000, 2000
_N_TREES, _N_LEAVES, _N_BINS, _N_FOLDS = 30, 15, 63, 3
# Exact rules between categories need more trees.
_N_TREES_OF_CATEGORIES = 100
_QUANTILE = 0.1
_ROUNDING = 1e-6


class ScoreFloor:
    """Refuses rows to which boosted trees give a low score for the class.

    Trees classify rows of the class against all others, with equal weights, in folds. The score of
    a new row under the trees of one fold must reach the 0.1 quantile of the out-of-fold scores of
    rows of the class. So both are scored by trees that have not seen them.

    Parameters
    ----------
    layout : Layout
        The columns of encoded rows.
    class_rows, other_rows : ndarray of shape (n, d) and (m, d)
        Encoded rows of the class and of all others.
    rng : torch.Generator
        Draws a subsample of many rows.

    Attributes
    ----------
    trees : list of TwoSampleTrees
        For each fold, the classifier of rows of the class (first) and others (second).
    floor : float
        The lowest log-odds that are accepted.
    """

    def __init__(
        self,
        layout: Layout,
        class_rows: EncodedRows,
        other_rows: EncodedRows,
        rng: torch.Generator,
    ) -> None:
        class_rows = random_rows(class_rows, _MOST_ROWS, rng)
        rows = np.concatenate([class_rows, random_rows(other_rows, _MOST_OTHERS, rng)])
        in_class = np.arange(len(rows)) < len(class_rows)
        has_numbers = len(layout.positions("continuous")) > 0
        n_trees = _N_TREES if has_numbers else _N_TREES_OF_CATEGORIES
        self.trees, scores = [], []
        for fit, held in StratifiedKFold(_N_FOLDS).split(rows, in_class):
            trees = TwoSampleTrees(
                layout,
                rows[fit[in_class[fit]]],
                rows[fit[~in_class[fit]]],
                n_trees=n_trees,
                n_leaves=_N_LEAVES,
                n_bins=_N_BINS,
                class_weight="balanced",
            )
            self.trees.append(trees)
            scores.append(trees.log_odds(rows[held[in_class[held]]]))
        self.floor = float(np.quantile(np.concatenate(scores), _QUANTILE)) - _ROUNDING

    @staticmethod
    def is_applicable(n_class: int, n_others: int, n_columns: int) -> bool:
        """Return whether there are enough rows, and not too many columns."""
        return min(n_class, n_others) >= _FEWEST_ROWS and n_columns <= _MOST_COLUMNS

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept rows whose score reaches the floor. Shape: (n, d) -> (n,)."""
        # NOTE[DIFF] In the papers every generated row is accepted.
        accepted: npt.NDArray[np.bool_] = self.scores(rows, rng) >= self.floor
        return accepted

    def scores(self, rows: EncodedRows, rng: torch.Generator) -> Floats:
        """Return the log-odds of the class, each by the trees of one fold. Shape: -> (n,)."""
        fold = (uniform((len(rows),), rng, torch.device("cpu")) * len(self.trees)).int().numpy()
        scores = np.empty(len(rows))
        for number, trees in enumerate(self.trees):
            scores[fold == number] = trees.log_odds(rows[fold == number])
        return scores
