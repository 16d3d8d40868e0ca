"""Exemplars are chosen and translated as the definitions say."""

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
from mgvae_resample._mgvae.residual import RESIDUALS
from mgvae_resample._mgvae.synthesizer import MinoritySynthesizer
from tests.layouts import rng
from tests.mgvae.models import image_model
from tests.support import known_fractions, quick_vae


def synthesizer(model, exemplars, class_rows, responsibility=1.0):
    """Return a synthesizer whose model was not fine-tuned, for encoded rows as tensors."""
    index, residual = np.arange(len(exemplars)), RESIDUALS[model.modality.name]
    return MinoritySynthesizer(
        model, model, class_rows.numpy(), exemplars.numpy(), index, responsibility, residual
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


def noise_of(model, rows):
    """Return latents less their mean, of rows and exemplars all in one place."""
    drawn_from, drawn = synthesizer(model, rows[:2], rows), []
    draw = drawn_from._draw
    with mock.patch.object(
        drawn_from, "_draw", lambda *args: drawn.append(draw(*args)) or drawn[-1]
    ):
        drawn_from.sample(4000, rng())
    return torch.cat([some.z - some.exemplar_latents for some in drawn])


def test_latents_have_three_quarters_of_the_noise_of_the_posterior(model):
    """Between an exemplar and a row of the class in one place only the noise is left."""
    noise = noise_of(model, torch.zeros((3, 4)))
    expected = 0.75 * model.log_variance.exp().sqrt().detach()
    np.testing.assert_allclose(noise.std(0), expected.expand(noise.shape[1]), rtol=0.1)


def test_images_have_half_of_the_noise_of_the_posterior():
    model, pixels = image_model()
    noise = noise_of(model, pixels[:1].repeat(3, 1))
    expected = 0.5 * model.log_variance.exp().sqrt().detach()
    np.testing.assert_allclose(noise.std(0), expected.expand(noise.shape[1]), rtol=0.1)


@pytest.mark.parametrize("n", [1, 3, 2100])
def test_source_names_the_exemplar_behind_each_row(model, n):
    exemplars = torch.randn((6, 4), generator=rng(8))
    of_table = synthesizer(model, exemplars, exemplars[:3])
    of_table.exemplar_index = np.array([11, 7, 5, 13, 3, 2])
    (part,) = of_table.draw(n, rng(10))
    assert part.kind == "translated"
    assert part.rows.shape == (n, 4)
    assert set(part.source.tolist()) <= {11, 7, 5, 13, 3, 2}
    if n == 2100:
        # Rows lie nearer to what they were translated from than to other exemplars.
        place = {row: i for i, row in enumerate(of_table.exemplar_index.tolist())}
        own = exemplars.numpy()[[place[row] for row in part.source.tolist()]]
        assert np.abs(part.rows - own).mean() < np.abs(part.rows - own[::-1]).mean()


def test_images_between_two_real_ones_have_intensities():
    model, pixels = image_model()
    made = synthesizer(model, pixels, pixels[:4]).sample(50, rng(3))
    assert made.shape == (50, 15)
    assert made.min() >= 0.0
    assert made.max() <= 1.0


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


@pytest.mark.parametrize("overlap", [0.0, 0.3])
def test_translations_equal_known_rows_as_often_as_further_rows_of_the_class_do(overlap):
    """Rare rows are those of a rule; where classes overlap, other rows meet it as well."""
    found = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        numbers = random.integers(0, 4, (4500, 4))
        meets = (numbers[:, 0] == 0) & (numbers[:, 1] < 2)
        y = meets & (random.random(4500) >= overlap)
        rows = pd.DataFrame(numbers, columns=list("wxyz")).astype(str)
        X, y, further = rows[:500], y[:500], rows[500:][y[500:]]
        sampler = quick_vae(generated_fraction=1.0)
        new = sampler.fit_resample(X, y)[0].iloc[500:]
        assert set(sampler.sample_kinds_) == {"translated"}
        found.append([known_fractions(some, X[y], X[~y]) for some in (new, further)])
    (repeats, of_others), expected = np.mean(found, 0)
    assert repeats == pytest.approx(expected[0], abs=0.1)
    # Where no row of the class equals one of another, no new row does. Otherwise the estimate is
    # lowered by its standard error, about 0.05 for these 40 rows.
    if overlap:
        assert 0.2 * expected[1] < of_others < expected[1] + 0.03
    else:
        assert of_others == expected[1] == 0.0


def test_a_logit_adjustment_is_found_for_tables_of_bits_only(model, rows):
    encoded = model.modality.rows(rows, rows[:0], rng())
    of_table = synthesizer(model, encoded, encoded)
    of_table.fit_class_adjustment(rng())
    assert of_table.adjustment.shape == (4,)
    assert (of_table.adjustment[:2] == 0).all()
    picture, pixels = image_model()
    of_images = synthesizer(picture, pixels, pixels)
    of_images.fit_class_adjustment(rng())
    assert of_images.adjustment is None
