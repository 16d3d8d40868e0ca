"""Labels of rows as callers give them."""

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
    """Return one label a row as numpy has them, of whatever container.

    Of one-hot labels, a column for each class, it is the number of the column that holds 1.
    Missing labels are refused, and what is no class: fractions, text beside numbers, several a
    row, or objects that classifiers do not take. Messages say what was found and what to do.
    """
    if y is None:
        raise ValueError("Expected array-like (array or non-string sequence), got None as y.")
    labels = _as_array(y)
    _check_none_is_missing(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return _columns_of_ones(labels)
    if labels.ndim > 2 or labels.ndim == 0 or labels.shape[1:] == (0,):
        raise ValueError(
            f"Input y has shape {labels.shape}; give one label a row, or a column for each class."
        )
    labels = labels.reshape(-1)
    return _classes_of_objects(labels) if labels.dtype == object else _checked(labels)


def restore_labels(y: Any, plain: AnyArray, new: AnyArray) -> Any:
    """Return labels `y`, and new ones after them, as their container, dtype and columns are.

    `plain` is what :func:`plain_labels` made of `y`, `new` are plain labels of classes of `y`.
    """
    # A new label is that of the first row of its class: whatever it is, it comes back as it was.
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
    """Turn a numpy scalar into the Python one, which reads better as a key and in messages.

    Times stay: of their nanoseconds Python has only a number.
    """
    is_plain = isinstance(label, np.datetime64 | np.timedelta64)
    return label.item() if isinstance(label, np.generic) and not is_plain else label


def plain_classes(classes: Any) -> list[Hashable]:
    """Return the labels of classes, each as :func:`plain_label` gives it."""
    return [plain_label(label) for label in classes]


def is_missing(label: Any) -> bool:
    """Tell whether an object stands for a missing one: None, NaN, NaT or NA."""
    try:
        return label is None or bool(label != label)
    except TypeError:  # pandas.NA
        return True


def _as_array(y: Any) -> AnyArray:
    """Return labels of any container as an array, of objects where numpy has no dtype for them."""
    if nw.dependencies.is_polars_lazyframe(y):
        raise TypeError("Got a polars LazyFrame, which holds no labels yet. Call .collect().")
    if hasattr(y, "toarray"):
        raise TypeError("Input y is sparse. Give one label a row, or y.toarray().")
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
            f"Input y cannot be read: {error}. Give one label a row, or a column for each class."
        ) from error
    if isinstance(y, list | tuple) and labels.dtype.kind in "US":
        # numpy makes text of what is beside text, the text "None" of None.
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
    shape = f"Input y has shape {labels.shape}"
    if not len(labels):
        return np.empty(0, dtype=np.intp)
    labels = labels if labels.dtype.kind in "biuf" else labels.astype(object)
    ones = np.asarray(labels == 1, dtype=np.bool_)
    strange = labels[~ones & ~np.asarray(labels == 0, dtype=np.bool_)]
    if len(strange):
        raise ValueError(
            f"{shape} and holds {plain_label(strange[0])!r}. A column for each class holds 1 in "
            "the rows of the class, else 0; or give one label a row, a column of y. Multilabel "
            "and multioutput targets are not supported."
        )
    counts = ones.sum(axis=1)
    row = int(np.argmax(counts != 1))
    if counts[row] > 1:
        raise ValueError(
            f"{shape}, and row {row} is of {counts[row]} classes. Multilabel and multioutput "
            "targets are not supported: give each row one class."
        )
    if counts[row] == 0:
        raise ValueError(
            f"{shape}, and row {row} has no 1, so that it is of no class. Add a column for the "
            "class of such rows (pandas' get_dummies without drop_first), or drop them."
        )
    return np.asarray(ones.argmax(axis=1))


def _classes_of_objects(labels: AnyArray) -> AnyArray:
    """Return objects as they are if all are text, and as numpy's numbers if all are numbers."""
    examples = {type(label): label for label in reversed(labels.tolist())}
    found = list(examples.values())
    if all(isinstance(label, str) for label in found):
        return labels
    if all(isinstance(label, bool | np.bool_) for label in found):
        return labels.astype(np.bool_)
    if all(isinstance(label, numbers.Integral | np.bool_) for label in found):
        try:
            return labels.astype(np.int64)
        except OverflowError as error:
            raise ValueError(
                f"Input y holds integers beyond 64 bits ({error}). Give them as text."
            ) from error
    if all(isinstance(label, numbers.Real | np.bool_) for label in found):
        return _checked(labels.astype(np.float64))
    if all(isinstance(label, str | numbers.Real | np.bool_) for label in found):
        text = next(label for label in found if isinstance(label, str))
        number = next(label for label in found if not isinstance(label, str))
        raise TypeError(
            f"Input y holds text beside numbers, such as {text!r} and {number!r}, which have no "
            "order. Give all labels as text, as in [str(label) for label in y], or all as numbers."
        )
    strange = next(label for label in found if not isinstance(label, str | numbers.Real))
    raise _no_class(type(strange).__name__, strange)


def _checked(labels: AnyArray) -> AnyArray:
    """Return labels of a dtype of numpy's, unless classifiers do not take them."""
    if labels.dtype.kind == "S":
        raise TypeError(
            f"Input y holds bytes, such as {plain_label(labels[0])!r}. Give text, as in "
            "y.astype(str)."
        )
    if labels.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: input y has dtype {labels.dtype}. Give whole numbers or "
            "text."
        )
    if labels.dtype.kind == "V":
        raise _no_class(labels.dtype.name, labels[0])
    if labels.dtype.kind == "f" and np.isfinite(labels).all():
        fractions = labels[labels != np.rint(labels)]
        if len(fractions):
            raise ValueError(
                f"Unknown label type: continuous. Input y holds {plain_label(fractions[0])!r}, "
                "and labels are whole numbers or text. If such numbers are classes, give them as "
                "text, as in y.astype(str); if they are measurements, rows have no classes to "
                "resample: bin them first, as by pd.cut(y, bins, labels=False)."
            )
    return labels


def _no_class(kind: str, example: object) -> ValueError:
    return ValueError(
        f"Unknown label type: {kind}. Input y holds {example!r}, and scikit-learn's classifiers "
        "take text, whole numbers and booleans alone. Convert the labels, as in y.astype(str); "
        "of bins, pd.cut(..., labels=False) gives numbers."
    )


def _is_polars(y: Any) -> bool:
    return nw.dependencies.is_polars_series(y) or nw.dependencies.is_polars_dataframe(y)
