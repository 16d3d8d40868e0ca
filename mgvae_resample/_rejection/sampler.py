"""The one loop that draws rows, asks rules whether to accept them, and draws again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch

from .._encoding.layout import EncodedRows
from .known_rows import KnownRows

__all__ = ["Drawn", "Indices", "Propose", "RejectionSampler", "Rule"]

Indices = npt.NDArray[np.intp]


class Drawn(NamedTuple):
    """Encoded rows (n, d), and for each the row of the table behind it (n,), -1 if none."""

    rows: EncodedRows
    source: Indices


# Draws rows for these places among all rows asked for; a place may be asked for several times.
Propose = Callable[[Indices], Drawn]
# Few rows are drawn several times at once: each call costs more than each row.
_FEWEST_DRAWN = 64
# After so many trials a smaller fraction of accepted rows ends the search.
_FEWEST_TRIALS, _LEAST_ACCEPTED = 5, 0.01


class Rule(Protocol):
    """Says which rows are accepted."""

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Tell which encoded rows, at least one, are accepted; ``rng`` where chance decides.

        Shape: (n, d) -> (n,).
        """
        ...


class RejectionSampler:
    """Draws rows until all rules accept them.

    Parameters
    ----------
    known : KnownRows or None
        Says how often rows that equal known ones are accepted. No rule is asked about a row that
        the class itself has.
    rules : sequence of Rule
        The more important ones first.
    max_trials : int
        How many times a refused row is drawn again at most. After that, of the rows drawn in its
        place, the one that met the most rules is taken.
    chunk : int
        Rows drawn together.
    finish : callable
        What is done to proposed rows before rules see them. Shape: (n, d) -> (n, d).
    """

    def __init__(
        self,
        known: KnownRows | None,
        rules: Sequence[Rule],
        max_trials: int,
        chunk: int,
        finish: Callable[[EncodedRows], EncodedRows],
    ) -> None:
        self.known, self.rules = known, rules
        self.max_trials, self.chunk = max_trials, chunk
        self.finish = finish
        self.refused: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def draw(self, n: int, propose: Propose, rng: torch.Generator) -> Drawn:
        """Draw n rows, at least one. ``refused`` says afterwards which met not all rules."""
        rows, source, n_met = self._proposed(np.arange(n), propose, rng)
        n_tried = n_accepted = 0
        for trial in range(self.max_trials):
            refused = np.flatnonzero(n_met <= len(self.rules))
            if not len(refused):
                break
            tried = np.resize(refused, max(len(refused), _FEWEST_DRAWN))
            new_rows, new_source, met = self._proposed(tried, propose, rng)
            # Of several for one place the best comes last, and stays.
            best = np.argsort(met, kind="stable")
            best = best[met[best] >= n_met[tried[best]]]
            taken = tried[best]
            rows[taken], source[taken] = new_rows[best], new_source[best]
            n_met[taken] = met[best]
            n_tried, n_accepted = (
                n_tried + len(tried),
                n_accepted + int((met > len(self.rules)).sum()),
            )
            if trial >= _FEWEST_TRIALS and n_accepted < _LEAST_ACCEPTED * n_tried:
                break
        self.refused = n_met <= len(self.rules)
        return Drawn(rows, source)

    def _proposed(
        self, at: Indices, propose: Propose, rng: torch.Generator
    ) -> tuple[EncodedRows, Indices, Indices]:
        """Propose rows for some places, and count the rules that they meet."""
        parts = []
        for start in range(0, len(at), self.chunk):
            rows, source = propose(at[start : start + self.chunk])
            rows = self.finish(rows)
            parts.append((rows, source, self._n_met(rows, rng)))
        rows, source, n_met = map(np.concatenate, zip(*parts, strict=True))
        return rows, source, n_met

    def _n_met(self, rows: EncodedRows, rng: torch.Generator) -> Indices:
        """Count the rules that rows meet before one refuses them; known rows are the first."""
        n_met, left = np.zeros(len(rows), dtype=np.intp), np.arange(len(rows))
        if self.known is not None:
            accepted, is_of_class = self.known.accepts(rows, rng)
            n_met[accepted & is_of_class] = len(self.rules) + 1
            left = np.flatnonzero(accepted & ~is_of_class)
        n_met[left] = 1
        for rule in self.rules:
            if not len(left):
                break
            left = left[rule.accepts(rows[left], rng)]
            n_met[left] += 1
        return n_met
