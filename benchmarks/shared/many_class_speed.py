"""CPU seconds and peak memory of a fit with 2, 20 and 100 classes, measured in one run."""

from __future__ import annotations

import argparse
import os
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.methods import OURS, build_sampler, parse_method
from benchmarks.shared.options import open_results
from benchmarks.shared.processes import in_new_process, peak_mb
from benchmarks.shared.results import Row

COLUMNS = (
    *("protocol", "dataset", "method", "threads", "rows", "columns", "n_classes", "n_synthetic"),
    *("cpu_seconds", "ratio", "base_mb", "peak_mb"),
)
SPEED_METHODS = ("SMOTE", "MGVAE", "BayesGAN")
# Number of classes, and rows of the largest and of the smallest one.
CASES = {"2 classes": (2, 500, 60), "20 classes": (20, 500, 8), "100 classes": (100, 500, 8)}
N_COLUMNS, N_FACTORS = 20, 5


def drawn_classes(n_classes: int, largest: int, smallest: int) -> tuple[Rows, Labels]:
    """Draw correlated normal rows around a centre for each class; sizes fall geometrically."""
    rng = np.random.default_rng(0)
    sizes = np.geomspace(largest, smallest, n_classes).round().astype(np.intp)
    y = np.repeat(np.arange(n_classes, dtype=np.intp), sizes)
    loadings = rng.normal(size=(N_FACTORS, N_COLUMNS))
    centres = rng.normal(size=(n_classes, N_COLUMNS))
    noise = rng.normal(size=(len(y), N_COLUMNS))
    return centres[y] + rng.normal(size=(len(y), N_FACTORS)) @ loadings + noise, y


def measure_speed(given: argparse.Namespace) -> None:
    """Measure every case of each method whose rows lack, so that ratios are of one run."""
    os.environ["OMP_NUM_THREADS"] = "1"
    results = open_results(given, "many_classes-speed", COLUMNS)
    for method in given.methods:
        place: Row = {"method": method, "threads": 1}
        if all(results.has(place | {"dataset": case}) for case in CASES):
            continue
        results.forget(method=[method])
        rows = [
            {"dataset": case} | place | in_new_process(measure, case, method, given.repeats)
            for case in CASES
        ]
        for row in rows:
            row["ratio"] = row["cpu_seconds"] / rows[0]["cpu_seconds"]
        results.append(*rows)
        for row in rows:
            print(row, flush=True)


def measure(case: str, method: str, repeats: int) -> dict[str, Any]:
    """Time fits in this process and return the fastest, after a small one that loads libraries."""
    name, params = parse_method(method)
    X, y = drawn_classes(*CASES[case])
    extra = {} if name in OURS else {"k_neighbors": min(5, int(np.bincount(y).min()) - 1)}
    steps = {k: 1 for k in build_sampler(name).get_params() if k.startswith("max_")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        build_sampler(name, random_state=0, **steps).fit_resample(*drawn_classes(2, 40, 20))
        base, seconds = peak_mb(), []
        for _ in range(repeats):
            sampler = build_sampler(name, random_state=0, **{**extra, **params})
            start = time.process_time()
            y_res = sampler.fit_resample(X, y)[1]
            seconds.append(time.process_time() - start)
    return {
        "rows": len(y),
        "columns": X.shape[1],
        "n_classes": len(np.unique(y)),
        "n_synthetic": len(y_res) - len(y),
        "cpu_seconds": min(seconds),
        "base_mb": base,
        "peak_mb": peak_mb(),
    }
