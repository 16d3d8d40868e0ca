"""Codes are chosen, read back from rows, and scored against the Bayesian network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._data.codec import Codec
from .._engine.persistence import Arrays
from .._engine.runtime import RandomStreams, normal
from .fit import Codes, Settings, code_network
from .generator import ClassGenerator, read_codes
from .objective import class_dependence, dependence
from .structure import BayesianStructure

__all__ = ["CodeReader", "EdgeScores", "chosen_codes", "traversal"]

FloatArray = npt.NDArray[np.float32]

_SCORED_ROWS = 2000
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class EdgeScores:
    """How far the codes read from fresh rows follow the Bayesian network.

    Attributes
    ----------
    edges : dict of str to float
        Latent code -> R^2 of its regression on its parents; 1 is perfect.
    non_edges : dict of (str, str) to float
        Latent code, non-parent -> share of the latent code's variance that the non-parent
        explains beyond the parents; 0 is perfect.
    classes : dict of str to float
        Latent code -> share of its variance between classes; 0 is perfect.
    """

    edges: dict[str, float]
    non_edges: dict[tuple[str, str], float]
    classes: dict[str, float]

    def __str__(self) -> str:
        """One line for each latent code."""
        lines = []
        for name, score in self.edges.items():
            others = [value for (latent, _), value in self.non_edges.items() if latent == name]
            worst = max(others, default=0.0)
            lines.append(
                f"{name}: R^2 on its parents {score:.3f}, at most {worst:.3f} on any other code, "
                f"{self.classes[name]:.3f} on the class"
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class CodeReader:
    """Reads latent codes from encoded rows, on a scale of their own.

    Attributes
    ----------
    settings, weights
        What the networks look like.
    mean, scale : ndarray of shape (n_latent,)
        Mean and signed standard deviation over generated rows of all classes; a code read grows
        with its first parent.
    """

    settings: Settings
    weights: Arrays
    mean: FloatArray
    scale: FloatArray

    def read(self, codes: Codes, device: torch.device) -> FloatArray:
        """Read the latent codes of rows. Shape: (n, d) -> (n, n_latent)."""
        return (read_codes(self.settings, self.weights, codes, device) - self.mean) / self.scale

    @classmethod
    def calibrate(
        cls,
        generators: Sequence[ClassGenerator],
        codec: Codec,
        streams: RandomStreams,
        device: torch.device,
    ) -> tuple[Self, EdgeScores]:
        """Generate rows of all classes, read them and compare with the codes they were made of."""
        settings, weights = generators[0].settings, generators[0].weights
        assert settings.structure is not None
        n_rows = -(-_SCORED_ROWS // len(generators))
        shape = (len(generators), n_rows, settings.n_codes)
        c = normal(shape, streams.generator("scored codes"), _CPU)
        noise = streams.generator("scored rows")
        latent = []
        for generator, codes in zip(generators, c.numpy(), strict=True):
            # Through rows of the table and back, as a user's rows come.
            rows = codec.decode(generator.generate(n_rows, noise, device, codes=codes))
            latent.append(read_codes(settings, weights, codec.encode(rows), device))
        c, raw = c.flatten(0, 1), torch.from_numpy(np.concatenate(latent))
        labels = torch.arange(len(generators)).repeat_interleave(n_rows)
        scores = _edge_scores(settings.structure, c, raw, labels)
        scale = _signed_scale(settings.structure, c, raw)
        return cls(settings, weights, raw.mean(0).numpy(), scale.numpy()), scores


def _signed_scale(structure: BayesianStructure, c: Tensor, raw: Tensor) -> Tensor:
    """Return standard deviations, negative where a code falls with its first parent."""
    scale = raw.std(0).clamp_min(1e-8)
    known = torch.cat([c, (raw - raw.mean(0)) / scale], 1)
    for i in structure.order:
        first = int(structure.parent_mask[i].argmax())
        at = structure.n_codes + i
        if (known[:, first] * known[:, at]).sum() < 0:
            scale[i], known[:, at] = -scale[i], -known[:, at]
    return scale


def _edge_scores(
    structure: BayesianStructure, c: Tensor, latent: Tensor, labels: Tensor
) -> EdgeScores:
    network = code_network(structure, _CPU)
    r2, beyond = dependence(network, c, latent)
    eta2 = class_dependence(latent, labels)
    names = structure.latent
    return EdgeScores(
        edges={name: float(r2[i]) for i, name in enumerate(names)},
        non_edges={
            (names[i], structure.nodes[j]): float(beyond[i, j])
            for i, j in np.argwhere(structure.non_parent_mask).tolist()
        },
        classes={name: float(eta2[i]) for i, name in enumerate(names)},
    )


def chosen_codes(
    codes: Any, names: Sequence[str], n_rows: int, generator: torch.Generator
) -> FloatArray:
    """Fill up the codes a user gives with standard normal ones. Shape: -> (n_rows, n_codes).

    Raises
    ------
    ValueError
        If a code is unknown, of the wrong shape or not a finite number.
    """
    c: FloatArray = normal((n_rows, len(names)), generator, _CPU).numpy()
    if codes is None:
        return c
    if isinstance(codes, Mapping):
        for name, value in codes.items():
            c[:, _position(name, names)] = _numbers(value, (n_rows,), f"code {name!r}")
        return c
    return _numbers(codes, (n_rows, len(names)), "'codes'").copy()


def traversal(
    code: str, values: Any, names: Sequence[str], generator: torch.Generator
) -> FloatArray:
    """Repeat one random set of codes with one of them moved. Shape: -> (n_values, n_codes)."""
    position = _position(code, names)
    moved = np.atleast_1d(np.asarray(values, dtype=np.float32))
    if moved.ndim != 1 or not len(moved) or not np.isfinite(moved).all():
        raise ValueError(f"'values' must be a list of finite numbers, got {values!r}.")
    c = normal((1, len(names)), generator, _CPU).repeat(len(moved), 1).numpy()
    c[:, position] = moved
    return c


def _position(name: Any, names: Sequence[str]) -> int:
    if name not in names:
        known = ", ".join(names) or "none"
        raise ValueError(f"{name!r} is not an observed code of this sampler; it has {known}.")
    return list(names).index(name)


def _numbers(value: Any, shape: tuple[int, ...], what: str) -> FloatArray:
    try:
        given = np.broadcast_to(np.asarray(value, dtype=np.float32), shape)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be numbers of shape {shape}, got {value!r}.") from error
    if not np.isfinite(given).all():
        raise ValueError(f"{what} must be finite numbers, got {value!r}.")
    return given
