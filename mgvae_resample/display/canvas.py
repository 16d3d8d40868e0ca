"""What all displays share: colours, a grid of panels, and what is asked of a sampler."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import NotFittedError

__all__ = [
    "COLOURS",
    "OTHERS",
    "REAL",
    "SYNTHETIC",
    "check_sampler",
    "grid_shape",
    "panels",
    "pyplot",
    "shorten",
    "spare",
    "unwrapped",
]

AxesArray = npt.NDArray[np.object_]

# Okabe and Ito's colours, told apart with any colour vision; without yellow, which white hides.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
REAL, SYNTHETIC, OTHERS = "#0072B2", "#D55E00", "#B8B8B8"


def pyplot(caller: str) -> Any:
    """Import matplotlib's pyplot, or say what must be installed."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller} requires matplotlib: pip install 'mgvae-resample[plot]'"
        ) from error
    return plt


def check_sampler(display: type, sampler: Any, *needed: str, such_as: str) -> None:
    """Refuse a sampler that is not fitted, or is not of the kind that a display is for.

    Names that end in an underscore are there once a sampler is fitted, others are methods.
    """
    for name in needed:
        if hasattr(sampler, name):
            continue
        kind, fitted = type(sampler).__name__, hasattr(sampler, "sampling_strategy_")
        if name.endswith("_") and not fitted and hasattr(sampler, "fit_resample"):
            raise NotFittedError(
                f"This {kind} is not fitted yet. Call fit_resample before {display.__name__}."
            )
        raise TypeError(
            f"{display.__name__} needs a fitted sampler with {name!r}, such as {such_as}; "
            f"got {kind}, which has none."
        )


def grid_shape(n_panels: int, most_columns: int = 4) -> tuple[int, int]:
    """Return rows and columns of a nearly even grid, at most so many columns wide."""
    n_rows = math.ceil(n_panels / most_columns)
    return n_rows, math.ceil(n_panels / n_rows)


def panels(
    caller: str,
    ax: Any,
    shape: tuple[int, int],
    size: tuple[float, float],
    margin: tuple[float, float] = (0.3, 0.3),
) -> tuple[AxesArray, Any]:
    """Return a flat array of axes, row by row, and their figure.

    Parameters
    ----------
    caller : str
        Who asks, for messages.
    ax : matplotlib Axes, array-like of Axes, or None
        One Axes lends its place to the grid, several are used as they are, None makes a figure.
    shape : tuple of two int
        Rows and columns of the grid.
    size : tuple of two floats
        Width and height of a panel in a new figure, in inches.
    margin : tuple of two floats
        What a new figure has beside the panels, such as the place of a legend.
    """
    plt = pyplot(caller)
    n_rows, n_columns = shape
    n_panels = n_rows * n_columns
    if ax is None:
        figsize = (n_columns * size[0] + margin[0], n_rows * size[1] + margin[1])
        figure, axes = plt.subplots(
            n_rows, n_columns, figsize=figsize, layout="constrained", squeeze=False
        )
        return axes.ravel(), figure
    given = np.atleast_1d(np.array(ax, dtype=object)).ravel()
    if len(given) == 1 and n_panels == 1:
        return given, given[0].figure
    if len(given) == 1:
        return _inside(given[0], n_rows, n_columns), given[0].figure
    if len(given) < n_panels:
        raise ValueError(
            f"'ax' must be None, one Axes, or at least {n_panels} of them, got {len(given)}."
        )
    return given[:n_panels], given[0].figure


def spare(axes: Sequence[Any] | AxesArray, n_panels: int) -> AxesArray:
    """Hide what a grid has beyond its panels, and return the panels."""
    for ax in axes[n_panels:]:
        ax.set_axis_off()
    return np.asarray(axes[:n_panels], dtype=object)


def shorten(text: str, longest: int) -> str:
    """Cut a name that is too long for its place."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def unwrapped(label: Any) -> Any:
    """Return a class label as the plain number or string it is."""
    return label.item() if isinstance(label, np.generic) else label


def _inside(ax: Any, n_rows: int, n_columns: int) -> AxesArray:
    """Divide the place of one Axes among many."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("'ax' must be an Axes of a grid, as plt.subplots makes it.")
    ax.set_axis_off()
    grid = place.subgridspec(n_rows, n_columns)
    return np.asarray(grid.subplots(squeeze=False), dtype=object).ravel()
