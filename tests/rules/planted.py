"""Tables with rules that were put into them, and what rows of them must obey."""

import numpy as np
import pandas as pd
import polars as pl

from mgvae_resample._rules.find import find_rules
from mgvae_resample._tables.columns import Columns
from mgvae_resample._tables.schema import Schema
from mgvae_resample._tables.table import Table

CITIES = [f"city {i}" for i in range(12)]
KINDS = [f"kind {i}" for i in range(4)]


def rules_in(X, categorical_features="auto"):
    """Return the rules of a table in any container."""
    schema, values = Schema.of(Table.of(X), categorical_features)
    return find_rules(Columns(schema.adapters, values))


def planted(n_common, n_rare, seed=0):
    """Return a frame with a rule of each kind, columns between them, and labels."""
    g, n = np.random.default_rng(seed), n_common + n_rare
    y = np.repeat([0, 1], [n_common, n_rare])
    start = np.datetime64("2020-01-01", "s") + 86_400 * g.integers(0, 900, n)
    kind, city = g.choice(4, n, p=[0.4, 0.3, 0.2, 0.1]), g.choice(12, n)
    net, job = np.round(g.lognormal(4 + y, 0.8), 2), g.choice(["none", "part", "full"], n)
    tax = np.round(net * g.choice([0.1, 0.3, 1.2], n) + g.random(n), 2)
    frame = pd.DataFrame({"age": g.integers(18, 90, n) + 3 * y, "start": start})
    frame["score"] = g.normal(size=n) + y
    frame["end"] = start + 86_400 * (g.geometric(0.1, n) - 1)
    for i in (2, 0, 3, 1):
        frame[KINDS[i]] = (kind == i).astype(int)
    frame["city"], frame["net"], frame["tax"] = np.array(CITIES)[city], net, tax
    frame["country"] = np.array(list("ABCD"))[city // 3]
    frame["gross"], frame["job"] = np.round(net + tax, 2), job
    frame["salary"] = np.where(job == "none", np.nan, np.round(g.lognormal(3, 0.5, n), 1))
    order = g.permutation(n)
    return frame.iloc[order].reset_index(drop=True), y[order]


def broken(rows):
    """Return the fraction of rows that break each rule of a planted frame."""
    country = rows["city"].map(dict(zip(CITIES, np.repeat(list("ABCD"), 3), strict=True)))
    return {
        "order": (rows["start"] > rows["end"]).mean(),
        "group": (rows[KINDS].sum(axis=1) != 1).mean(),
        "category": (rows["country"] != country).mean(),
        "gap": ((rows["job"] == "none") != rows["salary"].isna()).mean(),
        "sum": (~np.isclose(rows["gross"], rows["net"] + rows["tax"], rtol=0, atol=1e-9)).mean(),
    }


def in_container(frame, container):
    """Return a frame of numbers in another container."""
    if container == "polars":
        return pl.from_pandas(frame)
    return frame if container == "pandas" else frame.to_numpy(container)
