"""Codes are chosen, read back from rows, and scored against the Bayesian network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._encoding.layout import EncodedRows
from .._nn.random import normal
from .._run import Run
from .._synthesizer import CHUNK
from .losses import StructureMasks, class_dependence, dependence
from .model import BayesGAN
from .structure import BayesianStructure
from .synthesizer import ClassSynthesizer

__all__ = ["CodeReader", "EdgeScores", "given_codes", "traversal"]

FloatArray = npt.NDArray[np.float32]

_SCORED_ROWS = 2000
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class EdgeScores:
    """How well codes read from new rows follow the Bayesian network.

    Attributes
    ----------
    edges : dict of str to float
        Latent code -> R^2 of its regression on its parents; 1 is perfect.
    non_edges : dict of str to dict of str to float
        Latent code -> non-parent -> fraction of the latent code's variance that the non-parent
        explains beyond the parents; 0 is perfect.
    classes : dict of str to float
        Latent code -> fraction of its variance between classes; 0 is perfect.
    """

    edges: dict[str, float]
    non_edges: dict[str, dict[str, float]]
    classes: dict[str, float]

    def __str__(self) -> str:
        """One line for each latent code."""
        lines = []
        for name, score in self.edges.items():
            worst = max(self.non_edges[name].values(), default=0.0)
            lines.append(
                f"{name}: R^2 on its parents {score:.3f}, at most {worst:.3f} on any other code, "
                f"{self.classes[name]:.3f} on the class"
            )
        return "\n".join(lines)


class CodeReader:
    """Reads latent codes from encoded rows, standardised over generated rows of all classes.

    `mean` and `scale` have shape (n_latent,). The scale is a standard deviation, whose sign makes
    each code increase with its first parent.
    """

    def __init__(self, network: BayesGAN, mean: FloatArray, scale: FloatArray) -> None:
        self.network, self.mean, self.scale = network, mean, scale

    def read(self, rows: EncodedRows) -> FloatArray:
        """Read the latent codes of encoded rows. Shape: (n, d) -> (n, n_latent)."""
        return (_read(self.network, rows) - self.mean) / self.scale

    @classmethod
    def fit(
        cls, run: Run, structure: BayesianStructure, synthesizers: Sequence[ClassSynthesizer]
    ) -> tuple[Self, EdgeScores]:
        """Generate rows of all classes, read their codes, and compare with the observed codes."""
        network, modality = synthesizers[0].network, synthesizers[0].modality
        n = -(-_SCORED_ROWS // len(synthesizers))
        shape = (len(synthesizers), n, structure.n_codes)
        c = normal(shape, run.rng("scored codes"), _CPU)
        rng = run.rng("scored rows")
        latent = []
        for synthesizer, codes in zip(synthesizers, c.numpy(), strict=True):
            # No row is refused here, so that the codes keep their distribution. Rows are decoded
            # and encoded, like those of a user.
            z = normal((n, network.noise_dim), rng, _CPU).numpy()
            rows = modality.decode(synthesizer.generate(n, rng, codes, z), None)
            latent.append(_read(network, modality.encode(rows)))
        c, raw = c.flatten(0, 1), torch.from_numpy(np.concatenate(latent))
        labels = torch.arange(len(synthesizers)).repeat_interleave(n)
        scores = _edge_scores(structure, c, raw, labels)
        scale = _signed_scale(structure, c, raw)
        return cls(network, raw.mean(0).numpy(), scale.numpy()), scores


def _read(network: BayesGAN, rows: EncodedRows) -> FloatArray:
    """Read the latent codes c' of encoded rows. Shape: (n, d) -> (n, n_latent)."""
    device = next(network.parameters()).device
    with torch.no_grad():
        parts = [
            network.read_codes(network.modality.inputs(part.to(device))).cpu()
            for part in torch.split(torch.from_numpy(rows), CHUNK)
        ]
    latent: FloatArray = torch.cat(parts).numpy()
    return latent


def _signed_scale(structure: BayesianStructure, c: Tensor, raw: Tensor) -> Tensor:
    """Return standard deviations, negative if a code decreases with its first parent."""
    scale = raw.std(0).clamp_min(1e-8)
    nodes = torch.cat([c, (raw - raw.mean(0)) / scale], 1)
    for i in structure.order:
        first = int(structure.parent_mask[i].argmax())
        at = structure.n_codes + i
        if (nodes[:, first] * nodes[:, at]).sum() < 0:
            scale[i], nodes[:, at] = -scale[i], -nodes[:, at]
    return scale


def _edge_scores(
    structure: BayesianStructure, c: Tensor, latent: Tensor, labels: Tensor
) -> EdgeScores:
    r2, beyond = dependence(StructureMasks.of(structure, _CPU), c, latent)
    eta2 = class_dependence(latent, labels)
    names, non_parents = structure.latent, structure.non_parent_mask
    return EdgeScores(
        edges={name: float(r2[i]) for i, name in enumerate(names)},
        non_edges={
            name: {structure.nodes[j]: float(beyond[i, j]) for j in np.flatnonzero(non_parents[i])}
            for i, name in enumerate(names)
        },
        classes={name: float(eta2[i]) for i, name in enumerate(names)},
    )


def given_codes(codes: Any, names: Sequence[str], n_rows: int) -> FloatArray:
    """Return the codes given by a user, NaN for the others. Shape: -> (n_rows, n_codes)."""
    c: FloatArray = np.full((n_rows, len(names)), np.nan, np.float32)
    if codes is None:
        return c
    if isinstance(codes, Mapping):
        for name, value in codes.items():
            c[:, _position(name, names)] = _numbers(value, (n_rows,), f"code {name!r}")
        return c
    return _numbers(codes, (n_rows, len(names)), "'codes'").copy()


def traversal(code: str, values: Any, names: Sequence[str], rng: torch.Generator) -> FloatArray:
    """Repeat one random set of codes with one of them varied. Shape: -> (n_values, n_codes)."""
    position = _position(code, names)
    moved = np.atleast_1d(np.asarray(values, dtype=np.float32))
    if moved.ndim != 1 or not len(moved) or not np.isfinite(moved).all():
        raise ValueError(f"'values' must be a list of finite numbers, got {values!r}.")
    c = normal((1, len(names)), rng, _CPU).repeat(len(moved), 1).numpy()
    c[:, position] = moved
    return c


def _position(name: Any, names: Sequence[str]) -> int:
    if name not in names:
        existing = ", ".join(names) or "none"
        raise ValueError(f"{name!r} is not an observed code of this sampler; it has {existing}.")
    return list(names).index(name)


def _numbers(value: Any, shape: tuple[int, ...], what: str) -> FloatArray:
    one = "a number" if len(shape) == 1 else f"an array of shape {shape[1:]}"
    expected = f"{what} must be {one} or of shape {shape}"
    try:
        given = np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{expected}, got {value!r}.") from error
    if given.shape not in (shape[1:], shape):
        raise ValueError(f"{expected}, got shape {given.shape}.")
    given = np.broadcast_to(given, shape)
    if not np.isfinite(given).all():
        raise ValueError(f"{what} must be finite numbers, got {value!r}.")
    return given
