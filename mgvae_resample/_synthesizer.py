"""Synthesizers draw encoded rows of one class: rows they generate, and repeats of real ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ._encoding.layout import EncodedRows
from ._modality.base import Modality
from ._nn.random import normal
from ._plan import Plan
from ._rejection.class_filter import ClassFilter
from ._rejection.known_rows import Keys, KnownRows
from ._rejection.sampler import Drawn, Indices, Propose, RejectionSampler, Rule

__all__ = ["BLOCK", "CHUNK", "KINDS", "Part", "SmoothedBootstrap", "Synthesizer"]

# Rows handled at the same time by a network, and rows drawn and decoded together.
CHUNK, BLOCK = 1024, 100_000
_NOISE = 0.1
# Proposals that show how many rows look like another class.
_N_PROPOSALS = 1000
# What a new row can be.
KINDS = ("real", "moved", "translated", "generated", "smoothed")


class Part(NamedTuple):
    """New rows of one class that are of one kind.

    Attributes
    ----------
    kind : str
        One of ``KINDS``. "real" rows are rows of the table itself.
    rows : ndarray of shape (n, d)
        Encoded rows.
    source : ndarray of shape (n,)
        The row of the table behind each, -1 where there is none.
    """

    kind: str
    rows: EncodedRows
    source: Indices


class Synthesizer(ABC):
    """Draws rows of one class.

    Parameters
    ----------
    modality : Modality
        Kind of the rows.
    class_rows : ndarray of shape (m, d)
        The class's own encoded rows.

    Attributes
    ----------
    plan : Plan
        What the new rows are made of.
    class_index : ndarray of shape (m,)
        The places of the class's rows in the table.
    rules : list of Rule
        What generated rows must meet.
    calibration : tuple or None
        What the modality needs to decode rows of this class.
    adjustment : ndarray of shape (n_inputs,) or None
        What is added to network outputs for bits and categories to be as frequent as in the
        class.
    """

    # How many times a refused row is drawn again at most.
    max_trials = 0
    # What generated rows are called.
    kind = "generated"
    # Whether generated images are moved as well.
    moves_generated = False
    class_index: Indices

    def __init__(self, modality: Modality[Any], class_rows: EncodedRows) -> None:
        self.modality, self.class_rows = modality, class_rows
        self.plan = Plan(0)
        self.rules: list[Rule] = []
        self.calibration: Any = None
        self.adjustment: npt.NDArray[np.float32] | None = None

    def draw(self, n: int, rng: torch.Generator) -> Iterator[Part]:
        """Draw rows: generated ones, then real ones as they are, then real ones moved."""
        plan = self.plan
        n_generated, n_kept = plan.counts(n)
        if n_generated:
            propose = self._propose(n_generated, rng)
            rows, source = self._rejection(self.rules).draw(n_generated, propose, rng)
            if self.moves_generated:
                rows = self.modality.move(rows, rng, plan.strength)
            yield Part(self.kind, rows, source)
        if n_generated == n:
            return
        kept, moved = np.split(self.in_turn(n - n_generated, rng).numpy(), [n_kept])
        if n_kept:
            yield Part("real", self.class_rows[kept], self.class_index[kept])
        real = self.class_rows[moved]
        rows = self.modality.move(self._vary(real, rng), rng, plan.repeat_strength)
        yield Part("real" if rows is real else "moved", rows, self.class_index[moved])

    def sample(self, n: int, rng: torch.Generator) -> EncodedRows:
        """Draw rows of any kind. Shape: -> (n, d)."""
        return np.concatenate([part.rows for part in self.draw(n, rng)])

    def calibrate(self, rows: EncodedRows) -> None:
        """Compare new rows with those of the class, for :meth:`Modality.decode`."""
        self.calibration = self.modality.calibrate(rows, self.class_rows)

    def _rejection(self, rules: list[Rule]) -> RejectionSampler:
        return RejectionSampler(rules, self.max_trials, self.modality.chunk, self.finish)

    def finish(self, rows: EncodedRows) -> EncodedRows:
        """Return new rows as they are in the table, and constant where the class is.

        Shape: (n, d) -> (n, d).
        """
        rows = self.modality.restored(rows)
        at, values = self.modality.constants(self.class_rows)
        rows[:, at] = values
        return rows

    def in_turn(self, n: int, rng: torch.Generator) -> Tensor:
        """Choose rows of the class, each as often as any other. Shape: -> (n,)."""
        order = torch.randperm(len(self.class_rows), generator=rng)
        return order[torch.arange(n) % len(order)]

    def _vary(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        """Vary real rows that are repeated, where a method can. Shape: (n, d) -> (n, d)."""
        return rows

    @abstractmethod
    def _propose(self, n: int, rng: torch.Generator) -> Propose:
        """Prepare to draw n rows.

        Returns
        -------
        callable
            Given the places to draw rows for, each below n, it returns encoded rows and their
            sources. It is called again for rows that were refused.
        """

    def fit_rules(
        self,
        rows: EncodedRows,
        keys: Keys,
        is_other: npt.NDArray[np.bool_],
        rng: torch.Generator,
        remember: Callable[..., float],
    ) -> None:
        """Find the rules that need rows of all classes.

        ``remember`` calls a function, or returns what it returned for the same arrays.

        Shape: rows (n, d) of all classes, their keys (n,), is_other (n,).
        """
        if not (self.max_trials and self.modality.has_rules and self.plan.generated_fraction):
            return
        of_method, n_others = self.rules, int(is_other.sum())
        propose = self._propose(_N_PROPOSALS, rng)
        known = KnownRows(keys[~is_other], keys[is_other])
        if not known.is_certain:
            known.fit(self._rejection(of_method).draw(_N_PROPOSALS, propose, rng).rows)
        self.rules = [known, *of_method]
        if not ClassFilter.is_applicable(len(rows) - n_others, n_others, rows.shape[1]):
            return
        new = self._rejection(self.rules).draw(_N_PROPOSALS, propose, rng).rows
        found = ClassFilter(self.modality.layout, self.class_rows, rows[is_other], rng)
        find = partial(found.chance_for, new)
        found.chance = remember(find, found.trees.first, found.trees.second, new)
        if found.chance < 1.0:
            self.rules.append(found)

    def adjust(self, outputs: Tensor) -> Tensor:
        """Add the logit adjustment to outputs. Shape: (n, n_inputs) -> (n, n_inputs)."""
        if self.adjustment is None:
            return outputs
        return outputs + torch.from_numpy(self.adjustment).to(outputs.device)

    def fit_adjustment(self, outputs: Callable[[], Tensor]) -> None:
        """Find the logit adjustment on outputs that were drawn without any."""
        if not self.modality.is_continuous:
            with torch.no_grad():
                class_rows = torch.from_numpy(self.class_rows).to(self.device)
                found = self.modality.logit_adjustment(outputs(), class_rows)
            self.adjustment = found.numpy()

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
    """Repeats a class's rows with a little noise, where a network could not be trained.

    Rows without a continuous value, such as images, get none: they are repeats of real rows.
    """

    kind = "smoothed"

    def _propose(self, n: int, rng: torch.Generator) -> Propose:
        chosen = torch.randint(len(self.class_rows), (n,), generator=rng).numpy()
        continuous_at = self.modality.layout.positions("continuous")

        def propose(at: Indices) -> Drawn:
            rows = self.class_rows[chosen[at]]
            noise = normal((len(at), len(continuous_at)), rng, torch.device("cpu"))
            rows[:, continuous_at] += _NOISE * noise.numpy()
            return Drawn(rows, np.full(len(at), -1, np.intp))

        return propose

    def translate(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        """Return a row of the class for each row given. Shape: (n, d) -> (n, d)."""
        return self.sample(len(rows), rng)
