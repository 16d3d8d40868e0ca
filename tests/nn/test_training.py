"""The training loop: batches, schedule, early stopping, the best checkpoint, EMA, divergence."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from mgvae_resample._nn.training import (
    Adam,
    BestCheckpoint,
    Diverged,
    TrainConfig,
    batches,
    fit_module,
)
from tests.layouts import Minimise, rng


def one_weight(value=1.0):
    """Return a module of one weight."""
    module = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        module.weight.fill_(value)
    return module


def pull(module, validate=lambda: None):
    """Return an objective that pulls the weight down for ever."""
    return Minimise(lambda n_steps: {"pull": module.weight.sum()}, validate)


@pytest.mark.parametrize(("n_rows", "batch_size"), [(1, 8), (7, 8), (8, 8), (9, 8), (30, 8)])
def test_batches_take_every_row_equally_often(n_rows, batch_size):
    draw = batches(n_rows, batch_size, rng())
    n_batches = 8 * n_rows
    counts = np.bincount(torch.cat([next(draw) for _ in range(n_batches)]), minlength=n_rows)
    assert counts.sum() == n_batches * batch_size
    assert counts.max() - counts.min() <= 1


def test_training_keeps_the_weights_of_the_lowest_validation_loss():
    module = one_weight()
    config = TrainConfig(max_steps=60, learning_rate=0.1, epoch_steps=1, patience=5, decay=1e-9)
    # The loss pulls the weight down for ever, the validation loss wants it at 0.
    history = fit_module(module, pull(module, lambda: abs(module.weight.item())), config)
    assert history.stop_reason == "early_stopping"
    assert history.n_steps == history.best_steps + 6
    assert abs(module.weight.item()) < 0.1
    assert min(history.terms["validation_loss"]) == pytest.approx(abs(module.weight.item()))


def test_without_patience_all_steps_are_made_and_the_best_weights_kept():
    module = one_weight()
    config = TrainConfig(max_steps=60, learning_rate=0.1, epoch_steps=1, decay=1e-9)
    history = fit_module(module, pull(module, lambda: abs(module.weight.item())), config)
    assert (history.stop_reason, history.n_steps) == ("max_steps", 60)
    assert history.best_steps < 20
    assert abs(module.weight.item()) < 0.1


def test_without_validation_the_last_weights_are_kept():
    module = one_weight()
    history = fit_module(module, pull(module), TrainConfig(max_steps=7, learning_rate=0.1))
    assert (history.stop_reason, history.best_steps) == ("max_steps", 7)
    assert "validation_loss" not in history.terms
    assert module.weight.item() < 0.9


def test_a_best_checkpoint_keeps_weights_and_counts_the_epochs_since():
    best, weights = BestCheckpoint(), torch.tensor([3.0])
    for n_steps, value in enumerate([2.0, 1.0, 4.0, 1.0], start=1):
        weights.fill_(10.0 * n_steps)
        best.look(value, n_steps, weights)
    assert (best.epochs_since, best.steps) == (2, 2)
    assert best.weights.item() == 20.0


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.99)])
def test_adam_moves_as_torch_s_own(betas):
    twins = [torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1)) for _ in "ab"]
    twins[1].load_state_dict(twins[0].state_dict())
    ours = Adam(parameters_to_vector(twins[0].parameters()).detach(), betas)
    ours.share(twins[0])
    theirs = torch.optim.Adam(twins[1].parameters(), betas=betas)
    for step in range(20):
        x = torch.randn((8, 3), generator=rng(step))
        for module in twins:
            module(x).square().mean().backward()
        theirs.param_groups[0]["lr"] = rate = 0.1 / (step + 1)
        ours.step(rate)
        theirs.step()
        theirs.zero_grad()
    for ours, theirs in zip(*(module.parameters() for module in twins), strict=True):
        torch.testing.assert_close(ours, theirs)
        assert not ours.grad.any()


def test_a_report_is_given_each_epoch_and_stops_the_training():
    module, told = one_weight(), []

    def report(values):
        told.append(values["pull"])
        return len(told) == 2

    config = TrainConfig(max_steps=40, learning_rate=0.1, epoch_steps=10)
    history = fit_module(module, pull(module), config, report=report)
    assert (history.stop_reason, history.n_steps) == ("callback", 20)
    assert history.terms == {"pull": told}


def test_terms_are_means_over_epochs_and_the_last_epoch_may_be_short():
    module = one_weight(0.0)
    config = TrainConfig(max_steps=5, learning_rate=1e-9, epoch_steps=2)
    history = fit_module(
        module,
        Minimise(lambda n: {"n": module.weight.sum() + n, "one": torch.tensor(1.0)}),
        config,
    )
    assert config.n_epochs == 3
    np.testing.assert_allclose(history.terms["n"], [0.5, 2.5, 4.0], atol=1e-6)
    assert history.terms["one"] == [1.0, 1.0, 1.0]


def test_the_learning_rate_falls_linearly_over_the_last_part_to_its_floor():
    config = TrainConfig(max_steps=100, learning_rate=0.1, decay=0.3)
    assert [config.rate(n) for n in (0, 50, 70)] == [1.0, 1.0, 1.0]
    assert config.rate(85) == pytest.approx(0.5)
    assert config.rate(100) == pytest.approx(0.02)


def test_each_step_is_made_with_the_rate_of_its_moment():
    """Adam moves one weight by the learning rate itself where the gradient is constant."""
    module = one_weight(0.0)
    config = TrainConfig(max_steps=100, learning_rate=0.1, epoch_steps=1)
    seen = []
    fit_module(module, pull(module), config, report=lambda _: seen.append(module.weight.item()))
    moves = -np.diff([0.0, *seen])
    np.testing.assert_allclose(moves, [0.1 * config.rate(n) for n in range(100)], rtol=1e-3)


def test_the_module_is_left_with_the_moving_average_of_its_weights():
    module, seen = one_weight(1.0), [1.0]
    config = TrainConfig(max_steps=40, learning_rate=0.1, epoch_steps=1, ema_decay=0.7)
    fit_module(module, pull(module), config, report=lambda _: seen.append(module.weight.item()))
    average = seen[0]
    for n, value in enumerate(seen[1:], start=1):
        kept = min(0.7, n / (n + 10))
        average = kept * average + (1 - kept) * value
    assert module.weight.item() == pytest.approx(average, rel=1e-5)
    assert average > seen[-1] + 0.05


def test_training_that_diverges_says_so():
    module = one_weight()
    with pytest.raises(Diverged, match="explosion"):
        fit_module(
            module,
            Minimise(lambda n_steps: {"explosion": module.weight.sum() * math.inf}),
            TrainConfig(max_steps=5, learning_rate=0.1),
        )


def test_weights_that_are_no_longer_finite_are_a_divergence():
    module = one_weight()
    with pytest.raises(Diverged, match="weights"):
        fit_module(
            module,
            # The root of 0, whose slope is infinite.
            Minimise(lambda n_steps: {"root": module.weight.sum().sub(1.0).abs().sqrt()}),
            TrainConfig(max_steps=1, learning_rate=0.1),
        )


def test_training_works_where_the_caller_has_turned_gradients_off():
    module = one_weight()
    with torch.no_grad():
        fit_module(module, pull(module), TrainConfig(max_steps=3, learning_rate=0.1))
    assert module.weight.item() < 0.95
