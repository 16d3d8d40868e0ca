"""Resampled tables column by column, and which of their rows are new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..diagnostics.matrices import plain, read_tables
from .canvas import shorten, unwrapped

__all__ = [
    "Column",
    "check_label",
    "column_names",
    "first_rows",
    "is_synthetic",
    "made",
    "read_columns",
    "readable",
    "take",
]

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_DAY = 86_400e6  # microseconds
_LONGEST = 16


@dataclass(frozen=True)
class Column:
    """One column of some tables, their rows one after the other.

    Attributes
    ----------
    name : str
        Its name.
    values : ndarray of shape (n_rows,)
        Numbers, days since 1970, days, or numbers of levels; NaN where missing.
    kind : {"number", "date", "duration", "category"}
        What the values are.
    levels : tuple of str
        The categories; empty for other kinds.
    """

    name: str
    values: Values
    kind: Literal["number", "date", "duration", "category"]
    levels: tuple[str, ...] = ()

    def text(self, row: int) -> str:
        """Write the value of a row."""
        value = self.values[row]
        if np.isnan(value):
            return "missing"
        if self.kind == "category":
            return self.levels[int(value)]
        if self.kind == "date":
            return str(np.datetime64(int(value * _DAY), "us").astype("datetime64[D]"))
        number = f"{value:.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"
        return number + (" days" if self.kind == "duration" else "")

    def first(self, n_rows: int) -> Column:
        """Return the column with its first rows only."""
        return replace(self, values=self.values[:n_rows])


def readable(table: Any) -> Any:
    """Return a table as a frame of pandas or a two-dimensional array."""
    table = plain(table)
    if hasattr(table, "iloc"):
        return table
    return table.toarray() if hasattr(table, "toarray") else np.asarray(table)


def take(table: Any, rows: npt.NDArray[Any]) -> Any:
    """Return rows of a readable table, by mask or by number."""
    if hasattr(table, "iloc"):
        return table.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows]
    return table[rows]


def first_rows(table: Any, n_rows: int) -> Any:
    """Return the first rows of a table in its own container, dense for a sparse one."""
    return table.head(n_rows) if hasattr(table, "head") else readable(table)[:n_rows]


def column_names(sampler: Any, n_columns: int) -> list[str]:
    """Return the names a sampler saw in fitting, x0, x1, ... where it saw none."""
    names: Iterable[Any] = getattr(sampler, "feature_names_in_", None)  # type: ignore[assignment]
    return [f"x{j}" for j in range(n_columns)] if names is None else [str(n) for n in names]


def read_columns(names: Sequence[str], *tables: Any) -> list[Column]:
    """Read readable tables of the same columns."""
    matrices, categorical = read_tables(*tables)
    stacked = np.concatenate(matrices)
    return [
        _column(name, stacked[:, j], bool(categorical[j]), [_raw(table, j) for table in tables])
        for j, name in enumerate(names)
    ]


def made(sampler: Any) -> dict[Any, int]:
    """Return how many rows a fitted over-sampler made of each class, without the zeros."""
    counts = sampler.sampling_strategy_
    return {unwrapped(label): int(n) for label, n in counts.items() if n > 0}


def is_synthetic(sampler: Any, X_res: Any, y_res: Any) -> tuple[npt.NDArray[Any], Mask]:
    """Return the labels as an array, and which rows of what ``fit_resample`` returned are new."""
    labels, counts = np.asarray(y_res), made(sampler)
    n_new = sum(counts.values())
    if not n_new:
        raise ValueError("No rows were added by this sampler: there is nothing to show.")
    expected = np.repeat(np.array(list(counts), dtype=labels.dtype), list(counts.values()))
    fits = X_res.shape[0] == len(labels) > n_new and np.array_equal(labels[-n_new:], expected)
    if not fits:
        raise ValueError(
            "Expected X_res and y_res as fit_resample returned them: the given rows first, then "
            f"the new ones class by class ({counts}). The last {n_new} labels are others, or the "
            "lengths differ."
        )
    return labels, np.arange(len(labels)) >= len(labels) - n_new


def check_label(sampler: Any, label: Any) -> Any:
    """Return a class that was over-sampled; the one with most new rows if None is given."""
    counts = made(sampler)
    if label is None:
        return max(counts, key=lambda known: counts[known])
    if label not in counts:
        raise ValueError(f"'label' is {label!r}, but rows were added only to {list(counts)}.")
    return label


def _raw(table: Any, j: int) -> Any:
    return table.iloc[:, j] if hasattr(table, "iloc") else table[:, j]


def _column(name: str, values: Values, is_category: bool, raw: Sequence[Any]) -> Column:
    known = np.flatnonzero(~np.isnan(values))
    if is_category:
        codes, first = np.unique(values[known], return_index=True)
        levels = [shorten(str(_value(raw, known[i])), _LONGEST) for i in first]
        # Codes may have gaps where a level is in no row.
        return Column(name, _renumbered(values, codes), "category", tuple(levels))
    value = _value(raw, known[0]) if len(known) else None
    if isinstance(value, date | np.datetime64):
        return Column(name, values / _DAY, "date")
    if isinstance(value, timedelta | np.timedelta64):
        return Column(name, values / _DAY, "duration")
    return Column(name, values, "number")


def _value(raw: Sequence[Any], row: int) -> Any:
    for part in raw:
        if row < len(part):
            return part.iloc[row] if hasattr(part, "iloc") else part[row]
        row -= len(part)
    raise IndexError(row)


def _renumbered(values: Values, codes: Values) -> Values:
    return np.where(np.isnan(values), np.nan, np.searchsorted(codes, values).astype(np.float64))
