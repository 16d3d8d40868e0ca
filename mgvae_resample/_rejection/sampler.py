"""The one loop that draws rows, asks rules whether to accept them, and draws again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch

from .._encoding.layout import EncodedRows

__all__ = ["Drawn", "Indices", "Propose", "RejectionSampler", "Rule"]

Indices = npt.NDArray[np.intp]


class Drawn(NamedTuple):
    """Encoded rows (n, d), and for each the row of the table behind it (n,), -1 if none."""

    rows: EncodedRows
    source: Indices


# Draws the rows at these places among all rows asked for; the flag says that rows which were
# drawn there before have been refused.
Propose = Callable[[Indices, bool], Drawn]


class Rule(Protocol):
    """Says which rows are accepted."""

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Tell which encoded rows are accepted; ``rng`` where chance decides.

        Shape: (n, d) -> (n,).
        """
        ...


class RejectionSampler:
    """Draws rows until all rules accept them.

    Parameters
    ----------
    rules : sequence of Rule
        The more important ones first.
    max_trials : int
        How many times a refused row is drawn again at most. After that, of the rows drawn in its
        place, the one that met the most rules is taken.
    chunk : int
        Rows drawn together.
    """

    def __init__(self, rules: Sequence[Rule], max_trials: int, chunk: int) -> None:
        self.rules, self.max_trials, self.chunk = rules, max_trials, chunk

    def draw(self, n: int, propose: Propose, rng: torch.Generator) -> Drawn:
        """Draw n rows, at least one."""
        parts = []
        for start in range(0, n, self.chunk):
            at = np.arange(start, min(start + self.chunk, n))
            rows, source = propose(at, False)
            n_met = self._n_met(rows, rng) if self.max_trials else np.full(len(at), np.inf)
            for _ in range(self.max_trials):
                refused = np.flatnonzero(n_met < len(self.rules))
                if not len(refused):
                    break
                new = propose(at[refused], True)
                met = self._n_met(new.rows, rng)
                better = met >= n_met[refused]
                taken = refused[better]
                rows[taken], source[taken] = new.rows[better], new.source[better]
                n_met[taken] = met[better]
            parts.append(Drawn(rows, source))
        return Drawn(*map(np.concatenate, zip(*parts, strict=True)))

    def _n_met(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.intp]:
        """Count the rules that rows meet before the first one that refuses them."""
        n_met = np.zeros(len(rows), dtype=np.intp)
        for number, rule in enumerate(self.rules):
            accepted = rule.accepts(rows, rng)
            n_met[accepted & (n_met == number)] += 1
        return n_met
