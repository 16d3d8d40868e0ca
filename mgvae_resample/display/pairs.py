"""Rows of a table and what they are turned into, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .canvas import SYNTHETIC, shorten
from .columns import Column

__all__ = ["Pairs", "legend_handles"]

Values = npt.NDArray[np.float64]

_LONGEST_NAME = 22
_GIVEN, _LINE = "#6B6B6B", "#B8B8B8"


@dataclass(frozen=True)
class Pairs:
    """Columns of some rows, then of the rows they are turned into.

    Attributes
    ----------
    n_rows : int
        Number of pairs.
    columns : sequence of Column
        Each column of the given rows, then of the others.
    positions : ndarray of shape (n_columns, 2 * n_rows)
        Numbers in standard deviations from the mean of their column; NaN for categories and
        where missing.
    """

    n_rows: int
    columns: Sequence[Column]
    positions: Values

    @classmethod
    def of(cls, columns: Sequence[Column], n_rows: int) -> Self:
        """Take the first rows; those after them help to say how far a column varies."""
        kept = [column.first(2 * n_rows) for column in columns]
        positions = [_standardised(column)[: 2 * n_rows] for column in columns]
        return cls(n_rows, kept, np.array(positions))

    def most_changed(self, n: int) -> npt.NDArray[np.intp]:
        """Return the numbers of the columns that change most, in the order of the table."""
        by_change = np.argsort(-self._changes().mean(axis=1), kind="stable")
        return np.sort(by_change[:n])

    def draw(self, ax: Any, row: int, shown: npt.NDArray[np.intp], *, named: bool) -> None:
        """Draw some columns of one row, a line each."""
        for y, j in enumerate(shown):
            before, after = self.positions[j, [row, self.n_rows + row]]
            if np.isfinite(before) and np.isfinite(after):
                ax.plot([before, after], [y, y], color=_LINE, linewidth=1.5, zorder=1)
                ax.scatter([before], [y], s=26, color=_GIVEN, zorder=2)
                ax.scatter([after], [y], s=26, color=SYNTHETIC, zorder=3)
                continue
            words = [self.columns[j].text(at) for at in (row, self.n_rows + row)]
            changed = words[0] != words[1]
            ax.text(
                0.5,
                y,
                " → ".join(words) if changed else words[0],
                color=SYNTHETIC if changed else _GIVEN,
                transform=ax.get_yaxis_transform(),
                ha="center",
                va="center",
                fontsize="small",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            )
        low = np.nanmin(self.positions[shown], initial=-1.0)
        high = np.nanmax(self.positions[shown], initial=1.0)
        pad = 0.06 * (high - low)
        ax.set(xlim=(low - pad, high + pad), ylim=(len(shown) - 0.5, -0.5))
        names = [shorten(self.columns[j].name, _LONGEST_NAME) if named else "" for j in shown]
        ax.set_yticks(np.arange(len(shown)), names)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="y", color="0.92")
        ax.set_axisbelow(True)
        ax.set_title(f"row {row}", fontsize="medium")
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.set_xlabel("standard deviations", fontsize="small")

    def _changes(self) -> Values:
        """How much each column changes in each row; a new category or a new gap counts as 1."""
        n = self.n_rows
        moved = np.abs(self.positions[:, n:] - self.positions[:, :n])
        values = np.array([column.values for column in self.columns])
        before, after = values[:, :n], values[:, n:]
        same = (before == after) | (np.isnan(before) & np.isnan(after))
        return np.where(np.isnan(moved), np.where(same, 0.0, 1.0), moved)


def legend_handles() -> list[Any]:
    """Return what stands for given and for translated values."""
    from matplotlib.lines import Line2D

    style: dict[str, Any] = {"marker": "o", "linestyle": "none"}
    return [Line2D([], [], color=colour, **style) for colour in (_GIVEN, SYNTHETIC)]


def _standardised(column: Column) -> Values:
    if column.kind == "category" or np.isnan(column.values).all():
        return np.full(len(column.values), np.nan)
    deviation = np.nanstd(column.values)
    return np.asarray(column.values - np.nanmean(column.values)) / (deviation or 1.0)
