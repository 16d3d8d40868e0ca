"""The mathematics of MGVAE against values worked out by hand or by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily, Normal

from mgvae_resample._data.layout import Layout, Slot
from mgvae_resample._engine.heads import ColumnHeads
from mgvae_resample._engine.networks import initialise
from mgvae_resample._engine.persistence import to_arrays
from mgvae_resample._engine.training import Budget, Diverged, batches, train
from mgvae_resample._mgvae.consolidation import consolidation_penalty, fisher_information
from mgvae_resample._mgvae.fit import Settings
from mgvae_resample._mgvae.generator import Encoded, MinorityGenerator
from mgvae_resample._mgvae.model import MajorityGuidedVAE
from mgvae_resample._mgvae.noise import gumbel_given, logistic_given
from mgvae_resample._mgvae.objective import negative_bound
from mgvae_resample._mgvae.prior import ExemplarPrior

MIXED = Layout(
    (
        Slot(0, "continuous"),
        Slot(1, "binary"),
        Slot(2, "continuous"),
        Slot(4, "binary"),
    )
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def model():
    model = MajorityGuidedVAE(MIXED, [6], 2)
    initialise(model, generator())
    with torch.no_grad():
        model.log_scale.copy_(torch.tensor([0.3, -0.7]))
        model.log_variance.fill_(-0.4)
    return model


@pytest.fixture
def rows():
    """Features: two values, then two bits."""
    x = torch.randn((12, 4), generator=generator(1))
    x[:, 2:] = (x[:, 2:] > 0).float()
    return x


def image_model():
    """Return a convolutional model of images of 3 x 5 pixels, and twelve of them."""
    layout = Layout(tuple(Slot(i, "intensity") for i in range(15)))
    model = MajorityGuidedVAE(layout, [3], 2, image_shape=(3, 5))
    initialise(model, generator())
    return model, torch.rand((12, 15), generator=generator(1))


@pytest.fixture(params=["table", "images"])
def model_and_rows(request, model, rows):
    """Return a model of a table of both kinds of columns, then one of images."""
    return (model, rows) if request.param == "table" else image_model()


def learned(model):
    """Return the named parameters; images have no scales of continuous columns."""
    return [(name, p) for name, p in model.named_parameters() if p.numel()]


def test_prior_is_the_mixture_of_normals_around_the_exemplars():
    means, z = torch.randn((2, 7, 3), generator=generator())
    log_variance = torch.tensor(-0.8)
    mixture = MixtureSameFamily(
        Categorical(torch.ones(7)),
        Independent(Normal(means, math.exp(-0.4)), 1),
    )
    found = ExemplarPrior(means, log_variance).log_prob(z)
    torch.testing.assert_close(found, mixture.log_prob(z))


def test_leave_one_out_is_the_mixture_of_the_others():
    means, z = torch.randn((2, 5, 3), generator=generator())
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


def test_likelihood_is_that_of_each_column_kind(model, rows):
    raw = torch.randn((12, 4), generator=generator(2))
    scale = torch.tensor([0.3, -0.7]).exp()
    expected = Normal(raw[:, :2], scale).log_prob(rows[:, :2]).sum(1)
    expected = expected + Bernoulli(logits=raw[:, 2:]).log_prob(rows[:, 2:]).sum(1)
    torch.testing.assert_close(model.log_likelihood(raw, rows), expected)


def test_bound_lies_below_the_log_likelihood_found_by_brute_force():
    """One latent dimension: log p(x) by summing over a grid of z, the bound by many draws."""
    model = MajorityGuidedVAE(Layout((Slot(0, "continuous"),)), [5], 1)
    initialise(model, generator(3))
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
        noise = torch.randn((200_000, 1), generator=generator(4))
        draws = x.expand(len(noise), 1)
        terms = negative_bound(
            model, draws, mean.expand(len(noise), 1), model.encode(exemplars), noise
        )
    bound = -float(terms["reconstruction"] + terms["prior"])
    assert gap > 0
    assert bound == pytest.approx(log_evidence - gap, abs=0.01)


def test_every_parameter_gets_a_gradient(model_and_rows):
    model, rows = model_and_rows
    noise = torch.randn((12, 2), generator=generator(5))
    means = model.encode(rows)
    terms = negative_bound(model, rows, means, means, noise, leave_one_out=True)
    (terms["reconstruction"] + terms["prior"]).backward()
    for name, parameter in learned(model):
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_fisher_information_is_the_mean_square_of_each_rows_own_gradient(model_and_rows):
    model, rows = model_and_rows
    noise = torch.randn((12, 2), generator=generator(6))
    exemplars = rows[:5]
    found = fisher_information(model, rows, exemplars, noise, chunk=5)
    expected = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    means = model.encode(exemplars).detach()
    for i in range(len(rows)):
        model.zero_grad()
        x = rows[i : i + 1]
        terms = negative_bound(model, x, model.encode(x), means, noise[i : i + 1])
        (terms["reconstruction"] + terms["prior"]).backward()
        for name, parameter in learned(model):
            expected[name] += parameter.grad.square()
    total = sum(float(value.sum()) for value in expected.values())
    n_weights = sum(value.numel() for value in expected.values())
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value * n_weights / total)


def test_consolidation_is_a_weighted_square_that_vanishes_at_the_anchor(model):
    anchor = {name: p.detach().clone() for name, p in model.named_parameters()}
    information = {name: torch.full_like(p, 2.0) for name, p in anchor.items()}
    with torch.no_grad():
        assert float(consolidation_penalty(model, anchor, information)) == 0.0
        model.log_variance += 3.0
        penalty = consolidation_penalty(model, anchor, information)
    assert float(penalty) == pytest.approx(18.0)


def encoded(model, guide, minority):
    """Return both sets of rows in the latent space of a model that was not fine-tuned."""
    settings = Settings(MIXED, (6,), 2, 4, 0.0, 1, 1, 4, 1e-3, 1.0, None)
    arrays, index = to_arrays(model), np.arange(len(guide))
    source = MinorityGenerator(settings, arrays, arrays, guide.numpy(), index, minority.numpy())
    return Encoded(source, torch.device("cpu"))


def test_a_guide_translated_to_where_it_stands_comes_back_unchanged(model, rows):
    """The residuals, binary ones too, restore what the decoder leaves out."""
    with torch.no_grad():
        codes = model.heads.codes(rows, rows[:0], generator())
        space = encoded(model, codes, codes)
        space.model.log_variance.fill_(-30.0)
        made = space.translate(torch.arange(12), codes, generator())
    np.testing.assert_allclose(made, codes, atol=1e-5)


def test_bits_are_drawn_with_the_probability_of_the_decoder(model):
    """Guides that follow the pre-trained model: the noise behind their bits is logistic."""
    p = torch.tensor([0.1, 0.6]).expand(40_000, 2)
    seen = torch.bernoulli(p, generator=generator(13))
    noise = logistic_given(seen, p, generator(14))
    assert ((p.logit() + noise > 0) == (seen > 0.5)).all()
    drawn = torch.tensor([0.2, 0.7]).logit() + noise > 0
    np.testing.assert_allclose(drawn.float().mean(0), [0.2, 0.7], atol=0.01)


def test_levels_are_drawn_with_the_probability_of_the_decoder():
    """Guides that follow the pre-trained model: the noise behind their levels is Gumbel's."""
    heads = ColumnHeads(
        Layout((Slot(0, "categorical", True, 2), Slot(1, "categorical", False, 3)))
    )
    raw, other = torch.randn((2, heads.width), generator=generator(12))
    raw, other = raw.expand(40_000, heads.width), other.expand(40_000, heads.width)
    free = -(-torch.rand(raw.shape, generator=generator(13)).log()).log()
    seen = heads.harden(raw + free)
    noise = gumbel_given(heads, seen, raw, generator(14))
    torch.testing.assert_close(heads.harden(heads.log_probabilities(raw) + noise), seen)
    drawn = heads.harden(heads.log_probabilities(other) + noise).mean(0)
    np.testing.assert_allclose(drawn, heads.log_probabilities(other)[0].exp(), atol=0.01)
    # What the guide had is kept where nothing speaks against it.
    moved = heads.harden(heads.log_probabilities(raw + 0.1 * other) + noise)
    assert (moved == seen).float().mean() > 0.9


