"""Result files: tidy csv, written row by row, so that an interrupted run goes on where it was."""

from __future__ import annotations

import csv
import json
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from benchmarks.metrics import METRICS

FOLDER = Path(__file__).parent / "results"
KEY = ("protocol", "dataset", "seed", "fold", "method", "classifier")
COSTS = ("seconds", "classifier_seconds", "peak_mb", "n_synthetic", "fell_back")
COLUMNS = (*KEY, *METRICS, *COSTS)
PACKAGES = ("numpy", "scipy", "scikit-learn", "imbalanced-learn", "torch", "pandas")

Row = dict[str, object]


class Results:
    """The csv file of one protocol, with the versions that made it in a json beside."""

    def __init__(self, path: Path, columns: tuple[str, ...] = COLUMNS) -> None:
        self.path = path
        self.columns = columns
        self._key = [c for c in (*KEY, "threads") if c in columns]
        self._done = self._keys()

    def has(self, row: Row) -> bool:
        """Tell whether a row with the same key is there."""
        return self._of(row) in self._done

    def append(self, row: Row) -> None:
        """Write one row at once."""
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, self.columns, lineterminator="\n")
            if new:
                writer.writeheader()
                write_versions(self.path.with_suffix(".json"))
            writer.writerow({k: _plain(v) for k, v in row.items()})
        self._done.add(self._of(row))

    def forget(self, methods: Iterable[str], datasets: Iterable[str] | None) -> None:
        """Drop the rows of these methods, on these data sets or on all."""
        frame = self._read()
        drop = frame["method"].isin(list(methods))
        if datasets is not None:
            drop &= frame["dataset"].isin(list(datasets))
        if drop.any():
            spare = self.path.with_suffix(".part")
            frame[~drop].to_csv(spare, index=False)
            os.replace(spare, self.path)
            write_versions(self.path.with_suffix(".json"))
        self._done = self._keys()

    def _of(self, row: Row) -> tuple[str, ...]:
        return tuple(str(row[k]) for k in self._key)

    def _keys(self) -> set[tuple[str, ...]]:
        return {tuple(row) for row in self._read()[self._key].itertuples(index=False)}

    def _read(self) -> pd.DataFrame:
        if not self.path.exists():
            return pd.DataFrame(columns=list(self.columns))
        return pd.read_csv(self.path, dtype=str, keep_default_na=False)


def read_results(path: Path) -> pd.DataFrame:
    """Read a result file with numbers as numbers, the last row of a key winning."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    return frame.drop_duplicates([c for c in KEY if c in frame], keep="last")


def write_versions(path: Path) -> None:
    """Write the versions and the machine's size next to a result file."""
    found = {name: version(name) for name in PACKAGES}
    found |= {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": str(os.cpu_count()),
        "threads": os.environ["OMP_NUM_THREADS"],
    }
    path.write_text(json.dumps(found, indent=2) + "\n")


def _plain(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
