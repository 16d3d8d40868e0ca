"""Train both players at once on class-balanced batches of real rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._encoding.layout import EncodedRows
from .._modality.base import Modality
from .._nn.mlp import initialise
from .._nn.random import normal, uniform
from .._nn.training import Terms, TrainConfig
from .._run import Run
from .losses import (
    StructureMasks,
    discriminator_loss,
    generator_factor,
    generator_loss,
    gradient_penalty,
    mutual_information_loss,
    structure_loss,
)
from .model import BayesGAN, Discriminator
from .structure import BayesianStructure

__all__ = ["BayesGANConfig", "Game", "fit_gan", "make_network"]

# Steps between two uses of the gradient penalty and of the code terms, and the factor of their
# weights (lazy regularisation; Karras et al., "Analyzing and Improving the Image Quality of
# StyleGAN", CVPR 2020).
_PENALTY_EVERY, _CODES_EVERY = 8, 2
_PENALTY_OF_IMAGES, _PENALTY_OF_TABLES = 0.1, 3.0
# Tables need full instance noise and penalty if a class has at most this many rows, which the
# generator would repeat otherwise; and less with more rows, since both hide fine detail.
_FEW_ROWS, _LEAST_SCARCITY = 10, 0.1
_INSTANCE_NOISE = 0.5
# Fraction of the training over which the instance noise falls to its final level.
_NOISE_FALLS = 0.8
_GAIN = 2.0
# Batches whose rows are chosen together.
_DRAWN_AT_ONCE = 50


@dataclass(frozen=True)
class BayesGANConfig:
    """The method's parameters, checked and free of "auto".

    A plain conditional GAN has no structure. InfoGAN has the disentangled one to score its codes,
    but is not regularised by it.
    """

    hidden_layer_sizes: Sequence[int]
    structure: BayesianStructure | None
    is_regularised: bool
    noise_dim: int
    structure_weight: float
    batch_size: int
    train: TrainConfig


def fit_gan(
    run: Run,
    config: BayesGANConfig,
    modality: Modality,
    rows: EncodedRows,
    labels: npt.NDArray[np.intp],
) -> BayesGAN | None:
    """Train on rows of all classes, numbered from 0; return None if training diverged.

    Shape: rows (n, d), labels (n,).
    """
    network = make_network(run, config, modality, int(labels.max()) + 1)
    key = run.key(network, "BayesGAN", config, modality.key(), rows, labels)
    if run.load(network, key) is not None:
        return network
    game = Game(run, config, network, run.tensor(rows), torch.from_numpy(labels))
    history = run.train(network, game, config.train, phase="train")
    if history.stop_reason == "diverged":
        return None
    run.store(network, key)
    return network


def make_network(run: Run, config: BayesGANConfig, modality: Modality, n_classes: int) -> BayesGAN:
    """Make and initialise both players."""
    codes = config.structure
    n_codes, n_latent = (0, 0) if codes is None else (codes.n_codes, codes.n_latent)
    sizes = config.hidden_layer_sizes
    network = BayesGAN(modality, sizes, n_classes, config.noise_dim, n_codes, n_latent)
    initialise(network, run.rng("weights"), gain=_GAIN)
    return network.to(run.device)


class Game:
    """The terms of both players' losses on one batch.

    The sum of all terms gives each player the gradient of its loss. In steps that read codes, the
    generated rows pass the discriminator twice: detached for its terms, and with frozen weights
    for those of the generator. Otherwise one pass serves both players (Shen et al., "Training
    Generative Adversarial Networks in One Stage", CVPR 2021).

    Shape: rows (n, d), labels (n,).
    """

    def __init__(
        self, run: Run, config: BayesGANConfig, network: BayesGAN, rows: Tensor, labels: Tensor
    ) -> None:
        self.config, self.network, self.device = config, network, run.device
        self.rows, self.labels = rows, labels
        self.draw = _balanced_batches(labels, config.batch_size, run.rng("rows"))
        self.frozen_weights = list(network.discriminator.parameters())
        self.rng, self.view_rng = run.rng("noise"), run.rng("views")
        self.masks: StructureMasks | None = None
        if config.structure is not None and config.is_regularised:
            self.masks = StructureMasks.of(config.structure, run.device)
        self.scarcity = _scarcity(labels)
        penalties = {"table": _PENALTY_OF_TABLES * self.scarcity, "image": _PENALTY_OF_IMAGES}
        self.penalty_weight = penalties[network.modality.name]

    def step(self, n_steps: int, weights: Tensor) -> Terms:
        """Return the terms of one batch."""
        network, discriminator, device = self.network, self.network.discriminator, self.device
        chosen = next(self.draw)
        y = self.labels[chosen].to(device)
        n_rows, sizes = len(y), [network.noise_dim, network.n_codes]
        z, codes = torch.split(normal((n_rows, sum(sizes)), self.rng, device), sizes, 1)
        real = network.modality.inputs(self.rows.index_select(0, chosen.to(device)))
        rows = self._view(torch.cat([real, network.generator(z, y, codes)]), n_steps)
        real, fake = rows[:n_rows].detach(), rows[n_rows:]
        reads_codes = network.n_codes > 0 and n_steps % _CODES_EVERY == 0
        seen = fake.detach() if reads_codes else fake
        features = discriminator.features(torch.cat([real, seen]))
        logits, classes = discriminator.logits(features, torch.cat([y, y]))
        of_real, of_fake = torch.split(logits, n_rows)
        terms = {
            "discriminator": discriminator_loss(of_real, of_fake),
            "classifier": F.cross_entropy(classes[:n_rows], y),
        }
        if n_steps % _PENALTY_EVERY == 0:
            weight = _PENALTY_EVERY * self.penalty_weight
            terms["gradient_penalty"] = weight * _penalty(discriminator, real, y)
        if not reads_codes:
            factor = generator_factor(of_fake.detach()).unsqueeze(1)
            fake.register_hook(lambda gradient: gradient * factor)  # type: ignore[no-untyped-call]
            terms["generator"] = generator_loss(of_fake.detach())
            return terms
        with _frozen(self.frozen_weights):
            judged = discriminator.features(fake)
            terms["generator"] = generator_loss(discriminator.logit(judged, y))
            read = discriminator.latent_codes(judged)
        # Both players minimise these terms: one value, with gradients for both.
        latent = discriminator.latent_codes(features[n_rows:]) + read - read.detach()
        return terms | _code_terms(self.config, self.masks, codes, latent, y)

    def validate(self) -> None:
        """Return None: no loss of a game measures the quality of its rows."""

    def _view(self, x: Tensor, n_steps: int) -> Tensor:
        """Augment rows, with decreasing instance noise. Shape: (n, n_inputs), unchanged."""
        progress = min(1.0, n_steps / (_NOISE_FALLS * self.config.train.max_steps))
        noise = _INSTANCE_NOISE * math.pow(self.scarcity, progress)
        return self.network.modality.augment(x, self.view_rng, noise)


def _scarcity(labels: Tensor) -> float:
    """Return 1 if a class has at most ten rows, and less the more rows the smallest has."""
    n_fewest = int(torch.bincount(labels).min())
    return min(1.0, max(_LEAST_SCARCITY, _FEW_ROWS / n_fewest))


def _penalty(discriminator: Discriminator, real: Tensor, labels: Tensor) -> Tensor:
    """Gradient penalty at real rows. Shape: (n, n_inputs), (n,) -> scalar."""
    x = real.detach().requires_grad_()
    return gradient_penalty(x, discriminator.logit(discriminator.features(x), labels))


def _code_terms(
    config: BayesGANConfig,
    masks: StructureMasks | None,
    codes: Tensor,
    latent: Tensor,
    labels: Tensor,
) -> Terms:
    """Weighted terms of the Bayesian network, or of InfoGAN without one."""
    if masks is None:
        terms = {"information": mutual_information_loss(codes, latent)}
    else:
        terms = structure_loss(masks, codes, latent, labels)
    weight = _CODES_EVERY * config.structure_weight
    return {name: weight * value for name, value in terms.items()}


def _balanced_batches(labels: Tensor, batch_size: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield index tensors for ever: a class at random, then one of its rows."""
    counts = torch.bincount(labels)
    cumulated = (1.0 / counts.double())[labels].cumsum(0)
    cpu = torch.device("cpu")
    while True:
        chance = uniform((_DRAWN_AT_ONCE, batch_size), rng, cpu).double() * cumulated[-1]
        yield from torch.searchsorted(cumulated, chance, right=True).clamp_max(len(labels) - 1)


@contextmanager
def _frozen(weights: Sequence[nn.Parameter]) -> Iterator[None]:
    """Let gradients pass through a module without reaching its weights."""
    for weight in weights:
        weight.requires_grad = False
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad = True
