"""Rows projected on a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA

__all__ = ["Plane", "plane_of"]

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """Rows in the plane along which the real ones vary most.

    Attributes
    ----------
    points : ndarray of shape (n_rows, 2)
        Principal components of each row.
    explained : ndarray of shape (2,)
        Share of the variance of the real rows along each.
    """

    points: Points
    explained: Points


def plane_of(rows: Points, real: npt.NDArray[np.bool_]) -> Plane:
    """Project all rows on the first two principal components of the real ones."""
    n = min(2, *rows[real].shape)
    pca = PCA(n, random_state=0).fit(rows[real])
    lacking = 2 - n
    points = np.pad(pca.transform(rows), ((0, 0), (0, lacking)))
    explained = np.nan_to_num(pca.explained_variance_ratio_)
    return Plane(points, np.pad(explained, (0, lacking)))
