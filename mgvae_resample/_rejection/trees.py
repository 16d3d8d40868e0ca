"""Boosted trees that classify two samples of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.class_weight import compute_sample_weight

from .._encoding.layout import EncodedRows, Floats, Layout

__all__ = ["TwoSampleTrees", "boosted_trees"]

# scikit-learn's limits of bins and of categories. Its trees refuse columns without any value, so
# "missing" is a number here, less than any normal score.
_MOST_BINS, _MOST_LEAVES, _MISSING = 255, 31, -100.0
# The edges of the bins of some columns, and the trees.
_Fitted: TypeAlias = tuple[dict[int, Floats], HistGradientBoostingClassifier]


def boosted_trees(
    rows: Floats,
    labels: npt.NDArray[np.generic],
    categorical: Sequence[bool] | npt.NDArray[np.bool_],
    *,
    n_trees: int = 100,
    n_leaves: int = _MOST_LEAVES,
    n_bins: int = _MOST_BINS,
    class_weight: str | None = None,
    random_state: int = 0,
) -> HistGradientBoostingClassifier:
    """Fit boosted trees, also to few rows. Shape: rows (n, d), labels (n,) ->."""
    return HistGradientBoostingClassifier(
        categorical_features=categorical,
        max_iter=n_trees,
        max_leaf_nodes=n_leaves,
        max_bins=n_bins,
        # By default leaves hold 20 rows, and fewer than 40 rows could not be split at all.
        min_samples_leaf=max(1, min(20, len(rows) // 4)),
        class_weight=class_weight,
        random_state=random_state,
    ).fit(rows, labels)


class TwoSampleTrees:
    """Boosted trees that return the log-odds that an encoded row is of the first sample.

    They are fitted when first used. A pickle holds the rows and not the trees, which other
    versions of scikit-learn could not read.

    Parameters
    ----------
    layout : Layout
        The columns of encoded rows.
    first, second : ndarray of shape (n, d) and (m, d)
        Encoded rows.
    n_trees : int
        Number of trees.
    n_leaves : int, default=31
        Leaves of a tree.
    n_bins : int, default=255
        Maximum number of bins of a column; fewer are faster.
    class_weight : {"balanced"} or None, default=None
        "balanced" gives both samples the same weight, regardless of their sizes.

    Attributes
    ----------
    first, second : ndarray of shape (n, d) and (m, d)
        The rows given.
    """

    def __init__(
        self,
        layout: Layout,
        first: EncodedRows,
        second: EncodedRows,
        *,
        n_trees: int,
        n_leaves: int = _MOST_LEAVES,
        n_bins: int = _MOST_BINS,
        class_weight: str | None = None,
    ) -> None:
        self.layout, self.first, self.second = layout, first, second
        self.n_trees, self.n_leaves, self.n_bins = n_trees, n_leaves, n_bins
        self.class_weight = class_weight
        self._fitted: _Fitted | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the trees."""
        return vars(self) | {"_fitted": None}

    def log_odds(self, rows: EncodedRows) -> Floats:
        """Return the log-odds of the first sample. Shape: (n, d) -> (n,)."""
        if not len(rows):
            return np.empty(0)
        if self._fitted is None:
            self._fitted = self._fit()
        thresholds, trees = self._fitted
        log_odds: Floats = trees.decision_function(_binned(self._inputs(rows), thresholds))
        return log_odds

    def _fit(self) -> _Fitted:
        rows = np.concatenate([self._inputs(self.first), self._inputs(self.second)])
        labels = np.arange(len(rows)) < len(self.first)
        thresholds: dict[int, Floats] = {}
        if self.class_weight is not None:
            weights = compute_sample_weight(self.class_weight, labels)
            for i in self.layout.positions("continuous"):
                if len(np.unique(rows[:, i])) > self.n_bins:
                    thresholds[i] = _quantiles(rows[:, i], weights, self.n_bins)
        trees = boosted_trees(
            _binned(rows, thresholds),
            labels,
            [
                slot.column_type == "categorical" and slot.n_categories + 2 <= self.n_bins
                for slot in self.layout.slots
            ],
            n_trees=self.n_trees,
            n_leaves=self.n_leaves,
            n_bins=self.n_bins,
            class_weight=self.class_weight,
        )
        return thresholds, trees

    def _inputs(self, rows: EncodedRows) -> EncodedRows:
        """Merge the infrequent categories of a column, and replace NaN by a number.

        Shape: (n, d) -> (n, d).
        """
        inputs = np.nan_to_num(rows, nan=_MISSING)
        for i in self.layout.positions("categorical"):
            last = self.layout.slots[i].n_categories
            inputs[:, i] = np.nan_to_num(np.minimum(rows[:, i], last), nan=last + 1)
        return inputs


def _binned(inputs: EncodedRows, thresholds: dict[int, Floats]) -> EncodedRows:
    """Replace values of columns with thresholds by the numbers of their bins.

    scikit-learn makes the same bins, but with weights that takes longer than the trees.

    Shape: (n, d) -> (n, d).
    """
    binned = inputs.copy()
    for i, between in thresholds.items():
        binned[:, i] = np.searchsorted(between, inputs[:, i])
    return binned


def _quantiles(values: Floats, weights: Floats, n: int) -> Floats:
    """Return the weighted quantiles between n parts; two adjacent values are averaged."""
    order = np.argsort(values)
    ordered, cumulated = values[order].astype(np.float64), np.cumsum(weights[order])
    targets = np.linspace(0, 100, n + 1)[1:-1] / 100 * cumulated[-1]
    at = np.searchsorted(cumulated, targets).clip(max=len(values) - 1)
    is_between = cumulated[at] - targets <= np.finfo(np.float64).eps
    after = (at + is_between).clip(max=len(values) - 1)
    return np.unique((ordered[at] + ordered[after]) / 2)
