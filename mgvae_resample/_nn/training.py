"""The training loop of all models: schedule, validation, early stopping, EMA, history."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

__all__ = [
    "EMA",
    "Adam",
    "BestCheckpoint",
    "Diverged",
    "History",
    "Objective",
    "Progress",
    "Report",
    "StopReason",
    "Terms",
    "TrainConfig",
    "batches",
    "fit_module",
]

Terms = dict[str, Tensor]
Report = Callable[[Mapping[str, float]], bool]
StopReason = Literal["max_steps", "early_stopping", "callback", "diverged"]

_LOWEST_RATE = 0.02  # of the learning rate, at the end of the decay
_ADAM_EPSILON = 1e-8


class Objective(Protocol):
    """What a training minimises."""

    def step(self, n_steps: int, weights: Tensor) -> Terms:
        """Draw a batch and return the named terms of its loss, after ``n_steps`` steps.

        ``weights`` are all weights of the module as one vector, through which a term may send a
        gradient.
        """

    def validate(self) -> float | None:
        """Return the loss of held-out rows, None if there are none."""


class Diverged(RuntimeError):
    """The loss or the weights stopped being finite numbers."""


@dataclass(frozen=True)
class TrainConfig:
    """How long and how fast to train."""

    max_steps: int
    learning_rate: float
    epoch_steps: int = 50  # between two entries of the history, reports and validations
    patience: int | None = None  # epochs without a better validation loss before stopping
    decay: float = 0.3  # last fraction of the training, over which the learning rate falls
    betas: tuple[float, float] = (0.9, 0.999)
    ema_decay: float | None = None  # of the moving average of weights that is kept, if any

    @property
    def n_epochs(self) -> int:
        """Maximum number of epochs."""
        return math.ceil(self.max_steps / self.epoch_steps)

    def rate(self, step: int) -> float:
        """Return the factor of the learning rate at a step."""
        left = (self.max_steps - step) / (self.decay * self.max_steps)
        return min(1.0, max(left, _LOWEST_RATE))


@dataclass
class History:
    """What happened in a training: means of the loss terms over each epoch, and how it ended."""

    terms: dict[str, list[float]] = field(default_factory=dict)
    n_steps: int = 0
    best_steps: int = 0  # steps after which the kept weights were reached
    stop_reason: StopReason = "max_steps"
    learning_rate: float = math.nan

    def append(self, values: Mapping[str, float]) -> None:
        """Add one epoch."""
        for name, value in values.items():
            self.terms.setdefault(name, []).append(value)


def batches(n_rows: int, batch_size: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield index tensors for ever, each row once per pass.

    All batches are full: the tail of one permutation is joined to the head of the next, and rows
    of a table smaller than a batch occur several times.
    """
    pool = torch.randperm(n_rows, generator=rng)
    while True:
        while len(pool) < batch_size:
            pool = torch.cat([pool, torch.randperm(n_rows, generator=rng)])
        yield pool[:batch_size]
        pool = pool[batch_size:]


def fit_module(
    module: nn.Module,
    objective: Objective,
    config: TrainConfig,
    report: Report | None = None,
) -> History:
    """Minimise the sum of the objective's named terms.

    The module keeps the weights with the lowest validation loss, or the last ones if nothing is
    held out. A ``report`` that returns True stops the training.

    Raises
    ------
    Diverged
        If a term or a weight becomes infinite or not a number.
    """
    adam = Adam(parameters_to_vector(module.parameters()).detach(), config.betas)
    adam.share(module)
    ema = None if config.ema_decay is None else EMA(adam.weights, config.ema_decay)
    progress = Progress(config, report)
    history = progress.history
    means = _Means()
    for _ in range(config.n_epochs):
        n_steps = min(config.epoch_steps, config.max_steps - history.n_steps)
        for _ in range(n_steps):
            with torch.enable_grad():
                terms = objective.step(history.n_steps, adam.variable)
                losses = torch.stack(list(terms.values()))
                losses.sum().backward()  # type: ignore[no-untyped-call]
            adam.step(config.learning_rate * config.rate(history.n_steps))
            history.n_steps += 1
            if ema is not None:
                ema.update(history.n_steps)
            means.add(tuple(terms), losses.detach())
        with torch.no_grad():
            loss = objective.validate()
        if progress.is_over(means.take(n_steps), loss, adam.weights):
            break
    if ema is not None:
        adam.weights.copy_(ema.average)
    adam.weights.copy_(progress.end(adam.weights))
    module.zero_grad(set_to_none=True)
    return history


