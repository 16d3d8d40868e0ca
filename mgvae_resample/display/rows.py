"""RowsDisplay: real and synthetic rows in two dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA

from .._tables.schema import read_pixels
from .._tables.table import Table
from ..diagnostics.embedding import embed
from ._columns import check_label, is_synthetic, made
from ._plotting import (
    OTHERS,
    REAL,
    SYNTHETIC,
    PanelsDisplay,
    check_sampler,
    documented,
    unwrapped,
)

__all__ = ["Plane", "RowsDisplay"]

Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[Any]

# Exemplars are real rows of another class, and centres of the prior: rings.
_MARKS = {
    "exemplars": {"facecolor": "none", "edgecolors": "#8C8C8C", "linewidths": 0.8},
    "real": {"edgecolors": "white", "linewidths": 0.5},
}


@dataclass(frozen=True)
class Plane:
    """Rows in the plane along which the real ones vary most.

    Attributes
    ----------
    points : ndarray of shape (n_rows, 2)
        Principal components of each row.
    explained : ndarray of shape (2,)
        Share of the variance of the real rows along each.
    background : str
        What stands behind the rows of the class: "other classes" or "exemplars".
    in_background : ndarray of bool of shape (n_rows,)
        Which rows do.
    """

    points: Points
    explained: Points
    background: str
    in_background: Mask


@dataclass(eq=False, repr=False, kw_only=True)
class RowsDisplay(PanelsDisplay):
    """Real and synthetic rows in the plane of the real rows' principal components.

    Their values, and their latents if wanted: those of `MGVAEOverSampler` with the exemplars
    that span its prior.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    planes : dict of (str, label) to Plane
        What is shown, "data", "latents" (of MGVAE) or "latent codes" (of BayesGAN), and of which
        class: a panel each.
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

    @classmethod
    @documented
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
        %(resampled)s
        labels : sequence of labels, default=None
            The classes to show, a panel each; all that were over-sampled if None.
        latent : bool, default=False
            Whether to show the rows' latents as well, for a sampler that reads them with
            ``encode`` or ``latent_codes``.
        %(ax)s
        %(max_rows)s

        Returns
        -------
        RowsDisplay
            The display, drawn.

        Raises
        ------
        %(not_fitted)s
        TypeError
            If it is no over-sampler, or reads no latents and `latent` asks for them.
        ValueError
            If the rows are not what it returned, or a class was not over-sampled.
        """
        check_sampler(cls, sampler, "sampling_strategy_", such_as="MGVAEOverSampler or SMOTE")
        if latent and not hasattr(sampler, "encode"):
            check_sampler(cls, sampler, "latent_codes", such_as="MGVAEOverSampler")
        table = Table.of(X_res)
        y, new = is_synthetic(sampler, table, y_res)
        labels = list(made(sampler)) if labels is None else labels
        shown = [check_label(sampler, label) for label in labels]
        is_image = getattr(sampler, "image_shape", None) is not None
        kinds = {"data": _data_planes(table, y, ~new, shown, is_image=is_image)}
        if latent:
            name = "latents" if hasattr(sampler, "encode") else "latent codes"
            kinds[name] = _latent_planes(sampler, X_res, y, ~new, shown)
        planes = {(kind, k): plane for kind, each in kinds.items() for k, plane in each.items()}
        return cls(planes=planes, y=y, is_synthetic=new).plot(ax, max_rows=max_rows)

    @documented
    def plot(self, ax: Any = None, *, max_rows: int = 2000) -> Self:
        """Draw a panel for each plane and class.

        Parameters
        ----------
        %(ax)s
        %(max_rows)s

        Returns
        -------
        RowsDisplay
            The display itself.
        """
        n_classes = len({label for _, label in self.planes})
        n_columns = self._make_panels(
            ax, len(self.planes), (3.6, 3.5), (1.5, 0.1), max(2, min(4, n_classes))
        )
        for panel, (name, label) in zip(self.axes_, self.planes, strict=True):
            self._draw(panel, name, label, max_rows)
        for handle in self._legend(n_columns, *self._groups()).legend_handles:
            handle.set(alpha=1.0)
        return self

    def _groups(self) -> tuple[list[Any], list[str]]:
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
                **({"facecolor": colour, "linewidths": 0} | _MARKS.get(group, {})),
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


def _data_planes(
    table: Table, y_res: Labels, real: Mask, labels: Sequence[Any], *, is_image: bool
) -> dict[Any, Plane]:
    """Project rows as they are; columns of tables are standardised, pixels are not."""
    if is_image:
        rows = read_pixels(table)
    else:
        _, rows = embed(table.take(real), table)
    return _behind_each(_project(rows, real), y_res, real, labels)


def _latent_planes(
    sampler: Any, X_res: Any, y_res: Labels, real: Mask, labels: Sequence[Any]
) -> dict[Any, Plane]:
    """Project the latents of rows.

    Where each class has an encoder of its own, it has a plane of its own, and its exemplars stand
    behind it.
    """
    if not hasattr(sampler, "encode"):
        plane = _project(sampler.latent_codes(X_res), real)
        return _behind_each(plane, y_res, real, labels)
    planes = {}
    for label in labels:
        latents = sampler.encode(X_res, label)
        exemplars = np.isin(np.arange(len(latents)), sampler.exemplar_indices_[label])
        projected = _project(latents, exemplars | (real & (y_res == label)))
        planes[label] = Plane(*projected, "exemplars", exemplars)
    return planes


def _behind_each(
    projected: tuple[Points, Points], y_res: Labels, real: Mask, labels: Sequence[Any]
) -> dict[Any, Plane]:
    return {label: Plane(*projected, "other classes", real & (y_res != label)) for label in labels}


def _project(given: npt.NDArray[Any], fitted: Mask) -> tuple[Points, Points]:
    """Project all rows on the first two principal components of some."""
    rows = given.astype(np.float64)
    n = min(2, *rows[fitted].shape)
    pca = PCA(n, random_state=0).fit(rows[fitted])
    lacking = 2 - n
    points = np.pad(pca.transform(rows), ((0, 0), (0, lacking)))
    explained = np.nan_to_num(pca.explained_variance_ratio_)
    return points, np.pad(explained, (0, lacking))
