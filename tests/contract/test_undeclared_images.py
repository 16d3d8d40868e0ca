"""Columns that look like pixels are warned about, those of ordinary tables are not."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_linnerud,
    load_wine,
    make_classification,
)

from mgvae_resample import ImageShapeWarning
from tests.support import table

TABLES = {
    "breast cancer": lambda: load_breast_cancer().data,
    "diabetes": lambda: load_diabetes().data,
    "iris": lambda: load_iris().data,
    "linnerud": lambda: load_linnerud().data,
    "wine": lambda: load_wine().data,
    "redundant columns": lambda: make_classification(
        400, 100, n_informative=10, n_redundant=80, random_state=0
    )[0],
    "one factor": lambda: one_factor(64),
    "a random walk": lambda: np.random.default_rng(0).normal(size=(300, 256)).cumsum(axis=1),
    "waves": lambda: waves(400),
    "a few rows": lambda: load_digits().data[:15],
}


def one_factor(n_columns):
    """Return columns that are all alike."""
    g = np.random.default_rng(0)
    return g.random((300, 1)) + 0.1 * g.random((300, n_columns))


def waves(n_columns):
    """Return time series of one scale."""
    g = np.random.default_rng(0)
    t = np.linspace(0.0, 20.0, n_columns)
    return np.sin(t * (1.0 + 0.1 * g.normal(size=(300, 1))) + g.normal(size=(300, 1)))


def coloured():
    """Return digits in three colours."""
    X = load_digits().data
    return np.stack([X, 0.5 * X, 16.0 - X], axis=2).reshape(len(X), -1)


def fit(quick, X, **params):
    """Let a sampler check a table of two classes."""
    quick(**params).fit(X, np.arange(len(X)) % 4 == 0)


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize(
    ("X", "shape"),
    [
        (load_digits().data, "(8, 8)"),
        (coloured(), "(8, 8, 3)"),
    ],
    ids=["grey", "colour"],
)
def test_pixels_that_are_not_declared_are_warned_about(quick, X, shape, container):
    with pytest.warns(ImageShapeWarning) as caught:
        fit(quick, container(X))
    assert f"image_shape={shape}" in str(caught[0].message)


def test_declared_images_are_not(quick):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(quick, load_digits().data, image_shape=(8, 8))


@pytest.mark.parametrize("name", TABLES)
def test_ordinary_tables_are_not(quick, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(quick, TABLES[name]())


def test_shuffled_pixels_are_not(quick):
    X = load_digits().data[:, np.random.default_rng(0).permutation(64)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(quick, X)


def test_a_table_of_as_many_columns_that_are_no_numbers_is_not(quick):
    frame = pd.DataFrame(load_digits().data[:60]).astype({0: str})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(quick, frame)
    fit(quick, table(60, 15)[0])


@pytest.mark.parametrize("container", ["pandas", "Int64", "polars"])
def test_pixels_are_seen_in_frames(quick, container):
    X = pd.DataFrame(load_digits().data[:300].astype(int)).add_prefix("p")
    X = {"pandas": X, "Int64": X.astype("Int64"), "polars": pl.from_pandas(X)}[container]
    with pytest.warns(ImageShapeWarning, match=r"image_shape=\(8, 8\)"):
        fit(quick, X)


def test_frames_of_words_have_no_pixels(quick):
    X = pd.DataFrame(np.full((300, 64), "a")).add_prefix("p")
    X[::2] = "b"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(quick, X)
