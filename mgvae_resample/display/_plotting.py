"""What displays share: panels, colours, images, checks of samplers, and parts of docstrings."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import NotFittedError
from sklearn.utils import column_or_1d

from .._docs import fill_in
from .._tables.labels import plain_label
from .._tables.schema import read_pixels
from .._tables.table import Table
from ..diagnostics.embedding import Floats, Mask

Documented = TypeVar("Documented")
Size = tuple[float, float]

# The colours of Okabe and Ito, safe for colour blindness; without yellow, too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
REAL, SYNTHETIC, OTHERS = "#0072B2", "#D55E00", "#B8B8B8"

_EXAMPLE = """Examples
--------
>>> import matplotlib.pyplot as plt
>>> from sklearn.datasets import make_classification
>>> from mgvae_resample import {sampler}
>>> from mgvae_resample.display import {display}
>>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
>>> sampler = {sampler}({parameters}, random_state=0)
>>> X_res, y_res = sampler.fit_resample(X, y)"""

# Shared parts of docstrings.
_PARTS = {
    "parameters": """It is recommended to use `from_estimator`. All parameters are stored as
attributes.

Parameters
----------""",
    "attributes": """Attributes
----------
figure_ : matplotlib Figure
    The figure with the panels.
axes_ : ndarray of matplotlib Axes""",
    "mgvae_example": _EXAMPLE.replace("{sampler}", "MGVAEOverSampler").replace(
        "{parameters}", "max_pretrain_steps=100, max_finetune_steps=50"
    ),
    "bayesgan_example": _EXAMPLE.replace("{sampler}", "BayesGANOverSampler").replace(
        "{parameters}", "n_codes=2, max_steps=100"
    ),
    "resampled": """sampler : over-sampler
    Fitted sampler that appends its rows class by class: ours, or another one such as SMOTE.
X_res, y_res : {array-like, dataframe, sparse matrix} and array-like
    What ``fit_resample`` returned.""",
    "cmap": """cmap : str, default="gray"
    Colours of images of one channel.""",
    "ax": """ax : matplotlib Axes or array-like of Axes, default=None
    One for each panel; a new figure if None.""",
    "returns_and_errors": """Returns
-------
{display}
    The display, drawn.

Raises
------
NotFittedError
    If the sampler is not fitted.
TypeError
    If the sampler has no data for this display.
ValueError""",
    "plot": """Parameters
----------
{ax}

Returns
-------
{display}
    The display itself.""",
}


def documented(display: type[Documented]) -> type[Documented]:
    """Fill in the docstrings of a display, and describe the parameters of ``plot``."""
    plot = vars(display)["plot"]
    plot.__doc__ = inspect.cleandoc(plot.__doc__ or "") + "\n\n{plot}"
    for thing in (display, vars(display)["from_estimator"].__func__, plot):
        fill_in(thing, _PARTS | {"display": display.__name__})
    return display


class Display:
    """Base of the displays: checks of what they show, and a figure of panels."""

    axes_: npt.NDArray[np.object_]
    figure_: Any

    @classmethod
    def _check_sampler(cls, sampler: Any, *needed: str, such_as: str) -> None:
        """Refuse a sampler that is not fitted or lacks one of the needed names.

        Names that end in an underscore are fitted attributes, others are methods.
        """
        actual = type(sampler).__name__
        # For ours, `fit` is not enough; for others, `fit` and `fit_resample` set the same.
        mark = "sample_kinds_" if hasattr(type(sampler), "registry") else "sampling_strategy_"
        is_fitted = hasattr(sampler, mark) or not hasattr(sampler, "fit_resample")
        for name in needed:
            if name.endswith("_") and not is_fitted:
                raise NotFittedError(
                    f"This {actual} is not fitted yet. Call fit_resample before {cls.__name__}."
                )
            if hasattr(sampler, name):
                continue
            raise TypeError(
                f"{cls.__name__} needs a fitted sampler with {name!r}, such as {such_as}; "
                f"got {actual}, which has none."
            )

    @classmethod
    def _read_resampled(
        cls, sampler: Any, X_res: Any, y_res: Any
    ) -> tuple[Table, npt.NDArray[Any], Mask]:
        """Return what ``fit_resample`` returned, and which rows of it are new."""
        cls._check_sampler(sampler, "sampling_strategy_", such_as="MGVAEOverSampler or SMOTE")
        table, y, counts = Table.of(X_res), column_or_1d(y_res), n_synthetic(sampler)
        n_new = sum(counts.values())
        if not n_new:
            raise ValueError("No rows were added by this sampler: there is nothing to show.")
        expected = np.repeat(np.array(list(counts), dtype=y.dtype), list(counts.values()))
        if not (len(table) == len(y) > n_new and np.array_equal(y[-n_new:], expected)):
            raise ValueError(
                "Expected X_res and y_res as fit_resample returned them: the given rows first, "
                f"then the new ones class by class ({counts}). The last {n_new} labels differ "
                "from these, or the lengths differ."
            )
        return table, y, np.arange(len(y)) >= len(y) - n_new

    @classmethod
    def _pyplot(cls) -> Any:
        """Import matplotlib's pyplot, or say how to install it."""
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise ImportError(
                f"{cls.__name__}.plot requires matplotlib: pip install 'mgvae-resample[plot]'"
            ) from error
        return plt

    def _make_panels(
        self, ax: Any, n_panels: int, size: Size, margin: Size = (0.3, 0.3), most_columns: int = 4
    ) -> int:
        """Make a nearly even grid of panels, and return the number of its columns.

        A new figure has panels of the given size, in inches, and a margin, such as for a legend.
        """
        plt = self._pyplot()
        n_rows = math.ceil(n_panels / most_columns)
        n_columns = math.ceil(n_panels / n_rows)
        if ax is None:
            figsize = (n_columns * size[0] + margin[0], n_rows * size[1] + margin[1])
            _, ax = plt.subplots(n_rows, n_columns, figsize=figsize, layout="constrained")
        axes = np.atleast_1d(np.array(ax, dtype=object)).ravel()
        if len(axes) < n_panels:
            raise ValueError(f"'ax' must be None or at least {n_panels} Axes, got {len(axes)}.")
        for unused in axes[n_panels : n_rows * n_columns]:
            unused.set_axis_off()
        self.axes_, self.figure_ = axes[:n_panels], axes[0].figure
        for panel in self.axes_:
            panel.spines[["top", "right"]].set_visible(False)
        return n_columns

    def _legend(self, n_columns: int, handles: Mapping[str, Any], title: Any = None) -> Any:
        """Put one legend for all panels beside the last one of the first row."""
        style = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "frameon": False}
        return self.axes_[n_columns - 1].legend(handles.values(), handles, title=title, **style)


