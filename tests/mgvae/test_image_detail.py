"""How much of the detail of an exemplar its translation keeps."""

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
def test_where_both_look_alike_it_is_what_the_fine_tuned_model_leaves_out(models):
    network, prior_network, x = models
    alike = decoded(prior_network, prior_network.encode(x))
    detail = detail_of_exemplars(network, prior_network, x, network.encode(x), alike)
    torch.testing.assert_close(detail, x - decoded(network, network.encode(x)))


@torch.no_grad()
def test_where_they_differ_there_is_none(models):
    network, prior_network, x = models
    other = (decoded(prior_network, prior_network.encode(x)) + 1.5).remainder(3.0)
    detail = detail_of_exemplars(network, prior_network, x, network.encode(x), other)
    torch.testing.assert_close(detail, torch.zeros_like(x))


@torch.no_grad()
def test_each_pixel_is_asked(models):
    """Left of the middle they look alike, right of it they do not."""
    network, prior_network, x = models
    prior = decoded(prior_network, prior_network.encode(x))
    # Images of 3 x 5 are so small that a pixel has no neighbours.
    apart = torch.tensor([0.0, 0.0, 0.0, 9.0, 9.0]).repeat(3)
    detail = detail_of_exemplars(network, prior_network, x, network.encode(x), prior + apart)
    own = x - decoded(network, network.encode(x))
    torch.testing.assert_close(detail, own * (apart == 0.0))


@torch.no_grad()
@pytest.mark.parametrize(("apart", "share"), [(0.3, 0.36788), (0.6, 0.018316)])
def test_the_share_falls_with_the_difference(models, apart, share):
    network, prior_network, x = models
    prior = decoded(prior_network, prior_network.encode(x))
    detail = detail_of_exemplars(network, prior_network, x, network.encode(x), prior + apart)
    own = x - decoded(network, network.encode(x))
    torch.testing.assert_close(detail, share * own, atol=1e-5, rtol=0)
