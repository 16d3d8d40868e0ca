"""Tables halved to hold minority rows out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.shared.datasets import Labels, read_catalogue
from benchmarks.shared.mixed_tables import IMAGES, REPEATED, cut, load_frame, minority

MAX_ROWS = 20_000
MIN_HELD_OUT = 50
# The web pages are sparse text.
LEFT_OUT = (*IMAGES, *REPEATED, "webpage")


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
    return [
        e["name"]
        for e in entries
        if e["name"] not in LEFT_OUT and minority(e, 2 * MIN_HELD_OUT, MAX_ROWS)
    ]


def halves(name: str, seed: int, folder: Path) -> Halves:
    """Cut a table to MAX_ROWS rows and halve it, both stratified and by seed."""
    X, y = load_frame(name, folder, fewest=2 * MIN_HELD_OUT, most_rows=MAX_ROWS)
    rows = cut(y, MAX_ROWS, seed)
    train, test = train_test_split(rows, test_size=0.5, stratify=y[rows], random_state=seed)
    train, held_out = np.sort(train), np.sort(test[y[test] == 1])
    return Halves(
        X.iloc[train].reset_index(drop=True), y[train], X.iloc[held_out].reset_index(drop=True)
    )
