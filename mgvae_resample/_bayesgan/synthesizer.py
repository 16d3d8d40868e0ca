"""The synthesizer of one class: new rows, steered by codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._acceptance.density_ratio import N_GENERATED, DensityRatio
from .._encoding.layout import EncodedRows
from .._nn.random import normal
from .._synthesizer import CHUNK, Indices, Proposal, Propose, Synthesizer
from .model import BayesGAN

__all__ = ["ClassSynthesizer"]

FloatArray = npt.NDArray[np.float32]


class ClassSynthesizer(Synthesizer):
    """Draws rows of one class.

    Parameters
    ----------
    network : BayesGAN
        Both players, shared by the synthesizers of all classes.
    number : int
        Number of the class.
    class_rows : ndarray of shape (n, d)
        The class's own encoded rows.
    """

    max_trials = 20
    # The generator is judged after its images were moved, so it makes unmoved ones.
    moves_made = True

    def __init__(self, network: BayesGAN, number: int, class_rows: EncodedRows) -> None:
        super().__init__(network.modality, class_rows)
        self.network, self.number = network, number
        self.density_ratio: DensityRatio | None = None

    def calibrate(self, rng: torch.Generator) -> None:
        """Find the logit adjustment on rows drawn without any."""

        def outputs() -> Tensor:
            z = normal((CHUNK, self.network.noise_dim), rng, self.device)
            c = normal((CHUNK, self.network.n_codes), rng, self.device)
            return self.network.generator.outputs(z, self._labels(z), c)

        self.fit_adjustment(outputs)

    def fit_density_ratio(self, rng: torch.Generator) -> None:
        """Find which rows to accept, of tables where there are rows enough."""
        if self.modality.choose(table=DensityRatio.is_of_use(*self.class_rows.shape), image=False):
            layout, propose = self.modality.layout, self._propose(N_GENERATED, rng)
            generated, _ = self._accepted(N_GENERATED, propose, self.max_trials)
            self.density_ratio = DensityRatio(layout, self.class_rows, generated, rng)

    def generate(
        self,
        n: int,
        rng: torch.Generator,
        codes: FloatArray,
        noise: FloatArray | None = None,
    ) -> EncodedRows:
        """Generate rows from given codes c; from given noise z every row is taken as it comes.

        Shape: c (n, n_codes), z (n, noise_dim) -> (n, d).
        """
        propose = self._propose(n, rng, codes, noise)
        if noise is not None:
            return self._accepted(n, propose, 0)[0]
        return self._accepted(n, self.filtered(propose, rng), self.max_trials)[0]

    def _propose(
        self,
        n: int,
        rng: torch.Generator,
        codes: FloatArray | None = None,
        noise: FloatArray | None = None,
    ) -> Propose:
        network, device = self.network, self.device
        class_rows = torch.from_numpy(self.class_rows).to(device)

        def propose(at: Indices, again: bool) -> Proposal:
            # Codes are drawn before the noise even if given: first proposals have the same noise
            # whatever the codes.
            c = normal((len(at) * (not again), network.n_codes), rng, device)
            z = normal((len(at), network.noise_dim), rng, device)
            if codes is not None:
                c = torch.from_numpy(codes[at]).to(device)
            elif again:
                c = normal((len(at), network.n_codes), rng, device)
            if noise is not None:
                z = torch.from_numpy(noise[at]).to(device)
            with torch.no_grad():
                labels = self._labels(z)
                outputs = self.adjust(network.generator.outputs(z, labels, c))
                x = self.modality.discretize(outputs)
                # The discriminator's classifier must not take a row for one of another class.
                features = network.discriminator.features(x)
                _, logits = network.discriminator.logits(features, labels)
                rows = self.modality.rows(x, class_rows, rng).cpu().numpy()
            rows = self.modality.restored(rows)
            accepted = (logits.argmax(1) == self.number).cpu().numpy()
            # With given noise every row is taken.
            if self.density_ratio is not None and noise is None:
                accepted &= self.density_ratio.accepts(rows, rng)
            return Proposal(rows, np.full(len(at), -1, np.intp), accepted)

        return propose

    def _labels(self, z: Tensor) -> Tensor:
        return torch.full((len(z),), self.number, dtype=torch.int64, device=z.device)
