"""Images of many kinds: what a small network learns from new images, and are they as sharp."""

from __future__ import annotations

import time

import numpy as np
import torch
from sklearn.metrics import average_precision_score, f1_score, recall_score
from sklearn.preprocessing import FunctionTransformer

from benchmarks.shared.classifiers import fit_cnn
from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.drawn_images import NAMES, rare_classes, split_of
from benchmarks.shared.methods import MOVED, resample
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Row
from benchmarks.shared.runner import Split

SCORES = ("mean_recall", "macro_f1", "average_precision")
COLUMNS = ("protocol", "dataset", "seed", "method", *SCORES, "detail", "seconds")
METHODS = ("none", "RandomOverSampler", "SMOTE", MOVED, "MGVAE", "BayesGAN")
STEPS, WIDTH = 600, 8


def main() -> None:
    """Measure from the command line."""
    options = option_parser(__doc__ or "", seeds=(0, 1), methods=METHODS)
    given = options.parse_args()
    results = open_results(given, "image_kinds", COLUMNS)
    for name in chosen(NAMES, given.datasets):
        for seed in given.seeds:
            keys: list[Row] = [{"dataset": name, "seed": seed, "method": m} for m in given.methods]
            for key in keys:
                if not results.has(key):
                    results.append(row := key | measure(split_of(name, seed), str(key["method"])))
                    print(row, flush=True)


def measure(split: Split, method: str) -> Row:
    """Resample by one method, train the network, and test it."""
    start = time.process_time()
    made = resample(
        method,
        split.X,
        split.y,
        scaler=FunctionTransformer(),
        seed=split.random_state,
        image_shape=split.image_shape,
    )
    seconds = time.process_time() - start
    shape, n_classes = split.image_shape or (), int(split.y.max()) + 1
    cnn = fit_cnn(
        *(made.X, made.y),
        width=WIDTH,
        steps=STEPS,
        seed=split.random_state,
        image_shape=shape,
        n_classes=n_classes,
    )
    p = cnn.probabilities(split.X_test)
    found, y = p.argmax(1), split.y_test
    row: Row = {
        "mean_recall": recall_score(y, found, average="macro"),
        "macro_f1": f1_score(y, found, average="macro"),
        "average_precision": np.mean(
            [average_precision_score(y == k, p[:, k]) for k in rare_classes(split.y)]
        ),
        "seconds": seconds,
    }
    if made.n_synthetic:
        new, labels = made.X[len(split.X) :], made.y[len(split.X) :]
        row["detail"] = _detail(split, new, labels)
    return row


def _detail(split: Split, new: Rows, labels: Labels) -> float:
    """Return the strength of fine detail of new images, relative to real ones of their class."""
    ratios = [
        strength(new[labels == k], split.image_shape)
        / strength(split.X[split.y == k], split.image_shape)
        for k in np.unique(labels)
    ]
    return float(np.mean(ratios))


def strength(images: Rows, image_shape: tuple[int, ...] | None) -> float:
    """Root mean square of the differences between pixels and means of three by three."""
    pixels = np.asarray(images, np.float32).reshape(-1, *(*(image_shape or ()), 1)[:3])
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    h = x - torch.nn.functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    return float(h.square().mean().sqrt())


if __name__ == "__main__":
    main()
