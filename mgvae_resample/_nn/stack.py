"""Trains copies of one network at the same time, each on data of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from .training import Adam, Diverged, History, Progress, Report, Terms, TrainConfig

__all__ = ["StackObjective", "fit_stack"]


class StackObjective(Protocol):
    """What the trainings of a stack minimise.

    Members are numbered. Weights have a row for each member that is still in training.
    """

    def begin_epoch(self, members: Sequence[int], n_steps: int) -> None:
        """Draw the batches of all steps of an epoch."""

    def step(self, number: int, weights: Tensor) -> Terms:
        """Return the terms of the loss of each member, for a step of the epoch. Shape: (n,)."""

    def validate(self, member: int, weights: Tensor) -> float | None:
        """Return the loss of a member's held-out rows, None if it has none."""


def fit_stack(
    weights: Tensor,
    objective: StackObjective,
    configs: Mapping[int, TrainConfig],
    reports: Mapping[int, Report | None],
) -> tuple[dict[int, History], dict[int, str]]:
    """Train the members of a stack, each as :func:`fit_module` would.

    All members take a step at the same time, as batched matrix products. Members that have ended
    leave the stack after an epoch. Epochs have equally many steps.

    Shape: weights (n_members, n_weights), updated in place in the rows of ``configs``.

    Returns
    -------
    histories : dict of int to History
        What happened in each training that has not diverged.
    errors : dict of int to str
        Why the others diverged.
    """
    members, errors = list(configs), {}
    following = {m: Progress(configs[m], reports[m]) for m in members}
    first = configs[members[0]]
    adam, start = Adam(weights[members], first.betas), 0
    while members:
        left = max(configs[m].max_steps for m in members) - start
        n_steps = min(first.epoch_steps, left)
        objective.begin_epoch(members, n_steps)
        of_steps = [[_rate(configs[m], start + k) for m in members] for k in range(n_steps)]
        rates, total = weights.new_tensor(of_steps), weights.new_zeros(())
        for number in range(n_steps):
            with torch.enable_grad():
                terms = objective.step(number, adam.variable)
                losses = torch.stack(list(terms.values()))
                losses.sum().backward()  # type: ignore[no-untyped-call]
            adam.step(rates[number][:, None])
            total = total + losses.detach() * (rates[number] > 0.0)
        start += n_steps
        goes_on = []
        for i, (m, sums) in enumerate(zip(members, total.T.tolist(), strict=True)):
            progress, row = following[m], adam.weights[i]
            before = progress.history.n_steps
            progress.history.n_steps = min(start, configs[m].max_steps)
            n_taken = progress.history.n_steps - before
            values = {name: value / n_taken for name, value in zip(terms, sums, strict=True)}
            with torch.no_grad():
                loss = objective.validate(m, row)
            try:
                is_over = progress.is_over(values, loss, row)
                if is_over:
                    weights[m] = progress.end(row)
            except Diverged as error:
                is_over, errors[m] = True, str(error)
            goes_on.append(not is_over)
        if not all(goes_on):
            members = [m for m, stays in zip(members, goes_on, strict=True) if stays]
            adam.keep(torch.tensor(goes_on))
    return {m: p.history for m, p in following.items() if m not in errors}, errors


def _rate(config: TrainConfig, step: int) -> float:
    """Return the learning rate of a step, 0 after the last."""
    return config.learning_rate * config.rate(step) if step < config.max_steps else 0.0
