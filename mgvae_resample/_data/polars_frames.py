"""Polars tables come in and go out by way of pandas."""

from __future__ import annotations

from typing import Any

__all__ = ["from_pandas", "is_polars", "to_pandas"]


def is_polars(table: Any) -> bool:
    """Tell whether this is a polars DataFrame or Series (without importing polars)."""
    return type(table).__module__.partition(".")[0] == "polars"


def to_pandas(table: Any) -> Any:
    """Turn a polars DataFrame or Series into pandas' with Arrow-backed dtypes.

    Anything else is returned as it is.

    Raises
    ------
    TypeError
        If it is a LazyFrame.
    ImportError
        If pandas or pyarrow is not installed.
    """
    if not is_polars(table):
        return table
    if not hasattr(table, "to_pandas"):
        raise TypeError(
            f"Got a polars {type(table).__name__}, which holds no rows yet. Call .collect() first."
        )
    import polars as pl

    odd = [name for name, d in getattr(table, "schema", {}).items() if d == pl.Object]
    if odd:
        raise TypeError(
            f"Columns {odd} of X are polars' Object, which Arrow has not. Convert them."
        )
    try:
        return table.to_pandas(use_pyarrow_extension_array=True)
    except ImportError as error:  # ModuleNotFoundError is one
        raise ImportError(
            "Polars tables are taken by way of pandas and pyarrow: install both, or pass "
            "X.to_numpy()."
        ) from error


def from_pandas(resampled: Any, original: Any) -> Any:
    """Append the new rows of a resampled pandas table to the polars one it began with.

    Parameters
    ----------
    resampled : pandas DataFrame or Series
        The rows of `original`, and new ones after them.
    original : polars DataFrame or Series
        Anything else: `resampled` is returned as it is.

    Returns
    -------
    polars DataFrame or Series
        With the schema of `original`, whose own rows are untouched.
    """
    if not is_polars(original):
        return resampled
    import polars as pl

    new = resampled.iloc[len(original) :]
    if isinstance(original, pl.Series):
        added = pl.Series(original.name, pl.from_pandas(new).cast(original.dtype))
        return original.clone().append(added)
    return original.vstack(pl.from_pandas(new).cast(dict(original.schema)))
