"""TrainingCurvesDisplay: the loss terms of every training of a sampler, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ._plotting import COLOURS, Display, documented

__all__ = ["TrainingCurves", "TrainingCurvesDisplay"]

_VALIDATION, _KEPT = "validation_loss", "weights kept"
# Optimiser steps an epoch, as the samplers document ``history_``.
_EPOCH_STEPS, _FINETUNING_EPOCH_STEPS = 50, 25


@dataclass(frozen=True, eq=False)
class TrainingCurves:
    """One training.

    Attributes
    ----------
    title : str
        What was trained.
    steps : ndarray of shape (n_epochs,)
        Optimiser steps taken at the end of each epoch.
    terms : dict of str to ndarray of shape (n_epochs,)
        Mean of each loss term over each epoch; "validation_loss" is that of held-out rows.
    kept : int or None
        Steps after which the weights were taken, where the validation loss chose them.
    stop_reason : str
        Why the training stopped.
    """

    title: str
    steps: npt.NDArray[np.int64]
    terms: dict[str, npt.NDArray[np.float64]]
    kept: int | None
    stop_reason: str


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class TrainingCurvesDisplay(Display):
    """Loss terms of every training of a fitted sampler, one panel a training.

    %(parameters)s
    trainings : sequence of TrainingCurves
        Name, steps, terms and end of each training.

    %(attributes)s
        One a training.

    %(mgvae_example)s
    >>> display = TrainingCurvesDisplay.from_estimator(sampler)
    >>> [training.title for training in display.trainings]
    ['pre-training', 'fine-tuning on class 1']
    >>> plt.show()
    """

    trainings: Sequence[TrainingCurves]

    @classmethod
    def from_estimator(cls, sampler: Any, *, ax: Any = None) -> Self:
        """Draw the history of a fitted sampler.

        Parameters
        ----------
        sampler : MGVAEOverSampler or BayesGANOverSampler
            Fitted sampler.
        %(ax)s

        %(returns_and_errors)s
            If nothing was trained, because every class had too few rows.
        """
        cls._check_sampler(sampler, "history_", such_as="MGVAEOverSampler")
        trainings = [_curves(sampler, phase) for phase, terms in sampler.history_.items() if terms]
        if not trainings:
            raise ValueError("There is no history to draw: no class could be learned.")
        return cls(trainings=trainings).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw one panel a training, with one legend for all."""
        names = dict.fromkeys(name for t in self.trainings for name in t.terms)
        names.pop(_VALIDATION, None)
        styles = {
            name: {"color": COLOURS[i % len(COLOURS)], "linestyle": ("-", ":")[i // len(COLOURS)]}
            for i, name in enumerate(names)
        } | {_VALIDATION: {"color": "black", "linestyle": "--"}}
        n_columns = self._make_panels(ax, len(self.trainings), (3.6, 3.0), (1.9, 0.2))
        handles: dict[str, Any] = {}
        for panel, training in zip(self.axes_, self.trainings, strict=True):
            # A single epoch is a point.
            marker = "o" if len(training.steps) == 1 else None
            for name, values in training.terms.items():
                style = styles[name] | {"marker": marker}
                (handles[name],) = panel.plot(training.steps, values, **style)
            if training.kept is not None:
                handles[_KEPT] = panel.axvline(training.kept, color="0.6", linewidth=1, zorder=0)
            title = f"{training.title}\n(stopped by {training.stop_reason})"
            panel.set_title(title, fontsize="medium")
            panel.set_xlabel("optimiser steps")
            panel.set_xlim(left=0)
        self._legend(n_columns, {k: handles[k] for k in (*styles, _KEPT) if k in handles})
        for panel in self.axes_[::n_columns]:
            panel.set_ylabel("mean over an epoch")
        return self


def _curves(sampler: Any, phase: str) -> TrainingCurves:
    """Return one phase of the history; each but the last of its epochs has the same length."""
    terms = {name: np.asarray(v, dtype=np.float64) for name, v in sampler.history_[phase].items()}
    is_finetuning = phase.startswith("finetune")
    if is_finetuning:
        # It goes on with all rows after its history; n_steps_ counts those steps too.
        title = f"fine-tuning on class {phase.removeprefix('finetune ')}"
        epoch_steps, most = _FINETUNING_EPOCH_STEPS, sampler.max_finetune_steps
        most_steps = np.inf if most == "auto" else most
    else:
        title = "pre-training" if phase == "pretrain" else "training"
        epoch_steps, most_steps = _EPOCH_STEPS, sampler.n_steps_[phase]
    n_epochs = max(map(len, terms.values()))
    steps = np.minimum(epoch_steps * np.arange(1, n_epochs + 1), most_steps).astype(np.int64)
    kept = None
    if _VALIDATION in terms:
        best = int(steps[terms[_VALIDATION].argmin()])
        kept = sampler.n_steps_[phase] if is_finetuning else best
    return TrainingCurves(title, steps, terms, kept, sampler.stop_reason_[phase])
