"""The variational autoencoder with one shared variance and a likelihood per column kind."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._data.layout import Layout
from .._engine.convolution import ConvDecoder, ConvEncoder
from .._engine.networks import MLP

__all__ = ["MajorityGuidedVAE"]

# Columns that the decoder explains perfectly (copies of one another, say) would drive their
# standard deviation to zero and the likelihood to infinity.
_LOWEST_LOG_SCALE = math.log(0.1)


class MajorityGuidedVAE(nn.Module):
    """Encoder, decoder, the latent variance sigma^2 and the columns' observation noise.

    Parameters
    ----------
    layout : Layout
        Which code is of which kind.
    hidden_layer_sizes : sequence of int
        Widths of the encoder's hidden layers; the decoder mirrors them. For images the channels
        of its convolutions.
    latent_dim : int
        Width k of the latent code.
    image_shape : sequence of int or None
        Height, width and perhaps channels, where the rows are images.
    """

    encoder: nn.Module
    decoder: nn.Module

    def __init__(
        self,
        layout: Layout,
        hidden_layer_sizes: Sequence[int],
        latent_dim: int,
        image_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        hidden = list(hidden_layer_sizes)
        if image_shape is None:
            self.encoder = MLP([layout.width, *hidden, latent_dim])
            self.decoder = MLP([latent_dim, *reversed(hidden), layout.width])
        else:
            self.encoder = ConvEncoder(image_shape, hidden, latent_dim)
            self.decoder = ConvDecoder(latent_dim, hidden, image_shape)
        self.log_variance = nn.Parameter(torch.tensor(-1.0, dtype=torch.float32))
        every, continuous = np.arange(layout.width), layout.positions("continuous")
        self.continuous_at = torch.from_numpy(continuous)
        self.binary_at = torch.from_numpy(np.setdiff1d(every, continuous))
        self.n_continuous, self.n_binary = len(self.continuous_at), len(self.binary_at)
        self.has_intensities = len(layout.positions("intensity")) > 0
        self.log_scale = nn.Parameter(torch.full((self.n_continuous,), -0.5, dtype=torch.float32))

    def encode(self, x: Tensor) -> Tensor:
        """Posterior mean mu(x). Shape: (n, d) -> (n, k)."""
        mean: Tensor = self.encoder(x)
        return mean

    def reparameterise(self, mean: Tensor, noise: Tensor) -> Tensor:
        """One draw from N(mean, sigma^2 I). Shape: (n, k), (n, k) -> (n, k)."""
        return mean + (0.5 * self.log_variance).exp() * noise

    def decode(self, z: Tensor) -> Tensor:
        """Raw decoder output: means of continuous codes, logits of the others.

        Shape: (n, k) -> (n, d).
        """
        raw: Tensor = self.decoder(z)
        return raw

    def expectation(self, z: Tensor) -> Tensor:
        """Mean of p(x | z) in the space of codes. Shape: (n, k) -> (n, d)."""
        raw = self.decode(z)
        if self.n_binary:
            raw[:, self.binary_at] = raw[:, self.binary_at].sigmoid()
        return raw

    def scale(self) -> Tensor:
        """Return the noise of each continuous code given z. Shape: (n_continuous,)."""
        return self.log_scale.clamp_min(_LOWEST_LOG_SCALE).exp()

    def log_likelihood(self, raw: Tensor, x: Tensor) -> Tensor:
        """Log p(x | z), summed over the columns.

        Gaussian with a learned scale for continuous codes, Bernoulli for binary ones and for
        intensities in [0, 1].

        Shape: (n, d), (n, d) -> (n,).
        """
        # NOTE[DIFF] The paper's Gaussian has a fixed variance, under which samples blur.
        total = raw.new_zeros(len(raw))
        if self.n_continuous:
            mean, value = raw, x
            if self.n_binary:
                mean, value = raw[:, self.continuous_at], x[:, self.continuous_at]
            standardised = (value - mean) / self.scale()
            constant = self.scale().log().sum() + 0.5 * self.n_continuous * math.log(2 * math.pi)
            total = total - 0.5 * standardised.square().sum(1) - constant
        if self.n_binary:
            logits, value = raw, x
            if self.n_continuous:
                logits, value = raw[:, self.binary_at], x[:, self.binary_at]
            cross_entropy = F.binary_cross_entropy_with_logits(logits, value, reduction="none")
            total = total - cross_entropy.sum(1)
        return total
