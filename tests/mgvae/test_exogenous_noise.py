"""Exogenous noise restores the row it was drawn from, and follows the decoder elsewhere."""

import numpy as np
import torch
from mgvae_resample._mgvae.exogenous_noise import exogenous_noise, gumbel_given, logistic_given

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._mgvae.model import MajorityGuidedVAE
from mgvae_resample._nn.mlp import initialise
from mgvae_resample._nn.one_hot import OneHotMap
from tests.layouts import rng, tabular

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
