"""Generated rows of discrete columns are kept where they teach as well as repeats."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch

from mgvae_resample import MGVAEOverSampler
from mgvae_resample._fraction import discrete_fraction, is_faithful
from tests.layouts import rng
from tests.support import quick_vae

CUBE = np.array(list(itertools.product([0, 1], repeat=9)), np.float32)
# A row belongs to the rare class if two columns are 1.
IS_RARE = (CUBE[:, 0] == 1) & (CUBE[:, 1] == 1)


def table(seed=0):
    """Return rows of which a fifth are rare, each once."""
    order = np.random.default_rng(seed).permutation(len(CUBE))
    rare, common = order[IS_RARE[order]][:50], order[~IS_RARE[order]][:200]
    return np.concatenate([CUBE[common], CUBE[rare]]), np.repeat([0, 1], [200, 50])


def test_rows_that_break_the_rule_are_replaced_by_repeats():
    X, y = table()
    wrong = X[y == 1].repeat(2, axis=0)
    wrong[::2, 0], wrong[1::2, 1] = 0, 0
    assert discrete_fraction(X, y, {1: wrong}, rng()) == 0.0


def test_further_rows_of_the_class_are_kept():
    X, y = table()
    assert discrete_fraction(X, y, {1: CUBE[IS_RARE]}, rng()) == 1.0


def test_repeats_teach_as_well_as_repeats():
    X, y = table()
    assert discrete_fraction(X, y, {1: np.repeat(X[y == 1], 5, axis=0)}, rng()) == 1.0


@pytest.mark.parametrize(("fraction", "expected"), [("auto", {0.0, 0.5, 1.0}), (1.0, {1.0})])
def test_a_fraction_that_the_user_sets_stays(fraction, expected):
    X, y = table()
    sampler = quick_vae(generated_fraction=fraction)
    sampler.fit_resample(pd.DataFrame(X.astype(int)), y)
    found = (sampler.sample_kinds_ == "translated").mean()
    assert any(abs(found - f) < 0.01 for f in expected)


def test_tables_with_measurements_are_not_checked(monkeypatch):
    def fail(*args):
        raise AssertionError("checked")

    monkeypatch.setattr("mgvae_resample._base.discrete_fraction", fail)
    X, y = table()
    measured = X.astype(float)
    measured[:, 0] += np.random.default_rng(0).normal(size=len(X))
    quick_vae().fit_resample(measured, y)
    with pytest.raises(AssertionError, match="checked"):
        MGVAEOverSampler(max_pretrain_steps=10, max_finetune_steps=10).fit_resample(X, y)


def responses(n, middle, seed):
    """Return random responses around a middle."""
    return middle + torch.randn((n, 12), generator=rng(seed))


@pytest.mark.parametrize(
    ("middle", "expected"), [(1.5, True), (0.0, False), (3.0, True), (-1.0, False)]
)
def test_images_that_look_like_others_are_not_generated(middle, expected):
    own, others = responses(40, 1.5, 1), responses(200, 0.0, 2)
    assert is_faithful(own, others, responses(100, middle, 3), rng()) is expected


def test_of_few_images_a_difference_proves_nothing():
    own, others = responses(3, 0.3, 1), responses(200, 0.0, 2)
    assert is_faithful(own, others, responses(100, 0.1, 3), rng())
    assert is_faithful(own[:1], others, responses(100, -9.0, 3), rng())
