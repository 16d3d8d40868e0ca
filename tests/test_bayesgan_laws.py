"""The mathematics of the Bayesian-network-regularised GAN, held against brute force."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from mgvae_resample import BayesianStructure
from mgvae_resample._bayesgan.augmentation import affine_views, harmless_amount, noisy_views
from mgvae_resample._bayesgan.fit import Settings, _balanced_batches, _Game, code_network, fit
from mgvae_resample._bayesgan.objective import (
    class_dependence,
    dependence,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    mutual_information_loss,
    structure_loss,
)
from mgvae_resample._data.layout import Layout, Slot
from mgvae_resample._engine.networks import initialise
from mgvae_resample._engine.runtime import RandomStreams

CPU = torch.device("cpu")
ENTANGLED = BayesianStructure.preset("entangled", 3)


def generator(seed=0):
    """Return a seeded torch generator."""
    return torch.Generator().manual_seed(seed)


def layout(n_columns, kind="continuous"):
    """Return the layout of columns of one kind."""
    return Layout(tuple(Slot(j, kind) for j in range(n_columns)))


def settings(structure=ENTANGLED, **changes):
    """Return settings of small networks on three columns."""
    values = {
        "layout": layout(3),
        "image_shape": None,
        "n_classes": 2,
        "structure": structure,
        "is_regularised": True,
        "noise_dim": 4,
        "structure_weight": 1.0,
        "hidden_layer_sizes": (8,),
        "max_steps": 20,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "generated_share": None,
        "augmentation": 0.5,
    }
    return Settings(**{**values, **changes})


def game(chosen, rows, labels, seed=0):
    """Return one game and its freshly made model."""
    streams = RandomStreams(seed)
    model = chosen.network()
    initialise(model, streams.generator("weights"), gain=2.0)
    return _Game(chosen, model, rows, labels, streams), model


def entangled_codes(n=4000, noise=0.1, seed=0):
    """Return observed codes, and latent codes that follow the entangled structure."""
    rng = np.random.default_rng(seed)
    c = rng.normal(size=(n, 3))
    first = c + noise * rng.normal(size=(n, 3))
    both = (first[:, 1] + first[:, 2]) / math.sqrt(2) + noise * rng.normal(size=n)
    latent = np.column_stack([first, both])
    return torch.tensor(c), torch.tensor(latent)


def r_squared(x, y):
    """Return R^2 of an ordinary regression."""
    return LinearRegression().fit(x, y).score(x, y)


def test_edge_scores_equal_ordinary_regressions():
    c, latent = entangled_codes(300, 0.5)
    latent[:, 0] += 0.5 * c[:, 1]
    nodes = np.column_stack([c, latent])
    r2, beyond = dependence(code_network(ENTANGLED, CPU), c, latent)
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
    terms = structure_loss(code_network(ENTANGLED, CPU), c, latent, labels)
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
    network = code_network(ENTANGLED, CPU)
    labels = torch.arange(500) % 2
    values = []
    for scale in (0.0, 1e-6, 1.0, 1e6):
        for seed in range(5):
            c = torch.randn(500, 3, generator=generator(seed))
            latent = scale * torch.randn(500, 4, generator=generator(seed + 100))
            values.append(sum(structure_loss(network, c, latent, labels).values()))
    c, latent = entangled_codes(500, 0.0)
    values.append(sum(structure_loss(network, c, latent, labels).values()))
    values = torch.stack([v.double() for v in values])
    assert values.isfinite().all()
    assert values.min() >= 4 * 0.5 * math.log(0.05) - 1e-3
    assert values.max() < 50
    assert values[-1] < values[5:15].min() - 3


@pytest.mark.parametrize("name", ["likelihood", "independence", "neglect"])
def test_following_the_structure_lowers_every_term(name):
    network = code_network(ENTANGLED, CPU)
    labels = torch.randint(2, (4000,), generator=generator())
    c, good = entangled_codes()
    if name == "neglect":
        bad = good.clone()
        bad[:, 3] = good[:, 1]  # the second parent has no part
    elif name == "independence":
        bad = good + labels[:, None] + c[:, [1, 0, 0]].sum(1, keepdim=True)
    else:
        bad = torch.randn(4000, 4, generator=generator(1)).double()
    better = structure_loss(network, c, good, labels)[name]
    worse = structure_loss(network, c, bad, labels)[name]
    assert float(better) < float(worse) - 0.2


def test_a_latent_code_in_another_scale_is_the_same_code():
    network = code_network(ENTANGLED, CPU)
    c, latent = entangled_codes(400)
    labels = torch.arange(400) % 2
    one = structure_loss(network, c, latent, labels)
    other = structure_loss(network, c, 5.0 + 0.01 * latent, labels)
    for name, value in one.items():
        assert float(value) == pytest.approx(float(other[name]), abs=0.02)


def test_gradient_descent_on_the_structure_finds_the_structure():
    network = code_network(ENTANGLED, CPU)
    c = torch.randn(1000, 3, generator=generator())
    latent = torch.randn(1000, 4, generator=generator(1)).requires_grad_()
    weights = torch.randn(3, 4, generator=generator(2)).requires_grad_()
    labels = torch.arange(1000) % 2
    optimiser = torch.optim.Adam([latent, weights], 0.05, fused=True)
    for _ in range(200):
        optimiser.zero_grad()
        sum(structure_loss(network, c, latent + c @ weights, labels).values()).backward()
        optimiser.step()
    r2, beyond = dependence(network, c, (latent + c @ weights).detach())
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


def test_gradient_penalty_of_a_linear_score_is_half_its_squared_norm():
    rows = torch.randn(5, 3, requires_grad=True, generator=generator())
    scores = rows @ torch.tensor([1.0, 2.0, 2.0])
    assert float(gradient_penalty(rows, scores)) == pytest.approx(4.5)


def test_mutual_information_bound_by_hand():
    codes, latent = torch.zeros(2, 2), torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    assert float(mutual_information_loss(codes, latent)) == pytest.approx((1.0 + 2.0) / 2)


@pytest.mark.parametrize("is_regularised", [True, False])
@pytest.mark.parametrize("image_shape", [None, (3, 1)])
def test_every_parameter_gets_a_gradient(is_regularised, image_shape):
    kind = "continuous" if image_shape is None else "intensity"
    structure = ENTANGLED if is_regularised else BayesianStructure.preset("disentangled", 3)
    chosen = settings(
        structure,
        is_regularised=is_regularised,
        image_shape=image_shape,
        layout=layout(3, kind),
    )
    rows = torch.rand(20, 3, generator=generator())
    one, model = game(chosen, rows, torch.arange(20) % 2)
    torch.stack(list(one.step_terms().values())).sum().backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in model.parameters())


def test_each_player_gets_the_gradient_of_its_own_loss():
    chosen = settings(None)
    rows = torch.randn(20, 3, generator=generator())
    one, model = game(chosen, rows, torch.arange(20) % 2)
    terms = one.step_terms()
    of_generator = torch.autograd.grad(
        terms["generator"],
        list(model.discriminator.parameters()),
        retain_graph=True,
        allow_unused=True,
    )
    of_discriminator = torch.autograd.grad(
        terms["discriminator"], list(model.generator.parameters()), allow_unused=True
    )
    assert all(g is None for g in (*of_generator, *of_discriminator))


def test_classes_are_drawn_equally_often():
    labels = torch.tensor([0] * 97 + [1] * 3)
    draw = _balanced_batches(labels, 4000, generator())
    chosen = next(draw)
    assert float(labels[chosen].float().mean()) == pytest.approx(0.5, abs=0.05)
    assert set(chosen[labels[chosen] == 1].tolist()) == {97, 98, 99}


def test_views_of_images_keep_range_and_move_little():
    images = torch.rand(200, 8 * 6 * 3, generator=generator())
    seen = affine_views(images, (8, 6, 3), generator(1))
    assert seen.shape == images.shape
    assert seen.min() >= 0
    assert seen.max() <= 1
    # A centred spot stays near the centre.
    spot = torch.zeros(500, 9, 9)
    spot[:, 4, 4] = 1.0
    seen = affine_views(spot.flatten(1), (9, 9), generator(2)).reshape(500, 9, 9)
    assert seen[:, 2:7, 2:7].sum() > 0.95 * seen.sum()
    assert (seen[0] != seen[1]).any()


def test_views_pass_gradients():
    images = torch.rand(4, 36, generator=generator()).requires_grad_()
    affine_views(images, (6, 6), generator(1)).square().sum().backward()
    assert (images.grad != 0).float().mean() > 0.5


def test_images_are_moved_as_far_as_their_neighbours_lie():
    """Blobs at random places may be moved; blobs at one place, of random brightness, may not."""
    place, bright = torch.rand(2, 60, 2, generator=generator())
    at = torch.arange(12.0)

    def blobs(centre):
        x, y = (torch.exp(-0.5 * (at - c.unsqueeze(1)).square()) for c in centre.T)
        return (x.unsqueeze(2) * y.unsqueeze(1)).flatten(1)

    labels = torch.zeros(60, dtype=torch.int64)
    everywhere = blobs(2 + 8 * place)
    one_place = blobs(torch.full((60, 2), 5.5)) * (0.5 + 0.5 * bright[:, :1])
    free = harmless_amount(everywhere, labels, (12, 12), generator())
    bound = harmless_amount(one_place, labels, (12, 12), generator())
    assert free >= 0.2
    assert bound == 0.0


def test_an_image_alone_in_its_class_is_not_moved():
    rows = torch.rand(2, 16, generator=generator())
    assert harmless_amount(rows, torch.tensor([0, 1]), (4, 4), generator()) == 0.0


def test_noisy_views_leave_other_columns_alone():
    rows = torch.zeros(1000, 3)
    seen = noisy_views(rows, torch.tensor([0, 2]), 0.5, generator())
    assert (seen[:, 1] == 0).all()
    assert float(seen[:, [0, 2]].std()) == pytest.approx(0.5, abs=0.05)


def test_the_reader_leaves_its_initial_weights():
    rows = torch.randn(40, 3, generator=generator()).numpy()
    labels = np.arange(40) % 2
    before = settings(max_steps=1, learning_rate=1e-12)
    start = fit(before, rows, labels, RandomStreams(0), CPU).weights
    end = fit(settings(max_steps=50), rows, labels, RandomStreams(0), CPU).weights
    moved = [name for name in start if name.startswith("discriminator.reader")]
    assert moved
    assert all(np.abs(end[name] - start[name]).max() > 1e-3 for name in moved)
