"""SMOTE on tables of any kind, as a careful user would run it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC
from sklearn.preprocessing import StandardScaler

from benchmarks.shared.datasets import Labels


def smote_rows(X: pd.DataFrame, y: Labels, **params: Any) -> pd.DataFrame:
    """Return the new rows of SMOTE, SMOTENC or SMOTEN, as the columns ask for.

    Gaps are filled and numbers standardised before; numbers are put back after.
    """
    frame = filled(X, X)
    categorical = np.array(frame.dtypes == "category")
    names = frame.columns[categorical]
    numbered = frame.copy()
    for name in names:
        numbered[name] = frame[name].cat.codes
    values = numbered.to_numpy(dtype=np.float64, copy=True)
    scaler = StandardScaler()
    if categorical.all():
        new = SMOTEN(**params).fit_resample(values, y)[0][len(values) :]
    else:
        values[:, ~categorical] = scaler.fit_transform(values[:, ~categorical])
        which = np.flatnonzero(categorical).tolist()
        sampler = SMOTENC(which, **params) if which else SMOTE(**params)
        new = sampler.fit_resample(values, y)[0][len(values) :]
        new[:, ~categorical] = scaler.inverse_transform(new[:, ~categorical])
    rows = pd.DataFrame(new, columns=frame.columns)
    for name in names:
        picked = rows[name].to_numpy().astype(np.intp)
        rows[name] = frame[name].cat.categories.take(picked)
    return rows.astype(dict.fromkeys(names, "category"))


def filled(frame: pd.DataFrame, by: pd.DataFrame) -> pd.DataFrame:
    """Fill gaps by the median, or by the most frequent category, of another frame."""
    gaps = frame.columns[frame.isna().any()]
    return frame.fillna({name: _usual(by[name]) for name in gaps})


def _usual(column: pd.Series) -> Any:
    """Return the median or the most frequent category; without any value the first category."""
    if column.dtype != "category":
        return column.median()
    return next(iter(column.mode()), column.cat.categories[0])
