"""Runs methods x classifiers on one split of two classes and records a row for each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from benchmarks.shared.classifiers import epoch_steps, has_class_weight, probabilities
from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.methods import Resampled, Scaler, resample
from benchmarks.shared.processes import peak_mb
from benchmarks.shared.results import Results, Row
from benchmarks.shared.scores import METRICS, two_class_scores

COSTS = ("seconds", "classifier_seconds", "peak_mb", "n_synthetic", "fell_back")
COLUMNS = (
    *("protocol", "dataset", "seed", "fold", "method", "classifier"),
    *(*METRICS, *COSTS),
)


class Place(NamedTuple):
    """Where a split stands in the result file, known before its data are loaded."""

    dataset: str
    seed: int
    fold: int = 0


@dataclass(frozen=True)
class Split:
    """One training part and one test part of a data set."""

    place: Place
    X: Rows
    y: Labels
    X_test: Rows
    y_test: Labels
    image_shape: tuple[int, ...] | None = None

    @property
    def balanced_steps(self) -> int:
        """MLP steps every method gets: 15 epochs of the balanced set, 500 on small tables."""
        return max(500, epoch_steps(2 * int(np.bincount(self.y).max())))

    @property
    def random_state(self) -> int:
        """The seed of samplers and classifiers."""
        return 1000 * self.place.seed + self.place.fold


def missing(
    results: Results, place: Place, methods: Sequence[str], classifiers: Sequence[str]
) -> list[tuple[str, str]]:
    """Pairs (method, classifier) that exist and have no row yet."""
    pairs = [
        (m, c) for m in methods for c in classifiers if m != "class_weight" or has_class_weight(c)
    ]
    return [(m, c) for m, c in pairs if not results.has(_key(place, m, c))]


def fits(methods: Sequence[str]) -> list[list[str]]:
    """Group the methods that need the same fit: threshold is none, read off elsewhere."""
    groups: dict[str, list[str]] = {}
    for method in methods:
        groups.setdefault(method.replace("threshold", "none"), []).append(method)
    return list(groups.values())


def run(
    split: Split,
    methods: Sequence[str],
    classifiers: Sequence[str],
    results: Results,
    *,
    memory: bool = False,
) -> None:
    """Record every missing row; methods that share a fit (none, threshold) are fitted once."""
    scaler = _scaler(split)
    X_test = scaler.transform(split.X_test)
    for shared in fits(methods):
        todo = missing(results, split.place, shared, classifiers)
        if not todo:
            continue
        base, _, rule = shared[0].partition("@")
        resampled = resample(
            base,
            split.X,
            split.y,
            scaler=scaler,
            seed=split.random_state,
            image_shape=split.image_shape,
        )
        peak = peak_mb() if memory else None
        for classifier in [c for c in classifiers if c in {c for _, c in todo}]:
            start = time.perf_counter()
            probability = _classify(classifier, base, rule, split, resampled, X_test)
            spent = time.perf_counter() - start
            for method in [m for m, c in todo if c == classifier]:
                row = _row(split, method, classifier, probability, resampled)
                row |= {"classifier_seconds": spent, "peak_mb": peak}
                results.append(row)
                _show(row)


def _scaler(split: Split) -> Scaler:
    scaler: Scaler = FunctionTransformer() if split.image_shape else StandardScaler().fit(split.X)
    return scaler


def _classify(
    classifier: str, base: str, rule: str, split: Split, resampled: Resampled, X_test: Rows
) -> Rows:
    """Train on the resampled rows; of "@epochs" the MLP makes 15 epochs of its own rows."""
    own_epochs = epoch_steps(len(resampled.y))
    return probabilities(
        classifier,
        resampled.X,
        resampled.y,
        X_test,
        steps=own_epochs if rule == "epochs" else split.balanced_steps,
        weighted=base == "class_weight",
        seed=split.random_state,
    )


def _key(place: Place, method: str, classifier: str) -> Row:
    return {**place._asdict(), "method": method, "classifier": classifier}


def _row(
    split: Split, method: str, classifier: str, probability: Rows, resampled: Resampled
) -> Row:
    threshold = float(split.y.mean()) if method.startswith("threshold") else 0.5
    return {
        **_key(split.place, method, classifier),
        **two_class_scores(split.y_test, probability, threshold),
        "seconds": resampled.seconds,
        "n_synthetic": resampled.n_synthetic,
        "fell_back": int(resampled.fell_back),
    }


def _show(row: Row) -> None:
    print(
        f"{row['dataset']} seed {row['seed']} fold {row['fold']} {row['method']} "
        f"{row['classifier']}: balanced accuracy {row['balanced_accuracy']:.3f}, "
        f"{row['seconds']:.1f} s + {row['classifier_seconds']:.1f} s",
        flush=True,
    )
