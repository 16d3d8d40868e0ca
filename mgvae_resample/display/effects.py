"""How columns of a table move while a code moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .canvas import COLOURS, shorten
from .columns import Column, read_columns

__all__ = ["Effect", "draw_effects", "effects_of"]

Values = npt.NDArray[np.float64]

_LONGEST_NAME = 24
# Least distance between two names at the ends of lines, as a share of the height.
_APART = 0.1


@dataclass(frozen=True)
class Effect:
    """One column, or one category of it.

    Attributes
    ----------
    name : str
        The column, or ``column = category``.
    means : ndarray of shape (n_values,)
        Mean at each value of the code, in standard deviations from the mean of all.
    """

    name: str
    means: Values

    @property
    def range(self) -> float:
        """How far the mean moves."""
        return float(np.ptp(self.means))


def effects_of(names: Sequence[str], tables: Sequence[Any]) -> list[Effect]:
    """Return how the columns of tables, one for each value of a code, move; most first."""
    columns = read_columns(names, *tables)
    found = [effect for column in columns for effect in _effects(column, [len(t) for t in tables])]
    return sorted(found, key=lambda effect: -effect.range)


def draw_effects(ax: Any, values: Values, effects: Sequence[Effect]) -> None:
    """Draw lines over the values of the code, named at their ends."""
    for effect, colour in zip(effects, _colours(len(effects)), strict=True):
        ax.plot(values, effect.means, color=colour, marker="o", markersize=3)
    ax.margins(y=0.1)
    low, high = ax.get_ylim()
    ends = [(effect.means[-1] - low) / (high - low) for effect in effects]
    heights = _spread(ends)
    for effect, height, colour in zip(effects, heights, _colours(len(effects)), strict=True):
        ax.text(
            1.02,
            height,
            shorten(effect.name, _LONGEST_NAME),
            color=colour,
            transform=ax.transAxes,
            va="center",
            fontsize="small",
        )
    ax.set_ylabel("mean (st. dev.)")
    ax.spines[["top", "right"]].set_visible(False)


def _effects(column: Column, sizes: Sequence[int]) -> Iterator[Effect]:
    if column.kind != "category":
        yield from _moved(column.name, column.values, sizes)
        return
    missing = np.isnan(column.values)
    # Of two categories the second says nothing that the first does not.
    for number, level in enumerate(column.levels[: 1 if len(column.levels) == 2 else None]):
        share = np.where(missing, np.nan, column.values == number)
        yield from _moved(f"{column.name} = {level}", share, sizes)


def _moved(name: str, values: Values, sizes: Sequence[int]) -> Iterator[Effect]:
    """Yield nothing for a column that is constant, or has no values at some place."""
    parts = np.split(values, np.cumsum(sizes)[:-1])
    known = values[~np.isnan(values)]
    if any(np.isnan(part).all() for part in parts) or np.ptp(known) == 0:
        return
    means = np.array([np.nanmean(part) for part in parts])
    yield Effect(name, (means - known.mean()) / known.std())


def _spread(heights: Sequence[float]) -> Values:
    """Move heights apart as little as a pass up and a pass down can."""
    order = np.argsort(heights)
    moved = np.array(heights, dtype=np.float64)[order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + _APART)
    if len(moved):
        moved[-1] = min(moved[-1], 1.0)
    for i in range(len(moved) - 2, -1, -1):
        moved[i] = min(moved[i], moved[i + 1] - _APART)
    result = np.empty_like(moved)
    result[order] = moved
    return result


def _colours(n: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(n)]
