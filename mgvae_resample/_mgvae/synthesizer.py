"""The synthesizer of one class: which exemplar, which latents, which row comes out."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .._encoding.layout import EncodedRows
from .._modality.base import KnownRows
from .._nn.random import normal, uniform
from .._synthesizer import CHUNK, Indices, Proposal, Propose, Synthesizer
from .exogenous_noise import exogenous_noise
from .image_detail import decoded, detail_of_exemplars
from .model import MajorityGuidedVAE
from .moves import LearnedMoves
from .prior import ExemplarPrior

__all__ = ["MinoritySynthesizer"]

_MOST_PAIRS = 50_000
# Exemplars among which one is drawn by responsibility, others for every chunk of rows.
_MOST_COMPARED = 2048
_CALIBRATION_ROWS = 4096
# A class of so many rows has as much to say about the noise of its columns as the exemplars have.
_ROWS_OF_NOISE = 10
# NOTE[DIFF] In the paper z has the whole noise of q(z | x). Here rows have their exogenous noise
# as well, and with all of both their columns fit together less than in the class.
_TABLE_NOISE, _IMAGE_NOISE = 0.75, 0.5
# The fine detail of an image is mixed: at least this share comes from a minority image.
_LEAST_DETAIL_SHARE = 0.2


class _LatentSpace(NamedTuple):
    """Exemplars (m, d) and rows of the class (n, d), and their latents (m, k) and (n, k).

    ``class_detail`` is what the model of the class leaves out of its images, of shape (n, d);
    ``forbidden`` are rows that no new one may equal.
    """

    exemplar_rows: Tensor
    class_rows: Tensor
    exemplars: Tensor
    minority: Tensor
    class_detail: Tensor | None
    forbidden: KnownRows | None


class MinoritySynthesizer(Synthesizer):
    """Draws rows of one class by translating exemplars.

    Parameters
    ----------
    network, prior_network : MajorityGuidedVAE
        The network fine-tuned on the class, and the one pre-trained on the exemplars.
    class_rows : ndarray of shape (n, d)
        The class's own encoded rows.
    exemplar_rows : ndarray of shape (m, d)
        Encoded rows that may be translated.
    exemplar_index : ndarray of shape (m,)
        Where each of them stands in the table.
    responsibility : float
        Share of exemplars chosen by their responsibility for the class, not uniformly.
    moves : LearnedMoves or None
        Moves of real rows that are repeated.
    """

    max_trials = 20
    kind = "translated"

    def __init__(
        self,
        network: MajorityGuidedVAE,
        prior_network: MajorityGuidedVAE,
        class_rows: EncodedRows,
        exemplar_rows: EncodedRows,
        exemplar_index: Indices,
        responsibility: float,
        moves: LearnedMoves | None = None,
    ) -> None:
        super().__init__(network.modality, class_rows)
        self.moves = moves
        self.network, self.prior_network = network, prior_network
        self.exemplar_rows, self.exemplar_index = exemplar_rows, exemplar_index
        self.responsibility = responsibility
        self._space: _LatentSpace | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the latents, which can be encoded again."""
        return vars(self) | {"_space": None}

    def calibrate(self, rng: torch.Generator) -> None:
        """Find the logit adjustment on rows drawn without any."""

        def outputs() -> Tensor:
            i, j = self.choose_pairs(_CALIBRATION_ROWS, rng)
            exemplars = self.space().exemplar_rows[j.to(self.device)]
            return self.outputs(i, self.modality.inputs(exemplars), self._class_share(), rng)

        self.fit_adjustment(outputs)

    def _propose(self, n: int, rng: torch.Generator) -> Propose:
        space, (i, j) = self.space(), self.choose_pairs(n, rng)

        def propose(at: Indices, again: bool) -> Proposal:
            if again:
                # In tables of a few categories many rows repeat one of the class; other pairs,
                # and the noise of exemplars, lead away from it.
                i[at], j[at] = self.choose_pairs(len(at), rng)
            exemplars = space.exemplar_rows[j[at].to(self.device)]
            share = 0.0 if again else self._class_share()
            rows = self.modality.restored(self._translate(i[at], exemplars, rng, share))
            accepted = np.ones(len(at), np.bool_)
            if space.forbidden is not None:
                accepted = ~space.forbidden.hold(rows)
            return Proposal(rows, self.exemplar_index[j[at].numpy()], accepted)

        return propose

    def _forbidden(self) -> KnownRows | None:
        """Return the exemplars where no row of the class equals one: new rows must not either."""
        exemplars = self.modality.copies_of(self.exemplar_rows)
        shared = exemplars is not None and exemplars.hold(self.class_rows).any()
        return None if shared else exemplars

    def _vary(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        return rows if self.moves is None else self.moves.apply(self.prior_network, rows, rng)

    def _class_share(self) -> float:
        """Share of new rows whose noise is that of one of the class's own rows."""
        return len(self.class_rows) / (len(self.class_rows) + _ROWS_OF_NOISE)

    def translate(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        """Translate given rows, one for one. Shape: (r, d) -> (r, d)."""
        translated = []
        with torch.no_grad():
            for part in torch.split(torch.from_numpy(rows).to(self.device), CHUNK):
                means = self.network.encode(self.modality.inputs(part))
                nearest = self._draw_component(self.space().minority, means, rng)
                translated.append(self._translate(nearest, part, rng, 0.0))
        return np.concatenate(translated)

    def encode(self, rows: EncodedRows) -> EncodedRows:
        """Return the mean of q(z | x) under the model of the class. Shape: (r, d) -> (r, k)."""
        with torch.no_grad():
            means: EncodedRows = (
                self._latents(torch.from_numpy(rows).to(self.device)).cpu().numpy()
            )
        return means

    def space(self) -> _LatentSpace:
        """Return rows and latents on the device of the networks, encoded when first needed."""
        if self._space is None or self._space.minority.device != self.device:
            exemplar_rows, class_rows = (
                torch.from_numpy(rows).to(self.device)
                for rows in (self.exemplar_rows, self.class_rows)
            )
            with torch.no_grad():
                exemplars, minority = self._latents(exemplar_rows), self._latents(class_rows)
                detail = self.modality.choose(table=None, image=self._class_detail)
                rest = None if detail is None else detail(class_rows, minority)
            self._space = _LatentSpace(
                exemplar_rows, class_rows, exemplars, minority, rest, self._forbidden()
            )
        return self._space

    def _latents(self, rows: Tensor) -> Tensor:
        """Means of the posteriors of encoded rows. Shape: (n, d) -> (n, k)."""
        parts = torch.split(rows, CHUNK)
        return torch.cat([self.network.encode(self.modality.inputs(part)) for part in parts])

    def choose_pairs(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Choose as many pairs as rows; of very many rows, several share a pair.

        Shape: -> i, j (n,).
        """
        n_pairs = min(n, _MOST_PAIRS)
        chunks = torch.split(self.in_turn(n_pairs, rng), CHUNK)
        with torch.no_grad():
            parts = [self.choose(i, self.responsibility, rng) for i in chunks]
        i, j = (torch.cat(side) for side in zip(*parts, strict=True))
        turn = torch.arange(n) % n_pairs
        return i[turn], j[turn]

    def choose(
        self, i: Tensor, responsibility: float, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Choose an exemplar j for each minority row i.

        By responsibility: z ~ q(z | x_i), j is drawn from the responsibilities for z. The
        marginal weight of j is then its mean responsibility for the minority. Uniform, as in the
        paper: j is uniform, and another i is drawn from the responsibilities for mu(x_j).

        Shape: i (n,) -> i, j (n,).
        """
        # NOTE[DIFF] Weights by responsibility: where classes overlap, the whole majority is not
        # where the minority lives.
        space, n, i = self.space(), len(i), i.clone()
        j = torch.randint(len(space.exemplars), (n,), generator=rng)
        eps = normal((n, space.exemplars.shape[1]), rng, self.device)
        by_weight = uniform((n,), rng, i.device) < responsibility
        z = space.minority[i] + self._spread() * eps
        some = torch.randperm(len(space.exemplars), generator=rng)[:_MOST_COMPARED]
        j[by_weight] = some[self._draw_component(space.exemplars[some], z[by_weight], rng)]
        i[~by_weight] = self._draw_component(space.minority, space.exemplars[j[~by_weight]], rng)
        return i, j

    def _spread(self) -> Tensor:
        """Return the standard deviation of z around a minority row when its exemplar is sought.

        For tables that of q(z | x). Few images leave much of their class unseen, so theirs is
        widened by the bandwidth of a kernel density estimate (Scott's rule).
        """
        minority = self.space().minority
        n_rows, n_latents = minority.shape
        bandwidth = math.pow(n_rows, -1.0 / (n_latents + 4))
        bandwidth *= self.modality.choose(table=0.0, image=1.0)
        variance = self.network.log_variance.exp()
        if bandwidth:
            variance = variance + bandwidth**2 * minority.var(0)
        return variance.sqrt()

    def _translate(
        self, i: Tensor, exemplar_rows: Tensor, rng: torch.Generator, class_share: float
    ) -> EncodedRows:
        """Translate exemplars with the help of a minority row i each.

        In tables a share of the new rows, ``class_share``, takes its noise from the minority row.

        Shape: i (n,), exemplar_rows (n, d) -> (n, d).
        """
        exemplars = self.modality.inputs(exemplar_rows)
        translate = self.modality.choose(table=self._table_rows, image=self._images)
        with torch.no_grad():
            rows = translate(i.to(self.device), exemplars, class_share, rng)
        translated: EncodedRows = rows.cpu().numpy()
        return translated

    def _table_rows(
        self, i: Tensor, exemplars: Tensor, class_share: float, rng: torch.Generator
    ) -> Tensor:
        outputs = self.adjust(self.outputs(i, exemplars, class_share, rng))
        inputs = self.modality.discretize(outputs)
        return self.modality.rows(inputs, self.space().class_rows, rng)

    def outputs(
        self, i: Tensor, exemplars: Tensor, class_share: float, rng: torch.Generator
    ) -> Tensor:
        """Return the outputs that minority rows i and exemplars of a table lead to, with noise.

        The latents lie between those of the two rows. The noise is that of the minority row under
        the model of its class, or that of the exemplar under the pre-trained model.

        Shape: i (n,), exemplars (n, n_inputs) -> (n, n_inputs).
        """
        i, one_hot = i.to(self.device), self.modality.map  # type: ignore[attr-defined]
        z, _, _ = self._between(i, exemplars, _TABLE_NOISE, 1, rng)
        outputs = self.network.decode(z)
        if one_hot.n_categories:
            logp = one_hot.log_probabilities(outputs)
            outputs = torch.cat([outputs[:, : one_hot.categories.start], logp], 1)
        minority = self.modality.inputs(self.space().class_rows[i])
        of_class = uniform((len(exemplars), 1), rng, self.device) < class_share
        return outputs + torch.where(
            of_class,
            exogenous_noise(self.network, minority, rng),
            exogenous_noise(self.prior_network, exemplars, rng),
        )

    def _images(
        self, i: Tensor, exemplars: Tensor, class_share: float, rng: torch.Generator
    ) -> Tensor:
        """Images between two; what the decoder leaves out, the detail, comes from both.

        Shape: i (n,), exemplars (n, d) -> (n, d).
        """
        z, latents, share = self._between(i, exemplars, _IMAGE_NOISE, 2, rng)
        of_class = self.space().class_detail
        assert of_class is not None
        share = _LEAST_DETAIL_SHARE + (1.0 - _LEAST_DETAIL_SHARE) * share
        translated = decoded(self.network, z)
        of_exemplar = detail_of_exemplars(
            self.network, self.prior_network, exemplars, latents, translated
        )
        return (translated + torch.lerp(of_exemplar, of_class[i], share)).clamp(0.0, 1.0)

    def _class_detail(self, images: Tensor, latents: Tensor) -> Tensor:
        """Return what the model of the class leaves out. Shape: (n, d), (n, k) -> (n, d)."""
        parts = zip(torch.split(images, CHUNK), torch.split(latents, CHUNK), strict=True)
        return torch.cat([some - decoded(self.network, z) for some, z in parts])

    def _between(
        self, i: Tensor, exemplars: Tensor, noise: float, n_shares: int, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Draw latents between those of minority rows i and of exemplars.

        Shape: -> z (n, k), latents of the exemplars (n, k), the last of the shares drawn (n, 1).
        """
        latents = self.network.encode(exemplars)
        eps = normal((len(exemplars), latents.shape[1]), rng, self.device)
        shares = uniform((n_shares, len(exemplars), 1), rng, self.device)
        # NOTE[DIFF] In the paper z is drawn around the exemplar alone (t = 0), and the decoder's
        # mean is returned, which lies on a sheet of k dimensions.
        t = shares[0]
        between = t * self.space().minority[i] + (1.0 - t) * latents
        return self.network.reparameterise(between, noise * eps), latents, shares[-1]

    def _draw_component(self, means: Tensor, z: Tensor, rng: torch.Generator) -> Tensor:
        """Draw one mixture component for each latent, by its responsibility. Shape: -> (n,).

        By the inverse of the cumulated weights: one random number a row, where
        ``torch.multinomial`` draws one for each weight.
        """
        if not len(z):
            return torch.empty(0, dtype=torch.int64)
        weights = ExemplarPrior(means, self.network.log_variance).responsibilities(z)
        cumulated = weights.cumsum(1)
        chance = uniform((len(z), 1), rng, z.device) * cumulated[:, -1:]
        drawn = torch.searchsorted(cumulated, chance, right=True)[:, 0]
        return drawn.clamp_max(len(means) - 1).cpu()
