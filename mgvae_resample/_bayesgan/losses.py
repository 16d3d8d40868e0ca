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
    "generator_factor",
    "generator_loss",
    "gradient_penalty",
    "mutual_information_loss",
    "structure_loss",
]

# Keeps the regressions solvable if parents are collinear, and the likelihood finite if a latent
# code equals its parent.
_RIDGE = 1e-3
_LEAST_VARIANCE = 0.05
# Avoids overflow. A row with a logit below -50 gets a smaller gradient than it should.
_LARGEST_EXPONENT = 50.0


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Cross-entropy of telling real from generated rows. Shape: logits (n,), (m,) -> scalar."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """Non-saturating loss of the generator. Shape: logits (m,) -> scalar."""
    return F.softplus(-fake).mean()


def generator_factor(fake: Tensor) -> Tensor:
    """Gradient of the generator's loss by a generated row, as a multiple of the discriminator's.

    With respect to the row's logit f, the gradients are -sigmoid(-f) and sigmoid(f).

    Shape: logits (m,) -> (m,).
    """
    return -(-fake).clamp_max(_LARGEST_EXPONENT).exp()


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

    Masks are 0 or 1 as float32: a bool one would be converted at each use.
    """

    # Those of the structure. Shape: (m, k + m).
    parents: Tensor
    non_parents: Tensor
    # Added to the parents' correlations to make the regressions solvable: the ridge, and the
    # identity for nodes that are no parents. Shape: (m, k + m, k + m).
    ridge: Tensor
    # The correlation with a parent that explains half an equal share of the variance: (m, 1).
    least_correlation: Tensor

    @classmethod
    def of(cls, structure: BayesianStructure, device: torch.device) -> Self:
        """Put a structure's masks on a device."""
        masks = (structure.parent_mask, structure.non_parent_mask)
        parents, non_parents = (torch.from_numpy(mask).float().to(device) for mask in masks)
        ridge = torch.diag_embed(1.0 - parents + _RIDGE)
        return cls(parents, non_parents, ridge, (0.5 / parents.sum(1, keepdim=True)).sqrt())


def structure_loss(masks: StructureMasks, codes: Tensor, latent: Tensor, labels: Tensor) -> Terms:
    """Regularise generator and reader by the Bayesian network.

    "likelihood" is the negative log-likelihood of the latent codes given their parents,
    Equations (3) and (5), with weights and variances in closed form by ridge regression on the
    batch. "independence" is the fraction of a latent code's variance that a non-parent explains
    beyond the parents, or that the class explains, summed over all pairs. "parent_usage" is how
    much the correlations with the parents fall short of half an equal share. All are bounded.

    Shape: c (n, k), c' (n, m), y (n,) -> scalars.
    """
    nodes = _standardise(torch.cat([codes, latent], 1))
    variance, beyond, correlation = _regressions(masks, nodes)
    # NOTE[DIFF] Latent codes are standardised: the likelihood (3) alone is maximised by codes
    # that shrink to a constant. The prior of c in (5) does not depend on any weight.
    likelihood = 0.5 * (variance + _LEAST_VARIANCE).log().sum()
    # NOTE[DIFF] Equation (6) subtracts squared errors, which is unbounded below.
    between_classes = _variance_between(nodes[:, codes.shape[1] :], labels)
    # Not squared: the likelihood is flat at no correlation, and codes would never be learned.
    shortfall = (masks.least_correlation - correlation).clamp_min(0.0) * masks.parents
    return {
        "likelihood": likelihood,
        "independence": beyond.sum() + between_classes.sum(),
        "parent_usage": shortfall.sum(),
    }


def dependence(masks: StructureMasks, codes: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
    """How much each latent code depends on its parents, and on each non-parent beyond them.

    Shape: c (n, k), c' (n, m) -> R^2 (m,), squared part correlations (m, k + m).
    """
    variance, beyond, _ = _regressions(masks, _standardise(torch.cat([codes, latent], 1)))
    return 1.0 - variance, beyond


def class_dependence(latent: Tensor, labels: Tensor) -> Tensor:
    """Fraction of variance between classes (eta^2), minus chance. Shape: -> (m,)."""
    return _variance_between(_standardise(latent), labels)


def _variance_between(standardised: Tensor, labels: Tensor) -> Tensor:
    """Return :func:`class_dependence` of codes of variance 1. Shape: (n, m), (n,) -> (m,)."""
    n_rows, n_latent = standardised.shape
    counts = torch.bincount(labels)
    sums = standardised.new_zeros((len(counts), n_latent)).index_add(0, labels, standardised)
    between = (sums.square() / (n_rows * counts.clamp_min(1)).unsqueeze(1)).sum(0)
    by_chance = ((counts > 0).sum() - 1) / max(n_rows - 1, 1)
    return (between - by_chance).clamp_min(0.0)


def _regressions(masks: StructureMasks, nodes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Regress each latent code and each other node on the latent code's parents.

    Shape: standardised c and c' (n, k + m) -> residual variances sigma^2 (m,), squared part
    correlations with non-parents (m, k + m), correlations with all nodes (m, k + m).
    """
    n_codes = len(nodes.T) - len(masks.parents)
    correlation = nodes.T @ nodes / len(nodes)  # (p, p)
    latent_correlation = correlation[n_codes:]  # (m, p)
    across = correlation * masks.parents.unsqueeze(2)  # parents against all nodes (m, p, p)
    # Rows and columns of nodes that are no parents become those of the identity.
    among = across * masks.parents.unsqueeze(1) + masks.ridge
    # No check for errors, which the ridge rules out and a GPU would have to wait for.
    weights = torch.linalg.solve_ex(among, across)[0]
    explained = (across * weights).sum(1)  # fraction of each node's variance (m, p)
    by_parents = (latent_correlation * masks.parents).unsqueeze(1) @ weights
    left = latent_correlation - by_parents.squeeze(1)  # covariance beyond the parents
    variances = (correlation.diagonal() - explained).clamp_min(0.0)
    # Not the residual variance itself, which a code that shrinks to a constant would bring to 0.
    variance = 1.0 - explained[:, n_codes:].diagonal()
    beyond = left.square() / (variances + _LEAST_VARIANCE) * masks.non_parents
    return variance, beyond, latent_correlation


def _standardise(values: Tensor) -> Tensor:
    """Mean 0 and variance 1 within the batch. Shape: (n, k) -> (n, k)."""
    centred = values - values.mean(0)
    return centred / (centred.square().mean(0) + 1e-8).sqrt()
