"""The picture of the league: what each method gains over no resampling, by measure."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.report.league import league_table
from benchmarks.shared.scores import LOWER_IS_BETTER

# Colours that colour-blind people can tell apart (Okabe and Ito), and markers besides.
STYLES = {
    "moved threshold": ("#999999", "D"),
    "SMOTE": ("#E69F00", "s"),
    "MGVAE": ("#0072B2", "o"),
    "BayesGAN": ("#009E73", "^"),
}
_N_DRAWS = 2000


class Line(NamedTuple):
    """One measure: its words, its column, and which methods stand for each colour."""

    words: str
    metric: str
    ending: str = ""
    threshold: str | None = None


LINES = (
    Line("balanced accuracy\n(full balance)", "balanced_accuracy", "", "balanced_accuracy_tuned"),
    Line("macro F1\n(half)", "macro_f1", "@half", "macro_f1_tuned"),
    Line("average precision\n(half)", "average_precision", "@half"),
    Line("Brier score\n(half)", "brier", "@half"),
)


def gains(results: pd.DataFrame, line: Line) -> dict[str, tuple[float, float, float]]:
    """Return mean and 95 % bootstrap interval of what each method gains over none."""
    sign = -1 if line.metric in LOWER_IS_BETTER else 1
    table = league_table(results, line.metric).groupby(level="dataset").mean()
    columns = {name: table[f"{name}{line.ending}"] for name in ("SMOTE", "MGVAE", "BayesGAN")}
    if line.threshold is not None:
        moved = league_table(results, line.threshold).groupby(level="dataset").mean()["none"]
        columns = {"moved threshold": moved} | columns
    drawn = np.random.default_rng(0).integers(len(table), size=(_N_DRAWS, len(table)))
    found = {}
    for name, values in columns.items():
        gap = sign * (values.reindex(table.index) - table["none"]).to_numpy()
        low, high = np.quantile(gap[drawn].mean(1), [0.025, 0.975])
        found[name] = float(gap.mean()), float(low), float(high)
    return found


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
    axis.set_xlabel("worse than no resampling  ←   mean over tables and classifiers   →  better")
    n_tables = results["dataset"].nunique()
    axis.set_title(f"What over-sampling gains on {n_tables} tables", loc="left", fontsize=11)
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, facecolor="white")
    plt.close(figure)
