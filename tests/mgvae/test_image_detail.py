"""What of an exemplar goes into its translation."""

import pytest
import torch

from mgvae_resample._mgvae.image_detail import decoded, detail_of_exemplars
from mgvae_resample._nn.mlp import initialise
from tests.layouts import rng
from tests.mgvae.models import image_model


@pytest.fixture
def models():
    """Return a fine-tuned and a pre-trained model, and exemplars."""
    (network, x), (prior_network, _) = image_model(), image_model()
    initialise(prior_network, rng(7))
    return network, prior_network, x


@torch.no_grad()
def test_where_both_look_alike_the_detail_is_that_of_the_fine_tuned_model(models):
    network, prior_network, x = models
    alike = decoded(prior_network, prior_network.encode(x))
    detail = detail_of_exemplars(network, prior_network, x, network.encode(x), alike)
    torch.testing.assert_close(detail, x - decoded(network, network.encode(x)))


@torch.no_grad()
def test_where_they_differ_it_is_that_of_the_pretrained_model(models):
    network, prior_network, x = models
    prior = decoded(prior_network, prior_network.encode(x))
    other = (prior + 1.0).remainder(2.0)
    detail = detail_of_exemplars(network, prior_network, x, network.encode(x), other)
    torch.testing.assert_close(detail, x - prior)


@torch.no_grad()
def test_each_pixel_is_asked(models):
    """Left of the middle they look alike, right of it they do not."""
    network, prior_network, x = models
    prior = decoded(prior_network, prior_network.encode(x))
    apart = torch.tensor([0.0, 0.0, 0.0, 9.0, 9.0]).repeat(3)
    detail = detail_of_exemplars(network, prior_network, x, network.encode(x), prior + apart)
    # Images of 3 x 5 are so small that a pixel has no neighbours.
    is_alike = apart == 0.0
    own = decoded(network, network.encode(x))
    torch.testing.assert_close(detail, x - torch.where(is_alike, own, prior))


@torch.no_grad()
def test_the_share_falls_with_the_difference(models):
    network, prior_network, x = models
    own, prior = (decoded(model, model.encode(x)) for model in (network, prior_network))
    for apart, share in ((0.3, 0.36788), (0.6, 0.018316)):
        detail = detail_of_exemplars(network, prior_network, x, network.encode(x), prior + apart)
        torch.testing.assert_close(detail, x - torch.lerp(prior, own, share), atol=1e-5, rtol=0)
