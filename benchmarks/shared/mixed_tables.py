"""Tables of any kind, with categories and missing values, as frames of two classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.shared.datasets import POSITIVE, Labels, load_table, read_catalogue

IMAGES = ("mnist", "fashion_mnist", "retinamnist")
# Rows that another table has already.
REPEATED = ("kddcup99_10pct", "satimage_multi", "yeast_multi")


def load_frame(
    name: str, folder: Path | None, *, fewest: int = 1, most_rows: int | None = None
) -> tuple[pd.DataFrame, Labels]:
    """Return a table, and 1 for the minority, 0 for the rest.

    Categories have dtype "category", and missing values are NaN. Of several classes the minority
    is the smallest of at least ``fewest`` rows, after a cut to ``most_rows``. Without a folder the
    table is downloaded.
    """
    if folder is None:
        X, y = load_table(name, None)
        return pd.DataFrame(X).add_prefix("x"), y
    entry = read_catalogue(folder)[name]
    frame, target = read_frame(entry, folder)
    positive = minority(entry, fewest, most_rows)
    return frame, target.isin(positive).to_numpy().astype(np.intp)


def read_frame(entry: dict[str, Any], folder: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Return the table of an entry of the catalogue, and its labels as text."""
    frame = pd.read_csv(
        folder / entry["file"],
        dtype=dict.fromkeys([*entry["categorical"], "target"], str),
        keep_default_na=False,
        na_values=[""],
    )
    target = frame.pop("target").str.strip("'")
    return frame.astype(dict.fromkeys(entry["categorical"], "category")), target


def minority(entry: dict[str, Any], fewest: int, most_rows: int | None) -> set[str]:
    """Return the labels that are the minority of a table; none where no class is fit for it."""
    for positive in POSITIVE.get(entry["name"], ()):
        if positive <= set(entry["classes"]):
            return set(positive)
    share = min(1.0, (most_rows or entry["rows"]) / entry["rows"])
    counts = sorted((n, label) for label, n in entry["classes"].items())
    fit = [label for n, label in counts if n * share >= fewest and n < counts[-1][0]]
    return set(fit[:1])


def cut(y: Labels, most_rows: int, seed: int) -> Labels:
    """Return the places of the rows that are kept, stratified and by seed."""
    rows = np.arange(len(y), dtype=np.intp)
    if len(y) > most_rows:
        rows, _ = train_test_split(rows, train_size=most_rows, stratify=y, random_state=seed)
    return rows
