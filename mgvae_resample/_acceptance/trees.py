"""Boosted trees that tell rows of one kind from rows of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

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
        self._trees = boosted_trees(
            rows,
            np.arange(len(rows)) < len(first),
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
        log_odds: FloatArray = self._trees.decision_function(self._inputs(rows))
        return log_odds

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
