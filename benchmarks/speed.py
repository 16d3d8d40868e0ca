"""Seconds, peak memory and share of the machine's matmul peak of one fit_resample."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.preprocessing import FunctionTransformer
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.image_tasks import IMAGE_SHAPE, two_class_split
from benchmarks.shared.methods import resample
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.processes import in_new_process, peak_mb
from benchmarks.shared.results import Row

COLUMNS = (
    *("protocol", "dataset", "method", "threads", "rows", "columns", "n_synthetic", "seconds"),
    *("base_mb", "peak_mb", "gflop", "gflop_per_second", "matmul_peak", "share_of_peak"),
    "fell_back",
)
IMAGES = "mnist-600"
# (majority rows, minority rows, columns)
TABLES = {
    "5000x20": (4_762, 238, 20),
    "1000x784": (950, 50, 784),
    "1e5x30": (99_000, 1_000, 30),
    "1e6x30": (990_000, 10_000, 30),
    "1e7x30": (9_900_000, 100_000, 30),
}
BLOCK = 100_000
CASES = (IMAGES, *TABLES)
# The cases whose FLOPs are counted.
COUNTED = (IMAGES, "5000x20", "1000x784")


def blobs(n_majority: int, n_minority: int, n_columns: int) -> tuple[Rows, Labels]:
    """Draw correlated normal rows, the minority shifted by one half; in blocks, to save memory."""
    rng = np.random.default_rng(0)
    loadings = rng.normal(size=(5, n_columns))
    X = np.empty((n_majority + n_minority, n_columns))
    for rows in np.split(X, range(BLOCK, len(X), BLOCK)):
        rows[:] = rng.normal(size=(len(rows), 5)) @ loadings + rng.normal(size=rows.shape)
    y = np.repeat([0, 1], [n_majority, n_minority]).astype(np.intp)
    X[y == 1] += 0.5
    return X, y


def matmul_peak() -> float:
    """Return the GFLOP/s of a 2048 x 2048 float32 product, the best of ten."""
    a = torch.randn(2048, 2048)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - start)
    return 2 * 2048**3 / min(times) / 1e9


def main() -> None:
    """Measure the cases from the command line."""
    options = option_parser("Speed and scaling", seeds=(0,), methods=("SMOTE", "MGVAE"))
    options.add_argument("--threads", type=int, nargs="+", default=[1])
    given = options.parse_args()
    results = open_results(given, "speed", COLUMNS)
    for threads in given.threads:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        for case in chosen(CASES, given.datasets):
            for method in given.methods:
                key: Row = {"dataset": case, "method": method, "threads": threads}
                if not results.has(key):
                    row = key | in_new_process(measure, case, method, given.data)
                    results.append(row)
                    print(row, flush=True)


def measure(case: str, method: str, folder: Path | None) -> Row:
    """Time one fit_resample in this process, then count its FLOPs in a second one."""
    X, y, shape = load(case, folder)
    scaler = FunctionTransformer().fit(X)
    base = peak_mb()
    resampled = resample(method, X, y, scaler=scaler, seed=0, image_shape=shape)
    row: Row = {
        "rows": len(X),
        "columns": X.shape[1],
        "n_synthetic": resampled.n_synthetic,
        "seconds": resampled.seconds,
        "base_mb": base,
        "peak_mb": peak_mb(),
        "fell_back": int(resampled.fell_back),
    }
    if not method.startswith("MGVAE") or case not in COUNTED or resampled.fell_back:
        return row
    with FlopCounterMode(display=False) as counter:
        resample(method, X, y, scaler=scaler, seed=0, image_shape=shape)
    gflop = counter.get_total_flops() / 1e9
    peak = matmul_peak()
    return row | {
        "gflop": gflop,
        "gflop_per_second": gflop / resampled.seconds,
        "matmul_peak": peak,
        "share_of_peak": gflop / resampled.seconds / peak,
    }


def load(case: str, folder: Path | None) -> tuple[Rows, Labels, tuple[int, int] | None]:
    """Return the rows and labels of a case, and the shape of its images."""
    if case != IMAGES:
        return *blobs(*TABLES[case]), None
    split = two_class_split(case, 0, folder)
    return split.X, split.y, IMAGE_SHAPE


if __name__ == "__main__":
    main()
