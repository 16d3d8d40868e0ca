"""What displays share: panels, colours, pictures of images, and parts of their docstrings."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import NotFittedError

from .._tables.schema import read_pixels
from .._tables.table import Table

__all__ = [
    "COLOURS",
    "OTHERS",
    "REAL",
    "SYNTHETIC",
    "Images",
    "PanelsDisplay",
    "Values",
    "as_images",
    "check_sampler",
    "documented",
    "draw_images",
    "marker_handles",
    "pyplot",
    "shorten",
    "unwrapped",
]

AxesArray = npt.NDArray[np.object_]
Images = npt.NDArray[np.float64]
Values = npt.NDArray[np.float64]
Documented = TypeVar("Documented", bound=Callable[..., Any])

# Okabe and Ito's colours, told apart with any colour vision; without yellow, which white hides.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
REAL, SYNTHETIC, OTHERS = "#0072B2", "#D55E00", "#B8B8B8"

# Descriptions that several methods have in common, by what stands for them in the docstrings.
_PARTS = {
    "ax": """ax : matplotlib Axes or array-like of Axes, default=None
    One Axes lends its place to the panels, several become the panels; a new figure if None.""",
    "resampled": """sampler : over-sampler
    Fitted sampler that appends its rows class by class: ours, or one such as SMOTE to compare
    with.
X_res, y_res : {array-like, dataframe, sparse matrix} and array-like
    What ``fit_resample`` returned.""",
    "image_shape": """image_shape : tuple of int, default=None
    ``(height, width)`` or ``(height, width, channels)``; the sampler's if None.""",
    "cmap": """cmap : str, default="gray"
    Colours of images of one channel.""",
    "kind": """kind : {"ecdf", "histogram"}, default="ecdf"
    How numbers are drawn: empirical distribution functions, or shares of 20 bins.""",
    "max_rows": """max_rows : int, default=2000
    Most rows drawn of each kind, evenly spaced.""",
    "not_fitted": """NotFittedError
    If the sampler is not fitted.""",
}


def documented(function: Documented) -> Documented:
    """Put the parts that methods have in common into a docstring, at lines such as ``%(ax)s``."""
    if function.__doc__:
        function.__doc__ = inspect.cleandoc(function.__doc__) % _PARTS
    return function


@dataclass(eq=False, repr=False, kw_only=True)
class PanelsDisplay:
    """Base of the displays that draw several panels.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        The panels.
    figure_ : matplotlib Figure
        The figure with the panels.
    """

    axes_: npt.NDArray[np.object_] = field(init=False)
    figure_: Any = field(init=False)

    def _make_panels(
        self,
        ax: Any,
        n_panels: int,
        size: tuple[float, float],
        margin: tuple[float, float] = (0.3, 0.3),
        most_columns: int = 4,
    ) -> int:
        """Make a nearly even grid of panels, and return the number of its columns.

        Parameters
        ----------
        ax : matplotlib Axes, array-like of Axes, or None
            One Axes lends its place to the grid, several are used as they are, None makes a
            figure.
        n_panels : int
            Number of panels.
        size : tuple of two floats
            Width and height of a panel in a new figure, in inches.
        margin : tuple of two floats
            What a new figure has beside the panels, such as the place of a legend.
        most_columns : int
            How wide the grid may be.
        """
        plt = pyplot(f"{type(self).__name__}.plot")
        n_rows = math.ceil(n_panels / most_columns)
        n_columns = math.ceil(n_panels / n_rows)
        if ax is None:
            figsize = (n_columns * size[0] + margin[0], n_rows * size[1] + margin[1])
            self.figure_, grid = plt.subplots(
                n_rows, n_columns, figsize=figsize, layout="constrained", squeeze=False
            )
            axes = grid.ravel()
        else:
            axes = _given_axes(ax, n_rows, n_columns)
            self.figure_ = axes[0].figure
        for unused in axes[n_panels:]:
            unused.set_axis_off()
        self.axes_ = np.asarray(axes[:n_panels], dtype=object)
        return n_columns

    def _legend(
        self, n_columns: int, handles: Sequence[Any], names: Sequence[str], title: Any = None
    ) -> Any:
        """Put one legend for all panels beside the last one of the first row."""
        return self.axes_[n_columns - 1].legend(
            handles,
            names,
            title=title,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
        )


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


