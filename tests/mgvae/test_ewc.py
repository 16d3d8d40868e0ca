"""Elastic Weight Consolidation against per-row gradients and values worked out by hand."""

import pytest
import torch

from mgvae_resample._mgvae import train
from mgvae_resample._mgvae.elbo import negative_elbo
from mgvae_resample._mgvae.ewc import ewc_penalty, fisher_information
from tests.layouts import rng
from tests.mgvae.models import learned
from tests.support import QUICK, quick_vae, table


def test_fisher_information_is_the_mean_square_of_each_rows_own_gradient(model_and_rows):
    model, rows = model_and_rows
    eps = torch.randn((12, 2), generator=rng(6))
    exemplars = rows[:5]
    found = fisher_information(model, rows, exemplars, eps, chunk=5)
    expected = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    means = model.encode(exemplars).detach()
    for i in range(len(rows)):
        model.zero_grad()
        x = rows[i : i + 1]
        terms = negative_elbo(model, x, model.encode(x), means, eps[i : i + 1])
        (terms["reconstruction"] + terms["prior"]).backward()
        for name, parameter in learned(model):
            expected[name] += parameter.grad.square()
    total = sum(float(value.sum()) for value in expected.values())
    n_weights = sum(value.numel() for value in expected.values())
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value * n_weights / total)


def test_the_penalty_is_a_weighted_square_that_vanishes_at_the_anchor():
    anchor, information = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([2.0, 3.0, 0.0])
    assert float(ewc_penalty(anchor, anchor, information)) == 0.0
    moved = anchor + torch.tensor([3.0, -1.0, 7.0])
    assert float(ewc_penalty(moved, anchor, information)) == pytest.approx(2 * 9.0 + 3 * 1.0)


def test_all_of_fine_tuning_is_held_to_the_pre_trained_weights(monkeypatch):
    """Also the steps with all rows, which begin at weights that are fine-tuned already."""
    anchors, penalties = [], []

    def record(weights, anchor, information):
        penalty = ewc_penalty(weights, anchor, information)
        anchors.append(anchor)
        penalties.append(float(penalty.detach()))
        return penalty

    monkeypatch.setattr(train, "ewc_penalty", record)
    sampler = quick_vae(learning_rate=0.01)
    sampler.fit_resample(*table(90, 60))
    at_first, with_all = penalties[0], penalties[QUICK["max_finetune_steps"]]
    assert len(penalties) > QUICK["max_finetune_steps"]
    assert at_first == 0.0 < with_all
    assert all(torch.equal(anchor, anchors[0]) for anchor in anchors)
