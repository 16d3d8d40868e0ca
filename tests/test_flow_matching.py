"""What is particular to the third method: every weight learns, and the flow bends."""

import numpy as np
import torch

from mgvae_resample._modality.tabular import TabularModality
from mgvae_resample._nn.mlp import initialise
from mgvae_resample._nn.random import stream
from mgvae_resample._run import Run
from mgvae_resample._tables.table import Table
from tests.support import quick_sampler, table
from tests.third_method import FlowMatching, FlowSynthesizer, Velocity


def test_every_weight_gets_a_gradient():
    X, y = table(40, 20)
    modality = TabularModality().fit(Table.of(X))
    network = Velocity(modality, (8,), 2)
    network.scale.fill_(1.0)
    initialise(network, stream(0, "weights"))
    run = Run(0, torch.device("cpu"))
    terms = FlowMatching(run, network, modality.encode(Table.of(X)), y, 64).step(0, None)
    sum(terms.values()).backward()
    assert all((weight.grad != 0).any(-1).all() for weight in network.parameters())


def test_a_class_in_two_parts_stays_in_two_parts(monkeypatch):
    """Numbers with the mean and the covariance of the class would lie between them as well."""
    # Rules would refuse them.
    monkeypatch.setattr(FlowSynthesizer, "max_trials", 0)
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [300, 100])
    X = rng.normal(0.0, 1.0, (400, 2))
    X[y == 1] += np.where(rng.random((100, 1)) < 0.5, -5.0, 5.0)

    def share_between(max_steps):
        sampler = quick_sampler(
            "FlowMatchingOverSampler", max_steps=max_steps, batch_size=128, learning_rate=0.01
        )
        new = sampler.fit_resample(X, y)[0][400:]
        return (np.abs(new.sum(1)) < 5.0).mean()

    assert share_between(1000) < 0.1 < 0.3 < share_between(1)
