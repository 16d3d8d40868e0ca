"""Synthesizes minority rows from a training half: the rivals and ours behind one call."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.shared.halved_tables import Halves
from benchmarks.shared.methods import OURS, build_sampler, parse_method
from benchmarks.shared.rival_models import MODELS, model_rows
from benchmarks.shared.smote_rows import OF_TABLES, polynom_rows, whole

METHODS = (
    "real",
    "RandomOverSampler",
    "SMOTE",
    "MGSGRFOverSampler",
    "polynom_fit_SMOTE_star",
    "MGVAE",
    "BayesGAN",
    *MODELS,
)
# Rivals that need some help with tables.
_OF_TABLES = {**OF_TABLES, "polynom_fit_SMOTE_star": polynom_rows}


@dataclass(frozen=True)
class SyntheticRows:
    """Synthetic minority rows, and the seconds they took."""

    rows: pd.DataFrame
    seconds: float


def can_run(method: str, halves: Halves) -> bool:
    """Tell whether a rival knows such a table.

    MGS-GRF needs a column of numbers, and polynom-fit SMOTE numbers alone.
    """
    n_categorical, n_columns = len(halves.categorical), halves.X.shape[1]
    if method == "polynom_fit_SMOTE_star":
        return n_categorical == 0
    return method != "MGSGRFOverSampler" or n_categorical < n_columns


def synthesize(
    method: str, halves: Halves, seed: int, rivals_python: Path | None = None
) -> SyntheticRows:
    """Return as many minority rows as are held out, learnt from the training half."""
    name, params = parse_method(method)
    if name not in (*METHODS, *OURS):
        raise SystemExit(f"Unknown method {name!r}; choose from {', '.join(METHODS)}.")
    if name == "real":
        return SyntheticRows(halves.minority, 0.0)
    if name in MODELS:
        n_rows = len(halves.held_out)
        return SyntheticRows(
            *model_rows(name, halves.X, halves.minority, n_rows, seed, rivals_python)
        )
    common = {
        "sampling_strategy": {1: len(halves.minority) + len(halves.held_out)},
        "random_state": seed,
    }
    start = time.perf_counter()
    with warnings.catch_warnings():
        # Where a class is not rare, more rows are asked for than the majority has.
        warnings.filterwarnings("ignore", "After over-sampling")
        if name in _OF_TABLES:
            made, _ = _OF_TABLES[name](halves.X, halves.y, **common)
            rows = whole(made, halves.X)
        else:
            sampler = build_sampler(name, **common, **params)
            rows = sampler.fit_resample(halves.X, halves.y)[0][len(halves.X) :]
    return SyntheticRows(rows, time.perf_counter() - start)
