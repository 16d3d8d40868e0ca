"""Synthesizers draw encoded rows of one class: rows they make, and repeats of real ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ._acceptance.class_filter import ClassFilter
from ._composition import Composition
from ._encoding.layout import EncodedRows
from ._modality.base import Modality
from ._nn.random import normal

__all__ = [
    "BLOCK",
    "CHUNK",
    "KINDS",
    "Proposal",
    "SmoothedBootstrap",
    "Synthesizer",
    "SyntheticRows",
]

Indices = npt.NDArray[np.intp]
Kinds = npt.NDArray[np.int8]

# Rows handled at the same time by a network, and rows drawn and decoded together.
CHUNK, BLOCK = 1024, 100_000
# Chunks of a table that are drawn at once: the fewer draws, the less they cost, and rows of tables
# need little memory.
_CHUNKS_OF_TABLES = 4
_NOISE = 0.1
# Proposals that show how many rows look like another class.
_N_PROPOSALS = 1000
# What a new row can be; their places here stand for them.
KINDS = ("real", "moved", "translated", "generated", "smoothed")
_REAL, _MOVED = KINDS.index("real"), KINDS.index("moved")


class SyntheticRows(NamedTuple):
    """New rows of one class.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
        Encoded rows.
    source : ndarray of shape (n,)
        The row of the table behind each, -1 where there is none.
    kind : ndarray of int8 of shape (n,)
        Places of their kinds in ``KINDS``. A "real" row is the row of the table itself.
    """

    rows: EncodedRows
    source: Indices
    kind: Kinds


class Proposal(NamedTuple):
    """Rows that may yet be refused: encoded rows (n, d), source (n,), whether accepted (n,)."""

    rows: EncodedRows
    source: Indices
    accepted: npt.NDArray[np.bool_]


Propose = Callable[[Indices, bool], Proposal]


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
    composition : Composition
        Shares of rows that are made and of real rows.
    calibration : tuple or None
        What the modality needs to decode rows of this class.
    adjustment : ndarray of shape (n_inputs,) or None
        What is added to network outputs for bits and categories to be as frequent as in the
        class.
    class_filter : ClassFilter or None
        What refuses rows that look like another class, None where there is no need.
    """

    # Rows that are refused are drawn again so often at most.
    max_trials = 0
    # What the rows that are made are called, and whether images among them are moved as well.
    kind = "generated"
    moves_made = False
    class_filter: ClassFilter | None = None

    def __init__(self, modality: Modality[Any], class_rows: EncodedRows) -> None:
        self.modality, self.class_rows = modality, class_rows
        self.composition = Composition()
        self._class_index: Indices | None = None
        self.calibration: Any = None
        self.adjustment: npt.NDArray[np.float32] | None = None

    def draw(self, n: int, rng: torch.Generator) -> Iterator[SyntheticRows]:
        """Draw rows in blocks, which bound the memory of a large request."""
        for start in range(0, n, BLOCK):
            yield self.sample(min(BLOCK, n - start), rng)

    def compose(self, composition: Composition, class_index: Indices) -> None:
        """Let some of the rows drawn be real rows, of these places in the table."""
        self.composition, self._class_index = composition, class_index

    def share_made(self, asked: float) -> float:
        """Return the share of rows that is made, given the one that is asked for."""
        return asked

    def sample(self, n: int, rng: torch.Generator) -> SyntheticRows:
        """Draw rows of the class: first those that are made, then repeats of real rows.

        Rows made that are refused or repeat a row of the class are drawn again. Real images that
        are repeated are moved a little, where the composition says so, behind those that stay as
        they are.
        """
        composition = self.composition
        n_made, n_kept = composition.counts(n)
        propose = self.filtered(self._propose(n_made, rng), rng)
        rows, source = self._accepted(n_made, propose, self.max_trials)
        kind = np.full(n, KINDS.index(self.kind), dtype=np.int8)
        if self.moves_made:
            rows = self.modality.move(rows, rng, composition.augmentation)
        if n_made < n:
            assert self._class_index is not None
            repeated = self.in_turn(n - n_made, rng).numpy()
            kept, real = np.split(self.class_rows[repeated], [n_kept])
            moved = self.modality.move(self._vary(real, rng), rng, composition.strength)
            kind[n_made:] = _REAL
            if moved is not real:
                kind[n_made + n_kept :] = _MOVED
            rows = np.concatenate([rows, kept, moved])
            source = np.concatenate([source, self._class_index[repeated]])
        return SyntheticRows(rows, source, kind)

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
            Given which of the n rows to draw and whether they are drawn again, it returns a
            Proposal.
        """

    def _accepted(self, n: int, propose: Propose, n_trials: int) -> tuple[EncodedRows, Indices]:
        """Draw rows in chunks, refused ones and copies again. Shape: -> (n, d), (n,)."""
        known = self.modality.copies_of(self.class_rows) if n_trials else None
        parts = [np.empty((0, self.modality.layout.width), dtype=np.float32)]
        sources = [np.empty(0, dtype=np.intp)]
        chunk = CHUNK * self.modality.choose(table=_CHUNKS_OF_TABLES, image=1)
        for start in range(0, n, chunk):
            at = np.arange(start, min(start + chunk, n))
            rows, source, accepted = propose(at, False)
            is_copy = np.zeros(len(at), np.bool_) if known is None else known.hold(rows)
            refused = np.flatnonzero(~accepted | is_copy) if n_trials else at[:0]
            for _ in range(n_trials):
                if not len(refused):
                    break
                new, new_source, accepted = propose(at[refused], True)
                copied = np.zeros(len(new), np.bool_) if known is None else known.hold(new)
                # What is drawn last stays, but no copy takes the place of a row that is none.
                stays = ~copied | is_copy[refused]
                rows[refused[stays]], source[refused[stays]] = new[stays], new_source[stays]
                is_copy[refused[stays]] = copied[stays]
                refused = refused[~accepted | copied]
            parts.append(rows)
            sources.append(source)
        return np.concatenate(parts), np.concatenate(sources)

    def filtered(self, propose: Propose, rng: torch.Generator) -> Propose:
        """Return proposals of which those that look like another class are refused."""
        class_filter = self.class_filter
        if class_filter is None:
            return propose

        def filtered(at: Indices, again: bool) -> Proposal:
            proposal = propose(at, again)
            accepted = proposal.accepted & class_filter.accepts(proposal.rows, rng)
            return proposal._replace(accepted=accepted)

        return filtered

    def fit_class_filter(
        self,
        rows: EncodedRows,
        is_other: npt.NDArray[np.bool_],
        rng: torch.Generator,
        remember: Callable[..., float],
    ) -> None:
        """Refuse rows of tables that look like another class, if they are too many.

        ``remember`` calls a function, or returns what it returned for the same arrays.

        Shape: rows (n, d) of all classes, is_other (n,).
        """
        makes_rows = self.max_trials > 0 and self.composition.generated_share > 0.0
        of_use = ClassFilter.is_of_use(int((~is_other).sum()), int(is_other.sum()), rows.shape[1])
        if not self.modality.choose(table=makes_rows and of_use, image=False):
            return
        propose = self._propose(_N_PROPOSALS, rng)
        new, _ = self._accepted(_N_PROPOSALS, propose, self.max_trials)
        proposal = propose(np.arange(_N_PROPOSALS), True)
        redrawn = proposal.rows[proposal.accepted]
        found = ClassFilter(self.modality.layout, self.class_rows, rows[is_other], rng)
        find = partial(found.chance_for, new, redrawn)
        found.chance = remember(find, found.trees.first, found.trees.second, new, redrawn)
        self.class_filter = found if found.chance < 1.0 else None

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

    Rows without a continuous value, such as images, get none: they are composed of real rows.
    """

    kind = "smoothed"

    @staticmethod
    def adds_noise(modality: Modality[Any]) -> bool:
        """Tell whether there are values to add noise to."""
        return len(modality.layout.positions("continuous")) > 0

    def share_made(self, asked: float) -> float:
        """Return 1 where noise is added, 0 where rows can only be repeated."""
        return float(self.adds_noise(self.modality))

    def _propose(self, n: int, rng: torch.Generator) -> Propose:
        chosen = torch.randint(len(self.class_rows), (n,), generator=rng).numpy()
        continuous_at = self.modality.layout.positions("continuous")

        def propose(at: Indices, again: bool) -> Proposal:
            rows = self.class_rows[chosen[at]]
            noise = normal((len(at), len(continuous_at)), rng, torch.device("cpu"))
            rows[:, continuous_at] += _NOISE * noise.numpy()
            return Proposal(rows, np.full(len(at), -1, np.intp), np.ones(len(at), np.bool_))

        return propose

    def translate(self, rows: EncodedRows, rng: torch.Generator) -> EncodedRows:
        """Return a row of the class for each row given. Shape: (n, d) -> (n, d)."""
        return self.sample(len(rows), rng).rows
