"""The variational autoencoder: encoder, decoder, one shared variance, observation noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .._modality.base import Modality
from .._nn.mlp import Network

__all__ = ["MajorityGuidedVAE"]

# Columns that the decoder explains perfectly (copies of one another, say) would drive their
# standard deviation to zero and the likelihood to infinity.
_LOWEST_LOG_SCALE = math.log(0.1)


class MajorityGuidedVAE(Network):
    """Encoder, decoder, the latent variance sigma^2 and the columns' observation noise."""

    def __init__(
        self, modality: Modality, hidden_layer_sizes: Sequence[int], latent_dim: int
    ) -> None:
        super().__init__(
            modality=modality, hidden_layer_sizes=hidden_layer_sizes, latent_dim=latent_dim
        )
        self.modality, self.latent_dim = modality, latent_dim
        self.encoder = modality.encoder(hidden_layer_sizes, latent_dim)
        self.decoder = modality.decoder(latent_dim, hidden_layer_sizes)
        self.log_variance = nn.Parameter(torch.tensor(-1.0, dtype=torch.float32))
        self.log_scale = nn.Parameter(torch.full((modality.n_values,), -0.5, dtype=torch.float32))

    def encode(self, x: Tensor) -> Tensor:
        """Posterior mean mu(x). Shape: (n, n_inputs) -> (n, k)."""
        mean: Tensor = self.encoder(x)
        return mean

    def reparameterise(self, mean: Tensor, eps: Tensor) -> Tensor:
        """One draw from N(mean, sigma^2 I). Shape: (n, k), (n, k) -> (n, k)."""
        return mean + (0.5 * self.log_variance).exp() * eps

    def decode(self, z: Tensor) -> Tensor:
        """Return means of continuous values and logits of all else.

        Shape: (n, k) -> (n, n_inputs).
        """
        outputs: Tensor = self.decoder(z)
        return outputs

    def scale(self) -> Tensor:
        """Return the observation noise of each continuous value. Shape: (n_values,)."""
        return self._log_scale().exp()

    def log_likelihood(self, outputs: Tensor, x: Tensor) -> Tensor:
        """Log p(x | z), summed over the columns. Shape: two of (n, n_inputs) -> (n,)."""
        return self.modality.log_likelihood(outputs, x, self._log_scale())

    def _log_scale(self) -> Tensor:
        return self.log_scale.clamp_min(_LOWEST_LOG_SCALE)
