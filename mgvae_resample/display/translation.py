"""TranslationDisplay: majority rows, and their translations by MGVAE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from .._tables.labels import plain_label
from .._tables.table import Table
from ..diagnostics.embedding import Column, Floats, read_columns
from ._plotting import SYNTHETIC, Display, as_images, documented, draw_images, shorten

__all__ = ["TranslationDisplay"]


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class TranslationDisplay(Display):
    """Rows before and after their translation into another class.

    {parameters}
    label : label
        The class the rows were translated into.
    n_rows : int
        Number of rows.
    columns : sequence of Column
        The columns of a table, those that change most first: values of the given rows, then of
        their translations. Empty for images.
    images : ndarray of shape (2, n_rows, height, width) or (..., 3), or None
        The given images, and their translations; None for tables.
    {cmap}

    {attributes}
        A single one.

    {mgvae_example}
    >>> display = TranslationDisplay.from_estimator(sampler, X[y == 0], label=1, n_rows=4)
    >>> len(display.columns[0].values)
    8
    >>> plt.show()
    """

    label: Any
    n_rows: int
    columns: Sequence[Column]
    images: Floats | None
    cmap: str = "gray"

    @classmethod
    def from_estimator(
        cls,
        sampler: Any,
        X: Any,
        label: Any,
        *,
        n_rows: int = 8,
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
            Rows, usually of the majority. Changes are measured in their standard deviations.
        label : label
            The class to translate into, one that was over-sampled.
        n_rows : int, default=8
            Number of rows to translate.
        max_columns : int, default=12
            Maximum number of columns of a table: those that change most.
        {cmap}
        {ax}

        {returns_and_errors}
            If `label` was not over-sampled, or `n_rows` is below 1.
        """
        needed = ("sampling_strategy_", "translate")
        cls._check_sampler(sampler, *needed, such_as="MGVAEOverSampler")
        if n_rows < 1:
            raise ValueError(f"'n_rows' must be at least 1, got {n_rows!r}.")
        table = Table.of(X)
        given = table.take(np.arange(min(n_rows, len(table))))
        new = sampler.translate(given.native, label)
        columns: list[Column] = []
        images = None
        if sampler.image_shape is not None:
            images = np.stack([as_images(rows, sampler.image_shape) for rows in (given, new)])
        else:
            spread = [_spread(column) for column in read_columns(table)]
            columns = read_columns(given, new)
            changes = [-_change(c, s) for c, s in zip(columns, spread, strict=True)]
            columns = [columns[j] for j in np.argsort(changes, kind="stable")[:max_columns]]
        display = cls(
            label=plain_label(label), n_rows=len(given), columns=columns, images=images, cmap=cmap
        )
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw images above their translations, or write the values of a table.

        Each column of the picture is a row of the table, before and after; changes are coloured.
        """
        if self.images is not None:
            height, width = self.images.shape[2:4]
            self._make_panels(ax, 1, (0.8 * self.n_rows, 1.6 * height / width), (1.2, 0.3))
            names = ["given", f"as class {self.label}"]
            draw_images(self.axes_[0], self.images, names, [], self.cmap)
            return self
        size = (1.4 * self.n_rows, 0.25 * len(self.columns))
        self._make_panels(ax, 1, size, margin=(1.5, 0.5))
        words = [[_text(column, row) for row in range(2 * self.n_rows)] for column in self.columns]
        pairs = [list(zip(w[: self.n_rows], w[self.n_rows :], strict=True)) for w in words]
        cells = self.axes_[0].table(
            [[a if a == b else f"{a} → {b}" for a, b in line] for line in pairs],
            rowLabels=[shorten(column.name, 22) for column in self.columns],
            colLabels=[f"row {row}, as class {self.label}" for row in range(self.n_rows)],
            loc="center",
        )
        for (i, j), cell in cells.get_celld().items():
            if i > 0 and j >= 0 and len(set(pairs[i - 1][j])) > 1:
                cell.get_text().set_color(SYNTHETIC)
        self.axes_[0].set_axis_off()
        return self


def _spread(column: Column) -> float:
    """Return the unit of changes: the standard deviation of numbers."""
    is_number = column.column_type != "category" and not np.isnan(column.values).all()
    return float(np.nanstd(column.values)) if is_number else 0.0


def _change(column: Column, spread: float) -> float:
    """Return the mean change of a column; another category, or missing or not, counts as 1."""
    before, after = np.split(column.values, 2)
    moved = np.abs(after - before) / spread if spread else before != after
    is_gap = np.isnan(before) | np.isnan(after)
    return float(np.where(is_gap, np.isnan(before) != np.isnan(after), moved).mean())


def _text(column: Column, row: int) -> str:
    """Return the value of a row as text."""
    value = column.values[row]
    if np.isnan(value):
        return "missing"
    if column.column_type == "category":
        return shorten(str(column.categories[int(value)]), 16)
    if column.column_type == "date":
        return str(np.datetime64(int(value // 1), "D"))
    number = f"{value:.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"
    return number + (" days" if column.column_type == "duration" else "")