def test_guides_are_chosen_by_their_mean_responsibility_for_the_minority(model):
    """Against the weights of the definition, by brute force over many draws of q."""
    guide = torch.randn((6, 4), generator=generator(8))
    minority = torch.randn((3, 4), generator=generator(9))
    with torch.no_grad():
        space = encoded(model, guide, minority)
        _, chosen = space.choose(40_000, 1.0, generator(10))
        guide, minority = model.heads.features(guide), model.heads.features(minority)
        means = model.encode(minority).repeat(20_000, 1)
        z = model.reparameterise(means, torch.randn(means.shape, generator=generator(11)))
        expected = ExemplarPrior(model.encode(guide), model.log_variance).responsibilities(z)
        _, uniform = space.choose(40_000, 0.0, generator(12))
    found = np.bincount(chosen, minlength=6) / 40_000
    np.testing.assert_allclose(found, expected.mean(0), atol=0.015)
    np.testing.assert_allclose(np.bincount(uniform, minlength=6) / 40_000, 1 / 6, atol=0.015)


@pytest.mark.parametrize(("n_rows", "batch_size"), [(1, 8), (7, 8), (8, 8), (9, 8), (30, 8)])
def test_batches_take_every_row_equally_often(n_rows, batch_size):
    draw = batches(n_rows, batch_size, generator())
    size = min(n_rows, batch_size)
    n_batches = 8 * n_rows
    counts = np.bincount(torch.cat([next(draw) for _ in range(n_batches)]), minlength=n_rows)
    assert counts.sum() == n_batches * size
    assert counts.max() - counts.min() <= 1


def test_training_keeps_the_weights_the_monitor_liked_best():
    module = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        module.weight.fill_(1.0)
    budget = Budget(max_steps=60, learning_rate=0.1, epoch_steps=1, patience=5, decay=1e-9)
    # The loss pulls the weight down for ever, the monitor wants it at 0.
    record = train(
        module,
        lambda: {"pull": module.weight.sum()},
        budget,
        monitor=lambda: abs(module.weight.item()),
    )
    assert record.stop_reason == "patience"
    assert record.n_steps == record.best_steps + 6
    assert abs(module.weight.item()) < 0.1


def test_training_that_diverges_says_so():
    module = torch.nn.Linear(1, 1, bias=False)
    with pytest.raises(Diverged, match="explosion"):
        train(
            module,
            lambda: {"explosion": module.weight.sum() * math.inf},
            Budget(max_steps=5, learning_rate=0.1),
        )
