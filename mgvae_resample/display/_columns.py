"""Which rows of a resampled table are new, and how its values are written in pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._tables.table import Table
from ..diagnostics.embedding import Column, Mask
from ._plotting import shorten, unwrapped

__all__ = ["category_names", "check_label", "is_synthetic", "made", "text"]

_LONGEST = 16


def category_names(column: Column) -> list[str]:
    """Return the names of a column's categories, short enough for a picture."""
    return [shorten(str(category), _LONGEST) for category in column.categories]


def text(column: Column, row: int) -> str:
    """Write the value of a row."""
    value = column.values[row]
    if np.isnan(value):
        return "missing"
    if column.kind == "category":
        return shorten(str(column.categories[int(value)]), _LONGEST)
    if column.kind == "date":
        return str(np.datetime64(int(value // 1), "D"))
    number = f"{value:.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"
    return number + (" days" if column.kind == "duration" else "")


def made(sampler: Any) -> dict[Any, int]:
    """Return how many rows a fitted over-sampler made of each class, without the zeros."""
    counts = sampler.sampling_strategy_
    return {unwrapped(label): int(n) for label, n in counts.items() if n > 0}


def is_synthetic(sampler: Any, table: Table, y_res: Any) -> tuple[npt.NDArray[Any], Mask]:
    """Return the labels as an array, and which rows of what ``fit_resample`` returned are new."""
    labels, counts = np.asarray(y_res), made(sampler)
    n_new = sum(counts.values())
    if not n_new:
        raise ValueError("No rows were added by this sampler: there is nothing to show.")
    expected = np.repeat(np.array(list(counts), dtype=labels.dtype), list(counts.values()))
    fits = len(table) == len(labels) > n_new and np.array_equal(labels[-n_new:], expected)
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
