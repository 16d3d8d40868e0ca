"""Epochs are reported to scikit-learn's callbacks: progress, losses, stopping."""

from __future__ import annotations

from collections.abc import Mapping

from sklearn.callback import CallbackContext

__all__ = ["EpochReport"]


class EpochReport:
    """Tells scikit-learn's callbacks of each epoch of one training."""

    def __init__(
        self, estimator: object, root: CallbackContext, task: str, task_id: int, n_epochs: int
    ) -> None:
        self.estimator, self.task = estimator, task
        self.context = root.subcontext(task, task_id=task_id, max_subtasks=n_epochs)

    def __enter__(self) -> None:
        self.context.call_on_fit_task_begin(estimator=self.estimator)

    def __exit__(self, *error: object) -> None:
        self.context.call_on_fit_task_end(estimator=self.estimator)

    def __call__(self, values: Mapping[str, float]) -> bool:
        """Report the loss terms of an epoch; True asks to stop."""
        epoch = self.context.subcontext("epoch")
        epoch.call_on_fit_task_begin(estimator=self.estimator)
        stop = epoch.call_on_fit_task_end(
            estimator=self.estimator, metadata={"task": self.task, **values}
        )
        return bool(stop)
