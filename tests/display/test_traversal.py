"""Codes are moved, and what they change is drawn."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix

from mgvae_resample.display import TraversalDisplay
from tests.support import quick_gan, table
from tests.tables.columns import customers


def test_images_stand_in_strips(digits):
    sampler = quick_gan(image_shape=(8, 8), hidden_layer_sizes=(4,), sampling_strategy="all")
    X, y = digits
    y = np.where(X[:, 20] > 8, 2, y)
    sampler.fit_resample(X, y)
    shown = TraversalDisplay.from_estimator(sampler, values=[-1, 0, 2])
    labels = shown.labels
    assert set(labels) == set(sampler.n_synthetic_)
    assert list(shown.images) == ["c1", "c2"]
    for ax, (code, images) in zip(shown.axes_, shown.images.items(), strict=True):
        expected = sampler.traverse(code, labels, [-1, 0, 2])
        assert_array_equal(images.reshape(-1, 64), expected)
        assert ax.get_title() == code
        assert [t.get_text() for t in ax.get_xticklabels()] == ["-1", "0", "2"]
        assert [t.get_text() for t in ax.get_yticklabels()] == [str(k) for k in labels]
    one = TraversalDisplay.from_estimator(sampler, "c2", labels=labels[:1], values=[1])
    assert [i.shape for i in one.images.values()] == [(1, 1, 8, 8)]


def test_columns_are_drawn_by_how_far_they_move():
    X, y = customers()
    sampler = quick_gan(max_steps=60)
    sampler.fit_resample(X, y)
    given = {"values": [-2, 0, 2], "max_columns": 99}
    shown = TraversalDisplay.from_estimator(sampler, "c1", **given)
    effects = shown.effects["c1", 1]
    assert all(np.ptp(a) >= np.ptp(b) for a, b in pairwise(effects.values()))
    assert {"age", "since", "plan = S", "plan = M", "plan = L"} <= set(effects)
    assert "last" not in effects
    ages = np.array([sampler.sample(200, 1, {"c1": v})["age"] for v in (-2.0, 0.0, 2.0)])
    assert_allclose(effects["age"], (ages.mean(1) - ages.mean()) / ages.std())
    fewer = TraversalDisplay.from_estimator(sampler, "c1", **given | {"max_columns": 4})
    (ax,) = fewer.axes_
    assert len(ax.lines) == 4
    for line, (name, means) in zip(ax.lines, list(effects.items())[:4], strict=True):
        assert_array_equal(line.get_ydata(), means)
        assert line.get_label() == name


def test_a_panel_for_each_code_and_class():
    sampler = quick_gan()
    sampler.fit_resample(*table(60, 15, 14))
    shown = TraversalDisplay.from_estimator(sampler, values=[0, 1])
    assert list(shown.effects) == [("c1", 1), ("c1", 2), ("c2", 1), ("c2", 2)]
    assert [ax.get_title() for ax in shown.axes_] == ["class 1", "class 2"] * 2
    with pytest.raises(ValueError, match="'c9' is not an observed code"):
        TraversalDisplay.from_estimator(sampler, "c9", labels=[1])
    with pytest.raises(ValueError, match="'label' is 0"):
        TraversalDisplay.from_estimator(sampler, labels=[0])


@pytest.mark.parametrize("name", ["pl", "csr"])
def test_effects_of_every_container(name):
    X, y = customers()
    X = pl.from_pandas(X) if name == "pl" else csr_matrix(X[["age", "debts"]].to_numpy(float))
    sampler = quick_gan()
    sampler.fit_resample(X, y)
    assert TraversalDisplay.from_estimator(sampler, "c1", values=[0, 1]).effects["c1", 1]


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0)])
def test_all_but_the_code_is_kept_without_an_int_seed(seed):
    sampler = quick_gan(random_state=seed)
    sampler.fit_resample(*table(60, 15))
    shown = TraversalDisplay.from_estimator(sampler, "c1", values=[0.5, 0.5, 0.5])
    for means in shown.effects["c1", 1].values():
        assert_allclose(means, 0.0, atol=1e-6)


def test_there_is_something_to_move(binary):
    sampler = quick_gan()
    sampler.fit_resample(*binary)
    with pytest.raises(ValueError, match="There is no class to move a code in"):
        sampler.traverse("c1", [])
    before = sampler.traverse("c1")
    assert_array_equal(sampler.set_params(noise_dim=3).traverse("c1"), before)
