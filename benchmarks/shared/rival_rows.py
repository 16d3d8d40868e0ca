"""Fits TVAE, CTGAN or ARF to csv files and writes new rows, in an environment that has them.

`rival_models` starts it and writes folders to its input, one a line. A folder holds rows.csv and
task.json; new.csv and seconds.json are added, or error.txt. Imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def main() -> None:
    """Learn one folder after another, and write a line for each that is done."""
    # What the models print must not be taken for that line.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        folder = Path(line.rstrip("\n"))
        try:
            learn(folder)
        except Exception:
            (folder / "error.txt").write_text(traceback.format_exc())
        print("done", file=answers, flush=True)


def learn(folder: Path) -> None:
    """Learn rows.csv with default parameters and draw as many rows as task.json asks for."""
    task = json.loads((folder / "task.json").read_text())
    rows = pd.read_csv(
        folder / "rows.csv",
        dtype=dict.fromkeys(task["categorical"], str),
        keep_default_na=False,
        float_precision="round_trip",
    )
    warnings.simplefilter("ignore")
    np.random.seed(task["seed"])  # noqa: NPY002 - ctgan and arfpy draw from it
    start = time.perf_counter()
    new = _from_arf(rows, task) if task["model"] == "ARF" else _from_ctgan(rows, task)
    seconds = time.perf_counter() - start
    new.to_csv(folder / "new.csv", index=False)
    (folder / "seconds.json").write_text(json.dumps(seconds))


def _from_ctgan(rows: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    import ctgan  # type: ignore[import-not-found]
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(task["seed"])
    model = getattr(ctgan, task["model"])(enable_gpu=False)
    model.set_random_state(task["seed"])
    model.fit(rows, discrete_columns=task["categorical"])
    return model.sample(task["n_rows"])


def _from_arf(rows: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    from arfpy import arf  # type: ignore[import-not-found]

    # Of a column that has one value it could not estimate a density.
    varies = rows.columns[rows.nunique() > 1]
    model = arf.arf(x=rows[varies], random_state=task["seed"], verbose=False)
    model.forde()
    new = model.forge(n=task["n_rows"])
    for name in rows.columns.difference(varies):
        new[name] = rows[name].iloc[0]
    return new[rows.columns]


if __name__ == "__main__":
    main()
