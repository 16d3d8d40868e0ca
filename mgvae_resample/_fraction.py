"""Chooses the fraction of new rows to generate, by out-of-fold checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from torch import Tensor

from ._encoding.layout import Floats
from ._nn.random import random_rows

__all__ = ["N_GENERATED", "N_JUDGED", "discrete_fraction", "is_faithful", "some_rows"]

Labels = npt.NDArray[Any]

# Generated and real rows of a class that are compared.
N_GENERATED, _MOST_ROWS = 400, 1000
_N_FOLDS, _N_TREES = 3, 10
# Standard errors by which trees are worse with generated rows than with repeats, from which on
# half, or none, of the new rows are generated; and the difference of mean recall to ignore.
_HALF, _NONE, _EQUAL = 1.5, 2.5, 0.02
# Images of the class, of other classes, and generated ones that are compared.
_MOST_OF_CLASS, _MOST_OTHERS, N_JUDGED = 200, 600, 200
_JUDGE_FOLDS = 5
# Generated images are unfaithful if their mean rank among images of other classes is lower than
# that of held-out real ones by more than this, and by more than this number of standard errors.
_TOLERATED, _ERRORS = 0.1, 2.0
# The ridge penalty for each response.
_RIDGE = 0.3


def discrete_fraction(
    inputs: Floats, y: Labels, generated: Mapping[Any, Floats], rng: torch.Generator
) -> float:
    """Compare trees trained on generated rows with trees trained on repeats, out of fold.

    If an exact rule decides the class, a new combination of categories often belongs to another
    class than its neighbours. Trees are fitted to two thirds of the rows, balanced either by
    repeats or by generated rows, and tested on the last third. Generated rows that are nearer to
    rows of the class in the last third than in the other two are left out.

    Shape: inputs (n, n_inputs), y (n,), class -> generated (m, n_inputs).

    Returns
    -------
    float
        1 if trees are as good with generated rows, 0.5 if worse, and 0 if clearly worse.
    """
    kept = np.concatenate([random_rows(np.flatnonzero(y == k), _MOST_ROWS, rng) for k in set(y)])
    inputs, y = inputs[kept], y[kept]
    # Rows of a class are in random order already.
    fold = np.empty(len(y), np.intp)
    for label in set(y):
        fold[y == label] = np.arange((y == label).sum()) % _N_FOLDS
    gain = np.zeros(len(y))
    for held in range(_N_FOLDS):
        fit, tested = fold != held, fold == held
        n_largest = max(int((fit & (y == k)).sum()) for k in set(y))
        repeats, synthetic = [inputs[fit]], [inputs[fit]]
        labels = [y[fit]]
        for label, rows in generated.items():
            class_rows, class_tested = inputs[fit & (y == label)], inputs[tested & (y == label)]
            usable = rows[_distance(rows, class_rows) <= _distance(rows, class_tested)]
            n_new = n_largest - len(class_rows)
            if not len(class_rows) or not len(usable):
                return 1.0
            repeats.append(np.resize(class_rows, (n_new, class_rows.shape[1])))
            synthetic.append(np.resize(usable, (n_new, class_rows.shape[1])))
            labels.append(np.full(n_new, label, dtype=y.dtype))
        with_repeats, with_synthetic = (
            _accuracy(np.concatenate(rows), np.concatenate(labels), inputs[tested], y[tested])
            for rows in (repeats, synthetic)
        )
        gain[tested] = with_synthetic - with_repeats
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
    # Rounded, so that equal distances compare equal.
    nearest: Floats = distances.square().amin(1).numpy().round(3)
    return nearest


def _accuracy(rows: Floats, labels: Labels, tested: Floats, y: Labels) -> Floats:
    """Return the mean accuracy of a tree and a forest on each row. Shape: -> (n,)."""
    trees = (
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(_N_TREES, random_state=0),
    )
    right: Floats = np.mean([t.fit(rows, labels).predict(tested) == y for t in trees], axis=0)
    return right


def is_faithful(
    class_responses: Tensor, other_responses: Tensor, generated: Tensor, rng: torch.Generator
) -> bool:
    """Return whether generated images are as typical of their class as held-out real ones.

    Mixed with common images, stripes of one angle or spots of one form may leave their class. A
    ridge regression separates the class from all others, fitted to four fifths of the images. The
    rank of a score is the fraction of held-out images of other classes with a lower score.

    Shape: (n, f), (m, f), (g, f) -> bool.
    """
    parts = (class_responses, other_responses)
    everything = torch.cat(parts).double()
    mean, scale = everything.mean(0), everything.std(0) + 1e-6
    folds = [torch.randperm(len(part), generator=rng) % _JUDGE_FOLDS for part in parts]
    own, others, new = ((part.double() - mean) / scale for part in (*parts, generated))
    of_real, of_new = [], []
    for k in range(_JUDGE_FOLDS):
        held_own, held_others = (fold == k for fold in folds)
        if not held_own.any() or held_own.all() or not held_others.any():
            continue
        weights = _ridge(own[~held_own], others[~held_others])
        against = (others[held_others] @ weights).unsqueeze(0)
        real, made = own[held_own] @ weights, new @ weights
        of_real.append((real.unsqueeze(1) > against).double().mean(1))
        of_new.append((made.unsqueeze(1) > against).double().mean())
    if not of_real:
        return True
    ranks = torch.cat(of_real)
    error = math.sqrt(float(ranks.var(correction=0)) / len(ranks))
    gap = float(ranks.mean() - torch.stack(of_new).mean())
    return gap <= max(_TOLERATED, _ERRORS * error)


def _ridge(own: Tensor, others: Tensor) -> Tensor:
    """Fit 1 to images of the class and -1 to others, both with half of the weight.

    Shape: (n, f), (m, f) -> (f,).
    """
    n = len(own) + len(others)
    weighted = torch.cat(
        [
            own.new_full((len(part),), sign * math.sqrt(n / 2 / len(part)))
            for part, sign in ((own, 1.0), (others, -1.0))
        ]
    )
    rows = torch.cat([own, others]) * weighted.abs().unsqueeze(1)
    penalty = _RIDGE * rows.shape[1] * torch.eye(n, dtype=rows.dtype)
    found: Tensor = torch.linalg.solve(rows @ rows.T + penalty, weighted)
    return rows.T @ found


def some_rows(
    is_class: npt.NDArray[np.bool_], rng: torch.Generator
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Choose images of the class and of others at random. Shape: (n,) -> two of (m,)."""
    own, others = np.flatnonzero(is_class), np.flatnonzero(~is_class)
    return random_rows(own, _MOST_OF_CLASS, rng), random_rows(others, _MOST_OTHERS, rng)
