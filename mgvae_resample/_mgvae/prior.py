"""The exemplar mixture: the prior over latents that the majority rows span."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["ExemplarPrior", "log_normal"]


def log_normal(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log density of N(mean, sigma^2 I) at z, for every pair.

    Shape: z (n, k), mean (m, k), log_variance () -> (n, m).
    """
    squared = (z * z).sum(1, keepdim=True) + (mean * mean).sum(1) - 2.0 * z @ mean.T
    n_dims = z.shape[1]
    # The expansion of the square can round to a value just below zero.
    scaled = squared.clamp_min(0.0) / log_variance.exp()
    return -0.5 * (scaled + n_dims * (log_variance + math.log(2.0 * math.pi)))


class ExemplarPrior:
    """Mixture of one Gaussian r(z | x_n) = N(mu(x_n), sigma^2 I) per exemplar (Ai et al., Eq. 3).

    Parameters
    ----------
    means : Tensor of shape (m, k)
        Encoded exemplars.
    log_variance : Tensor of shape ()
        Logarithm of the variance, the same number as the posterior's.
    """

    def __init__(self, means: Tensor, log_variance: Tensor) -> None:
        self.means, self.log_variance = means, log_variance

    def log_prob(self, z: Tensor, *, leave_one_out: bool = False) -> Tensor:
        """Log density of each latent under the mixture with uniform weights.

        With ``leave_one_out`` latent i was made from exemplar i, which is left out of its own
        mixture: otherwise each row could be explained by itself alone.

        Shape: (n, k) -> (n,).
        """
        log_components = log_normal(z, self.means, self.log_variance)
        n_components = log_components.shape[1]
        if leave_one_out:
            own = torch.eye(len(z), n_components, dtype=torch.bool, device=z.device)
            log_components = log_components.masked_fill(own, -torch.inf)
            n_components -= 1
        return log_components.logsumexp(1) - math.log(n_components)

    def responsibilities(self, z: Tensor) -> Tensor:
        """Posterior probability of each exemplar given a latent; rows sum to one.

        The terms of the log density that all exemplars share cancel, so one product will do.

        Shape: (n, k) -> (n, m).
        """
        precision = (-self.log_variance).exp()
        offset = -0.5 * precision * self.means.square().sum(1)
        return torch.addmm(offset, precision * z, self.means.T).softmax(1)
