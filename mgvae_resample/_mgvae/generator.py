"""The fitted generator of one class: which guide row, which latent code, which row comes out."""

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
from .._engine.runtime import normal, uniform
from .fit import Codes, Settings, build
from .model import MajorityGuidedVAE
from .noise import noise_of
from .prior import ExemplarPrior

__all__ = ["Encoded", "MinorityGenerator"]

Indices = npt.NDArray[np.intp]

# Rows handled at the same time: it bounds the memory of rows x guide rows tables of numbers.
_CHUNK = 1024
_MOST_PAIRS = 50_000
_CALIBRATION_ROWS = 4096
# A class of so many rows has as much to say about the noise of its columns as the guide has.
_ROWS_OF_NOISE = 10
# Rows that repeat one of the class's own are drawn again so often at most.
_MOST_TRIALS = 20
# The fine detail of an image is mixed: at least this share comes from a minority image.
_LEAST_DETAIL_SHARE = 0.2


@dataclass(frozen=True)
class MinorityGenerator:
    """Draws rows of one class by translating guide rows.

    Attributes
    ----------
    settings : Settings
        What the network looks like.
    weights, guide_weights : dict of ndarray
        The network fine-tuned on the class, and the one pre-trained on the guide.
    guide : ndarray of shape (m, d)
        Codes of the guide rows that may be translated.
    guide_index : ndarray of shape (m,)
        Where each of them stands in the table.
    minority : ndarray of shape (n, d)
        Codes of the class's own rows.
    offsets : ndarray or None
        What is added to scores for bits and levels to be as frequent as in the class.
    """

    settings: Settings
    weights: Arrays
    guide_weights: Arrays
    guide: Codes
    guide_index: Indices
    minority: Codes
    offsets: Codes | None = None

    def draw(
        self, n_rows: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Codes, Indices]:
        """Draw rows. Returns their codes (n_rows, d) and the guide row behind each (n_rows,)."""
        with torch.no_grad():
            space = Encoded(self, device)
            i, j = space.choose_pairs(n_rows, self.settings.responsibility, generator)
            parts = zip(torch.split(i, _CHUNK), torch.split(j, _CHUNK), strict=True)
            codes = np.concatenate(
                [
                    space.translate(
                        own, space.guide_codes[guide.to(device)], generator, self._own_share()
                    )
                    for own, guide in parts
                ]
            )
            self._draw_copies_again(space, codes, i, j, generator)
        return codes, self.guide_index[j.numpy()]

    def _own_share(self) -> float:
        """Share of new rows whose noise is that of one of the class's own rows."""
        return len(self.minority) / (len(self.minority) + _ROWS_OF_NOISE)

    def _draw_copies_again(
        self, space: Encoded, codes: Codes, i: Tensor, j: Tensor, generator: torch.Generator
    ) -> None:
        """Replace rows that repeat one of the class's own, in place.

        In tables of a few categories many would; other pairs, and the noise of guide rows, lead
        away from them.
        """
        if space.heads.are_intensities:
            return
        known = KnownRows(self.minority)
        again = np.arange(len(codes))
        for _ in range(_MOST_TRIALS):
            again = again[known.hold(codes[again])]
            if not len(again):
                return
            pairs = space.choose_pairs(len(again), self.settings.responsibility, generator)
            i[again], j[again] = pairs
            for part in np.array_split(again, -(-len(again) // _CHUNK)):
                guide = space.guide_codes[j[part].to(space.guide_codes.device)]
                codes[part] = space.translate(i[part], guide, generator)

    def calibrated(self, generator: torch.Generator, device: torch.device) -> Self:
        """Return this generator with offsets, found on rows drawn without."""
        if ColumnHeads(self.settings.layout).is_plain:
            return self
        with torch.no_grad():
            space = Encoded(self, device)
            i, j = space.choose_pairs(_CALIBRATION_ROWS, self.settings.responsibility, generator)
            guide = space.heads.features(space.guide_codes[j.to(device)])
            scores = space.scores(i, guide, self._own_share(), generator)
            offsets = space.heads.offsets(scores, space.minority_codes)
        return replace(self, offsets=offsets)

    def translate(self, codes: Codes, generator: torch.Generator, device: torch.device) -> Codes:
        """Translate the codes of given rows, one for one. Shape: (r, d) -> (r, d)."""
        with torch.no_grad():
            space = Encoded(self, device)
            parts = torch.split(torch.from_numpy(codes).to(device), _CHUNK)
            translated = [
                space.translate(space.nearest_minority(part, generator), part, generator)
                for part in parts
            ]
        return np.concatenate(translated)

    def encode(self, codes: Codes, device: torch.device) -> Codes:
        """Return the mean of q(z | x) under the model of the class. Shape: (r, d) -> (r, k)."""
        with torch.no_grad():
            model = build(self.settings, self.weights, device)
            means: Codes = _encoded(model, torch.from_numpy(codes).to(device)).cpu().numpy()
        return means


class Encoded:
    """The guide and the minority in latent space."""

    def __init__(self, source: MinorityGenerator, device: torch.device) -> None:
        self.model: MajorityGuidedVAE = build(source.settings, source.weights, device)
        self.guide_model: MajorityGuidedVAE = build(source.settings, source.guide_weights, device)
        self.heads, self.offsets = self.model.heads, source.offsets
        self.guide_codes = torch.from_numpy(source.guide).to(device)
        self.minority_codes = torch.from_numpy(source.minority).to(device)
        self.guide = _encoded(self.model, self.guide_codes)
        self.minority = _encoded(self.model, self.minority_codes)

    def choose_pairs(
        self, n_rows: int, responsibility: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Choose as many pairs as rows; of very many rows, several share a pair."""
        n_pairs = min(n_rows, _MOST_PAIRS)
        parts = [
            self.choose(len(part), responsibility, generator)
            for part in torch.split(torch.arange(n_pairs), _CHUNK)
        ]
        i, j = (torch.cat(side) for side in zip(*parts, strict=True))
        turn = torch.arange(n_rows) % n_pairs
        return i[turn], j[turn]

    def choose(
        self, n_rows: int, responsibility: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Choose pairs of a minority row i and a guide row j.

        By responsibility: i is uniform, z ~ q(z | x_i), j is drawn from the responsibilities for
        z. The marginal weight of j is then its mean responsibility for the minority. Uniform, as
        in the paper: j is uniform and i is drawn from the responsibilities for mu(x_j).
        """
        # NOTE[DIFF] Weights by responsibility: where classes overlap, the whole majority is not
        # where the minority lives.
        i = torch.randint(len(self.minority), (n_rows,), generator=generator)
        j = torch.randint(len(self.guide), (n_rows,), generator=generator)
        noise = normal((n_rows, self.guide.shape[1]), generator, self.guide.device)
        by_weight = uniform((n_rows,), generator, i.device) < responsibility
        z = self.minority[i] + self._spread() * noise
        j[by_weight] = self._draw_component(self.guide, z[by_weight], generator)
        i[~by_weight] = self._draw_component(self.minority, self.guide[j[~by_weight]], generator)
        return i, j

    def _spread(self) -> Tensor:
        """Return the standard deviation of z around a minority row when its guide row is sought.

        For tables that of q(z | x). Few images leave much of their class unseen, so theirs is
        widened by the bandwidth of a kernel density estimate (Scott's rule).
        """
        variance = self.model.log_variance.exp()
        if not self.heads.are_intensities:
            return variance.sqrt()
        n_rows, n_dims = self.minority.shape
        bandwidth = math.pow(n_rows, -1.0 / (n_dims + 4))
        return (variance + bandwidth**2 * self.minority.var(0)).sqrt()

    def nearest_minority(self, codes: Tensor, generator: torch.Generator) -> Tensor:
        """Draw the minority row that stands for each given row's place in latent space."""
        means = self.model.encode(self.heads.features(codes))
        return self._draw_component(self.minority, means, generator)

    def translate(
        self, i: Tensor, guide_codes: Tensor, generator: torch.Generator, own_share: float = 0.0
    ) -> Codes:
        """Translate guide rows with the help of a minority row i each.

        In tables a share of the new rows, ``own_share``, takes its noise from the minority row.

        Shape: i (n,), guide_codes (n, d) -> (n, d).
        """
        guide = self.heads.features(guide_codes)
        if self.heads.are_intensities:
            x = self._image(i, guide, generator)
        else:
            scores = self.scores(i, guide, own_share, generator)
            if self.offsets is not None:
                scores = scores + torch.from_numpy(self.offsets).to(scores.device)
            x = self.heads.codes(self.heads.harden(scores), self.minority_codes, generator)
        codes: Codes = x.cpu().numpy()
        return codes

    def scores(
        self, i: Tensor, guide: Tensor, own_share: float, generator: torch.Generator
    ) -> Tensor:
        """Scores of the rows of a table that minority rows i and guide rows lead to.

        The latent code lies between those of the two rows. The noise is that of the minority row
        under the model of its class, or that of the guide row under the model of the guide.

        Shape: i (n,), guide (n, width) -> (n, width).
        """
        heads, device = self.heads, guide.device
        own, latent = self.minority[i.to(device)], self.model.encode(guide)
        noise = normal((len(guide), latent.shape[1]), generator, device)
        t = uniform((len(guide), 1), generator, device)
        # NOTE[DIFF] In the paper z is drawn around the guide row alone (t = 0), and the decoder's
        # mean is returned, which lies on a sheet of k dimensions.
        between = t * own + (1.0 - t) * latent
        raw = self.model.decode(self.model.reparameterise(between, noise))
        if heads.n_levels:
            raw = torch.cat([raw[:, : heads.levels.start], heads.log_probabilities(raw)], 1)
        minority = heads.features(self.minority_codes[i.to(device)])
        of_own = uniform((len(guide), 1), generator, device) < own_share
        return raw + torch.where(
            of_own,
            noise_of(self.model, minority, generator),
            noise_of(self.guide_model, guide, generator),
        )

    def _image(self, i: Tensor, guide: Tensor, generator: torch.Generator) -> Tensor:
        """Images between two; what the decoder leaves out, the detail, comes from both.

        Shape: i (n,), guide (n, d) -> (n, d).
        """
        own, latent = self.minority[i.to(guide.device)], self.model.encode(guide)
        noise = normal((len(guide), latent.shape[1]), generator, guide.device)
        t, s = uniform((2, len(guide), 1), generator, guide.device)
        between = t * own + (1.0 - t) * latent
        x = self.model.intensities(self.model.reparameterise(between, 0.5 * noise))
        x += self._image_detail(own, latent, i.to(guide.device), guide, s)
        return x.clamp(0.0, 1.0)

    def _image_detail(
        self, own: Tensor, guide: Tensor, i: Tensor, guide_codes: Tensor, share: Tensor
    ) -> Tensor:
        """Mix the residuals of the minority image and of the guide image."""
        s = _LEAST_DETAIL_SHARE + (1.0 - _LEAST_DETAIL_SHARE) * share
        model = self.model
        detail = s * (self.minority_codes[i] - model.intensities(own))
        detail += (1.0 - s) * (guide_codes - model.intensities(guide))
        return detail

    def _draw_component(self, means: Tensor, z: Tensor, generator: torch.Generator) -> Tensor:
        """Draw one mixture component for each code, by its responsibility. Shape: (n, k) -> (n,).

        By the inverse of the cumulated weights: one random number a row, where
        ``torch.multinomial`` draws one for each weight.
        """
        if not len(z):
            return torch.empty(0, dtype=torch.int64)
        weights = ExemplarPrior(means, self.model.log_variance).responsibilities(z)
        cumulated = weights.cumsum(1)
        chance = uniform((len(z), 1), generator, z.device) * cumulated[:, -1:]
        drawn = torch.searchsorted(cumulated, chance, right=True)[:, 0]
        return drawn.clamp_max(len(means) - 1).cpu()


def _encoded(model: MajorityGuidedVAE, codes: Tensor) -> Tensor:
    """Means of the posteriors of rows. Shape: (n, d) -> (n, k)."""
    parts = torch.split(codes, _CHUNK)
    return torch.cat([model.encode(model.heads.features(part)) for part in parts])
