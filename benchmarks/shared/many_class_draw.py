"""One draw of a table of many classes: every method and classifier, and their scores."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared.classifiers import at_equal_priors, class_probabilities, epoch_steps
from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.many_class_tables import Split, draw
from benchmarks.shared.methods import NO_RESAMPLING, OURS, parse_method
from benchmarks.shared.results import Row
from benchmarks.shared.scores import MANY_CLASS_METRICS, many_class_scores
from benchmarks.shared.table_methods import Training, encoder, new_rows

# The posterior of `none` divided by the training prior: no fit of its own.
PRIOR = "prior"
COLUMNS = (
    *("dataset", "seed", "method", "classifier"),
    *("family", "n_rows", "n_classes", "n_smallest", "n_columns", "n_categorical"),
    *MANY_CLASS_METRICS,
    *("seconds", "classifier_seconds", "n_synthetic", "fell_back"),
)


@dataclass(frozen=True)
class Job:
    """One draw of one table, and what is to be run on it."""

    dataset: str
    seed: int
    methods: tuple[str, ...]
    classifiers: tuple[str, ...]
    folder: Path


def run_draw(job: Job) -> list[Row]:
    """Return a row for each method and classifier."""
    split = draw(job.dataset, job.seed, job.folder)
    counts = np.bincount(split.y)
    table = {
        "dataset": job.dataset,
        "seed": job.seed,
        "family": split.family,
        "n_rows": len(split.y),
        "n_classes": len(counts),
        "n_smallest": int(counts.min()),
        "n_columns": split.X.shape[1],
        "n_categorical": int((split.X.dtypes == "category").sum()),
    }
    return [
        table
        | {"method": method, "classifier": classifier}
        | many_class_scores(split.y_test, probability, split.y)
        | costs
        for (method, classifier), (probability, costs) in _predictions(job, split).items()
    ]


Predictions = dict[tuple[str, str], tuple[Rows, dict[str, Any]]]


def _predictions(job: Job, split: Split) -> Predictions:
    """Return P(class) of the test rows, by method and classifier, and what each fit took."""
    encode, counts = encoder(split.X), np.bincount(split.y)
    plain, test = encode.transform(split.X), encode.transform(split.X_test)
    steps = max(500, epoch_steps(len(counts) * int(counts.max())))
    found: Predictions = {}
    for method in (m for m in job.methods if m != PRIOR):
        training = _training(method, split, plain, encode, job.seed)
        for classifier in job.classifiers:
            start = time.process_time()
            as_none = found.get(("none", classifier))
            if as_none and not training.weighted and len(training.y) == len(split.y):
                probability = as_none[0]  # no row was added
            else:
                probability = class_probabilities(
                    *(classifier, training.X, training.y, test),
                    steps=steps,
                    weighted=training.weighted,
                    seed=job.seed,
                )
            costs = {
                "seconds": training.seconds,
                "classifier_seconds": time.process_time() - start,
                "n_synthetic": len(training.y) - len(split.y),
                "fell_back": int(training.fell_back),
            }
            found[method, classifier] = probability, costs
    for classifier in job.classifiers if PRIOR in job.methods else ():
        probability, costs = found["none", classifier]
        found[PRIOR, classifier] = at_equal_priors(probability, split.y), costs
    return found


def _training(method: str, split: Split, plain: Rows, encode: Any, seed: int) -> Training:
    """Return the rows that a classifier learns from, every class as large as the largest."""
    X, y = split.X, split.y
    if method in NO_RESAMPLING:
        return Training(plain, y, weighted=method == "class_weight")
    start = time.process_time()
    new: Rows
    labels: Labels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            new, labels = new_rows(method, X, y, plain, encode, seed)
    except (ValueError, RuntimeError):
        if parse_method(method)[0] in OURS:
            raise  # a failure of ours is a bug to be seen, not a result
        new, labels = plain[:0], y[:0]
    return Training(
        np.concatenate([plain, new]),
        np.concatenate([y, labels]),
        seconds=time.process_time() - start,
        fell_back=len(new) == 0,
    )
