"""The exemplar mixture: a prior over latents with majority rows as centres."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["ExemplarPrior"]


class ExemplarPrior:
    """Mixture of one Gaussian r(z | x_n) = N(mu(x_n), sigma^2 I) per exemplar (Ai et al., Eq. 3).

    Parameters
    ----------
    means : Tensor of shape (m, k)
        Encoded exemplars.
    log_variance : Tensor of shape ()
        Logarithm of the variance, shared with the posterior.
    """

    def __init__(self, means: Tensor, log_variance: Tensor) -> None:
        self.means, self.log_variance = means, log_variance

    def log_prob(self, z: Tensor, *, leave_one_out: bool = False) -> Tensor:
        """Log density of each latent under the mixture with uniform weights.

        With ``leave_one_out``, latent i comes from exemplar i, which is left out of its mixture:
        otherwise each row could be explained by itself alone.

        Shape: (n, k) -> (n,).
        """
        constant = z.shape[1] * (self.log_variance + math.log(2.0 * math.pi))
        return self.log_kernel(z, leave_one_out=leave_one_out) - 0.5 * constant

    def log_kernel(self, z: Tensor, *, leave_one_out: bool = False) -> Tensor:
        """Log density without the normalising constant of the Gaussians. Shape: (n, k) -> (n,)."""
        precision = (-self.log_variance).exp()
        scaled = precision * z
        logits = self._logits(scaled, precision)
        n_components = logits.shape[1]
        if leave_one_out:
            logits = logits.fill_diagonal_(-torch.inf)
            n_components -= 1
        return logits.logsumexp(1) - 0.5 * (scaled * z).sum(1) - math.log(n_components)

    def responsibilities(self, z: Tensor) -> Tensor:
        """Posterior probability of each exemplar given a latent; rows sum to one.

        Shape: (n, k) -> (n, m).
        """
        precision = (-self.log_variance).exp()
        return self._logits(precision * z, precision).softmax(1)

    def _logits(self, scaled: Tensor, precision: Tensor) -> Tensor:
        """Log densities of the components, without their common terms, by one matrix product.

        Shape: latents times the precision (n, k), scalar -> (n, m).
        """
        offset = (-0.5 * precision) * self.means.square().sum(1)
        return torch.addmm(offset, scaled, self.means.T)
