"""TranslationDisplay: majority rows, and what MGVAE turns them into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .canvas import check_sampler, grid_shape, panels, spare, unwrapped
from .columns import column_names, first_rows, read_columns, readable
from .images import Images, as_images, check_image_shape, draw_images
from .pairs import Pairs, legend_handles

__all__ = ["TranslationDisplay"]


@dataclass(eq=False, repr=False, kw_only=True)
class TranslationDisplay:
    """Rows before and after their translation into another class.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    label : label
        The class the rows were translated into.
    n_rows : int
        Number of rows.
    pairs : Pairs or None
        The columns of the given rows and of their translations; None for images.
    images : ndarray of shape (2, n_rows, height, width) or (..., 3), or None
        The given images, and their translations; None for tables.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One for all images; for tables one a row.
    figure_ : matplotlib Figure
        The figure with the panels.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import MGVAEOverSampler
    >>> from mgvae_resample.display import TranslationDisplay
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = MGVAEOverSampler(
    ...     max_pretrain_steps=100, max_finetune_steps=50, random_state=0
    ... )
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> display = TranslationDisplay.from_estimator(sampler, X[y == 0], label=1, n_rows=4)
    >>> len(display.axes_)
    4
    >>> plt.show()
    """

    label: Any
    n_rows: int
    pairs: Pairs | None
    images: Images | None
    axes_: npt.NDArray[np.object_] = field(init=False)
    figure_: Any = field(init=False)

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
        image_shape : tuple of int, default=None
            ``(height, width)`` or ``(height, width, channels)``; the sampler's if None.
        max_columns : int, default=12
            Most columns drawn of a table: those that change most.
        cmap : str, default="gray"
            Colours of images of one channel.
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.

        Returns
        -------
        TranslationDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the sampler is not fitted.
        TypeError
            If it translates no rows.
        ValueError
            If `label` was not over-sampled, `n_rows` is below 1, or the image shape
            does not fit the columns.
        """
        needed = ("sampling_strategy_", "translate")
        check_sampler(cls, sampler, *needed, such_as="MGVAEOverSampler")
        if n_rows < 1:
            raise ValueError(f"'n_rows' must be at least 1, got {n_rows!r}.")
        given = first_rows(X, n_rows)
        new = readable(sampler.translate(given, label))
        given, table = readable(given), readable(X)
        n_rows = given.shape[0]
        shape = sampler.image_shape if image_shape is None else image_shape
        pairs, images = None, None
        if shape is not None:
            shape = check_image_shape(shape, table.shape[1])
            images = np.stack([as_images(rows, shape) for rows in (given, new)])
        else:
            names = column_names(sampler, table.shape[1])
            pairs = Pairs.of(read_columns(names, given, new, table), n_rows)
        return cls(label=unwrapped(label), n_rows=n_rows, pairs=pairs, images=images).plot(
            ax, max_columns=max_columns, cmap=cmap
        )

    def plot(self, ax: Any = None, *, max_columns: int = 12, cmap: str = "gray") -> Self:
        """Draw images above their translations, or a panel for each row of a table.

        In a panel each column is a line: the given value in grey, and in colour where it goes, in
        standard deviations of the column. Categories, and values that are missing before or
        after, are written.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.
        max_columns : int, default=12
            Most columns drawn of a table: those that change most.
        cmap : str, default="gray"
            Colours of images of one channel.

        Returns
        -------
        TranslationDisplay
            The display itself.
        """
        caller = f"{type(self).__name__}.plot"
        if self.images is not None:
            height, width = self.images.shape[2:4]
            size = (0.8 * self.n_rows, 1.6 * height / width)
            self.axes_, self.figure_ = panels(caller, ax, (1, 1), size, margin=(1.2, 0.3))
            names = ["given", f"as class {self.label}"]
            draw_images(self.axes_[0], self.images, names, [], cmap)
            return self
        assert self.pairs is not None
        shown = self.pairs.most_changed(max_columns)
        shape = grid_shape(self.n_rows)
        size = (2.2, 0.24 * len(shown) + 0.7)
        axes, self.figure_ = panels(caller, ax, shape, size, margin=(2.8, 0.2))
        self.axes_ = spare(axes, self.n_rows)
        for row, panel in enumerate(self.axes_):
            self.pairs.draw(panel, row, shown, named=row % shape[1] == 0)
        self.axes_[shape[1] - 1].legend(
            legend_handles(),
            ["given", f"as class {self.label}"],
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
        )
        return self
