"""Discrete tables drawn at random, and how often their rows have each value."""

import numpy as np
import pandas as pd


def discrete_table(seed):
    """Return a frame of few values, labels, and a name: gaps, zeros and empty rows included.

    Columns depend on each other and on the class.
    """
    random = np.random.default_rng(seed)
    n_columns, n_rare = int(random.integers(2, 7)), int(random.integers(30, 201))
    y = np.repeat([0, 1], [3 * n_rare, n_rare])
    factor = random.normal(size=len(y)) + y
    columns = {}
    for i in range(n_columns):
        n_values = int(random.integers(2, 13))
        score = random.normal() * factor + random.normal(size=len(y))
        edges = np.sort(random.normal(size=n_values - 1))
        values = np.searchsorted(edges, score)
        if random.random() < 0.5:
            column = pd.Series([f"value {v}" for v in values], dtype=object)
        else:
            column = pd.Series(values * random.choice([1.0, 0.5]))
            column[random.random(len(y)) < random.choice([0.0, 0.4])] = 0.0
        column[random.random(len(y)) < random.choice([0.0, 0.1, 0.3])] = np.nan
        columns[f"column {i}"] = column
    X = pd.DataFrame(columns)
    if random.random() < 0.5:
        X[random.random(len(y)) < 0.15] = np.nan
    return X, y


def fractions(rows, of_class):
    """Return the fraction of each value, of gaps and of empty rows, by name, for two frames."""
    found = {}
    for name in of_class:
        for value in of_class[name].dropna().unique():
            found[f"{name} is {value}"] = [
                (some[name] == value).mean() for some in (rows, of_class)
            ]
        found[f"{name} is missing"] = [some[name].isna().mean() for some in (rows, of_class)]
    found["all are missing"] = [some.isna().all(axis=1).mean() for some in (rows, of_class)]
    return pd.DataFrame(found, index=["new", "class"]).T
