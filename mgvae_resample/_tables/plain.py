"""Objects of pandas and scipy in plain form, so that fitted samplers can be saved without code."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import scipy.sparse

__all__ = ["plain", "restored"]

_FRAME, _INDEX, _RANGE = (f"pandas.{n}" for n in ("DataFrame", "Index", "RangeIndex"))
_SPARSE_ROWS = "scipy.sparse"
_MISSING, _DTYPE = (f"pandas.{n}" for n in ("NA", "dtype"))
_CATEGORIES, _TEXT, _SPARSE = (f"pandas.{n}Dtype" for n in ("Categorical", "String", "Sparse"))


def plain(value: Any) -> Any:
    """Return strings, lists and arrays for an object of pandas or a sparse matrix or array.

    Frames and sparse matrices must have no rows. Objects that would not be restored exactly, and
    all others, are returned unchanged.
    """
    if scipy.sparse.issparse(value):
        suffix = "array" if isinstance(value, scipy.sparse.sparray) else "matrix"
        rows: Any = value
        return [_SPARSE_ROWS, f"{rows.format}_{suffix}", rows.dtype, rows.shape[1]]
    if "pandas" not in sys.modules or type(value).__module__.split(".")[0] != "pandas":
        return value
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return [_FRAME, plain(value.columns), [plain(dtype) for dtype in value.dtypes]]
    form = _plain(value)
    try:
        is_exact = form is not None and _is_same(restored(form), value)
    except (TypeError, ValueError, NotImplementedError):  # some dtypes have no names
        is_exact = False
    return form if is_exact else value


def restored(form: Any) -> Any:
    """Return the object that :func:`plain` converted; return other objects unchanged."""
    if not isinstance(form, list) or not form or not isinstance(form[0], str):
        return form
    tag, *parts = form
    if tag == _SPARSE_ROWS:
        name, dtype, n_columns = parts
        return getattr(scipy.sparse, name)((0, n_columns), dtype=dtype)
    if not tag.startswith("pandas."):
        return form
    import pandas as pd

    if tag == _FRAME:
        columns, dtypes = parts
        frame = pd.DataFrame({j: pd.Series(dtype=restored(d)) for j, d in enumerate(dtypes)})
        frame.columns = restored(columns)
        return frame
    if tag == _INDEX:
        values, dtype, name = parts
        return pd.Index(values, dtype=restored(dtype), name=name)
    if tag == _RANGE:
        start, stop, step, name = parts
        return pd.RangeIndex(start, stop, step, name=name)
    if tag == _CATEGORIES:
        return pd.CategoricalDtype(restored(parts[0]), parts[1])
    if tag == _TEXT:
        return _text_dtype(parts[0], restored(parts[1]))
    if tag == _SPARSE:
        return pd.SparseDtype(*parts)
    return pd.api.types.pandas_dtype(parts[0]) if tag == _DTYPE else getattr(pd, parts[0])


def _text_dtype(storage: str, na_value: Any) -> Any:
    """Return a dtype of text; in pandas 2.2, text with NaN is objects."""
    import pandas as pd

    if na_value is pd.NA:
        return pd.StringDtype(storage)
    try:
        return pd.StringDtype(storage, na_value)
    except TypeError:
        return np.dtype(object)


def _plain(value: Any) -> list[Any] | None:
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return [_MISSING, "NA" if value is pd.NA else "NaT"]
    if isinstance(value, pd.CategoricalDtype):
        return [_CATEGORIES, plain(value.categories), value.ordered]
    if isinstance(value, pd.RangeIndex):
        return [_RANGE, value.start, value.stop, value.step, value.name]
    if isinstance(value, pd.Index) and not isinstance(value, pd.MultiIndex):
        values: Any = value.to_numpy()
        values = values.tolist() if values.dtype.kind == "O" else np.asarray(values)
        return [_INDEX, values, plain(value.dtype), value.name]
    if isinstance(value, pd.StringDtype):
        return [_TEXT, value.storage, plain(getattr(value, "na_value", pd.NA))]
    if isinstance(value, pd.SparseDtype):
        return [_SPARSE, value.subtype, value.fill_value]
    return [_DTYPE, str(value)] if hasattr(value, "construct_from_string") else None


def _is_same(copy: Any, value: Any) -> bool:
    if not hasattr(value, "identical"):
        return bool(copy is value or (type(copy) is type(value) and copy == value))
    return bool(copy.identical(value) and copy.dtype == value.dtype)
