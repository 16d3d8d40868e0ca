"""Random numbers from named CPU streams, never from torch's global generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

__all__ = ["normal", "random_rows", "stream", "uniform"]


def stream(seed: int, *purpose: str | int) -> torch.Generator:
    """Return a new CPU generator for one purpose, the same for the same seed and name.

    Numbers are drawn on the CPU and moved, so that they are the same on a GPU.
    """
    key = [byte for part in purpose for byte in (*str(part).encode(), 0)]
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=tuple(key))
    rng = torch.Generator(device="cpu")
    rng.manual_seed(int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1)))
    return rng


def normal(shape: tuple[int, ...], rng: torch.Generator, device: torch.device) -> Tensor:
    """Draw standard normal numbers on the CPU and move them; always float32."""
    return torch.randn(shape, generator=rng, dtype=torch.float32).to(device)


def uniform(shape: tuple[int, ...], rng: torch.Generator, device: torch.device) -> Tensor:
    """Draw numbers uniform in [0, 1) on the CPU and move them; always float32."""
    return torch.rand(shape, generator=rng, dtype=torch.float32).to(device)


def random_rows(rows: npt.NDArray[Any], n: int, rng: torch.Generator) -> npt.NDArray[Any]:
    """Return at most n rows in random order. Shape: (m, ...) -> (at most n, ...)."""
    chosen: npt.NDArray[Any] = rows[torch.randperm(len(rows), generator=rng)[:n].numpy()]
    return chosen
