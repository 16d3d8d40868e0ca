"""Makers of minority rows from a training half: the rivals of P6 and ours behind one call."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC, RandomOverSampler
from sklearn.preprocessing import StandardScaler

from benchmarks.frames import Halves
from benchmarks.methods import GANS, parse

APART = ("TVAE", "CTGAN")
MAKERS = ("real", "RandomOverSampler", "SMOTE", "MGVAE", "BayesGAN", *APART)
# A level of its own, for models that refuse gaps.
GAP = "(missing)"


@dataclass(frozen=True)
class Made:
    """Synthetic minority rows, and what making them took."""

    rows: pd.DataFrame
    seconds: float


def make(method: str, halves: Halves, seed: int, ctgan_python: Path | None = None) -> Made:
    """Make as many minority rows as are held out, from the training half."""
    name, params = parse(method)
    if name == "real":
        return Made(halves.minority, 0.0)
    if name in APART:
        if ctgan_python is None:
            raise SystemExit(f"{name} needs --ctgan-python, see benchmarks/README.md.")
        return _made_apart(name, halves, seed, ctgan_python)
    start = time.perf_counter()
    with warnings.catch_warnings():
        # Where a class is not rare, more rows are asked for than the majority has.
        warnings.filterwarnings("ignore", "After over-sampling")
        if name == "SMOTE":
            rows = _smote(halves, seed)
        else:
            rows = _new_rows(_sampler(name, params, halves, seed), halves)
    return Made(rows, time.perf_counter() - start)


def _strategy(halves: Halves) -> dict[int, int]:
    return {1: len(halves.minority) + len(halves.held)}


def _new_rows(sampler: Any, halves: Halves) -> pd.DataFrame:
    X_res, _ = sampler.fit_resample(halves.X, halves.y)
    rows: pd.DataFrame = X_res.iloc[len(halves.X) :]
    return rows


def _sampler(name: str, params: dict[str, Any], halves: Halves, seed: int) -> Any:
    common: dict[str, Any] = {"sampling_strategy": _strategy(halves), "random_state": seed}
    if name == "RandomOverSampler":
        return RandomOverSampler(**common, **params)
    if name == "MGVAE":
        from mgvae_resample import MGVAEOverSampler

        return MGVAEOverSampler(**common, **params)
    if name in GANS:
        from mgvae_resample import BayesGANOverSampler

        return BayesGANOverSampler(**common, **{**GANS[name], **params})
    raise SystemExit(f"Unknown method {name!r}; choose from {', '.join(MAKERS)}.")


def _smote(halves: Halves, seed: int) -> pd.DataFrame:
    """SMOTE, SMOTENC or SMOTEN as the columns ask for, gaps filled and numbers standardised."""
    frame = _filled(halves.X)
    categorical = np.array(frame.dtypes == "category")
    codes = frame.copy()
    for name in halves.categorical:
        codes[name] = frame[name].cat.codes
    values = codes.to_numpy(dtype=np.float64, copy=True)
    common = {"sampling_strategy": _strategy(halves), "random_state": seed}
    scaler = StandardScaler()
    if not categorical.all():
        values[:, ~categorical] = scaler.fit_transform(values[:, ~categorical])
    if categorical.all():
        sampler = SMOTEN(**common)
    elif categorical.any():
        sampler = SMOTENC(np.flatnonzero(categorical).tolist(), **common)
    else:
        sampler = SMOTE(**common)
    new = sampler.fit_resample(values, halves.y)[0][len(values) :]
    if not categorical.all():
        new[:, ~categorical] = scaler.inverse_transform(new[:, ~categorical])
    rows = pd.DataFrame(new, columns=frame.columns)
    for name in halves.categorical:
        picked = rows[name].to_numpy().astype(np.intp)
        rows[name] = frame[name].cat.categories.take(picked)
    return rows.astype(dict.fromkeys(halves.categorical, "category"))


def _filled(frame: pd.DataFrame, *, by: pd.DataFrame | None = None) -> pd.DataFrame:
    """Fill gaps by the median, or by the most frequent level."""
    gaps = frame.columns[frame.isna().any()]
    source = frame if by is None else by
    return frame.fillna(
        {
            c: source[c].mode()[0] if source[c].dtype == "category" else source[c].median()
            for c in gaps
        }
    )


def _made_apart(name: str, halves: Halves, seed: int, python: Path) -> Made:
    """Let TVAE or CTGAN learn the minority rows in the environment that has them."""
    rows = halves.minority.copy()
    categorical = halves.categorical
    rows[categorical] = rows[categorical].astype(object).fillna(GAP)
    rows = _filled(rows, by=halves.X)
    task = {
        "model": name,
        "categorical": categorical,
        "n_rows": len(halves.held),
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows.to_csv(folder / "rows.csv", index=False)
        (folder / "task.json").write_text(json.dumps(task))
        script = Path(__file__).with_name("ctgan_rows.py")
        subprocess.run([str(python), str(script), str(folder)], check=True)
        new = pd.read_csv(
            folder / "new.csv",
            dtype=dict.fromkeys(categorical, str),
            keep_default_na=False,
            na_values=[GAP],
            float_precision="round_trip",
        )
        seconds = float(json.loads((folder / "seconds.json").read_text()))
    return Made(new.astype(dict.fromkeys(categorical, "category")), seconds)
