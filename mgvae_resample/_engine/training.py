"""The one training loop: batches, schedule, patience, best weights, history; blind to models."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

__all__ = [
    "Budget",
    "Diverged",
    "Report",
    "TaskReport",
    "Terms",
    "TrainingRecord",
    "batches",
    "steadily",
    "train",
]

Terms = dict[str, Tensor]
Report = Callable[[Mapping[str, float]], bool]
Module = TypeVar("Module", bound=nn.Module)


class TaskReport(Protocol):
    """Is told when a training begins and ends, and of each epoch; asks to stop by True."""

    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...
    def __call__(self, values: Mapping[str, float]) -> bool:
        """Report the loss terms of an epoch."""
        ...


class Diverged(RuntimeError):
    """The loss or the weights stopped being finite numbers."""


@dataclass(frozen=True)
class Budget:
    """How long and how fast to train.

    Parameters
    ----------
    max_steps : int
        Optimiser steps at most.
    learning_rate : float
        Adam's step size; it falls to zero over the last part of the budget.
    epoch_steps : int
        Steps between two entries of the history, two reports and two looks at the monitor.
    patience : int or None
        Epochs without a better monitor value before stopping; None never stops early.
    decay : float
        Share of the budget, at its end, over which the learning rate falls.
    betas : tuple of two floats
        Adam's memory of the gradient and of its square.
    averaging : float or None
        The module is left with the exponential moving average of its weights, of which each step
        keeps this share; None leaves it with the weights themselves.
    """

    max_steps: int
    learning_rate: float
    epoch_steps: int = 50
    patience: int | None = None
    decay: float = 0.3
    betas: tuple[float, float] = (0.9, 0.999)
    averaging: float | None = None

    @property
    def n_epochs(self) -> int:
        """Epochs in the whole budget."""
        return math.ceil(self.max_steps / self.epoch_steps)


@dataclass
class TrainingRecord:
    """What happened in a training.

    Attributes
    ----------
    history : dict of str to list of float
        Mean of each named term over each epoch, and ``"monitor"`` where there is one.
    n_steps : int
        Optimiser steps taken.
    best_steps : int
        Steps after which the kept weights were reached.
    stop_reason : str
        "max_steps", "patience" or "callback".
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    n_steps: int = 0
    best_steps: int = 0
    stop_reason: str = "max_steps"

    def append(self, values: Mapping[str, float]) -> None:
        """Add one epoch."""
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)


