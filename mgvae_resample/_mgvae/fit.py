"""Pre-train on the guide rows once, then fine-tune a copy on each minority class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._data.layout import Layout
from .._engine.heads import ColumnHeads
from .._engine.networks import initialise
from .._engine.persistence import Arrays, load_arrays, to_arrays
from .._engine.runtime import RandomStreams, normal
from .._engine.training import Budget, Report, Terms, TrainingRecord, batches, steadily, train
from .consolidation import consolidation_penalty, fisher_information
from .model import MajorityGuidedVAE
from .objective import negative_bound

__all__ = ["Finetuned", "Pretrained", "Settings", "build", "finetune", "pretrain"]

Codes = npt.NDArray[np.float32]

# With fewer rows than this a held-out fifth says too little about when to stop.
_FEWEST_FOR_HOLDOUT = 50
_STEPS_WITHOUT_HOLDOUT = 200
_FEWEST_STEPS = 100
_FISHER_ROWS = 256
_FEWEST_HELD_GUIDE_ROWS, _MOST_HELD_GUIDE_ROWS = 10, 1000
# Few held-out rows are drawn more than once each, for a steadier figure.
_HOLDOUT_DRAWS, _MOST_HELD_DRAWS = 16, 2000


@dataclass(frozen=True)
class Settings:
    """The method's parameters, checked and free of "auto".

    ``responsibility`` is the share of guide rows that are chosen by their responsibility for the
    minority; the rest is chosen uniformly.
    """

    layout: Layout
    hidden_layer_sizes: Sequence[int]
    latent_dim: int
    n_exemplars: int
    ewc_weight: float
    max_pretrain_steps: int
    max_finetune_steps: int
    batch_size: int
    learning_rate: float
    responsibility: float
    image_shape: tuple[int, ...] | None

    def network(self) -> MajorityGuidedVAE:
        """Make the network, its layers still empty."""
        return MajorityGuidedVAE(
            self.layout, self.hidden_layer_sizes, self.latent_dim, self.image_shape
        )

    def pretraining(self) -> Budget:
        """Budget of the pre-training."""
        return Budget(self.max_pretrain_steps, self.learning_rate, patience=8)

    def finetuning(self) -> Budget:
        """Budget of a fine-tuning; short epochs, since the best moment comes early."""
        return Budget(self.max_finetune_steps, self.learning_rate, epoch_steps=25, patience=4)


@dataclass(frozen=True)
class Pretrained:
    """Weights that know the guide rows (None: diverged), and how much each one matters."""

    weights: Arrays | None
    information: Arrays
    record: TrainingRecord
    trouble: str | None = None


@dataclass(frozen=True)
class Finetuned:
    """Weights that know one class; None where no learning rate led to any."""

    weights: Arrays | None
    record: TrainingRecord
    trouble: str | None = None


def build(settings: Settings, weights: Arrays, device: torch.device) -> MajorityGuidedVAE:
    """Make the network from stored weights."""
    model = settings.network()
    load_arrays(model, weights, device)
    return model


def pretrain(
    settings: Settings,
    guide: Codes,
    streams: RandomStreams,
    device: torch.device,
    report: Report | None = None,
) -> Pretrained:
    """Fit the model to the guide rows under their own leave-one-out exemplar prior."""
    order = torch.randperm(len(guide), generator=streams.generator("holdout")).numpy()
    n_held = min(len(guide) // 10, _MOST_HELD_GUIDE_ROWS)
    held = torch.from_numpy(guide[order[:n_held]]).to(device)
    rows = torch.from_numpy(guide[order[n_held:]]).to(device)
    features = ColumnHeads(settings.layout).features

    def attempt(budget: Budget) -> tuple[MajorityGuidedVAE, TrainingRecord]:
        model = settings.network()
        initialise(model, streams.generator("weights"))
        model.to(device)
        step_terms = _pretraining_step(model, settings, rows, streams)
        monitor = None
        if n_held >= _FEWEST_HELD_GUIDE_ROWS:
            noise = normal((n_held, settings.latent_dim), streams.generator("monitor"), device)
            of_held, others = features(held), features(rows[:n_held])
            monitor = partial(_bound_of, model, of_held, others, noise)
        return model, train(model, step_terms, budget, monitor=monitor, report=report)

    model, record, trouble = steadily(attempt, settings.pretraining())
    if model is None:
        return Pretrained(None, {}, record, trouble)
    chosen, exemplars = features(rows[:_FISHER_ROWS]), features(rows[: settings.n_exemplars])
    noise = normal((len(chosen), settings.latent_dim), streams.generator("fisher"), device)
    information = fisher_information(model, chosen, exemplars, noise)
    arrays = {name: value.cpu().numpy() for name, value in information.items()}
    return Pretrained(to_arrays(model), arrays, record, trouble)


def finetune(
    settings: Settings,
    pretrained: Pretrained,
    guide: Codes,
    minority: Codes,
    streams: RandomStreams,
    device: torch.device,
    report: Report | None = None,
) -> Finetuned:
    """Move the pre-trained model to one minority class, as far as held-out rows ask for.

    With 50 rows or more a fifth of them is held out, the number of steps with the best held-out
    bound is found, and the model is fitted again to all rows for that many steps, at least 100.
    With fewer rows 200 steps are made.
    """
    if pretrained.weights is None:
        return Finetuned(None, pretrained.record)
    training = _Finetuning(settings, pretrained, guide, streams, device)

    def attempt(budget: Budget) -> tuple[MajorityGuidedVAE, TrainingRecord]:
        if len(minority) < _FEWEST_FOR_HOLDOUT:
            steps = min(_STEPS_WITHOUT_HOLDOUT, budget.max_steps)
            return training.run(minority, replace(budget, max_steps=steps, patience=None), report)
        # NOTE[DIFF] The paper makes a fixed number of epochs, and rows are memorised.
        order = torch.randperm(len(minority), generator=streams.generator("holdout")).numpy()
        held, kept = np.split(minority[order], [len(minority) // 5])
        _, probe = training.run(kept, budget, report, held)
        steps = min(max(probe.best_steps, _FEWEST_STEPS), budget.max_steps)
        model, record = training.run(minority, replace(budget, max_steps=steps, patience=None))
        return model, replace(probe, n_steps=record.n_steps)

    model, record, trouble = steadily(attempt, settings.finetuning())
    return Finetuned(None if model is None else to_arrays(model), record, trouble)


def _pretraining_step(
    model: MajorityGuidedVAE, settings: Settings, rows: Tensor, streams: RandomStreams
) -> Callable[[], Terms]:
    """Bound of a batch whose own rows are the exemplars, each left out of its own mixture."""
    n_batch = min(settings.batch_size, len(rows))
    draw = batches(len(rows), max(n_batch, settings.n_exemplars, 2), streams.generator("rows"))
    noise = streams.generator("noise")

    def step_terms() -> Terms:
        exemplars = model.heads.features(rows[next(draw).to(rows.device)])
        means = model.encode(exemplars)
        e = normal((n_batch, settings.latent_dim), noise, rows.device)
        return negative_bound(
            model, exemplars[:n_batch], means[:n_batch], means, e, leave_one_out=True
        )

    return step_terms


@dataclass(frozen=True)
class _Finetuning:
    """All that stays the same between two runs on one class."""

    settings: Settings
    pretrained: Pretrained
    guide: Codes
    streams: RandomStreams
    device: torch.device

    def run(
        self,
        minority: Codes,
        budget: Budget,
        report: Report | None = None,
        held: Codes | None = None,
    ) -> tuple[MajorityGuidedVAE, TrainingRecord]:
        """Fine-tune a copy of the pre-trained model, watching held-out rows if there are any."""
        assert self.pretrained.weights is not None
        model = build(self.settings, self.pretrained.weights, self.device)
        monitor = None if held is None else self._monitor(model, held)
        step_terms = self._step(model, torch.from_numpy(minority).to(self.device))
        record = train(model, step_terms, budget, monitor=monitor, report=report)
        return model, record

    def _step(self, model: MajorityGuidedVAE, rows: Tensor) -> Callable[[], Terms]:
        settings, streams, device = self.settings, self.streams, self.device
        anchor = {name: p.detach().clone() for name, p in model.named_parameters()}
        information = {
            name: torch.from_numpy(value).to(device)
            for name, value in self.pretrained.information.items()
        }
        guide = torch.from_numpy(self.guide)
        draw = batches(len(rows), settings.batch_size, streams.generator("rows"))
        draw_guide = batches(len(guide), settings.n_exemplars, streams.generator("exemplars"))
        noise = streams.generator("noise")

        def step_terms() -> Terms:
            of_class, of_guide = rows[next(draw).to(device)], guide[next(draw_guide)].to(device)
            x = model.heads.features(of_class)
            means = model.encode(torch.cat([x, model.heads.features(of_guide)]))
            e = normal((len(x), settings.latent_dim), noise, device)
            terms = negative_bound(model, x, means[: len(x)], means[len(x) :], e)
            penalty = consolidation_penalty(model, anchor, information)
            return terms | {"consolidation": settings.ewc_weight * penalty}

        return step_terms

    def _monitor(self, model: MajorityGuidedVAE, held: Codes) -> Callable[[], float]:
        features = model.heads.features
        watched = torch.from_numpy(held[:_MOST_HELD_DRAWS]).to(self.device)
        n_draws = min(_HOLDOUT_DRAWS, _MOST_HELD_DRAWS // len(watched))
        draws = features(watched).repeat(n_draws, 1)
        order = torch.randperm(len(self.guide), generator=self.streams.generator("reference"))
        reference = torch.from_numpy(self.guide)[order[:_MOST_HELD_GUIDE_ROWS]]
        exemplars = features(reference.to(self.device))
        shape = (len(draws), self.settings.latent_dim)
        noise = normal(shape, self.streams.generator("monitor"), self.device)
        return partial(_bound_of, model, draws, exemplars, noise)


def _bound_of(model: MajorityGuidedVAE, rows: Tensor, exemplars: Tensor, noise: Tensor) -> float:
    """Negated bound of rows that are not trained on, with the same noise at every look."""
    terms = negative_bound(model, rows, model.encode(rows), model.encode(exemplars), noise)
    return float(torch.stack(list(terms.values())).sum())
