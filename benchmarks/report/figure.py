"""The pictures of the report: what methods gain, and how real new rows are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.report.kinds import DEFAULTS, FREE, WAYS, complete_tables
from benchmarks.report.kinds import gains as kind_gains
from benchmarks.report.league import (
    SHOWN,
    bootstrap_interval,
    families_of,
    league_table,
    tables_of,
)
from benchmarks.report.ranks import by_family
from benchmarks.report.realism import of_every_table
from benchmarks.report.text import IMAGE_NAMES, RARE_CLASS, rival_name
from benchmarks.shared.datasets import SHOTS
from benchmarks.shared.scores import LOWER_IS_BETTER

# Colours that colour-blind people can tell apart (Okabe and Ito), and markers besides.
STYLES = {
    "moved threshold": ("#999999", "D"),
    "moved repeats": ("#D55E00", "v"),
    "SMOTE": ("#E69F00", "s"),
    "MGVAE": ("#0072B2", "o"),
    "BayesGAN": ("#009E73", "^"),
    "TVAE": ("#CC79A7", "P"),
    "CTGAN": ("#56B4E9", "X"),
    "ARF": ("#D55E00", "p"),
    "real rows": ("#000000", "*"),
}
# What the result files call those of the pictures of images and of realism.
_OF_IMAGES = {
    "threshold": "moved threshold",
    "MovedRepeats": "moved repeats",
    **{name: name for name in SHOWN},
}
_OF_ROWS = {"real": "real rows", **{name: name for name in (*SHOWN, "TVAE", "CTGAN", "ARF")}}


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

# Mean, and both ends of an interval.
Gains = dict[str, tuple[float, float, float]]


def gains(results: pd.DataFrame, line: Line) -> Gains:
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


def image_gains(results: pd.DataFrame, metric: str) -> Gains:
    """Return mean and two standard errors over seeds of what methods gain over none.

    Of two ways of the same rival the better one counts.
    """
    scores = results.pivot(index="seed", columns="method", values=metric)
    gaps = scores.sub(scores["none"], axis=0)
    found: Gains = {}
    for method, words in _OF_IMAGES.items():
        ways = [c for c in gaps if rival_name(str(c)) == method]
        if ways:
            best = gaps[gaps[ways].mean().idxmax()]
            mean, error = float(best.mean()), 2 * float(best.sem())
            found[words] = mean, mean - error, mean + error
    return found


def draw_league(results: pd.DataFrame, path: Path) -> None:
    """Save the picture of the league: gains on tables, by measure."""
    n_tables = len(tables_of(league_table(results, LINES[0].metric)))
    _draw_gains(
        {line.words: gains(results, line) for line in LINES},
        f"What over-sampling gains on {n_tables} tables",
        "worse than no resampling  ←   mean over families of tables   →  better",
        path,
    )


def draw_images(two_classes: pd.DataFrame, ten_classes: pd.DataFrame, path: Path) -> None:
    """Save the picture of images: gains of balanced accuracy, by task."""
    groups = {}
    for task, part in two_classes.groupby("dataset", sort=False):
        name, _, ratio = str(task).rpartition("-")
        words = f"{IMAGE_NAMES[name]}, two classes,\n{SHOTS[ratio]} images a {RARE_CLASS[name]}"
        groups[words] = image_gains(part, "balanced_accuracy")
    for name, part in ten_classes.groupby("dataset", sort=False):
        words = f"{IMAGE_NAMES[str(name)]}, ten classes\nof 4,000 to 40 images"
        groups[words] = image_gains(part, "mean_recall")
    _draw_gains(
        groups,
        "What over-sampling gains on images",
        "balanced accuracy, gain over no resampling (two standard errors over seeds)",
        path,
    )


def draw_realism(results: pd.DataFrame, path: Path) -> None:
    """Save the picture of realism: how easily new rows are told, and what they cover."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(6.0, 3.8))
    means = of_every_table(results).groupby("method")[["auc", "coverage"]].mean()
    for method, words in _OF_ROWS.items():
        if method in means.index:
            colour, marker = STYLES[words]
            axis.plot(*means.loc[method], marker, color=colour, markersize=9, label=words)
    axis.set_xlabel("AUC of trees that tell new rows from held-out ones\n(0.5: they cannot)")
    axis.set_ylabel("held-out rows that new rows cover")
    axis.set_title(
        f"How real new rows are, on {results['dataset'].nunique()} tables",
        loc="left",
        fontsize=11,
    )
    _finish(figure, axis, path, bare=("top", "right"))


def draw_kinds(results: pd.DataFrame, path: Path) -> None:
    """Save the picture of kinds of data: differences to the best free way, in hundredths."""
    plt = _pyplot()
    complete = complete_tables(results)
    tables = {
        "balanced accuracy": kind_gains(complete, "balanced_accuracy"),
        "average precision": kind_gains(complete, "average_precision").drop(columns="threshold"),
    }
    best = tables["balanced accuracy"][list(DEFAULTS)].max(axis=1)
    order = best.sort_values(ascending=False).index
    height = 2.2 + 0.24 * len(order)
    figure, axes = plt.subplots(
        1,
        2,
        figsize=(8.0, height),
        width_ratios=[frame.shape[1] for frame in tables.values()],
        sharey=True,
    )
    for axis, (words, frame) in zip(axes, tables.items(), strict=True):
        values = 100 * frame.loc[order]
        axis.imshow(values, cmap="RdBu", vmin=-12, vmax=12, aspect="auto")
        for (i, j), value in np.ndenumerate(values.to_numpy().round().astype(int)):
            colour = "white" if abs(value) > 8 else "black"
            text = f"{value:+d}" if value else "0"
            axis.text(j, i, text, ha="center", va="center", fontsize=8, color=colour)
        axis.set_xticks(range(frame.shape[1]), [WAYS[way] for way in frame], rotation=90)
        axis.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
        axis.axvline(sum(way in FREE for way in frame) - 0.5, color="black", linewidth=1.5)
        axis.set_title(words, fontsize=11)
        for side in axis.spines.values():
            side.set_visible(False)
    axes[0].set_yticks(range(len(order)), list(order))
    figure.suptitle(
        "Difference to the best free way of each kind, in hundredths (blue: better)",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, facecolor="white")
    plt.close(figure)


def _draw_gains(groups: Mapping[str, Gains], title: str, words: str, path: Path) -> None:
    """Draw a mean and an interval for each method, in groups."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(7.5, 1.2 + 0.6 * len(groups)))
    named: set[str] = set()
    for place, found in enumerate(groups.values()):
        for k, (name, (mean, low, high)) in enumerate(found.items()):
            colour, marker = STYLES[name]
            y = place + 0.7 / len(found) * (k - (len(found) - 1) / 2)
            axis.plot([low, high], [y, y], color=colour, linewidth=2)
            label = None if name in named else name
            axis.plot(mean, y, marker, color=colour, markersize=7, label=label, linestyle="")
            named.add(name)
    axis.axvline(0.0, color="black", linewidth=1)
    axis.set_yticks(range(len(groups)), list(groups))
    axis.invert_yaxis()
    axis.set_xlabel(words)
    axis.set_title(title, loc="left", fontsize=11)
    axis.tick_params(axis="y", length=0)
    _finish(figure, axis, path, bare=("top", "right", "left"))


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _finish(figure: Any, axis: Any, path: Path, *, bare: tuple[str, ...]) -> None:
    """Add the legend, take lines away and save."""
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for side in bare:
        axis.spines[side].set_visible(False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, facecolor="white")
    _pyplot().close(figure)
