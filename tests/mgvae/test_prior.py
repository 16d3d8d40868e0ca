"""The exemplar mixture against torch's distributions and values worked out by hand."""

import math

import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from mgvae_resample._mgvae.prior import ExemplarPrior
from tests.layouts import rng


def test_prior_is_the_mixture_of_normals_around_the_exemplars():
    means, z = torch.randn((2, 7, 3), generator=rng())
    log_variance = torch.tensor(-0.8)
    mixture = MixtureSameFamily(
        Categorical(torch.ones(7)),
        Independent(Normal(means, math.exp(-0.4)), 1),
    )
    found = ExemplarPrior(means, log_variance).log_prob(z)
    torch.testing.assert_close(found, mixture.log_prob(z))


def test_leave_one_out_is_the_mixture_of_the_others():
    means, z = torch.randn((2, 5, 3), generator=rng())
    log_variance = torch.tensor(0.2)
    found = ExemplarPrior(means, log_variance).log_prob(z, leave_one_out=True)
    for i in range(5):
        others = ExemplarPrior(means[torch.arange(5) != i], log_variance)
        torch.testing.assert_close(found[i], others.log_prob(z[i : i + 1])[0])


def test_responsibilities_are_posterior_probabilities():
    prior = ExemplarPrior(torch.tensor([[0.0], [2.0]]), torch.tensor(0.0))
    # N(1/2; 0, 1) : N(1/2; 2, 1) = exp(-1/8) : exp(-9/8), a ratio of e.
    expected = torch.tensor([[math.e / (1 + math.e), 1 / (1 + math.e)]])
    torch.testing.assert_close(prior.responsibilities(torch.tensor([[0.5]])), expected)
