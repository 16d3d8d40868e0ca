"""TrainingCurvesDisplay: the loss terms of every training of a sampler, by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ._plotting import COLOURS, Display, documented

__all__ = ["TrainingCurvesDisplay"]

_VALIDATION, _KEPT = "validation_loss", "weights kept"


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class TrainingCurvesDisplay(Display):
    """Loss terms of every training of a fitted sampler, one panel per phase.

    {parameters}
    history : dict of str to dict
        The ``history_`` of a sampler: phase -> loss term -> mean of each epoch.
    stop_reason : dict of str to str
        Its ``stop_reason_``: phase -> why it ended.

    {attributes}
        One per phase.

    {mgvae_example}
    >>> display = TrainingCurvesDisplay.from_estimator(sampler)
    >>> list(display.history)
    ['pretrain', 'finetune 1']
    >>> plt.show()
    """

    history: Mapping[str, Mapping[str, Any]]
    stop_reason: Mapping[str, str]

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
        history = {phase: terms for phase, terms in sampler.history_.items() if terms}
        if not history:
            raise ValueError("There is no history to draw: no class could be learned.")
        return cls(history=history, stop_reason=sampler.stop_reason_).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw one panel per phase, with one legend for all.

        A line marks the epoch whose weights were kept, if the validation loss chose them.
        """
        names = dict.fromkeys(name for terms in self.history.values() for name in terms)
        names.pop(_VALIDATION, None)
        styles = {
            name: {"color": COLOURS[i % len(COLOURS)], "linestyle": ("-", ":")[i // len(COLOURS)]}
            for i, name in enumerate(names)
        } | {_VALIDATION: {"color": "black", "linestyle": "--"}}
        n_columns = self._make_panels(ax, len(self.history), (3.6, 3.0), (1.9, 0.2))
        handles: dict[str, Any] = {}
        for panel, (phase, terms) in zip(self.axes_, self.history.items(), strict=True):
            for name, values in terms.items():
                # A single epoch is a point.
                style = styles[name] | {"marker": "o" if len(values) == 1 else None}
                (handles[name],) = panel.plot(np.arange(1, len(values) + 1), values, **style)
            if _VALIDATION in terms:
                kept = int(np.argmin(terms[_VALIDATION])) + 1
                handles[_KEPT] = panel.axvline(kept, color="0.6", linewidth=1, zorder=0)
            title = f"{phase}\n(stopped by {self.stop_reason[phase]})"
            panel.set_title(title, fontsize="medium")
            panel.set_xlabel("epoch")
            panel.set_xlim(left=0)
        self._legend(n_columns, {k: handles[k] for k in (*styles, _KEPT) if k in handles})
        for panel in self.axes_[::n_columns]:
            panel.set_ylabel("mean over an epoch")
        return self
