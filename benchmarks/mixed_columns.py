"""Tables of numbers, categories, text and dates: encoding a million rows, and all of Adult."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.shared.methods import build_sampler, parse_method
from benchmarks.shared.mixed_tables import load_frame
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.processes import in_new_process, peak_mb
from benchmarks.shared.results import Row
from mgvae_resample._encoding.tabular import TabularEncoding
from mgvae_resample._tables.table import Table

COLUMNS = (
    *("protocol", "dataset", "method", "seed", "fold", "classifier", "threads"),
    *("rows", "columns", "input_mb", "seconds", "fit_seconds", "base_mb", "peak_mb"),
)
CASES = ("million", "adult")
# The million rows are encoded and decoded only, Adult is over-sampled.
ENCODING = "encoding"
METHODS = (ENCODING, "MGVAE", "BayesGAN")


def million(n_rows: int = 1_000_000) -> pd.DataFrame:
    """Draw 30 columns: floats, counts, prices with gaps, zeros, categories, text, dates, flags."""
    g = np.random.default_rng(0)
    towns = np.array([f"town {i}" for i in range(300)])
    columns: dict[str, tuple[int, Callable[[], Any]]] = {
        "normal": (8, lambda: g.normal(size=n_rows)),
        "skewed": (3, lambda: g.lognormal(0, 2, n_rows)),
        "zeros": (3, lambda: np.where(g.random(n_rows) < 0.6, 0, g.exponential(1, n_rows))),
        "count": (4, lambda: g.poisson(30, n_rows)),
        "number": (1, lambda: g.integers(0, 10**9, n_rows)),
        "price": (
            3,
            lambda: np.where(g.random(n_rows) < 0.1, np.nan, g.normal(50, 20, n_rows).round(2)),
        ),
        "category": (
            4,
            lambda: pd.Categorical.from_codes(
                g.integers(0, 12, n_rows), dtype=pd.CategoricalDtype([*"abcdefghijkl"])
            ),
        ),
        "town": (2, lambda: pd.Series(towns[np.minimum(g.geometric(0.02, n_rows), 299)])),
        "flag": (1, lambda: g.random(n_rows) < 0.3),
        "day": (
            1,
            lambda: np.datetime64("2000-01-01", "s") + 86_400 * g.integers(0, 8000, n_rows),
        ),
    }
    return pd.DataFrame(
        {f"{name}{i}": make() for name, (n, make) in columns.items() for i in range(n)}
    )


def main() -> None:
    """Measure from the command line."""
    options = option_parser("Mixed columns: time and memory", seeds=(0,), methods=METHODS)
    given = options.parse_args()
    results = open_results(given, "mixed_columns", COLUMNS)
    for case in chosen(CASES, given.datasets):
        for method in given.methods:
            key: Row = {"dataset": case, "method": method, "seed": 0, "fold": 0}
            key |= {"classifier": "", "threads": 1}
            if (method == ENCODING) == (case == "million") and not results.has(key):
                row = key | in_new_process(measure, case, method, given.data)
                results.append(row)
                print(row, flush=True)


def measure(case: str, method: str, folder: Path | None) -> Row:
    """Time one case in this process."""
    if case == "million":
        return _encoding(million())
    if folder is None:
        raise SystemExit("Adult needs --data FOLDER, see benchmarks/README.md.")
    X, y = load_frame(case, folder)
    name, params = parse_method(method)
    sampler = build_sampler(name, random_state=0, device="cpu", **params)
    base, start = peak_mb(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler.fit_resample(X, y)
    return _row(X, time.perf_counter() - start, base)


def _encoding(X: pd.DataFrame) -> Row:
    base, start = peak_mb(), time.perf_counter()
    table = Table.of(X)
    encoding = TabularEncoding(categorical_features="auto").fit(table)
    fitted = time.perf_counter()
    decoded = encoding.decode(encoding.encode(table)).native
    assert len(decoded) == len(X)
    return _row(X, time.perf_counter() - fitted, base) | {"fit_seconds": fitted - start}


def _row(X: pd.DataFrame, seconds: float, base: float) -> Row:
    return {
        "rows": len(X),
        "columns": X.shape[1],
        "input_mb": X.memory_usage(deep=True).sum() / 2**20,
        "seconds": seconds,
        "base_mb": base,
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    main()
