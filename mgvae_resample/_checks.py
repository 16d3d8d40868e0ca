"""Checks of parameters, and the constraints that both samplers share."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Memory
from sklearn.utils._param_validation import Interval, StrOptions

__all__ = [
    "IS_AUTO",
    "POSITIVE_INTEGER",
    "SHARED_CONSTRAINTS",
    "check_counts",
    "check_hidden_layer_sizes",
    "check_image_shape",
    "check_n_samples",
    "check_ratio",
]

# For scikit-learn's validation.
IS_AUTO = StrOptions({"auto"})
POSITIVE_INTEGER = Interval(numbers.Integral, 1, None, closed="left")
SHARED_CONSTRAINTS: dict[str, Any] = {
    "memory": [None, str, Memory],
    "hidden_layer_sizes": [IS_AUTO, "array-like"],
    "generated_fraction": [IS_AUTO, Interval(numbers.Real, 0, 1, closed="both")],
    "augmentation_strength": [IS_AUTO, Interval(numbers.Real, 0, None, closed="left")],
    "learning_rate": [IS_AUTO, Interval(numbers.Real, 0, None, closed="neither")],
}


def check_counts(strategy: Mapping[Any, Any]) -> None:
    """Refuse a ``sampling_strategy`` dict with values that are not integers."""
    for label, count in strategy.items():
        if not isinstance(count, numbers.Integral):
            raise ValueError(
                f"'sampling_strategy' asks for {count!r} rows of class {label!r}, but the number "
                "of rows must be an integer."
            )


def check_hidden_layer_sizes(sizes: Any) -> tuple[int, ...] | None:
    """Return the ``hidden_layer_sizes`` parameter as a tuple, None for "auto"."""
    if isinstance(sizes, str) and sizes == "auto":
        return None
    listed = list(sizes) if isinstance(sizes, Iterable) else [sizes]
    if not listed or any(not isinstance(n, numbers.Integral) or n < 1 for n in listed):
        raise ValueError(
            f"The 'hidden_layer_sizes' parameter is {sizes!r}; expected 'auto' or whole numbers "
            "of at least 1, one for each hidden layer."
        )
    return tuple(int(n) for n in listed)


def check_n_samples(n_samples: Any) -> int:
    """Return `n_samples` as an int, or refuse it."""
    if not isinstance(n_samples, numbers.Integral) or n_samples < 1:
        raise ValueError(f"'n_samples' must be an integer of at least 1, got {n_samples!r}.")
    return int(n_samples)


def check_ratio(ratio: float, y: npt.NDArray[Any]) -> None:
    """Refuse a ratio that adds no rows, or with more than two classes; say what to use."""
    labels, counts = np.unique(y, return_counts=True)
    if len(labels) > 2:
        raise ValueError(
            f"'sampling_strategy' is {ratio:g}, but a ratio is for binary targets only, and y has "
            f"{len(labels)} classes. Use RaiseTo({ratio:g}) or MultiplyBy(...) of mgvae_resample."
        )
    if int(ratio * counts.max()) <= counts.min():
        raise ValueError(
            f"'sampling_strategy' is {ratio:g}, but the classes have a ratio of "
            f"{counts.min() / counts.max():.4g} already, so that no row would be added. "
            f"RaiseTo({ratio:g}) of mgvae_resample leaves such classes alone; MultiplyBy(...) "
            "raises each by a factor."
        )


def check_image_shape(shape: Sequence[Any], n_features: int) -> None:
    """Refuse an ``image_shape`` that is malformed or does not match the number of columns."""
    if len(shape) not in (2, 3) or any(
        not isinstance(side, numbers.Integral) or side < 1 for side in shape
    ):
        raise ValueError(
            f"'image_shape' must be (height, width) or (height, width, channels) in whole "
            f"pixels, got {shape!r}."
        )
    if math.prod(shape) != n_features:
        raise ValueError(
            f"'image_shape' {shape} has {math.prod(shape)} pixels, but X has "
            f"{n_features} columns. Flatten each image into one row, as in "
            "images.reshape(len(images), -1)."
        )
