"""The synthesizer of one class: new rows, steered by codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._encoding.layout import EncodedRows
from .._nn.random import normal
from .._rejection.density_ratio import DensityRatio, n_generated
from .._rejection.sampler import Drawn, Indices, Propose
from .._synthesizer import CHUNK, Synthesizer
from .model import BayesGAN

__all__ = ["ClassSynthesizer", "ClassifierRule"]

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
        Encoded rows of the class.
    """

    max_trials = 40
    # The generator is trained on augmented views, so its images are not augmented themselves.
    moves_generated = True

    def __init__(self, network: BayesGAN, number: int, class_rows: EncodedRows) -> None:
        super().__init__(network.modality, class_rows)
        self.network, self.number = network, number
        self.rules = [ClassifierRule(network, number)]

    def fit_class_adjustment(self, rng: torch.Generator) -> None:
        """Fit the logit adjustment to rows without adjustment."""

        def outputs() -> Tensor:
            z = normal((CHUNK, self.network.noise_dim), rng, self.device)
            c = normal((CHUNK, self.network.n_codes), rng, self.device)
            return self.network.generator.outputs(z, self._labels(z), c)

        self.fit_adjustment(outputs)

    def fit_density_ratio(self, rng: torch.Generator) -> None:
        """Add a density-ratio rule for tables, if the class has enough rows."""
        if not (self.modality.has_rules and DensityRatio.is_applicable(*self.class_rows.shape)):
            return
        generated = self.generated(n_generated(len(self.class_rows)), rng)
        self.rules.append(DensityRatio(self.modality.layout, self.class_rows, generated, rng))

    def generate(
        self,
        n: int,
        rng: torch.Generator,
        codes: FloatArray,
        noise: FloatArray | None = None,
    ) -> EncodedRows:
        """Generate rows from given codes c; with given noise z, no row is refused.

        Codes that are NaN are drawn, and redrawn with a refused row.

        Shape: c (n, n_codes), z (n, noise_dim) -> (n, d).
        """
        propose = self._propose(n, rng, codes, noise)
        if noise is not None:
            return self.finish(propose(np.arange(n)).rows)
        sampler = self._rejection()
        rows = sampler.draw(n, propose, rng).rows
        self._count(rows, sampler.refused)
        return rows

    def _propose(
        self,
        n: int,
        rng: torch.Generator,
        codes: FloatArray | None = None,
        noise: FloatArray | None = None,
    ) -> Propose:
        network, device = self.network, self.device
        class_rows = torch.from_numpy(self.class_rows).to(device)

        def propose(at: Indices) -> Drawn:
            # Codes are drawn even if given: the noise of first proposals does not depend on them.
            c = normal((len(at), network.n_codes), rng, device)
            z = normal((len(at), network.noise_dim), rng, device)
            if codes is not None:
                given = torch.from_numpy(codes[at]).to(device)
                c = torch.where(given.isnan(), c, given)
            if noise is not None:
                z = torch.from_numpy(noise[at]).to(device)
            with torch.no_grad():
                outputs = self.adjust(network.generator.outputs(z, self._labels(z), c))
                x = self.modality.discretize(outputs)
                rows = self.modality.rows(x, class_rows, rng).cpu().numpy()
            return Drawn(rows, np.full(len(at), -1, np.intp))

        return propose

    def _labels(self, z: Tensor) -> Tensor:
        return torch.full((len(z),), self.number, dtype=torch.int64, device=z.device)


class ClassifierRule:
    """Refuses rows that the discriminator's classifier assigns to another class.

    Parameters
    ----------
    network : BayesGAN
        Both players.
    number : int
        Number of the class.
    """

    def __init__(self, network: BayesGAN, number: int) -> None:
        self.network, self.number = network, number

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept rows that are assigned to the class. Shape: (n, d) -> (n,)."""
        network = self.network
        device = next(network.parameters()).device
        labels = torch.full((len(rows),), self.number, dtype=torch.int64, device=device)
        with torch.no_grad():
            x = network.modality.inputs(torch.from_numpy(rows).to(device))
            features = network.discriminator.features(x)
            _, logits = network.discriminator.logits(features, labels)
        accepted: npt.NDArray[np.bool_] = (logits.argmax(1) == self.number).cpu().numpy()
        return accepted
