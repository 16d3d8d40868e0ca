"""Networks that are trained together are trained as each alone would be."""

import math

import pytest
import torch

from mgvae_resample._nn.stack import fit_stack
from mgvae_resample._nn.training import TrainConfig, fit_module
from tests.layouts import Minimise
from tests.nn.test_training import one_weight

TARGETS = (2.0, -1.0, 4.0)


class Towards:
    """Pulls the weight of each member towards its target; 0 is best for held-out rows."""

    def __init__(self, targets, held=()):
        self.targets, self.held = targets, held

    def begin_epoch(self, members, n_steps):
        self.members = members

    def step(self, number, weights):
        targets = torch.tensor([self.targets[m] for m in self.members])
        return {"distance": (weights[:, 0] - targets).square()}

    def validate(self, member, weights):
        return abs(float(weights[0])) if member in self.held else None


def alone(target, config, held=False):
    """Return the weight and history of a training of its own."""
    module = one_weight()
    step = lambda n_steps: {"distance": (module.weight.sum() - target).square()}  # noqa: E731
    validate = (lambda: abs(module.weight.item())) if held else (lambda: None)
    history = fit_module(module, Minimise(step, validate), config)
    return module.weight.item(), history


def together(objective, configs):
    weights = torch.ones(len(configs), 1)
    histories, errors = fit_stack(
        weights, objective, dict(enumerate(configs)), dict.fromkeys(range(len(configs)))
    )
    return weights[:, 0].tolist(), histories, errors


@pytest.mark.parametrize("steps", [(20, 20, 20), (7, 23, 40)])
def test_members_of_a_stack_are_trained_as_each_alone(steps):
    configs = [TrainConfig(n, 0.1, epoch_steps=5) for n in steps]
    weights, histories, errors = together(Towards(TARGETS), configs)
    assert not errors
    for m, config in enumerate(configs):
        weight, history = alone(TARGETS[m], config)
        assert weights[m] == pytest.approx(weight, abs=1e-5)
        assert (histories[m].n_steps, histories[m].best_steps) == (steps[m], steps[m])
        assert histories[m].terms["distance"] == pytest.approx(history.terms["distance"], abs=1e-5)


def test_early_stopping_ends_one_member_and_not_the_others():
    config = TrainConfig(60, 0.1, epoch_steps=1, patience=3, decay=1e-9)
    weights, histories, _ = together(Towards(TARGETS, held={1}), [config] * 3)
    weight, history = alone(TARGETS[1], config, held=True)
    assert weights[1] == pytest.approx(weight, abs=1e-6)
    assert (histories[1].n_steps, histories[1].best_steps) == (history.n_steps, history.best_steps)
    assert [histories[m].stop_reason for m in range(3)] == [
        *("max_steps", "early_stopping", "max_steps"),
    ]


def test_a_member_that_diverges_leaves_the_others_alone():
    configs = [TrainConfig(20, 0.1, epoch_steps=5)] * 3
    weights, histories, errors = together(Towards((2.0, math.inf, 4.0)), configs)
    assert list(errors) == [1]
    assert "5 steps" in errors[1]
    assert sorted(histories) == [0, 2]
    for m in (0, 2):
        assert weights[m] == pytest.approx(alone(TARGETS[m], configs[m])[0], abs=1e-5)


def test_a_report_stops_one_member():
    weights = torch.ones(2, 1)
    configs = dict.fromkeys((0, 1), TrainConfig(20, 0.1, epoch_steps=5))
    histories, _ = fit_stack(
        weights, Towards(TARGETS), configs, {0: lambda values: True, 1: lambda values: False}
    )
    assert (histories[0].n_steps, histories[0].stop_reason) == (5, "callback")
    assert histories[1].n_steps == 20
