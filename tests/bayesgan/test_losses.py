"""The losses of the GAN and of its Bayesian network, held against brute force."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from mgvae_resample import BayesianStructure
from mgvae_resample._bayesgan.losses import (
    StructureMasks,
    class_dependence,
    dependence,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    mutual_information_loss,
    structure_loss,
)
from tests.layouts import CPU, rng

ENTANGLED = BayesianStructure.preset("entangled", 3)
MASKS = StructureMasks.of(ENTANGLED, CPU)


def entangled_codes(n=4000, noise=0.1, seed=0):
    """Return observed codes, and latent codes that follow the entangled structure."""
    g = np.random.default_rng(seed)
    c = g.normal(size=(n, 3))
    first = c + noise * g.normal(size=(n, 3))
    both = (first[:, 1] + first[:, 2]) / math.sqrt(2) + noise * g.normal(size=n)
    latent = np.column_stack([first, both])
    return torch.tensor(c), torch.tensor(latent)


def r_squared(x, y):
    """Return R^2 of an ordinary regression."""
    return LinearRegression().fit(x, y).score(x, y)


def test_edge_scores_equal_ordinary_regressions():
    c, latent = entangled_codes(300, 0.5)
    latent[:, 0] += 0.5 * c[:, 1]
    nodes = np.column_stack([c, latent])
    r2, beyond = dependence(MASKS, c, latent)
    for i in range(4):
        parents = np.flatnonzero(ENTANGLED.parent_mask[i])
        expected = r_squared(nodes[:, parents], latent[:, i])
        assert float(r2[i]) == pytest.approx(expected, abs=0.01)
        for j in np.flatnonzero(ENTANGLED.non_parent_mask[i]):
            gain = r_squared(nodes[:, [*parents, j]], latent[:, i]) - expected
            assert float(beyond[i, j]) == pytest.approx(gain, abs=0.02)
    assert float(beyond[0, 1]) > 0.1
    assert (beyond[~torch.tensor(ENTANGLED.non_parent_mask)] == 0).all()


def test_likelihood_equals_the_gaussian_one_at_its_maximum():
    c, latent = entangled_codes(2000, 0.7)
    labels = torch.zeros(2000, dtype=torch.int64)
    terms = structure_loss(MASKS, c, latent, labels)
    nodes = np.column_stack([c, latent])
    expected = 0.0
    for i in range(4):
        y = latent[:, i].numpy() / latent[:, i].std(unbiased=False).item()
        x = nodes[:, ENTANGLED.parent_mask[i]]
        residual = y - LinearRegression().fit(x, y).predict(x)
        # -log N(y; w'p, sigma^2) at the best sigma^2, without its constant.
        expected += 0.5 * math.log(residual.var() + 0.05)
    assert float(terms["likelihood"]) == pytest.approx(expected, abs=0.02)


def test_structure_loss_is_bounded_and_not_constant():
    labels = torch.arange(500) % 2
    values = []
    for scale in (0.0, 1e-6, 1.0, 1e6):
        for seed in range(5):
            c = torch.randn(500, 3, generator=rng(seed))
            latent = scale * torch.randn(500, 4, generator=rng(seed + 100))
            values.append(sum(structure_loss(MASKS, c, latent, labels).values()))
    c, latent = entangled_codes(500, 0.0)
    values.append(sum(structure_loss(MASKS, c, latent, labels).values()))
    values = torch.stack([v.double() for v in values])
    assert values.isfinite().all()
    assert values.min() >= 4 * 0.5 * math.log(0.05) - 1e-3
    assert values.max() < 50
    assert values[-1] < values[5:15].min() - 3


@pytest.mark.parametrize("name", ["likelihood", "independence", "parent_usage"])
def test_following_the_structure_lowers_every_term(name):
    labels = torch.randint(2, (4000,), generator=rng())
    c, good = entangled_codes()
    if name == "parent_usage":
        bad = good.clone()
        bad[:, 3] = good[:, 1]  # the second parent has no part
    elif name == "independence":
        bad = good + labels[:, None] + c[:, [1, 0, 0]].sum(1, keepdim=True)
    else:
        bad = torch.randn(4000, 4, generator=rng(1)).double()
    better = structure_loss(MASKS, c, good, labels)[name]
    worse = structure_loss(MASKS, c, bad, labels)[name]
    assert float(better) < float(worse) - 0.2


def test_a_latent_code_in_another_scale_is_the_same_code():
    c, latent = entangled_codes(400)
    labels = torch.arange(400) % 2
    one = structure_loss(MASKS, c, latent, labels)
    other = structure_loss(MASKS, c, 5.0 + 0.01 * latent, labels)
    for name, value in one.items():
        assert float(value) == pytest.approx(float(other[name]), abs=0.02)


def test_gradient_descent_on_the_structure_finds_the_structure():
    c = torch.randn(1000, 3, generator=rng())
    latent = torch.randn(1000, 4, generator=rng(1)).requires_grad_()
    weights = torch.randn(3, 4, generator=rng(2)).requires_grad_()
    labels = torch.arange(1000) % 2
    optimiser = torch.optim.Adam([latent, weights], 0.05, fused=True)
    for _ in range(200):
        optimiser.zero_grad()
        sum(structure_loss(MASKS, c, latent + c @ weights, labels).values()).backward()
        optimiser.step()
    r2, beyond = dependence(MASKS, c, (latent + c @ weights).detach())
    assert r2.min() > 0.95
    assert beyond.max() < 0.05


def test_dependence_on_the_class_is_the_correlation_ratio():
    labels = torch.tensor([0, 0, 1, 1])
    latent = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    # One of three degrees of freedom goes to the class by chance.
    assert class_dependence(latent, labels) == pytest.approx([2 / 3, 0.0])


def test_losses_of_the_players_by_hand():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([1.0])
    expected = (math.log(2) + math.log1p(math.exp(-2))) / 2 + math.log1p(math.exp(1))
    assert float(discriminator_loss(real, fake)) == pytest.approx(expected)
    assert float(generator_loss(fake)) == pytest.approx(math.log1p(math.exp(-1)))


def test_gradient_penalty_of_a_linear_logit_is_half_its_squared_norm():
    rows = torch.randn(5, 3, requires_grad=True, generator=rng())
    logits = rows @ torch.tensor([1.0, 2.0, 2.0])
    assert float(gradient_penalty(rows, logits)) == pytest.approx(4.5)


def test_mutual_information_bound_by_hand():
    codes, latent = torch.zeros(2, 2), torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    assert float(mutual_information_loss(codes, latent)) == pytest.approx((1.0 + 2.0) / 2)
