"""What fraction of new rows to generate where all columns are discrete: an out-of-fold check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from ._encoding.layout import Floats
from ._nn.random import random_rows

__all__ = ["N_GENERATED", "discrete_fraction"]

Labels = npt.NDArray[Any]

# Generated rows of a class, and rows of a class, that are looked at.
N_GENERATED, _MOST_ROWS = 400, 1000
_N_FOLDS, _N_TREES = 3, 10
# Standard errors by which generated rows teach worse: from the first on half of the new rows are
# generated, from the second on none. Mean recalls that differ by less are equal.
_HALF, _NONE, _EQUAL = 1.5, 2.5, 0.02


def discrete_fraction(
    inputs: Floats, y: Labels, generated: Mapping[Any, Floats], rng: torch.Generator
) -> float:
    """Compare what generated rows and repeats teach trees, out of fold.

    Where an exact rule decides the class, a new combination of categories beside a known one
    often belongs to another class, and nothing in the rows says so. Trees are fitted to two
    thirds of the rows and, for balance, either to repeats or to generated rows that are no nearer
    to rows of the class in the last third, which is then judged.

    Shape: inputs (n, n_inputs), y (n,), class -> generated (m, n_inputs).

    Returns
    -------
    float
        1 where generated rows teach as well, 0.5 where they teach worse, and 0 where clearly so.
    """
    kept = np.concatenate([random_rows(np.flatnonzero(y == k), _MOST_ROWS, rng) for k in set(y)])
    inputs, y = inputs[kept], y[kept]
    # Within a class rows are in random order already.
    fold = np.empty(len(y), np.intp)
    for label in set(y):
        fold[y == label] = np.arange((y == label).sum()) % _N_FOLDS
    gain = np.zeros(len(y))
    for held in range(_N_FOLDS):
        fit, judged = fold != held, fold == held
        n_largest = max(int((fit & (y == k)).sum()) for k in set(y))
        repeats, made = [inputs[fit]], [inputs[fit]]
        labels = [y[fit]]
        for label, rows in generated.items():
            own, others = inputs[fit & (y == label)], inputs[judged & (y == label)]
            free = rows[_distance(rows, own) <= _distance(rows, others)]
            n_new = n_largest - len(own)
            if not len(own) or not len(free):
                return 1.0
            repeats.append(np.resize(own, (n_new, own.shape[1])))
            made.append(np.resize(free, (n_new, own.shape[1])))
            labels.append(np.full(n_new, label, dtype=y.dtype))
        with_repeats, with_made = (
            _right(np.concatenate(rows), np.concatenate(labels), inputs[judged], y[judged])
            for rows in (repeats, made)
        )
        gain[judged] = with_made - with_repeats
    means = [gain[y == k].mean() for k in set(y)]
    variances = [gain[y == k].var() / (y == k).sum() for k in set(y)]
    if np.mean(means) > -_EQUAL:
        return 1.0
    n_errors = -float(np.sum(means) / np.sqrt(np.sum(variances)))
    return 1.0 if n_errors < _HALF else 0.5 if n_errors < _NONE else 0.0


def _distance(rows: Floats, others: Floats) -> Floats:
    """Return the distance of each row to the nearest other one. Shape: (n, d), (m, d) -> (n,)."""
    if not len(others):
        return np.full(len(rows), np.inf)
    distances = torch.cdist(torch.from_numpy(rows), torch.from_numpy(others))
    # Categories are counted, so that equal distances are equal numbers.
    nearest: Floats = distances.square().amin(1).numpy().round(3)
    return nearest


def _right(rows: Floats, labels: Labels, judged: Floats, y: Labels) -> Floats:
    """Return how often two kinds of trees are right about each row. Shape: -> (n,)."""
    trees = (
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(_N_TREES, random_state=0),
    )
    right: Floats = np.mean([t.fit(rows, labels).predict(judged) == y for t in trees], axis=0)
    return right
