"""Noise: what decides the columns of a row given its latent code, taken from real rows."""

from __future__ import annotations

import torch
from torch import Tensor

from .._engine.heads import ColumnHeads
from .._engine.runtime import normal, uniform
from .model import MajorityGuidedVAE

__all__ = ["gumbel_given", "logistic_given", "noise_of"]


def noise_of(model: MajorityGuidedVAE, x: Tensor, generator: torch.Generator) -> Tensor:
    """Draw the noise that makes rows of their own latent codes.

    Added to the decoder's output for these codes, it gives the rows; added to that for other
    codes, it keeps the dependence between columns, which independent noise would break. For
    continuous values it is the residual. A bit is set by logistic noise, drawn given that the bit
    was seen as it is (the probability integral transform), and a level by Gumbel noise, drawn
    given the level seen ("Gumbel-max counterfactuals", Oberst and Sontag, ICML 2019).

    Shape: (n, width) -> (n, width).
    """
    heads = model.heads
    expected = model.decode(model.encode(x))
    residual = (x - expected)[:, heads.values]
    known = heads.known(x)
    if known is not None:
        drawn = model.scale() * normal(tuple(known.shape), generator, x.device)
        residual = torch.where(known > 0.5, residual, drawn)
    logistic = logistic_given(x[:, heads.bits], expected[:, heads.bits].sigmoid(), generator)
    parts = [residual, logistic]
    if heads.n_levels:
        parts.append(gumbel_given(heads, x, expected, generator))
    return torch.cat(parts, 1)


def logistic_given(seen: Tensor, p: Tensor, generator: torch.Generator) -> Tensor:
    """Draw the noise under which a bit of probability p was seen as it is. Shape: -> (n, b).

    A bit is set where logit(p) + noise is positive, that is where a uniform number lies below p.
    """
    share = uniform(tuple(p.shape), generator, p.device)
    chance = torch.where(seen > 0.5, share * p, p + share * (1.0 - p))
    return -chance.clamp(1e-6, 1.0 - 1e-6).logit()


def gumbel_given(
    heads: ColumnHeads, seen: Tensor, raw: Tensor, generator: torch.Generator
) -> Tensor:
    """Draw Gumbel noise under which each group's level was seen as it is. Shape: -> (n, n_levels).

    The highest score of a group is a standard Gumbel number, whichever level has it; the scores
    of the others are Gumbel numbers that are cut off there.
    """
    logp, set_ = heads.log_probabilities(raw), seen[:, heads.levels] > 0.5
    chance = uniform(tuple(logp.shape), generator, logp.device).clamp(1e-6, 1.0 - 1e-6)
    free = -(-chance.log()).log()
    # The noise of the level seen becomes that of the highest score.
    highest = (free * set_) @ heads.member_of.to(logp.device)
    highest = highest[:, heads.group.to(logp.device)]
    cut = -torch.logaddexp(-highest, -(logp + free))
    return torch.where(set_, highest, cut) - logp
