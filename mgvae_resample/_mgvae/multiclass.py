"""All classes of one table: one pre-training, a fine-tuning each, and a generator for everyone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .._engine.bootstrap import JitteredBootstrap
from .._engine.runtime import RandomStreams, single_thread
from .._engine.training import TaskReport, TrainingRecord
from .fit import Codes, Finetuned, Pretrained, Settings, finetune, pretrain
from .generator import MinorityGenerator

__all__ = ["Learned", "Learning"]

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]
Label = Hashable
Job = Callable[[], Finetuned]

# Guide rows that can be translated; a random subset keeps memory flat on huge majorities.
_MOST_GUIDE_ROWS = 20_000


@dataclass(frozen=True)
class Learned:
    """What the learning leaves behind.

    Attributes
    ----------
    generators : dict
        Label -> generator.
    pretraining : TrainingRecord
        What happened in the pre-training.
    finetuning : dict
        Label -> what happened in its fine-tuning.
    troubles : list of str
        What went wrong in a training and what was done about it.
    """

    generators: dict[Label, MinorityGenerator | JitteredBootstrap]
    pretraining: TrainingRecord
    finetuning: dict[Label, TrainingRecord]
    troubles: list[str]

    def recorded(self, what: str) -> dict[str, Any]:
        """One attribute of all records, under the keys "pretrain" and "finetune"."""
        finetune = {label: getattr(record, what) for label, record in self.finetuning.items()}
        return {"pretrain": getattr(self.pretraining, what), "finetune": finetune}


@dataclass(frozen=True)
class Learning:
    """The learning of some classes of one table.

    Attributes
    ----------
    settings : Settings
        The method's parameters.
    codes, y : ndarray of shape (n, d) and (n,)
        The table.
    guides : dict
        Label -> the rows that guide it, for the classes that can be learned.
    streams : RandomStreams
        Where all random numbers come from.
    device : torch.device
        Where to train.
    """

    settings: Settings
    codes: Codes
    y: Array
    guides: Mapping[Label, Indices]
    streams: RandomStreams
    device: torch.device

    def run(
        self,
        labels: Sequence[Label],
        report: Callable[[str, int, int], TaskReport],
        in_parallel: Callable[[Sequence[Job]], Sequence[Finetuned]],
    ) -> Learned:
        """Learn the classes that have a guide, and bootstrap those that have none.

        Parameters
        ----------
        labels : sequence
            Classes that need a generator.
        report : callable
            Makes the report of a training from its name, its number and its epochs at most.
        in_parallel : callable
            Runs jobs without arguments and returns their results in order.
        """
        if not self.guides:
            untrained = TrainingRecord(stop_reason="none")
            return Learned({label: self._bootstrap(label) for label in labels}, untrained, {}, [])
        pretrained = self._pretrain(report)
        tuned = dict(zip(self.guides, in_parallel(self._jobs(pretrained, report)), strict=True))
        troubles = {"The pre-training": pretrained.trouble}
        troubles |= {f"The fine-tuning on class {c!r}": t.trouble for c, t in tuned.items()}
        return Learned(
            {label: self._generator(label, pretrained, tuned.get(label)) for label in labels},
            pretrained.record,
            {label: result.record for label, result in tuned.items()},
            [f"{what} {trouble}" for what, trouble in troubles.items() if trouble is not None],
        )

    def _pretrain(self, report: Callable[[str, int, int], TaskReport]) -> Pretrained:
        watched = report("pretrain", 0, self.settings.pretraining().n_epochs)
        with watched:
            rows = np.unique(np.concatenate(list(self.guides.values())))
            return pretrain(self.settings, self.codes[rows], self.streams, self.device, watched)

    def _jobs(
        self, pretrained: Pretrained, report: Callable[[str, int, int], TaskReport]
    ) -> list[Job]:
        n_epochs = self.settings.finetuning().n_epochs
        return [
            partial(
                _finetune_class,
                self.settings,
                pretrained,
                self.codes[guide],
                self.codes[self.y == label],
                RandomStreams(self.streams.seed, "class", self._numbers[label]),
                self.device,
                report(f"finetune {label}", number, n_epochs),
            )
            for number, (label, guide) in enumerate(self.guides.items(), start=1)
        ]

    def _generator(
        self, label: Label, pretrained: Pretrained, tuned: Finetuned | None
    ) -> MinorityGenerator | JitteredBootstrap:
        if pretrained.weights is None or tuned is None or tuned.weights is None:
            return self._bootstrap(label)
        guide = self.guides[label]
        if len(guide) > _MOST_GUIDE_ROWS:
            shuffle = self.streams.generator("kept guide rows")
            guide = guide[torch.randperm(len(guide), generator=shuffle)[:_MOST_GUIDE_ROWS].numpy()]
        generator = MinorityGenerator(
            self.settings,
            tuned.weights,
            pretrained.weights,
            self.codes[guide],
            guide,
            self.codes[self.y == label],
        )
        return generator.calibrated(
            self.streams.generator("calibration", self._numbers[label]), self.device
        )

    @cached_property
    def _numbers(self) -> dict[Label, int]:
        """Place of each class among all; streams are named by it, whatever labels look like."""
        return {label: place for place, label in enumerate(np.unique(self.y).tolist())}

    def _bootstrap(self, label: Label) -> JitteredBootstrap:
        continuous = self.settings.layout.positions("continuous")
        return JitteredBootstrap(self.codes[self.y == label], continuous)


def _finetune_class(
    settings: Settings,
    pretrained: Pretrained,
    guide: Codes,
    minority: Codes,
    streams: RandomStreams,
    device: torch.device,
    report: TaskReport,
) -> Finetuned:
    """Fine-tune one class, in whatever process it may be."""
    with single_thread(), report:
        return finetune(settings, pretrained, guide, minority, streams, device, report)
