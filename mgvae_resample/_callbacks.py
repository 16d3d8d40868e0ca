"""Reports phases and epochs to scikit-learn's callbacks, if the installed version has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.callback import CallbackContext, CallbackSupportMixin
else:
    try:
        from sklearn.callback import CallbackSupportMixin
    except ImportError:  # before 1.9

        class CallbackSupportMixin:
            """Stand-in for the mixin that gives estimators ``set_callbacks``."""


__all__ = ["CallbackSupportMixin", "FitReport", "PhaseReport"]


class PhaseReport:
    """Reports each epoch of one phase to the callbacks."""

    def __init__(
        self, estimator: object, root: CallbackContext, phase: str, number: int, n_epochs: int
    ) -> None:
        self.estimator, self.phase, self.n_left = estimator, phase, n_epochs
        self.context = root.subcontext(phase, task_id=number, max_subtasks=n_epochs)

    def __enter__(self) -> PhaseReport:
        self.context.call_on_fit_task_begin(estimator=self.estimator)
        return self

    def __exit__(self, *error: object) -> None:
        self.context.call_on_fit_task_end(estimator=self.estimator)

    def __call__(self, values: Mapping[str, float]) -> bool:
        """Report the loss terms of an epoch; True asks to stop."""
        if self.n_left == 0:  # a retried training has more epochs than announced
            return False
        self.n_left -= 1
        epoch = self.context.subcontext("epoch")
        epoch.call_on_fit_task_begin(estimator=self.estimator)
        stop = epoch.call_on_fit_task_end(
            estimator=self.estimator, metadata={"task": self.phase, **values}
        )
        return bool(stop)


class FitReport:
    """Reports the begin and end of a fit to the callbacks, and opens its phases."""

    def __init__(self, estimator: Any) -> None:
        self.estimator, self.n_phases = estimator, 0
        self.root: CallbackContext | None = None

    def __enter__(self) -> FitReport:
        if hasattr(self.estimator, "_init_callback_context"):
            self.root = self.estimator._init_callback_context(
                max_subtasks=None, sequential_subtasks=False
            )
            self.root.call_on_fit_task_begin(estimator=self.estimator)
        return self

    def __exit__(self, *error: object) -> None:
        if self.root is not None and error[0] is None:
            self.root.call_on_fit_task_end(estimator=self.estimator)

    def phase(self, name: str, n_epochs: int) -> PhaseReport | None:
        """Open a phase of at most ``n_epochs`` epochs; None if there are no callbacks."""
        if self.root is None:
            return None
        self.n_phases += 1
        return PhaseReport(self.estimator, self.root, name, self.n_phases - 1, n_epochs)

    @contextmanager
    def part(self, name: str, sampler: Any) -> Iterator[None]:
        """Report the fit of a sampler within this fit, which passes its callbacks on."""
        if self.root is None:
            yield
            return
        self.n_phases += 1
        context = self.root.subcontext(name, task_id=self.n_phases - 1)
        with context.propagate_callback_context(sampler):
            context.call_on_fit_task_begin(estimator=self.estimator)
            yield
        context.call_on_fit_task_end(estimator=self.estimator)
