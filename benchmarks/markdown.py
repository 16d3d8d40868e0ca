"""Data frames as markdown tables."""

from __future__ import annotations

import pandas as pd


def markdown(frame: pd.DataFrame, *, index: bool = True) -> str:
    """Return a data frame as a markdown table."""
    if index:
        frame = frame.rename_axis(index="").reset_index()
    lines = [list(frame.columns), ["---"] * frame.shape[1], *frame.to_numpy(dtype=object).tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
