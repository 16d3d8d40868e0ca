"""Tables of any kind, with categories and missing values, halved to hold minority rows out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.shared.datasets import POSITIVE, Labels, read_catalogue

MAX_ROWS = 20_000
MIN_HELD_OUT = 50
# Not tables, sparse text, and rows that another table of the list has already.
LEFT_OUT = (
    *("mnist", "fashion_mnist", "retinamnist", "webpage"),
    *("kddcup99_10pct", "satimage_multi", "yeast_multi"),
)


@dataclass(frozen=True)
class Halves:
    """A training half, and the minority rows of the other half."""

    X: pd.DataFrame
    y: Labels
    held_out: pd.DataFrame

    @property
    def minority(self) -> pd.DataFrame:
        """The minority rows of the training half."""
        rows: pd.DataFrame = self.X[self.y == 1]
        return rows

    @property
    def categorical(self) -> list[str]:
        """Names of the columns that hold categories."""
        return [str(c) for c in self.X.columns[self.X.dtypes == "category"]]


def table_names(folder: Path) -> list[str]:
    """Return the tables with a minority large enough to hold half of it out."""
    entries = read_catalogue(folder).values()
    return [e["name"] for e in entries if e["name"] not in LEFT_OUT and _minority(e)]


def load_frame(name: str, folder: Path) -> tuple[pd.DataFrame, Labels]:
    """Return a table, and 1 for the class to be synthesized, 0 for the rest.

    Categories have dtype "category", and missing values are NaN. Of several classes the one to
    be synthesized is the smallest that has enough rows.
    """
    entry = read_catalogue(folder)[name]
    frame = pd.read_csv(
        folder / entry["file"],
        dtype=dict.fromkeys([*entry["categorical"], "target"], str),
        keep_default_na=False,
        na_values=[""],
    )
    target = frame.pop("target").str.strip("'")
    frame = frame.astype(dict.fromkeys(entry["categorical"], "category"))
    return frame, target.isin(_minority(entry)).to_numpy().astype(np.intp)


def halves(name: str, seed: int, folder: Path) -> Halves:
    """Cut a table to MAX_ROWS rows and halve it, both stratified and by seed."""
    X, y = load_frame(name, folder)
    rows = np.arange(len(y))
    if len(y) > MAX_ROWS:
        rows, _ = train_test_split(rows, train_size=MAX_ROWS, stratify=y, random_state=seed)
    train, test = train_test_split(rows, test_size=0.5, stratify=y[rows], random_state=seed)
    train, held_out = np.sort(train), np.sort(test[y[test] == 1])
    return Halves(
        X.iloc[train].reset_index(drop=True), y[train], X.iloc[held_out].reset_index(drop=True)
    )


def _minority(entry: dict[str, Any]) -> set[str]:
    """Return the labels of the class to be synthesized; none where no class is fit for it."""
    for positive in POSITIVE.get(entry["name"], ()):
        if positive <= set(entry["classes"]):
            return set(positive)
    share = min(1.0, MAX_ROWS / entry["rows"])
    counts = sorted((n, label) for label, n in entry["classes"].items())
    fit = [label for n, label in counts if n * share >= 2 * MIN_HELD_OUT and n < counts[-1][0]]
    return set(fit[:1])
