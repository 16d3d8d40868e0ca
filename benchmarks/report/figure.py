"""The picture of the league: what each method gains over no resampling, by measure."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks.report.league import (
    SHOWN,
    bootstrap_interval,
    families_of,
    league_table,
    tables_of,
)
from benchmarks.report.ranks import by_family
from benchmarks.shared.scores import LOWER_IS_BETTER

# Colours that colour-blind people can tell apart (Okabe and Ito), and markers besides.
STYLES = {
    "moved threshold": ("#999999", "D"),
    "SMOTE": ("#E69F00", "s"),
    "MGVAE": ("#0072B2", "o"),
    "BayesGAN": ("#009E73", "^"),
}


class Line(NamedTuple):
    """One measure: words, column, what methods are called, and the column of a tuned threshold."""

    words: str
    metric: str
    method: str
    threshold: str | None = None


LINES = (
    Line(
        "balanced accuracy\n(full balance)", "balanced_accuracy", "{}", "balanced_accuracy_tuned"
    ),
    Line("macro F1\n(half)", "macro_f1", "{}@half", "macro_f1_tuned"),
    Line("average precision\n(blend)", "average_precision", "blend {}"),
    Line("Brier score\n(blend)", "brier", "blend {}"),
)


def gains(results: pd.DataFrame, line: Line) -> dict[str, tuple[float, float, float]]:
    """Return mean and 95 % bootstrap interval over families of what methods gain over none."""
    sign, families = -1 if line.metric in LOWER_IS_BETTER else 1, families_of(results)
    scores = by_family(league_table(results, line.metric), families)
    columns = {name: scores[line.method.format(name)] for name in SHOWN}
    if line.threshold is not None:
        moved = by_family(league_table(results, line.threshold), families)["none"]
        columns = {"moved threshold": moved} | columns
    gaps = sign * pd.DataFrame(columns).sub(scores["none"], axis=0)
    low, high = bootstrap_interval(gaps.to_numpy())
    return {
        str(name): (float(gaps[name].mean()), float(a), float(b))
        for name, a, b in zip(gaps, low, high, strict=True)
    }


def draw(results: pd.DataFrame, path: Path) -> None:
    """Save the picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 3.6))
    for place, line in enumerate(LINES):
        for k, (name, (mean, low, high)) in enumerate(gains(results, line).items()):
            colour, marker = STYLES[name]
            y = place + 0.18 * (k - 1.5)
            axis.plot([low, high], [y, y], color=colour, linewidth=2)
            label = name if place == 0 else None
            axis.plot(mean, y, marker, color=colour, markersize=7, label=label, linestyle="")
    axis.axvline(0.0, color="black", linewidth=1)
    axis.set_yticks(range(len(LINES)), [line.words for line in LINES])
    axis.invert_yaxis()
    axis.set_xlabel("worse than no resampling  ←   mean over families of tables   →  better")
    n_tables = len(tables_of(league_table(results, LINES[0].metric)))
    axis.set_title(f"What over-sampling gains on {n_tables} tables", loc="left", fontsize=11)
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, facecolor="white")
    plt.close(figure)
