"""The fitted generator of one class: new rows, steered by codes, and repeats of real ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._engine.copies import KnownRows
from .._engine.heads import ColumnHeads
from .._engine.persistence import Arrays
from .._engine.runtime import normal
from .augmentation import affine_views
from .fit import Codes, Settings, build
from .model import BayesGAN

__all__ = ["ClassGenerator", "read_codes"]

Indices = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float32]

# Rows handled at the same time; it bounds the memory of the convolutions.
_CHUNK = 1024
# Rows that the classifier takes for another class are drawn again so often at most.
_MOST_TRIALS = 10


@dataclass(frozen=True)
class ClassGenerator:
    """Draws rows of one class.

    Attributes
    ----------
    settings : Settings
        What the networks look like.
    weights : dict of ndarray
        Weights of both players, shared by the generators of all classes.
    label : int
        Number of the class.
    own : ndarray of shape (n, d)
        Codes of the class's real rows.
    own_index : ndarray of shape (n,)
        Where each of them stands in the table.
    generated_share : float
        Share of the rows drawn that are generated; the others repeat real rows.
    augmentation : float
        How far images are moved when drawn, as a share of what the discriminator sees.
    offsets : ndarray or None
        What is added to scores for bits and levels to be as frequent as in the class.
    """

    settings: Settings
    weights: Arrays
    label: int
    own: Codes
    own_index: Indices
    generated_share: float
    augmentation: float
    offsets: FloatArray | None = None

    def draw(
        self, n_rows: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Codes, Indices]:
        """Draw rows. Returns their codes (n_rows, d), and the row repeated or -1 (n_rows,)."""
        n_made = math.ceil(self.generated_share * n_rows)
        made = self.generate(n_made, generator, device)
        # NOTE[DIFF] Repeats beside generated rows: they keep a classifier true to the class.
        order = torch.randperm(len(self.own), generator=generator)
        repeated = order[torch.arange(n_rows - n_made) % len(order)].numpy()
        nowhere = np.full(n_made, -1, dtype=np.intp)
        codes = self._move(np.concatenate([made, self.own[repeated]]), generator)
        return codes, np.concatenate([nowhere, self.own_index[repeated]])

    def _move(self, codes: Codes, generator: torch.Generator) -> Codes:
        """Show images a little moved, as the discriminator saw them. Shape: (n, d) -> (n, d)."""
        shape, amount = self.settings.image_shape, self.augmentation
        if shape is None or amount == 0.0 or not len(codes):
            return codes
        # Bicubic: a blur of new images alone would give them away.
        parts = torch.split(torch.from_numpy(codes), _CHUNK)
        moved = [affine_views(part, shape, generator, amount, "bicubic") for part in parts]
        seen: Codes = torch.cat(moved).numpy()
        return seen

    def calibrated(self, generator: torch.Generator, device: torch.device) -> Self:
        """Return this generator with offsets, found on rows drawn without."""
        heads = ColumnHeads(self.settings.layout)
        if heads.is_plain:
            return self
        with torch.no_grad():
            model = build(self.settings, self.weights, device)
            z = normal((_CHUNK, self.settings.noise_dim), generator, device)
            c = normal((_CHUNK, self.settings.n_codes), generator, device)
            scores = model.generator.scores(z, self._labels(z), c)
            offsets = heads.offsets(scores, torch.from_numpy(self.own).to(device))
        return replace(self, offsets=offsets)

    def generate(
        self,
        n_rows: int,
        generator: torch.Generator,
        device: torch.device,
        codes: FloatArray | None = None,
        noise: FloatArray | None = None,
    ) -> Codes:
        """Generate rows, from given codes c and noise z where there are any.

        Rows that the discriminator's classifier takes for another class are drawn again with
        other noise, and so are those of a table that repeat a row of the class, except where the
        noise is given.

        Shape: c (n_rows, n_codes), z (n_rows, noise_dim) -> (n_rows, d).
        """
        rows = [np.empty((0, self.settings.layout.width), dtype=np.float32)]
        with torch.no_grad():
            model = build(self.settings, self.weights, device)
            own = torch.from_numpy(self.own).to(device)
            known = self._known(model) if noise is None else None
            for start in range(0, n_rows, _CHUNK):
                n = min(_CHUNK, n_rows - start)
                part = slice(start, start + n)
                c = normal((n, self.settings.n_codes), generator, device)
                z = normal((n, self.settings.noise_dim), generator, device)
                if codes is not None:
                    c = torch.from_numpy(codes[part]).to(device)
                if noise is not None:
                    z = torch.from_numpy(noise[part]).to(device)
                x = self._make(model, z, c)
                if noise is None:
                    self._draw_again(model, x, c, known, codes is not None, generator)
                rows.append(model.generator.heads.codes(x, own, generator).cpu().numpy())
        return np.concatenate(rows)

    def _known(self, model: BayesGAN) -> KnownRows | None:
        """Return what rows of a table must not repeat, as features: those of the class."""
        if self.settings.image_shape is not None:
            return None
        return KnownRows(model.generator.heads.features(torch.from_numpy(self.own)).numpy())

    def _make(self, model: BayesGAN, z: Tensor, c: Tensor) -> Tensor:
        scores = model.generator.scores(z, self._labels(z), c)
        if self.offsets is not None:
            scores = scores + torch.from_numpy(self.offsets).to(scores.device)
        return model.generator.rows(scores)

    def _labels(self, z: Tensor) -> Tensor:
        return torch.full((len(z),), self.label, dtype=torch.int64, device=z.device)

    def _draw_again(
        self,
        model: BayesGAN,
        x: Tensor,
        c: Tensor,
        known: KnownRows | None,
        fixed: bool,
        generator: torch.Generator,
    ) -> None:
        """Replace rows of doubtful class and rows that are known, in place."""
        doubtful = torch.arange(len(x), device=x.device)
        for _ in range(_MOST_TRIALS):
            features = model.discriminator.features(x[doubtful])
            wrong = model.discriminator.class_logits(features).argmax(1) != self.label
            if known is not None:
                copies = known.hold(x[doubtful].cpu().numpy())
                wrong |= torch.from_numpy(copies).to(x.device)
            doubtful = doubtful[wrong]
            if not len(doubtful):
                return
            z = normal((len(doubtful), self.settings.noise_dim), generator, x.device)
            if not fixed:
                shape = (len(doubtful), self.settings.n_codes)
                c[doubtful] = normal(shape, generator, x.device)
            x[doubtful] = self._make(model, z, c[doubtful])


def read_codes(
    settings: Settings, weights: Arrays, codes: Codes, device: torch.device
) -> FloatArray:
    """Read the latent codes c' of rows. Shape: (n, d) -> (n, n_latent)."""
    with torch.no_grad():
        model = build(settings, weights, device)
        discriminator, features = model.discriminator, model.generator.heads.features
        parts = [
            discriminator.latent_codes(discriminator.features(features(part.to(device)))).cpu()
            for part in torch.split(torch.from_numpy(codes), _CHUNK)
        ]
    latent: FloatArray = torch.cat(parts).numpy()
    return latent
