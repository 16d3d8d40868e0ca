"""Residuals restore the rows they were drawn from, and go as far elsewhere as they fit."""

import math

import numpy as np
import pytest
import torch

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._mgvae.model import MajorityGuidedVAE
from mgvae_resample._mgvae.residual import (
    RESIDUALS,
    Draw,
    ImageResidual,
    TableResidual,
    decoded,
    detail_of_exemplars,
    exogenous_noise,
    gumbel_given,
    logistic_given,
)
from mgvae_resample._nn.mlp import initialise
from mgvae_resample._nn.one_hot import OneHotMap
from tests.layouts import images, rng, tabular
from tests.mgvae.models import image_model, table_model

EVERY_KIND = (
    Slot(0, "continuous", can_miss=True),
    Slot(1, "binary"),
    Slot(2, "continuous"),
    Slot(3, "categorical", can_miss=True, n_categories=2, n_infrequent=3),
)


def test_bits_are_drawn_with_the_probability_of_the_decoder():
    """Rows that follow the pre-trained model: the noise behind their bits is logistic."""
    p = torch.tensor([0.1, 0.6]).expand(40_000, 2)
    seen = torch.bernoulli(p, generator=rng(13))
    noise = logistic_given(seen, p, rng(14))
    assert ((p.logit() + noise > 0) == (seen > 0.5)).all()
    drawn = torch.tensor([0.2, 0.7]).logit() + noise > 0
    np.testing.assert_allclose(drawn.float().mean(0), [0.2, 0.7], atol=0.01)


def test_categories_are_drawn_with_the_probability_of_the_decoder():
    """Rows that follow the pre-trained model: the noise behind their categories is Gumbel's."""
    one_hot = OneHotMap(
        Layout((Slot(0, "categorical", True, 2), Slot(1, "categorical", False, 3)))
    )
    outputs, other = torch.randn((2, one_hot.width), generator=rng(12))
    outputs, other = (x.expand(40_000, one_hot.width) for x in (outputs, other))
    free = -(-torch.rand(outputs.shape, generator=rng(13)).log()).log()
    seen = one_hot.discretize(outputs + free)
    noise = gumbel_given(one_hot, seen, outputs, rng(14))

    def category(outputs):
        return one_hot.discretize(one_hot.log_probabilities(outputs) + noise)

    torch.testing.assert_close(category(outputs), seen)
    expected = one_hot.log_probabilities(other)[0].exp()
    np.testing.assert_allclose(category(other).mean(0), expected, atol=0.01)
    # What the row had is kept where nothing speaks against it.
    assert (category(outputs + 0.1 * other) == seen).float().mean() > 0.9


def test_noise_added_to_the_outputs_of_its_own_row_gives_the_row():
    modality = tabular(*EVERY_KIND)
    model = MajorityGuidedVAE(modality, [6], 2)
    initialise(model, rng())
    nan = float("nan")
    rows = torch.tensor([[0.5, 1, -0.3, 0], [nan, 0, 1.7, 1], [0.1, 1, 0.0, 2], [nan, 1, 2, nan]])
    x = modality.inputs(rows)
    with torch.no_grad():
        outputs = model.decode(model.encode(x))
        outputs[:, modality.map.categories] = modality.map.log_probabilities(outputs)
        restored = modality.discretize(outputs + exogenous_noise(model, x, rng(1)))
    torch.testing.assert_close(restored, x)


def test_noise_of_a_missing_value_is_that_of_the_observation():
    """What was not seen leaves no residual: the noise is drawn with the scale of its column."""
    modality = tabular(Slot(0, "continuous", can_miss=True))
    model = MajorityGuidedVAE(modality, [6], 2)
    initialise(model, rng())
    x = modality.inputs(torch.full((20_000, 1), torch.nan))
    with torch.no_grad():
        residual = exogenous_noise(model, x, rng(1))[:, 0]
        scale = float(model.scale())
    assert abs(float(residual.mean())) < 0.02
    assert abs(float(residual.std()) - scale) < 0.02


@pytest.fixture
def models():
    """Return a fine-tuned and a pre-trained model, and exemplars."""
    (network, x), (pretrained, _) = image_model(), image_model()
    initialise(pretrained, rng(7))
    return network, pretrained, x


@torch.no_grad()
def test_where_both_look_alike_it_is_what_the_fine_tuned_model_leaves_out(models):
    network, pretrained, x = models
    alike = decoded(pretrained, pretrained.encode(x))
    detail = detail_of_exemplars(network, pretrained, x, network.encode(x), alike)
    torch.testing.assert_close(detail, x - decoded(network, network.encode(x)))


@torch.no_grad()
def test_where_they_differ_there_is_none(models):
    network, pretrained, x = models
    other = decoded(pretrained, pretrained.encode(x)) + 1.5
    detail = detail_of_exemplars(network, pretrained, x, network.encode(x), other)
    torch.testing.assert_close(detail, torch.zeros_like(x))


