"""TraversalDisplay: how each code of a BayesGAN changes rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Self

import numpy as np

from .._tables.table import Table
from ..diagnostics.embedding import Column, Floats, read_columns
from ._plotting import (
    COLOURS,
    Display,
    as_images,
    check_label,
    documented,
    draw_images,
    shorten,
)

__all__ = ["TraversalDisplay"]

_VALUES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
# Rows per value of a code, to estimate its effect on columns of a table.
_N_ROWS = 200


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class TraversalDisplay(Display):
    """Rows in which one code varies at a time, and all else is kept.

    {parameters}
    values : ndarray of shape (n_values,)
        Values of the codes.
    labels : sequence of labels
        The classes.
    images : dict of str to ndarray of shape (n_labels, n_values, height, width) or (..., 3)
        Code -> images; empty for tables.
    effects : dict of (str, label) to dict of str to ndarray of shape (n_values,)
        Code, class -> column, or ``column = category`` -> mean at each value of the code, in
        standard deviations from the mean of all; largest effect first. Empty for images.
    {cmap}

    {attributes}
        One per code; for tables one per code and class.

    {bayesgan_example}
    >>> display = TraversalDisplay.from_estimator(sampler, values=[-1, 0, 1])
    >>> sorted(display.effects)
    [('c1', 1), ('c2', 1)]
    >>> plt.show()
    """

    values: Floats
    labels: Sequence[Any]
    images: Mapping[str, Floats]
    effects: Mapping[tuple[str, Any], Mapping[str, Floats]]
    cmap: str = "gray"

    @classmethod
    def from_estimator(
        cls,
        gan: Any,
        code: str | None = None,
        *,
        labels: Sequence[Any] | None = None,
        values: Any = _VALUES,
        max_columns: int = 5,
        cmap: str = "gray",
        ax: Any = None,
    ) -> Self:
        """Vary codes, and draw how the rows change.

        Images are those of ``gan.traverse``: one image in which a single code varies. For tables,
        means and frequencies of categories are over 200 rows at each value of the code.

        Parameters
        ----------
        gan : BayesGANOverSampler
            Fitted sampler.
        code : str, default=None
            Name of an observed code, such as "c1"; all of them if None.
        labels : sequence of labels, default=None
            The classes, all that were learned and over-sampled if None.
        values : array-like of shape (n_values,), default=(-2, -1.5, ..., 2)
            Values of the code; it is standard normal in training.
        max_columns : int, default=5
            Maximum number of columns of a table per panel: those with the largest effect.
        {cmap}
        {ax}

        {returns_and_errors}
            If it has no codes, there is no such code, or a class was not learned and
            over-sampled.
        """
        cls._check_sampler(gan, "structure_", "traverse", such_as="BayesGANOverSampler")
        if gan.structure_ is None:
            raise ValueError("There are no codes to move: structure=None has none.")
        codes = gan.structure_.observed if code is None else (code,)
        at = np.atleast_1d(np.asarray(values, dtype=np.float64))
        shown = gan.learned_classes_ if labels is None else labels
        shown = [check_label(gan, label) for label in shown]
        if not shown:
            raise ValueError("There is no class to move a code in: none was learned.")
        images, effects = {}, {}
        for name in codes:
            if gan.image_shape is not None:
                pixels = as_images(gan.traverse(name, shown, at), gan.image_shape)
                images[name] = pixels.reshape(len(shown), len(at), *pixels.shape[1:])
                continue
            for label in shown:
                # One seed: the same noise at every value of the code.
                tables = [gan.sample(_N_ROWS, label, {name: v}, random_state=0) for v in at]
                effects[name, label] = _effects(tables, max_columns)
        return cls(values=at, labels=shown, images=images, effects=effects, cmap=cmap).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw images, one block per code, or lines of columns, one panel per code and class."""
        n_labels = len(self.labels)
        if self.images:
            height, width = next(iter(self.images.values())).shape[2:4]
            size = (0.5 * len(self.values) + 0.6, 0.5 * n_labels * height / width + 0.6)
            self._make_panels(ax, len(self.images), size, most_columns=2)
            names, ticks = [str(k) for k in self.labels], [f"{v:g}" for v in self.values]
            for panel, (code, images) in zip(self.axes_, self.images.items(), strict=True):
                draw_images(panel, images, names, ticks, self.cmap)
                panel.set(title=code, ylabel="class")
            return self
        most_columns = 2 if n_labels == 1 else n_labels
        self._make_panels(ax, len(self.effects), (4.4, 2.7), most_columns=most_columns)
        for panel, ((code, k), effects) in zip(self.axes_, self.effects.items(), strict=True):
            for (name, means), colour in zip(effects.items(), cycle(COLOURS), strict=False):
                label = shorten(name, 24)
                panel.plot(self.values, means, color=colour, marker=".", label=label)
            panel.legend(fontsize="small", frameon=False, bbox_to_anchor=(1.0, 1.0))
            panel.set_title(f"class {k}", fontsize="medium")
            panel.set(xlabel=code, ylabel="mean (st. dev.)")
        return self


def _effects(tables: Sequence[Any], n_most: int) -> dict[str, Floats]:
    """Return the largest effects of a code on columns, given a table for each value."""
    ends = np.cumsum([len(Table.of(table)) for table in tables])[:-1]
    effects = {}
    for name, values in _indicators(read_columns(*tables)):
        parts, known = np.split(values, ends), values[~np.isnan(values)]
        # Columns that are constant, or have no values at some point, have no effect.
        if not any(np.isnan(part).all() for part in parts) and np.ptp(known) > 0:
            means = np.array([np.nanmean(part) for part in parts])
            effects[name] = (means - known.mean()) / known.std()
    return dict(sorted(effects.items(), key=lambda effect: -np.ptp(effect[1]))[:n_most])


def _indicators(columns: Sequence[Column]) -> Iterator[tuple[str, Floats]]:
    """Yield names and values of columns; for categories, an indicator of each."""
    for column in columns:
        if column.column_type != "category":
            yield column.name, column.values
            continue
        # With two categories, one indicator is enough.
        shown = column.categories[: 1 if len(column.categories) == 2 else None]
        for number, category in enumerate(shown):
            indicator = np.where(np.isnan(column.values), np.nan, column.values == number)
            yield f"{column.name} = {category}", indicator
