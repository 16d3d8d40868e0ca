"""The plan of each class: how many new rows, whether it is learned, and what the rows are."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ._modality.base import Modality
from ._nn.random import random_rows
from ._warn import warn

__all__ = ["NOT_LEARNED", "FewRowsWarning", "Plan", "make_plan", "rows_to_learn"]

# Larger tables are sampled before encoding, to bound the memory: at most the first number of rows
# of the largest class, and the same fraction of each other class, at least the second number.
_MOST_LEARNED, _FEWEST_SAMPLED = 200_000, 50_000
# Classes with fewer rows are learned, with a warning.
_FEW_ROWS = 10
# In tables such as text, a class with fewer rows per column is repeated.
_SPARSE_COLUMNS_PER_ROW = 5
# Fraction of the repeated images that stay as they are if there are more than two classes.
_KEPT_FRACTION = 0.5
# Why a class has neither latents nor codes.
NOT_LEARNED = (
    "it had too few rows to be learned, its training diverged, or its new rows are repeats"
)


class FewRowsWarning(UserWarning):
    """A class has few rows; the message says what to expect, or what was done instead."""


@dataclass(frozen=True)
class Plan:
    """What the new rows of one class are made of.

    Parameters
    ----------
    n_new : int
        Number of new rows.
    not_learned : str or None
        Why no generator is trained on the class, None if one is.
    generated_fraction : float
        Fraction of the new rows that are generated; the others repeat real rows.
    kept_fraction : float
        Fraction of the repeated images that stay as they are; the others are moved.
    strength : float
        Strength of the affine augmentation of moved images.
    """

    n_new: int
    not_learned: str | None = None
    generated_fraction: float = 1.0
    kept_fraction: float = 0.0
    strength: float = 0.0

    def counts(self, n: int) -> tuple[int, int]:
        """Return how many of n rows are generated, and how many real ones stay as they are."""
        n_generated = math.ceil(self.generated_fraction * n)
        return n_generated, int(self.kept_fraction * (n - n_generated))

    @property
    def repeat_strength(self) -> float:
        """Strength for the moved repeats, larger if others are kept."""
        return self.strength / (1.0 - self.kept_fraction)

    def unlearned(self, modality: Modality) -> Plan:
        """Return the plan of a class whose training diverged."""
        return replace(
            self,
            not_learned="could not be learned: its training diverged",
            generated_fraction=_unlearned_fraction(modality),
        )


def make_plan(
    label: Hashable,
    n_rows: int,
    n_new: int,
    *,
    not_learned: str | None,
    modality: Modality,
    generated_fraction: float,
    needs_network: bool,
    strength: float,
    n_classes: int,
    n_sparse: int,
) -> Plan:
    """Decide what is done for one class, before anything is learned; warn of few rows.

    ``not_learned`` is the reason of the method, if any; tables without varying columns are not
    learned either, nor are classes whose new rows need no network. ``n_sparse`` is the number of
    columns if nearly all values are zero.
    """
    if not_learned is None and n_sparse > _SPARSE_COLUMNS_PER_ROW * n_rows:
        warn(
            f"Class {label!r} has {n_rows} rows in {n_sparse} columns of mostly one value, as in "
            "text. Generated rows would do harm, so its rows are repeated. Class weights, a moved "
            "threshold, or embeddings of 50 to 400 columns work better. To generate rows all the "
            "same, set 'generated_fraction'.",
            FewRowsWarning,
        )
        return Plan(n_new, "has too few rows for so many columns", 0.0)
    if not_learned is None and modality.layout.width == 0:
        not_learned = "has only constant columns, and some that vary are needed"
    if not_learned is not None:
        generated_fraction = _unlearned_fraction(modality)
        warn(
            f"Class {label!r} {not_learned} to train a generator. {_done_instead(modality)}",
            FewRowsWarning,
        )
    elif n_rows < _FEW_ROWS:
        warn(
            f"Class {label!r} has {n_rows} rows, too few to show how it varies. New rows will "
            "stay close to these; compare with SMOTE and with no resampling on held-out rows.",
            FewRowsWarning,
        )
    if not_learned is None and not needs_network:
        not_learned = "has only repeats"
    kept = _KEPT_FRACTION if n_classes > 2 else 0.0
    return Plan(n_new, not_learned, generated_fraction, kept, strength)


def rows_to_learn(y: npt.NDArray[Any], rng: torch.Generator) -> npt.NDArray[np.intp]:
    """Return the rows to be encoded and learned from: all, or a sample of each large class."""
    labels, counts = np.unique(y, return_counts=True)
    if counts.max() <= _MOST_LEARNED:
        return np.arange(len(y))
    fraction = _MOST_LEARNED / counts.max()
    chosen = []
    for label, n in zip(labels, counts, strict=True):
        at = np.flatnonzero(y == label)
        n_kept = min(n, max(_FEWEST_SAMPLED, round(fraction * n)))
        chosen.append(random_rows(at, n_kept, rng))
    return np.sort(np.concatenate(chosen))


def _unlearned_fraction(modality: Modality) -> float:
    """Return 1 for a smoothed bootstrap, 0 for repeats if no column takes noise."""
    return float(modality.takes_noise)


def _done_instead(modality: Modality) -> str:
    """Say how a class that cannot be learned is over-sampled."""
    if modality.takes_noise:
        return "Its rows are repeated with a little noise instead (a smoothed bootstrap)."
    return modality.repeats
