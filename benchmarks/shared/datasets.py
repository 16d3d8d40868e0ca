"""Loads the tables and images of the benchmarks, from a folder or from public sources."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import fetch_openml

Rows = NDArray[Any]
Labels = NDArray[np.intp]

IMAGE_SETS = {"mnist": "mnist_784", "fashion-mnist": "Fashion-MNIST"}
# Images of each rare class, by the ratio of a common class of MNIST to them, as tasks are named.
SHOTS = {"600": 10, "100": 60}
OPENML_TABLES = {"musk_v2": "musk", "isolet": "isolet"}
POSITIVE = {"isolet": ({"A", "B"}, {"1", "2"})}
NOT_FEATURES = ("ID", "molecule_name", "conformation_name")


def load_table(name: str, folder: Path | None) -> tuple[Rows, Labels]:
    """Return the numeric rows of one table and 1 for its minority class, 0 for the rest."""
    X, target = _from_folder(name, folder) if folder else _from_the_net(name)
    labels = target.astype(str).str.strip("'").to_numpy()
    for positive in POSITIVE.get(name, ()):
        if positive <= set(labels):
            return X, np.isin(labels, list(positive)).astype(np.intp)
    values, counts = np.unique(labels, return_counts=True)
    if len(values) != 2:
        raise ValueError(f"{name}: expected two classes, got {len(values)}.")
    return X, (labels == values[counts.argmin()]).astype(np.intp)


def load_images(name: str, part: str, folder: Path | None) -> tuple[Rows, Labels]:
    """Return images of `part` ("train" or "test") as float32 rows in [0, 1], and their labels."""
    X: Rows
    if folder is None:
        X, target = _openml(IMAGE_SETS[name])
        half = slice(0, 60_000) if part == "train" else slice(60_000, None)
        X, y = X[half], target.to_numpy()[half]
    else:
        stem = "train" if part == "train" else "t10k"
        X = _read_idx(folder / name / f"{stem}-images-idx3-ubyte.gz")
        y = _read_idx(folder / name / f"{stem}-labels-idx1-ubyte.gz")
    return np.asarray(X.reshape(len(X), -1), np.float32) / 255, np.asarray(y, np.intp)


def load_retina(part: str, folder: Path) -> tuple[Rows, Labels]:
    """Return colour images of retinas of `part` ("train", "val" or "test"), and their grades."""
    with np.load(folder / "images" / "retinamnist.npz") as stored:
        X, y = stored[f"X_{part}"], stored[f"y_{part}"].ravel()
    return np.asarray(X.reshape(len(X), -1), np.float32) / 255, np.asarray(y, np.intp)


def read_catalogue(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the entries of catalog.json by name."""
    entries = json.loads((folder / "catalog.json").read_text())
    return {entry["name"]: entry for entry in entries}


def _from_folder(name: str, folder: Path) -> tuple[Rows, pd.Series]:
    catalogue = read_catalogue(folder)
    if name not in catalogue:
        raise FileNotFoundError(f"{name} is not in {folder / 'catalog.json'}.")
    frame = pd.read_csv(folder / catalogue[name]["file"])
    target = frame.pop("target")
    return frame.to_numpy(dtype=np.float64), target


def _from_the_net(name: str) -> tuple[Rows, pd.Series]:
    from imblearn.datasets import fetch_datasets

    if name in OPENML_TABLES:
        return _openml(OPENML_TABLES[name])
    try:
        found = fetch_datasets(filter_data=(name,))[name]
    except (OSError, ValueError) as error:
        raise _not_fetched(name, error) from error
    return np.asarray(found.data, dtype=np.float64), pd.Series(found.target)


def _openml(name: str) -> tuple[Rows, pd.Series]:
    try:
        found = fetch_openml(name, version=1, as_frame=True, parser="auto")
    except (OSError, ValueError) as error:
        raise _not_fetched(f"OpenML's {name}", error) from error
    frame = found.data.drop(columns=[c for c in NOT_FEATURES if c in found.data])
    return frame.to_numpy(dtype=np.float64), found.target


def _not_fetched(name: str, error: Exception) -> FileNotFoundError:
    return FileNotFoundError(
        f"{name} could not be fetched ({error}). Pass --data FOLDER, a folder laid out as "
        "described in benchmarks/README.md."
    )


def _read_idx(path: Path) -> NDArray[np.uint8]:
    with gzip.open(path) as file:
        content = file.read()
    rank = content[3]
    shape = np.frombuffer(content, dtype=">i4", count=rank, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)
