"""Synthesizers draw encoded rows of one class: rows they generate, and repeats of real ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ._encoding.layout import EncodedRows, Layout
from ._modality.base import Modality
from ._nn.random import normal
from ._plan import Plan
from ._rejection.distance import DistanceCeiling
from ._rejection.known_rows import Keys, KnownRows
from ._rejection.sampler import Drawn, Indices, Propose, RejectionSampler, Rule
from ._rejection.score_floor import ScoreFloor

__all__ = ["BLOCK", "CHUNK", "KINDS", "Part", "SmoothedBootstrap", "Synthesizer"]

# Rows handled at the same time by a network, and rows drawn and decoded together.
CHUNK, BLOCK = 1024, 100_000
_NOISE = 0.1
# Proposals to estimate how many are known rows, and rows that a distance ceiling needs.
_N_PROPOSALS, _FEWEST_DISTANCES = 1000, 3
# Sample kinds.
KINDS = ("real", "moved", "translated", "generated", "smoothed")


class Part(NamedTuple):
    """New rows of one class and one sample kind.

    Attributes
    ----------
    kind : str
        One of ``KINDS``. "real" rows are rows of the table itself.
    rows : ndarray of shape (n, d)
        Encoded rows.
    source : ndarray of shape (n,)
        Index in the table of the row that each was made from, -1 if none.
    parent : ndarray of shape (n,)
        Index in the table of the row of the class that took part, -1 if none.
    """

    kind: str
    rows: EncodedRows
    source: Indices
    parent: Indices


class ColumnRules:
    """Refuses rows that break a rule between columns that all rows of the table obey.

    Parameters
    ----------
    modality : Modality
        Knows the rules.
    row : ndarray of shape (d,)
        Encoded row of the class.
    constant_at : ndarray of shape (c,)
        Columns in which new rows equal it.
    """

    def __init__(self, modality: Modality, row: EncodedRows, constant_at: Indices) -> None:
        self.modality, self.row, self.constant_at = modality, row, constant_at

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> npt.NDArray[np.bool_]:
        """Accept rows that obey, also in columns that are computed. Shape: (n, d) -> (n,)."""
        # NOTE[DIFF] In the papers every generated row is accepted.
        accepted = self.modality.obey(rows)
        if len(self.constant_at):
            # A value that follows from another may not be that of the class.
            computed = self.modality.restored(rows)[:, self.constant_at]
            constant = self.row[self.constant_at]
            accepted &= ((computed == constant) | np.isnan(constant)).all(axis=1)
        return accepted


class Synthesizer(ABC):
    """Draws rows of one class.

    Parameters
    ----------
    modality : Modality
        Table or image.
    class_rows : ndarray of shape (m, d)
        Encoded rows of the class.

    Attributes
    ----------
    plan : Plan
        What the new rows are made of.
    class_index : ndarray of shape (m,)
        Indices of the class's rows in the table.
    constant_at : ndarray of shape (c,)
        Columns in which new rows do not vary.
    known : KnownRows or None
        How often generated rows may equal known ones.
    rules : list of Rule
        Other rules for generated rows.
    n_refused : int
        How many of the rows drawn so far break a rule.
    n_broken : int
        How many of them break a rule between columns.
    thresholds : tuple or None
        Atom thresholds to decode rows of this class.
    adjustment : ndarray of shape (n_inputs,) or None
        Added to network outputs, to make bits and categories as frequent as in the class.
    """

    # Maximum number of redraws of a refused row.
    max_trials = 0
    # Sample kind of generated rows.
    kind = "generated"
    # Whether generated images are moved as well.
    moves_generated = False

    def __init__(self, modality: Modality, class_rows: EncodedRows) -> None:
        self.modality, self.class_rows = modality, class_rows
        self.class_index: Indices = np.arange(len(class_rows))
        self.constant_at = modality.constants(class_rows)
        self.plan = Plan(0)
        self.n_refused = self.n_broken = 0
        self.known: KnownRows | None = None
        self.rules: list[Rule] = []
        self.thresholds: Any = None
        self.adjustment: npt.NDArray[np.float32] | None = None

    def draw(self, n: int, rng: torch.Generator) -> Iterator[Part]:
        """Draw rows: generated ones, then exact repeats, then moved repeats."""
        plan = self.plan
        n_generated, n_kept = plan.counts(n)
        if n_generated:
            sampler = self._rejection()
            drawn = sampler.draw(n_generated, self._propose(n_generated, rng), rng)
            rows, parent = drawn.rows, drawn.parents()
            self._count(rows, sampler.refused)
            parent = np.where(parent < 0, -1, self.class_index[parent])
            if self.moves_generated:
                rows = self.modality.move(rows, rng, plan.strength)
            yield Part(self.kind, rows, drawn.source, parent)
        if n_generated == n:
            return
        kept, moved = np.split(self.in_turn(n - n_generated, rng).numpy(), [n_kept])
        if n_kept:
            index = self.class_index[kept]
            yield Part("real", self.class_rows[kept], index, index)
        real = self.class_rows[moved]
        rows = self.modality.move(self._vary(real, rng), rng, plan.repeat_strength)
        index = self.class_index[moved]
        yield Part("real" if rows is real else "moved", rows, index, index)

    def generated(self, n: int, rng: torch.Generator) -> EncodedRows:
        """Generate rows, and repeat none. Shape: -> (n, d)."""
        return self._rejection().draw(n, self._propose(n, rng), rng).rows

    def sample(self, n: int, rng: torch.Generator) -> EncodedRows:
        """Draw rows of any kind. Shape: -> (n, d)."""
        return np.concatenate([part.rows for part in self.draw(n, rng)])

    def fit_thresholds(self, rows: EncodedRows) -> None:
        """Compare new rows with those of the class, for :meth:`Modality.decode`."""
        self.thresholds = self.modality.atom_thresholds(rows, self.class_rows)

    def _rejection(self) -> RejectionSampler:
        return RejectionSampler(
            self.known,
            self.rules,
            self.max_trials,
            self.modality.chunk,
            self.finish,
            self._column_rules(),
        )

    def _column_rules(self) -> Rule | None:
        """Return the rule that new rows obey the rules between columns, if there are any."""
        if not self.modality.column_rules:
            return None
        return ColumnRules(self.modality, self.class_rows[0], self.constant_at)

    def _count(self, rows: EncodedRows, refused: npt.NDArray[np.bool_]) -> None:
        """Count the rows that break a rule. Shape: (n, d), (n,) ->."""
        self.n_refused += int(refused.sum())
        if refused.any():
            self.n_broken += int((~self.modality.obey(rows[refused])).sum())

    def finish(self, rows: EncodedRows) -> EncodedRows:
        """Round new rows to values of the table, and keep columns that are constant in the class.

        Shape: (n, d) -> (n, d).
        """
        rows = self.modality.restored(rows)
        rows[:, self.constant_at] = self.class_rows[0, self.constant_at]
        return rows

    def in_turn(self, n: int, rng: torch.Generator) -> Tensor:
        """Choose rows of the class, all equally often. Shape: -> (n,)."""
        order = torch.randperm(len(self.class_rows), generator=rng)
        return order[torch.arange(n) % len(order)]

    def _vary(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        """Vary repeated rows; methods may override this. Shape: (n, d) -> (n, d)."""
        return rows

    @abstractmethod
    def _propose(self, n: int, rng: torch.Generator) -> Propose:
        """Prepare to draw n rows.

        Returns
        -------
        callable
            Given indices below n, it returns encoded rows for them and their sources. It is
            called again for rows that were refused.
        """

    def fit_rules(
        self,
        rows: EncodedRows,
        keys: Keys,
        is_other: npt.NDArray[np.bool_],
        rng: torch.Generator,
    ) -> None:
        """Fit the rules that need rows of all classes.

        Shape: rows (n, d) of all classes, their keys (n,), is_other (n,).
        """
        if not (self.max_trials and self.modality.has_rules and self.plan.generated_fraction):
            return
        of_table = self._rules_of_table(self.modality.layout, rows[is_other], rng)
        self.rules = [*of_table, *self.rules]
        self.known = KnownRows(keys[~is_other], keys[is_other])
        if not self.known.is_certain:
            self.known.fit(self.generated(_N_PROPOSALS, rng))

    def _rules_of_table(
        self, layout: Layout, other_rows: EncodedRows, rng: torch.Generator
    ) -> list[Rule]:
        """Return the rules on distance and score. Shape: (m, d) ->."""
        rules: list[Rule] = []
        if len(self.class_rows) >= _FEWEST_DISTANCES:
            rules.append(DistanceCeiling(layout, self.class_rows, rng))
        if ScoreFloor.is_applicable(len(self.class_rows), len(other_rows), layout.width):
            rules.append(ScoreFloor(layout, self.class_rows, other_rows, rng))
        return rules

    def adjust(self, outputs: Tensor) -> Tensor:
        """Add the logit adjustment to outputs. Shape: (n, n_inputs) -> (n, n_inputs)."""
        if self.adjustment is None:
            return outputs
        return outputs + torch.from_numpy(self.adjustment).to(outputs.device)

    def fit_adjustment(self, outputs: Callable[[], Tensor]) -> None:
        """Fit the logit adjustment to outputs without adjustment."""
        if not self.modality.is_continuous:
            with torch.no_grad():
                class_rows = torch.from_numpy(self.class_rows).to(self.device)
                adjustment = self.modality.logit_adjustment(outputs(), class_rows)
            self.adjustment = adjustment.numpy()

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        parts = (part for part in vars(self).values() if isinstance(part, nn.Module))
        return next((next(part.parameters()).device for part in parts), torch.device("cpu"))

    def to(self, device: torch.device) -> Self:
        """Move the networks, in place."""
        for part in vars(self).values():
            if isinstance(part, nn.Module):
                part.to(device)
        return self


class SmoothedBootstrap(Synthesizer):
    """Repeats a class's rows with a little noise, if a network could not be trained.

    Rows without continuous columns, such as images, are repeated without noise.
    """

    kind = "smoothed"

    def _propose(self, n: int, rng: torch.Generator) -> Propose:
        chosen = torch.randint(len(self.class_rows), (n,), generator=rng).numpy()
        continuous_at = self.modality.layout.positions("continuous")

        def propose(at: Indices) -> Drawn:
            rows = self.class_rows[chosen[at]]
            noise = normal((len(at), len(continuous_at)), rng, torch.device("cpu"))
            rows[:, continuous_at] += _NOISE * noise.numpy()
            if self.modality.column_rules:
                rows = self.finish(rows)
                broken = ~self.modality.obey(rows)
                rows[broken] = self.class_rows[chosen[at[broken]]]
            return Drawn(rows, np.full(len(at), -1, np.intp), chosen[at])

        return propose

    def translate(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        """Return a row of the class for each row given. Shape: (n, d) -> (n, d)."""
        return self.sample(len(rows), rng)
