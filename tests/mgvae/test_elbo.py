"""The evidence lower bound against the evidence, and its gradient."""

import math

import pytest
import torch
from torch.distributions import Normal

from mgvae_resample._mgvae.elbo import negative_elbo
from mgvae_resample._mgvae.model import MajorityGuidedVAE
from mgvae_resample._mgvae.prior import ExemplarPrior
from mgvae_resample._nn.mlp import initialise
from tests.layouts import continuous, rng
from tests.mgvae.models import learned


def test_elbo_lies_below_the_log_likelihood_found_by_brute_force():
    """One latent dimension: log p(x) by summing over many z, the bound by many draws."""
    model = MajorityGuidedVAE(continuous(1), [5], 1)
    initialise(model, rng(3))
    x, exemplars = torch.tensor([[0.7]]), torch.tensor([[-1.0], [0.2], [1.5]])
    with torch.no_grad():
        prior = ExemplarPrior(model.encode(exemplars), model.log_variance)
        z = torch.linspace(-12, 12, 20_001)[:, None]
        joint = prior.log_prob(z) + model.log_likelihood(model.decode(z), x.expand(len(z), 1))
        log_evidence = float(joint.logsumexp(0) + math.log(24 / 20_000))
        # KL(q || posterior) is the gap between the two.
        mean = model.encode(x)
        log_q = Normal(mean[0, 0], (0.5 * model.log_variance).exp()).log_prob(z[:, 0])
        gap = float((log_q.exp() * (log_q - joint + log_evidence)).sum() * 24 / 20_000)
        eps = torch.randn((200_000, 1), generator=rng(4))
        draws = x.expand(len(eps), 1)
        terms = negative_elbo(model, draws, mean.expand(len(eps), 1), model.encode(exemplars), eps)
    elbo = -float(terms["reconstruction"] + terms["prior"])
    assert gap > 0
    assert elbo == pytest.approx(log_evidence - gap, abs=0.01)


def test_every_parameter_gets_a_gradient(model_and_rows):
    model, rows = model_and_rows
    eps = torch.randn((12, 2), generator=rng(5))
    means = model.encode(rows)
    terms = negative_elbo(model, rows, means, means, eps, leave_one_out=True)
    (terms["reconstruction"] + terms["prior"]).backward()
    for name, parameter in learned(model):
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
