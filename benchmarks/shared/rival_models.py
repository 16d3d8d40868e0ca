"""TVAE, CTGAN and ARF, which learn the minority in a Python environment of their own."""

from __future__ import annotations

import atexit
import json
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import pandas as pd

from benchmarks.shared.smote_rows import filled, whole

MODELS = ("TVAE", "CTGAN", "ARF")
# A category of its own, for models that refuse missing values.
MISSING = "(missing)"


def model_rows(
    name: str, X: pd.DataFrame, minority: pd.DataFrame, n_rows: int, seed: int, python: Path | None
) -> tuple[pd.DataFrame, float]:
    """Return new minority rows of a model, and the seconds they took.

    ``X`` is the whole training part: gaps in numbers are filled by its medians.
    """
    if python is None:
        raise SystemExit(f"{name} needs --rivals-python, see benchmarks/README.md.")
    categorical = list(X.columns[X.dtypes == "category"])
    rows = minority.copy()
    rows[categorical] = rows[categorical].astype(object).fillna(MISSING)
    rows = filled(rows, X)
    task = {"model": name, "categorical": categorical, "n_rows": n_rows, "seed": seed}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows.to_csv(folder / "rows.csv", index=False)
        (folder / "task.json").write_text(json.dumps(task))
        _learn(python, folder)
        new = pd.read_csv(
            folder / "new.csv",
            dtype=dict.fromkeys(categorical, str),
            keep_default_na=False,
            na_values=[MISSING],
        )
        seconds = float(json.loads((folder / "seconds.json").read_text()))
    return whole(new.astype(dict.fromkeys(categorical, "category")), X), seconds


def _learn(python: Path, folder: Path) -> None:
    """Let the models of another environment learn what is in a folder."""
    process = _process(python)
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
    if not process.stdout.readline():
        raise SystemExit(f"{python} ended with {process.wait()}; see benchmarks/README.md.")
    error = folder / "error.txt"
    if error.exists():
        raise RuntimeError(error.read_text())


@cache
def _process(python: Path) -> subprocess.Popen[str]:
    """Start the models of an environment, once a process: to import them takes seconds."""
    script = Path(__file__).with_name("rival_rows.py")
    process = subprocess.Popen(
        [str(python), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.kill)
    return process
