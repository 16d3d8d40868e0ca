"""Data frames as markdown tables, and errors as text."""

from __future__ import annotations

import math

import pandas as pd


def markdown(frame: pd.DataFrame, *, index: bool = True) -> str:
    """Return a data frame as a markdown table."""
    if index:
        frame = frame.rename_axis(index="").reset_index()
    lines = [list(frame.columns), ["---"] * frame.shape[1], *frame.to_numpy(dtype=object).tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def plus_minus(error: float, digits: int = 3) -> str:
    """Return the standard error as text; one value has none."""
    return "" if math.isnan(error) else f" ± {error:.{digits}f}"
