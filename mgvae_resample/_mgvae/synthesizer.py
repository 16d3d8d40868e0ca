"""The synthesizer of one class: it chooses exemplars, draws latents and decodes new rows."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .._encoding.layout import EncodedRows
from .._nn.random import normal, uniform
from .._rejection.sampler import Drawn, Indices, Propose, RejectionSampler
from .._synthesizer import CHUNK, Synthesizer
from .model import MajorityGuidedVAE
from .moves import LearnedMoves
from .prior import ExemplarPrior
from .residual import Draw, Residual, TableResidual

__all__ = ["MinoritySynthesizer"]

# Pairs chosen at once, from the number of new rows: at least, so that redraws of few rows have
# other pairs, and at most, so that several of very many rows share a pair.
_FEWEST_PAIRS, _MOST_PAIRS = 256, 50_000
# Exemplars of which the responsibilities are computed, drawn anew for every chunk of rows.
_MOST_COMPARED = 2048
_ADJUSTMENT_ROWS = 4096
# A class with this many rows supplies half of the residuals, and the exemplars the other half.
_ROWS_OF_NOISE = 10


class _LatentSpace(NamedTuple):
    """Exemplars (m, d) and rows of the class (n, d), their latents (m, k) and (n, k)."""

    exemplar_rows: Tensor
    class_rows: Tensor
    exemplar_latents: Tensor
    class_latents: Tensor
    residual: Residual


class MinoritySynthesizer(Synthesizer):
    """Draws rows of one class by translating exemplars.

    Parameters
    ----------
    network, pretrained : MajorityGuidedVAE
        The network fine-tuned on the class, and the one pre-trained on the exemplars.
    class_rows : ndarray of shape (n, d)
        Encoded rows of the class.
    exemplar_rows : ndarray of shape (m, d)
        Encoded rows that may be translated.
    exemplar_index : ndarray of shape (m,)
        Their indices in the table.
    responsibility : float
        Fraction of exemplars chosen by their responsibility for the class, not uniformly.
    residual : type of Residual
        What is added to decoded rows.
    moves : LearnedMoves or None
        Learned moves of repeated images.
    """

    max_trials = 40
    kind = "translated"

    def __init__(
        self,
        network: MajorityGuidedVAE,
        pretrained: MajorityGuidedVAE,
        class_rows: EncodedRows,
        exemplar_rows: EncodedRows,
        exemplar_index: Indices,
        responsibility: float,
        residual: type[Residual],
        moves: LearnedMoves | None = None,
    ) -> None:
        super().__init__(network.modality, class_rows)
        self.network, self.pretrained = network, pretrained
        self.exemplar_rows, self.exemplar_index = exemplar_rows, exemplar_index
        self.responsibility, self.residual, self.moves = responsibility, residual, moves
        self._space: _LatentSpace | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the latents, which can be encoded again."""
        return vars(self) | {"_space": None}

    def fit_class_adjustment(self, rng: torch.Generator) -> None:
        """Fit the logit adjustment to rows without adjustment, for tables with residuals."""
        if not issubclass(self.residual, TableResidual):
            return

        def outputs() -> Tensor:
            i, j = self.choose_pairs(_ADJUSTMENT_ROWS, rng)
            residual = self.space().residual
            draw = self._draw(i, self.space().exemplar_rows[j.to(self.device)], rng)
            return residual.outputs(draw, self._class_fraction(), rng)

        self.fit_adjustment(outputs)

    def _propose(self, n: int, rng: torch.Generator) -> Propose:
        exemplar_rows = self.space().exemplar_rows
        n_pairs = min(max(n, _FEWEST_PAIRS), _MOST_PAIRS)
        (all_i, all_j), n_used = self.choose_pairs(n_pairs, rng), 0

        def propose(at: Indices) -> Drawn:
            nonlocal n_used
            turn = torch.arange(n_used, n_used + len(at)) % n_pairs
            n_used += len(at)
            i, j = all_i[turn], all_j[turn]
            rows = self._translate(
                i, exemplar_rows[j.to(self.device)], rng, self._class_fraction()
            )
            return Drawn(rows, self.exemplar_index[j.numpy()], i.numpy())

        return propose

    def _vary(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        return rows if self.moves is None else self.moves.apply(self.pretrained, rows, rng)

    def _class_fraction(self) -> float:
        """Fraction of new rows that take their residual from a row of the class."""
        return len(self.class_rows) / (len(self.class_rows) + _ROWS_OF_NOISE)

    def translate(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        """Translate each of the given rows. Shape: (r, d) -> (r, d)."""
        given = torch.from_numpy(rows).to(self.device)

        def propose(at: Indices) -> Drawn:
            part = given[torch.from_numpy(at).to(self.device)]
            with torch.no_grad():
                means = self.network.encode(self.modality.inputs(part))
                nearest = self._draw_component(self.space().class_latents, means, rng)
                new = self._translate(nearest, part, rng, 0.0)
            return Drawn(new, np.full(len(at), -1))

        sampler = RejectionSampler(
            None, [], self.max_trials, CHUNK, self.finish, self._column_rules()
        )
        return sampler.draw(len(rows), propose, rng).rows

    def encode(self, rows: EncodedRows) -> EncodedRows:
        """Return the mean of q(z | x) under the model of the class. Shape: (r, d) -> (r, k)."""
        with torch.no_grad():
            means: EncodedRows = (
                self._latents(torch.from_numpy(rows).to(self.device)).cpu().numpy()
            )
        return means

    def space(self) -> _LatentSpace:
        """Return rows and latents on the device of the networks, encoded when first needed."""
        if self._space is None or self._space.class_latents.device != self.device:
            exemplar_rows, class_rows = (
                torch.from_numpy(rows).to(self.device)
                for rows in (self.exemplar_rows, self.class_rows)
            )
            with torch.no_grad():
                exemplars, of_class = self._latents(exemplar_rows), self._latents(class_rows)
                residual = self.residual(self.network, self.pretrained, class_rows, of_class)
            self._space = _LatentSpace(exemplar_rows, class_rows, exemplars, of_class, residual)
        return self._space

    def _latents(self, rows: Tensor) -> Tensor:
        """Means of the posteriors of encoded rows. Shape: (n, d) -> (n, k)."""
        parts = torch.split(rows, CHUNK)
        return torch.cat([self.network.encode(self.modality.inputs(part)) for part in parts])

    def choose_pairs(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Choose pairs of a row of the class and an exemplar. Shape: -> i, j (n,)."""
        chunks = torch.split(self.in_turn(n, rng), CHUNK)
        with torch.no_grad():
            parts = [self.choose(i, self.responsibility, rng) for i in chunks]
        i, j = (torch.cat(side) for side in zip(*parts, strict=True))
        return i, j

    def choose(
        self, i: Tensor, responsibility: float, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Choose an exemplar j for each minority row i.

        By responsibility: z ~ q(z | x_i), j is drawn from the responsibilities for z. The
        marginal weight of j is then its mean responsibility for the minority. Uniform, as in the
        paper: j is uniform, and another i is drawn from the responsibilities for mu(x_j).

        Shape: i (n,) -> i, j (n,).
        """
        # NOTE[DIFF] Weights by responsibility: even if classes overlap, most of the majority may
        # be far from the minority.
        space, n, i = self.space(), len(i), i.clone()
        j = torch.randint(len(space.exemplar_latents), (n,), generator=rng)
        eps = normal((n, space.exemplar_latents.shape[1]), rng, self.device)
        by_weight = uniform((n,), rng, i.device) < responsibility
        z = space.class_latents[i] + self._spread() * eps
        some = torch.randperm(len(space.exemplar_latents), generator=rng)[:_MOST_COMPARED]
        j[by_weight] = some[self._draw_component(space.exemplar_latents[some], z[by_weight], rng)]
        i[~by_weight] = self._draw_component(
            space.class_latents, space.exemplar_latents[j[~by_weight]], rng
        )
        return i, j

    def _spread(self) -> Tensor:
        """Return the standard deviation of z around a minority row when its exemplar is chosen.

        For tables it is that of q(z | x). Few images show little of their class, so for images it
        is widened by the bandwidth of a kernel density estimate (Scott's rule).
        """
        of_class, variance = self.space().class_latents, self.network.log_variance.exp()
        if self.residual.widens:
            n_rows, n_latents = of_class.shape
            bandwidth = math.pow(n_rows, -1.0 / (n_latents + 4))
            variance = variance + bandwidth**2 * of_class.var(0)
        return variance.sqrt()

    def _translate(
        self, i: Tensor, exemplar_rows: Tensor, rng: torch.Generator, class_fraction: float
    ) -> EncodedRows:
        """Translate exemplars, each paired with a minority row i.

        Shape: i (n,), exemplar_rows (n, d) -> (n, d).
        """
        space = self.space()
        with torch.no_grad():
            draw = self._draw(i, exemplar_rows, rng)
            outputs = self.adjust(space.residual.outputs(draw, class_fraction, rng))
            inputs = space.residual.discretize(outputs)
            rows = self.modality.rows(inputs, space.class_rows, rng)
        translated: EncodedRows = rows.cpu().numpy()
        return translated

    def _draw(self, i: Tensor, exemplar_rows: Tensor, rng: torch.Generator) -> Draw:
        """Draw latents between those of minority rows i and of exemplars.

        Shape: i (n,), exemplar_rows (n, d) ->.
        """
        i, exemplar_inputs = i.to(self.device), self.modality.inputs(exemplar_rows)
        latents = self.network.encode(exemplar_inputs)
        eps = normal(tuple(latents.shape), rng, self.device)
        t = self.residual.toward_class * uniform((len(latents), 1), rng, self.device)
        # NOTE[DIFF] In the paper z is drawn around the exemplar alone (t = 0), and the decoder's
        # mean is returned, which lies on a manifold of k dimensions. NoResidual does both.
        between = t * self.space().class_latents[i] + (1.0 - t) * latents
        z = self.network.reparameterise(between, self.residual.posterior_noise * eps)
        return Draw(z, i, exemplar_inputs, latents)

    def _draw_component(self, means: Tensor, z: Tensor, rng: torch.Generator) -> Tensor:
        """Draw one mixture component for each latent, by its responsibility. Shape: -> (n,).

        By inverse transform sampling, with one random number per row; ``torch.multinomial`` draws
        one per weight.
        """
        if not len(z):
            return torch.empty(0, dtype=torch.int64)
        weights = ExemplarPrior(means, self.network.log_variance).responsibilities(z)
        cumulated = weights.cumsum(1)
        chance = uniform((len(z), 1), rng, z.device) * cumulated[:, -1:]
        drawn = torch.searchsorted(cumulated, chance, right=True)[:, 0]
        return drawn.clamp_max(len(means) - 1).cpu()
