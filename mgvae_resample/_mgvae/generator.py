"""The fitted generator of one class: which guide row, which latent code, which row comes out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._engine.persistence import Arrays
from .._engine.runtime import normal, uniform
from .fit import Codes, Settings, build
from .model import MajorityGuidedVAE
from .prior import ExemplarPrior

__all__ = ["Encoded", "MinorityGenerator"]

Indices = npt.NDArray[np.intp]

# Rows handled at the same time: it bounds the memory of rows x guide rows tables of numbers.
_CHUNK = 1024
_MOST_PAIRS = 50_000
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
    """

    settings: Settings
    weights: Arrays
    guide_weights: Arrays
    guide: Codes
    guide_index: Indices
    minority: Codes

    def draw(
        self, n_rows: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Codes, Indices]:
        """Draw rows. Returns their codes (n_rows, d) and the guide row behind each (n_rows,)."""
        with torch.no_grad():
            space = Encoded(self, device)
            i, j = space.choose_pairs(n_rows, self.settings.responsibility, generator)
            parts = zip(torch.split(i, _CHUNK), torch.split(j, _CHUNK), strict=True)
            codes = [
                space.translate(own, space.guide_codes[guide.to(device)], generator)
                for own, guide in parts
            ]
        return np.concatenate(codes), self.guide_index[j.numpy()]

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


class Encoded:
    """The guide and the minority in latent space."""

    def __init__(self, source: MinorityGenerator, device: torch.device) -> None:
        self.model: MajorityGuidedVAE = build(source.settings, source.weights, device)
        self.guide_model: MajorityGuidedVAE = build(source.settings, source.guide_weights, device)
        self.guide_codes = torch.from_numpy(source.guide).to(device)
        self.minority_codes = torch.from_numpy(source.minority).to(device)
        self.guide = self._encode(self.guide_codes)
        self.minority = self._encode(self.minority_codes)

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
        if not self.model.has_intensities:
            return variance.sqrt()
        n_rows, n_dims = self.minority.shape
        bandwidth = math.pow(n_rows, -1.0 / (n_dims + 4))
        return (variance + bandwidth**2 * self.minority.var(0)).sqrt()

    def nearest_minority(self, codes: Tensor, generator: torch.Generator) -> Tensor:
        """Draw the minority row that stands for each given row's place in latent space."""
        return self._draw_component(self.minority, self.model.encode(codes), generator)

    def translate(self, i: Tensor, guide_codes: Tensor, generator: torch.Generator) -> Codes:
        """Translate guide rows with the help of a minority row i each.

        The latent code lies between those of the two rows, and what the decoder leaves out, the
        detail, is taken from real rows.

        Shape: i (n,), guide_codes (n, d) -> (n, d).
        """
        device = guide_codes.device
        own, guide = self.minority[i.to(device)], self.model.encode(guide_codes)
        noise = normal((len(guide), guide.shape[1]), generator, device)
        t, s = uniform((2, len(guide), 1), generator, device)
        # NOTE[DIFF] In the paper z is drawn around the guide row alone (t = 0).
        between = t * own + (1.0 - t) * guide
        if self.model.has_intensities:
            x = self.model.expectation(self.model.reparameterise(between, 0.5 * noise))
            x += self._image_detail(own, guide, i.to(device), guide_codes, s)
            x = x.clamp(0.0, 1.0)
        else:
            x = self.model.expectation(self.model.reparameterise(between, noise))
            x = self._with_noise(x, guide_codes, generator)
        codes: Codes = x.cpu().numpy()
        return codes

    def _with_noise(self, x: Tensor, guide_codes: Tensor, generator: torch.Generator) -> Tensor:
        """Turn expectations into draws by the residuals of the guide rows.

        They are those under the model that was trained on the guide: draws of the observation
        noise with its dependence between columns, which independent noise would break. The
        residual of a binary column is a probability, uniform within the part of [0, 1] that
        stands for the value seen (the probability integral transform).
        """
        model, guide_model = self.model, self.guide_model
        at, binary_at = model.continuous_at, model.binary_at
        # NOTE[DIFF] The paper returns the decoder's mean, which lies on a sheet of k dimensions.
        expected = guide_model.expectation(guide_model.encode(guide_codes))
        x[:, at] += guide_codes[:, at] - expected[:, at]
        share = uniform((len(x), model.n_binary), generator, x.device)
        seen, p = guide_codes[:, binary_at], expected[:, binary_at]
        chance = torch.where(seen > 0.5, share * p, p + share * (1.0 - p))
        x[:, binary_at] = (chance < x[:, binary_at]).to(x.dtype)
        return x

    def _image_detail(
        self, own: Tensor, guide: Tensor, i: Tensor, guide_codes: Tensor, share: Tensor
    ) -> Tensor:
        """Mix the residuals of the minority image and of the guide image."""
        s = _LEAST_DETAIL_SHARE + (1.0 - _LEAST_DETAIL_SHARE) * share
        model = self.model
        detail = s * (self.minority_codes[i] - model.expectation(own))
        detail += (1.0 - s) * (guide_codes - model.expectation(guide))
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

    def _encode(self, codes: Tensor) -> Tensor:
        return torch.cat([self.model.encode(part) for part in torch.split(codes, _CHUNK)])
