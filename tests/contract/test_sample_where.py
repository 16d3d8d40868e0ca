"""``sample(where=...)``: rows that meet a condition, with a bounded number of draws."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.contract.test_saving import frame
from tests.support import MAKERS, quick_gan, quick_vae, table


@pytest.fixture(params=MAKERS)
def fitted(request):
    """Return a sampler of each kind, fitted on an array."""
    sampler = MAKERS[request.param]()
    sampler.fit_resample(*table(80, 30))
    return sampler


def test_a_condition_that_is_no_function_is_refused(fitted):
    with pytest.raises(TypeError, match="'where' must be a function"):
        fitted.sample(5, where="age > 60")


def test_all_rows_meet_the_condition(fitted):
    middle = np.median(fitted.sample(200)[:, 0])
    rows = fitted.sample(300, where=lambda X: X[:, 0] > middle)
    assert rows.shape == (300, 4)
    assert (rows[:, 0] > middle).all()
    assert len(np.unique(rows, axis=0)) > 250


def test_same_seed_same_rows_and_another_seed_others(fitted):
    def where(X):
        return X[:, 1] > np.median(X[:, 1])

    first, again = fitted.sample(20, where=where), fitted.sample(20, where=where)
    np.testing.assert_array_equal(first, again)
    other = fitted.sample(20, where=where, random_state=7)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_a_data_frame_is_given_and_returned(container):
    X, y = frame(container)
    sampler = MAKERS["MGVAEOverSampler"]()
    sampler.fit_resample(X, y)
    high = sampler.sample(25, where=lambda rows: rows["kind"] == "high")
    assert type(high) is type(X)
    assert list(high.dtypes) == list(sampler.sample(5).dtypes)
    assert set(high["kind"]) == {"high"}
    assert len(high) == 25


def test_too_few_rows_is_an_error_that_says_how_many(fitted, monkeypatch):
    monkeypatch.setattr("mgvae_resample._base._MOST_DRAWN", 600)
    monkeypatch.setattr("mgvae_resample._base._MOST_DRAWN_PER_ROW", 10)
    with pytest.raises(ValueError, match=r"Only 0 of 768 rows drawn for class 1 meet .*5 were"):
        fitted.sample(5, where=lambda X: X[:, 0] > 1e9)


@pytest.mark.parametrize("answer", [np.ones(3, bool), np.arange(256), [[True] * 256]])
def test_a_condition_must_return_a_mask(fitted, answer):
    with pytest.raises(ValueError, match="'where' must return an array of 256 booleans"):
        fitted.sample(5, where=lambda X: answer)


def test_codes_steer_rows_that_meet_a_condition():
    sampler = quick_gan()
    sampler.fit_resample(*table(80, 30))
    low, high = (
        sampler.sample(40, codes={"c1": c}, where=lambda X: X[:, 0] > 0.0) for c in (-2.0, 2.0)
    )
    assert low.shape == high.shape == (40, 4)
    assert (high[:, 0] > 0.0).all()
    # With one seed all but the code is the same.
    assert not np.array_equal(low, high)


@pytest.mark.parametrize("container", ["pandas", "arrow", "polars"])
def test_where_a_value_is_missing_a_condition_on_it_is_not_met(container):
    X, y = table(80, 30)
    numbers = [None if i % 7 == 0 else int(10 * x) for i, x in enumerate(X[:, 0])]
    if container == "polars":
        rows = pl.DataFrame({"a": numbers, "b": X[:, 1]})
    else:
        dtype = "Int64" if container == "pandas" else "int64[pyarrow]"
        rows = pd.DataFrame({"a": pd.Series(numbers, dtype=dtype), "b": X[:, 1]})
    sampler = quick_vae()
    sampler.fit_resample(rows, y)
    found = sampler.sample(20, where=lambda rows: rows["a"] > 5)
    assert min(found["a"].to_list()) > 5


def test_a_condition_on_objects_may_miss_as_well():
    X, y = table(80, 30)
    words = pd.Series([None if i % 5 == 0 else "abc"[i % 3] for i in range(110)], dtype=object)
    sampler = quick_vae()
    sampler.fit_resample(pd.DataFrame({"v": X[:, 0], "t": words}), y)
    found = sampler.sample(10, where=lambda rows: rows["t"].str.startswith("a"))
    assert set(found["t"]) == {"a"}
    with pytest.raises(ValueError, match="returned dtype object"):
        sampler.sample(10, where=lambda rows: rows["t"])
