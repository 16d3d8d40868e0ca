"""Class labels in any container, as numpy arrays and back."""

from __future__ import annotations

import numbers
from collections.abc import Hashable
from copy import copy
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

__all__ = [
    "is_missing",
    "plain_classes",
    "plain_label",
    "plain_labels",
    "restore_labels",
]

AnyArray: TypeAlias = npt.NDArray[Any]


def plain_labels(y: Any) -> Any:
    """Return labels of any container as an array with one label per row.

    For one-hot labels, with a column for each class, it is the number of the column that holds 1.
    Refused are missing labels, fractions, text mixed with numbers, several labels per row, and
    objects that classifiers do not accept.
    """
    if y is None:
        raise ValueError("Expected array-like (array or non-string sequence), got None as y.")
    labels = _as_array(y)
    _check_none_is_missing(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return _columns_of_ones(labels)
    if labels.ndim > 2 or labels.ndim == 0 or labels.shape[1:] == (0,):
        raise ValueError(
            f"Input y has shape {labels.shape}; give one label per row, or a column per class."
        )
    labels = labels.reshape(-1)
    return _classes_of_objects(labels) if labels.dtype == object else _checked(labels)


def restore_labels(y: Any, plain: AnyArray, new: AnyArray) -> Any:
    """Return labels `y` followed by new ones, in the container, dtype and columns of `y`.

    `plain` is the result of :func:`plain_labels` for `y`; `new` are plain labels of its classes.
    """
    # A new label copies that of the first row of its class, so that any object is restored.
    classes, first = np.unique(plain, return_index=True)
    at = np.concatenate([np.arange(len(plain)), first[np.searchsorted(classes, new)]])
    if hasattr(y, "iloc"):
        return y.iloc[at].reset_index(drop=True)
    if _is_polars(y):
        return y[at]
    if isinstance(y, list):
        return [copy(y[i]) for i in at.tolist()]
    return np.asarray(y)[at]


def plain_label(label: Hashable) -> Hashable:
    """Convert a numpy scalar to Python, for keys and messages; times stay, to keep nanoseconds."""
    is_plain = isinstance(label, np.datetime64 | np.timedelta64)
    return label.item() if isinstance(label, np.generic) and not is_plain else label


def plain_classes(classes: Any) -> list[Hashable]:
    """Return the labels of classes, each as :func:`plain_label` gives it."""
    return [plain_label(label) for label in classes]


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or NA."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA
        return True
    except ValueError:  # an array
        return False


def _as_array(y: Any) -> AnyArray:
    """Return labels of any container as an array, of objects if numpy has no dtype for them."""
    if nw.dependencies.is_polars_lazyframe(y):
        raise TypeError("Got a polars LazyFrame, which holds no labels yet. Call .collect().")
    if hasattr(y, "toarray"):
        raise TypeError("Input y is sparse. Give one label per row, or y.toarray().")
    if nw.dependencies.is_polars_series(y) and "128" in str(y.dtype):  # unknown to numpy
        return np.array([*y.to_list(), None], dtype=object)[:-1]
    if _is_polars(y):
        labels: AnyArray = y.to_numpy()
        return labels
    # numpy would make floats of nullable integers.
    plain = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if getattr(plain, "kind", "O") in "biu" and not y.isna().any():
        return np.asarray(y.to_numpy(dtype=plain))
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise ValueError(
            f"Input y cannot be read: {error}. Give one label per row, or a column per class."
        ) from error
    if isinstance(y, list | tuple) and labels.dtype.kind in "US":
        # numpy would convert everything to text, and None to "None".
        labels = np.array(y, dtype=object)
    return labels


def _check_none_is_missing(labels: AnyArray) -> None:
    """Refuse missing labels: None, NaN, NaT, pandas' NA or polars' null."""
    if labels.dtype == object:
        n_missing = sum(map(is_missing, labels.ravel().tolist()))
    else:
        n_missing = int((labels != labels).sum())
    if n_missing:
        raise ValueError(
            f"Input y contains NaN: {n_missing} label(s) are missing. Drop those rows, or give "
            "them a label."
        )


def _columns_of_ones(labels: AnyArray) -> AnyArray:
    """Return the columns that hold 1 in one-hot labels. Shape: (n, n_classes) -> (n,)."""
    labels = labels if labels.dtype.kind in "biuf" else labels.astype(object)
    ones, zeros = (np.asarray(labels == value, dtype=np.bool_) for value in (1, 0))
    is_wrong = (ones.sum(axis=1) != 1) | ~(ones | zeros).all(axis=1)
    if is_wrong.any():
        row = int(np.argmax(is_wrong))
        raise ValueError(
            f"Input y has shape {labels.shape}, and row {row} is {labels[row].tolist()}. Give one "
            "label per row, or a column per class with 1 in the rows of the class and 0 elsewhere "
            "(pandas' get_dummies without drop_first). Multilabel and multioutput targets are "
            "not supported."
        )
    return np.asarray(ones.argmax(axis=1))


def _classes_of_objects(labels: AnyArray) -> AnyArray:
    """Return objects unchanged if all are text, and as numpy numbers if all are numbers."""
    examples = {type(label): label for label in reversed(labels.tolist())}.values()
    if all(isinstance(label, str) for label in examples):
        return labels
    for label in examples:
        if not isinstance(label, str | numbers.Real | np.bool_):
            raise _no_class(type(label).__name__, label)
    if any(isinstance(label, str) for label in examples):
        raise _no_class("text beside numbers", *examples)
    plain = np.array(labels.tolist())
    if plain.dtype == object or (plain != labels).any():
        raise _no_class("integers beyond 64 bits", labels[0])
    return _checked(plain)


def _checked(labels: AnyArray) -> AnyArray:
    """Return labels of a numpy dtype, or refuse those that classifiers do not accept."""
    if labels.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: input y has dtype {labels.dtype}.")
    if labels.dtype.kind in "SV":
        raise _no_class(labels.dtype.name, labels[0])
    if labels.dtype.kind == "f" and np.isfinite(labels).all():
        fractions = labels[labels != np.rint(labels)]
        if len(fractions):
            raise _no_class("continuous", plain_label(fractions[0]))
    return labels


def _no_class(label_type: str, *examples: object) -> ValueError:
    return ValueError(
        f"Unknown label type: {label_type}. Input y holds {' and '.join(map(repr, examples))}, "
        "and scikit-learn's classifiers accept only text, whole numbers and booleans. Convert the "
        "labels, as in y.astype(str); bin measurements, as by pd.cut(y, bins, labels=False)."
    )


def _is_polars(y: Any) -> bool:
    return nw.dependencies.is_polars_series(y) or nw.dependencies.is_polars_dataframe(y)
