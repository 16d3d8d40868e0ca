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
from benchmarks.shared.scores import LOWER_IS_BETTER

# Methods as the result files call them, and their columns.
COLUMNS = {
    "none": "no resampling",
    "class_weight": "class weights",
    "threshold": "moved threshold",
    "RandomOverSampler": "repeated rows",
    "MovedRepeats": "moved repeats",
    "SMOTE": "SMOTE",
    "MGVAE": "MGVAE",
    "BayesGAN": "BayesGAN",
}
FILES = ("two_class_images.csv", "long_tail_images.csv", "league.csv", "realism.csv")
# Measures of the league: their words, their columns, and what repeats, SMOTE and ours are called.
LEAGUE = (
    ("balanced accuracy, full balance", "balanced_accuracy", "{}"),
    ("macro F1, half of balance", "macro_f1", "{}@half"),
    ("average precision, half of balance", "average_precision", "{}@half"),
    ("average precision, blend with no resampling", "average_precision", "blend {}"),
    ("Brier score, blend with no resampling", "brier", "blend {}"),
)


@dataclass(frozen=True)
class Line:
    """One line: what was measured, of each method, and whether much of it is good."""

    words: str
    values: pd.Series
    more_is_better: bool
    digits: int = 3

    def cells(self) -> list[str]:
        """Write the values, the best in bold, nothing where a method was not run."""
        shown = self.values.reindex(list(COLUMNS)).round(self.digits)
        best = shown.max() if self.more_is_better else shown.min()
        texts = [f"{value:.{self.digits}f}" for value in shown]
        marked = [f"**{t}**" if v == best else t for t, v in zip(texts, shown, strict=True)]
        return ["" if np.isnan(v) else t for t, v in zip(marked, shown, strict=True)]


def summary(folder: Path) -> str:
    """Return the table as markdown."""
    lines = [*_two_classes(folder), *_ten_classes(folder), *_league(folder), *_realism(folder)]
    frame = pd.DataFrame([line.cells() for line in lines], columns=list(COLUMNS.values()))
    arrows = ["↑" if line.more_is_better else "↓" for line in lines]
    return markdown(
        frame.set_axis(
            [f"{line.words} {arrow}" for line, arrow in zip(lines, arrows, strict=True)]
        )
    )


def _two_classes(folder: Path) -> Iterator[Line]:
    """Two classes; of two ways of the same rival the better one."""
    results = read_results(folder / "two_class_images.csv")
    base = results["method"].map(rival_name).rename("base")
    for task, part in results.groupby("dataset", sort=False):
        name, ratio = str(task).rsplit("-", 1)
        means = part.groupby(["method", base])["balanced_accuracy"].mean()
        best = means.groupby("base").max()
        words = f"{IMAGE_NAMES[name]}, 0-4 against 5-9 of {SHOTS[ratio]} images each"
        yield Line(f"{words}: balanced accuracy", best, more_is_better=True)


def _ten_classes(folder: Path) -> Iterator[Line]:
    results = read_results(folder / "long_tail_images.csv")
    for name, part in results.groupby("dataset", sort=False):
        means = part.groupby("method")["mean_recall"].mean()
        words = f"{IMAGE_NAMES[str(name)]}, ten classes of 4,000 to 40 images: balanced accuracy"
        yield Line(words, means, more_is_better=True)


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
        yield Line(
            f"{n_tables} tables, five classifiers: {words}", means, metric not in LOWER_IS_BETTER
        )


def _realism(folder: Path) -> Iterator[Line]:
    results = read_results(folder / "realism.csv")
    n_tables = results["dataset"].nunique()
    means = results.groupby("method")[["auc", "copies", "broken", "membership"]].mean()
    told = f"{n_tables} tables of any kind: AUC of telling new rows from held-out ones"
    yield Line(told, means["auc"], more_is_better=False)
    copies = f"{n_tables} tables of any kind: copies of known rows, %"
    yield Line(copies, 100 * means["copies"], more_is_better=False, digits=1)
    for column, factor, digits, words in (
        ("broken", 100, 1, "rows that break a rule between columns, %"),
        ("membership", 1, 3, "AUC of telling who was learned"),
    ):
        # Older results lack them.
        if means[column].notna().any():
            values = factor * means[column]
            yield Line(f"{n_tables} tables of any kind: {words}", values, False, digits)
