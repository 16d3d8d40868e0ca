"""Elastic Weight Consolidation: what the pre-trained weights know, and the cost of leaving it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import functional_call, vmap

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
    means = model.encode(exemplars).detach()
    names, weights = zip(*model.named_parameters(), strict=True)

    def row_elbo(weights: tuple[Tensor, ...], x: Tensor, e: Tensor) -> Tensor:
        of_row = {f"model.{name}": w for name, w in zip(names, weights, strict=True)}
        terms: Terms = functional_call(_RowELBO(model), of_row, (x, means, e))
        return torch.stack(list(terms.values())).sum()

    squares = [torch.zeros_like(w) for w in weights]
    for x, e in zip(torch.split(rows, chunk), torch.split(eps, chunk), strict=True):
        # Each row has weights of its own, so their gradient is that of the row.
        own = tuple(w.detach().expand(len(x), *w.shape).requires_grad_() for w in weights)
        with torch.enable_grad():
            total = vmap(row_elbo)(own, x, e).sum()
        # Of images the columns' noise is no part of the ELBO; its gradient is 0.
        gradients = torch.autograd.grad(total, own, allow_unused=True, materialize_grads=True)
        for square, gradient in zip(squares, gradients, strict=True):
            # In torch 2.4 gradients that are filled in require one themselves.
            square += gradient.detach().square().sum(0)
    information = dict(zip(names, squares, strict=True))
    # NOTE[DIFF] Not normalised in the paper: its weight then depends on the data by powers of ten.
    n_weights = sum(value.numel() for value in information.values())
    mean = torch.stack([value.sum() for value in information.values()]).sum() / n_weights
    return {name: value / mean for name, value in information.items()}


def ewc_penalty(weights: Tensor, anchor: Tensor, information: Tensor) -> Tensor:
    """Sum over weights of F_i (psi_i - psi_i^+)^2 (Ai et al., Eq. 6).

    All weights stand in one vector: a sum for each layer would cost many more operations.

    Shape: three of (n_weights,) -> scalar.
    """
    return (information * (weights - anchor).square()).sum()


class _RowELBO(torch.nn.Module):
    """The ELBO of a single row as a module's forward, for ``functional_call``."""

    def __init__(self, model: MajorityGuidedVAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, exemplar_means: Tensor, eps: Tensor) -> Terms:
        row = x.unsqueeze(0)
        mean = self.model.encode(row)
        return negative_elbo(self.model, row, mean, exemplar_means, eps.unsqueeze(0))
