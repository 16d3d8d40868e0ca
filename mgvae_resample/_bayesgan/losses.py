"""The objectives: the adversarial game, and a Bayesian network's likelihood of the codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from .._nn.training import Terms
from .structure import BayesianStructure

__all__ = [
    "StructureMasks",
    "class_dependence",
    "dependence",
    "discriminator_loss",
    "generator_loss",
    "gradient_penalty",
    "mutual_information_loss",
    "structure_loss",
]

# Keeps the regressions solvable where parents are copies of one another, and the likelihood
# finite where a latent code is a copy of its parent.
_RIDGE = 1e-3
_LEAST_VARIANCE = 0.05


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Cross-entropy of telling real from generated rows. Shape: logits (n,), (m,) -> scalar."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """Non-saturating loss of the generator. Shape: logits (m,) -> scalar."""
    return F.softplus(-fake).mean()


def gradient_penalty(rows: Tensor, logits: Tensor) -> Tensor:
    """R1: mean squared norm of the logit's gradient at real rows. Shape: (n, ...), (n,) -> scalar.

    It keeps the discriminator from growing steep around the few rows it knows (Mescheder,
    Geiger, Nowozin, "Which Training Methods for GANs do actually Converge?", ICML 2018).
    """
    (gradient,) = torch.autograd.grad(logits.sum(), rows, create_graph=True)
    return 0.5 * gradient.square().flatten(1).sum(1).mean()


def mutual_information_loss(codes: Tensor, latent: Tensor) -> Tensor:
    """InfoGAN's bound: -log N(c; c', I) up to a constant. Shape: (n, k), (n, k) -> scalar."""
    return 0.5 * (codes - latent).square().sum(1).mean()


@dataclass(frozen=True)
class StructureMasks:
    """The Bayesian network's graph, as masks over the nodes (c_1 ... c_k, c'_1 ... c'_m).

    Parameters
    ----------
    parents : bool Tensor of shape (m, k + m)
        The parents of each latent code.
    non_parents : bool Tensor of shape (m, k + m)
        The nodes that each latent code must not depend on, given its parents: all but itself,
        its parents and its descendants (the local Markov property).
    """

    parents: Tensor
    non_parents: Tensor

    @classmethod
    def of(cls, structure: BayesianStructure, device: torch.device) -> Self:
        """Put a structure's masks on a device."""
        masks = (structure.parent_mask, structure.non_parent_mask)
        return cls(*(torch.from_numpy(mask).to(device) for mask in masks))


def structure_loss(masks: StructureMasks, codes: Tensor, latent: Tensor, labels: Tensor) -> Terms:
    """Regularise generator and reader by the Bayesian network.

    "likelihood" is the negative log-likelihood of the latent codes given their parents,
    Equations (3) and (5), with weights and variances in closed form by ridge regression on the
    batch. "independence" is the share of a latent code's variance that a non-parent explains
    beyond the parents, or that the class explains, summed over all pairs. "parent_usage" is how
    much the correlations with the parents fall short of half an equal share. All are bounded.

    Shape: c (n, k), c' (n, m), y (n,) -> scalars.
    """
    variance, beyond, correlation = _regressions(masks, codes, latent)
    # NOTE[DIFF] Latent codes are standardised: the likelihood (3) alone is maximised by codes
    # that shrink to a constant. The prior of c in (5) does not depend on any weight.
    likelihood = 0.5 * (variance + _LEAST_VARIANCE).log().sum()
    # NOTE[DIFF] Equation (6) subtracts squared errors, which is unbounded below.
    independence = beyond.sum() + class_dependence(latent, labels).sum()
    share = 0.5 / masks.parents.sum(1, keepdim=True)
    # Not squared: at no correlation the likelihood is flat, and codes would stay unread for ever.
    shortfall = (share.sqrt() - correlation).clamp_min(0.0) * masks.parents
    return {
        "likelihood": likelihood,
        "independence": independence,
        "parent_usage": shortfall.sum(),
    }


def dependence(masks: StructureMasks, codes: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
    """How much each latent code depends on its parents, and on each non-parent beyond them.

    Shape: c (n, k), c' (n, m) -> R^2 (m,), squared part correlations (m, k + m).
    """
    variance, beyond, _ = _regressions(masks, codes, latent)
    return 1.0 - variance, beyond


def class_dependence(latent: Tensor, labels: Tensor) -> Tensor:
    """Share of variance between classes (eta^2), less what chance gives. Shape: -> (m,)."""
    one_hot = F.one_hot(labels).to(latent.dtype)
    one_hot = one_hot[:, one_hot.sum(0) > 0]
    n_rows, n_classes = one_hot.shape
    standardised = _standardise(latent)
    means = one_hot.T @ standardised / one_hot.sum(0).unsqueeze(1)
    between = (one_hot.mean(0).unsqueeze(1) * means.square()).sum(0)
    return (between - (n_classes - 1) / max(n_rows - 1, 1)).clamp_min(0.0)


def _regressions(
    masks: StructureMasks, codes: Tensor, latent: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Regress each latent code and each other node on the latent code's parents.

    Shape: c (n, k), c' (n, m) -> residual variances sigma^2 (m,), squared part correlations with
    non-parents (m, k + m), correlations with all nodes (m, k + m).
    """
    nodes = _standardise(torch.cat([codes, latent], 1))
    correlation = nodes.T @ nodes / len(nodes)  # (p, p)
    own = correlation[codes.shape[1] :]  # (m, p)
    parents = masks.parents.to(own.dtype).unsqueeze(2)  # (m, p, 1)
    eye = torch.eye(len(correlation), device=own.device, dtype=own.dtype)
    # Rows and columns of nodes that are no parents become those of the identity.
    among = correlation * parents * parents.transpose(1, 2) + eye * (1.0 - parents)
    across = correlation * parents  # parents against all nodes (m, p, p)
    # Without the check for errors, for which a GPU would have to wait; the ridge rules them out.
    weights = torch.linalg.solve_ex(among + _RIDGE * eye, across)[0]
    left = correlation - across.transpose(1, 2) @ weights  # covariance beyond the parents
    variances = left.diagonal(dim1=1, dim2=2).clamp_min(0.0)  # (m, p)
    at = torch.arange(len(own), device=own.device)
    itself = codes.shape[1] + at
    # Not the residual variance itself, which a code that shrinks to a constant would bring to 0.
    variance = 1.0 - (own[at, itself] - variances[at, itself])
    beyond = left[at, itself].square() / (variances + _LEAST_VARIANCE)
    return variance, beyond * masks.non_parents, own


def _standardise(values: Tensor) -> Tensor:
    """Mean 0 and variance 1 within the batch. Shape: (n, k) -> (n, k)."""
    centred = values - values.mean(0)
    return centred / (centred.square().mean(0) + 1e-8).sqrt()
