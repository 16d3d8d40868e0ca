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

from .._data.layout import Layout
from .._engine.networks import initialise
from .._engine.persistence import Arrays, load_arrays, to_arrays
from .._engine.runtime import RandomStreams, normal, uniform
from .._engine.training import Budget, Report, Terms, TrainingRecord, steadily, train
from .augmentation import affine_views, noisy_views
from .model import BayesGAN, Discriminator, Generator
from .objective import (
    CodeNetwork,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    mutual_information_loss,
    structure_loss,
)
from .structure import BayesianStructure

__all__ = ["Fitted", "Settings", "build", "code_network", "fit"]

Codes = npt.NDArray[np.float32]

# The gradient penalty is taken every so many steps, and weighs as much more.
_PENALTY_EVERY = 8
_PENALTY_OF_IMAGES, _PENALTY_OF_TABLES = 0.1, 3.0
_CLASSIFIER_WEIGHT = 1.0
# Of noise and penalty tables need much where a class has so few rows or fewer, since otherwise the
# generator repeats those rows; and less the more rows there are, since both hide what is fine.
_FEW_ROWS, _LEAST_SCARCITY = 10, 0.1
_NOISE_SCALE = 0.5
# Share of the training in which the noise falls to what the rows allow.
_NOISE_FALLS = 0.8
_AVERAGING = 0.998
_GAIN = 2.0


@dataclass(frozen=True)
class Settings:
    """The method's parameters, checked and free of "auto".

    A plain conditional GAN has no structure. InfoGAN has the disentangled one, by which its codes
    are scored, but is not regularised by it. Where ``generated_share`` is None each class's size
    decides, and where ``augmentation`` is None the images do.
    """

    layout: Layout
    image_shape: tuple[int, ...] | None
    n_classes: int
    structure: BayesianStructure | None
    is_regularised: bool
    noise_dim: int
    structure_weight: float
    hidden_layer_sizes: Sequence[int]
    max_steps: int
    batch_size: int
    learning_rate: float
    generated_share: float | None
    augmentation: float | None

    @property
    def n_codes(self) -> int:
        """Number of observed codes."""
        return 0 if self.structure is None else self.structure.n_codes

    @property
    def n_latent(self) -> int:
        """Number of latent codes that are read from rows."""
        return 0 if self.structure is None else self.structure.n_latent

    def network(self) -> BayesGAN:
        """Make the networks, their layers still empty."""
        of_rows = (self.layout, self.image_shape, self.hidden_layer_sizes, self.n_classes)
        return BayesGAN(
            Generator(*of_rows, self.noise_dim, self.n_codes),
            Discriminator(*of_rows, self.n_latent),
        )

    def budget(self) -> Budget:
        """Budget of the training."""
        return Budget(self.max_steps, self.learning_rate, betas=(0.0, 0.99), averaging=_AVERAGING)


@dataclass(frozen=True)
class Fitted:
    """Weights of both players (None: no learning rate led to any), and how they came about."""

    weights: Arrays | None
    record: TrainingRecord
    trouble: str | None = None


def build(settings: Settings, weights: Arrays, device: torch.device) -> BayesGAN:
    """Make the networks from stored weights."""
    model = settings.network()
    load_arrays(model, weights, device)
    return model


def fit(
    settings: Settings,
    codes: Codes,
    labels: npt.NDArray[np.intp],
    streams: RandomStreams,
    device: torch.device,
    report: Report | None = None,
) -> Fitted:
    """Train on rows of all classes, numbered from 0."""
    rows = torch.from_numpy(codes).to(device)

    def attempt(budget: Budget) -> tuple[BayesGAN, TrainingRecord]:
        model = settings.network()
        initialise(model, streams.generator("weights"), gain=_GAIN)
        model.to(device)
        game = _Game(settings, model, rows, torch.from_numpy(labels), streams)
        return model, train(model, game.step_terms, budget, report=report)

    model, record, trouble = steadily(attempt, settings.budget())
    return Fitted(None if model is None else to_arrays(model), record, trouble)


