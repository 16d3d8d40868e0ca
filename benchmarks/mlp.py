"""The neural classifier of the protocols: d-256-128-2, LeakyReLU, Adam, cross-entropy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.data import Labels, Rows

BATCH = 100
EPOCHS = 15


def epoch_steps(n_rows: int) -> int:
    """Optimiser steps of the protocol's 15 epochs over `n_rows` rows."""
    return EPOCHS * -(-n_rows // BATCH)


def mlp_probabilities(
    X: Rows, y: Labels, X_test: Rows, *, steps: int, weighted: bool, seed: int
) -> Rows:
    """Train for `steps` batches and return P(class 1) of the test rows."""
    torch.manual_seed(seed)
    rows = torch.as_tensor(np.asarray(X, dtype=np.float32))
    labels = torch.as_tensor(np.asarray(y, dtype=np.int64))
    counts = torch.bincount(labels, minlength=2).float()
    weights = len(labels) / (2 * counts) if weighted else None
    model = _network(rows.shape[1])
    _train(model, rows, labels, weights, steps)
    with torch.inference_mode():
        test = torch.as_tensor(np.asarray(X_test, dtype=np.float32))
        probabilities = model(test).softmax(dim=1)[:, 1]
    return np.asarray(probabilities.double())


def _network(n_features: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_features, 256),
        nn.LeakyReLU(0.1),
        nn.Linear(256, 128),
        nn.LeakyReLU(0.1),
        nn.Linear(128, 2),
    )


def _train(
    model: nn.Sequential, rows: Tensor, labels: Tensor, weights: Tensor | None, steps: int
) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    done = 0
    while done < steps:
        for batch in torch.split(torch.randperm(len(rows)), BATCH)[: steps - done]:
            loss = F.cross_entropy(
                model(rows[batch]), labels[batch], weight=weights, reduction="sum"
            )
            # Not torch's weighted mean: dividing by the batch's weights would discount the
            # few batches that hold a minority row.
            loss = loss / len(batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            done += 1
