"""The loop that draws rows, applies rules to them, and redraws those that are refused."""

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
    """Encoded rows, and the rows of the table they were made from.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
        Encoded rows.
    source : ndarray of shape (n,)
        Index in the table of the row that each was made from, -1 if none.
    parent : ndarray of shape (n,) or None
        Index in the class of the row of the class that took part, -1 or None if none did.
    """

    rows: EncodedRows
    source: Indices
    parent: Indices | None = None

    def parents(self) -> Indices:
        """Return ``parent``, with -1 for none. Shape: -> (n,)."""
        return np.full(len(self.rows), -1) if self.parent is None else self.parent


# Draws one row for each index of a new row; an index may occur several times.
Propose = Callable[[Indices], Drawn]
# For few rows, several candidates are drawn at once, since calls take longer than rows.
_FEWEST_DRAWN = 256
# After so many trials a smaller fraction of accepted rows ends the search.
_FEWEST_TRIALS, _LEAST_ACCEPTED = 5, 0.001


class Rule(Protocol):
    """Says which rows are accepted."""

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Return which encoded rows, at least one, are accepted. Shape: (n, d) -> (n,)."""
        ...


class RejectionSampler:
    """Draws rows until all rules accept them.

    Parameters
    ----------
    known : KnownRows or None
        Limits how often rows equal known ones. Other rules are skipped for rows of the class.
    rules : sequence of Rule
        The more important ones first.
    max_trials : int
        Maximum number of redraws of a refused row. After that, the candidate that met the most
        rules is taken.
    chunk : int
        Rows drawn together.
    finish : callable
        Applied to proposed rows before the rules. Shape: (n, d) -> (n, d).
    column_rules : Rule or None, default=None
        Asked before all others: real rows obey it.
    """

    def __init__(
        self,
        known: KnownRows | None,
        rules: Sequence[Rule],
        max_trials: int,
        chunk: int,
        finish: Callable[[EncodedRows], EncodedRows],
        column_rules: Rule | None = None,
    ) -> None:
        self.known, self.rules, self.column_rules = known, rules, column_rules
        self.n_rules = len(rules) + 1 + (column_rules is not None)
        self.max_trials, self.chunk = max_trials, chunk
        self.finish = finish
        self.refused: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def draw(self, n: int, propose: Propose, rng: torch.Generator) -> Drawn:
        """Draw n rows, at least one, and set ``refused`` to those that break a rule."""
        rows, source, parent, n_met = self._proposed(np.arange(n), propose, rng)
        n_tried = n_accepted = 0
        for trial in range(self.max_trials):
            refused = np.flatnonzero(n_met < self.n_rules)
            if not len(refused):
                break
            tried = np.resize(refused, max(len(refused), _FEWEST_DRAWN))
            new_rows, new_source, new_parent, met = self._proposed(tried, propose, rng)
            # Of several candidates for one row, the best is assigned last.
            best = np.argsort(met, kind="stable")
            best = best[met[best] >= n_met[tried[best]]]
            taken = tried[best]
            rows[taken], source[taken] = new_rows[best], new_source[best]
            parent[taken], n_met[taken] = new_parent[best], met[best]
            n_tried += len(tried)
            n_accepted += int((met == self.n_rules).sum())
            if trial >= _FEWEST_TRIALS and n_accepted < _LEAST_ACCEPTED * n_tried:
                break
        self.refused = n_met < self.n_rules
        return Drawn(rows, source, parent)

    def _proposed(
        self, at: Indices, propose: Propose, rng: torch.Generator
    ) -> tuple[EncodedRows, Indices, Indices, Indices]:
        """Propose rows for some indices, and count the rules that they meet."""
        parts = []
        for start in range(0, len(at), self.chunk):
            drawn = propose(at[start : start + self.chunk])
            rows = self.finish(drawn.rows)
            parts.append((rows, drawn.source, drawn.parents(), self._n_met(rows, rng)))
        rows, source, parent, n_met = map(np.concatenate, zip(*parts, strict=True))
        return rows, source, parent, n_met

    def _n_met(self, rows: EncodedRows, rng: torch.Generator) -> Indices:
        """Count the rules that rows meet before one refuses them, starting with the first two."""
        n_met, left = np.zeros(len(rows), dtype=np.intp), np.arange(len(rows))
        if self.column_rules is not None:
            left = left[self.column_rules.accepts(rows, rng)]
            n_met[left] = 1
        if self.known is not None and len(left):
            accepted, is_of_class = self.known.accepts(rows[left], rng)
            n_met[left[accepted & is_of_class]] = self.n_rules
            left = left[accepted & ~is_of_class]
        n_met[left] += 1
        for rule in self.rules:
            if not len(left):
                break
            left = left[rule.accepts(rows[left], rng)]
            n_met[left] += 1
        return n_met