class Progress:
    """Follows one training: its history, its best weights, and whether it is over.

    Parameters
    ----------
    config : TrainConfig
        How long and how fast to train.
    report : callable or None
        Gets the values of each epoch; True stops the training.
    """

    def __init__(self, config: TrainConfig, report: Report | None = None) -> None:
        self.config, self.report = config, report
        self.history = History(learning_rate=config.learning_rate)
        self.best = BestCheckpoint()

    def is_over(self, values: dict[str, float], loss: float | None, weights: Tensor) -> bool:
        """Record an epoch with its validation loss, and return whether it was the last.

        Raises
        ------
        Diverged
            If a value is not finite.
        """
        history = self.history
        if loss is not None:
            values = values | {"validation_loss": loss}
            self.best.look(loss, history.n_steps, weights)
        if not all(map(math.isfinite, values.values())):
            raise Diverged(f"after {history.n_steps} steps the loss terms are {values}")
        history.append(values)
        if self.report is not None and self.report(values):
            history.stop_reason = "callback"
            return True
        if self.config.patience is not None and self.best.epochs_since > self.config.patience:
            history.stop_reason = "early_stopping"
            return True
        return history.n_steps >= self.config.max_steps

    def end(self, weights: Tensor) -> Tensor:
        """Return the weights to keep: those of the best validation loss, or the last.

        Raises
        ------
        Diverged
            If a weight is not finite.
        """
        if not bool(weights.isfinite().all()):
            raise Diverged(f"after {self.history.n_steps} steps the weights are no longer finite")
        self.history.best_steps = self.history.n_steps
        if self.best.weights is None:
            return weights
        self.history.best_steps = self.best.steps
        return self.best.weights


class _Means:
    """Means of loss terms over an epoch; a term counts as 0 in steps without it."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, ...], Tensor] = {}

    def add(self, names: tuple[str, ...], losses: Tensor) -> None:
        """Add the terms of one step."""
        self.sums[names] = self.sums[names] + losses if names in self.sums else losses

    def take(self, n_steps: int) -> dict[str, float]:
        """Return the means over ``n_steps`` steps, and reset."""
        means = dict.fromkeys(itertools.chain(*self.sums), 0.0)
        for names, total in self.sums.items():
            for name, value in zip(names, total.tolist(), strict=True):
                means[name] += value / n_steps
            self.sums[names] = torch.zeros_like(total)
        return means


class Adam:
    """Adam (Kingma and Ba, ICLR 2015, Algorithm 1) on weights that are one tensor.

    torch's optimisers import torch's compiler, which takes longer than a small training.

    Parameters
    ----------
    weights : Tensor
        A vector, or a matrix with a row for each network. It is updated in place.
    betas : tuple of float
        Decay of the moving averages of gradients and of their squares.

    Attributes
    ----------
    variable : Tensor
        The same weights as a variable. Its gradient is used by :meth:`step`.
    """

    def __init__(self, weights: Tensor, betas: tuple[float, float]) -> None:
        self.weights = weights
        zeros = [torch.zeros_like(weights) for _ in range(4)]
        self.gradient, self.mean, self.square, self.spread = zeros
        self.variable = weights.detach().requires_grad_()
        self.variable.grad = self.gradient
        self.betas, self.n_steps = betas, 0

    def share(self, module: nn.Module) -> None:
        """Make a module's parameters views of the weights.

        So a step takes few operations, regardless of the number of layers.
        """
        parameters = list(module.parameters())
        sizes = [p.numel() for p in parameters]
        views = (torch.split(vector, sizes) for vector in (self.weights, self.gradient))
        for parameter, weights, gradient in zip(parameters, *views, strict=True):
            parameter.data = weights.view_as(parameter)
            parameter.grad = gradient.view_as(parameter)

    def step(self, learning_rate: float | Tensor) -> None:
        """Move the weights against the gradient, and set it to zero.

        Shape: a learning rate for each row of a matrix is (n, 1).
        """
        self.n_steps += 1
        beta1, beta2 = self.betas
        self.mean.lerp_(self.gradient, 1.0 - beta1)
        self.square.mul_(beta2).addcmul_(self.gradient, self.gradient, value=1.0 - beta2)
        correction = math.sqrt(1.0 - beta2**self.n_steps)
        # In reused memory, since allocation would take longer than the rest.
        spread = torch.sqrt(self.square, out=self.spread).add_(correction * _ADAM_EPSILON)
        size = learning_rate * correction / (1.0 - beta1**self.n_steps)
        if isinstance(size, Tensor):
            self.weights.addcmul_(self.mean.div(spread), size, value=-1.0)
        else:
            self.weights.addcdiv_(self.mean, spread, value=-size)
        self.gradient.zero_()

    def keep(self, rows: Tensor) -> None:
        """Go on with some rows of a matrix only. Shape: a mask (n,) ->."""
        n_steps, kept = self.n_steps, (self.mean[rows], self.square[rows])
        self.__init__(self.weights[rows], self.betas)  # type: ignore[misc]
        self.n_steps, (self.mean, self.square) = n_steps, kept


class BestCheckpoint:
    """The weights with the lowest validation loss so far."""

    def __init__(self) -> None:
        self.loss, self.steps, self.epochs_since = math.inf, 0, 0
        self.weights: Tensor | None = None

    def look(self, loss: float, n_steps: int, weights: Tensor) -> None:
        """Keep the weights if their validation loss is the lowest so far."""
        self.epochs_since += 1
        if loss < self.loss:
            self.loss, self.steps, self.epochs_since = loss, n_steps, 0
            self.weights = weights.clone()


class EMA:
    """Exponential moving average of weights, with a weight of ``decay`` on the past."""

    def __init__(self, weights: Tensor, decay: float) -> None:
        self.weights, self.average, self.decay = weights, weights.clone(), decay

    def update(self, n_steps: int) -> None:
        """Update the average after a step."""
        # A smaller decay at first, so that the random start is soon forgotten.
        kept = min(self.decay, n_steps / (n_steps + 10.0))
        self.average.lerp_(self.weights, 1.0 - kept)
