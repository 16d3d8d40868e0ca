"""The ensembles of the league: equally many fits to rows that are resampled in different ways."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from benchmarks.shared.classifiers import probabilities
from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.methods import OURS, build_sampler, neighbours, parse_method
from benchmarks.shared.smote_rows import smote_rows
from mgvae_resample import ResampledClassifier

PREFIX = "ensemble "
N_DRAWS = 8
# Amounts by the ending of a name; without one the ensemble chooses.
_AMOUNTS = {"": "auto", "full": 1.0, "half": 0.5, "quarter": 0.25}


def is_ensemble(method: str) -> bool:
    """Tell whether a method is a `ResampledClassifier`."""
    return method.startswith(PREFIX)


def ensemble_probabilities(
    method: str,
    classifier: str,
    X: pd.DataFrame,
    y: Labels,
    X_test: pd.DataFrame,
    encode: Any,
    *,
    steps: int,
    seed: int,
    folder: Path,
) -> Rows:
    """Return P(class 1) of test rows by an ensemble of 16 fits.

    `folder` caches trainings of our samplers, which all classifiers share.
    """
    base, _, ending = method.removeprefix(PREFIX).partition("@")
    amount = 0 if base == "none" else _AMOUNTS[ending]
    fits = EncodedFits(classifier, FrozenEstimator(encode), steps)
    shared: dict[str, Any] = {"n_draws": N_DRAWS, "random_state": seed}
    models = [ResampledClassifier(fits, _sampler(base, seed, folder), amount=amount, **shared)]
    if base == "class_weight":
        weighted = EncodedFits(classifier, FrozenEstimator(encode), steps, weighted=True)
        models = [ResampledClassifier(e, plain_weight=1, **shared) for e in (fits, weighted)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predicted = [model.fit(X, y).predict_proba(X_test)[:, 1] for model in models]
    return np.asarray(np.mean(predicted, axis=0))


class EncodedFits(ClassifierMixin, BaseEstimator):
    """A classifier of the league on encoded rows; it is fitted when it predicts."""

    def __init__(
        self,
        classifier: str,
        encode: Any,
        steps: int,
        *,
        weighted: bool = False,
        random_state: int = 0,
    ) -> None:
        self.classifier, self.encode, self.steps = classifier, encode, steps
        self.weighted, self.random_state = weighted, random_state

    def fit(self, X: pd.DataFrame, y: Labels) -> EncodedFits:
        self.X_, self.y_, self.classes_ = X, y, np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> Rows:
        chances = probabilities(
            self.classifier,
            self.encode.transform(self.X_),
            self.y_,
            self.encode.transform(X),
            steps=self.steps,
            weighted=self.weighted,
            seed=self.random_state,
        )
        return np.column_stack([1 - chances, chances])


class TableSMOTE(BaseEstimator):
    """SMOTE, SMOTENC or SMOTEN, as the columns ask for; where it fails the rows as they are."""

    def __init__(self, sampling_strategy: Any = "auto", random_state: int | None = None) -> None:
        self.sampling_strategy, self.random_state = sampling_strategy, random_state

    def fit_resample(self, X: pd.DataFrame, y: Labels) -> tuple[pd.DataFrame, Labels]:
        try:
            new, labels = smote_rows(X, y, **self.get_params(deep=False), **neighbours("SMOTE", y))
        except ValueError:
            return X, y
        rows = pd.concat([X, new.astype(X.dtypes)], ignore_index=True)
        return rows, np.concatenate([y, labels])


def _sampler(method: str, seed: int, folder: Path) -> Any:
    """Return the sampler of an ensemble; None repeats rows."""
    name, params = parse_method(method)
    if name in OURS:
        return build_sampler(name, random_state=seed, memory=str(folder), **params)
    return TableSMOTE() if name == "SMOTE" else None
