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

FOLDER = Path(__file__).parents[1] / "results"
# The columns that tell one measurement from another, where a file has them.
KEY = ("dataset", "structure", "seed", "fold", "method", "classifier", "threads", "cached")
PACKAGES = ("numpy", "scipy", "scikit-learn", "imbalanced-learn", "torch", "pandas")

Row = dict[str, object]


class Results:
    """The csv file of one benchmark, with the versions that produced it in a json beside."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self.columns = columns
        self._key = [c for c in KEY if c in columns]
        frame = self._read()
        if (found := frame.columns.tolist()) != list(columns):
            raise SystemExit(f"{path} has other columns: {found}. Move it away, or mend it.")
        self._done = self._keys(frame)

    def has(self, row: Row) -> bool:
        """Tell whether a row with the same key is there."""
        return self._key_of(row) in self._done

    def append(self, *rows: Row) -> None:
        """Write one measurement at once: where it was interrupted, it has left no row."""
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        named = {"protocol": self.path.stem} if "protocol" in self.columns else {}
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, self.columns, lineterminator="\n")
            if new:
                writer.writeheader()
                self._write_versions()
            writer.writerows({k: _plain(v) for k, v in (named | row).items()} for row in rows)
        self._done.update(map(self._key_of, rows))

    def forget(self, **wanted: Iterable[object] | None) -> None:
        """Drop the rows with one of the values in each of the columns; None is any value."""
        frame = self._read()
        drop = pd.Series(True, index=frame.index)
        for column, values in wanted.items():
            if values is not None:
                drop &= frame[column].isin([str(value) for value in values])
        if drop.any():
            spare = self.path.with_suffix(".part")
            frame[~drop].to_csv(spare, index=False)
            os.replace(spare, self.path)
            self._write_versions()
        self._done = self._keys(frame[~drop])

    def _key_of(self, row: Row) -> tuple[str, ...]:
        return tuple(str(row[k]) for k in self._key)

    def _keys(self, frame: pd.DataFrame) -> set[tuple[str, ...]]:
        return {tuple(row) for row in frame[self._key].itertuples(index=False)}

    def _read(self) -> pd.DataFrame:
        if not self.path.exists():
            return pd.DataFrame(columns=list(self.columns))
        return pd.read_csv(self.path, dtype=str, keep_default_na=False)

    def _write_versions(self) -> None:
        found = {name: version(name) for name in PACKAGES}
        found |= {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "cpus": str(os.cpu_count()),
            "threads": os.environ["OMP_NUM_THREADS"],
        }
        self.path.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")


def read_results(path: Path) -> pd.DataFrame:
    """Read a result file with numbers as numbers, the last row of a key winning."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    return frame.drop_duplicates([c for c in KEY if c in frame], keep="last")


def _plain(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
