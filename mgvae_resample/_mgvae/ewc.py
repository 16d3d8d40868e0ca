"""Elastic Weight Consolidation: what the pre-trained weights know, and the cost of leaving it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from .._nn.training import Terms
from .elbo import negative_elbo
from .model import MajorityGuidedVAE

__all__ = ["Weights", "ewc_penalty", "fisher_information"]

Weights = dict[str, Tensor]


def fisher_information(
    model: MajorityGuidedVAE,
    rows: Tensor,
    exemplars: Tensor,
    eps: Tensor,
    chunk: int = 32,
) -> Weights:
    """Diagonal Fisher information of each weight, normalised to mean 1 over all weights.

    F_i is the mean over rows of the squared gradient of one row's ELBO with respect to weight i:
    squares of per-row gradients, not of the batch's gradient. The normalisation takes the unit
    out of the weight that multiplies the penalty.

    Parameters
    ----------
    model : MajorityGuidedVAE
        The pre-trained model.
    rows : Tensor of shape (n, d)
        Rows drawn at random from those the model was pre-trained on.
    exemplars : Tensor of shape (m, d)
        Other rows, which span the prior.
    eps : Tensor of shape (n, k)
        Standard normal numbers for the Monte-Carlo draws.
    chunk : int
        Rows whose gradients are held at the same time; it bounds the memory.

    Returns
    -------
    dict of str to Tensor
        One tensor per named parameter, of its shape.
    """
    weights = {name: p.detach() for name, p in model.named_parameters()}
    means = model.encode(exemplars).detach()

    def row_elbo(weights: Weights, x: Tensor, e: Tensor) -> Tensor:
        terms: Terms = functional_call(_RowELBO(model), _prefixed(weights), (x, means, e))
        return torch.stack(list(terms.values())).sum()

    gradient = vmap(grad(row_elbo), in_dims=(None, 0, 0))
    information = {name: torch.zeros_like(w) for name, w in weights.items()}
    for start in range(0, len(rows), chunk):
        squares = gradient(weights, rows[start : start + chunk], eps[start : start + chunk])
        for name, value in squares.items():
            information[name] += value.square().sum(0)
    # NOTE[DIFF] Not normalised in the paper: its weight then depends on the data by powers of ten.
    n_weights = sum(value.numel() for value in information.values())
    mean = torch.stack([value.sum() for value in information.values()]).sum() / n_weights
    return {name: value / mean for name, value in information.items()}


def ewc_penalty(model: MajorityGuidedVAE, anchor: Weights, information: Weights) -> Tensor:
    """Sum over weights of F_i (psi_i - psi_i^+)^2 (Ai et al., Eq. 6). Shape: scalar."""
    return torch.stack(
        [
            (information[name] * (parameter - anchor[name]).square()).sum()
            for name, parameter in model.named_parameters()
        ]
    ).sum()


class _RowELBO(torch.nn.Module):
    """The ELBO of a single row as a module's forward, for ``functional_call``."""

    def __init__(self, model: MajorityGuidedVAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, exemplar_means: Tensor, eps: Tensor) -> Terms:
        row = x.unsqueeze(0)
        mean = self.model.encode(row)
        return negative_elbo(self.model, row, mean, exemplar_means, eps.unsqueeze(0))


def _prefixed(weights: Weights) -> Weights:
    return {f"model.{name}": value for name, value in weights.items()}
