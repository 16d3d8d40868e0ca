"""Which rows of a table are learned from, and which classes have rows enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ._modality.base import Modality
from ._nn.random import random_rows
from ._synthesizer import Indices, SmoothedBootstrap
from ._warn import warn

__all__ = [
    "NOT_LEARNED",
    "FewRowsWarning",
    "rows_to_learn",
    "unlearnable_reason",
    "warn_of_few_rows",
]

# Of larger tables a sample is encoded and learned from: so many rows of the largest class, and as
# large a share of each other one, but no fewer rows than the second number. It bounds the memory,
# and a training sees no more rows.
_MOST_LEARNED, _FEWEST_SAMPLED = 200_000, 50_000
# A class of fewer rows is learned, with a warning.
_FEW_ROWS = 10
# Why a class has neither latents nor codes.
NOT_LEARNED = "it had too few rows to be learned, or its training diverged"


class FewRowsWarning(UserWarning):
    """A class has few rows; the message says what to expect, or what was done instead."""


def rows_to_learn(y: npt.NDArray[Any], rng: torch.Generator) -> Indices:
    """Return the rows to be encoded and learned from: all, or a sample of each large class."""
    labels, counts = np.unique(y, return_counts=True)
    if counts.max() <= _MOST_LEARNED:
        return np.arange(len(y))
    share = _MOST_LEARNED / counts.max()
    chosen = []
    for label, n in zip(labels, counts, strict=True):
        at = np.flatnonzero(y == label)
        n_kept = min(n, max(_FEWEST_SAMPLED, round(share * n)))
        chosen.append(random_rows(at, n_kept, rng))
    return np.sort(np.concatenate(chosen))


def unlearnable_reason(n_rows: int, fewest_rows: int, modality: Modality[Any]) -> str | None:
    """Return why no generator can be trained on a class of so many rows, if none can."""
    if n_rows < fewest_rows:
        return f"has {n_rows} row(s), and at least {fewest_rows} are needed"
    if modality.layout.width == 0:
        return "has only constant columns, and some that vary are needed"
    return None


def warn_of_few_rows(
    label: object, n_rows: int, reason: str | None, modality: Modality[Any]
) -> None:
    """Warn that a class cannot be learned, for this reason, or that it has few rows."""
    if reason is not None:
        warn(
            f"Class {label!r} {reason} to train a generator. {_done_instead(modality)}",
            FewRowsWarning,
        )
    elif n_rows < _FEW_ROWS:
        warn(
            f"Class {label!r} has {n_rows} rows, too few to show how it varies. New rows will "
            "stay close to these; compare with SMOTE and with no resampling on held-out rows.",
            FewRowsWarning,
        )


def _done_instead(modality: Modality[Any]) -> str:
    """Say what new rows of a class that cannot be learned are."""
    if SmoothedBootstrap.adds_noise(modality):
        return "Its rows are repeated with a little noise instead (a smoothed bootstrap)."
    return modality.choose(
        table="Its rows are repeated as they are.",
        image="Its images are repeated instead, and moved as 'augmentation' says.",
    )
