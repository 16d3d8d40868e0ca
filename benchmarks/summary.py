"""The table of the README, from the result files: a line for each task, a column for each way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markdown import markdown
from benchmarks.ranks import rank, score_table
from benchmarks.results import read_results

# Columns, and what they are called in the result files.
WAYS = {
    "none": "no resampling",
    "class_weight": "class weights",
    "threshold": "moved threshold",
    "RandomOverSampler": "repeated rows",
    "SMOTE": "SMOTE",
    "MGVAE": "MGVAE",
    "BayesGAN": "BayesGAN",
}
FILES = ("images.csv", "p3.csv", "league.csv", "p6.csv")
SHOTS = {"600": "10", "100": "60"}
WORDS = {
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "average_precision": "average precision",
    "brier": "Brier score",
}
NAMES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


@dataclass(frozen=True)
class Line:
    """One line: what was measured, of each way, and whether much of it is good."""

    words: str
    values: pd.Series
    more_is_better: bool
    digits: int = 3

    def cells(self) -> list[str]:
        """Write the values, the best in bold, nothing where a way was not run."""
        shown = self.values.reindex(list(WAYS)).round(self.digits)
        best = shown.max() if self.more_is_better else shown.min()
        texts = [f"{value:.{self.digits}f}" for value in shown]
        marked = [f"**{t}**" if v == best else t for t, v in zip(texts, shown, strict=True)]
        return ["" if np.isnan(v) else t for t, v in zip(marked, shown, strict=True)]


def summary(folder: Path) -> str:
    """Return the table as markdown."""
    lines = [*_images(folder), *_classes(folder), *_ranks(folder), *_realism(folder)]
    frame = pd.DataFrame([line.cells() for line in lines], columns=list(WAYS.values()))
    arrows = ["↑" if line.more_is_better else "↓" for line in lines]
    return markdown(
        frame.set_axis(
            [f"{line.words} {arrow}" for line, arrow in zip(lines, arrows, strict=True)]
        )
    )


def _images(folder: Path) -> Iterator[Line]:
    """P1; of the two ways to train without synthetic rows the better one."""
    results = read_results(folder / "images.csv")
    way = results["method"].str.removesuffix("@epochs")
    for task, part in results.groupby("dataset", sort=False):
        name, ratio = str(task).rsplit("-", 1)
        means = part.groupby(["method", way.rename("way")])["balanced_accuracy"].mean()
        best = means.groupby("way").max()
        words = f"{NAMES[name]}, 0-4 against 5-9 of {SHOTS[ratio]} images each: balanced accuracy"
        yield Line(words, best, more_is_better=True)


def _classes(folder: Path) -> Iterator[Line]:
    results = read_results(folder / "p3.csv")
    for name, part in results.groupby("dataset", sort=False):
        means = part.groupby("method")["mean_recall"].mean()
        words = f"{NAMES[str(name)]}, ten classes of 4,000 to 40 images: balanced accuracy"
        yield Line(words, means, more_is_better=True)


def _ranks(folder: Path) -> Iterator[Line]:
    results = read_results(folder / "league.csv")
    for metric in ("balanced_accuracy", "macro_f1", "average_precision", "brier"):
        ranking = rank(score_table(results, metric), metric)
        words = (
            f"{ranking.n_tables} numeric tables, five classifiers: mean rank by {WORDS[metric]}"
        )
        yield Line(words, ranking.mean_ranks, more_is_better=False, digits=2)


def _realism(folder: Path) -> Iterator[Line]:
    """P6; the GAN's rows without the real ones it repeats."""
    results = read_results(folder / "p6.csv")
    results["method"] = results["method"].replace("BayesGAN(generated_share=1.0)", "BayesGAN")
    n_tables = results["dataset"].nunique()
    means = results.groupby("method")[["auc", "copies"]].mean()
    told = f"{n_tables} tables of any kind: AUC of telling new rows from held-out ones"
    yield Line(told, means["auc"], more_is_better=False)
    copies = f"{n_tables} tables of any kind: copies of known rows, %"
    yield Line(copies, 100 * means["copies"], more_is_better=False, digits=1)
