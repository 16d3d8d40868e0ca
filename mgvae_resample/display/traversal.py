"""TraversalDisplay: what each code of a BayesGAN changes in the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .._tables.table import Table
from ..diagnostics.embedding import Column, read_columns
from ._columns import category_names, check_label, made
from ._plotting import (
    COLOURS,
    Images,
    PanelsDisplay,
    Values,
    as_images,
    check_sampler,
    documented,
    draw_images,
    shorten,
    unwrapped,
)

__all__ = ["Effect", "TraversalDisplay"]

_VALUES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
# Rows whose mean says what a code does to a column of a table.
_N_ROWS = 200
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


@dataclass(eq=False, repr=False, kw_only=True)
class TraversalDisplay(PanelsDisplay):
    """One code moved at a time, all else kept.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Values the codes are moved to.
    labels : sequence of labels
        The classes.
    images : dict of str to ndarray of shape (n_labels, n_values, height, width) or (..., 3)
        Code -> images; empty for tables.
    effects : dict of (str, label) to sequence of Effect
        Code, class -> the columns of a table and how they move, most first; empty for images.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One a code; for tables one for each code and class.
    figure_ : matplotlib Figure
        The figure with the panels.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import BayesGANOverSampler
    >>> from mgvae_resample.display import TraversalDisplay
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> gan = BayesGANOverSampler(n_codes=2, max_steps=100, random_state=0)
    >>> X_res, y_res = gan.fit_resample(X, y)
    >>> display = TraversalDisplay.from_estimator(gan, values=[-1, 0, 1])
    >>> sorted(display.effects)
    [('c1', 1), ('c2', 1)]
    >>> plt.show()
    """

    values: npt.NDArray[np.float64]
    labels: Sequence[Any]
    images: Mapping[str, Images]
    effects: Mapping[tuple[str, Any], Sequence[Effect]]

    @classmethod
    @documented
    def from_estimator(
        cls,
        gan: Any,
        code: str | None = None,
        *,
        labels: Sequence[Any] | None = None,
        values: Any = _VALUES,
        image_shape: tuple[int, ...] | None = None,
        max_columns: int = 5,
        cmap: str = "gray",
        ax: Any = None,
    ) -> Self:
        """Move codes, and draw what becomes of the rows.

        Images are ``gan.traverse``: one image in which a single code moves. Columns of tables are
        means, and shares of categories, over 200 rows at each value of the code.

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
        %(image_shape)s
        max_columns : int, default=5
            Most columns drawn of a table in a panel: those that move most.
        %(cmap)s
        %(ax)s

        Returns
        -------
        TraversalDisplay
            The display, drawn.

        Raises
        ------
        %(not_fitted)s
        TypeError
            If it has no codes to move.
        ValueError
            If it was told to have no codes, there is no such code, or a class was not learned
            and over-sampled.
        """
        check_sampler(cls, gan, "structure_", "traverse", such_as="BayesGANOverSampler")
        if gan.structure_ is None:
            raise ValueError("There are no codes to move: structure=None has none.")
        codes = gan.structure_.observed if code is None else (code,)
        at = np.atleast_1d(np.asarray(values, dtype=np.float64))
        shown = _learned(gan, codes[0]) if labels is None else list(labels)
        shown = [unwrapped(check_label(gan, label)) for label in shown]
        shape = gan.image_shape if image_shape is None else image_shape
        images, effects = {}, {}
        for name in codes:
            if shape is not None:
                pixels = as_images(gan.traverse(name, shown, at), shape)
                images[name] = pixels.reshape(len(shown), len(at), *pixels.shape[1:])
                continue
            for label in shown:
                tables = [gan.sample(_N_ROWS, label, {name: float(v)}) for v in at]
                effects[name, label] = _effects_of(tables)
        return cls(values=at, labels=shown, images=images, effects=effects).plot(
            ax, max_columns=max_columns, cmap=cmap
        )

    @documented
    def plot(self, ax: Any = None, *, max_columns: int = 5, cmap: str = "gray") -> Self:
        """Draw strips of images, a block a code, or lines of columns, a panel a code and class.

        Parameters
        ----------
        %(ax)s
        max_columns : int, default=5
            Most columns drawn of a table in a panel: those that move most.
        %(cmap)s

        Returns
        -------
        TraversalDisplay
            The display itself.
        """
        if self.images:
            self._plot_images(ax, cmap)
            return self
        n_panels, n_labels = len(self.effects), len(self.labels)
        self._make_panels(ax, n_panels, (4.4, 2.7), most_columns=2 if n_labels == 1 else n_labels)
        for panel, ((code, label), effects) in zip(self.axes_, self.effects.items(), strict=True):
            _draw_effects(panel, self.values, effects[:max_columns])
            panel.set_title(f"class {label}", fontsize="medium")
            panel.set_xlabel(code)
        return self

    def _plot_images(self, ax: Any, cmap: str) -> None:
        height, width = next(iter(self.images.values())).shape[2:4]
        size = (0.5 * len(self.values) + 0.6, 0.5 * len(self.labels) * height / width + 0.6)
        self._make_panels(ax, len(self.images), size, most_columns=2)
        ticks = [f"{value:g}" for value in self.values]
        names = [str(label) for label in self.labels]
        for panel, (code, images) in zip(self.axes_, self.images.items(), strict=True):
            draw_images(panel, images, names, ticks, cmap)
            panel.set(title=code, ylabel="class")


def _learned(gan: Any, code: str) -> list[Any]:
    """Return the over-sampled classes that had enough rows to be learned."""
    found = []
    for label in made(gan):
        try:
            gan.traverse(code, [label], [0.0])
        except ValueError:
            continue
        found.append(label)
    if not found:
        raise ValueError(f"None of the classes {list(made(gan))} can be steered by code {code!r}.")
    return found


def _effects_of(tables: Sequence[Any]) -> list[Effect]:
    """Return how the columns of tables, one for each value of a code, move; most first."""
    sizes = [len(Table.of(table)) for table in tables]
    found = [effect for column in read_columns(*tables) for effect in _effects(column, sizes)]
    return sorted(found, key=lambda effect: -effect.range)


def _draw_effects(ax: Any, values: Values, effects: Sequence[Effect]) -> None:
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
    names = category_names(column)
    for number, category in enumerate(names[: 1 if len(names) == 2 else None]):
        share = np.where(missing, np.nan, column.values == number)
        yield from _moved(f"{column.name} = {category}", share, sizes)


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
