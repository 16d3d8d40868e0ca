"""The fitted generator of one class: which guide row, which latent code, which row comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._engine.persistence import Arrays
from .fit import Codes, Settings, build
from .model import MajorityGuidedVAE
from .prior import ExemplarPrior

__all__ = ["JitteredBootstrap", "MinorityGenerator"]

Indices = npt.NDArray[np.intp]

# Rows handled at the same time: it bounds the memory of rows x guide rows tables of numbers.
_CHUNK = 1024
_JITTER = 0.1
# An image is mixed of a minority image and its guide: at least these shares of the former.
_LEAST_LATENT_SHARE = 0.0
_LEAST_DETAIL_SHARE = 0.3


@dataclass(frozen=True)
class MinorityGenerator:
    """Draws rows of one class by translating guide rows.

    Attributes
    ----------
    settings : Settings
        What the network looks like.
    weights : dict of ndarray
        The fine-tuned network.
    guide : ndarray of shape (m, d)
        Codes of the guide rows that may be translated.
    guide_index : ndarray of shape (m,)
        Where each of them stands in the table.
    minority : ndarray of shape (n, d)
        Codes of the class's own rows.
    responsibility : float
        Share of guide rows chosen by their responsibility for the minority; the rest is uniform.
    """

    settings: Settings
    weights: Arrays
    guide: Codes
    guide_index: Indices
    minority: Codes
    responsibility: float

    def draw(
        self, n_rows: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Codes, Indices]:
        """Draw rows. Returns their codes (n_rows, d) and the guide row behind each (n_rows,)."""
        with torch.no_grad():
            space = _Encoded(self, device)
            chosen = [
                space.choose(len(part), self.responsibility, generator)
                for part in torch.split(torch.arange(n_rows), _CHUNK)
            ]
            codes = [space.translate(i, space.guide_codes[j], generator) for i, j in chosen]
        sources = torch.cat([j for _, j in chosen]).numpy()
        return np.concatenate(codes), self.guide_index[sources]

    def translate(self, codes: Codes, generator: torch.Generator, device: torch.device) -> Codes:
        """Translate the codes of given rows, one for one. Shape: (r, d) -> (r, d)."""
        with torch.no_grad():
            space = _Encoded(self, device)
            parts = torch.split(torch.from_numpy(codes).to(device), _CHUNK)
            translated = [
                space.translate(space.nearest_minority(part, generator), part, generator)
                for part in parts
            ]
        return np.concatenate(translated)


@dataclass(frozen=True)
class JitteredBootstrap:
    """Repeats a class's rows with a little noise, where a network could not be trained."""

    minority: Codes
    continuous_at: Indices

    def draw(
        self, n_rows: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Codes, Indices]:
        """Draw rows; no guide row stands behind them, so all sources are -1."""
        chosen = torch.randint(len(self.minority), (n_rows,), generator=generator).numpy()
        return self._jitter(chosen, generator), np.full(n_rows, -1, dtype=np.intp)

    def translate(self, codes: Codes, generator: torch.Generator, device: torch.device) -> Codes:
        """Return one jittered row of the class for each row given."""
        return self.draw(len(codes), generator, device)[0]

    def _jitter(self, chosen: Indices, generator: torch.Generator) -> Codes:
        codes = self.minority[chosen]
        noise = torch.randn((len(chosen), len(self.continuous_at)), generator=generator)
        codes[:, self.continuous_at] += _JITTER * noise.numpy()
        return codes


class _Encoded:
    """The guide and the minority in latent space."""

    def __init__(self, source: MinorityGenerator, device: torch.device) -> None:
        self.model: MajorityGuidedVAE = build(source.settings, source.weights, device)
        self.guide_codes = torch.from_numpy(source.guide).to(device)
        self.minority_codes = torch.from_numpy(source.minority).to(device)
        self.guide = self._encode(self.guide_codes)
        self.minority = self._encode(self.minority_codes)

    def choose(
        self, n_rows: int, responsibility: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Choose pairs of a minority row i and a guide row j.

        By responsibility: i is uniform, z ~ q(z | x_i), j is drawn from the responsibilities for
        z. The marginal weight of j is then its mean responsibility for the minority. Uniform, as
        in the paper: j is uniform and i is drawn from the responsibilities for mu(x_j).
        """
        i = torch.randint(len(self.minority), (n_rows,), generator=generator)
        j = torch.randint(len(self.guide), (n_rows,), generator=generator)
        noise = torch.randn((n_rows, self.guide.shape[1]), generator=generator)
        by_responsibility = torch.rand(n_rows, generator=generator) < responsibility
        z = self.model.reparameterise(self.minority[i], noise.to(self.minority.device))
        j = torch.where(by_responsibility, self._draw_component(self.guide, z, generator), j)
        nearest = self._draw_component(self.minority, self.guide[j], generator)
        return torch.where(by_responsibility, i, nearest), j

    def nearest_minority(self, codes: Tensor, generator: torch.Generator) -> Tensor:
        """Draw the minority row that stands for each given row's place in latent space."""
        return self._draw_component(self.minority, self.model.encode(codes), generator)

    def translate(self, i: Tensor, guide_codes: Tensor, generator: torch.Generator) -> Codes:
        """Draw x ~ p(x | z) with z ~ r(z | x_j), the observation noise of intensities from row i.

        Shape: i (n,), guide_codes (n, d) -> (n, d).
        """
        model = self.model
        guide, own = model.encode(guide_codes), self.minority[i.to(guide_codes.device)]
        own_codes = self.minority_codes[i.to(guide_codes.device)]
        noise = torch.randn(guide.shape, generator=generator).to(guide.device)
        if not model.has_intensities:
            z = model.reparameterise(guide, noise)
            return model.draw(z, generator).cpu().numpy()
        t = _share(len(i), _LEAST_LATENT_SHARE, generator).to(guide.device)
        s = _share(len(i), _LEAST_DETAIL_SHARE, generator).to(guide.device)
        z = model.reparameterise(t * own + (1.0 - t) * guide, 0.5 * noise)
        detail = s * (own_codes - model.expectation(own))
        detail += (1.0 - s) * (guide_codes - model.expectation(guide))
        return (model.expectation(z) + detail).clamp(0, 1).cpu().numpy()

    def _draw_component(self, means: Tensor, z: Tensor, generator: torch.Generator) -> Tensor:
        weights = ExemplarPrior(means, self.model.log_variance).responsibilities(z).cpu()
        return torch.multinomial(weights, 1, generator=generator)[:, 0]

    def _encode(self, codes: Tensor) -> Tensor:
        return torch.cat([self.model.encode(part) for part in torch.split(codes, _CHUNK)])


def _share(n_rows: int, least: float, generator: torch.Generator) -> Tensor:
    return least + (1.0 - least) * torch.rand((n_rows, 1), generator=generator)
