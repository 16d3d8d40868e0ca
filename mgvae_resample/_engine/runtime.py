"""Where a training runs and what it may touch: device, threads, random streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

__all__ = ["RandomStreams", "normal", "resolve_device", "single_thread", "uniform"]


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn the ``device`` parameter into a device that can be used here.

    Parameters
    ----------
    device : str or torch.device
        ``"auto"`` takes CUDA, then MPS, then the CPU; anything else is obeyed.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If torch does not know the device, or this machine does not have it.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        resolved = torch.device(device)
        torch.zeros(1, device=resolved).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"The 'device' parameter is {str(device)!r}, which cannot be used here: {reason} "
            "Use device='auto' or device='cpu'."
        ) from error
    return resolved


@contextmanager
def single_thread() -> Iterator[None]:
    """Run on one CPU thread and put the caller's setting back afterwards.

    Small networks train several times faster on one thread than on two (the threads wait for
    each other), and sums taken by one thread have the same bits on every machine.
    """
    before = torch.get_num_threads()
    try:
        with threadpool_limits(limits=1):
            torch.set_num_threads(1)
            yield
    finally:
        torch.set_num_threads(before)


class RandomStreams:
    """One independent CPU generator per named purpose, all derived from one seed.

    Noise is drawn on the CPU and moved, so that a CPU and a GPU start from the same numbers, and
    torch's global generator is never touched.

    Parameters
    ----------
    seed : int
        The root of all streams.
    *branch : str or int
        Sets these streams apart from others of the same seed.
    """

    def __init__(self, seed: int, *branch: str | int) -> None:
        self.seed, self.branch = seed, branch

    def generator(self, *purpose: str | int) -> torch.Generator:
        """Return a fresh generator for one purpose, always the same for the same name."""
        key = [byte for part in (*self.branch, *purpose) for byte in (*str(part).encode(), 0)]
        sequence = np.random.SeedSequence(entropy=self.seed, spawn_key=tuple(key))
        generator = torch.Generator(device="cpu")
        generator.manual_seed(int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1)))
        return generator


def normal(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    """Draw standard normal numbers on the CPU and move them; always float32."""
    return torch.randn(shape, generator=generator, dtype=torch.float32).to(device)


def uniform(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    """Draw numbers uniform in [0, 1) on the CPU and move them; always float32."""
    return torch.rand(shape, generator=generator, dtype=torch.float32).to(device)
