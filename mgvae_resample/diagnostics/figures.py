"""The numbers of the report: synthetic rows of one class against real ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors

from .._tables.table import Table
from . import metrics
from .embedding import embed

__all__ = ["ClassMetrics", "class_metrics"]

# Of larger classes as many rows are drawn at random: distances are measured between all pairs.
_MAX_ROWS = 5_000


@dataclass(frozen=True)
class ClassMetrics:
    """Numbers about the synthetic rows of one class; NaN where there are too few rows.

    Attributes
    ----------
    n_synthetic, n_real : int
        Number of synthetic rows, and of real rows they are compared with.
    n_compared, n_real_compared : int
        Number of rows of either kind drawn for AUC, density, coverage and distances.
    auc, density, coverage : float
        See `two_sample_auc` and `density_and_coverage`.
    closest, closest_real : float
        Median distance of synthetic, and of real rows to the closest row learned from.
    copies, copies_real : float
        Share of synthetic, and of real rows that equal a row learned from.
    misclassified, misclassified_real : float
        Share of synthetic, and of real rows that trees take for another class, see
        `misclassification_rate`. Without held-out rows the trees are fitted without the fold of each real
        row.
    impossible : float
        See `invalid_value_rate`.
    """

    n_synthetic: int
    n_real: int
    n_compared: int
    n_real_compared: int
    auc: float = math.nan
    density: float = math.nan
    coverage: float = math.nan
    closest: float = math.nan
    closest_real: float = math.nan
    copies: float = math.nan
    copies_real: float = math.nan
    misclassified: float = math.nan
    misclassified_real: float = math.nan
    impossible: float = math.nan


def class_metrics(
    table: Table,
    labels: npt.NDArray[Any],
    label: Any,
    synthetic: Table,
    held_out: Table | None,
    rng: Generator,
    seed: int,
) -> ClassMetrics:
    """Compare synthetic rows of one class with held-out ones, or with those learned from."""
    learned = table.take(labels == label)
    real = learned if held_out is None else held_out
    found = _misclassified(table, labels, label, synthetic, held_out, seed)
    new = _sample(synthetic, min(_MAX_ROWS, max(len(real), 1)), rng)
    others, known = (_sample(part, _MAX_ROWS, rng) for part in (real, learned))
    found["impossible"] = metrics.invalid_value_rate(table, synthetic)
    if len(others) > 1 and len(new) > 1:
        found["auc"] = metrics.two_sample_auc(others, new, random_state=int(rng.integers(2**31)))
        found["density"], found["coverage"] = metrics.density_and_coverage(others, new)
    if len(learned):
        found["closest"] = float(np.median(metrics.distance_to_closest_record(known, new)))
        found["copies"] = metrics.copy_rate(learned, synthetic)
    if held_out is not None and len(learned) and len(real):
        found["closest_real"] = float(np.median(metrics.distance_to_closest_record(known, others)))
        found["copies_real"] = metrics.copy_rate(learned, real)
    elif held_out is None and len(known) > 1:
        (points,) = embed(known)
        distances = NearestNeighbors(n_neighbors=1).fit(points).kneighbors()[0][:, 0]
        found["closest_real"] = float(np.median(distances))
        found["copies_real"] = metrics.repeated(learned)
    return ClassMetrics(len(synthetic), len(real), len(new), len(others), **found)


def _misclassified(
    table: Table,
    labels: npt.NDArray[Any],
    label: Any,
    synthetic: Table,
    held_out: Table | None,
    seed: int,
) -> dict[str, float]:
    """Return the shares of synthetic and real rows of a class that trees take for others."""
    rng = np.random.default_rng(seed)
    at = [np.flatnonzero(labels == other) for other in np.unique(labels)]
    if len(at) < 2:
        return {}
    some = np.sort(np.concatenate([rng.permutation(part)[:_MAX_ROWS] for part in at]))
    known, y = table.take(some), labels[some]
    parts = [_sample(synthetic, _MAX_ROWS, rng)]
    if held_out is not None and len(held_out):
        parts.append(held_out)
    shares = metrics.misclassification_rates(known, y, label, *parts, random_state=seed)
    found = dict(zip(("misclassified", "misclassified_real"), shares, strict=False))
    n_splits = min(5, min(len(part) for part in at))
    if held_out is not None or n_splits < 2:
        return found
    n_wrong = 0.0
    for fit, held in StratifiedKFold(n_splits, shuffle=True, random_state=seed).split(y, y):
        own = held[y[held] == label]
        share = metrics.misclassification_rate(known.take(fit), y[fit], known.take(own), label)
        n_wrong += share * len(own)
    return found | {"misclassified_real": n_wrong / np.count_nonzero(y == label)}


def _sample(rows: Table, n: int, rng: Generator) -> Table:
    if len(rows) <= n:
        return rows
    return rows.take(np.sort(rng.permutation(len(rows))[:n]))
