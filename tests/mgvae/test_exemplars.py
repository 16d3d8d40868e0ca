"""Synthetic rows come from the exemplars that were asked for, chosen as was asked for."""

import numpy as np
import pytest

from tests.layouts import rng as stream
from tests.support import quick_vae, table


@pytest.fixture
def four_classes():
    """60, 15, 20 and 8 rows of classes 0 to 3."""
    return table(60, 15, 20, 8)


def exemplar_classes(sampler, X, y):
    """Return for each class made the classes of the rows behind its rows."""
    _, y_res = sampler.fit_resample(X, y)
    made = y_res[len(y) :]
    return {c: set(y[sampler.source_indices_[made == c]].tolist()) for c in np.unique(made)}


def test_the_majority_gives_the_exemplars_by_default(four_classes):
    assert exemplar_classes(quick_vae(), *four_classes) == {1: {0}, 2: {0}, 3: {0}}


def test_one_class_gives_all_exemplars_when_named(four_classes):
    assert exemplar_classes(quick_vae(exemplars=2), *four_classes) == {1: {2}, 2: {2}, 3: {2}}


def test_the_rest_gives_the_exemplars_when_asked_for(four_classes):
    found = exemplar_classes(
        quick_vae(exemplars="rest", exemplar_selection="uniform"), *four_classes
    )
    assert found == {1: {0, 2, 3}, 2: {0, 1, 3}, 3: {0, 1, 2}}


def test_unknown_exemplars_are_refused_with_the_choices(four_classes):
    with pytest.raises(ValueError, match=r"'exemplars'.*7.*\[0, 1, 2, 3\]"):
        quick_vae(exemplars=7).fit_resample(*four_classes)


def test_responsibility_prefers_exemplars_near_the_minority():
    rng = np.random.default_rng(0)
    near, far = rng.normal(3, 1, (60, 3)), rng.normal(-3, 1, (60, 3))
    minority = rng.normal(4, 1, (20, 3))
    X, y = np.concatenate([near, far, minority]), np.repeat([0, 0, 1], [60, 60, 20])
    share = {}
    for weights in ("uniform", 0.5, "responsibility"):
        # EWC holds the latent space in place, so that near stays near.
        settings = {"max_pretrain_steps": 200, "learning_rate": 0.01, "ewc_weight": 1.0}
        sampler = quick_vae(exemplar_selection=weights, **settings)
        sampler.fit_resample(X, y)
        # Before rules refuse rows that are not like the class.
        _, j = sampler._synthesizers[1].choose_pairs(400, stream(0))
        share[weights] = np.mean(sampler.exemplar_indices_[1][j.numpy()] < 60)
    assert abs(share["uniform"] - 0.5) < 0.15
    assert share["responsibility"] > 0.9
    assert share["uniform"] < share[0.5] < share["responsibility"]


def test_uniform_weights_use_many_exemplars(four_classes):
    X, y = four_classes
    sampler = quick_vae(exemplar_selection="uniform", sampling_strategy={3: 300})
    sampler.fit_resample(X, y)
    assert len(np.unique(sampler.source_indices_)) > 50
