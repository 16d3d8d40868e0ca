"""The classifiers of the tables by name, each giving P(minority) of the test rows."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.data import Labels, Rows
from benchmarks.mlp import mlp_probabilities

CLASSIFIERS = ("logistic", "knn", "mlp", "forest", "boosting")


def has_class_weight(classifier: str) -> bool:
    """Tell whether class weights exist for this classifier."""
    return classifier != "knn"


def probabilities(
    classifier: str, X: Rows, y: Labels, X_test: Rows, *, steps: int, weighted: bool, seed: int
) -> Rows:
    """Fit the classifier and return P(class 1) of the test rows; `steps` is the MLP's budget."""
    if classifier == "mlp":
        return mlp_probabilities(X, y, X_test, steps=steps, weighted=weighted, seed=seed)
    model = _build(classifier, "balanced" if weighted else None, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    return model.predict_proba(X_test)[:, 1]  # type: ignore[no-any-return]


def _build(classifier: str, class_weight: str | None, seed: int) -> Any:
    if classifier == "logistic":
        return LogisticRegression(max_iter=1000, class_weight=class_weight)
    if classifier == "knn":
        return KNeighborsClassifier(n_neighbors=5, n_jobs=1)
    if classifier == "forest":
        return RandomForestClassifier(
            n_estimators=100, class_weight=class_weight, random_state=seed, n_jobs=1
        )
    if classifier == "boosting":
        return HistGradientBoostingClassifier(class_weight=class_weight, random_state=seed)
    raise SystemExit(f"Unknown classifier {classifier!r}; choose from {', '.join(CLASSIFIERS)}.")
