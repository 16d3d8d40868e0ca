"""Compares six ways to treat a rare class on two data sets, then sets the codes of a seventh.

Run it with ``make demo``, or ``python examples/demo.py``. It prints a table for each data set and
classifier and how well codes follow their Bayesian network. It saves ``demo_translations.png`` and
``demo_traversal.png`` in the current folder. Nothing is downloaded.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler
from mgvae_resample.display import TraversalDisplay

Rows = npt.NDArray[Any]

SEEDS = range(5)
PICTURE = Path("demo_translations.png")
TRAVERSAL = Path("demo_traversal.png")
METRICS = ("balanced accuracy", "G-mean", "average precision")
CLASSIFIERS = ("random forest", "logistic regression")


@dataclass(frozen=True)
class Task:
    """A data set with only a few training rows of the rare class."""

    title: str
    X: Rows
    groups: Rows  # the classes before they are merged into common and rare
    rare: tuple[int, ...]
    n_rare: int  # training rows of each rare group
    image_shape: tuple[int, int] | None = None

    def split(self, seed: int) -> tuple[Rows, Rows, Rows, Rows]:
        """Split in halves and drop training rows of the rare class: X, y, X_test, y_test."""
        X, X_test, groups, groups_test = train_test_split(
            self.X, self.groups, test_size=0.5, stratify=self.groups, random_state=seed
        )
        common = np.flatnonzero(~np.isin(groups, self.rare))
        few = [np.flatnonzero(groups == group)[: self.n_rare] for group in self.rare]
        kept = np.sort(np.concatenate([common, *few]))
        y, y_test = np.isin(groups[kept], self.rare), np.isin(groups_test, self.rare)
        return X[kept], y.astype(int), X_test, y_test.astype(int)


def tasks() -> list[Task]:
    """Return the two data sets."""
    X, digits = load_digits(return_X_y=True)
    X_cells, benign = load_breast_cancer(return_X_y=True)
    return [
        Task(
            "Digits: 0-4 against 5-9, of which 5 images each are known",
            X,
            digits,
            rare=(5, 6, 7, 8, 9),
            n_rare=5,
            image_shape=(8, 8),
        ),
        Task(
            "Breast cancer: benign against malignant, cut down to 10 known cases",
            X_cells,
            benign,
            rare=(0,),
            n_rare=10,
        ),
    ]


def samplers(task: Task, n_rare: int, seed: int) -> dict[str, Any]:
    """Return the methods; the first three add no rows."""
    return {
        "none": None,
        "class weights": None,
        "moved threshold": None,
        "RandomOverSampler": RandomOverSampler(random_state=seed),
        "SMOTE": SMOTE(k_neighbors=min(5, n_rare - 1), random_state=seed),
        "MGVAEOverSampler": MGVAEOverSampler(image_shape=task.image_shape, random_state=seed),
    }


def classifier(name: str, *, weighted: bool, seed: int) -> Any:
    """Return an untrained classifier."""
    weight = "balanced" if weighted else None
    if name == "random forest":
        return RandomForestClassifier(200, class_weight=weight, random_state=seed)
    return LogisticRegression(class_weight=weight, max_iter=2000)


def evaluate(task: Task, seed: int) -> Iterator[tuple[str, str, list[float]]]:
    """Yield method, classifier, and its metrics followed by the seconds of the resampling."""
    X, y, X_test, y_test = task.split(seed)
    # Pixels share one scale; columns of a table must be scaled for SMOTE's distances.
    scaler = (FunctionTransformer() if task.image_shape else StandardScaler()).fit(X)
    for method, sampler in samplers(task, int(y.sum()), seed).items():
        start = time.perf_counter()
        if isinstance(sampler, MGVAEOverSampler):
            # It needs no scaler, and keeps the resolution of columns that are not scaled.
            X_res, y_res = sampler.fit_resample(X, y)
            X_res = scaler.transform(X_res)
        elif sampler is not None:
            X_res, y_res = sampler.fit_resample(scaler.transform(X), y)
        else:
            X_res, y_res = scaler.transform(X), y
        seconds = time.perf_counter() - start
        threshold = y.mean() if method == "moved threshold" else 0.5
        for name in CLASSIFIERS:
            model = classifier(name, weighted=method == "class weights", seed=seed)
            proba = model.fit(X_res, y_res).predict_proba(scaler.transform(X_test))[:, 1]
            yield method, name, [*scores(y_test, proba, threshold), seconds]


def scores(y: Rows, proba: Rows, threshold: float) -> tuple[float, float, float]:
    """Return the three METRICS of predicted probabilities of the rare class."""
    predicted = (proba >= threshold).astype(int)
    return (
        balanced_accuracy_score(y, predicted),
        geometric_mean_score(y, predicted),
        average_precision_score(y, proba),
    )


def compare(task: Task) -> None:
    """Evaluate a task with every seed and print one table for each classifier."""
    results: dict[str, dict[str, list[list[float]]]] = {name: {} for name in CLASSIFIERS}
    for seed in SEEDS:
        for method, name, values in evaluate(task, seed):
            results[name].setdefault(method, []).append(values)
    print(f"\n{task.title}\n{'=' * len(task.title)}")
    for name, rows in results.items():
        print(f"\n{name:22}" + "".join(f"{metric:>20}" for metric in (*METRICS, "seconds")))
        for method, values in rows.items():
            print(f"  {method:20}" + "".join(f"{cell:>20}" for cell in summary(values)))


def summary(values: list[list[float]]) -> list[str]:
    """Return "mean ± standard error" of each metric over the seeds, and the mean seconds."""
    table = np.array(values)
    error = table.std(axis=0, ddof=1) / np.sqrt(len(table))
    cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(table.mean(axis=0), error, strict=True)]
    return [*cells[:-1], f"{table[:, -1].mean():.1f}"]


def draw(task: Task, path: Path, n: int = 14) -> None:
    """Draw exemplars, the minority images translated from them, and the nearest real ones."""
    X, y, _, _ = task.split(seed=0)
    sampler = MGVAEOverSampler(image_shape=task.image_shape, random_state=0)
    X_res, _ = sampler.fit_resample(X, y)
    new = X_res[len(X) :]
    shown = np.flatnonzero(sampler.sample_kinds_ == "translated")[:n]
    real = X[y == 1]
    nearest = NearestNeighbors(n_neighbors=1).fit(real).kneighbors(new[shown])[1][:, 0]
    rows = {
        "a majority image\n(exemplar)": X[sampler.source_indices_[shown]],
        "the minority image\nmade from it": new[shown],
        "the nearest real\nminority image": real[nearest],
    }
    figure, axes = plt.subplots(len(rows), n, figsize=(n, 3.4), squeeze=False)
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(image.reshape(task.image_shape), cmap="gray_r", vmin=0, vmax=16)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
    figure.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(figure)


def traverse(path: Path) -> None:
    """Learn ten digits, five of them from ten images each, and change one code at a time."""
    X, y = load_digits(return_X_y=True)
    few = [np.flatnonzero(y == digit)[: 10 if digit >= 5 else None] for digit in range(10)]
    kept = np.concatenate(few)
    sampler = BayesGANOverSampler(
        structure="disentangled", n_codes=2, image_shape=(8, 8), max_steps=1500, random_state=0
    )
    sampler.fit_resample(X[kept], y[kept])
    print(f"\nThe Bayesian network\n{sampler.structure_}\n\nand the codes read from new digits")
    print(sampler.edge_scores_)
    shown = TraversalDisplay.from_estimator(
        sampler, labels=range(5, 10), values=np.linspace(-1.5, 1.5, 7), cmap="gray_r"
    )
    shown.figure_.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(shown.figure_)


def main() -> None:
    """Run the comparison and draw the pictures."""
    start = time.perf_counter()
    print(f"Mean ± standard error over {len(SEEDS)} random splits, half of the rows for testing.")
    digits, cells = tasks()
    compare(digits)
    compare(cells)
    draw(digits, PICTURE)
    print(f"\n{PICTURE}: majority images, and the minority images made from them.")
    traverse(TRAVERSAL)
    print(f"\n{TRAVERSAL}: five rare digits while one code changes and everything else is kept.")
    print(f"{time.perf_counter() - start:.0f} seconds in all.")


if __name__ == "__main__":
    main()
