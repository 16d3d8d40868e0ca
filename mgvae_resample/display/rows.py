"""RowsDisplay: real and synthetic rows in two dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA

from .._tables.schema import read_pixels
from ..diagnostics.embedding import Floats, Mask, embed
from ._plotting import OTHERS, REAL, SYNTHETIC, Display, check_label, documented, n_synthetic

__all__ = ["Plane", "RowsDisplay"]

# Exemplars are drawn as rings.
_MARKS = {
    "exemplars": {"facecolor": "none", "edgecolors": "#8C8C8C", "linewidths": 0.8},
    "real": {"edgecolors": "white", "linewidths": 0.5},
}


@dataclass(frozen=True)
class Plane:
    """Rows in the plane along which the real ones vary most."""

    # Two principal components of each row, and the fraction of the real rows' variance along each.
    points: Floats
    explained: Floats
    # Which rows are drawn behind those of the class: "other classes" or "exemplars".
    background: str
    in_background: Mask


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class RowsDisplay(Display):
    """Real and synthetic rows in the plane of the real rows' principal components.

    Shows their values and, optionally, their latents: those of `MGVAEOverSampler` with the
    exemplars, the centres of its prior.

    {parameters}
    planes : dict of (str, label) to Plane
        "data", "latents" (of MGVAE) or "latent codes" (of BayesGAN), and class -> the plane of one
        panel.
    y : ndarray of shape (n_rows,)
        Label of each row.
    is_synthetic : ndarray of bool of shape (n_rows,)
        Which rows are synthetic.

    {attributes}
        One for each plane and class.

    {mgvae_example}
    >>> display = RowsDisplay.from_estimator(sampler, X_res, y_res)
    >>> display.planes["data", 1].points.shape
    (718, 2)
    >>> plt.show()
    """

    planes: Mapping[tuple[str, Any], Plane]
    y: npt.NDArray[Any]
    is_synthetic: Mask

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
    ) -> Self:
        """Project what ``fit_resample`` returned, and draw it.

        Columns of tables are standardised, categories are one-hot, and missing values are at the
        mean; pixels of images are used unchanged.

        Parameters
        ----------
        {resampled}
        labels : sequence of labels, default=None
            The classes to show, one panel each; all that were over-sampled if None.
        latent : bool, default=False
            Whether to show the rows' latents as well, for a sampler with ``encode`` or
            ``infer_codes``.
        {ax}

        {returns_and_errors}
            If the rows are not what it returned, or a class was not over-sampled.
        """
        table, y, new = cls._read_resampled(sampler, X_res, y_res)
        has_encoder = hasattr(sampler, "encode")
        if latent and not has_encoder:
            cls._check_sampler(sampler, "infer_codes", such_as="MGVAEOverSampler")
        chosen = n_synthetic(sampler) if labels is None else labels
        chosen = [check_label(sampler, label) for label in chosen]
        is_image = getattr(sampler, "image_shape", None) is not None
        rows = read_pixels(table) if is_image else embed(table.take(~new), table)[1]
        planes = _planes("data", rows, y, ~new, chosen)
        if latent and has_encoder:
            # Classes that were not learned have no latents; requesting them is an error.
            learned = sampler.exemplar_indices_ if labels is None else chosen
            for label in (k for k in chosen if k in learned):
                planes["latents", label] = _latents(sampler, X_res, y, ~new, label)
        elif latent:
            planes |= _planes("latent codes", sampler.infer_codes(X_res), y, ~new, chosen)
        return cls(planes=planes, y=y, is_synthetic=new).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw a panel for each plane and class."""
        n_classes = len({label for _, label in self.planes})
        most_columns = max(2, min(4, n_classes))
        n_columns = self._make_panels(ax, len(self.planes), (3.6, 3.5), (1.5, 0.1), most_columns)
        handles: dict[str, Any] = {}
        for panel, (name, label) in zip(self.axes_, self.planes, strict=True):
            handles |= self._draw(panel, name, label)
        for handle in self._legend(n_columns, handles).legend_handles:
            handle.set(alpha=1.0)
        return self

    def _draw(self, ax: Any, name: str, label: Any) -> dict[str, Any]:
        """Draw one plane, and return the legend handles of its groups."""
        plane, of_class = self.planes[name, label], self.y == label
        groups = {
            plane.background: (plane.in_background, OTHERS, 12, 0.6),
            "synthetic": (of_class & self.is_synthetic, SYNTHETIC, 9, 0.7),
            "real": (of_class & ~self.is_synthetic, REAL, 18, 0.9),
        }
        handles = {}
        for group, (members, colour, size, alpha) in groups.items():
            style = {"facecolor": colour, "linewidths": 0} | _MARKS.get(group, {})
            points = plane.points[members].T
            handles[group] = ax.scatter(*points, s=size, alpha=alpha, label=group, **style)
        # The same limits for all classes.
        drawn = plane.points[plane.in_background | of_class | (name == "data")]
        low, high = drawn.min(axis=0), drawn.max(axis=0)
        pad = np.where(high > low, 0.04 * (high - low), 0.5)
        ax.set(xlim=(low[0] - pad[0], high[0] + pad[0]), ylim=(low[1] - pad[1], high[1] + pad[1]))
        ax.set_title(f"class {label}" + ("" if name == "data" else f", {name}"))
        ax.set_xlabel(f"1st principal component ({plane.explained[0]:.0%})")
        ax.set_ylabel(f"2nd principal component ({plane.explained[1]:.0%})")
        return handles


def _planes(
    name: str, rows: npt.NDArray[Any], y: npt.NDArray[Any], real: Mask, labels: Sequence[Any]
) -> dict[tuple[str, Any], Plane]:
    """Project rows once for all classes, with real rows of other classes as background."""
    projected = _project(rows, real)
    return {(name, k): Plane(*projected, "other classes", real & (y != k)) for k in labels}


def _latents(sampler: Any, X_res: Any, y: npt.NDArray[Any], real: Mask, label: Any) -> Plane:
    """Project the latents of one class's encoder, with its exemplars as background."""
    latents = sampler.encode(X_res, label)
    exemplars = np.isin(np.arange(len(latents)), sampler.exemplar_indices_[label])
    projected = _project(latents, exemplars | (real & (y == label)))
    return Plane(*projected, "exemplars", exemplars)


def _project(rows: npt.NDArray[Any], fitted: Mask) -> tuple[Floats, Floats]:
    """Project all rows on the first two principal components of the fitted ones."""
    rows = rows.astype(np.float64)
    n = min(2, *rows[fitted].shape)
    with np.errstate(invalid="ignore"):  # if the rows do not vary
        pca = PCA(n, random_state=0).fit(rows[fitted])
    points = np.pad(pca.transform(rows), ((0, 0), (0, 2 - n)))
    return points, np.pad(np.nan_to_num(pca.explained_variance_ratio_), (0, 2 - n))
