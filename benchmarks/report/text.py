"""Data frames as markdown tables, errors and names of tasks as text."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from benchmarks.shared.datasets import SHOTS

IMAGE_NAMES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}
RARE_CLASS = {"mnist": "digit", "fashion-mnist": "class"}
TABLE_NAMES = {"water_quality": "Water Quality", "musk_v2": "Musk", "isolet": "Isolet"}


def markdown(frame: pd.DataFrame, *, index: bool = True) -> str:
    """Return a data frame as a markdown table."""
    if index:
        frame = frame.rename_axis(index="").reset_index()
    lines = [list(frame.columns), ["---"] * frame.shape[1], *frame.to_numpy(dtype=object).tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def plus_minus(error: float, digits: int = 3) -> str:
    """Return the standard error as text; one value has none."""
    return "" if math.isnan(error) else f" ± {error:.{digits}f}"


def mean_and_error(groups: Any) -> Any:
    """Return "mean ± standard error" of each group, the mean alone where there is one value."""
    return groups.mean().map("{:.4f}".format) + groups.sem().map(lambda e: plus_minus(e, 4))


def task_name(task: str) -> str:
    """Return what a task is called in texts: "mnist-600" has 10 images a rare digit."""
    if task in IMAGE_NAMES:
        return f"Long-tailed {IMAGE_NAMES[task]}"
    name, _, part = task.rpartition("-")
    if name in IMAGE_NAMES and part in SHOTS:
        return f"{IMAGE_NAMES[name]}, {SHOTS[part]} images a rare {RARE_CLASS[name]}"
    if name in TABLE_NAMES:
        return f"{TABLE_NAMES[name]}, {part} minority rows"
    return task


def rival_name(method: str) -> str:
    """Return the rival behind one of its ways: none of none@epochs, and without parameters."""
    return re.sub(r"@epochs$|\(.*\)$", "", method)


def metric_name(metric: str) -> str:
    """Return what a column of scores is called in texts."""
    return metric.replace("_", " ")
