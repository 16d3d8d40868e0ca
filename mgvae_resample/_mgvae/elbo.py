"""The evidence lower bound (ELBO) on log p(x | majority), as named terms to be minimised."""

from __future__ import annotations

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
    log_likelihood = model.log_likelihood(model.decode(z), x)
    prior = ExemplarPrior(exemplar_means, model.log_variance)
    # Posterior and components have one variance, so their normalising constants cancel.
    log_posterior = -0.5 * eps.square().sum(1)
    log_prior = prior.log_kernel(z, leave_one_out=leave_one_out)
    return {
        "reconstruction": -log_likelihood.mean(),
        "prior": (log_posterior - log_prior).mean(),
    }