def n_synthetic(sampler: Any) -> dict[Any, int]:
    """Return how many rows a fitted over-sampler made for each class, without zeros."""
    counts = sampler.sampling_strategy_
    return {plain_label(label): int(n) for label, n in counts.items() if n > 0}


def check_label(sampler: Any, label: Any) -> Any:
    """Return a class that was over-sampled; the one with the most new rows if None."""
    counts = n_synthetic(sampler)
    if label is None:
        return max(counts, key=counts.__getitem__)
    if label not in counts:
        raise ValueError(f"'label' is {label!r}, but rows were added only to {list(counts)}.")
    return plain_label(label)


def shorten(text: str, longest: int) -> str:
    """Truncate a long name."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def as_images(X: Any, image_shape: tuple[int, ...]) -> Floats:
    """Return rows as images with one channel or three. Shape: (n, d) -> (n, h, w[, 3])."""
    images: Floats = read_pixels(Table.of(X)).astype(np.float64).reshape(-1, *image_shape)
    if images.ndim == 4 and images.shape[-1] != 3:
        # Four channels are RGBA, of which RGB is shown; otherwise the mean of the channels is.
        images = images[..., :3] if images.shape[-1] == 4 else images.mean(axis=-1)
    return images


def draw_images(
    ax: Any, images: Floats, row_names: Sequence[str], column_names: Sequence[str], cmap: str
) -> None:
    """Draw images as a grid with thin gaps. Shape of images: (rows, columns, h, w[, 3])."""
    n_rows, n_columns, height, width = images.shape[:4]
    low, high = images.min(), images.max()
    shades = (images - low) / (high - low if high > low else 1.0)
    gap = max(1, round(min(height, width) / 14))
    padding, empty = [(0, 0), (0, 0), (0, gap), (0, gap)], np.nan
    if shades.ndim == 5:
        # Gaps are transparent: colours get a fourth channel, their opacity.
        shades = np.pad(shades, [(0, 0)] * 4 + [(0, 1)], constant_values=1.0)
        padding, empty = [*padding, (0, 0)], 0.0
    tiles = np.pad(shades, padding, constant_values=empty).swapaxes(1, 2)
    sides = n_rows * (height + gap), n_columns * (width + gap)
    canvas = tiles.reshape(*sides, *tiles.shape[4:])[:-gap, :-gap]
    ax.imshow(canvas, cmap=cmap, vmin=0.0, vmax=1.0, interpolation="nearest")
    at_rows = np.arange(n_rows) * (height + gap) + (height - 1) / 2
    at_columns = np.arange(n_columns) * (width + gap) + (width - 1) / 2
    ax.set_yticks(at_rows if row_names else [], row_names)
    ax.set_xticks(at_columns if column_names else [], column_names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
