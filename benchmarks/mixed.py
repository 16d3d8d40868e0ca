"""Mixed tables: the codec on a million rows, and fit_resample of the whole of Adult."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.apart import apart, peak_mb
from benchmarks.frames import load_frame
from benchmarks.options import chosen, parser
from benchmarks.results import Results, Row
from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler
from mgvae_resample._data.categorical import find_categorical
from mgvae_resample._data.codec import TableCodec

COLUMNS = (
    *("protocol", "dataset", "method", "seed", "fold", "classifier", "threads"),
    *("rows", "columns", "input_mb", "seconds", "fit_seconds", "base_mb", "peak_mb"),
)
SAMPLERS = {"MGVAE": MGVAEOverSampler, "BayesGAN": BayesGANOverSampler}
CASES = ("million", "adult")


def million(n_rows: int = 1_000_000) -> pd.DataFrame:
    """Draw 30 columns: floats, counts, prices with gaps, zeros, categories, text, dates, flags."""
    g = np.random.default_rng(0)
    towns = np.array([f"town {i}" for i in range(300)])
    makers: dict[str, tuple[int, Callable[[], Any]]] = {
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
        {f"{name}{i}": make() for name, (n, make) in makers.items() for i in range(n)}
    )


def main() -> None:
    """Measure from the command line."""
    options = parser("Mixed tables: time and memory", seeds=(0,))
    options.set_defaults(methods=list(SAMPLERS))
    given = options.parse_args()
    results = Results(given.results / "mixed.csv", COLUMNS)
    if given.redo:
        results.forget([*given.methods, "codec"], given.datasets)
    for case in chosen(CASES, given.datasets):
        for method in ["codec"] if case == "million" else given.methods:
            key: Row = {"protocol": "mixed", "dataset": case, "method": method, "seed": 0}
            key |= {"fold": 0, "classifier": "", "threads": 1}
            if not results.has(key):
                row = apart(measure, case, method, given.data)
                results.append(key | row)
                print(key | row, flush=True)


def measure(case: str, method: str, folder: Path | None) -> Row:
    """Time one case in this process."""
    if case == "million":
        return _codec(million())
    if folder is None:
        raise SystemExit("Adult needs --data FOLDER, see benchmarks/README.md.")
    X, y = load_frame(case, folder)
    sampler = SAMPLERS[method](random_state=0, device="cpu")
    base, start = peak_mb(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler.fit_resample(X, y)
    return _row(X, time.perf_counter() - start, base)


def _codec(X: pd.DataFrame) -> Row:
    base, start = peak_mb(), time.perf_counter()
    codec = TableCodec().fit(X, find_categorical(X, "auto"))
    fitted = time.perf_counter()
    codec.decode(codec.encode(X))
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
