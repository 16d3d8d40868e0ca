"""The jittered bootstrap: a class's own rows with a little noise, where nothing can be learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from .runtime import normal

__all__ = ["JitteredBootstrap"]

Codes = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

_JITTER = 0.1


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
        noise = normal((len(chosen), len(self.continuous_at)), generator, torch.device("cpu"))
        codes[:, self.continuous_at] += _JITTER * noise.numpy()
        return codes
