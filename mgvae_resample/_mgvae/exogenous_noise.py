"""Exogenous noise: what decides the columns of a row given its latents, taken from real rows."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from .._modality.tabular import TabularModality
from .._nn.one_hot import OneHotMap
from .._nn.random import normal, uniform
from .model import MajorityGuidedVAE

__all__ = ["exogenous_noise", "gumbel_given", "logistic_given"]


def exogenous_noise(network: MajorityGuidedVAE, x: Tensor, rng: torch.Generator) -> Tensor:
    """Draw the noise that makes rows of a table of their own latents.

    Added to the decoder's outputs for these latents, it gives the rows; added to those for other
    latents, it keeps the dependence between columns, which independent noise would break. For
    continuous values it is the residual. A bit is set by logistic noise, drawn given that the bit
    was observed as it is (the probability integral transform), and a category by Gumbel noise,
    drawn given the category observed ("Gumbel-max counterfactuals", Oberst and Sontag, ICML
    2019).

    Shape: (n, n_inputs) -> (n, n_inputs).
    """
    one_hot = cast(TabularModality, network.modality).map
    outputs = network.decode(network.encode(x))
    residual = (x - outputs)[:, one_hot.values]
    observed = one_hot.observed(x)
    if observed is not None:
        drawn = network.scale() * normal(tuple(observed.shape), rng, x.device)
        residual = torch.where(observed > 0.5, residual, drawn)
    logistic = logistic_given(x[:, one_hot.bits], outputs[:, one_hot.bits].sigmoid(), rng)
    parts = [residual, logistic]
    if one_hot.n_categories:
        parts.append(gumbel_given(one_hot, x, outputs, rng))
    return torch.cat(parts, 1)


def logistic_given(observed: Tensor, p: Tensor, rng: torch.Generator) -> Tensor:
    """Draw the noise under which a bit of probability p was observed as it is. Shape: -> (n, b).

    A bit is set where logit(p) + noise is positive, that is where a uniform number lies below p.
    """
    share = uniform(tuple(p.shape), rng, p.device)
    chance = torch.where(observed > 0.5, share * p, p + share * (1.0 - p))
    return -chance.clamp(1e-6, 1.0 - 1e-6).logit()


def gumbel_given(
    one_hot: OneHotMap, observed: Tensor, outputs: Tensor, rng: torch.Generator
) -> Tensor:
    """Draw Gumbel noise under which each group's category was observed as it is.

    The highest perturbed logit of a group is a standard Gumbel number, whichever category has it;
    those of the others are Gumbel numbers that are cut off there.

    Shape: (n, n_inputs), (n, n_inputs) -> (n, n_categories).
    """
    logp = one_hot.log_probabilities(outputs)
    is_observed = observed[:, one_hot.categories] > 0.5
    chance = uniform(tuple(logp.shape), rng, logp.device).clamp(1e-6, 1.0 - 1e-6)
    free = -(-chance.log()).log()
    # The noise of the category observed becomes that of the highest perturbed logit.
    highest = (free * is_observed) @ one_hot.member_of.to(logp.device)
    highest = highest[:, one_hot.group.to(logp.device)]
    cut = -torch.logaddexp(-highest, -(logp + free))
    return torch.where(is_observed, highest, cut) - logp
