"""The networks: a generator G(z, y, c), and a discriminator whose trunk also reads the codes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._modality.base import Modality
from .._nn.mlp import MLP, Linear, Network

__all__ = ["BayesGAN", "Discriminator", "Generator"]

_N_FEATURES = 128


class Generator(nn.Module):
    """G(z, y, c): rows from noise, class and observed codes; it mirrors the discriminator."""

    def __init__(
        self,
        modality: Modality,
        hidden_layer_sizes: Sequence[int],
        n_classes: int,
        noise_dim: int,
        n_codes: int,
    ) -> None:
        super().__init__()
        self.modality = modality
        self.one_hot: Tensor
        eye = torch.eye(n_classes, dtype=torch.float32, device="cpu")
        self.register_buffer("one_hot", eye, persistent=False)
        # At first, all codes together have as much effect as the noise; codes without effect
        # would never be learned.
        self.code_scale = math.sqrt(noise_dim / max(n_codes, 1))
        self.network = modality.decoder(
            noise_dim + n_classes + n_codes, hidden_layer_sizes, (_N_FEATURES, _N_FEATURES)
        )

    def forward(self, z: Tensor, labels: Tensor, codes: Tensor) -> Tensor:
        """Make rows with a gradient, as network inputs.

        Shape: z (n, noise_dim), y (n,), c (n, n_codes) -> (n, n_inputs).
        """
        return self.modality.relax(self.outputs(z, labels, codes))

    def outputs(self, z: Tensor, labels: Tensor, codes: Tensor) -> Tensor:
        """Raw output. Shape: z (n, noise_dim), y (n,), c (n, n_codes) -> (n, n_inputs)."""
        # Not F.one_hot, which checks all labels first.
        one_hot = self.one_hot.index_select(0, labels)
        outputs: Tensor = self.network(torch.cat([z, one_hot, self.code_scale * codes], 1))
        return outputs


class Discriminator(nn.Module):
    """One trunk; heads for realness given the class (projection), the class, and latent codes."""

    def __init__(
        self,
        modality: Modality,
        hidden_layer_sizes: Sequence[int],
        n_classes: int,
        n_latent: int,
    ) -> None:
        super().__init__()
        self.trunk = modality.encoder(hidden_layer_sizes, _N_FEATURES)
        # Realness, its addition for each class, and the classes' logits, by one product.
        self.n_classes, self.heads = n_classes, Linear(_N_FEATURES, 1 + 2 * n_classes)
        self.reader = MLP([_N_FEATURES, _N_FEATURES, n_latent]) if n_latent else None

    def features(self, x: Tensor) -> Tensor:
        """Trunk shared by the heads. Shape: (n, n_inputs) -> (n, f)."""
        return F.leaky_relu_(self.trunk(x), 0.1)

    def logit(self, features: Tensor, labels: Tensor) -> Tensor:
        """Logit of being real, given the class. Shape: (n, f), (n,) -> (n,)."""
        return self.logits(features, labels)[0]

    def logits(self, features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Logit of being real, and logits of the classes. Shape: -> (n,), (n, n_classes)."""
        realness, by_class, classes = self.heads(features).split(
            [1, self.n_classes, self.n_classes], 1
        )
        return (realness + by_class.gather(1, labels.unsqueeze(1))).squeeze(1), classes

    def latent_codes(self, features: Tensor) -> Tensor:
        """Latent codes c' = F(x). Shape: (n, f) -> (n, n_latent)."""
        if self.reader is None:
            return features.new_zeros(len(features), 0)
        codes: Tensor = self.reader(features)
        return codes


class BayesGAN(Network):
    """Both players, which are trained, averaged and stored together."""

    def __init__(
        self,
        modality: Modality,
        hidden_layer_sizes: Sequence[int],
        n_classes: int,
        noise_dim: int,
        n_codes: int,
        n_latent: int,
    ) -> None:
        super().__init__(
            modality=modality,
            hidden_layer_sizes=hidden_layer_sizes,
            n_classes=n_classes,
            noise_dim=noise_dim,
            n_codes=n_codes,
            n_latent=n_latent,
        )
        self.modality, self.noise_dim, self.n_codes = modality, noise_dim, n_codes
        self.generator = Generator(modality, hidden_layer_sizes, n_classes, noise_dim, n_codes)
        self.discriminator = Discriminator(modality, hidden_layer_sizes, n_classes, n_latent)

    def read_codes(self, x: Tensor) -> Tensor:
        """Read the latent codes c' of rows. Shape: (n, n_inputs) -> (n, n_latent)."""
        return self.discriminator.latent_codes(self.discriminator.features(x))
