"""Columns of every dtype of pandas and of polars, for laws that hold for all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from mgvae_resample._tables.schema import Schema

Maker = Callable[[np.random.Generator, int], Any]


def holes(column: pd.Series, generator: np.random.Generator) -> pd.Series:
    """Make about a third of a column missing."""
    return column.mask(generator.random(len(column)) < 0.3)


def towns(g: np.random.Generator, n: int) -> np.ndarray:
    return g.choice(["Rome", "Oslo", "Bern", "Kyiv"], n, p=[0.7, 0.1, 0.1, 0.1])


def days(g: np.random.Generator, n: int) -> np.ndarray:
    return np.datetime64("2020-01-30", "D") + g.integers(0, 4000, n)


def moments(g: np.random.Generator, n: int) -> np.ndarray:
    return np.datetime64("1950-01-01", "ns") + 1000 * g.integers(0, 10**15, n)


PANDAS: dict[str, Maker] = {
    "category": lambda g, n: pd.Series(
        pd.Categorical(towns(g, n), ["Nice", *sorted(set(towns(g, 99)))])
    ),
    "ordered category": lambda g, n: holes(
        pd.Series(pd.Categorical(g.integers(0, 4, n), [3, 2, 1, 0], ordered=True)), g
    ),
    "dates as categories": lambda g, n: pd.Series(
        pd.Categorical(pd.to_datetime(g.choice(days(g, 3), n)))
    ),
    "str": lambda g, n: holes(pd.Series(towns(g, n), dtype="str"), g),
    "string": lambda g, n: holes(pd.Series(towns(g, n), dtype="string"), g),
    "string[python]": lambda g, n: pd.Series(towns(g, n), dtype="string[python]"),
    "object": lambda g, n: pd.Series(towns(g, n).astype(object)),
    "object with None": lambda g, n: pd.Series(
        np.where(g.random(n) < 0.3, None, towns(g, n).astype(object)), dtype=object
    ),
    "object of everything": lambda g, n: pd.Series(
        [[3, "x", 2.5, ("a", 1), None][i] for i in g.integers(0, 5, n)], dtype=object
    ),
    "identifiers": lambda g, n: pd.Series([f"id-{i}" for i in g.permutation(10 * n)[:n]]),
    "many categories": lambda g, n: pd.Series([f"z{i:03}" for i in g.geometric(0.02, n)]),
    "bool": lambda g, n: pd.Series(g.random(n) < 0.3),
    "boolean": lambda g, n: holes(pd.Series(g.random(n) < 0.3, dtype="boolean"), g),
    "Int64": lambda g, n: holes(pd.Series(g.integers(-(2**52), 2**52, n), dtype="Int64"), g),
    "UInt8": lambda g, n: holes(pd.Series(g.integers(0, 256, n), dtype="UInt8"), g),
    "Float64": lambda g, n: holes(pd.Series(g.normal(size=n), dtype="Float64"), g),
    "Float32": lambda g, n: pd.Series(g.normal(size=n), dtype="Float32"),
    "int64[pyarrow]": lambda g, n: holes(pd.Series(g.poisson(3, n), dtype="int64[pyarrow]"), g),
    "double[pyarrow]": lambda g, n: holes(pd.Series(g.normal(size=n), dtype="double[pyarrow]"), g),
    "bool[pyarrow]": lambda g, n: holes(pd.Series(g.random(n) < 0.5, dtype="bool[pyarrow]"), g),
    "string[pyarrow]": lambda g, n: holes(pd.Series(towns(g, n), dtype="string[pyarrow]"), g),
    "dictionary[pyarrow]": lambda g, n: pd.Series(towns(g, n)).astype(
        pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    ),
    "decimal[pyarrow]": lambda g, n: pd.Series(
        [Decimal(int(i)) / 100 for i in g.integers(-999, 999, n)],
        dtype=pd.ArrowDtype(pa.decimal128(9, 2)),
    ),
    "null[pyarrow]": lambda _, n: pd.Series([None] * n, dtype=pd.ArrowDtype(pa.null())),
    "whole floats": lambda g, n: holes(pd.Series(g.poisson(9, n).astype(float)), g),
    "flag with holes": lambda g, n: holes(pd.Series(g.integers(0, 2, n).astype(float)), g),
    "constant with holes": lambda g, n: holes(pd.Series(np.full(n, 7.5)), g),
    "nothing but holes": lambda _, n: pd.Series(np.full(n, np.nan)),
    "no object at all": lambda _, n: pd.Series([None] * n, dtype=object),
    "sparse": lambda g, n: pd.Series(g.poisson(0.3, n).astype(float)).astype(
        pd.SparseDtype("float64", 0.0)
    ),
    "sparse integers": lambda g, n: pd.Series(g.poisson(0.3, n)).astype("Sparse[int64]"),
    "days": lambda g, n: holes(pd.Series(days(g, n).astype("M8[ns]")), g),
    "days[s]": lambda g, n: pd.Series(days(g, n).astype("M8[s]")),
    "moments": lambda g, n: holes(pd.Series(moments(g, n)), g),
    "moments in New York": lambda g, n: holes(
        pd.Series(moments(g, n)).dt.tz_localize("UTC").dt.tz_convert("America/New_York"), g
    ),
    "days in New York": lambda g, n: holes(
        pd.Series(days(g, n).astype("M8[us]")).dt.tz_localize("America/New_York"), g
    ),
    "durations": lambda g, n: holes(pd.Series(60 * g.integers(0, 999, n).astype("m8[s]")), g),
    "timestamp[pyarrow]": lambda g, n: holes(
        pd.Series(days(g, n).astype("M8[us]")).astype("timestamp[us][pyarrow]"), g
    ),
    "timestamp with zone[pyarrow]": lambda g, n: holes(
        pd.Series(moments(g, n)).dt.tz_localize("UTC").astype("timestamp[ns, tz=UTC][pyarrow]"), g
    ),
    "date32[pyarrow]": lambda g, n: holes(
        pd.Series(days(g, n).astype("M8[s]")).astype("date32[day][pyarrow]"), g
    ),
    "duration[pyarrow]": lambda g, n: holes(
        pd.Series(g.integers(0, 10**6, n).astype("m8[ms]")).astype("duration[ms][pyarrow]"), g
    ),
}


def gaps(g: np.random.Generator, values: Any, dtype: Any = None) -> pl.Series:
    """Make a column of polars of which about a third is null."""
    return pl.Series([None if g.random() < 0.3 else v for v in values], dtype=dtype)


def counts(g: np.random.Generator, most: int, n: int, dtype: Any) -> pl.Series:
    """Make dates or durations out of whole numbers."""
    return gaps(g, g.integers(0, most, n).tolist(), pl.Int64).cast(dtype)


POLARS: dict[str, Maker] = {
    "Categorical": lambda g, n: gaps(g, towns(g, n).tolist(), pl.Categorical),
    "Categorical in the order of text": lambda g, n: gaps(
        g, towns(g, n).tolist(), pl.Categorical("lexical")
    ),
    "Enum": lambda g, n: gaps(
        g, towns(g, n).tolist(), pl.Enum(["Nice", "Rome", "Oslo", "Kyiv", "Bern"])
    ),
    "String": lambda g, n: gaps(g, towns(g, n).tolist(), pl.String),
    "many Strings": lambda g, n: pl.Series([f"z{i:03}" for i in g.geometric(0.02, n)]),
    "Boolean": lambda g, n: gaps(g, (g.random(n) < 0.3).tolist(), pl.Boolean),
    "Boolean without gaps": lambda g, n: pl.Series(g.random(n) < 0.3),
    "Null": lambda _, n: pl.Series([None] * n),
    "Null of an Enum": lambda _, n: pl.Series([None] * n, dtype=pl.Enum(["a", "b"])),
    "Int8": lambda g, n: gaps(g, g.integers(-128, 128, n).tolist(), pl.Int8),
    "Int64": lambda g, n: gaps(g, g.integers(-(2**52), 2**52, n).tolist(), pl.Int64),
    "UInt64": lambda g, n: gaps(g, (g.integers(0, 2**52, n) * 2).tolist(), pl.UInt64),
    "Float32": lambda g, n: gaps(g, g.normal(size=n).tolist(), pl.Float32),
    "Float64": lambda g, n: pl.Series(g.normal(size=n)),
    "whole Float64": lambda g, n: gaps(g, g.poisson(9, n).astype(float).tolist(), pl.Float64),
    "Decimal": lambda g, n: gaps(
        g, [Decimal(int(i)) / 100 for i in g.integers(-999, 999, n)], pl.Decimal(9, 2)
    ),
    "Date": lambda g, n: gaps(g, days(g, n).tolist(), pl.Date),
    "Time": lambda g, n: gaps(
        g, [dt.time(int(i) // 60, int(i) % 60) for i in g.integers(0, 1440, n)], pl.Time
    ),
    "Datetime": lambda g, n: counts(g, 10**15, n, pl.Datetime("ns")),
    "Datetime with zone": lambda g, n: counts(g, 10**15, n, pl.Datetime("us", "Europe/Oslo")),
    "Duration": lambda g, n: counts(g, 10**6, n, pl.Duration("ms")),
}
if hasattr(pl, "Categories"):
    POLARS["Categorical of named Categories"] = lambda g, n: gaps(
        g, towns(g, n).tolist(), pl.Categorical(pl.Categories("towns", physical=pl.UInt8))
    )
if hasattr(pl, "Int128"):
    POLARS["Int128"] = lambda g, n: gaps(g, g.integers(-(2**52), 2**52, n).tolist(), pl.Int128)


def categorical(schema: Schema) -> list[bool]:
    """Tell which columns a schema reads as categories."""
    return [adapter.n_categories is not None for adapter in schema.adapters]


def customers(
    n_majority: int = 150, n_minority: int = 40, seed: int = 0
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return customers of two classes that differ in every column, and their class."""
    g = np.random.default_rng(seed)
    y = np.repeat([0, 1], [n_majority, n_minority])
    n = len(y)
    income = np.round(g.lognormal(10 + y, 0.4, n), 2)
    frame = pd.DataFrame(
        {
            "age": g.integers(18, 90, n),
            "income": np.where(g.random(n) < np.where(y == 1, 0.6, 0.1), np.nan, income),
            "debts": np.where(g.random(n) < 0.5, 0.0, np.round(g.exponential(100, n), 1)),
            "town": np.where(g.random(n) < np.where(y == 1, 0.8, 0.2), "Oslo", "Rome"),
            "plan": pd.Categorical(
                g.choice(["S", "M", "L"], n), ["S", "M", "L", "XL"], ordered=True
            ),
            "member": g.random(n) < 0.3 + 0.4 * y,
            "since": np.datetime64("2020-01-01", "s") + 86_400 * g.integers(0, 900, n),
            "score": pd.array(g.integers(0, 9, n), dtype="Int64"),
            "last": np.where(y == 1, np.nan, g.normal(size=n)),
        }
    )
    frame["score"] = frame["score"].mask(g.random(n) < 0.2)
    order = g.permutation(n)
    return frame.iloc[order].reset_index(drop=True), y[order]
