"""Musk, Water Quality and Isolet with a balanced test set and ever fewer minority rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.shared.datasets import load_table
from benchmarks.shared.methods import METHODS
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.runner import COLUMNS, Place, Split, missing, run

# Test rows of each class.
TEST_ROWS = {"water_quality": 300, "musk_v2": 200, "isolet": 200}
# Minority rows that are kept to train on.
CUTS = ("all", "50", "20")
TASKS = tuple(f"{name}-{cut}" for name in TEST_ROWS for cut in CUTS)
TESTED = (*METHODS, "BayesGAN")
CLASSIFIERS = ("mlp", "logistic", "forest", "boosting")


def few_rows_split(task: str, seed: int, folder: Path | None) -> Split:
    """Draw the test rows of each class by seed, then the minority rows that are kept."""
    name, cut = task.rsplit("-", 1)
    X, y = load_table(name, folder)
    rng = np.random.default_rng(seed)
    majority, minority = (rng.permutation(np.flatnonzero(y == label)) for label in (0, 1))
    n_test = TEST_ROWS[name]
    test = np.concatenate([majority[:n_test], minority[:n_test]])
    kept = minority[n_test:] if cut == "all" else minority[n_test : n_test + int(cut)]
    train = np.sort(np.concatenate([majority[n_test:], kept]))
    return Split(Place(task, seed), X[train], y[train], X[test], y[test])


def main() -> None:
    """Run the benchmark from the command line."""
    options = option_parser("High-dimensional tables", seeds=(0, 1, 2, 3, 4), methods=TESTED)
    options.add_argument("--classifiers", nargs="+", default=list(CLASSIFIERS))
    given = options.parse_args()
    results = open_results(given, "high_dimensional_tables", COLUMNS)
    for task in chosen(TASKS, given.datasets):
        for seed in given.seeds:
            if missing(results, Place(task, seed), given.methods, given.classifiers):
                split = few_rows_split(task, seed, given.data)
                run(split, given.methods, given.classifiers, results)


if __name__ == "__main__":
    main()
