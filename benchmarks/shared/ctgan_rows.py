"""Fits TVAE or CTGAN to a csv and writes new rows, in an environment that has ctgan.

`benchmarks.realism` calls it: python ctgan_rows.py FOLDER, where FOLDER holds rows.csv and
task.json; new.csv and seconds.json are added. Imports nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import ctgan  # type: ignore[import-not-found]
import numpy as np
import pandas as pd
import torch


def main(folder: Path) -> None:
    """Learn rows.csv with default parameters and draw as many rows as task.json asks for."""
    task = json.loads((folder / "task.json").read_text())
    rows = pd.read_csv(
        folder / "rows.csv",
        dtype=dict.fromkeys(task["categorical"], str),
        keep_default_na=False,
        float_precision="round_trip",
    )
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(task["seed"])
    np.random.seed(task["seed"])  # noqa: NPY002 - ctgan draws from it
    start = time.perf_counter()
    model = getattr(ctgan, task["model"])(enable_gpu=False)
    model.set_random_state(task["seed"])
    model.fit(rows, discrete_columns=task["categorical"])
    new = model.sample(task["n_rows"])
    seconds = time.perf_counter() - start
    new.to_csv(folder / "new.csv", index=False)
    (folder / "seconds.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