@torch.no_grad()
def test_each_pixel_is_asked(models):
    """Left of the middle they look alike, right of it they do not."""
    network, pretrained, x = models
    prior = decoded(pretrained, pretrained.encode(x))
    # Images of 3 x 5 are so small that a pixel has no neighbours.
    apart = torch.tensor([0.0, 0.0, 0.0, 9.0, 9.0]).repeat(3)
    detail = detail_of_exemplars(network, pretrained, x, network.encode(x), prior + apart)
    own = x - decoded(network, network.encode(x))
    torch.testing.assert_close(detail, own * (apart == 0.0))


@torch.no_grad()
@pytest.mark.parametrize(("apart", "share"), [(0.3, 0.36788), (0.6, 0.018316)])
def test_the_share_falls_with_the_difference(models, apart, share):
    network, pretrained, x = models
    prior = decoded(pretrained, pretrained.encode(x))
    detail = detail_of_exemplars(network, pretrained, x, network.encode(x), prior + apart)
    own = x - decoded(network, network.encode(x))
    torch.testing.assert_close(detail, share * own, atol=1e-5, rtol=0)


@torch.no_grad()
def test_pixels_near_a_difference_lose_detail_too():
    modality = images(12, 12)
    network, pretrained = (MajorityGuidedVAE(modality, [3], 2) for _ in range(2))
    initialise(network, rng())
    initialise(pretrained, rng(7))
    x = torch.rand((1, 144), generator=rng(1))
    prior = decoded(pretrained, pretrained.encode(x))
    # Two neighbours that differ in opposite directions are two differences, not none.
    apart = torch.zeros(12, 12)
    apart[5, 5], apart[5, 6] = 0.9, -0.9
    detail = detail_of_exemplars(
        network, pretrained, x, network.encode(x), prior + apart.flatten()
    )
    kept = (detail / (x - decoded(network, network.encode(x)))).reshape(12, 12)
    one, both = (math.exp(-((d / 9 / 0.3) ** 2)) for d in (0.9, 1.8))
    expected = torch.ones(12, 12)
    expected[4:7, 4:8] = both
    expected[4:7, [4, 7]] = one
    torch.testing.assert_close(kept, expected, atol=1e-4, rtol=0)


@torch.no_grad()
def test_rows_of_a_table_take_the_noise_of_the_class_or_of_their_exemplar():
    """Latents that are a row's own restore the row whose noise is taken."""
    network, x = table_model()
    modality = network.modality
    encoded = modality.rows(x, x[:0], rng())
    latents = network.encode(x)
    residual = TableResidual(network, network, encoded, latents)
    i, other = torch.arange(12), torch.arange(12).roll(1)
    of_class = Draw(latents, i, x[other], latents[other])
    of_exemplar = Draw(latents, other, x, latents)
    for draw, class_fraction in ((of_class, 1.0), (of_exemplar, 0.0)):
        made = residual.discretize(residual.outputs(draw, class_fraction, rng(1)))
        torch.testing.assert_close(made, x)
    shifted = residual.discretize(residual.outputs(of_class, 1.0, rng(1)) + 50.0)
    torch.testing.assert_close(shifted[:, :2], x[:, :2] + 50.0)
    assert (shifted[:, 2:] == 1.0).all()


@torch.no_grad()
def test_an_image_translated_to_where_it_stands_comes_back():
    network, x = image_model()
    latents = network.encode(x)
    residual = ImageResidual(network, network, x, latents)
    i = torch.arange(12)
    made = residual.outputs(Draw(latents, i, x, latents), 0.0, rng(1))
    torch.testing.assert_close(made, x)


@torch.no_grad()
def test_at_least_a_fifth_of_the_detail_of_an_image_is_that_of_the_class():
    """Where both are decoded alike, a new image is a mixture of the two."""
    network, x = image_model()
    # The decoder tells no latents apart, so all of an image is detail.
    for parameter in network.decoder.parameters():
        parameter.zero_()
    latents, i = network.encode(x), torch.arange(12).repeat(500)
    residual = ImageResidual(network, network, x, latents)
    draw = Draw(latents[i], i, x.roll(1, 0)[i], latents.roll(1, 0)[i])
    made = residual.outputs(draw, 0.0, rng(1))
    of_class, of_exemplar = x[i], x.roll(1, 0)[i]
    mix = ((made - of_exemplar) * (of_class - of_exemplar)).sum(1)
    mix /= (of_class - of_exemplar).square().sum(1)
    assert float(mix.min()) == pytest.approx(0.2, abs=0.01)
    assert float(mix.max()) == pytest.approx(1.0, abs=0.01)
    assert float(mix.mean()) == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize(
    ("make", "kind"), [(table_model, TableResidual), (image_model, ImageResidual)]
)
def test_each_modality_has_its_residual(make, kind):
    assert RESIDUALS[make()[0].modality.name] is kind
