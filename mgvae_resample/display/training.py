"""TrainingCurvesDisplay: the loss terms of every training of a sampler, by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ._plotting import COLOURS, Display, documented

__all__ = ["TrainingCurves", "TrainingCurvesDisplay"]

_VALIDATION, _KEPT = "validation_loss", "weights kept"


@dataclass(frozen=True, eq=False)
class TrainingCurves:
    """One training."""

    title: str
    # Mean of each loss term over each epoch; "validation_loss" is that of held-out rows.
    terms: dict[str, npt.NDArray[np.float64]]
    # Epoch whose weights were kept, if the validation loss chose them.
    kept: int | None
    stop_reason: str


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class TrainingCurvesDisplay(Display):
    """Loss terms of every training of a fitted sampler, one panel per training.

    {parameters}
    trainings : sequence of TrainingCurves
        Title, terms and end of each training.

    {attributes}
        One per training.

    {mgvae_example}
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
        {ax}

        {returns_and_errors}
            If nothing was trained, because every class had too few rows.
        """
        cls._check_sampler(sampler, "history_", such_as="MGVAEOverSampler")
        trainings = [_curves(sampler, phase) for phase, terms in sampler.history_.items() if terms]
        if not trainings:
            raise ValueError("There is no history to draw: no class could be learned.")
        return cls(trainings=trainings).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw one panel per training, with one legend for all."""
        names = dict.fromkeys(name for t in self.trainings for name in t.terms)
        names.pop(_VALIDATION, None)
        styles = {
            name: {"color": COLOURS[i % len(COLOURS)], "linestyle": ("-", ":")[i // len(COLOURS)]}
            for i, name in enumerate(names)
        } | {_VALIDATION: {"color": "black", "linestyle": "--"}}
        n_columns = self._make_panels(ax, len(self.trainings), (3.6, 3.0), (1.9, 0.2))
        handles: dict[str, Any] = {}
        for panel, training in zip(self.axes_, self.trainings, strict=True):
            for name, values in training.terms.items():
                # A single epoch is a point.
                style = styles[name] | {"marker": "o" if len(values) == 1 else None}
                (handles[name],) = panel.plot(np.arange(1, len(values) + 1), values, **style)
            if training.kept is not None:
                handles[_KEPT] = panel.axvline(training.kept, color="0.6", linewidth=1, zorder=0)
            title = f"{training.title}\n(stopped by {training.stop_reason})"
            panel.set_title(title, fontsize="medium")
            panel.set_xlabel("epoch")
            panel.set_xlim(left=0)
        self._legend(n_columns, {k: handles[k] for k in (*styles, _KEPT) if k in handles})
        for panel in self.axes_[::n_columns]:
            panel.set_ylabel("mean over an epoch")
        return self


def _curves(sampler: Any, phase: str) -> TrainingCurves:
    """Return one phase of the history."""
    terms = {name: np.asarray(v, dtype=np.float64) for name, v in sampler.history_[phase].items()}
    title = "pre-training" if phase == "pretrain" else "training"
    if phase.startswith("finetune"):
        title = f"fine-tuning on class {phase.removeprefix('finetune ')}"
    kept = int(terms[_VALIDATION].argmin()) + 1 if _VALIDATION in terms else None
    return TrainingCurves(title, terms, kept, sampler.stop_reason_[phase])
