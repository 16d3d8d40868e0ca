"""All classes of one table: one game for those with enough rows, and a generator for everyone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .._data.codec import Codec
from .._engine.bootstrap import JitteredBootstrap
from .._engine.persistence import Arrays
from .._engine.runtime import RandomStreams
from .._engine.training import TaskReport, TrainingRecord
from .augmentation import harmless_amount
from .codes import CodeReader, EdgeScores
from .fit import Codes, Settings, fit
from .generator import ClassGenerator

__all__ = ["Learned", "Learning", "learnable"]

Array = npt.NDArray[Any]
Label = Hashable

_FEWEST_ROWS = 3
# Classes with more rows than this get a smaller share of generated ones.
_COMMON = 100


def learnable(y: Array, n_codes: int) -> tuple[list[Label], dict[Label, str]]:
    """Tell classes that can be learned from those that cannot, with the reason.

    Parameters
    ----------
    y : ndarray of shape (n,)
        All labels.
    n_codes : int
        Width of an encoded row; 0 where all columns are constant.
    """
    learned: list[Label] = []
    reasons: dict[Label, str] = {}
    labels, counts = np.unique(y, return_counts=True)
    for label, n_rows in zip(labels.tolist(), counts.tolist(), strict=True):
        if n_rows < _FEWEST_ROWS:
            reasons[label] = f"has {n_rows} row(s), and at least {_FEWEST_ROWS} are needed"
        elif n_codes == 0:
            reasons[label] = "has only constant columns, and some that vary are needed"
        else:
            learned.append(label)
    return learned, reasons


@dataclass(frozen=True)
class Learned:
    """What the learning leaves behind.

    Attributes
    ----------
    generators : dict
        Label -> generator.
    record : TrainingRecord
        What happened in the training.
    trouble : str or None
        What went wrong in it and what was done about it.
    reader : CodeReader or None
        Reads codes from rows.
    scores : EdgeScores or None
        How well the codes follow the structure.
    """

    generators: dict[Label, ClassGenerator | JitteredBootstrap]
    record: TrainingRecord
    trouble: str | None = None
    reader: CodeReader | None = None
    scores: EdgeScores | None = None


@dataclass(frozen=True)
class Learning:
    """The learning of one table.

    Attributes
    ----------
    settings : Settings
        The method's parameters.
    codes, y : ndarray of shape (n, d) and (n,)
        The table.
    codec : Codec
        What encoded it.
    learned : list
        The classes that can be learned.
    streams : RandomStreams
        Where all random numbers come from.
    device : torch.device
        Where to train.
    """

    settings: Settings
    codes: Codes
    y: Array
    codec: Codec
    learned: list[Label]
    streams: RandomStreams
    device: torch.device

    def run(
        self, labels: Sequence[Label], report: Callable[[str, int, int], TaskReport]
    ) -> Learned:
        """Learn all classes that can be learned, if any of those asked for is among them.

        Parameters
        ----------
        labels : sequence
            Classes that need a generator.
        report : callable
            Makes the report of a training from its name, its number and its epochs at most.
        """
        bootstraps: dict[Label, Any] = {label: self._bootstrap(label) for label in labels}
        if not set(labels) & set(self.learned):
            return Learned(bootstraps, TrainingRecord(stop_reason="none"))
        learned = np.array(self.learned)
        kept = np.isin(self.y, learned)
        numbers = np.searchsorted(learned, self.y[kept])
        watched = report("train", 0, self.settings.budget().n_epochs)
        with watched:
            fitted = fit(
                self.settings, self.codes[kept], numbers, self.streams, self.device, watched
            )
        if fitted.weights is None:
            return Learned(bootstraps, fitted.record, fitted.trouble)
        augmentation = self._augmentation(self.codes[kept], numbers)
        found = {
            label: self._generator(label, number, fitted.weights, augmentation)
            for number, label in enumerate(self.learned)
        }
        reader, scores = None, None
        if self.settings.structure is not None:
            reader, scores = CodeReader.calibrate(
                list(found.values()), self.codec, self.streams, self.device
            )
        generators = {label: found.get(label, bootstraps[label]) for label in labels}
        return Learned(generators, fitted.record, fitted.trouble, reader, scores)

    def _augmentation(self, codes: Codes, numbers: Array) -> float:
        """How far new images are moved."""
        given, shape = self.settings.augmentation, self.settings.image_shape
        if given is not None or shape is None:
            return given or 0.0
        rows, labels = torch.from_numpy(codes).to(self.device), torch.from_numpy(numbers)
        return harmless_amount(rows, labels, shape, self.streams.generator("augmentation"))

    def _generator(
        self, label: Label, number: int, weights: Arrays, augmentation: float
    ) -> ClassGenerator:
        index = np.flatnonzero(self.y == label)
        share = self.settings.generated_share
        if share is None:
            share = 0.5 * min(1.0, _COMMON / len(index))
        generator = ClassGenerator(
            self.settings, weights, number, self.codes[index], index, share, augmentation
        )
        return generator.calibrated(self.streams.generator("calibration", number), self.device)

    def _bootstrap(self, label: Label) -> JitteredBootstrap:
        continuous = self.settings.layout.positions("continuous")
        return JitteredBootstrap(self.codes[self.y == label], continuous)
