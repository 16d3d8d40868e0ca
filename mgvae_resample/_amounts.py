"""Values for ``sampling_strategy`` that suit any number of classes and can be tuned in a grid."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from ._tables.labels import plain_classes

__all__ = ["MultiplyBy", "RaiseTo"]


class _Amount(BaseEstimator):
    """Base of the amounts: a ``sampling_strategy`` that raises the smaller classes."""

    def __call__(self, y: Any) -> dict[Hashable, int]:
        """Return the new size of each class to be raised, by label."""
        self._validate_params()
        labels, counts = np.unique(np.asarray(y), return_counts=True)
        classes, largest = plain_classes(labels), counts.max()
        sizes = dict(zip(classes, counts.tolist(), strict=True))
        targets = {label: self._target(n, int(largest)) for label, n in sizes.items()}
        return {label: n for label, n in targets.items() if n > sizes[label]}

    @abstractmethod
    def _target(self, n: int, largest: int) -> int:
        """Return the new size of a class of n rows."""


class RaiseTo(_Amount):
    """Raise every smaller class to a fraction of the largest one.

    For the ``sampling_strategy`` of any over-sampler of this package or of imbalanced-learn; in a
    grid, its ratio is the nested parameter ``sampler__sampling_strategy__ratio``.

    Parameters
    ----------
    ratio : float, default=1.0
        Size of each smaller class afterwards, as a fraction of the largest class: above 0, at
        most 1. Classes that are large enough are left alone. 1 is full balance, which favours
        balanced accuracy; 0.5 or 0.25 favours F1 and keeps probabilities closer to those of the
        data.

    Raises
    ------
    ValueError
        When called, if `ratio` is not a number above 0 and at most 1.

    Examples
    --------
    >>> from mgvae_resample import RaiseTo
    >>> RaiseTo(0.5)(["a"] * 100 + ["b"] * 60 + ["c"] * 8)
    {'c': 50}
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "ratio": [Interval(Real, 0, 1, closed="right")]
    }

    def __init__(self, ratio: float = 1.0) -> None:
        self.ratio = ratio

    def _target(self, n: int, largest: int) -> int:
        return round(self.ratio * largest)


class MultiplyBy(_Amount):
    """Multiply every smaller class by a factor, never above the largest one.

    For the ``sampling_strategy`` of any over-sampler of this package or of imbalanced-learn; in a
    grid, its factor is the nested parameter ``sampler__sampling_strategy__factor``.

    Parameters
    ----------
    factor : float, default=2.0
        Size of each smaller class afterwards, as a multiple of its present size; at least 1.

    Raises
    ------
    ValueError
        When called, if `factor` is not a number of at least 1.

    Examples
    --------
    >>> from mgvae_resample import MultiplyBy
    >>> MultiplyBy(4)(["a"] * 100 + ["b"] * 60 + ["c"] * 8)
    {'b': 100, 'c': 32}
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "factor": [Interval(Real, 1, None, closed="left")]
    }

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor

    def _target(self, n: int, largest: int) -> int:
        return min(largest, round(self.factor * n))
