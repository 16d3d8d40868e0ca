"""TrainingCurvesDisplay: the terms of the loss, epoch by epoch, of every training of a sampler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .canvas import COLOURS, check_sampler, grid_shape, panels, spare
from .trainings import MONITOR, TrainingCurves, trainings_of

__all__ = ["TrainingCurvesDisplay"]

_KEPT = "weights kept"


@dataclass(eq=False, repr=False, kw_only=True)
class TrainingCurvesDisplay:
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
    axes_: npt.NDArray[np.object_] = field(init=False)
    figure_: Any = field(init=False)

    @classmethod
    def from_estimator(cls, sampler: Any, *, ax: Any = None) -> Self:
        """Draw the history of a fitted sampler.

        Parameters
        ----------
        sampler : MGVAEOverSampler or BayesGANOverSampler
            Fitted sampler.
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.

        Returns
        -------
        TrainingCurvesDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the sampler is not fitted.
        TypeError
            If it keeps no history.
        ValueError
            If nothing was trained, because every class had too few rows.
        """
        check_sampler(cls, sampler, "history_", such_as="MGVAEOverSampler")
        trainings = [t for t in trainings_of(sampler) if len(t.steps)]
        if not trainings:
            raise ValueError(
                "There is no history to draw: no class could be learned "
                f"(stop_reason_ is {sampler.stop_reason_!r})."
            )
        return cls(trainings=trainings).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw one panel a training, with one legend for all.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.

        Returns
        -------
        TrainingCurvesDisplay
            The display itself.
        """
        names = dict.fromkeys(name for t in self.trainings for name in t.terms if name != MONITOR)
        styles = {
            name: {"color": COLOURS[i % len(COLOURS)], "linestyle": ("-", ":")[i // len(COLOURS)]}
            for i, name in enumerate(names)
        } | {MONITOR: {"color": "black", "linestyle": "--"}}
        shape = grid_shape(len(self.trainings))
        axes, self.figure_ = panels(
            f"{type(self).__name__}.plot", ax, shape, (3.6, 3.0), margin=(1.9, 0.2)
        )
        self.axes_ = spare(axes, len(self.trainings))
        handles: dict[str, Any] = {}
        for panel, training in zip(self.axes_, self.trainings, strict=True):
            handles |= _draw(panel, training, styles)
        shown = [name for name in (*names, MONITOR, _KEPT) if name in handles]
        self.axes_[shape[1] - 1].legend(
            [handles[name] for name in shown],
            shown,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
        )
        for panel in self.axes_[:: shape[1]]:
            panel.set_ylabel("mean over an epoch")
        return self


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
