"""Retinas in colour, five grades as they come, a small CNN, the 400 test images."""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, recall_score
from sklearn.preprocessing import FunctionTransformer

from benchmarks.shared.classifiers import at_equal_priors, fit_cnn
from benchmarks.shared.datasets import load_retina
from benchmarks.shared.methods import MOVED, resample
from benchmarks.shared.options import add_validation, open_results, option_parser
from benchmarks.shared.processes import in_new_process
from benchmarks.shared.results import Row

DATASET, IMAGE_SHAPE, N_CLASSES, STEPS = "retinamnist", (28, 28, 3), 5, 800
METHODS = (
    *("none", "threshold", "class_weight", "RandomOverSampler", MOVED, "SMOTE"),
    *("MGVAE", "BayesGAN"),
)
SCORES = ("mean_recall", "macro_f1", "average_precision", "brier")
COLUMNS = ("protocol", "dataset", "seed", "method", *SCORES, "seconds", "classifier_seconds")


def main() -> None:
    """Run the benchmark from the command line."""
    options = option_parser("Colour images", seeds=(0, 1, 2), methods=METHODS)
    add_validation(options)
    given = options.parse_args()
    if given.data is None:
        options.error("colour_images needs --data FOLDER, see benchmarks/README.md.")
    name = "colour_images" + "-validation" * given.validation
    results = open_results(given, name, COLUMNS)
    for seed in given.seeds:
        for method in given.methods:
            key: Row = {"dataset": DATASET, "seed": seed, "method": method}
            if not results.has(key):
                row = in_new_process(_measure, key, given)
                results.append(row)
                print(row, flush=True)


def _measure(key: Row, given: argparse.Namespace) -> Row:
    """Resample, train the classifier and score it, in a process of its own."""
    seed, method = int(str(key["seed"])), str(key["method"])
    X, y = load_retina("train", given.data)
    X_test, y_test = load_retina("val" if given.validation else "test", given.data)
    made = resample(method, X, y, scaler=FunctionTransformer(), seed=seed, image_shape=IMAGE_SHAPE)
    start = time.perf_counter()
    classifier = fit_cnn(
        made.X,
        made.y,
        steps=STEPS,
        seed=seed,
        image_shape=IMAGE_SHAPE,
        n_classes=N_CLASSES,
        weighted=method == "class_weight",
    )
    probability = classifier.probabilities(X_test)
    if method == "threshold":
        probability = at_equal_priors(probability, y)
    predicted, one_hot = probability.argmax(1), np.eye(N_CLASSES)[y_test]
    return {
        **key,
        "mean_recall": float(recall_score(y_test, predicted, average="macro")),
        "macro_f1": float(f1_score(y_test, predicted, average="macro")),
        "average_precision": float(average_precision_score(one_hot, probability)),
        "brier": float(np.mean(np.sum((probability - one_hot) ** 2, axis=1))),
        "seconds": made.seconds,
        "classifier_seconds": time.perf_counter() - start,
    }


if __name__ == "__main__":
    main()
