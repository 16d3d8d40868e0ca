"""Synthesizes minority rows from a training half: the rivals and ours behind one call."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.shared.halved_tables import Halves
from benchmarks.shared.methods import OURS, build_sampler, parse_method
from benchmarks.shared.smote_rows import filled, mgs_rows, smote_rows

# Models that need an environment of their own.
ELSEWHERE = ("TVAE", "CTGAN", "ARF")
METHODS = (
    "real",
    "RandomOverSampler",
    "SMOTE",
    "MGSGRFOverSampler",
    "MGVAE",
    "BayesGAN",
    *ELSEWHERE,
)
# Rivals that need some help with tables of any kind.
_OF_ANY_TABLE = {"SMOTE": smote_rows, "MGSGRFOverSampler": mgs_rows}
# A category of its own, for models that refuse missing values.
MISSING = "(missing)"


@dataclass(frozen=True)
class SyntheticRows:
    """Synthetic minority rows, and the seconds they took."""

    rows: pd.DataFrame
    seconds: float


def can_run(method: str, halves: Halves) -> bool:
    """Tell whether a rival knows such a table: MGS-GRF needs a column of numbers."""
    return method != "MGSGRFOverSampler" or len(halves.categorical) < halves.X.shape[1]


def synthesize(
    method: str, halves: Halves, seed: int, rivals_python: Path | None = None
) -> SyntheticRows:
    """Return as many minority rows as are held out, learnt from the training half."""
    name, params = parse_method(method)
    if name not in (*METHODS, *OURS):
        raise SystemExit(f"Unknown method {name!r}; choose from {', '.join(METHODS)}.")
    if name == "real":
        return SyntheticRows(halves.minority, 0.0)
    if name in ELSEWHERE:
        if rivals_python is None:
            raise SystemExit(f"{name} needs --rivals-python, see benchmarks/README.md.")
        return _from_elsewhere(name, halves, seed, rivals_python)
    common = {
        "sampling_strategy": {1: len(halves.minority) + len(halves.held_out)},
        "random_state": seed,
    }
    start = time.perf_counter()
    with warnings.catch_warnings():
        # Where a class is not rare, more rows are asked for than the majority has.
        warnings.filterwarnings("ignore", "After over-sampling")
        if name in _OF_ANY_TABLE:
            rows = _whole(_OF_ANY_TABLE[name](halves.X, halves.y, **common), halves.X)
        else:
            sampler = build_sampler(name, **common, **params)
            rows = sampler.fit_resample(halves.X, halves.y)[0][len(halves.X) :]
    return SyntheticRows(rows, time.perf_counter() - start)


def _whole(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Round the columns that hold whole numbers alone, as a careful user would."""
    numbers = known.columns[known.dtypes != "category"]
    whole = [name for name in numbers if not np.any(known[name].dropna() % 1)]
    return rows.assign(**{name: rows[name].round() for name in whole})


def _from_elsewhere(name: str, halves: Halves, seed: int, python: Path) -> SyntheticRows:
    """Let a model learn the minority rows in the environment that has it."""
    rows = halves.minority.copy()
    categorical = halves.categorical
    rows[categorical] = rows[categorical].astype(object).fillna(MISSING)
    rows = filled(rows, halves.X)
    task = {
        "model": name,
        "categorical": categorical,
        "n_rows": len(halves.held_out),
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows.to_csv(folder / "rows.csv", index=False)
        (folder / "task.json").write_text(json.dumps(task))
        script = Path(__file__).with_name("rival_rows.py")
        subprocess.run([str(python), str(script), str(folder)], check=True)
        new = pd.read_csv(
            folder / "new.csv",
            dtype=dict.fromkeys(categorical, str),
            keep_default_na=False,
            na_values=[MISSING],
            float_precision="round_trip",
        )
        seconds = float(json.loads((folder / "seconds.json").read_text()))
    new = new.astype(dict.fromkeys(categorical, "category"))
    return SyntheticRows(_whole(new, halves.X), seconds)
