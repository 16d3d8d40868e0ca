"""One step of the game: gradients of both players, balanced batches, and what is learned."""

import numpy as np
import pytest
import torch

from mgvae_resample import BayesianStructure
from mgvae_resample._bayesgan.train import (
    BayesGANConfig,
    Game,
    _balanced_batches,
    fit_gan,
    make_network,
)
from mgvae_resample._nn.training import TrainConfig
from mgvae_resample._run import Run
from tests.layouts import CPU, continuous, images, rng

ENTANGLED = BayesianStructure.preset("entangled", 3)


def config(structure=ENTANGLED, max_steps=20, learning_rate=1e-3, **changes):
    """Return the parameters of small networks."""
    values = {
        "hidden_layer_sizes": (8,),
        "structure": structure,
        "is_regularised": True,
        "noise_dim": 4,
        "structure_weight": 1.0,
        "batch_size": 16,
        "train": TrainConfig(max_steps, learning_rate, betas=(0.0, 0.99), ema_decay=0.998),
    }
    return BayesGANConfig(**{**values, **changes})


def game(chosen, modality, rows, labels):
    """Return the step of one game and its freshly made networks."""
    run = Run(0, CPU)
    network = make_network(run, chosen, modality, 2)
    return Game(run, chosen, network, rows, labels).step, network


@pytest.mark.parametrize("is_regularised", [True, False])
@pytest.mark.parametrize("modality", [continuous(3), images(3, 1)], ids=["table", "images"])
def test_every_parameter_gets_a_gradient(is_regularised, modality):
    structure = ENTANGLED if is_regularised else BayesianStructure.preset("disentangled", 3)
    chosen = config(structure, is_regularised=is_regularised)
    rows = torch.rand(20, 3, generator=rng())
    step, network = game(chosen, modality, rows, torch.arange(20) % 2)
    torch.stack(list(step(0, None).values())).sum().backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in network.parameters())


def test_each_player_gets_the_gradient_of_its_own_loss():
    rows = torch.randn(20, 3, generator=rng())
    step, network = game(config(), continuous(3), rows, torch.arange(20) % 2)
    terms = step(0, None)
    of_generator = torch.autograd.grad(
        terms["generator"],
        list(network.discriminator.parameters()),
        retain_graph=True,
        allow_unused=True,
    )
    of_discriminator = torch.autograd.grad(
        terms["discriminator"], list(network.generator.parameters()), allow_unused=True
    )
    assert all(g is None for g in (*of_generator, *of_discriminator))


@pytest.mark.parametrize("modality", [continuous(3), images(3, 1)], ids=["table", "images"])
def test_one_pass_for_both_players_gives_the_gradients_of_two(modality, monkeypatch):
    rows = torch.rand(20, 3, generator=rng())

    def gradients(every):
        monkeypatch.setattr("mgvae_resample._bayesgan.train._CODES_EVERY", every)
        step, network = game(config(), modality, rows, torch.arange(20) % 2)
        terms = step(1, None)
        assert ("likelihood" in terms) == (every == 1)
        losses = [terms[name] for name in ("discriminator", "classifier", "generator")]
        torch.stack(losses).sum().backward()
        network.discriminator.reader = None
        return [loss.item() for loss in losses], [p.grad for p in network.parameters()]

    one, two = gradients(2), gradients(1)
    assert one[0] == pytest.approx(two[0])
    for ours, theirs in zip(one[1], two[1], strict=True):
        assert theirs.any()
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(("term", "at"), [("gradient_penalty", 8), ("likelihood", 2)])
def test_a_lazy_term_is_taken_every_so_many_steps(term, at):
    rows = torch.randn(20, 3, generator=rng())
    step, _ = game(config(), continuous(3), rows, torch.arange(20) % 2)
    assert [n for n in range(17) if term in step(n, None)] == list(range(0, 17, at))


def test_classes_are_drawn_equally_often():
    labels = torch.tensor([0] * 97 + [1] * 3)
    draw = _balanced_batches(labels, 4000, rng())
    chosen = next(draw)
    assert float(labels[chosen].float().mean()) == pytest.approx(0.5, abs=0.05)
    assert set(chosen[labels[chosen] == 1].tolist()) == {97, 98, 99}


def test_the_reader_leaves_its_initial_weights():
    rows = torch.randn(40, 3, generator=rng()).numpy()
    labels = np.arange(40) % 2

    def reader(chosen):
        network = fit_gan(Run(0, CPU), chosen, continuous(3), rows, labels)
        return dict(network.discriminator.reader.named_parameters())

    start = reader(config(max_steps=1, learning_rate=1e-12))
    end = reader(config(max_steps=50))
    assert start
    assert all((end[name] - start[name]).abs().max().item() > 1e-3 for name in start)
