"""Ten classes of images, 4,000 of the most common to 40 of the rarest, tested on the test set."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, recall_score
from sklearn.preprocessing import FunctionTransformer

from benchmarks.shared.classifiers import at_equal_priors, fit_cnn
from benchmarks.shared.datasets import IMAGE_SETS, Labels, Rows, load_images
from benchmarks.shared.image_tasks import CLASS_SIZES, IMAGE_SHAPE, draw_long_tail
from benchmarks.shared.methods import MOVED, Resampled, resample
from benchmarks.shared.options import add_validation, chosen, open_results, option_parser
from benchmarks.shared.processes import in_new_process, peak_mb
from benchmarks.shared.results import Row
from benchmarks.shared.runner import COSTS

N_CLASSES = len(CLASS_SIZES)
# New rows of each class in a picture.
PICTURED = 10
# "@softmax": trained with the balanced softmax; "@head": the last layer refitted on repeats.
METHODS = [
    *("none", "threshold", "class_weight", "RandomOverSampler", MOVED, "SMOTE"),
    *("MGVAE", "BayesGAN", "InfoGAN"),
    *("none@softmax", "none@head", "none@softmax@head"),
    *(f"{MOVED}@head", "MGVAE@head", "BayesGAN@head"),
]
SCORES = ("mean_recall", "g_mean", "macro_f1", "average_precision", "brier")
BY_CLASS = tuple(f"{score}_{c}" for score in ("recall", "f1") for c in range(N_CLASSES))
COLUMNS = ("protocol", "dataset", "seed", "method", *SCORES, *BY_CLASS, *COSTS)


def main() -> None:
    """Run the benchmark from the command line."""
    given = _options().parse_args()
    sweep, validation = given.imbalance is not None, given.validation
    name = "long_tail_images" + "-sweep" * sweep + "-validation" * validation
    names = chosen(tuple(IMAGE_SETS), given.datasets)
    tasks = [_task(image_set, ratio) for ratio in given.imbalance or [None] for image_set in names]
    results = open_results(given, name, COLUMNS, tasks)
    for keys in _keys(tasks, given):
        missing = [key for key in keys if not results.has(key)]
        if missing:
            rows = in_new_process(_measure, missing, given)
            results.append(*rows)
            for row in rows:
                _show(row)


def _options() -> argparse.ArgumentParser:
    options = option_parser("Ten classes of images, long-tailed", seeds=(0, 1, 2), methods=METHODS)
    add_validation(options)
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
    return options


def _task(image_set: str, ratio: int | None) -> str:
    return image_set if ratio is None else f"{image_set}-ir{ratio}"


def _sizes(task: str) -> tuple[str, tuple[int, ...]]:
    """Return the image set of a task, and the class sizes: the default, or falling by a ratio."""
    name, _, ratio = task.partition("-ir")
    if not ratio:
        return name, CLASS_SIZES
    falls = [int(ratio) ** (-c / (N_CLASSES - 1)) for c in range(N_CLASSES)]
    return name, tuple(round(CLASS_SIZES[0] * fall) for fall in falls)


def _keys(tasks: list[str], given: argparse.Namespace) -> Iterator[list[Row]]:
    """Yield what is to be measured; methods that share a classifier come together."""
    fits: dict[str, list[str]] = {}
    for method in given.methods:
        fits.setdefault(_fit_of(method), []).append(method)
    for seed in given.seeds:
        for task in tasks:
            for methods in fits.values():
                yield [{"dataset": task, "seed": seed, "method": method} for method in methods]


def _fit_of(method: str) -> str:
    """Return the method whose fit this one shares: its rule may be applied afterwards."""
    return "none" if method == "threshold" else method.removesuffix("@head")


def _measure(keys: list[Row], given: argparse.Namespace) -> list[Row]:
    """Resample, train the classifier and score it, in a process of its own."""
    task, seed = str(keys[0]["dataset"]), int(str(keys[0]["seed"]))
    method, *rules = _fit_of(str(keys[0]["method"])).split("@")
    if unknown := set(rules) - {"softmax"}:
        raise SystemExit(f"Unknown rules {sorted(unknown)}; choose from softmax, head.")
    name, sizes = _sizes(task)
    X, labels = load_images(name, "train", given.data)
    train, held_out = draw_long_tail(labels, seed, sizes)
    X_test, y_test = X[held_out], labels[held_out]
    if not given.validation:
        X_test, y_test = load_images(name, "test", given.data)
    X, labels = X[train], labels[train]
    resampled = resample(
        method, X, labels, scaler=FunctionTransformer(), seed=seed, image_shape=IMAGE_SHAPE
    )
    peak, start = peak_mb(), time.perf_counter()
    if given.pictures and resampled.n_synthetic:
        _save_new_rows(given.pictures / f"{task}-{seed}-{method}.png", resampled)
    classifier = fit_cnn(
        resampled.X,
        resampled.y,
        width=given.width,
        steps=given.steps,
        seed=seed,
        weighted=method == "class_weight",
        balanced_softmax="softmax" in rules,
    )
    costs = {
        "seconds": resampled.seconds,
        "classifier_seconds": time.perf_counter() - start,
        "peak_mb": peak,
        "n_synthetic": resampled.n_synthetic,
        "fell_back": int(resampled.fell_back),
    }
    rows = []
    for key in keys:
        ruled = classifier
        if str(key["method"]).endswith("@head"):
            ruled = classifier.with_refitted_head(X, labels, seed=seed)
        probability = ruled.probabilities(X_test)
        if key["method"] == "threshold":
            probability = at_equal_priors(probability, labels)
        rows.append({**key, **_scores(y_test, probability), **costs})
    return rows


def _save_new_rows(path: Path, resampled: Resampled) -> None:
    """Save a picture of the first new rows of each class that has any, one class a line."""
    from matplotlib.image import imsave

    X, y = (part[-resampled.n_synthetic :] for part in (resampled.X, resampled.y))
    lines = []
    for label in np.unique(y):
        images = X[y == label][:PICTURED].reshape(-1, *IMAGE_SHAPE)
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
