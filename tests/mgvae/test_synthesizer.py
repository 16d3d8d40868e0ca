"""Exemplars are chosen and translated as the definitions say."""

import itertools
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from mgvae_resample import MGVAEOverSampler
from mgvae_resample._mgvae.prior import ExemplarPrior
from mgvae_resample._mgvae.synthesizer import MinoritySynthesizer
from mgvae_resample._synthesizer import KINDS
from tests.layouts import rng
from tests.mgvae.models import image_model
from tests.support import quick_vae


def synthesizer(model, exemplars, class_rows, responsibility=1.0):
    """Return a synthesizer whose model was not fine-tuned, for encoded rows as tensors."""
    index = np.arange(len(exemplars))
    return MinoritySynthesizer(
        model, model, class_rows.numpy(), exemplars.numpy(), index, responsibility
    )


def test_an_exemplar_translated_to_where_it_stands_comes_back_unchanged(model, rows):
    """The residuals, binary ones too, restore what the decoder leaves out."""
    encoded = model.modality.rows(rows, rows[:0], rng())
    with torch.no_grad():
        model.log_variance.fill_(-30.0)
    made = synthesizer(model, encoded, encoded)._translate(torch.arange(12), encoded, rng(), 0.0)
    np.testing.assert_allclose(made, encoded, atol=1e-5)


def test_exemplars_are_chosen_by_their_mean_responsibility_for_the_minority(model):
    """Against the weights of the definition, by brute force over many draws of q."""
    exemplars = 3.0 * torch.randn((6, 4), generator=rng(8))
    minority = 3.0 * torch.randn((3, 4), generator=rng(9))
    inputs = model.modality.inputs
    with torch.no_grad():
        model.log_variance.fill_(-3.0)
        drawn_from = synthesizer(model, exemplars, minority)
        rows = drawn_from.in_turn(40_000, rng(13))
        _, chosen = drawn_from.choose(rows, 1.0, rng(10))
        means = model.encode(inputs(minority)).repeat(20_000, 1)
        z = model.reparameterise(means, torch.randn(means.shape, generator=rng(11)))
        prior = ExemplarPrior(model.encode(inputs(exemplars)), model.log_variance)
        expected = prior.responsibilities(z).mean(0)
        _, uniform = drawn_from.choose(rows, 0.0, rng(12))
    found = np.bincount(chosen, minlength=6) / 40_000
    np.testing.assert_allclose(found, expected, atol=0.015)
    assert float((expected - 1 / 6).abs().max()) > 0.05
    np.testing.assert_allclose(np.bincount(uniform, minlength=6) / 40_000, 1 / 6, atol=0.015)


@pytest.mark.parametrize("n", [2, 8, 3001])
def test_rows_of_the_class_are_used_in_turn(model, n):
    exemplars = torch.randn((6, 4), generator=rng(8))
    i, _ = synthesizer(model, exemplars, exemplars[:4]).choose_pairs(n, rng(10))
    used = np.bincount(i, minlength=4)
    assert used.sum() == n
    assert np.ptp(used) <= 1


def test_latents_have_three_quarters_of_the_noise_of_the_posterior(model):
    """Between an exemplar and a row of the class in one place only the noise is left."""
    rows = torch.zeros((3, 4))
    drawn_from, drawn = synthesizer(model, rows[:2], rows), []
    between = drawn_from._between
    with mock.patch.object(
        drawn_from, "_between", lambda *args: drawn.append(between(*args)) or drawn[-1]
    ):
        drawn_from.sample(4000, rng())
    noise = torch.cat([z - latents for z, latents, _ in drawn])
    expected = 0.75 * model.log_variance.exp().sqrt().detach()
    np.testing.assert_allclose(noise.std(0), expected.expand(noise.shape[1]), rtol=0.1)


@pytest.mark.parametrize("n", [1, 3, 2100])
def test_source_names_the_exemplar_behind_each_row(model, n):
    exemplars = torch.randn((6, 4), generator=rng(8))
    drawn = synthesizer(model, exemplars, exemplars[:3]).sample(n, rng(10))
    assert drawn.rows.shape == (n, 4)
    assert set(drawn.source.tolist()) <= set(range(6))
    assert {KINDS[k] for k in drawn.kind} == {"translated"}


def test_images_between_two_real_ones_have_intensities():
    model, pixels = image_model()
    drawn = synthesizer(model, pixels, pixels[:4]).sample(50, rng(3))
    assert drawn.rows.shape == (50, 15)
    assert drawn.rows.min() >= 0.0
    assert drawn.rows.max() <= 1.0


@pytest.mark.parametrize("seed", range(2))
def test_little_of_an_exemplar_shows_through_its_translation(seed):
    """A classifier that knows the digits takes most translations for rare ones."""
    X, digit = load_digits(return_X_y=True)
    known, few = train_test_split(np.arange(len(X)), test_size=0.5, random_state=seed)
    classifier = SVC(C=10, gamma=0.001).fit(X[known], digit[known] > 4)
    rare = np.flatnonzero(digit[few] > 4)[:25]
    kept = few[np.append(np.flatnonzero(digit[few] < 5), rare)]
    sampler = MGVAEOverSampler(
        image_shape=(8, 8),
        generated_fraction=1.0,
        augmentation_strength=0.0,
        max_pretrain_steps=150,
        max_finetune_steps=100,
        random_state=seed,
    )
    X_res, _ = sampler.fit_resample(X[kept], digit[kept] > 4)
    assert classifier.predict(X_res[len(kept) :]).mean() > 0.85


@pytest.mark.parametrize("overlap", [False, True])
def test_no_translation_equals_a_common_row_where_no_row_of_its_class_does(overlap):
    rows = np.array(list(itertools.product("abcd", repeat=4)))
    rows = rows[np.random.default_rng(0).permutation(len(rows))[:160]]
    y = (rows[:, 0] == "a") & (rows[:, 1] < "c")
    if overlap:
        rows, y = np.concatenate([rows, rows[y][:1]]), np.append(y, False)
    X = pd.DataFrame(rows, columns=list("wxyz"))
    X_res, _ = quick_vae().fit_resample(X, y)
    common = set(X[~y].itertuples(index=False, name=None))
    equal = [row in common for row in X_res[len(X) :].itertuples(index=False, name=None)]
    assert np.mean(equal) > 0.2 if overlap else not any(equal)


def test_a_logit_adjustment_is_found_for_tables_of_bits_only(model, rows):
    encoded = model.modality.rows(rows, rows[:0], rng())
    of_table = synthesizer(model, encoded, encoded)
    of_table.calibrate(rng())
    assert of_table.adjustment.shape == (4,)
    assert (of_table.adjustment[:2] == 0).all()
    picture, pixels = image_model()
    of_images = synthesizer(picture, pixels, pixels)
    of_images.calibrate(rng())
    assert of_images.adjustment is None
