"""Boosted trees that tell rows of one kind from rows of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.class_weight import compute_sample_weight

from .._encoding.layout import EncodedRows, FloatArray, Floats, Layout

__all__ = ["TwoSampleTrees", "boosted_trees"]

# scikit-learn's trees have so many bins, and know as many categories. They refuse columns without
# any value, so "missing" is a number here, less than any normal score.
_MOST_BINS, _MISSING = 255, -100.0


def boosted_trees(
    rows: Floats,
    labels: npt.NDArray[np.generic],
    categorical: Sequence[bool] | npt.NDArray[np.bool_],
    *,
    n_trees: int = 100,
    n_bins: int = _MOST_BINS,
    class_weight: str | None = None,
    random_state: int = 0,
) -> HistGradientBoostingClassifier:
    """Fit boosted trees to rows of numbers, however few. Shape: rows (n, d), labels (n,) ->."""
    return HistGradientBoostingClassifier(
        categorical_features=categorical,
        max_iter=n_trees,
        max_bins=n_bins,
        # By default leaves hold 20 rows, and fewer than 40 rows could not be split at all.
        min_samples_leaf=max(1, min(20, len(rows) // 4)),
        class_weight=class_weight,
        random_state=random_state,
    ).fit(rows, labels)


class TwoSampleTrees:
    """Boosted trees of encoded rows, and the log-odds that a row is of the first sample.

    Parameters
    ----------
    layout : Layout
        The columns of encoded rows.
    first, second : ndarray of shape (n, d) and (m, d)
        Encoded rows.
    n_trees : int
        Number of trees.
    n_bins : int, default=255
        Values of a column that trees tell apart: the time goes by them.
    class_weight : {"balanced"} or None, default=None
        Whether both samples have the same weight, whatever their sizes.
    """

    def __init__(
        self,
        layout: Layout,
        first: EncodedRows,
        second: EncodedRows,
        *,
        n_trees: int,
        n_bins: int = _MOST_BINS,
        class_weight: str | None = None,
    ) -> None:
        self.layout = layout
        rows = np.concatenate([self._inputs(first), self._inputs(second)])
        labels = np.arange(len(rows)) < len(first)
        self._thresholds: dict[int, FloatArray] = {}
        if class_weight is not None:
            weights = compute_sample_weight(class_weight, labels)
            for i in layout.positions("continuous"):
                if len(np.unique(rows[:, i])) > n_bins:
                    self._thresholds[i] = _quantiles(rows[:, i], weights, n_bins)
        self._trees = boosted_trees(
            self._binned(rows),
            labels,
            [
                slot.kind == "categorical" and slot.n_categories + 2 <= n_bins
                for slot in layout.slots
            ],
            n_trees=n_trees,
            n_bins=n_bins,
            class_weight=class_weight,
        )

    def log_odds(self, rows: EncodedRows) -> FloatArray:
        """Return the log-odds of the first sample. Shape: (n, d) -> (n,)."""
        inputs = self._binned(self._inputs(rows))
        log_odds: FloatArray = self._trees.decision_function(inputs)
        return log_odds

    def _binned(self, inputs: EncodedRows) -> EncodedRows:
        """Replace continuous values by the numbers of their bins. Shape: (n, d) -> (n, d).

        scikit-learn finds the same bins, but with weights that takes longer than the trees.
        """
        binned = inputs.copy()
        for i, thresholds in self._thresholds.items():
            binned[:, i] = np.searchsorted(thresholds, inputs[:, i])
        return binned

    def _inputs(self, rows: EncodedRows) -> EncodedRows:
        """Take a column's infrequent categories for one, and "missing" for a number of its own.

        Shape: (n, d) -> (n, d).
        """
        inputs = np.nan_to_num(rows, nan=_MISSING)
        for i in self.layout.positions("categorical"):
            last = self.layout.slots[i].n_categories
            known = np.minimum(rows[:, i], last)
            inputs[:, i] = np.nan_to_num(known, nan=last + 1)
        return inputs


def _quantiles(values: Floats, weights: FloatArray, n: int) -> FloatArray:
    """Return the weighted quantiles between n parts, those between two values averaged."""
    order = np.argsort(values)
    ordered, cumulated = values[order].astype(np.float64), np.cumsum(weights[order])
    targets = np.linspace(0, 100, n + 1)[1:-1] / 100 * cumulated[-1]
    at = np.searchsorted(cumulated, targets).clip(max=len(values) - 1)
    is_between = cumulated[at] - targets <= np.finfo(np.float64).eps
    after = (at + is_between).clip(max=len(values) - 1)
    return np.unique((ordered[at] + ordered[after]) / 2)
