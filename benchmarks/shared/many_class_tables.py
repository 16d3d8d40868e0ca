"""Tables of many classes: as they are, joined from parts, and long-tailed cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from benchmarks.shared.datasets import Labels, load_images, read_catalogue
from benchmarks.shared.mixed_tables import read_frame

# Classes of fewer rows are left out.
FEWEST = 9
# Tables as they are: rows before they are halved, and how many of a class no cut takes away.
MAX_ROWS, KEPT = 5_000, 60
# Long-tailed cuts: training rows of the largest and of the smallest class, test rows of each.
LARGEST, SMALLEST, N_TEST = 600, 10, 150

# Defaults are chosen on these.
DEVELOPMENT = (
    *("ecoli_multi", "glass_multi", "poker_hands", "car_multi", "satimage_multi"),
    *("nsl_kdd_train20", "satimage_tail", "digits_tail", "mnist_tail", "isolet_tail_first"),
)
REPORT = (
    *("yeast_multi", "balance_multi", "newthyroid_multi", "abalone_rings", "nursery"),
    *("ann_thyroid_multi", "kddcup99_10pct", "nsl_kdd_test", "fashion_tail"),
    "isolet_tail_second",
)
# KEEL's two-class tables that are cut from one of many classes, and the class each label was.
JOINED = {
    "abalone_rings": {
        "abalone-3_vs_11": {"positive": "3", "negative": "11"},
        "abalone-21_vs_8": {"positive": "21", "negative": "8"},
        "abalone9-18": {"positive": "18", "negative": "9"},
        "abalone-17_vs_7-8-9-10": {"positive": "17"},
        "abalone-19_vs_10-11-12-13": {"positive": "19"},
        "abalone-20_vs_8-9-10": {"positive": "20"},
    },
    "poker_hands": {
        "poker-8-9_vs_5": {"negative": "5"},
        "poker-8_vs_6": {"positive": "8", "negative": "6"},
        "poker-9_vs_7": {"positive": "9", "negative": "7"},
    },
}
_FAMILIES = {"abalone_rings": "abalone", "poker_hands": "poker"}
_LETTERS = {"first": "ABCDEFGHIJKLM", "second": "NOPQRSTUVWXYZ"}
# Pixels of an image along one side of a square that becomes one column.
_POOLED = 4

Table = tuple[pd.DataFrame, pd.Series]


@dataclass(frozen=True)
class Split:
    """Training and test rows of one draw of a table, and the family of the table."""

    X: pd.DataFrame
    y: Labels
    X_test: pd.DataFrame
    y_test: Labels
    family: str


def draw(name: str, seed: int, folder: Path) -> Split:
    """Draw training and test rows; of a long-tailed cut also the order of the classes."""
    frame, labels, family = _load(name, folder)
    large = labels.map(labels.value_counts()) >= FEWEST
    frame, labels = frame[large], labels[large]
    y = np.unique(labels, return_inverse=True)[1].astype(np.intp)
    train, test = (tail if name in _CUTS else halves)(y, seed)
    X, X_test = (frame.iloc[rows].reset_index(drop=True) for rows in (train, test))
    return Split(X, y[train], X_test, y[test], family)


def halves(y: Labels, seed: int) -> tuple[Labels, Labels]:
    """Cut to MAX_ROWS rows, a class to no fewer than KEPT, and halve; stratified, as places."""
    rng, counts = np.random.default_rng(seed), np.bincount(y)
    rare = counts * min(1.0, MAX_ROWS / len(y)) < KEPT
    fixed = np.minimum(counts, KEPT)
    share = min(1.0, (MAX_ROWS - fixed[rare].sum()) / max(1, counts[~rare].sum()))
    sizes = np.maximum(fixed, np.floor(counts * share).astype(np.intp))
    rows = np.concatenate(
        [rng.permutation(np.flatnonzero(y == c))[:n] for c, n in enumerate(sizes)]
    )
    train, test = train_test_split(rows, test_size=0.5, stratify=y[rows], random_state=seed)
    return np.sort(train), np.sort(test)


def tail(y: Labels, seed: int) -> tuple[Labels, Labels]:
    """Draw class sizes that fall geometrically and as many test rows of each class, as places.

    Where the smallest class has too few rows, half of it is for the test, and the largest class
    has no more training rows than the other half.
    """
    rng, counts = np.random.default_rng(seed), np.bincount(y)
    n_test = min(N_TEST, int(counts.min()) // 2)
    largest = min(LARGEST, int(counts.min()) - n_test)
    sizes = np.geomspace(largest, SMALLEST, len(counts)).round().astype(np.intp)
    train, test = [], []
    for c, size in zip(rng.permutation(len(counts)), sizes, strict=True):
        rows = rng.permutation(np.flatnonzero(y == c))
        test.append(rows[:n_test])
        train.append(rows[n_test : n_test + size])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(test))


def _load(name: str, folder: Path) -> tuple[pd.DataFrame, pd.Series, str]:
    """Return rows, labels and the family of a table."""
    if name in _CUTS:
        return *_CUTS[name](folder), name.partition("_")[0]
    if name in JOINED:
        return *_joined(name, folder), _FAMILIES[name]
    entry = read_catalogue(folder)[name]
    return *read_frame(entry, folder), str(entry["family"])


def _joined(name: str, folder: Path) -> Table:
    """Join the rows whose class is known from the parts of a table."""
    catalogue = read_catalogue(folder)
    frames, labels = [], []
    for part, classes in JOINED[name].items():
        frame, target = read_frame(catalogue[part], folder)
        known = target.isin(list(classes))
        frames.append(frame[known])
        labels.append(target[known].map(classes))
    joined = pd.concat(frames, ignore_index=True)
    # Parts that lack a category make text of a column of categories.
    texts = joined.select_dtypes(exclude="number").columns
    return joined.astype(dict.fromkeys(texts, "category")), pd.concat(labels, ignore_index=True)


def _satimage(folder: Path) -> Table:
    return read_frame(read_catalogue(folder)["satimage_multi"], folder)


def _letters(half: str) -> Callable[[Path], Table]:
    def load(folder: Path) -> Table:
        frame, target = read_frame(read_catalogue(folder)["isolet"], folder)
        of_half = target.isin(list(_LETTERS[half]))
        return frame[of_half], target[of_half]

    return load


def _digits(folder: Path) -> Table:
    """Return the optical digits that scikit-learn ships."""
    X, y = load_digits(return_X_y=True)
    return pd.DataFrame(X).add_prefix("x"), pd.Series(y)


def _pooled(images: str) -> Callable[[Path], Table]:
    """Load test images as tables of 49 columns, means of squares of pixels."""

    def load(folder: Path) -> Table:
        X, y = load_images(images, "test", folder)
        squares = X.reshape(len(X), 28 // _POOLED, _POOLED, 28 // _POOLED, _POOLED)
        columns = squares.mean((2, 4)).reshape(len(X), -1)
        return pd.DataFrame(columns).add_prefix("x"), pd.Series(y)

    return load


_CUTS: dict[str, Callable[[Path], Table]] = {
    "satimage_tail": _satimage,
    "digits_tail": _digits,
    "mnist_tail": _pooled("mnist"),
    "fashion_tail": _pooled("fashion-mnist"),
    "isolet_tail_first": _letters("first"),
    "isolet_tail_second": _letters("second"),
}
