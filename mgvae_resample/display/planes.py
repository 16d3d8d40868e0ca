"""Rows projected on a plane: their values, or the latent codes that a sampler reads from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA

from ..diagnostics.matrices import embed
from .columns import take

__all__ = ["Plane", "data_planes", "latent_planes"]

Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[Any]


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


def data_planes(
    X_res: Any, y_res: Labels, real: Mask, labels: Sequence[Any], *, is_image: bool
) -> dict[Any, Plane]:
    """Project rows as they are; columns of tables are standardised, pixels are not."""
    if is_image:
        rows = np.asarray(X_res, dtype=np.float64)
    else:
        _, rows = embed(take(X_res, real), X_res)
    return _behind_each(_project(rows, real), y_res, real, labels)


def latent_planes(
    sampler: Any, X_res: Any, y_res: Labels, real: Mask, labels: Sequence[Any]
) -> dict[Any, Plane]:
    """Project the latent codes of rows.

    Where each class has an encoder of its own, it has a plane of its own, and its exemplars stand
    behind it.
    """
    if not hasattr(sampler, "exemplar_indices_"):
        plane = _project(sampler.latent_codes(X_res), real)
        return _behind_each(plane, y_res, real, labels)
    planes = {}
    for label in labels:
        codes = sampler.latent_codes(X_res, label)
        exemplars = np.isin(np.arange(len(codes)), sampler.exemplar_indices_[label])
        projected = _project(codes, exemplars | (real & (y_res == label)))
        planes[label] = Plane(*projected, "exemplars", exemplars)
    return planes


def _behind_each(
    projected: tuple[Points, Points], y_res: Labels, real: Mask, labels: Sequence[Any]
) -> dict[Any, Plane]:
    return {label: Plane(*projected, "other classes", real & (y_res != label)) for label in labels}


def _project(codes: npt.NDArray[Any], fitted: Mask) -> tuple[Points, Points]:
    """Project all rows on the first two principal components of some."""
    rows = codes.astype(np.float64)
    n = min(2, *rows[fitted].shape)
    pca = PCA(n, random_state=0).fit(rows[fitted])
    lacking = 2 - n
    points = np.pad(pca.transform(rows), ((0, 0), (0, lacking)))
    explained = np.nan_to_num(pca.explained_variance_ratio_)
    return points, np.pad(explained, (0, lacking))