def batches(n_rows: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield index tensors for ever, each row once per pass, no row ever dropped for good.

    A table smaller than a batch is one batch; otherwise every batch is full and the tail of one
    permutation is joined to the head of the next.
    """
    size = min(batch_size, n_rows)
    pool = torch.randperm(n_rows, generator=generator)
    while True:
        while len(pool) < size:
            pool = torch.cat([pool, torch.randperm(n_rows, generator=generator)])
        yield pool[:size]
        pool = pool[size:]


def train(
    module: nn.Module,
    step_terms: Callable[[], Terms],
    budget: Budget,
    *,
    monitor: Callable[[], float] | None = None,
    report: Report | None = None,
) -> TrainingRecord:
    """Minimise the sum of the named terms that ``step_terms`` returns.

    Parameters
    ----------
    module : nn.Module
        Holds the parameters; left with the best weights seen by the monitor (the last weights
        without one).
    step_terms : callable
        Draws a batch and returns the terms of the loss, each a scalar tensor.
    budget : Budget
        Steps, learning rate and patience.
    monitor : callable or None
        Value to be minimised on rows that are not trained on.
    report : callable or None
        Given the values of each epoch; returns True to stop.

    Returns
    -------
    TrainingRecord

    Raises
    ------
    Diverged
        If a term becomes infinite or not a number.
    """
    parameters = list(module.parameters())
    optimiser = torch.optim.Adam(
        parameters, lr=budget.learning_rate, betas=budget.betas, fused=True
    )
    record = TrainingRecord()
    average = _Average(parameters, budget.averaging)
    best = _Best(module, monitor)
    for _ in range(budget.n_epochs):
        sums: Terms = {}
        n_steps = min(budget.epoch_steps, budget.max_steps - record.n_steps)
        for _ in range(n_steps):
            _set_learning_rate(optimiser, budget, record.n_steps)
            with torch.enable_grad():
                terms = step_terms()
                torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            record.n_steps += 1
            average.update(record.n_steps)
            for name, value in terms.items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value.detach()
        values = {name: float(total) / n_steps for name, total in sums.items()}
        values |= best.look(record.n_steps)
        if not all(math.isfinite(value) for value in values.values()):
            raise Diverged(f"after {record.n_steps} steps the loss terms are {values}")
        record.append(values)
        if report is not None and report(values):
            record.stop_reason = "callback"
            break
        if budget.patience is not None and best.epochs_since > budget.patience:
            record.stop_reason = "patience"
            break
    average.restore()
    if not all(bool(p.isfinite().all()) for p in parameters):
        raise Diverged(f"after {record.n_steps} steps the weights are no longer finite")
    record.best_steps = best.restore(record.n_steps)
    return record


def steadily(
    attempt: Callable[[Budget], tuple[Module, TrainingRecord]], budget: Budget
) -> tuple[Module | None, TrainingRecord, str | None]:
    """Train; where that diverges, train again with a tenth of the learning rate, up to thrice.

    Parameters
    ----------
    attempt : callable
        Trains from scratch within a budget; returns the module and the record.
    budget : Budget
        The first budget to try.

    Returns
    -------
    module : nn.Module or None
        None where no learning rate led to one.
    record : TrainingRecord
    trouble : str or None
        What to tell the user, if anything.
    """
    asked = budget.learning_rate
    for _ in range(3):
        try:
            module, record = attempt(budget)
        except Diverged as error:
            reason = str(error)
            budget = replace(budget, learning_rate=budget.learning_rate / 10)
            continue
        if budget.learning_rate == asked:
            return module, record, None
        return (
            module,
            record,
            f"diverged with learning_rate={asked:g} ({reason}); "
            f"{budget.learning_rate:g} was used instead.",
        )
    trouble = (
        f"diverged with learning_rate={asked:g} and two smaller ones ({reason}). Rows are "
        "repeated with a little noise instead; try a smaller 'learning_rate'."
    )
    return None, TrainingRecord(stop_reason="diverged"), trouble


def _set_learning_rate(optimiser: torch.optim.Optimizer, budget: Budget, step: int) -> None:
    left = (budget.max_steps - step) / (budget.decay * budget.max_steps)
    for group in optimiser.param_groups:
        group["lr"] = budget.learning_rate * min(1.0, max(left, 0.02))


class _Average:
    """The exponential moving average of the weights."""

    def __init__(self, parameters: list[nn.Parameter], kept: float | None) -> None:
        self.parameters, self.kept = parameters, kept
        self.values = [] if kept is None else [p.detach().clone() for p in parameters]

    def update(self, n_steps: int) -> None:
        if self.kept is not None:
            # The first steps count little, so that the random start is soon forgotten.
            kept = min(self.kept, n_steps / (n_steps + 10.0))
            weights = [p.detach() for p in self.parameters]
            torch._foreach_lerp_(self.values, weights, 1.0 - kept)

    def restore(self) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.parameters, self.values, strict=False):
                parameter.copy_(value)


class _Best:
    """The best weights so far, by the monitor."""

    def __init__(self, module: nn.Module, monitor: Callable[[], float] | None) -> None:
        self.module, self.monitor = module, monitor
        self.value, self.steps, self.epochs_since = math.inf, 0, 0
        self.weights: dict[str, Tensor] | None = None

    def look(self, n_steps: int) -> dict[str, float]:
        if self.monitor is None:
            return {}
        with torch.no_grad():
            value = self.monitor()
        self.epochs_since += 1
        if value < self.value:
            self.value, self.steps, self.epochs_since = value, n_steps, 0
            self.weights = {k: v.detach().clone() for k, v in self.module.state_dict().items()}
        return {"monitor": value}

    def restore(self, n_steps: int) -> int:
        if self.weights is None:
            return n_steps
        self.module.load_state_dict(self.weights)
        return self.steps
