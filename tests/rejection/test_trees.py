"""Boosted trees of encoded rows tell two samples apart, whatever their sizes and columns."""

import numpy as np
import pytest

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._rejection.trees import TwoSampleTrees, _quantiles


@pytest.mark.parametrize(
    ("weights", "n", "expected"),
    [
        ([1.0, 1.0, 1.0, 1.0], 2, [2.5]),
        ([3.0, 1.0, 1.0, 1.0], 2, [1.5]),
        ([4.0, 1.0, 1.0, 1.0], 2, [1.0]),
        ([1.0, 1.0, 1.0, 1.0], 4, [1.5, 2.5, 3.5]),
    ],
)
def test_quantiles_are_weighted(weights, n, expected):
    values = np.array([3.0, 1.0, 4.0, 2.0], dtype=np.float32)
    # Weights belong to the values in ascending order.
    order = values.argsort().argsort()
    found = _quantiles(values, np.array(weights)[order], n)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("n_bins", [8, 63])
def test_balanced_trees_split_where_the_samples_part(n_bins):
    random = np.random.default_rng(0)
    layout = Layout((Slot(0, "continuous"), Slot(1, "continuous", can_miss=True)))
    first = random.normal(2.0, 1.0, (40, 2)).astype(np.float32)
    second = random.normal(-2.0, 1.0, (900, 2)).astype(np.float32)
    first[::2, 1] = second[::2, 1] = np.nan
    trees = TwoSampleTrees(
        layout, first, second, n_trees=20, n_bins=n_bins, class_weight="balanced"
    )
    new = np.array([[2.0, 2.0], [2.0, np.nan], [-2.0, -2.0], [-2.0, np.nan]], np.float32)
    assert (trees.log_odds(new) > 0).tolist() == [True, True, False, False]
