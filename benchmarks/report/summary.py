"""The table of the README, from the result files: a line for each task, a column a method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report.league import SHOWN, league_table, tables_of
from benchmarks.report.text import IMAGE_NAMES, markdown, rival_name
from benchmarks.shared.datasets import SHOTS
from benchmarks.shared.league_fold import METRICS
from benchmarks.shared.results import read_results

# Methods as the result files call them, and their columns. Free rivals share one.
COLUMNS = {
    "none": "no resampling",
    "free": "best free rival",
    "SMOTE": "SMOTE",
    "MGVAE": "MGVAE",
    "BayesGAN": "BayesGAN",
}
FREE = {
    "class_weight": "class weights",
    "threshold": "moved threshold",
    "RandomOverSampler": "repeats",
    "MovedRepeats": "moved repeats",
}
FILES = ("two_class_images.csv", "long_tail_images.csv", "league.csv")
# Measures of the league: their words, their columns, and what repeats, SMOTE and ours are called.
LEAGUE = (
    ("balanced accuracy", "balanced_accuracy", "{}"),
    ("macro F1, half of balance", "macro_f1", "{}@half"),
)


@dataclass(frozen=True)
class Line:
    """One line: what was measured, of each method; more is better."""

    words: str
    values: pd.Series

    def cells(self) -> list[str]:
        """Write the values, the best in bold, nothing where a method was not run."""
        free = self.values.reindex(list(FREE)).dropna()
        values = pd.concat([self.values, pd.Series({"free": free.max()})])
        shown = values.reindex(list(COLUMNS)).round(3)
        texts = {name: f"{value:.3f}" for name, value in shown.items() if not np.isnan(value)}
        marked = {n: f"**{t}**" if shown[n] == shown.max() else t for n, t in texts.items()}
        marked["free"] += f" ({FREE[str(free.idxmax())]})"
        return [marked.get(name, "") for name in COLUMNS]


def summary(folder: Path) -> str:
    """Return the table as markdown."""
    lines = [*_two_classes(folder), *_ten_classes(folder), *_league(folder)]
    frame = pd.DataFrame([line.cells() for line in lines], columns=list(COLUMNS.values()))
    return markdown(frame.set_axis([line.words for line in lines]))


def _two_classes(folder: Path) -> Iterator[Line]:
    """Two classes of digits, few images; of two ways of the same rival the better one."""
    results = read_results(folder / "two_class_images.csv")
    results = results[results["dataset"] == "mnist-600"]
    base = results["method"].map(rival_name).rename("base")
    for task, part in results.groupby("dataset", sort=False):
        name, ratio = str(task).rsplit("-", 1)
        means = part.groupby(["method", base])["balanced_accuracy"].mean()
        best = means.groupby("base").max()
        words = f"{IMAGE_NAMES[name]}, 0-4 against 5-9 of {SHOTS[ratio]} images each"
        yield Line(f"{words}: balanced accuracy", best)


def _ten_classes(folder: Path) -> Iterator[Line]:
    results = read_results(folder / "long_tail_images.csv")
    means = results[results["dataset"] == "mnist"].groupby("method")["mean_recall"].mean()
    yield Line("MNIST, ten classes of 4,000 to 40 images: balanced accuracy", means)


def _league(folder: Path) -> Iterator[Line]:
    """Means over tables and classifiers, at the amount that suits the measure."""
    results = read_results(folder / "league.csv")
    for words, metric, method in LEAGUE:
        scores = league_table(results, metric)
        means, n_tables = scores.mean(), len(tables_of(scores))
        for name in ("RandomOverSampler", *SHOWN):
            means[name] = means.get(method.format(name), np.nan)
        if f"{metric}_tuned" in METRICS:
            means["threshold"] = league_table(results, f"{metric}_tuned")["none"].mean()
        yield Line(f"{n_tables} tables, five classifiers: {words}", means)
