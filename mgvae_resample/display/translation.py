"""TranslationDisplay: majority rows, and what MGVAE turns them into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .._tables.labels import plain_label
from .._tables.table import Table
from ..diagnostics.embedding import Column, Floats, read_columns
from ._plotting import (
    SYNTHETIC,
    Display,
    as_images,
    category_names,
    documented,
    draw_images,
    shorten,
)

__all__ = ["Pairs", "TranslationDisplay"]

_GIVEN, _LINE = "#6B6B6B", "#B8B8B8"
_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
_WRITTEN = {"ha": "center", "va": "center", "fontsize": "small", "bbox": _BOX}


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
    positions: Floats

    @classmethod
    def of(cls, columns: Sequence[Column], n_rows: int) -> Self:
        """Take the first rows; those after them help to say how far a column varies."""
        kept = [replace(column, values=column.values[: 2 * n_rows]) for column in columns]
        positions = [_standardised(column)[: 2 * n_rows] for column in columns]
        return cls(n_rows, kept, np.array(positions))

    def most_changed(self, n: int) -> npt.NDArray[np.intp]:
        """Return the numbers of the columns that change most, in the order of the table.

        A new category or a new gap counts as one standard deviation.
        """
        moved = np.abs(self.positions[:, self.n_rows :] - self.positions[:, : self.n_rows])
        values = np.array([column.values for column in self.columns])
        before, after = np.split(values, 2, axis=1)
        same = (before == after) | (np.isnan(before) & np.isnan(after))
        changes = np.where(np.isnan(moved), ~same, moved).mean(axis=1)
        return np.sort(np.argsort(-changes, kind="stable")[:n])

    def draw(self, ax: Any, row: int, shown: npt.NDArray[np.intp], *, named: bool) -> None:
        """Draw some columns of one row, a line each."""
        for y, j in enumerate(shown):
            before, after = self.positions[j, [row, self.n_rows + row]]
            if np.isfinite(before) and np.isfinite(after):
                ax.plot([before, after], [y, y], color=_LINE, linewidth=1.5, zorder=1)
                ax.scatter([before], [y], s=26, color=_GIVEN, zorder=2)
                ax.scatter([after], [y], s=26, color=SYNTHETIC, zorder=3)
                continue
            words = [_text(self.columns[j], at) for at in (row, self.n_rows + row)]
            if words[0] != words[1]:
                text, colour = " → ".join(words), SYNTHETIC
            else:
                text, colour = words[0], _GIVEN
            ax.text(0.5, y, text, color=colour, transform=ax.get_yaxis_transform(), **_WRITTEN)
        low = np.nanmin(self.positions[shown], initial=-1.0)
        high = np.nanmax(self.positions[shown], initial=1.0)
        pad = 0.06 * (high - low)
        ax.set(xlim=(low - pad, high + pad), ylim=(len(shown) - 0.5, -0.5))
        names = [shorten(self.columns[j].name, 22) if named else "" for j in shown]
        ax.set_yticks(np.arange(len(shown)), names)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="y", color="0.92")
        ax.set_axisbelow(True)
        ax.set_title(f"row {row}", fontsize="medium")
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("standard deviations", fontsize="small")


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class TranslationDisplay(Display):
    """Rows before and after their translation into another class.

    {parameters}
    label : label
        The class the rows were translated into.
    n_rows : int
        Number of rows.
    pairs : Pairs or None
        The columns of the given rows and of their translations; None for images.
    images : ndarray of shape (2, n_rows, height, width) or (..., 3), or None
        The given images, and their translations; None for tables.

    {attributes}
        One for all images; for tables one a row.

    {mgvae_example}
    >>> display = TranslationDisplay.from_estimator(sampler, X[y == 0], label=1, n_rows=4)
    >>> len(display.axes_)
    4
    >>> plt.show()
    """

    label: Any
    n_rows: int
    pairs: Pairs | None
    images: Floats | None

    @classmethod
    def from_estimator(
        cls,
        sampler: Any,
        X: Any,
        label: Any,
        *,
        n_rows: int = 8,
        image_shape: tuple[int, ...] | None = None,
        max_columns: int = 12,
        cmap: str = "gray",
        ax: Any = None,
    ) -> Self:
        """Translate the first rows, and draw them with their translations.

        Parameters
        ----------
        sampler : MGVAEOverSampler
            Fitted sampler.
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows, usually of the majority. All of them say how far columns vary.
        label : label
            The class to translate into, one that was over-sampled.
        n_rows : int, default=8
            Number of rows to translate.
        {image_shape}
        max_columns : int, default=12
            Most columns drawn of a table: those that change most.
        {cmap}
        {ax}

        {returns_and_errors}
            If `label` was not over-sampled, `n_rows` is below 1, or the image shape
            does not fit the columns.
        """
        needed = ("sampling_strategy_", "translate")
        cls._check_sampler(sampler, *needed, such_as="MGVAEOverSampler")
        if n_rows < 1:
            raise ValueError(f"'n_rows' must be at least 1, got {n_rows!r}.")
        table = Table.of(X)
        given = table.take(np.arange(min(n_rows, len(table))))
        new = sampler.translate(given.native, label)
        shape = sampler.image_shape if image_shape is None else image_shape
        pairs, images = None, None
        if shape is not None:
            images = np.stack([as_images(rows, shape) for rows in (given, new)])
        else:
            pairs = Pairs.of(read_columns(given, new, table), len(given))
        display = cls(label=plain_label(label), n_rows=len(given), pairs=pairs, images=images)
        return display.plot(ax, max_columns=max_columns, cmap=cmap)

    def plot(self, ax: Any = None, *, max_columns: int = 12, cmap: str = "gray") -> Self:
        """Draw images above their translations, or a panel for each row of a table.

        In a panel each column is a line: the given value in grey, and in colour where it goes, in
        standard deviations of the column. Categories, and values that are missing before or
        after, are written.
        """
        names = ["given", f"as class {self.label}"]
        if self.images is not None:
            height, width = self.images.shape[2:4]
            size = (0.8 * self.n_rows, 1.6 * height / width)
            self._make_panels(ax, 1, size, (1.2, 0.3))
            draw_images(self.axes_[0], self.images, names, [], cmap)
            return self
        assert self.pairs is not None
        shown = self.pairs.most_changed(max_columns)
        size = (2.2, 0.24 * len(shown) + 0.7)
        n_columns = self._make_panels(ax, self.n_rows, size, (2.8, 0.2))
        for row, panel in enumerate(self.axes_):
            self.pairs.draw(panel, row, shown, named=row % n_columns == 0)
        line, style = self._pyplot().Line2D, {"marker": "o", "linestyle": "none"}
        marks = [line([], [], color=colour, **style) for colour in (_GIVEN, SYNTHETIC)]
        self._legend(n_columns, dict(zip(names, marks, strict=True)))
        return self


def _standardised(column: Column) -> Floats:
    if column.column_type == "category" or np.isnan(column.values).all():
        return np.full(len(column.values), np.nan)
    deviation = np.nanstd(column.values)
    return np.asarray(column.values - np.nanmean(column.values)) / (deviation or 1.0)


def _text(column: Column, row: int) -> str:
    """Write the value of a row."""
    value = column.values[row]
    if np.isnan(value):
        return "missing"
    if column.column_type == "category":
        return category_names(column)[int(value)]
    if column.column_type == "date":
        return str(np.datetime64(int(value // 1), "D"))
    number = f"{value:.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"
    return number + (" days" if column.column_type == "duration" else "")
