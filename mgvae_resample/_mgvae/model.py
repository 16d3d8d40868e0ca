"""The variational autoencoder with one shared variance and a likelihood per column kind."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._data.layout import Layout
from .._engine.convolution import ConvDecoder, ConvEncoder
from .._engine.heads import ColumnHeads
from .._engine.networks import MLP

__all__ = ["MajorityGuidedVAE"]

# Columns that the decoder explains perfectly (copies of one another, say) would drive their
# standard deviation to zero and the likelihood to infinity.
_LOWEST_LOG_SCALE = math.log(0.1)


class MajorityGuidedVAE(nn.Module):
    """Encoder, decoder, the latent variance sigma^2 and the columns' observation noise.

    Rows are features, as :class:`ColumnHeads` makes them of codes.

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
        self.heads = ColumnHeads(layout)
        if image_shape is None:
            self.encoder = MLP([self.heads.width, *hidden, latent_dim])
            self.decoder = MLP([latent_dim, *reversed(hidden), self.heads.width])
        else:
            self.encoder = ConvEncoder(image_shape, hidden, latent_dim)
            self.decoder = ConvDecoder(latent_dim, hidden, image_shape)
        self.log_variance = nn.Parameter(torch.tensor(-1.0, dtype=torch.float32))
        n_scales = 0 if self.heads.are_intensities else self.heads.n_values
        self.log_scale = nn.Parameter(torch.full((n_scales,), -0.5, dtype=torch.float32))

    def encode(self, x: Tensor) -> Tensor:
        """Posterior mean mu(x) of rows, given as features. Shape: (n, d) -> (n, k)."""
        mean: Tensor = self.encoder(x)
        return mean

    def reparameterise(self, mean: Tensor, noise: Tensor) -> Tensor:
        """One draw from N(mean, sigma^2 I). Shape: (n, k), (n, k) -> (n, k)."""
        return mean + (0.5 * self.log_variance).exp() * noise

    def decode(self, z: Tensor) -> Tensor:
        """Raw decoder output: means of continuous values, logits of all else.

        Shape: (n, k) -> (n, d).
        """
        raw: Tensor = self.decoder(z)
        return raw

    def intensities(self, z: Tensor) -> Tensor:
        """Mean of p(x | z) of images. Shape: (n, k) -> (n, d)."""
        return self.decode(z).sigmoid()

    def scale(self) -> Tensor:
        """Return the noise of each continuous value given z. Shape: (n_continuous,)."""
        return self.log_scale.clamp_min(_LOWEST_LOG_SCALE).exp()

    def log_likelihood(self, raw: Tensor, x: Tensor) -> Tensor:
        """Log p(x | z), summed over the columns.

        Gaussian with a learned scale for continuous values that are not missing, Bernoulli for
        bits and for intensities in [0, 1], categorical for levels.

        Shape: (n, d), (n, d) -> (n,).
        """
        # NOTE[DIFF] The paper's Gaussian has a fixed variance, under which samples blur.
        heads = self.heads
        if heads.are_intensities:
            return -_cross_entropy(raw, x)
        total = self._log_normal(raw[:, heads.values], x)
        if heads.n_bits:
            total = total - _cross_entropy(raw[:, heads.bits], x[:, heads.bits])
        if heads.n_levels:
            chosen = (raw[:, heads.levels] * x[:, heads.levels]).sum(1)
            total = total + chosen - heads.log_partition(raw).sum(1)
        return total

    def _log_normal(self, mean: Tensor, x: Tensor) -> Tensor:
        standardised = (x[:, self.heads.values] - mean) / self.scale()
        constant = self.scale().log() + 0.5 * math.log(2 * math.pi)
        known = self.heads.known(x)
        if known is None:
            return -0.5 * standardised.square().sum(1) - constant.sum()
        return -((0.5 * standardised.square() + constant) * known).sum(1)


def _cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
