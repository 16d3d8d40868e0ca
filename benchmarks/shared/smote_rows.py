"""SMOTE, MGS-GRF and polynom-fit SMOTE on tables, as a careful user would run them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC
from sklearn.preprocessing import StandardScaler

from benchmarks.shared.datasets import Labels
from benchmarks.shared.methods import build_sampler

# Rows, and their labels.
NewRows = tuple[pd.DataFrame, Labels]


def smote_rows(X: pd.DataFrame, y: Labels, **params: Any) -> NewRows:
    """Return new rows of SMOTE, SMOTENC or SMOTEN, as the columns ask for, and their labels."""

    def build(categorical: list[int], n_columns: int) -> Any:
        if len(categorical) == n_columns:
            return SMOTEN(**params)
        return SMOTENC(categorical, **params) if categorical else SMOTE(**params)

    return _coded_rows(X, y, build)


def mgs_rows(X: pd.DataFrame, y: Labels, **params: Any) -> NewRows:
    """Return the new rows of MGS-GRF, with no more neighbours than there are, and their labels."""

    def build(categorical: list[int], n_columns: int) -> Any:
        n_neighbors = min(n_columns - len(categorical), int(np.bincount(y).min()) - 1)
        return build_sampler(
            "MGSGRFOverSampler", K=n_neighbors, categorical_features=categorical or None, **params
        )

    return _coded_rows(X, y, build)


def polynom_rows(
    X: pd.DataFrame, y: Labels, *, sampling_strategy: dict[int, int], random_state: int
) -> NewRows:
    """Return new rows of polynom-fit SMOTE, which knows numbers alone, and their labels."""
    n_majority, n_minority = (int(n) for n in np.bincount(y))
    n_new = sampling_strategy[1] - n_minority
    # It makes the same number of rows from each one of the minority: more than are needed.
    n_made = (1 + math.ceil(n_new / n_minority)) * n_minority
    proportion = n_made / (n_majority - n_minority)

    sampler = build_sampler(
        "polynom_fit_SMOTE_star", proportion=proportion, random_state=random_state
    )
    made, labels = _coded_rows(X, y, lambda *_: sampler)
    return made.sample(n_new, random_state=random_state, ignore_index=True), labels[:n_new]


# What a rival makes of tables that have categories.
OF_TABLES: dict[str, Callable[..., NewRows]] = {
    "SMOTE": smote_rows,
    "MGSGRFOverSampler": mgs_rows,
}


def _coded_rows(X: pd.DataFrame, y: Labels, build: Callable[[list[int], int], Any]) -> NewRows:
    """Return the new rows of a sampler for codes of categories and standardised numbers.

    Gaps are filled before; codes and numbers are put back after. ``build`` gets the places of the
    categories and the number of columns.
    """
    frame = filled(X, X)
    categorical = np.array(frame.dtypes == "category")
    names = frame.columns[categorical]
    numbered = frame.copy()
    for name in names:
        numbered[name] = frame[name].cat.codes
    values = numbered.to_numpy(dtype=np.float64, copy=True)
    scaler = StandardScaler()
    if not categorical.all():
        values[:, ~categorical] = scaler.fit_transform(values[:, ~categorical])
    sampler = build(np.flatnonzero(categorical).tolist(), len(categorical))
    resampled, labels = sampler.fit_resample(values, y)
    new = np.asarray(resampled[len(values) :], dtype=np.float64)
    if not categorical.all():
        new[:, ~categorical] = scaler.inverse_transform(new[:, ~categorical])
    rows = pd.DataFrame(new, columns=frame.columns)
    for name in names:
        picked = rows[name].to_numpy().astype(np.intp)
        rows[name] = frame[name].cat.categories.take(picked)
    return rows.astype(dict.fromkeys(names, "category")), np.asarray(labels[len(values) :])


def filled(frame: pd.DataFrame, by: pd.DataFrame) -> pd.DataFrame:
    """Fill gaps by the median, or by the most frequent category, of another frame."""
    gaps = frame.columns[frame.isna().any()]
    return frame.fillna({name: _usual(by[name]) for name in gaps})


def whole(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Round the columns that hold whole numbers alone, as a careful user would."""
    numbers = known.columns[known.dtypes != "category"]
    of_integers = [name for name in numbers if not np.any(known[name].dropna() % 1)]
    return rows.assign(**{name: rows[name].round() for name in of_integers})


def _usual(column: pd.Series) -> Any:
    """Return the median or the most frequent category; without any value the first category."""
    if column.dtype != "category":
        return column.median()
    return next(iter(column.mode()), column.cat.categories[0])
