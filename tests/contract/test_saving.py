"""Fitted samplers are saved without code by skops, and draw the same rows when they are loaded."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from imblearn.pipeline import make_pipeline
from scipy.sparse import csc_array, csr_matrix
from sklearn.linear_model import LogisticRegression

from mgvae_resample import OtherVersionWarning
from mgvae_resample._tables.plain import plain, restored
from tests.support import MAKERS, quick_sampler, table

SAVED = sorted(Path(__file__).parents[1].glob("saved/*-*.*"))
TRUSTED = (
    "mgvae_resample.",
    "tests.",
    "numpy.dtype",
    "torch.device",
    "polars.",
    "imblearn.pipeline.",
)


def loaded(fitted):
    """Dump and load, trusting the types that the saving page lists and no others."""
    data = skops.io.dumps(fitted)
    types = skops.io.get_untrusted_types(data=data)
    return skops.io.loads(data, trusted=[name for name in types if name.startswith(TRUSTED)])


def frame(container):
    """Return a data frame with a category, text, dates and missing numbers."""
    X, y = table(60, 20)
    columns = pd.DataFrame(X, columns=list("abcd"))
    columns["kind"] = pd.Categorical(np.where(X[:, 0] > 1, "high", "low"))
    columns["text"] = np.where(X[:, 1] > 1, "u", "v")
    columns["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(80), unit="D")
    columns["count"] = pd.array(np.where(X[:, 2] > 3, None, 7 * (X[:, 2] > 1)), dtype="Int64")
    if container == "polars":
        pl = pytest.importorskip("polars")
        return pl.from_pandas(columns), y
    return columns, y


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("name", MAKERS)
def test_frame(name, container):
    X, y = frame(container)
    sampler = MAKERS[name]()
    sampler.fit_resample(X, y)
    new, same = sampler.sample(8, label=1), loaded(sampler).sample(8, label=1)
    assert same.equals(new)
    assert list(same.dtypes) == list(new.dtypes)


@pytest.mark.parametrize("name", MAKERS)
def test_array_in_a_pipeline(name):
    X, y = table(60, 20, 15)
    model = make_pipeline(MAKERS[name](), LogisticRegression()).fit(X, y)
    twin = loaded(model)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    np.testing.assert_array_equal(twin[0].sample(8, label=2), model[0].sample(8, label=2))


@pytest.mark.parametrize("name", MAKERS)
def test_images(name):
    y = np.repeat([0, 1, 2], [120, 20, 15])
    X = np.random.default_rng(0).random((len(y), 30))
    sampler = MAKERS[name](image_shape=(5, 6))
    if "hidden_layer_sizes" in sampler.get_params():
        sampler.set_params(hidden_layer_sizes=(4,))
    sampler.fit_resample(X, y)
    np.testing.assert_array_equal(loaded(sampler).sample(8, label=2), sampler.sample(8, label=2))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("make", [csr_matrix, csc_array])
def test_sparse_rows(name, make):
    X, y = table(60, 15)
    sampler = quick_sampler(name)
    sampler.fit_resample(make(X), y)
    twin = loaded(sampler)
    np.testing.assert_array_equal(
        twin.sample(5, random_state=0), sampler.sample(5, random_state=0)
    )


def test_what_is_read_from_codes_is_saved():
    X, y = table(60, 20)
    sampler = MAKERS["BayesGANOverSampler"]()
    sampler.fit_resample(X, y)
    twin = loaded(sampler)
    assert twin.edge_scores_ == sampler.edge_scores_
    assert twin.structure_ == sampler.structure_
    np.testing.assert_array_equal(twin.infer_codes(X), sampler.infer_codes(X))


@pytest.mark.parametrize(
    "value",
    [
        pd.Index(["a", "b"], name="n"),
        pd.Index([1.5, np.nan]),
        pd.Index([1, "a", None], dtype=object),
        pd.Index([1, 2], dtype="Int64"),
        pd.RangeIndex(3, name="n"),
        pd.CategoricalDtype(["x", "y"], ordered=True),
        pd.SparseDtype(float, 0.0),
        pd.StringDtype("python"),
        pd.ArrowDtype.construct_from_string("timestamp[ns, tz=UTC][pyarrow]"),
        pd.IntervalDtype("float"),
        pd.NA,
        pd.NaT,
    ],
    ids=repr,
)
def test_objects_of_pandas_come_back_from_their_plain_form(value):
    form = plain(value)
    assert isinstance(form, list)
    assert not type(form[0]).__module__.startswith("pandas")
    found = restored(form)
    assert type(found) is type(value)
    assert (
        found.identical(value) if isinstance(value, pd.Index) else found is value or found == value
    )


@pytest.mark.parametrize(
    "value", [pd.MultiIndex.from_tuples([(1, 2)]), pd.date_range("2024", periods=2), "text", 3]
)
def test_what_would_not_come_back_exactly_stays_as_it_is(value):
    assert plain(value) is value
    assert restored(value) is value


def read(path):
    """Load a file that a version of this package saved, without what it warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix == ".pickle":
            return pickle.loads(path.read_bytes())
        unknown = skops.io.get_untrusted_types(file=path)
        return skops.io.load(path, trusted=[n for n in unknown if n.startswith(TRUSTED)])


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.name)
def test_what_earlier_versions_saved_still_draws_rows(path):
    new = read(path).sample(30, label=1)
    assert new.shape == (
        30,
        {"array": 4, "frame": 5, "rule": 6, "images": 16}[path.stem.split("-")[1]],
    )
    numbers = np.asarray(new)[:, :3].astype(float)
    assert np.isfinite(numbers).all()
    assert numbers.std() > 0


def test_there_is_a_file_of_each_kind():
    assert {path.name.rsplit("-", 1)[0] for path in SAVED} == {
        f"{method}-{kind}"
        for method in ("MGVAE", "BayesGAN")
        for kind in ("array", "frame", "rule", "images")
    }
    assert {path.suffix for path in SAVED} == {".pickle", ".skops"}


@pytest.mark.parametrize("name", MAKERS)
def test_a_sampler_of_another_version_says_so(name, monkeypatch):
    X, y = table(60, 20)
    sampler = MAKERS[name]()
    sampler.fit_resample(X, y)
    monkeypatch.setattr("mgvae_resample._base.__version__", "0.0.1")
    data = pickle.dumps(sampler)
    monkeypatch.undo()
    with pytest.warns(OtherVersionWarning, match=r"saved by version 0\.0\.1 .* fit it again"):
        twin = pickle.loads(data)
    np.testing.assert_array_equal(twin.sample(5, 1), sampler.sample(5, 1))
