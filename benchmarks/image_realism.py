"""Are new images like held-out ones, in the features of a network trained on other images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer

from benchmarks.shared.classifiers import fit_cnn
from benchmarks.shared.datasets import IMAGE_SETS, Labels, Rows, load_images
from benchmarks.shared.image_tasks import IMAGE_SHAPE, draw_long_tail
from benchmarks.shared.methods import MOVED, resample
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Row
from mgvae_resample.diagnostics import copy_rate, density_and_coverage, two_sample_auc

METHODS = ("RandomOverSampler", MOVED, "SMOTE", "MGVAE", "BayesGAN")
SCORES = ("auc", "density", "coverage", "copies")
COLUMNS = ("protocol", "dataset", "seed", "method", "label", "n_train", *SCORES, "seconds")
# The rarest classes of the long-tailed task, and images of each that are compared.
SCORED, N_COMPARED = (6, 7, 8, 9), 500
# The network's features are reduced to so many principal components.
N_TRAINED_ON, N_COMPONENTS = 20_000, 50


def main() -> None:
    """Run the benchmark from the command line."""
    given = option_parser("Realism of images", seeds=(0,), methods=METHODS).parse_args()
    results = open_results(given, "image_realism", COLUMNS)
    for name in chosen(tuple(IMAGE_SETS), given.datasets):
        for seed in given.seeds:
            keys: list[Row] = [{"dataset": name, "seed": seed, "method": m} for m in given.methods]
            todo = [str(key["method"]) for key in keys if not results.has(key)]
            for row in measure(name, seed, todo, given.data) if todo else []:
                results.append(row)
                print(row, flush=True)


def measure(name: str, seed: int, methods: list[str], folder: Path | None) -> list[Row]:
    """Resample one draw of the long-tailed task by each method, and score the rarest classes."""
    X, y = load_images(name, "train", folder)
    train, held_out = draw_long_tail(y, seed)
    others = np.setdiff1d(np.arange(len(y)), np.concatenate([train, held_out]))
    trained_on = np.random.default_rng(seed).permutation(others)[:N_TRAINED_ON]
    cnn = fit_cnn(X[trained_on], y[trained_on], seed=seed)
    to_components = PCA(N_COMPONENTS, random_state=0).fit(cnn.features(X[held_out]))

    def features(rows: Rows) -> Rows:
        return np.asarray(to_components.transform(cnn.features(rows)))

    found = []
    for method in methods:
        made = resample(
            method,
            X[train],
            y[train],
            scaler=FunctionTransformer(),
            seed=seed,
            image_shape=IMAGE_SHAPE,
        )
        new, labels = made.X[-made.n_synthetic :], made.y[-made.n_synthetic :]
        for label in SCORED:
            rows = _some(new[labels == label], seed)
            real = X[held_out][y[held_out] == label][:N_COMPARED]
            density, coverage = density_and_coverage(features(real), features(rows))
            row: Row = {
                "dataset": name,
                "seed": seed,
                "method": method,
                "label": label,
                "n_train": int((y[train] == label).sum()),
                "auc": two_sample_auc(features(real), features(rows), random_state=seed),
                "density": density,
                "coverage": coverage,
                "copies": copy_rate(X[train][y[train] == label], rows),
                "seconds": made.seconds,
            }
            found.append(row)
    return found


def _some(rows: Rows, seed: int) -> Rows:
    order: Labels = np.random.default_rng(seed).permutation(len(rows))
    return rows[order[:N_COMPARED]]


if __name__ == "__main__":
    main()
