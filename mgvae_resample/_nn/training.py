"""The one training loop: schedule, validation, early stopping, EMA, history; blind to models."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import get_ema_multi_avg_fn

__all__ = [
    "EMA",
    "BestCheckpoint",
    "Diverged",
    "History",
    "Report",
    "Step",
    "StopReason",
    "Terms",
    "TrainConfig",
    "batches",
    "fit_module",
]

Terms = dict[str, Tensor]
# Given the number of steps taken before, draws a batch and returns the named terms of the loss.
Step = Callable[[int], Terms]
Report = Callable[[Mapping[str, float]], bool]
StopReason = Literal["max_steps", "early_stopping", "callback", "diverged"]

_LOWEST_RATE = 0.02  # of the learning rate, at the end of the decay


class Diverged(RuntimeError):
    """The loss or the weights stopped being finite numbers."""


@dataclass(frozen=True)
class TrainConfig:
    """How long and how fast to train.

    Parameters
    ----------
    max_steps : int
        Optimiser steps at most.
    learning_rate : float
        Adam's step size; it falls linearly over the last part of the training.
    epoch_steps : int
        Steps between two entries of the history, two reports and two validations.
    patience : int or None
        Epochs without a better validation loss before stopping; None never stops early.
    decay : float
        Share of the training, at its end, over which the learning rate falls.
    betas : tuple of two floats
        Adam's memory of the gradient and of its square.
    ema_decay : float or None
        The module is left with the exponential moving average of its weights, of which each step
        keeps this share; None leaves it with the weights themselves.
    """

    max_steps: int
    learning_rate: float
    epoch_steps: int = 50
    patience: int | None = None
    decay: float = 0.3
    betas: tuple[float, float] = (0.9, 0.999)
    ema_decay: float | None = None

    @property
    def n_epochs(self) -> int:
        """Epochs at most."""
        return math.ceil(self.max_steps / self.epoch_steps)

    def rate(self, step: int) -> float:
        """Return the share of the learning rate at a step."""
        left = (self.max_steps - step) / (self.decay * self.max_steps)
        return min(1.0, max(left, _LOWEST_RATE))


@dataclass
class History:
    """What happened in a training.

    Attributes
    ----------
    terms : dict of str to list of float
        Mean of each loss term over each epoch, and ``"validation_loss"`` where there is one.
    n_steps : int
        Optimiser steps taken.
    best_steps : int
        Steps after which the kept weights were reached.
    stop_reason : StopReason
        Why the training ended.
    learning_rate : float
        The learning rate it was done with.
    """

    terms: dict[str, list[float]] = field(default_factory=dict)
    n_steps: int = 0
    best_steps: int = 0
    stop_reason: StopReason = "max_steps"
    learning_rate: float = math.nan

    def append(self, values: Mapping[str, float]) -> None:
        """Add one epoch."""
        for name, value in values.items():
            self.terms.setdefault(name, []).append(value)


def batches(n_rows: int, batch_size: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield index tensors for ever, each row once per pass, no row ever dropped for good.

    A table smaller than a batch is one batch; otherwise every batch is full and the tail of one
    permutation is joined to the head of the next.
    """
    size = min(batch_size, n_rows)
    pool = torch.randperm(n_rows, generator=rng)
    while True:
        while len(pool) < size:
            pool = torch.cat([pool, torch.randperm(n_rows, generator=rng)])
        yield pool[:size]
        pool = pool[size:]


def fit_module(
    module: nn.Module,
    step: Step,
    config: TrainConfig,
    *,
    validate: Callable[[], float] | None = None,
    report: Report | None = None,
) -> History:
    """Minimise the sum of the named terms that ``step`` returns.

    Parameters
    ----------
    module : nn.Module
        Holds the parameters; left with the weights of the lowest validation loss (the last
        weights without one).
    step : callable
        Draws a batch and returns the terms of the loss, each a scalar tensor.
    config : TrainConfig
        Steps, learning rate and patience.
    validate : callable or None
        Loss of rows that are not trained on.
    report : callable or None
        Given the values of each epoch; returns True to stop.

    Returns
    -------
    History

    Raises
    ------
    Diverged
        If a term or a weight becomes infinite or not a number.
    """
    adam = torch.optim.Adam(
        module.parameters(), lr=config.learning_rate, betas=config.betas, fused=True
    )
    schedule = LambdaLR(adam, config.rate)
    history = History(learning_rate=config.learning_rate)
    ema = None if config.ema_decay is None else EMA(module, config.ema_decay)
    best = BestCheckpoint(module)
    for _ in range(config.n_epochs):
        sums: Terms = {}
        n_steps = min(config.epoch_steps, config.max_steps - history.n_steps)
        for _ in range(n_steps):
            with torch.enable_grad():
                terms = step(history.n_steps)
                torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
            adam.step()
            schedule.step()
            adam.zero_grad(set_to_none=True)
            history.n_steps += 1
            if ema is not None:
                ema.update(history.n_steps)
            for name, value in terms.items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value.detach()
        values = {name: float(total) / n_steps for name, total in sums.items()}
        if validate is not None:
            values["validation_loss"] = best.look(validate, history.n_steps)
        _check_terms(values, history.n_steps)
        history.append(values)
        if report is not None and report(values):
            history.stop_reason = "callback"
            break
        if config.patience is not None and best.epochs_since > config.patience:
            history.stop_reason = "early_stopping"
            break
    if ema is not None:
        ema.load()
    _check_weights(module, history.n_steps)
    history.best_steps = best.restore(history.n_steps)
    return history


class BestCheckpoint:
    """The weights with the lowest validation loss so far.

    Parameters
    ----------
    module : nn.Module
        The module in training.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.value, self.steps, self.epochs_since = math.inf, 0, 0
        self.weights: dict[str, Tensor] | None = None

    def look(self, validate: Callable[[], float], n_steps: int) -> float:
        """Validate, and keep the weights if they are the best so far."""
        with torch.no_grad():
            value = validate()
        self.epochs_since += 1
        if value < self.value:
            self.value, self.steps, self.epochs_since = value, n_steps, 0
            self.weights = {k: v.detach().clone() for k, v in self.module.state_dict().items()}
        return value

    def restore(self, n_steps: int) -> int:
        """Load the best weights, and return the steps after which they were reached."""
        if self.weights is None:
            return n_steps
        self.module.load_state_dict(self.weights)
        return self.steps


class EMA:
    """The exponential moving average of a module's weights.

    Parameters
    ----------
    module : nn.Module
        The module in training.
    decay : float
        Share that each step keeps of the average.
    """

    # torch's AveragedModel spends ten times as long on its bookkeeping as on the average.
    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = [p.detach() for p in module.parameters()]
        self.average = [w.clone() for w in self.weights]

    def update(self, n_steps: int) -> None:
        """Take in the weights after a step."""
        # The first steps count little, so that the random start is soon forgotten.
        kept = min(self.decay, n_steps / (n_steps + 10.0))
        get_ema_multi_avg_fn(kept)(  # type: ignore[no-untyped-call]
            self.average, self.weights, n_steps
        )

    def load(self) -> None:
        """Give the module the average."""
        for weight, average in zip(self.weights, self.average, strict=True):
            weight.copy_(average)


def _check_terms(values: Mapping[str, float], n_steps: int) -> None:
    if not all(map(math.isfinite, values.values())):
        raise Diverged(f"after {n_steps} steps the loss terms are {values}")


def _check_weights(module: nn.Module, n_steps: int) -> None:
    if not all(bool(p.isfinite().all()) for p in module.parameters()):
        raise Diverged(f"after {n_steps} steps the weights are no longer finite")
