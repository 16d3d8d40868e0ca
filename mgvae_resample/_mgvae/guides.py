"""Guides are the rows a class is translated from; here they are found, and found wanting."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["guide_rows", "shortages"]

Indices = npt.NDArray[np.intp]

_FEWEST_MINORITY_ROWS = 3
_FEWEST_GUIDE_ROWS = 10


def guide_rows(
    guide: Hashable, y: npt.NDArray[Any], labels: list[Hashable]
) -> dict[Hashable, Indices]:
    """Rows of the table that guide each class.

    Parameters
    ----------
    guide : "majority", "rest" or class label
        As given by the user; a class that is itself called "majority" is meant as such.
    y : ndarray of shape (n,)
        All labels.
    labels : list
        The classes to be over-sampled.

    Raises
    ------
    ValueError
        If `guide` names no class.
    """
    classes, counts = np.unique(y, return_counts=True)
    known = classes.tolist()
    if guide not in known:
        if guide == "rest":
            return {label: np.flatnonzero(y != label) for label in labels}
        if guide != "majority":
            raise ValueError(
                f"The 'guide' parameter is {guide!r}; expected 'majority', 'rest' or one of the "
                f"classes {known}."
            )
        guide = known[counts.argmax()]
    return dict.fromkeys(labels, np.flatnonzero(y == guide))


def shortages(
    guides: Mapping[Hashable, Indices], y: npt.NDArray[Any], n_codes: int
) -> dict[Hashable, str]:
    """Say of each class that cannot be learned why it cannot."""
    reasons = {
        label: _shortage(int((y == label).sum()), len(guide), n_codes)
        for label, guide in guides.items()
    }
    return {label: reason for label, reason in reasons.items() if reason is not None}


def _shortage(n_rows: int, n_guide_rows: int, n_codes: int) -> str | None:
    if n_rows < _FEWEST_MINORITY_ROWS:
        return f"has {n_rows} row(s), and at least {_FEWEST_MINORITY_ROWS} are needed"
    if n_guide_rows < _FEWEST_GUIDE_ROWS:
        return f"has {n_guide_rows} guide row(s), and at least {_FEWEST_GUIDE_ROWS} are needed"
    if n_codes == 0:
        return "has only constant columns, and some that vary are needed"
    return None
