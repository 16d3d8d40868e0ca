"""How much of the detail of an exemplar its translation keeps."""

import math

import pytest
import torch
from mgvae_resample._mgvae.image_detail import decoded, detail_of_exemplars

from mgvae_resample._mgvae.model import MajorityGuidedVAE
from mgvae_resample._nn.mlp import initialise
from tests.layouts import images, rng
from tests.mgvae.models import image_model


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
