"""Draws the training images of the two-class and the long-tailed tasks, by seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.shared.datasets import IMAGE_SETS, SHOTS, Labels, load_images
from benchmarks.shared.runner import Place, Split

IMAGE_SHAPE = (28, 28)
TWO_CLASS_TASKS = tuple(f"{name}-{ratio}" for name in IMAGE_SETS for ratio in SHOTS)
TWO_CLASS_HELD_OUT = 5000
# Images of each class of the long-tailed tasks.
CLASS_SIZES = (4000, 2000, 1000, 750, 500, 350, 200, 100, 60, 40)
LONG_TAIL_HELD_OUT = 1000


def two_class_split(
    task: str, seed: int, folder: Path | None, *, validation: bool = False
) -> Split:
    """Draw few images of each of 5-9 against all of 0-4.

    The test part is the whole test set, or with `validation` training images left out.
    """
    name, ratio = task.rsplit("-", 1)
    X, labels = load_images(name, "train", folder)
    rng = np.random.default_rng(seed)
    few = [
        rng.choice(np.flatnonzero(labels == c), SHOTS[ratio], replace=False) for c in range(5, 10)
    ]
    minority = np.concatenate(few)
    majority = np.flatnonzero(labels < 5)
    if validation:
        out = rng.choice(majority, TWO_CLASS_HELD_OUT, replace=False)
        majority = np.setdiff1d(majority, out)
        unused = np.setdiff1d(np.flatnonzero(labels >= 5), minority)
        test = np.concatenate([out, rng.choice(unused, TWO_CLASS_HELD_OUT, replace=False)])
        X_test, y_test = X[test], labels[test]
    else:
        X_test, y_test = load_images(name, "test", folder)
    train = np.sort(np.concatenate([majority, minority]))
    return Split(
        place=Place(task, seed),
        X=X[train],
        y=(labels[train] >= 5).astype(np.intp),
        X_test=X_test,
        y_test=(y_test >= 5).astype(np.intp),
        image_shape=IMAGE_SHAPE,
    )


def draw_long_tail(
    labels: Labels, seed: int, sizes: Sequence[int] = CLASS_SIZES
) -> tuple[Labels, Labels]:
    """Draw the rows to train on and rows to validate on, as indices."""
    rng = np.random.default_rng(seed)
    train, held_out = [], []
    for c, n_rows in enumerate(sizes):
        order = rng.permutation(np.flatnonzero(labels == c))
        train.append(order[:n_rows])
        held_out.append(order[n_rows : n_rows + LONG_TAIL_HELD_OUT])
    return np.sort(np.concatenate(train)), np.concatenate(held_out)
