"""Seconds and trainings of a grid search over amounts, with and without a cache of trainings."""

from __future__ import annotations

import time
from tempfile import TemporaryDirectory

from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from benchmarks.shared.options import open_results, option_parser
from benchmarks.shared.results import Row
from benchmarks.speed import TABLES, blobs
from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler, RaiseTo

COLUMNS = ("dataset", "method", "cached", "n_jobs", "candidates", "folds", "seconds", "score")
SAMPLERS = {"MGVAE": MGVAEOverSampler, "BayesGAN": BayesGANOverSampler}
DATASET, N_FOLDS, N_JOBS = "5000x20", 5, 2


def main() -> None:
    """Measure both samplers from the command line."""
    given = option_parser("Search", seeds=(0,), methods=tuple(SAMPLERS)).parse_args()
    results = open_results(given, "cached_search", COLUMNS)
    for method in given.methods:
        for cached in (False, True):
            key: Row = {"dataset": DATASET, "method": method, "cached": int(cached)}
            if not results.has(key):
                row = key | measure(method, cached=cached)
                results.append(row)
                print(row, flush=True)


def measure(method: str, *, cached: bool) -> Row:
    """Search for one of four amounts or no resampling, and fit once more with the best."""
    X, y = blobs(*TABLES[DATASET])
    with TemporaryDirectory() as folder:
        sampler = SAMPLERS[method](random_state=0, memory=folder if cached else None)
        model = Pipeline([("sampler", sampler), ("classifier", LogisticRegression())])
        amounts = [RaiseTo(share) for share in (0.25, 0.5, 0.75, 1.0)]
        grid = [{"sampler": ["passthrough"]}, {"sampler__sampling_strategy": amounts}]
        search = GridSearchCV(model, grid, cv=N_FOLDS, scoring="f1_macro", n_jobs=N_JOBS)
        start = time.perf_counter()
        search.fit(X, y)
        seconds = time.perf_counter() - start
    return {
        "n_jobs": N_JOBS,
        "candidates": 1 + len(amounts),
        "folds": N_FOLDS,
        "seconds": seconds,
        # Equal with and without the cache.
        "score": float(search.cv_results_["mean_test_score"].sum()),
    }


if __name__ == "__main__":
    main()
