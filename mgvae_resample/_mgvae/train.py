"""Pre-train on the exemplars once, then fine-tune a copy on each minority class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from .._encoding.layout import EncodedRows
from .._modality.base import Modality
from .._nn.mlp import initialise
from .._nn.random import normal
from .._nn.training import History, Terms, TrainConfig, batches
from .._rejection.sampler import Indices
from .._run import Run, single_thread
from .elbo import negative_elbo
from .ewc import Weights, ewc_penalty, fisher_information
from .model import MajorityGuidedVAE
from .residual import decoded

__all__ = ["MGVAEConfig", "Task", "finetune", "pretrain"]

# With fewer rows than the first number, a held-out fifth is too few for early stopping; with at
# least the second, four fifths of the rows are enough to train on.
_FEWEST_FOR_HOLDOUT, _ENOUGH_WITHOUT_HOLDOUT = 50, 500
# Rows for the Fisher information: real ones, or generated ones in the published method.
_FISHER_ROWS, _PUBLISHED_FISHER_ROWS = 128, 100
_FEWEST_HELD_EXEMPLARS, _MOST_HELD_EXEMPLARS = 10, 1000
# Few held-out rows are repeated with other noise, for a less noisy loss.
_VALIDATION_DRAWS, _MOST_VALIDATION = 16, {"table": 2000, "image": 500}


@dataclass(frozen=True)
class MGVAEConfig:
    """The method's parameters, checked and free of "auto".

    ``responsibility`` is the fraction of exemplars that are chosen by their responsibility for the
    minority; the others are chosen uniformly. Classes too small for a holdout are fine-tuned for
    ``steps_without_holdout`` steps. With ``is_published``, fine-tuning takes all steps,
    and the Fisher information is that of generated rows, not normalised.
    """

    hidden_layer_sizes: Sequence[int]
    latent_dim: int
    n_exemplars: int
    batch_size: int
    ewc_weight: float
    responsibility: float
    pretrain: TrainConfig
    finetune: TrainConfig
    steps_without_holdout: int
    is_published: bool = False

    def key(self, training: TrainConfig) -> tuple[object, ...]:
        """Return what a training depends on, without parameters of drawing."""
        sizes = (self.hidden_layer_sizes, self.latent_dim, self.n_exemplars, self.batch_size)
        return (*sizes, training)


def pretrain(
    run: Run, config: MGVAEConfig, modality: Modality, rows: EncodedRows
) -> tuple[MajorityGuidedVAE, Weights] | None:
    """Fit the model to the exemplars under their leave-one-out prior.

    Shape: rows (m, d).

    Returns
    -------
    network, information : MajorityGuidedVAE, dict of str to Tensor
        The network and the Fisher information of its weights; None if training diverged.
    """
    network = MajorityGuidedVAE(modality, config.hidden_layer_sizes, config.latent_dim)
    initialise(network, run.rng("weights"))
    network.to(run.device)
    key = run.key(network, "MGVAE", "pretrain", config.key(config.pretrain), modality.key(), rows)
    information = run.load(network, key)
    if information is not None:
        return network, information
    order = torch.randperm(len(rows), generator=run.rng("holdout")).numpy()
    n_held = min(len(rows) // 10, _MOST_HELD_EXEMPLARS)
    held, kept = run.tensor(rows[order[:n_held]]), run.tensor(rows[order[n_held:]])
    objective = Pretraining(run, config, network, kept)
    if n_held >= _FEWEST_HELD_EXEMPLARS:
        objective.hold_out(modality.inputs(held), modality.inputs(kept[:n_held]))
    history = run.train(network, objective, config.pretrain, phase="pretrain")
    if history.stop_reason == "diverged":
        return None
    information = _information(run, config, network, kept)
    run.store(network, key, **information)
    return network, information


def _information(
    run: Run, config: MGVAEConfig, network: MajorityGuidedVAE, rows: Tensor
) -> Weights:
    """Return the Fisher information of real rows, or of generated ones if published."""
    inputs, rng = network.modality.inputs, run.rng("fisher")
    x, exemplars = (inputs(rows[:n]) for n in (_FISHER_ROWS, config.n_exemplars))
    if config.is_published:
        chosen = torch.randint(len(rows), (_PUBLISHED_FISHER_ROWS,), generator=rng)
        with torch.no_grad():
            means = network.encode(inputs(rows[chosen.to(rows.device)]))
            eps = normal(tuple(means.shape), rng, run.device)
            x = decoded(network, network.reparameterise(means, eps))
    eps = normal((len(x), config.latent_dim), rng, run.device)
    is_normalised = not config.is_published
    return fisher_information(network, x, exemplars, eps, is_normalised=is_normalised)


class Task(NamedTuple):
    """A class to fine-tune on: its number, its rows and exemplars by index, and the budget."""

    number: int
    class_index: Indices
    exemplar_index: Indices
    budget: TrainConfig

    @property
    def n_held(self) -> int:
        """Number of rows that are held out for early stopping."""
        n_rows = len(self.class_index)
        can_stop = self.budget.patience is not None
        return n_rows // 5 if can_stop and n_rows >= _FEWEST_FOR_HOLDOUT else 0


def finetune(
    run: Run,
    config: MGVAEConfig,
    tasks: Mapping[str, Task],
    pretrained: tuple[MajorityGuidedVAE, Weights],
    rows: EncodedRows,
) -> tuple[list[MajorityGuidedVAE | None], Run]:
    """Fine-tune copies of the pre-trained model, one for each class, maybe in a joblib worker.

    With at least 50 rows, a fifth of them is held out, and the weights with the lowest validation
    loss are kept. With fewer than 500 rows, training continues on all of them, for a quarter of
    the steps taken so far, or until half of ``steps_without_holdout``. With fewer than 50 rows,
    ``steps_without_holdout`` steps are taken. The published method takes all steps on all rows.

    Shape: rows (n, d); tasks, by the names of their phases, have indices of them.

    Returns
    -------
    networks : list of MajorityGuidedVAE or None
        None where training diverged.
    run : Run
        The run, with what it recorded.
    """
    with single_thread:
        network, numbered = pretrained[0], dict(enumerate(tasks.values()))
        key = _finetuning_key(run, config, network, tasks, rows)
        stored = run.load(network, key)
        if stored is not None:
            return [_with_weights(network, some) for some in stored["classes"]], run
        objective = Finetuning(run, config, network, pretrained[1], rows, numbered)
        weights = objective.anchor.repeat(len(tasks), 1)
        # NOTE[DIFF] The paper takes a fixed number of epochs, which memorises rows.
        objective.begin({m: task.n_held for m, task in numbered.items()})
        budgets = {m: t.budget if t.n_held else _fixed(config, t) for m, t in numbered.items()}
        phases = dict(enumerate(tasks))
        histories = run.train_stack(weights, objective, budgets, phases=phases)
        finals = _finals(config, numbered, histories)
        if finals:
            objective.begin(dict.fromkeys(finals, 0))
            ended = run.train_stack(weights, objective, finals, phases=dict.fromkeys(finals))
            for m, final in ended.items():
                histories[m].n_steps = histories[m].best_steps + final.n_steps
                if final.stop_reason == "diverged":
                    histories[m].n_steps, histories[m].stop_reason = 0, "diverged"
        for m, history in histories.items():
            if history.stop_reason == "diverged":
                weights[m] = torch.nan
        run.store(network, key, classes=weights)
        return [_with_weights(network, some) for some in weights], run


def _finetuning_key(
    run: Run,
    config: MGVAEConfig,
    network: MajorityGuidedVAE,
    tasks: Mapping[str, Task],
    rows: EncodedRows,
) -> str:
    if run.cache is None:
        return ""
    settings = config.key(config.finetune), config.ewc_weight, network.modality.key()
    # Classes share most exemplars, so rows are hashed once.
    of_tasks = [(task.class_index, task.exemplar_index) for task in tasks.values()]
    used = np.unique(np.concatenate([*chain(*of_tasks)]))
    parts = [
        (task.number, task.budget, *(np.searchsorted(used, index) for index in indices))
        for task, indices in zip(tasks.values(), of_tasks, strict=True)
    ]
    weights = network.state_dict().values()
    return run.key(network, "MGVAE", *tasks, *settings, *weights, rows[used], *chain(*parts))


def _with_weights(network: MajorityGuidedVAE, weights: Tensor) -> MajorityGuidedVAE | None:
    """Return a copy of a network with these weights, None if they are not numbers."""
    if bool(weights.isnan().any()):
        return None
    copy = deepcopy(network)
    vector_to_parameters(weights, copy.parameters())
    return copy


def _fixed(config: MGVAEConfig, task: Task) -> TrainConfig:
    """Return the settings of a training without held-out rows."""
    n_steps = task.budget.max_steps
    if not config.is_published:
        n_steps = min(config.steps_without_holdout, n_steps)
    return replace(task.budget, max_steps=n_steps, patience=None)


def _finals(
    config: MGVAEConfig, tasks: Mapping[int, Task], histories: Mapping[int, History]
) -> dict[int, TrainConfig]:
    """Return the settings of the trainings on all rows that follow early stopping."""
    n_fewest, finals = config.steps_without_holdout // 2, {}
    for m, task in tasks.items():
        history, n_most = histories[m], task.budget.max_steps
        is_over = history.stop_reason in ("diverged", "callback")
        if is_over or not task.n_held or len(task.class_index) >= _ENOUGH_WITHOUT_HOLDOUT:
            continue
        n_steps = max(history.best_steps // 4, n_fewest - history.best_steps)
        rate, n_steps = history.learning_rate, min(n_steps, n_most)
        finals[m] = replace(task.budget, max_steps=n_steps, patience=None, learning_rate=rate)
    return finals


class Pretraining:
    """ELBO of a batch whose rows are among the exemplars, each left out of its mixture."""

    def __init__(
        self, run: Run, config: MGVAEConfig, network: MajorityGuidedVAE, rows: Tensor
    ) -> None:
        self.run, self.config, self.network = run, config, network
        self.inputs, self.rng = network.modality.inputs, run.rng("noise")
        self.rows, self.n_batch = rows, min(config.batch_size, len(rows))
        n_drawn = min(max(self.n_batch, config.n_exemplars, 2), len(rows))
        self.draw = batches(len(rows), n_drawn, run.rng("rows"))
        self.held: tuple[Tensor, Tensor, Tensor] | None = None

    def hold_out(self, x: Tensor, exemplar_inputs: Tensor) -> None:
        """Validate on rows that are not trained on, with the same noise every time."""
        eps = normal((len(x), self.network.latent_dim), self.run.rng("validation"), x.device)
        self.held = x, exemplar_inputs, eps

    def validate(self) -> float | None:
        """Return the negative ELBO of the held-out rows."""
        if self.held is None:
            return None
        (x, exemplars, eps), encode = self.held, self.network.encode
        terms = negative_elbo(self.network, x, encode(x), encode(exemplars), eps)
        return float(torch.stack(list(terms.values())).sum())

    def step(self, n_steps: int, weights: Tensor) -> Terms:
        """Return the terms of one batch."""
        exemplars = self.inputs(self.rows.index_select(0, next(self.draw).to(self.run.device)))
        x, others = exemplars[: self.n_batch], exemplars[self.n_batch :]
        mean = self.network.encode(x)
        # A gradient through the others would take a fifth of the time, and gains nothing.
        with torch.no_grad():
            of_others = self.network.encode(others)
        eps = normal((self.n_batch, self.network.latent_dim), self.rng, self.run.device)
        means = torch.cat([mean, of_others])
        return negative_elbo(self.network, x, mean, means, eps, leave_one_out=True)


class Finetuning:
    """ELBO of batches of some classes under priors of their exemplars, and the EWC penalty.

    The members of the stack are the classes. The penalty keeps the weights of each close to those
    of the pre-trained network.
    """

    def __init__(
        self,
        run: Run,
        config: MGVAEConfig,
        network: MajorityGuidedVAE,
        information: Weights,
        rows: EncodedRows,
        tasks: Mapping[int, Task],
    ) -> None:
        self.run, self.config, self.network, self.tasks = run, config, network, tasks
        self.bound = _Bound(network)
        self.parameters = dict(self.bound.named_parameters())
        self.sizes = [parameter.numel() for parameter in self.parameters.values()]
        self.rows, self.inputs = run.tensor(rows), network.modality.inputs
        self.anchor = parameters_to_vector(network.parameters()).detach()
        of_weights = (information[name] for name, _ in network.named_parameters())
        self.importance = parameters_to_vector(of_weights)

    def begin(self, n_held: Mapping[int, int]) -> None:
        """Start a training of some classes, with so many rows of each held out."""
        self.draws = {m: self._draws(self.tasks[m], n) for m, n in n_held.items()}
        self.held = {m: self._held(self.tasks[m], n) for m, n in n_held.items() if n}

    def _rng(self, task: Task, purpose: str) -> torch.Generator:
        return self.run.rng("class", task.number, purpose)

    def _split(self, task: Task, n_held: int) -> tuple[Tensor, Tensor]:
        """Return the indices of held-out rows, and of the others."""
        index = torch.from_numpy(task.class_index)
        if n_held:
            index = index[torch.randperm(len(index), generator=self._rng(task, "holdout"))]
        return index[:n_held], index[n_held:]

    def _draws(self, task: Task, n_held: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield batches for ever: indices of rows and of exemplars, and noise."""
        kept, noise = self._split(task, n_held)[1], self._rng(task, "noise")
        exemplars = torch.from_numpy(task.exemplar_index)
        size, k = self.config.batch_size, self.network.latent_dim
        of_rows = batches(len(kept), size, self._rng(task, "rows"))
        n = min(self.config.n_exemplars, len(exemplars))
        of_exemplars = batches(len(exemplars), n, self._rng(task, "exemplars"))
        for i, j in zip(of_rows, of_exemplars, strict=False):
            yield kept[i], exemplars[j], normal((size, k), noise, torch.device("cpu"))

    def _held(self, task: Task, n_held: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return inputs of held-out rows and of exemplars, and noise, the same every time."""
        n_most = _MOST_VALIDATION[self.network.modality.name]
        held = self._split(task, n_held)[0][:n_most]
        n_draws = min(_VALIDATION_DRAWS, n_most // len(held))
        exemplars = torch.from_numpy(task.exemplar_index)
        order = torch.randperm(len(exemplars), generator=self._rng(task, "reference"))
        some = exemplars[order[: min(n_most, _MOST_HELD_EXEMPLARS)]]
        shape = (n_draws * len(held), self.network.latent_dim)
        eps = normal(shape, self._rng(task, "validation"), self.run.device)
        return self._inputs(held).repeat(n_draws, 1), self._inputs(some), eps

    def _inputs(self, index: Tensor) -> Tensor:
        """Return the inputs of rows. Shape: (..., n) -> (..., n, n_inputs)."""
        flat = self.inputs(self.rows.index_select(0, index.flatten().to(self.rows.device)))
        return flat.view(*index.shape, -1)

    def begin_epoch(self, members: Sequence[int], n_steps: int) -> None:
        """Draw the batches of an epoch: for each step and class, (n_steps, n, ...)."""
        drawn = [[next(self.draws[m]) for m in members] for _ in range(n_steps)]
        parts = zip(*(zip(*step, strict=True) for step in drawn), strict=True)
        self.batch = [torch.stack([torch.stack(of_step) for of_step in part]) for part in parts]
        self.batch[2] = self.batch[2].to(self.run.device)

    def step(self, number: int, weights: Tensor) -> Terms:
        """Return the terms of one batch of each class."""
        i, j, eps = (part[number] for part in self.batch)
        x, exemplars = self._inputs(i), self._inputs(j)
        if len(weights) == 1:
            one = self._terms(weights[0], x[0], exemplars[0], eps[0])
            terms = {name: value.unsqueeze(0) for name, value in one.items()}
        else:
            terms = vmap(self._terms)(weights, x, exemplars, eps)
        penalty = ewc_penalty(weights, self.anchor, self.importance)
        return terms | {"ewc": self.config.ewc_weight * penalty}

    def validate(self, member: int, weights: Tensor) -> float | None:
        """Return the negative ELBO of the held-out rows of a class."""
        if member not in self.held:
            return None
        terms = self._terms(weights, *self.held[member])
        return float(torch.stack(list(terms.values())).sum())

    def _terms(self, weights: Tensor, x: Tensor, exemplars: Tensor, eps: Tensor) -> Terms:
        """Return the terms for given weights (n_weights,)."""
        named = zip(self.parameters.items(), torch.split(weights, self.sizes), strict=True)
        values = {name: part.view_as(parameter) for (name, parameter), part in named}
        terms: Terms = functional_call(self.bound, values, (x, exemplars, eps))
        return terms


class _Bound(nn.Module):
    """The negative ELBO as a module's forward, for ``functional_call``."""

    def __init__(self, network: MajorityGuidedVAE) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, exemplars: Tensor, eps: Tensor) -> Terms:
        means = self.network.encode(torch.cat([x, exemplars]))
        return negative_elbo(self.network, x, means[: len(x)], means[len(x) :], eps)
