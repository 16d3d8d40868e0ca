"""Pre-train on the exemplars once, then fine-tune a copy on each minority class."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from .._encoding.layout import EncodedRows
from .._modality.base import Modality
from .._nn.mlp import initialise
from .._nn.random import normal
from .._nn.training import History, Terms, TrainConfig, batches
from .._run import Run, single_thread
from .elbo import negative_elbo
from .ewc import Weights, ewc_penalty, fisher_information
from .model import MajorityGuidedVAE
from .residual import decoded

__all__ = ["MGVAEConfig", "finetune", "pretrain"]

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


def finetune(
    run: Run,
    config: MGVAEConfig,
    phase: str,
    pretrained: tuple[MajorityGuidedVAE, Weights],
    exemplars: EncodedRows,
    class_rows: EncodedRows,
) -> tuple[MajorityGuidedVAE | None, Run]:
    """Fine-tune a copy of the pre-trained model on one class, maybe in a joblib worker.

    With at least 50 rows, a fifth of them is held out, and the weights with the lowest validation
    loss are kept. With fewer than 500 rows, training continues on all of them, for a quarter of
    the steps taken so far, or until half of ``steps_without_holdout``. With fewer than 50 rows,
    ``steps_without_holdout`` steps are taken. The published method takes all steps on all rows.

    Shape: exemplars (m, d), class_rows (n, d).

    Returns
    -------
    network : MajorityGuidedVAE or None
        None if training diverged.
    run : Run
        The run, with what it recorded.
    """
    with single_thread:
        network, budget = deepcopy(pretrained[0]), config.finetune
        weights = network.state_dict().values()
        settings = config.key(budget), config.ewc_weight, network.modality.key()
        key = run.key(network, "MGVAE", phase, *settings, *weights, exemplars, class_rows)
        if run.load(network, key) is not None:
            return network, run
        rows = run.tensor(class_rows)
        objective = Finetuning(run, config, network, pretrained[1], run.tensor(exemplars))
        n_held = 0 if config.is_published else _n_held(len(rows))
        if n_held == 0:
            objective.begin(rows)
            fixed = _fixed(config)
            history = run.train(network, objective, fixed, phase=phase)
        else:
            # NOTE[DIFF] The paper takes a fixed number of epochs, which memorises rows.
            order = torch.randperm(len(rows), generator=run.rng("holdout"))
            objective.begin(rows[order[n_held:]], held=rows[order[:n_held]])
            history = run.train(network, objective, budget, phase=phase)
            is_over = history.stop_reason in ("diverged", "callback")
            if not is_over and len(rows) < _ENOUGH_WITHOUT_HOLDOUT:
                objective.begin(rows)
                final = run.train(network, objective, _final(config, history), phase=None)
                history.n_steps = history.best_steps + final.n_steps
                if final.stop_reason == "diverged":
                    history.n_steps, history.stop_reason = 0, "diverged"
        if history.stop_reason == "diverged":
            return None, run
        run.store(network, key)
        return network, run


def _n_held(n_rows: int) -> int:
    """Return how many rows are held out for early stopping."""
    return n_rows // 5 if n_rows >= _FEWEST_FOR_HOLDOUT else 0


def _fixed(config: MGVAEConfig) -> TrainConfig:
    """Return the settings of a training without held-out rows."""
    n_steps = config.finetune.max_steps
    if not config.is_published:
        n_steps = min(config.steps_without_holdout, n_steps)
    return replace(config.finetune, max_steps=n_steps, patience=None)


def _final(config: MGVAEConfig, history: History) -> TrainConfig:
    """Return the settings of the training on all rows that follows early stopping."""
    budget, n_fewest = config.finetune, config.steps_without_holdout // 2
    n_steps = min(max(history.best_steps // 4, n_fewest - history.best_steps), budget.max_steps)
    return replace(budget, max_steps=n_steps, patience=None, learning_rate=history.learning_rate)


class _Bound:
    """The negative ELBO, to be minimised; subclasses draw the batches."""

    def __init__(self, run: Run, config: MGVAEConfig, network: MajorityGuidedVAE) -> None:
        self.run, self.config, self.network = run, config, network
        self.inputs, self.rng = network.modality.inputs, run.rng("noise")
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

    def eps(self, n: int) -> Tensor:
        """Draw the noise of a batch. Shape: -> (n, k)."""
        return normal((n, self.network.latent_dim), self.rng, self.run.device)


class Pretraining(_Bound):
    """ELBO of a batch whose rows are among the exemplars, each left out of its mixture."""

    def __init__(
        self, run: Run, config: MGVAEConfig, network: MajorityGuidedVAE, rows: Tensor
    ) -> None:
        super().__init__(run, config, network)
        self.rows, self.n_batch = rows, min(config.batch_size, len(rows))
        n_drawn = max(self.n_batch, config.n_exemplars, 2)
        self.draw = batches(len(rows), n_drawn, run.rng("rows"))

    def step(self, n_steps: int, weights: Tensor) -> Terms:
        """Return the terms of one batch."""
        exemplars = self.inputs(self.rows.index_select(0, next(self.draw).to(self.run.device)))
        x, others = exemplars[: self.n_batch], exemplars[self.n_batch :]
        mean = self.network.encode(x)
        # A gradient through the others would take a fifth of the time, and gains nothing.
        with torch.no_grad():
            of_others = self.network.encode(others)
        means, eps = torch.cat([mean, of_others]), self.eps(self.n_batch)
        return negative_elbo(self.network, x, mean, means, eps, leave_one_out=True)


class Finetuning(_Bound):
    """ELBO of a batch of the class under the prior of some exemplars, and the EWC penalty.

    The penalty keeps the weights close to those that the network has at construction.
    """

    def __init__(
        self,
        run: Run,
        config: MGVAEConfig,
        network: MajorityGuidedVAE,
        information: Weights,
        exemplars: Tensor,
    ) -> None:
        super().__init__(run, config, network)
        self.exemplars = exemplars
        self.anchor = parameters_to_vector(network.parameters()).detach()
        of_weights = (information[name] for name, _ in network.named_parameters())
        self.importance = parameters_to_vector(of_weights)

    def begin(self, rows: Tensor, held: Tensor | None = None) -> None:
        """Set the rows of the class to train on, and those to validate on."""
        self.rows, self.rng, self.held = rows, self.run.rng("noise"), None
        size, n_exemplars = self.config.batch_size, self.config.n_exemplars
        self.draw = batches(len(rows), size, self.run.rng("rows"))
        self.draw_exemplars = batches(len(self.exemplars), n_exemplars, self.run.rng("exemplars"))
        if held is not None:
            n_most = _MOST_VALIDATION[self.network.modality.name]
            held = held[:n_most]
            n_draws = min(_VALIDATION_DRAWS, n_most // len(held))
            order = torch.randperm(len(self.exemplars), generator=self.run.rng("reference"))
            n_exemplars = min(n_most, _MOST_HELD_EXEMPLARS)
            some = self.exemplars[order[:n_exemplars].to(self.run.device)]
            self.hold_out(self.inputs(held).repeat(n_draws, 1), self.inputs(some))

    def step(self, n_steps: int, weights: Tensor) -> Terms:
        """Return the terms of one batch."""
        x = self.inputs(self.rows.index_select(0, next(self.draw).to(self.run.device)))
        some = self.inputs(
            self.exemplars.index_select(0, next(self.draw_exemplars).to(self.run.device))
        )
        means = self.network.encode(torch.cat([x, some]))
        eps = self.eps(len(x))
        terms = negative_elbo(self.network, x, means[: len(x)], means[len(x) :], eps)
        penalty = ewc_penalty(weights, self.anchor, self.importance)
        return terms | {"ewc": self.config.ewc_weight * penalty}
