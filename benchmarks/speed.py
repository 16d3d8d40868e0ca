"""Seconds, peak memory and share of the machine's matmul peak of one fit_resample."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.preprocessing import FunctionTransformer
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.apart import apart, peak_mb
from benchmarks.data import Labels, Rows
from benchmarks.images import image_split
from benchmarks.methods import resample
from benchmarks.options import chosen, parser
from benchmarks.results import Results, Row

COLUMNS = (
    "protocol",
    "dataset",
    "method",
    "threads",
    "rows",
    "columns",
    "n_synthetic",
    "seconds",
    "base_mb",
    "peak_mb",
    "gflop",
    "gflop_per_second",
    "matmul_peak",
    "share_of_peak",
    "fell_back",
)
# (majority rows, minority rows, columns); the first two also have their FLOPs counted.
TABLES = {
    "5000x20": (4_762, 238, 20),
    "1000x784": (950, 50, 784),
    "majority-1e4": (10_000, 500, 20),
    "majority-1e5": (100_000, 500, 20),
    "majority-1e6": (1_000_000, 500, 20),
}
CASES = ("mnist-600", *TABLES)
COUNTED = ("mnist-600", "5000x20", "1000x784")


def blobs(n_majority: int, n_minority: int, n_columns: int) -> tuple[Rows, Labels]:
    """Draw correlated normal rows, the minority shifted by one half."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(n_majority + n_minority, 5))
    X = factors @ rng.normal(size=(5, n_columns)) + rng.normal(size=(len(factors), n_columns))
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
    options = parser("Speed and scaling", seeds=(0,))
    options.set_defaults(methods=["SMOTE", "MGVAE"])
    options.add_argument("--threads", type=int, nargs="+", default=[1])
    given = options.parse_args()
    results = Results(given.results / "speed.csv", COLUMNS)
    if given.redo:
        results.forget(given.methods, given.datasets)
    for threads in given.threads:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        for case in chosen(CASES, given.datasets):
            for method in given.methods:
                key = {"protocol": "speed", "dataset": case, "method": method, "threads": threads}
                if not results.has(key):
                    row = key | apart(measure, case, method, given.data)
                    results.append(row)
                    print({k: v for k, v in row.items() if k != "protocol"}, flush=True)


def measure(case: str, method: str, folder: Path | None) -> Row:
    """Time one fit_resample in this process, then count its FLOPs in a second one."""
    image = case == "mnist-600"
    if image:
        split = image_split(case, 0, folder)
        X, y = split.X, split.y
    else:
        X, y = blobs(*TABLES[case])
    scaler = FunctionTransformer().fit(X)
    shape = (28, 28) if image else None
    base = peak_mb()
    made = resample(method, X, y, scaler=scaler, seed=0, image_shape=shape)
    row: Row = {
        "rows": len(X),
        "columns": X.shape[1],
        "n_synthetic": made.n_synthetic,
        "seconds": made.seconds,
        "base_mb": base,
        "peak_mb": peak_mb(),
        "fell_back": int(made.fell_back),
    }
    if not method.startswith("MGVAE") or case not in COUNTED or made.fell_back:
        return row
    with FlopCounterMode(display=False) as counter:
        resample(method, X, y, scaler=scaler, seed=0, image_shape=shape)
    gflop = counter.get_total_flops() / 1e9
    peak = matmul_peak()
    return row | {
        "gflop": gflop,
        "gflop_per_second": gflop / made.seconds,
        "matmul_peak": peak,
        "share_of_peak": gflop / made.seconds / peak,
    }


if __name__ == "__main__":
    main()
