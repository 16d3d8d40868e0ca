"""TrainingCurvesDisplay: the loss terms of every training of a sampler, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ._plotting import COLOURS, PanelsDisplay, check_sampler, documented

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


@dataclass(eq=False, repr=False, kw_only=True)
class TrainingCurvesDisplay(PanelsDisplay):
    """Loss terms of every training of a fitted sampler, one panel a training.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    trainings : sequence of TrainingCurves
        Name, steps, terms and end of each training.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One a training.
    figure_ : matplotlib Figure
        The figure with the panels.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import MGVAEOverSampler
    >>> from mgvae_resample.display import TrainingCurvesDisplay
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = MGVAEOverSampler(max_pretrain_steps=200, max_finetune_steps=50, random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> display = TrainingCurvesDisplay.from_estimator(sampler)
    >>> [training.title for training in display.trainings]
    ['pre-training', 'fine-tuning on class 1']
    >>> plt.show()
    """

    trainings: Sequence[TrainingCurves]

    @classmethod
    @documented
    def from_estimator(cls, sampler: Any, *, ax: Any = None) -> Self:
        """Draw the history of a fitted sampler.

        Parameters
        ----------
        sampler : MGVAEOverSampler or BayesGANOverSampler
            Fitted sampler.
        %(ax)s

        Returns
        -------
        TrainingCurvesDisplay
            The display, drawn.

        Raises
        ------
        %(not_fitted)s
        TypeError
            If it keeps no history.
        ValueError
            If nothing was trained, because every class had too few rows.
        """
        check_sampler(cls, sampler, "history_", such_as="MGVAEOverSampler")
        trainings = [_curves(sampler, phase) for phase in sampler.history_]
        if not trainings:
            raise ValueError("There is no history to draw: no class could be learned.")
        return cls(trainings=trainings).plot(ax)

    @documented
    def plot(self, ax: Any = None) -> Self:
        """Draw one panel a training, with one legend for all.

        Parameters
        ----------
        %(ax)s

        Returns
        -------
        TrainingCurvesDisplay
            The display itself.
        """
        names = dict.fromkeys(
            name for t in self.trainings for name in t.terms if name != _VALIDATION
        )
        styles = {
            name: {"color": COLOURS[i % len(COLOURS)], "linestyle": ("-", ":")[i // len(COLOURS)]}
            for i, name in enumerate(names)
        } | {_VALIDATION: {"color": "black", "linestyle": "--"}}
        n_columns = self._make_panels(ax, len(self.trainings), (3.6, 3.0), (1.9, 0.2))
        handles: dict[str, Any] = {}
        for panel, training in zip(self.axes_, self.trainings, strict=True):
            handles |= _draw(panel, training, styles)
        shown = [name for name in (*names, _VALIDATION, _KEPT) if name in handles]
        self._legend(n_columns, [handles[name] for name in shown], shown)
        for panel in self.axes_[::n_columns]:
            panel.set_ylabel("mean over an epoch")
        return self


def _curves(sampler: Any, phase: str) -> TrainingCurves:
    """Return one phase of the history; each but the last of its epochs has the same length."""
    terms = {name: np.asarray(v, dtype=np.float64) for name, v in sampler.history_[phase].items()}
    n_epochs = max(map(len, terms.values()))
    n_steps, title = sampler.n_iter_[phase], {"pretrain": "pre-training"}.get(phase, "training")
    epoch_steps, most_steps = _EPOCH_STEPS, n_steps
    if phase.startswith("finetune"):
        # It is repeated on all rows after its history; n_iter_ counts the steps of that.
        epoch_steps, most_steps = _FINETUNING_EPOCH_STEPS, sampler.max_finetune_steps
        title = f"fine-tuning on class {phase.removeprefix('finetune ')}"
    steps = np.minimum(epoch_steps * np.arange(1, n_epochs + 1), most_steps)
    kept = None
    if _VALIDATION in terms:
        is_repeated = phase.startswith("finetune")
        kept = n_steps if is_repeated else int(steps[terms[_VALIDATION].argmin()])
    return TrainingCurves(title, steps, terms, kept, sampler.stop_reason_[phase])


def _draw(ax: Any, training: TrainingCurves, styles: Mapping[str, Any]) -> dict[str, Any]:
    # A single epoch is a point.
    marker = "o" if len(training.steps) == 1 else None
    handles = {
        name: ax.plot(training.steps, values, marker=marker, **styles[name])[0]
        for name, values in training.terms.items()
    }
    if training.kept is not None:
        handles[_KEPT] = ax.axvline(training.kept, color="0.6", linewidth=1, zorder=0)
    ax.set_title(f"{training.title}\n(stopped by {training.stop_reason})", fontsize="medium")
    ax.set_xlabel("optimiser steps")
    ax.set_xlim(left=0)
    ax.spines[["top", "right"]].set_visible(False)
    return handles