class _Game:
    """One step of the game: the terms of both players' losses on one batch.

    The generated rows are judged twice: detached, for the discriminator's terms, and by a frozen
    discriminator, for the generator's. So the sum of all terms gives each player the gradient of
    its own loss.
    """

    def __init__(
        self,
        settings: Settings,
        model: BayesGAN,
        rows: Tensor,
        labels: Tensor,
        streams: RandomStreams,
    ) -> None:
        self.settings, self.model, self.rows, self.labels = settings, model, rows, labels
        self.draw = _balanced_batches(labels, settings.batch_size, streams.generator("rows"))
        self.noise, self.views = streams.generator("noise"), streams.generator("views")
        self.network = None
        if settings.structure is not None and settings.is_regularised:
            self.network = code_network(settings.structure, rows.device)
        self.noisy_at = torch.arange(model.generator.heads.n_values)
        n_fewest = int(torch.bincount(labels).min())
        self.scarcity = min(1.0, max(_LEAST_SCARCITY, _FEW_ROWS / n_fewest))
        self.n_steps = 0

    def step_terms(self) -> Terms:
        """Draw a batch and return the named terms of both losses."""
        device, discriminator = self.rows.device, self.model.discriminator
        chosen = next(self.draw)
        labels = self.labels[chosen].to(device)
        real = self._view(self.model.generator.heads.features(self.rows[chosen.to(device)]))
        codes = normal((len(real), self.settings.n_codes), self.noise, device)
        z = normal((len(real), self.settings.noise_dim), self.noise, device)
        fake = self._view(self.model.generator(z, labels, codes))

        features = discriminator.features(torch.cat([real, fake.detach()]))
        of_real, of_fake = torch.split(features, len(real))
        scores = discriminator.score(of_real, labels), discriminator.score(of_fake, labels)
        classified = F.cross_entropy(discriminator.class_logits(of_real), labels)
        terms = {
            "discriminator": discriminator_loss(*scores),
            "classifier": _CLASSIFIER_WEIGHT * classified,
        }
        terms |= self._penalty(real, labels)
        with _frozen(discriminator):
            features = discriminator.features(fake)
            terms["generator"] = generator_loss(discriminator.score(features, labels))
            seen = discriminator.latent_codes(features)
        if self.settings.n_codes:
            # Both players minimise these terms: one value, and a gradient along either way.
            latent = discriminator.latent_codes(of_fake) + seen - seen.detach()
            terms |= self._code_terms(codes, latent, labels)
        self.n_steps += 1
        return terms

    def _view(self, rows: Tensor) -> Tensor:
        if self.settings.image_shape is not None:
            return affine_views(rows, self.settings.image_shape, self.views)
        progress = min(1.0, self.n_steps / (_NOISE_FALLS * self.settings.max_steps))
        noise_scale = _NOISE_SCALE * math.pow(self.scarcity, progress)
        return noisy_views(rows, self.noisy_at, noise_scale, self.views)

    def _code_terms(self, codes: Tensor, latent: Tensor, labels: Tensor) -> Terms:
        if self.network is None:
            terms = {"information": mutual_information_loss(codes, latent)}
        else:
            terms = structure_loss(self.network, codes, latent, labels)
        return {name: self.settings.structure_weight * value for name, value in terms.items()}

    def _penalty(self, real: Tensor, labels: Tensor) -> Terms:
        if self.n_steps % _PENALTY_EVERY:
            return {"gradient penalty": real.new_zeros(())}
        rows = real.detach().requires_grad_()
        discriminator = self.model.discriminator
        scores = discriminator.score(discriminator.features(rows), labels)
        weight = _PENALTY_OF_IMAGES
        if self.settings.image_shape is None:
            weight = _PENALTY_OF_TABLES * self.scarcity
        penalty = _PENALTY_EVERY * weight * gradient_penalty(rows, scores)
        return {"gradient penalty": penalty}


def code_network(structure: BayesianStructure, device: torch.device) -> CodeNetwork:
    """Put a structure's masks on a device."""
    return CodeNetwork(
        torch.from_numpy(structure.parent_mask).to(device),
        torch.from_numpy(structure.non_parent_mask).to(device),
    )


def _balanced_batches(
    labels: Tensor, batch_size: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield index tensors for ever: a class at random, then one of its rows."""
    counts = torch.bincount(labels)
    cumulated = (1.0 / counts.double())[labels].cumsum(0)
    cpu = torch.device("cpu")
    while True:
        chance = uniform((batch_size,), generator, cpu).double() * cumulated[-1]
        yield torch.searchsorted(cumulated, chance, right=True).clamp_max(len(labels) - 1)


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Let gradients pass through a module without reaching its weights."""
    parameters = list(module.parameters())
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
