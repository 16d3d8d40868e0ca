"""Labels of rows as callers give them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

__all__ = [
    "check_labels",
    "is_missing",
    "plain_classes",
    "plain_label",
    "plain_labels",
    "restore_labels",
]


def check_labels(y: Any) -> None:
    """Refuse missing labels: None, NaN, NaT, pandas' NA or polars' null."""
    labels = np.asarray(plain_labels(y))
    if y is None:
        return
    if isinstance(y, list | tuple) and labels.dtype.kind in "US":
        labels = np.array(y, dtype=object)  # numpy makes the text "None" of None
    if labels.dtype == object:
        n_missing = sum(map(is_missing, labels.ravel().tolist()))
    else:
        n_missing = int((labels != labels).sum())
    if n_missing:
        raise ValueError(
            f"Input y contains NaN: {n_missing} label(s) are missing. Drop those rows, or give "
            "them a label."
        )


def plain_labels(y: Any) -> Any:
    """Return labels of polars and of pandas' nullable dtypes as numpy's."""
    if nw.dependencies.is_polars_lazyframe(y):
        raise TypeError("Got a polars LazyFrame, which holds no labels yet. Call .collect().")
    if _is_polars(y):
        return y.to_numpy()
    # scikit-learn would make floats of nullable integers.
    plain = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if getattr(plain, "kind", "O") not in "biu" or y.isna().any():
        return y
    return y.to_numpy(dtype=plain)


def plain_label(label: Hashable) -> Hashable:
    """Turn a numpy scalar into the Python one, which reads better as a key and in messages.

    Times stay: of their nanoseconds Python has only a number.
    """
    is_plain = isinstance(label, np.datetime64 | np.timedelta64)
    return label.item() if isinstance(label, np.generic) and not is_plain else label


def plain_classes(classes: Any) -> list[Hashable]:
    """Return the labels of classes, each as :func:`plain_label` gives it."""
    return [plain_label(label) for label in classes]


def restore_labels(y: Any, y_res: Any) -> Any:
    """Return labels `y` and new ones after them as a Series or DataFrame of polars if `y` is one.

    imbalanced-learn restores all other containers.
    """
    if not _is_polars(y):
        return y_res
    import polars as pl

    new = y_res[len(y) :]
    if isinstance(y, pl.Series):
        return pl.concat([y, pl.Series(y.name, new.tolist()).cast(y.dtype)])
    return pl.concat([y, pl.DataFrame(new, schema=y.columns).cast(dict(y.schema))])


def _is_polars(y: Any) -> bool:
    return nw.dependencies.is_polars_series(y) or nw.dependencies.is_polars_dataframe(y)


def is_missing(label: Any) -> bool:
    """Tell whether an object stands for a missing one: None, NaN, NaT or NA."""
    try:
        return label is None or bool(label != label)
    except TypeError:  # pandas.NA
        return True
