"""The networks: a generator G(z, y, c), and a discriminator whose trunk also reads the codes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._data.layout import Layout
from .._engine.convolution import ConvDecoder, ConvEncoder
from .._engine.heads import ColumnHeads
from .._engine.networks import MLP, BlankLinear

__all__ = ["BayesGAN", "Discriminator", "Generator"]

_N_FEATURES = 128


class Generator(nn.Module):
    """G(z, y, c): rows, as features of their columns, from noise, class and observed codes.

    Parameters
    ----------
    layout : Layout
        Which code of a row is of which kind.
    image_shape : tuple of int or None
        Shape of the images that the rows stand for; convolutions are used where it is given.
    hidden_layer_sizes : sequence of int
        Widths of the hidden layers, or channels of the discriminator's stages.
    n_classes, noise_dim, n_codes : int
        Widths of y (one-hot), z and c.
    """

    def __init__(
        self,
        layout: Layout,
        image_shape: tuple[int, ...] | None,
        hidden_layer_sizes: Sequence[int],
        n_classes: int,
        noise_dim: int,
        n_codes: int,
    ) -> None:
        super().__init__()
        self.n_classes = n_classes
        # At the start all codes together say as much about a row as the noise does; codes that
        # say nothing at first are never found.
        self.code_scale = math.sqrt(noise_dim / max(n_codes, 1))
        self.heads = ColumnHeads(layout)
        n_inputs = noise_dim + n_classes + n_codes
        self.network: nn.Module
        if image_shape is None:
            self.network = MLP([n_inputs, *hidden_layer_sizes, self.heads.width])
        else:
            self.network = nn.Sequential(
                MLP([n_inputs, _N_FEATURES, _N_FEATURES]),
                nn.LeakyReLU(0.1),
                ConvDecoder(_N_FEATURES, hidden_layer_sizes, image_shape),
            )

    def forward(self, noise: Tensor, labels: Tensor, codes: Tensor) -> Tensor:
        """Make rows. Shape: z (n, noise_dim), y (n,), c (n, n_codes) -> (n, d)."""
        return self.rows(self.scores(noise, labels, codes))

    def scores(self, noise: Tensor, labels: Tensor, codes: Tensor) -> Tensor:
        """Raw output. Shape: z (n, noise_dim), y (n,), c (n, n_codes) -> (n, d)."""
        one_hot = F.one_hot(labels, self.n_classes).to(noise.dtype)
        raw: Tensor = self.network(torch.cat([noise, one_hot, self.code_scale * codes], 1))
        return raw

    def rows(self, scores: Tensor) -> Tensor:
        """Rows that scores stand for. Shape: (n, d) -> (n, d)."""
        heads = self.heads
        if heads.are_intensities:
            return scores.sigmoid()
        if heads.is_plain:
            return scores
        if not torch.is_grad_enabled():
            return heads.harden(scores)
        # Straight through: bits and levels forwards, gradients of their probabilities backwards.
        bits = scores[:, heads.bits].sigmoid()
        levels = heads.log_probabilities(scores).exp()
        soft = torch.cat([scores[:, heads.values], bits, levels], 1)
        hard = heads.harden(scores).detach() + soft - soft.detach()
        known = heads.known(hard)
        if known is None:
            return hard
        values = scores[:, heads.values] * known
        return torch.cat([values, hard[:, heads.bits], hard[:, heads.levels]], 1)


class Discriminator(nn.Module):
    """One trunk with three heads: realness given the class (projection), latent codes, class.

    Parameters
    ----------
    layout : Layout
        Which code of a row is of which kind.
    image_shape : tuple of int or None
        Shape of the images that the rows stand for; convolutions are used where it is given.
    hidden_layer_sizes : sequence of int
        Widths of the hidden layers, or channels of the stages.
    n_classes, n_latent : int
        Number of classes, and of latent codes c' to read.
    """

    def __init__(
        self,
        layout: Layout,
        image_shape: tuple[int, ...] | None,
        hidden_layer_sizes: Sequence[int],
        n_classes: int,
        n_latent: int,
    ) -> None:
        super().__init__()
        self.trunk: nn.Module
        if image_shape is None:
            self.trunk = MLP([ColumnHeads(layout).width, *hidden_layer_sizes, _N_FEATURES])
        else:
            self.trunk = ConvEncoder(image_shape, hidden_layer_sizes, _N_FEATURES)
        self.realness = BlankLinear(_N_FEATURES, 1)
        self.projection = BlankLinear(_N_FEATURES, n_classes)
        self.classifier = BlankLinear(_N_FEATURES, n_classes)
        self.reader = MLP([_N_FEATURES, _N_FEATURES, n_latent]) if n_latent else None

    def features(self, rows: Tensor) -> Tensor:
        """Trunk shared by the heads. Shape: (n, d) -> (n, f)."""
        return F.leaky_relu(self.trunk(rows), 0.1)

    def score(self, features: Tensor, labels: Tensor) -> Tensor:
        """Logit of being real, given the class. Shape: (n, f), (n,) -> (n,)."""
        by_class = self.projection(features).gather(1, labels.unsqueeze(1))
        score: Tensor = (self.realness(features) + by_class).squeeze(1)
        return score

    def class_logits(self, features: Tensor) -> Tensor:
        """Logits of the classes. Shape: (n, f) -> (n, n_classes)."""
        logits: Tensor = self.classifier(features)
        return logits

    def latent_codes(self, features: Tensor) -> Tensor:
        """Latent codes c' = F(x). Shape: (n, f) -> (n, n_latent)."""
        if self.reader is None:
            return features.new_zeros(len(features), 0)
        codes: Tensor = self.reader(features)
        return codes


class BayesGAN(nn.Module):
    """Both players, which are trained, averaged and stored together.

    Parameters
    ----------
    generator : Generator
    discriminator : Discriminator
    """

    def __init__(self, generator: Generator, discriminator: Discriminator) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
