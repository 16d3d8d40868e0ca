"""One fold of the league: every method and classifier, at the cut .5 and at a tuned one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import StratifiedKFold

from benchmarks.shared.classifiers import epoch_steps, has_class_weight, probabilities
from benchmarks.shared.datasets import Labels, Rows, read_catalogue
from benchmarks.shared.mixed_tables import cut, load_frame
from benchmarks.shared.results import Row
from benchmarks.shared.scores import LEAST
from benchmarks.shared.table_ensembles import ensemble_probabilities, is_ensemble
from benchmarks.shared.table_methods import Training, encoder, trainings

N_FOLDS, N_INNER = 5, 3
MAX_ROWS = 3_000
# Of several classes the minority is the smallest with so many rows.
FEWEST = 6
# What is tuned: a cut for each, on out-of-fold probabilities of the training part.
TUNED = ("balanced_accuracy", "macro_f1")
# A blend is the mean of two probabilities without resampling and one at half of balance.
BLENDS = {f"blend {name}": ("none", f"{name}@half") for name in ("SMOTE", "MGVAE", "BayesGAN")}


@dataclass(frozen=True)
class Job:
    """One fold of one table, and what is to be run on it."""

    dataset: str
    seed: int
    fold: int
    methods: tuple[str, ...]
    classifiers: tuple[str, ...]
    folder: Path | None
    rivals_python: Path | None = None


def run_fold(job: Job) -> list[Row]:
    """Return a row for each method and classifier."""
    X, y = load_frame(job.dataset, job.folder, fewest=FEWEST, most_rows=MAX_ROWS)
    kept = np.sort(cut(y, MAX_ROWS, job.seed))
    X, y = X.iloc[kept].reset_index(drop=True), y[kept]
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=job.seed)
    train, test = list(folds.split(y, y))[job.fold]
    seed = 1000 * job.seed + job.fold
    outer = _predictions(job, X.iloc[train], y[train], X.iloc[test], seed)
    inner = _out_of_fold(job, X.iloc[train], y[train], seed)
    table = {
        "n_rows": len(y),
        "n_rare": int(y.sum()),
        "n_columns": X.shape[1],
        "n_categorical": int((X.dtypes == "category").sum()),
        "family": _family(job),
    }
    return [
        {
            "dataset": job.dataset,
            "seed": job.seed,
            "fold": job.fold,
            "method": method,
            "classifier": classifier,
            **table,
            **_scores(y[test], predicted, y[train], inner[method, classifier][0]),
            **costs,
        }
        for (method, classifier), (predicted, costs) in outer.items()
    ]


def _family(job: Job) -> str:
    """Return what tables of the same raw rows share."""
    if job.folder is None:
        return job.dataset.partition("_")[0]
    return str(read_catalogue(job.folder)[job.dataset]["family"])


Predictions = dict[tuple[str, str], tuple[Rows, dict[str, Any]]]


def _predictions(
    job: Job, X: pd.DataFrame, y: Labels, X_test: pd.DataFrame, seed: int
) -> Predictions:
    """Return P(class 1) of test rows, by method and classifier, and what each fit took."""
    encode = encoder(X)
    test = encode.transform(X_test)
    steps = max(500, epoch_steps(2 * int(np.bincount(y).max())))
    found: Predictions = {}
    alone = [method for method in job.methods if not is_ensemble(method)]
    for method, training in trainings(alone, X, y, encode, seed, job.rivals_python):
        for classifier in job.classifiers:
            if training.weighted and not has_class_weight(classifier):
                continue
            start = time.perf_counter()
            as_none = found.get(("none", classifier))
            if as_none and not training.weighted and len(training.y) == len(y):
                predicted = as_none[0]  # no row was added
            else:
                predicted = _fit(classifier, training, test, steps, seed)
            costs = {
                "seconds": training.seconds,
                "classifier_seconds": time.perf_counter() - start,
                "n_synthetic": len(training.y) - len(y),
                "fell_back": int(training.fell_back),
            }
            found[method, classifier] = predicted, costs
    for blend, (plain, resampled) in BLENDS.items():
        for classifier in job.classifiers:
            if {(plain, classifier), (resampled, classifier)} <= set(found):
                predicted, costs = found[resampled, classifier]
                mixed = (2 * found[plain, classifier][0] + predicted) / 3
                found[blend, classifier] = mixed, costs
    return found | _of_ensembles(job, X, y, X_test, steps, seed)


def _of_ensembles(
    job: Job, X: pd.DataFrame, y: Labels, X_test: pd.DataFrame, steps: int, seed: int
) -> Predictions:
    """Return what ensembles predict; their seconds are those of all fits and the sampler."""
    found: Predictions = {}
    encode = encoder(X)
    with TemporaryDirectory() as folder:
        for method in filter(is_ensemble, job.methods):
            for classifier in job.classifiers:
                if "class_weight" in method and not has_class_weight(classifier):
                    continue
                start = time.perf_counter()
                predicted = ensemble_probabilities(
                    *(method, classifier, X, y, X_test, encode),
                    steps=steps,
                    seed=seed,
                    folder=Path(folder),
                )
                costs = {
                    "seconds": 0.0,
                    "classifier_seconds": time.perf_counter() - start,
                    "n_synthetic": 0,
                    "fell_back": 0,
                }
                found[method, classifier] = predicted, costs
    return found


def _fit(classifier: str, training: Training, test: Rows, steps: int, seed: int) -> Rows:
    return probabilities(
        classifier,
        training.X,
        training.y,
        test,
        steps=steps,
        weighted=training.weighted,
        seed=seed,
    )


def _out_of_fold(job: Job, X: pd.DataFrame, y: Labels, seed: int) -> Predictions:
    """Return P(class 1) of the training rows, each from a fit to the other inner folds."""
    folds = StratifiedKFold(N_INNER, shuffle=True, random_state=seed)
    whole: Predictions = {}
    for fit, held in folds.split(y, y):
        for key, (predicted, _) in _predictions(
            job, X.iloc[fit], y[fit], X.iloc[held], seed
        ).items():
            whole.setdefault(key, (np.empty(len(y)), {}))[0][held] = predicted
    return whole


def _scores(y: Labels, predicted: Rows, y_inner: Labels, inner: Rows) -> dict[str, float]:
    """Score a fit on test rows, at the cut .5 and at tuned ones, and on the inner folds."""
    scores = {**_of_probabilities(y, predicted), **_at_cut(y, predicted, 0.5)}
    own = {**_of_probabilities(y_inner, inner), **_at_cut(y_inner, inner, 0.5)}
    for metric in TUNED:
        best, value = _best_cut(y_inner, inner, metric)
        scores[f"{metric}_tuned"] = _at_cut(y, predicted, best)[metric]
        own[f"{metric}_tuned"] = value
    return scores | {f"inner_{name}": value for name, value in own.items()}


def _of_probabilities(y: Labels, predicted: Rows) -> dict[str, float]:
    clipped = np.clip(predicted, LEAST, 1 - LEAST)
    return {
        "average_precision": float(average_precision_score(y, predicted)),
        "brier": float(np.mean((predicted - y) ** 2)),
        "log_loss": float(log_loss(y, clipped, labels=[0, 1])),
    }


def _at_cut(y: Labels, predicted: Rows, at: float) -> dict[str, float]:
    recalls, f1 = _counted(y, predicted >= at)
    return {"balanced_accuracy": recalls, "macro_f1": f1}


def _counted(y: Labels, positive: Any) -> tuple[float, float]:
    """Return balanced accuracy and macro F1."""
    tp, fp = float(np.sum(positive & (y == 1))), float(np.sum(positive & (y == 0)))
    n_positive = float(y.sum())
    n_negative = len(y) - n_positive
    fn, tn = n_positive - tp, n_negative - fp
    f1 = [2 * hit / max(2 * hit + fp + fn, 1.0) for hit in (tp, tn)]
    return (tp / n_positive + tn / n_negative) / 2, sum(f1) / 2


def _best_cut(y: Labels, predicted: Rows, metric: str) -> tuple[float, float]:
    """Return the cut with the best score, in the middle between two probabilities."""
    values = np.unique(predicted)
    middles = np.concatenate([(values[:-1] + values[1:]) / 2, [0.5]])
    if len(middles) > 400:
        middles = np.quantile(middles, np.linspace(0, 1, 401))
    scores = [_at_cut(y, predicted, at)[metric] for at in middles]
    best = int(np.argmax(scores))
    return float(middles[best]), scores[best]


METRICS = (
    *("balanced_accuracy", "balanced_accuracy_tuned", "macro_f1", "macro_f1_tuned"),
    *("average_precision", "brier", "log_loss"),
)
COLUMNS = (
    *("dataset", "seed", "fold", "method", "classifier"),
    *("family", "n_rows", "n_rare", "n_columns", "n_categorical"),
    *METRICS,
    *(f"inner_{metric}" for metric in METRICS),
    *("seconds", "classifier_seconds", "n_synthetic", "fell_back"),
)
