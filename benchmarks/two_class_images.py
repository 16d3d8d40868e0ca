"""Digits and clothes 5-9 with a few images each against all of 0-4, tested on the test set."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.shared.image_tasks import TWO_CLASS_TASKS, two_class_split
from benchmarks.shared.methods import METHODS, MOVED
from benchmarks.shared.options import add_validation, chosen, open_results, option_parser
from benchmarks.shared.processes import in_new_process
from benchmarks.shared.results import Results
from benchmarks.shared.runner import COLUMNS, Place, fits, missing, run

CLASSIFIERS = ["mlp"]


def main() -> None:
    """Run the benchmark from the command line."""
    options = option_parser(
        "Two classes of images, of 10 or 60 images a rare digit",
        seeds=tuple(range(10)),
        methods=("none@epochs", "threshold@epochs", *METHODS, MOVED),
    )
    add_validation(options)
    options.add_argument(
        "--epochs-rule",
        choices=("steps", "paper"),
        default="steps",
        help="every method gets the balanced set's optimiser steps, or 15 epochs of its own rows",
    )
    given = options.parse_args()
    if given.epochs_rule == "paper":
        given.methods = [m if "@" in m else f"{m}@epochs" for m in given.methods]
    name = "two_class_images" + ("-validation" if given.validation else "")
    results = open_results(given, name, COLUMNS)
    for task in chosen(TWO_CLASS_TASKS, given.datasets):
        for seed in given.seeds:
            _run_methods(given, Place(task, seed), results)


def _run_methods(given: argparse.Namespace, place: Place, results: Results) -> None:
    """Give each method a process of its own, so that its peak memory is its own."""
    for methods in fits(given.methods):
        if missing(results, place, methods, CLASSIFIERS):
            in_new_process(_run_method, place, methods, given.validation, given.data, results.path)


def _run_method(
    place: Place, methods: list[str], validation: bool, folder: Path | None, path: Path
) -> None:
    split = two_class_split(place.dataset, place.seed, folder, validation=validation)
    run(split, methods, CLASSIFIERS, Results(path, COLUMNS), memory=True)


if __name__ == "__main__":
    main()
