"""Labels of rows, and how many rows of each are asked for."""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

__all__ = ["check_counts", "check_labels", "plain_label", "plain_labels"]


def check_labels(y: Any) -> None:
    """Refuse gaps among labels of text, which could not even be sorted."""
    labels = np.asarray(y)
    if y is None or labels.dtype != object:
        return
    n_missing = sum(map(_is_gap, labels.ravel().tolist()))
    if n_missing:
        raise ValueError(
            f"Input y contains NaN: {n_missing} label(s) are missing. Drop those rows, or give "
            "them a label."
        )


def check_counts(strategy: Mapping[Any, Any]) -> None:
    """Refuse a ``sampling_strategy`` by class whose numbers of rows are no integers."""
    for label, count in strategy.items():
        if not isinstance(count, numbers.Integral):
            raise ValueError(
                f"'sampling_strategy' asks for {count!r} rows of class {label!r}, but the number "
                "of rows must be an integer."
            )


def plain_labels(y: Any) -> Any:
    """Return nullable labels as numpy's; scikit-learn would make floats of integers."""
    plain = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if getattr(plain, "kind", "O") not in "biu" or y.isna().any():
        return y
    return y.to_numpy(dtype=plain)


def plain_label(label: Hashable) -> Hashable:
    """Turn a numpy scalar into the Python one, which reads better as a key and in messages."""
    return label.item() if isinstance(label, np.generic) else label


def _is_gap(label: Any) -> bool:
    try:
        return label is None or bool(label != label)
    except TypeError:  # pandas.NA
        return True
