"""Kinds of data: what each way to treat imbalance gains and costs, on tables of 28 kinds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from sklearn.preprocessing import FunctionTransformer

from benchmarks.shared.classifiers import probabilities
from benchmarks.shared.datasets import Rows
from benchmarks.shared.kinds_of_data import KINDS, N_RARE, TWICE, Split, draw
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Results, Row
from benchmarks.shared.scores import two_class_scores
from benchmarks.shared.table_methods import Training, encoder, trainings

SCORES = ("balanced_accuracy", "macro_f1", "average_precision", "log_loss")
COLUMNS = (
    *("protocol", "dataset", "n_rare", "seed", "fold", "method", "classifier"),
    *(*SCORES, "seconds"),
)
METHODS = (
    *("none", "threshold", "class_weight", "RandomOverSampler", "SMOTE"),
    *("MGVAE", "MGVAE@quarter", "BayesGAN", "BayesGAN@quarter"),
)
CLASSIFIERS = ("logistic", "mlp", "forest", "boosting")
# Steps of the MLP: 15 epochs of a balanced table.
STEPS = 300


def main() -> None:
    """Measure from the command line."""
    options = option_parser(__doc__ or "", seeds=(0, 1), methods=METHODS)
    options.add_argument("--rare", type=int, nargs="+", help="numbers of rare rows")
    options.add_argument(
        "--noisy",
        action="store_true",
        help="a quarter of the rare labels of the training table is wrong; five kinds, 60 rows",
    )
    given = options.parse_args()
    results = open_results(given, "kinds-noisy" if given.noisy else "kinds", COLUMNS)
    kinds = TWICE if given.noisy else tuple(KINDS)
    for n_rare in given.rare or (N_RARE[:1] if given.noisy else N_RARE):
        for seed in given.seeds:
            for kind in chosen(kinds, given.datasets):
                measure(results, kind, n_rare, seed, given.methods, noisy=given.noisy)


def measure(
    results: Results,
    kind: str,
    n_rare: int,
    seed: int,
    methods: Sequence[str],
    *,
    noisy: bool = False,
) -> None:
    """Write a row for each method and classifier on one table, unless they are there."""
    key: Row = {"dataset": f"{kind}, {n_rare}", "n_rare": n_rare, "seed": seed, "fold": 0}
    todo = [m for m in methods if not _is_measured(results, key | {"method": m})]
    if not todo:
        return
    split = draw(kind, n_rare, seed, noisy=noisy)
    encode = encoder_of(kind, split)
    X_test = np.asarray(encode.transform(split.X_test))
    of_plain: list[Rows] | None = None
    # A moved threshold is read off the classifiers of "none".
    bases = list(dict.fromkeys(m.replace("threshold", "none") for m in todo))
    for base, training in trainings(bases, split.X, split.y, encode, seed):
        start = time.process_time()
        is_plain = len(training.y) == len(split.y) and not training.weighted
        found = of_plain if is_plain and of_plain else fit_all(training, X_test, seed)
        of_plain = found if is_plain else of_plain
        for method in [m for m in todo if m.replace("threshold", "none") == base]:
            threshold = float(split.y.mean()) if method == "threshold" else 0.5
            results.append(
                *(
                    key
                    | {"method": method, "classifier": c, "seconds": training.seconds}
                    | scores(split, p, threshold)
                    for c, p in zip(CLASSIFIERS, found, strict=True)
                )
            )
        spent = time.process_time() - start
        print(
            f"{key['dataset']}, {seed}: {base}, {training.seconds:.1f} s + {spent:.1f} s",
            flush=True,
        )


def _is_measured(results: Results, key: Row) -> bool:
    return all(results.has(key | {"classifier": c}) for c in CLASSIFIERS)


def encoder_of(kind: str, split: Split) -> Any:
    """Return what makes rows for classifiers, as in the league; term weights stay as they are."""
    return FunctionTransformer(np.asarray) if kind == "text" else encoder(split.X)


def fit_all(training: Training, X_test: Rows, seed: int) -> list[Rows]:
    """Fit each classifier and return its probabilities of the test rows."""
    X, y, weighted = training.X, training.y, training.weighted
    return [
        probabilities(c, X, y, X_test, steps=STEPS, weighted=weighted, seed=seed)
        for c in CLASSIFIERS
    ]


def scores(split: Split, probability: Rows, threshold: float = 0.5) -> dict[str, float]:
    """Score the probabilities of the test rows; log loss at the frequencies of the training."""
    found = two_class_scores(split.y_test, probability, threshold)
    weights = (np.bincount(split.y) / np.bincount(split.y_test))[split.y_test]
    found["log_loss"] = float(log_loss(split.y_test, probability, sample_weight=weights))
    return {name: found[name] for name in SCORES}


if __name__ == "__main__":
    main()
