"""P1: digits and clothes 5-9 with a few rows against 0-4, judged on the whole test set."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.apart import apart
from benchmarks.data import IMAGE_SETS, load_images
from benchmarks.methods import METHODS
from benchmarks.options import chosen, open_results, parser
from benchmarks.results import Results
from benchmarks.runner import Place, Split, fits, missing, run

# Rows of each minority class, by the ratio of a majority class of MNIST to them.
SHOTS = {"600": 10, "100": 60}
TASKS = tuple(f"{name}-{ratio}" for name in IMAGE_SETS for ratio in SHOTS)
HELD_OUT = 5_000


def image_split(task: str, seed: int, folder: Path | None, *, validation: bool = False) -> Split:
    """Draw the training rows by seed; validation tests on training images left out."""
    name, ratio = task.rsplit("-", 1)
    X, labels = load_images(name, "train", folder)
    rng = np.random.default_rng(seed)
    few = [
        rng.choice(np.flatnonzero(labels == c), SHOTS[ratio], replace=False) for c in range(5, 10)
    ]
    minority = np.concatenate(few)
    majority = np.flatnonzero(labels < 5)
    if validation:
        out = rng.choice(majority, HELD_OUT, replace=False)
        majority = np.setdiff1d(majority, out)
        unused = np.setdiff1d(np.flatnonzero(labels >= 5), minority)
        test = np.concatenate([out, rng.choice(unused, HELD_OUT, replace=False)])
        X_test, y_test = X[test], labels[test]
    else:
        X_test, y_test = load_images(name, "test", folder)
    train = np.sort(np.concatenate([majority, minority]))
    return Split(
        protocol="images-validation" if validation else "images",
        dataset=task,
        seed=seed,
        fold=0,
        X=X[train],
        y=(labels[train] >= 5).astype(np.intp),
        X_test=X_test,
        y_test=(y_test >= 5).astype(np.intp),
        image_shape=(28, 28),
    )


def main() -> None:
    """Run the protocol from the command line."""
    options = parser("P1: MGVAE on images", seeds=(0, 1, 2))
    options.set_defaults(methods=["none@epochs", "threshold@epochs", *METHODS])
    options.add_argument(
        "--validation", action="store_true", help="held-out training images, never the test set"
    )
    options.add_argument(
        "--epochs-rule",
        choices=("steps", "paper"),
        default="steps",
        help="every method gets the balanced set's optimiser steps, or 15 epochs of its own rows",
    )
    given = options.parse_args()
    if given.epochs_rule == "paper":
        given.methods = [m if "@" in m else f"{m}@epochs" for m in given.methods]
    protocol = "images-validation" if given.validation else "images"
    results = open_results(given, protocol)
    for task in chosen(TASKS, given.datasets):
        for seed in given.seeds:
            _each_fit_apart(given, Place(protocol, task, seed, 0), results)


def _each_fit_apart(given: argparse.Namespace, place: Place, results: Results) -> None:
    """Give each method a process of its own, so that its peak memory is its own."""
    for methods in fits(given.methods):
        if missing(results, place, methods, ["mlp"]):
            apart(_cell, place, methods, given.data, results.path)


def _cell(place: Place, methods: list[str], folder: Path | None, path: Path) -> None:
    split = image_split(place.dataset, place.seed, folder, validation=place.protocol != "images")
    run(split, methods, ["mlp"], Results(path), memory=True)


if __name__ == "__main__":
    main()
