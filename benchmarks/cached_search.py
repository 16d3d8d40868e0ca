"""Seconds of one fit, and of a grid search over amounts with and without a cache of trainings."""

from __future__ import annotations

import time
from tempfile import TemporaryDirectory
from typing import Any

from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Row
from benchmarks.speed import blobs
from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler, RaiseTo

COLUMNS = (
    *("dataset", "method", "cached", "n_jobs", "candidates", "folds"),
    *("fit_seconds", "seconds", "score"),
)
SAMPLERS = {"SMOTE": SMOTE, "MGVAE": MGVAEOverSampler, "BayesGAN": BayesGANOverSampler}
# (majority rows, minority rows, columns)
TABLES = {
    "500x20": (476, 24, 20),
    "5000x20": (4_762, 238, 20),
    "50000x20": (47_619, 2_381, 20),
}
N_FOLDS, N_JOBS = 5, 2


def main() -> None:
    """Measure from the command line."""
    given = option_parser("Search", seeds=(0,), methods=tuple(SAMPLERS)).parse_args()
    results = open_results(given, "cached_search", COLUMNS)
    for dataset in chosen(tuple(TABLES), given.datasets):
        for method in given.methods:
            for cached in (False, True) if method != "SMOTE" else (False,):
                key: Row = {"dataset": dataset, "method": method, "cached": int(cached)}
                if not results.has(key):
                    row = key | measure(dataset, method, cached=cached)
                    results.append(row)
                    print(row, flush=True)


def measure(dataset: str, method: str, *, cached: bool) -> Row:
    """Fit once; then search for one of five amounts or no resampling, and fit with the best."""
    X, y = blobs(*TABLES[dataset])
    with TemporaryDirectory() as folder:
        params: dict[str, Any] = {"memory": folder} if cached else {}
        sampler = SAMPLERS[method](random_state=0, **params)
        start = time.perf_counter()
        SAMPLERS[method](random_state=0).fit_resample(X, y)
        fit_seconds = time.perf_counter() - start
        model = Pipeline([("sampler", sampler), ("classifier", LogisticRegression())])
        amounts = [RaiseTo(share) for share in (0.2, 0.4, 0.6, 0.8, 1.0)]
        grid = [{"sampler": ["passthrough"]}, {"sampler__sampling_strategy": amounts}]
        search = GridSearchCV(model, grid, cv=N_FOLDS, scoring="f1_macro", n_jobs=N_JOBS)
        start = time.perf_counter()
        search.fit(X, y)
        seconds = time.perf_counter() - start
    return {
        "n_jobs": N_JOBS,
        "candidates": 1 + len(amounts),
        "folds": N_FOLDS,
        "fit_seconds": fit_seconds,
        "seconds": seconds,
        # Equal with and without the cache.
        "score": float(search.cv_results_["mean_test_score"].sum()),
    }


if __name__ == "__main__":
    main()
