"""The report's section on images of many kinds: scores, fine detail and seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.report.text import markdown, metric_name
from benchmarks.shared.results import read_results

SCORES = ("mean_recall", "macro_f1", "average_precision")
GUIDE_FILE = "image_kinds.md"


def image_kinds_section(results: pd.DataFrame) -> Iterator[str]:
    """Means over draws of each set and method."""
    for score in SCORES:
        yield f"**{metric_name(score).capitalize()}**, means over draws"
        table = _table(results, score, 3)
        gap = results.pivot_table(index=["dataset", "seed"], columns="method", values=score)
        if "RandomOverSampler" in gap:
            gap = gap.sub(gap["RandomOverSampler"], axis=0)
            table.loc["mean difference to repeats"] = [
                f"{mean:+.3f}" for mean in gap[table.columns].mean()
            ]
        yield markdown(table)
    yield (
        "**Strength of fine detail of new images**, relative to real images of their class: root "
        "mean squares of the differences between pixels and means of three by three"
    )
    yield markdown(_table(results[results["detail"].notna()], "detail", 2))
    yield "**CPU seconds of resampling**, one thread"
    yield markdown(_table(results[results["method"] != "none"], "seconds", 1))


def guide_table(folder: Path) -> str:
    """Return average precisions as the guide shows them, or what command measures them."""
    path = folder / "image_kinds.csv"
    if not path.exists():
        return "The scores are not measured yet (`python -m benchmarks.image_kinds`).\n"
    return markdown(_table(read_results(path), "average_precision", 3)) + "\n"


def _table(results: pd.DataFrame, column: str, digits: int) -> pd.DataFrame:
    """Return means over draws as text, a line for each set and a column for each method."""
    table = results.pivot_table(index="dataset", columns="method", values=column, sort=False)
    return table.map(lambda x: "" if pd.isna(x) else f"{x:.{digits}f}")
