"""Columns in which every value is its own are warned about, by name."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from mgvae_resample import IdentifierWarning
from tests.support import table

N = 75


def frame(**columns):
    """Return a data frame of numbers and some columns more."""
    X, _ = table(60, 15)
    return pd.DataFrame(X, columns=list("abcd")).assign(**columns)


def check(quick, X):
    quick().fit(X, np.arange(len(X)) % 4 == 0)


@pytest.mark.parametrize(
    "values",
    [
        [f"customer {i}" for i in range(N)],
        np.random.default_rng(0).permutation(10**6)[:N],
        pd.array(range(N), dtype="Int64"),
        pd.Categorical([f"{i:03}" for i in range(N)]),
    ],
    ids=["text", "integers", "nullable", "category"],
)
def test_identifiers_are_named(quick, values):
    with pytest.warns(IdentifierWarning, match=r"columns \['customer_id'\] of X.*drop"):
        check(quick, frame(customer_id=values))


def test_integers_of_arrays_too(quick):
    X = np.random.default_rng(0).integers(0, 9, (N, 3))
    X[:, 1] = np.arange(N)
    with pytest.warns(IdentifierWarning, match=r"\['x1'\]"):
        check(quick, X)


@pytest.mark.parametrize(
    "X",
    [
        frame(text=[f"kind {i // 2}" for i in range(N)]),
        frame(number=np.arange(N) // 2),
        frame(day=pd.date_range("2024-01-01", periods=N)),
        frame(float=np.arange(N) / 7),
        frame(some=pd.array([None, *range(N - 1)], dtype="Int64")),
        frame(id=np.arange(N)).iloc[:40],
        load_breast_cancer(as_frame=True).data,
        load_diabetes(as_frame=True).data,
        load_wine(as_frame=True).data,
    ],
    ids=["text", "integers", "dates", "floats", "gaps", "few rows", "cancer", "diabetes", "wine"],
)
def test_ordinary_columns_are_not(quick, X):
    with warnings.catch_warnings():
        warnings.simplefilter("error", IdentifierWarning)
        check(quick, X)
