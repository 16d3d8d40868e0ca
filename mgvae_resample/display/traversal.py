"""TraversalDisplay: what each code of a BayesGAN changes in the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .canvas import check_sampler, grid_shape, panels, spare, unwrapped
from .columns import check_label, column_names, made, readable
from .effects import Effect, draw_effects, effects_of
from .images import Images, as_images, check_image_shape, draw_images

__all__ = ["TraversalDisplay"]

_VALUES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
# Rows whose mean says what a code does to a column of a table.
_N_ROWS = 200


@dataclass(eq=False, repr=False, kw_only=True)
class TraversalDisplay:
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
    axes_: npt.NDArray[np.object_] = field(init=False)
    figure_: Any = field(init=False)

    @classmethod
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
        image_shape : tuple of int, default=None
            ``(height, width)`` or ``(height, width, channels)``; the sampler's if None.
        max_columns : int, default=5
            Most columns drawn of a table in a panel: those that move most.
        cmap : str, default="gray"
            Colours of images of one channel.
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.

        Returns
        -------
        TraversalDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the sampler is not fitted.
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
                rows = readable(gan.traverse(name, shown, at))
                pixels = as_images(rows, check_image_shape(shape, rows.shape[1]))
                images[name] = pixels.reshape(len(shown), len(at), *pixels.shape[1:])
                continue
            for label in shown:
                tables = [readable(gan.sample(_N_ROWS, label, {name: float(v)})) for v in at]
                effects[name, label] = effects_of(column_names(gan, tables[0].shape[1]), tables)
        return cls(values=at, labels=shown, images=images, effects=effects).plot(
            ax, max_columns=max_columns, cmap=cmap
        )

    def plot(self, ax: Any = None, *, max_columns: int = 5, cmap: str = "gray") -> Self:
        """Draw strips of images, a block a code, or lines of columns, a panel a code and class.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.
        max_columns : int, default=5
            Most columns drawn of a table in a panel: those that move most.
        cmap : str, default="gray"
            Colours of images of one channel.

        Returns
        -------
        TraversalDisplay
            The display itself.
        """
        caller = f"{type(self).__name__}.plot"
        if self.images:
            height, width = next(iter(self.images.values())).shape[2:4]
            size = (
                0.5 * len(self.values) + 0.6,
                0.5 * len(self.labels) * height / width + 0.6,
            )
            axes, self.figure_ = panels(caller, ax, grid_shape(len(self.images), 2), size)
            self.axes_ = spare(axes, len(self.images))
            ticks = [f"{value:g}" for value in self.values]
            names = [str(label) for label in self.labels]
            for panel, (code, images) in zip(self.axes_, self.images.items(), strict=True):
                draw_images(panel, images, names, ticks, cmap)
                panel.set(title=code, ylabel="class")
            return self
        n_panels, n_labels = len(self.effects), len(self.labels)
        shape = grid_shape(n_panels, 2 if n_labels == 1 else n_labels)
        axes, self.figure_ = panels(caller, ax, shape, (4.4, 2.7))
        self.axes_ = spare(axes, n_panels)
        for panel, ((code, label), effects) in zip(self.axes_, self.effects.items(), strict=True):
            draw_effects(panel, self.values, effects[:max_columns])
            panel.set_title(f"class {label}", fontsize="medium")
            panel.set_xlabel(code)
        return self


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
