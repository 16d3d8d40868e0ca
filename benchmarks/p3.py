"""P3: ten classes of images with 4,000 to 40 training rows, judged on the whole test set."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, recall_score
from sklearn.preprocessing import FunctionTransformer

from benchmarks.apart import apart, peak_mb
from benchmarks.cnn import fit_cnn
from benchmarks.data import IMAGE_SETS, Labels, Rows, load_images
from benchmarks.methods import Resampled, resample
from benchmarks.options import chosen, parser
from benchmarks.results import Results, Row

SIZES = (4000, 2000, 1000, 750, 500, 350, 200, 100, 60, 40)
RATIOS = (50, 100, 200, 300, 400, 500)
N_CLASSES = len(SIZES)
HELD_OUT = 1000
# New rows of each class in a picture.
PICTURED = 10
METHODS = (
    "none",
    "threshold",
    "class_weight",
    "RandomOverSampler",
    "SMOTE",
    "MGVAE",
    "BayesGAN",
    "InfoGAN",
)
SCORES = ("mean_recall", "g_mean", "macro_f1", "average_precision", "brier")
BY_CLASS = tuple(f"{score}_{c}" for score in ("recall", "f1") for c in range(N_CLASSES))
COSTS = ("seconds", "classifier_seconds", "peak_mb", "n_synthetic", "fell_back")
COLUMNS = ("protocol", "dataset", "seed", "method", *SCORES, *BY_CLASS, *COSTS)


def sizes_of(ratio: int | None) -> tuple[int, ...]:
    """Return the protocol's class sizes, or a geometric row from 4,000 down by a ratio."""
    if ratio is None:
        return SIZES
    return tuple(round(SIZES[0] * ratio ** (-c / (N_CLASSES - 1))) for c in range(N_CLASSES))


def draw(labels: Labels, sizes: Sequence[int], seed: int) -> tuple[Labels, Labels, Labels]:
    """Draw training rows, rows to validate on, and the rest, as indices."""
    rng = np.random.default_rng(seed)
    train, held, rest = [], [], []
    for c, n_rows in enumerate(sizes):
        order = rng.permutation(np.flatnonzero(labels == c))
        train.append(order[:n_rows])
        held.append(order[n_rows : n_rows + HELD_OUT])
        rest.append(order[n_rows + HELD_OUT :])
    return np.sort(np.concatenate(train)), np.concatenate(held), np.concatenate(rest)


def main() -> None:
    """Run the protocol from the command line."""
    options = parser("P3: ten classes of images", seeds=(0, 1, 2))
    options.set_defaults(methods=list(METHODS))
    options.add_argument(
        "--validation", action="store_true", help="held-out training images, never the test set"
    )
    options.add_argument(
        "--imbalance",
        type=int,
        nargs="+",
        help="the sweep: class sizes fall geometrically from 4,000 by these ratios",
    )
    options.add_argument("--steps", type=int, default=1500, help="optimiser steps of the CNN")
    options.add_argument(
        "--width", type=int, default=16, help="channels of the CNN's first convolution"
    )
    options.add_argument(
        "--pictures", type=Path, help="folder for pictures of new rows, as the CNN gets them"
    )
    given = options.parse_args()
    protocol = ("p3-sweep" if given.imbalance else "p3") + (
        "-validation" if given.validation else ""
    )
    results = Results(given.results / f"{protocol}.csv", COLUMNS)
    names = chosen(tuple(IMAGE_SETS), given.datasets)
    tasks = [(name, ratio) for ratio in given.imbalance or [None] for name in names]
    if given.redo:
        results.forget(given.methods, [_task(*task) for task in tasks])
    for seed in given.seeds:
        for name, ratio in tasks:
            for method in given.methods:
                key: Row = {
                    "protocol": protocol,
                    "dataset": _task(name, ratio),
                    "seed": seed,
                    "method": method,
                }
                if not results.has(key):
                    row = apart(_measure, key, name, ratio, given)
                    results.append(row)
                    _show(row)


def _task(name: str, ratio: int | None) -> str:
    return name if ratio is None else f"{name}-ir{ratio}"


def _measure(key: Row, name: str, ratio: int | None, given: argparse.Namespace) -> Row:
    """Resample, train the classifier and score it, in a process of its own."""
    X, labels = load_images(name, "train", given.data)
    seed, method = int(str(key["seed"])), str(key["method"])
    train, held, _ = draw(labels, sizes_of(ratio), seed)
    X_test, y_test = X[held], labels[held]
    if not given.validation:
        X_test, y_test = load_images(name, "test", given.data)
    X, labels = X[train], labels[train]
    made = resample(
        method, X, labels, scaler=FunctionTransformer(), seed=seed, image_shape=(28, 28)
    )
    peak, start = peak_mb(), time.perf_counter()
    if given.pictures and made.n_synthetic:
        save_new_rows(given.pictures / f"{key['dataset']}-{seed}-{method}.png", made)
    classifier = fit_cnn(
        made.X,
        made.y,
        width=given.width,
        steps=given.steps,
        seed=seed,
        weighted=method == "class_weight",
    )
    probability = classifier.probabilities(X_test)
    if method == "threshold":
        # Bayes' rule for equal priors: the posterior over the prior it was trained with.
        probability = probability / (np.bincount(labels) / len(labels))
        probability /= probability.sum(1, keepdims=True)
    return {
        **key,
        **_scores(y_test, probability),
        "seconds": made.seconds,
        "classifier_seconds": time.perf_counter() - start,
        "peak_mb": peak,
        "n_synthetic": made.n_synthetic,
        "fell_back": int(made.fell_back),
    }


def save_new_rows(path: Path, made: Resampled) -> None:
    """Save a picture of the first new rows of each class that has any, one class a line."""
    from matplotlib.image import imsave

    X, y = made.X[-made.n_synthetic :], made.y[-made.n_synthetic :]
    lines = []
    for label in np.unique(y):
        images = X[y == label][:PICTURED].reshape(-1, 28, 28)
        padded = np.pad(images, ((0, PICTURED - len(images)), (0, 0), (0, 0)))
        lines.append(np.concatenate(padded, axis=1))
    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, np.concatenate(lines), cmap="gray", vmin=0.0, vmax=1.0)


def _scores(y: Labels, probability: Rows) -> Row:
    predicted = probability.argmax(1)
    recalls = recall_score(y, predicted, average=None)
    f1 = f1_score(y, predicted, average=None)
    one_hot = np.eye(N_CLASSES)[y]
    return {
        "mean_recall": float(recalls.mean()),
        "g_mean": float(recalls.prod() ** (1 / N_CLASSES)),
        "macro_f1": float(f1.mean()),
        "average_precision": float(average_precision_score(one_hot, probability)),
        "brier": float(np.mean(np.sum((probability - one_hot) ** 2, axis=1))),
        **{f"recall_{c}": float(recalls[c]) for c in range(N_CLASSES)},
        **{f"f1_{c}": float(f1[c]) for c in range(N_CLASSES)},
    }


def _show(row: Row) -> None:
    print(
        f"{row['dataset']} seed {row['seed']} {row['method']}: mean recall "
        f"{row['mean_recall']:.4f}, class 8 {row['recall_8']:.3f}/{row['f1_8']:.3f}, class 9 "
        f"{row['recall_9']:.3f}/{row['f1_9']:.3f}, {row['seconds']:.0f} s + "
        f"{row['classifier_seconds']:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
