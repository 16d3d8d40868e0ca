"""RowsDisplay: real and synthetic rows in two dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .canvas import OTHERS, REAL, SYNTHETIC, check_sampler, grid_shape, panels, spare, unwrapped
from .columns import check_label, is_synthetic, made, readable
from .planes import Plane, data_planes, latent_planes

__all__ = ["RowsDisplay"]

# Exemplars are real rows of another class, and centres of the prior: rings.
MARKS = {
    "exemplars": {"facecolor": "none", "edgecolors": "#8C8C8C", "linewidths": 0.8},
    "real": {"edgecolors": "white", "linewidths": 0.5},
}


@dataclass(eq=False, repr=False, kw_only=True)
class RowsDisplay:
    """Real and synthetic rows in the plane of the real rows' principal components.

    Their values, and their latent codes if wanted: those of `MGVAEOverSampler` with the exemplars
    that span its prior.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    planes : dict of (str, label) to Plane
        What is shown, "data" or "latent codes", and of which class: a panel each.
    y : ndarray of shape (n_rows,)
        Label of each row.
    is_synthetic : ndarray of bool of shape (n_rows,)
        Which rows are synthetic.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One for each plane and class.
    figure_ : matplotlib Figure
        The figure with the panels.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import MGVAEOverSampler
    >>> from mgvae_resample.display import RowsDisplay
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = MGVAEOverSampler(
    ...     max_pretrain_steps=100, max_finetune_steps=50, random_state=0
    ... )
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> display = RowsDisplay.from_estimator(sampler, X_res, y_res)
    >>> display.planes["data", 1].points.shape
    (718, 2)
    >>> plt.show()
    """

    planes: Mapping[tuple[str, Any], Plane]
    y: npt.NDArray[Any]
    is_synthetic: npt.NDArray[np.bool_]
    axes_: npt.NDArray[np.object_] = field(init=False)
    figure_: Any = field(init=False)

    @classmethod
    def from_estimator(
        cls,
        sampler: Any,
        X_res: Any,
        y_res: Any,
        *,
        labels: Sequence[Any] | None = None,
        latent: bool = False,
        ax: Any = None,
        max_rows: int = 2000,
    ) -> Self:
        """Project what ``fit_resample`` returned, and draw it.

        Columns of tables are standardised, categories take part as indicators and missing values
        at the mean; pixels of images are taken as they are.

        Parameters
        ----------
        sampler : over-sampler
            Fitted sampler that appends its rows class by class: ours, or one such as SMOTE to
            compare with.
        X_res, y_res : {array-like, dataframe, sparse matrix} and array-like
            What ``fit_resample`` returned.
        labels : sequence of labels, default=None
            The classes to show, a panel each; all that were over-sampled if None.
        latent : bool, default=False
            Whether to show the rows' latent codes as well, for a sampler with ``latent_codes``.
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.
        max_rows : int, default=2000
            Most rows drawn of each kind, evenly spaced.

        Returns
        -------
        RowsDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the sampler is not fitted.
        TypeError
            If it is no over-sampler, or reads no latent codes and `latent` asks for them.
        ValueError
            If the rows are not what it returned, or a class was not over-sampled.
        """
        check_sampler(cls, sampler, "sampling_strategy_", such_as="MGVAEOverSampler or SMOTE")
        if latent:
            check_sampler(cls, sampler, "latent_codes", such_as="MGVAEOverSampler")
        X = readable(X_res)
        y, new = is_synthetic(sampler, X, y_res)
        labels = list(made(sampler)) if labels is None else labels
        shown = [check_label(sampler, label) for label in labels]
        is_image = getattr(sampler, "image_shape", None) is not None
        kinds = {"data": data_planes(X, y, ~new, shown, is_image=is_image)}
        if latent:
            kinds["latent codes"] = latent_planes(sampler, X_res, y, ~new, shown)
        planes = {(kind, k): plane for kind, each in kinds.items() for k, plane in each.items()}
        return cls(planes=planes, y=y, is_synthetic=new).plot(ax, max_rows=max_rows)

    def plot(self, ax: Any = None, *, max_rows: int = 2000) -> Self:
        """Draw a panel for each plane and class.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.
        max_rows : int, default=2000
            Most rows drawn of each kind, evenly spaced.

        Returns
        -------
        RowsDisplay
            The display itself.
        """
        n_classes = len({label for _, label in self.planes})
        shape = grid_shape(len(self.planes), max(2, min(4, n_classes)))
        axes, self.figure_ = panels(
            f"{type(self).__name__}.plot", ax, shape, (3.6, 3.5), margin=(1.5, 0.1)
        )
        self.axes_ = spare(axes, len(self.planes))
        for panel, (name, label) in zip(self.axes_, self.planes, strict=True):
            self._draw(panel, name, label, max_rows)
        last = self.axes_[shape[1] - 1]
        legend = last.legend(
            *self._legend(), loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False
        )
        for handle in legend.legend_handles:
            handle.set(alpha=1.0)
        return self

    def _legend(self) -> tuple[list[Any], list[str]]:
        """Return each group's marks once, whichever panel they are in."""
        groups: dict[str, Any] = {}
        for ax in self.axes_:
            for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
                groups.setdefault(name, handle)
        return list(groups.values()), list(groups)

    def _draw(self, ax: Any, name: str, label: Any, max_rows: int) -> None:
        plane, of_class = self.planes[name, label], self.y == label
        groups = {
            plane.background: (plane.in_background, OTHERS, 12, 0.6),
            "synthetic": (of_class & self.is_synthetic, SYNTHETIC, 9, 0.7),
            "real": (of_class & ~self.is_synthetic, REAL, 18, 0.9),
        }
        for group, (members, colour, size, alpha) in groups.items():
            rows = np.flatnonzero(members)
            if len(rows) > max_rows:
                rows = rows[np.linspace(0, len(rows) - 1, max_rows).astype(int)]
            ax.scatter(
                *plane.points[rows].T,
                s=size,
                alpha=alpha,
                **({"facecolor": colour, "linewidths": 0} | MARKS.get(group, {})),
                label=group,
            )
        # The same place for all classes.
        drawn = plane.points[plane.in_background | of_class | (name == "data")]
        low, high = drawn.min(axis=0), drawn.max(axis=0)
        pad = np.where(high > low, 0.04 * (high - low), 0.5)
        ax.set(xlim=(low[0] - pad[0], high[0] + pad[0]), ylim=(low[1] - pad[1], high[1] + pad[1]))
        ax.set_title(f"class {unwrapped(label)}" + ("" if name == "data" else f", {name}"))
        ax.set_xlabel(f"1st principal component ({plane.explained[0]:.0%})")
        ax.set_ylabel(f"2nd principal component ({plane.explained[1]:.0%})")
        ax.spines[["top", "right"]].set_visible(False)
