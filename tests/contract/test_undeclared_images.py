"""Columns that look like pixels of images that were not declared so are warned about."""

import re
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
    load_sample_images,
    load_wine,
    make_classification,
)

from mgvae_resample import ImageShapeWarning
from tests.support import quick_vae, table

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


def photographs(side=(16, 16), every=4):
    """Return pieces of photographs, of three colours."""
    g = np.random.default_rng(0)
    pieces = []
    for image in load_sample_images().images:
        image = image[::every, ::every]
        for _ in range(80):
            a, b = (g.integers(n - m) for n, m in zip(image.shape, side, strict=False))
            pieces.append(image[a : a + side[0], b : b + side[1]])
    return np.array(pieces)


def squares():
    """Return light squares at random places, mostly grey."""
    g = np.random.default_rng(0)
    images = np.zeros((200, 16, 16, 3))
    for image in images:
        a, b = g.integers(1, 9, 2)
        colour = [1, 1, 1] if g.random() < 0.9 else [1, 0, 0]
        image[a : a + 6, b : b + 6] = np.multiply(colour, g.uniform(0.5, 1))
    return images


def stripes():
    """Return images whose rows are of one intensity each."""
    rows = np.random.default_rng(0).random((200, 16, 1, 1))
    return rows.repeat(16, axis=2).repeat(3, axis=3)


# Images of shape (n, height, width, channels).
IMAGES = {
    "digits in colours": lambda: coloured().reshape(-1, 8, 8, 3),
    "grey digits": lambda: load_digits().images[..., None].repeat(3, axis=3),
    "photographs": photographs,
    "wide photographs": lambda: photographs((12, 32), 2),
    "squares": squares,
}
NO_IMAGES = {
    "noise": lambda: np.random.default_rng(0).random((200, 16, 16, 3)),
    "bright and dark": lambda: (
        np.random.default_rng(0).random((200, 1, 1, 1))
        + 0.1 * np.random.default_rng(1).random((200, 16, 16, 3))
    ),
    "stripes": stripes,
    "turned stripes": lambda: stripes().transpose(0, 2, 1, 3),
    "a few images": lambda: photographs()[:15],
}


def flat(images, channels_first=False):
    images = images.transpose(0, 3, 1, 2) if channels_first else images
    return images.reshape(len(images), -1)


def advised(message, X):
    """Do what a warning says: return the rows and the shape."""
    found = re.search(r"Try (X\S*\(.*\)) with image_shape=(\(.*?\))", message)
    code, shape = (
        found.groups() if found else ("X", re.search(r"Try image_shape=(\(.*?\))", message)[1])
    )
    return eval(code, {"X": X, "len": len}), tuple(map(int, re.findall(r"\d+", shape)))


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize("pixels_first", [False, True], ids=["pixels last", "pixels first"])
@pytest.mark.parametrize("shape_first", [False, True], ids=["shape last", "shape first"])
@pytest.mark.parametrize("name", IMAGES)
def test_channels_that_come_first_are_seen_and_what_is_said_helps(
    name, shape_first, pixels_first, container
):
    images = IMAGES[name]()
    height, width, n_channels = images.shape[1:]
    X = container(flat(images, pixels_first))
    shape = (n_channels, height, width) if shape_first else (height, width, n_channels)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(quick_vae, X, image_shape=shape)
    if not shape_first and not pixels_first:
        assert not caught
        return
    (warning,) = caught
    assert warning.category is ImageShapeWarning
    rows, declared = advised(str(warning.message), X)
    assert declared == (height, width, n_channels)
    assert np.array_equal(rows, flat(images))


@pytest.mark.parametrize("name", ["digits in colours", "grey digits", "squares"])
def test_channels_that_come_first_are_seen_where_no_shape_is_declared(quick, name):
    images = IMAGES[name]()
    X = flat(images, channels_first=True)
    with pytest.warns(ImageShapeWarning, match="channels come first") as caught:
        fit(quick, X)
    rows, declared = advised(str(caught[0].message), X)
    assert declared == images.shape[1:]
    assert np.array_equal(rows, flat(images))


@pytest.mark.parametrize("channels_first", [False, True])
@pytest.mark.parametrize("name", NO_IMAGES)
def test_images_without_a_likely_shape_are_those_that_are_declared(name, channels_first):
    images = NO_IMAGES[name]()
    height, width, n_channels = images.shape[1:]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for shape in ((height, width, n_channels), (n_channels, height, width)):
            fit(quick_vae, flat(images, channels_first), image_shape=shape)


def test_a_grey_channel_that_comes_first_is_left_out(quick):
    with pytest.warns(ImageShapeWarning, match=r"Try image_shape=\(8, 8\);"):
        fit(quick, load_digits().data, image_shape=(1, 8, 8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(quick, load_digits().data, image_shape=(8, 8, 1))


def test_a_first_side_of_many_pixels_is_a_height(quick):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X = flat(photographs((8, 9)).repeat(4, axis=3))
        fit(quick, X, image_shape=(8, 9, 12))
