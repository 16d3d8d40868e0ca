"""The evidence lower bound (ELBO) on log p(x | majority), as named terms to be minimised."""

from __future__ import annotations

import math

from torch import Tensor

from .._nn.training import Terms
from .model import MajorityGuidedVAE
from .prior import ExemplarPrior

__all__ = ["negative_elbo"]


def negative_elbo(
    model: MajorityGuidedVAE,
    x: Tensor,
    mean: Tensor,
    exemplar_means: Tensor,
    eps: Tensor,
    *,
    leave_one_out: bool = False,
) -> Terms:
    """Return the two terms of the negative ELBO (Ai et al., Eq. 4), averaged over the rows.

    ``reconstruction`` is -E_q log p(x | z); ``prior`` is E_q [log q(z | x) - log p(z)] under the
    exemplar mixture, by one Monte-Carlo draw and a logsumexp over the exemplars. (A Jensen bound
    on the mixture would let the variance run away.)

    Shape: x (n, d), mean (n, k), exemplar_means (m, k), eps (n, k) -> scalars.
    """
    z = model.reparameterise(mean, eps)
    reconstruction = -model.log_likelihood(model.decode(z), x)
    constant = mean.shape[1] * (model.log_variance + math.log(2.0 * math.pi))
    log_posterior = -0.5 * (eps.square().sum(1) + constant)
    prior = ExemplarPrior(exemplar_means, model.log_variance)
    log_prior = prior.log_prob(z, leave_one_out=leave_one_out)
    return {
        "reconstruction": reconstruction.mean(),
        "prior": (log_posterior - log_prior).mean(),
    }