def shorten(text: str, longest: int) -> str:
    """Cut a name that is too long for its place."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def unwrapped(label: Any) -> Any:
    """Return a class label as the plain number or string it is."""
    return label.item() if isinstance(label, np.generic) else label


def marker_handles(*colours: str) -> list[Any]:
    """Return marks for a legend."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=colour, marker="o", linestyle="none") for colour in colours]


def as_images(X: Any, image_shape: Any) -> Images:
    """Return rows as images with one channel or three. Shape: (n, d) -> (n, h, w[, 3]).

    Raises
    ------
    ValueError
        If the columns do not fill an image of this shape.
    """
    pixels = read_pixels(Table.of(X)).astype(np.float64)
    shape = tuple(int(side) for side in image_shape)
    if len(shape) not in (2, 3) or math.prod(shape) != pixels.shape[1]:
        raise ValueError(
            f"'image_shape' must be (height, width) or (height, width, channels) of "
            f"{pixels.shape[1]} values in all, got {shape}."
        )
    images: Images = pixels.reshape(-1, *shape)
    if images.ndim == 4 and shape[-1] != 3:
        # What is no colour is shown by its brightness; of four channels the last is opacity.
        images = images[..., :3] if shape[-1] == 4 else images.mean(axis=-1)
    return images


def draw_images(
    ax: Any, images: Images, row_names: Sequence[str], column_names: Sequence[str], cmap: str
) -> None:
    """Draw images as a grid with thin gaps. Shape of images: (rows, columns, h, w[, 3])."""
    n_rows, n_columns, height, width = images.shape[:4]
    low, high = images.min(), images.max()
    shades = (images - low) / (high - low if high > low else 1.0)
    gap = max(1, round(min(height, width) / 14))
    is_grey = shades.ndim == 4
    # Gaps stay empty: masked in grey, transparent in colour.
    inner = (
        shades[..., None]
        if is_grey
        else np.pad(shades, [*[(0, 0)] * 4, (0, 1)], constant_values=1.0)
    )
    canvas = np.full((n_rows, height + gap, n_columns, width + gap, inner.shape[-1]), np.nan)
    canvas[:, :height, :, :width] = inner.transpose(0, 2, 1, 3, 4)
    if not is_grey:
        canvas = np.nan_to_num(canvas, nan=0.0)
    flat = canvas.reshape(n_rows * (height + gap), n_columns * (width + gap), -1)[:-gap, :-gap]
    ax.imshow(
        np.ma.masked_invalid(flat[..., 0]) if is_grey else flat,
        cmap=cmap,
        vmin=0.0,
        vmax=1.0,
        interpolation="nearest",
    )
    at_rows = np.arange(n_rows) * (height + gap) + (height - 1) / 2
    at_columns = np.arange(n_columns) * (width + gap) + (width - 1) / 2
    ax.set_yticks(at_rows if row_names else [], row_names)
    ax.set_xticks(at_columns if column_names else [], column_names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _given_axes(ax: Any, n_rows: int, n_columns: int) -> AxesArray:
    """Return the Axes that a caller gave, or divide the place of a single one."""
    given: AxesArray = np.atleast_1d(np.array(ax, dtype=object)).ravel()
    n_panels = n_rows * n_columns
    if len(given) == 1 and n_panels > 1:
        return _inside(given[0], n_rows, n_columns)
    if len(given) < n_panels:
        raise ValueError(
            f"'ax' must be None, one Axes, or at least {n_panels} of them, got {len(given)}."
        )
    return given[:n_panels]


def _inside(ax: Any, n_rows: int, n_columns: int) -> AxesArray:
    """Divide the place of one Axes among many."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("'ax' must be an Axes of a grid, as plt.subplots makes it.")
    ax.set_axis_off()
    grid = place.subgridspec(n_rows, n_columns)
    return np.asarray(grid.subplots(squeeze=False), dtype=object).ravel()
