"""The methods of the league: a training table in, rows for a classifier out."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.methods import NO_RESAMPLING, OURS, build_sampler, neighbours, parse_method
from benchmarks.shared.rival_models import MODELS, model_rows
from benchmarks.shared.smote_rows import OF_TABLES

# Rows of the minority for one of the majority, by the ending of a method's name.
AMOUNTS = {"": 1.0, "@half": 0.5, "@quarter": 0.25}


class Training(NamedTuple):
    """Encoded rows and labels that a classifier learns from."""

    X: Rows
    y: Labels
    weighted: bool = False
    seconds: float = 0.0
    fell_back: bool = False


def encoder(X: pd.DataFrame) -> Any:
    """Return what makes rows of numbers of a table, fitted to it.

    Gaps in numbers are filled by the median, and numbers standardised. Categories are one-hot; a
    gap is a category, and of more than 30 the less frequent are one.
    """
    categorical = X.columns[X.dtypes == "category"]
    return make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            X.columns.difference(categorical, sort=False),
        ),
        (
            OneHotEncoder(
                handle_unknown="infrequent_if_exist", max_categories=30, sparse_output=False
            ),
            categorical,
        ),
    ).fit(X)


def trainings(
    methods: list[str],
    X: pd.DataFrame,
    y: Labels,
    encode: Any,
    seed: int,
    rivals_python: Path | None = None,
) -> Iterator[tuple[str, Training]]:
    """Yield the training rows of each method; amounts of one sampler share its rows.

    A sampler makes rows up to full balance, and smaller amounts are drawn from these at random.
    """
    plain = encode.transform(X)
    grouped: dict[str, list[str]] = {}
    for method in methods:
        grouped.setdefault(method.partition("@")[0], []).append(method)
    for base, shared in grouped.items():
        if base in NO_RESAMPLING:
            yield base, Training(plain, y, weighted=base == "class_weight")
            continue
        start = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                new, _ = new_rows(base, X, y, plain, encode, seed, rivals_python)
        except (ValueError, RuntimeError):
            if parse_method(base)[0] in OURS:
                raise  # a failure of ours is a bug to be seen, not a result
            new = plain[:0]
        seconds = time.perf_counter() - start
        order = np.random.default_rng(seed).permutation(len(new))
        n_majority, n_minority = np.bincount(y)
        for method in shared:
            share = AMOUNTS[method.removeprefix(base)]
            taken = new[order[: max(0, round(share * n_majority) - n_minority)]]
            yield (
                method,
                Training(
                    np.concatenate([plain, taken]),
                    np.concatenate([y, np.ones(len(taken), dtype=y.dtype)]),
                    seconds=seconds,
                    fell_back=len(new) == 0,
                ),
            )


def new_rows(
    method: str,
    X: pd.DataFrame,
    y: Labels,
    plain: Rows,
    encode: Any,
    seed: int,
    rivals_python: Path | None = None,
) -> tuple[Rows, Labels]:
    """Return the encoded rows that a sampler adds for full balance, and their labels.

    The models that learn the minority alone know two classes; samplers know any number.
    """
    name, params = parse_method(method)
    if name in OURS:
        sampler = build_sampler(name, random_state=seed, **params)
        resampled, labels = sampler.fit_resample(X, y)
        return np.asarray(encode.transform(resampled.iloc[len(X) :])), labels[len(X) :]
    if name in MODELS:
        n_majority, n_minority = np.bincount(y)
        n_new = int(n_majority - n_minority)
        made, _ = model_rows(name, X, X[y == 1], n_new, seed, rivals_python)
        return np.asarray(encode.transform(made)), np.ones(len(made), dtype=y.dtype)
    params = {"random_state": seed} | neighbours(name, y) | params
    if name in OF_TABLES:
        made, labels = OF_TABLES[name](X, y, **params)
        return np.asarray(encode.transform(made)), labels
    # The other rivals know numbers alone.
    resampled, labels = build_sampler(name, **params).fit_resample(plain, y)
    return np.asarray(resampled[len(plain) :]), labels[len(plain) :]
