"""The history of a sampler as curves over optimiser steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .canvas import unwrapped

__all__ = ["MONITOR", "TrainingCurves", "trainings_of"]

MONITOR = "monitor"
# Optimiser steps an epoch, as the samplers document ``history_``.
_EPOCH_STEPS, _FINETUNING_EPOCH_STEPS = 50, 25


@dataclass(frozen=True)
class TrainingCurves:
    """One training.

    Attributes
    ----------
    title : str
        What was trained.
    steps : ndarray of shape (n_epochs,)
        Optimiser steps taken at the end of each epoch.
    terms : dict of str to ndarray of shape (n_epochs,)
        Mean of each loss term over each epoch; "monitor" is what was watched on held-out rows.
    kept : int or None
        Steps after which the weights were taken, where a monitor chose them.
    stop_reason : str
        Why the training stopped.
    """

    title: str
    steps: npt.NDArray[np.int64]
    terms: dict[str, npt.NDArray[np.float64]]
    kept: int | None
    stop_reason: str


def trainings_of(sampler: Any) -> list[TrainingCurves]:
    """Return the trainings of a fitted sampler in their order."""
    history, steps, reasons = sampler.history_, sampler.n_iter_, sampler.stop_reason_
    if not isinstance(steps, Mapping):
        return [_training("training", history, steps, _EPOCH_STEPS, steps, reasons)]
    # A fine-tuning is repeated on all rows after its history; n_iter_ counts the steps of that.
    before = _training(
        "pre-training",
        history["pretrain"],
        None,
        _EPOCH_STEPS,
        steps["pretrain"],
        reasons["pretrain"],
    )
    after = [
        _training(
            f"fine-tuning on class {unwrapped(label)}",
            terms,
            steps["finetune"][label],
            _FINETUNING_EPOCH_STEPS,
            sampler.max_finetune_steps,
            reasons["finetune"][label],
        )
        for label, terms in history["finetune"].items()
    ]
    return [before, *after]


def _training(
    title: str,
    history: Mapping[str, Sequence[float]],
    kept: int | None,
    epoch_steps: int,
    most_steps: int,
    stop_reason: str,
) -> TrainingCurves:
    terms = {name: np.asarray(values, dtype=np.float64) for name, values in history.items()}
    n_epochs = max((len(values) for values in terms.values()), default=0)
    steps = np.minimum(epoch_steps * np.arange(1, n_epochs + 1), most_steps)
    if MONITOR not in terms:
        kept = None
    elif kept is None:
        kept = int(steps[terms[MONITOR].argmin()])
    return TrainingCurves(title, steps, terms, kept, stop_reason)
