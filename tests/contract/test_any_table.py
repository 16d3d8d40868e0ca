"""Tables as people have them: mixed types, missing values, frames of every library."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from mgvae_resample import FewRowsWarning, IdentifierWarning
from tests.contract.having import having
from tests.support import counts, known_fractions, quick_vae, table
from tests.tables.columns import PANDAS, POLARS, customers

LEARNED = {"max_pretrain_steps": 300, "max_finetune_steps": 300, "hidden_layer_sizes": (64, 64)}


def test_a_mixed_frame_comes_back_with_new_rows_like_its_own(quick):
    X, y = customers()
    before = X.copy(deep=True)
    X_res, y_res = quick().fit_resample(X, y)
    pd.testing.assert_frame_equal(X, before)
    pd.testing.assert_frame_equal(X_res.iloc[: len(X)], X)
    assert X_res.dtypes.equals(X.dtypes)
    assert counts(y_res) == {0: 150, 1: 150}
    new = X_res.iloc[len(X) :]
    assert set(new["plan"]) <= {"S", "M", "L"}
    assert set(new["town"]) <= {"Oslo", "Rome"}
    assert (new["since"] == new["since"].dt.normalize()).all()
    assert new["income"].dropna().between(X["income"].min(), X["income"].max()).all()
    assert new["age"].between(18, 90).all()
    assert new["last"].isna().all()
    assert not new[["age", "debts", "town", "plan", "member", "since"]].isna().any().any()


@pytest.mark.filterwarnings("ignore:No two rows share a value:UserWarning")
@pytest.mark.parametrize("kind", PANDAS)
def test_a_column_of_every_kind(quick, kind):
    g = np.random.default_rng(0)
    X = pd.DataFrame({"a": g.normal(size=80), "b": PANDAS[kind](g, 80)})
    y = np.repeat([0, 1], [60, 20])
    sampler = quick()
    X_res, _ = sampler.fit_resample(X, y)
    pd.testing.assert_frame_equal(X_res.iloc[:80], X)
    assert X_res.dtypes.equals(X.dtypes)
    assert sampler.sample(3, 1).dtypes.equals(X.dtypes)


@pytest.mark.parametrize("kind", POLARS)
def test_a_polars_column_of_every_kind(quick, kind):
    g = np.random.default_rng(0)
    X = pl.DataFrame({"a": g.normal(size=80), "b": POLARS[kind](g, 80)})
    y = np.repeat([0, 1], [60, 20])
    sampler = quick()
    X_res, _ = sampler.fit_resample(X, y)
    assert X_res[:80].equals(X)
    assert X_res.schema == X.schema
    assert sampler.sample(3, 1).schema == X.schema


@pytest.mark.parametrize(
    "kinds", [["str", "category", "bool"], ["str"], ["boolean"], ["many categories"]]
)
def test_tables_of_categories_alone(quick, kinds):
    g = np.random.default_rng(0)
    X = pd.DataFrame({kind: PANDAS[kind](g, 80) for kind in kinds})
    X_res, _ = quick().fit_resample(X, np.repeat([0, 1], [60, 20]))
    assert len(X_res) == 120
    for name in X:
        assert set(X_res[name].dropna()) == set(X[name].dropna())


def test_missing_values_are_as_frequent_as_in_the_class(quick):
    X, y = customers(600, 100)
    sampler = quick()
    if "max_steps" in sampler.get_params():
        # A game of a few steps refuses many rows, and those with a gap more often than others.
        sampler.set_params(max_steps=500, hidden_layer_sizes=(64,))
    X_res, _ = sampler.fit_resample(X, y)
    own, new = X[y == 1].isna().mean(), X_res.iloc[len(X) :].isna().mean()
    np.testing.assert_allclose(new, own, atol=0.06)
    np.testing.assert_allclose(sampler.sample(500, 1).isna().mean(), own, atol=0.08)


def test_values_are_missing_where_real_ones_are():
    g = np.random.default_rng(0)
    y = np.repeat([0, 1], [600, 150])
    cause = g.normal(size=750) + y
    answer = np.where(cause > 1, np.nan, g.normal(size=750))
    X = pd.DataFrame({"cause": cause, "answer": answer, "town": g.choice(["a", "b"], 750)})
    X.loc[X["cause"] > 1, "town"] = None
    new = quick_vae(**LEARNED).fit_resample(X, y)[0].iloc[750:]
    assert (
        new["cause"][new["answer"].isna()].mean() > new["cause"][new["answer"].notna()].mean() + 1
    )
    assert (new["answer"].isna() == new["town"].isna()).mean() > 0.8


def test_categories_are_those_of_the_class():
    X, y = customers(600, 150)
    new = quick_vae(**LEARNED).fit_resample(X, y)[0].iloc[750:]
    assert abs((new["town"] == "Oslo").mean() - 0.8) < 0.12
    assert abs(new["member"].mean() - 0.7) < 0.12


def test_a_column_of_very_many_categories(quick):
    g = np.random.default_rng(0)
    n = 100_000
    X = pd.DataFrame({"id": [f"customer {i}" for i in g.permutation(n)], "x": g.normal(size=n)})
    y = (g.random(n) < 0.01).astype(int)
    with pytest.warns(IdentifierWarning, match="'id'"):
        X_res, _ = quick(sampling_strategy={1: 2000}).fit_resample(X, y)
    assert set(X_res["id"].iloc[n:]) <= set(X["id"])


def test_integers_are_categories_only_when_named(quick):
    g = np.random.default_rng(0)
    X = np.column_stack([g.choice([2, 3, 5, 7, 11], 30), g.integers(0, 10**6, 30)])
    y = np.repeat([0, 1], [22, 8])
    for features in ([0], np.array([True, False])):
        X_res, _ = quick(categorical_features=features).fit_resample(X, y)
        assert X_res.dtype == X.dtype
        assert set(X_res[:, 0]) <= {2, 3, 5, 7, 11}
    X_res, _ = quick().fit_resample(X, y)
    assert set(X_res[:, 0]) <= set(range(2, 12))


@pytest.mark.parametrize(
    ("features", "error", "reason"),
    [
        (None, TypeError, "Column 'town'"),
        (["member"], TypeError, "Column 'town'"),
        (["village"], ValueError, "'village' is not a column"),
        ([99], ValueError, "index 99, but X has 9"),
        ("all", ValueError, "categorical_features"),
        (3, ValueError, "categorical_features"),
    ],
)
def test_wrong_categorical_features_are_refused(quick, features, error, reason):
    with pytest.raises(error, match=reason):
        quick(categorical_features=features).fit_resample(*customers())


def test_object_arrays_with_text(quick):
    frame, y = customers()
    X = frame[["age", "income", "town"]].to_numpy(dtype=object)
    X_res, _ = quick().fit_resample(X, y)
    assert X_res.dtype == object
    pd.testing.assert_frame_equal(pd.DataFrame(X_res[: len(X)]), pd.DataFrame(X))
    assert {type(v) for v in X_res[:, 0]} == {int}
    assert {type(v) for v in X_res[:, 1]} == {float}
    assert set(X_res[:, 2]) == {"Oslo", "Rome"}


def test_lists_with_text(quick):
    frame, y = customers()
    X = frame[["age", "town"]].to_numpy(dtype=object).tolist()
    X_res, _ = quick().fit_resample(X, y)
    assert X_res[: len(X)] == X
    assert isinstance(X_res, list)


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_sparse_tables_with_holes(quick, container):
    g = np.random.default_rng(0)
    X = np.where(g.random((80, 3)) < 0.6, 0.0, np.round(g.normal(size=(80, 3)), 2))
    X[::9, 1] = np.nan
    X_res, _ = quick().fit_resample(container(X), np.repeat([0, 1], [60, 20]))
    assert sparse.issparse(X_res)
    dense = X_res.toarray()
    np.testing.assert_array_equal(dense[:80], X)
    assert not np.isnan(dense[:, [0, 2]]).any()


def test_polars_in_polars_out(quick):
    frame, y = customers()
    X = pl.from_pandas(frame).with_columns(
        pl.col("plan").cast(pl.Enum(["S", "M", "L", "XL"])), pl.col("since").cast(pl.Date)
    )
    sampler = quick()
    X_res, y_res = sampler.fit_resample(X, pl.Series("class", y))
    assert X_res.schema == X.schema
    assert X_res[: len(X)].equals(X)
    assert y_res.name == "class"
    assert counts(y_res) == {0: 150, 1: 150}
    assert X_res["last"][len(X) :].is_null().all()
    assert sampler.sample(5, 1).schema == X.schema
    assert isinstance(sampler.fit_resample(X, y)[1], np.ndarray)
    with pytest.raises(TypeError, match="collect"):
        quick().fit_resample(X.lazy(), y)


@pytest.mark.parametrize("container", ["array", "list", "pandas", "polars"])
def test_labels_of_a_column_for_each_class_come_back_with_all_columns(quick, container):
    X, classes = table(50, 15, 20)
    classes = np.array([0, 1, 3])[classes]  # no row is of class 2
    ones = np.eye(4, dtype=int)[classes]
    make = {
        "array": lambda: (X, ones),
        "list": lambda: (X, ones.tolist()),
        "pandas": lambda: (pd.DataFrame(X), pd.DataFrame(ones == 1, columns=list("abcd"))),
        "polars": lambda: (pl.DataFrame(X), pl.DataFrame(ones, schema=list("abcd"))),
    }[container]
    rows, y = make()
    sampler = quick(sampling_strategy={1: 25, 3: 30})
    X_res, y_res = sampler.fit_resample(rows, y)
    expected = quick(sampling_strategy={1: 25, 3: 30}).fit_resample(X, classes)
    assert type(y_res) is type(y)
    if hasattr(y, "columns"):
        assert list(y_res.columns) == list(y.columns)
        assert list(y_res.dtypes) == list(y.dtypes)
    np.testing.assert_array_equal(np.asarray(X_res), expected[0])
    np.testing.assert_array_equal(np.asarray(y_res), np.eye(4)[expected[1]])
    assert sampler.classes_.tolist() == [0, 1, 3]
    assert len(sampler.sample(2, 3)) == 2


def test_translated_rows_and_codes_of_mixed_tables(quick):
    X, y = customers()
    sampler = quick()
    sampler.fit_resample(X, y)
    if hasattr(sampler, "translate"):
        assert sampler.translate(X[y == 0], 1).dtypes.equals(X.dtypes)
        with pytest.raises(ValueError, match="Column 'town' of X holds 'Bern'"):
            sampler.translate(X.assign(town="Bern"), 1)
    if hasattr(sampler, "infer_codes"):
        assert sampler.infer_codes(X).shape == (len(X), 2)
        assert sampler.traverse("c1").dtypes.equals(X.dtypes)


@pytest.mark.parametrize("n_minority", [1, 2, 3, 5])
def test_few_rows_of_mixed_tables(quick, n_minority):
    X, y = customers(60, n_minority)
    with pytest.warns(FewRowsWarning) if n_minority < 3 else nullcontext():
        X_res, _ = quick().fit_resample(X, y)
    new = X_res.iloc[len(X) :]
    assert new["last"].isna().all()
    assert new.dtypes.equals(X.dtypes)


def test_images_with_missing_pixels_are_refused_by_name(quick):
    X = np.random.default_rng(0).random((40, 4))
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="'x2' of X holds NaN"):
        quick(image_shape=(2, 2)).fit_resample(X, np.repeat([0, 1], 20))


@pytest.mark.parametrize("n_columns", [3, 4, 5])
@pytest.mark.parametrize("values", [list("abcde"), [0, 1, 2, 3, 4], [0.5, 1, 2, 4, 7.25]])
def test_rows_repeat_rows_of_the_class_as_often_as_further_rows_would(quick, values, n_columns):
    """Of three columns a third of further rows are repeats, of five hardly one is."""
    g = np.random.default_rng(0)
    X, held_out = (
        pd.DataFrame({name: g.choice(values, n) for name in "pqrst"[:n_columns]})
        for n in (250, 2000)
    )
    sampler = quick(**having(quick, **LEARNED, generated_fraction=1.0))
    new = sampler.fit_resample(X, np.repeat([0, 1], [200, 50]))[0].iloc[250:]
    assert "real" not in sampler.sample_kinds_
    repeats, further = (
        known_fractions(rows, X.iloc[200:], X.iloc[:200])[0] for rows in (new, held_out)
    )
    assert repeats == pytest.approx(further, abs=0.1)


def test_frames_in_another_order_are_refused(quick, binary):
    X, y = binary
    frame = pd.DataFrame(X)
    sampler = quick()
    sampler.fit_resample(frame, y)
    if hasattr(sampler, "translate"):
        call, args = sampler.translate, (1,)
    elif hasattr(sampler, "infer_codes"):
        call, args = sampler.infer_codes, ()
    else:
        pytest.skip("reads no rows after fitting")
    with pytest.raises(ValueError, match=r"Expected the columns \[0, 1, 2, 3\]"):
        call(frame[[1, 0, 2, 3]], *args)
    text = frame.astype(object)
    text.loc[3, 2] = "text"
    with pytest.raises(ValueError, match="Column '2' of X cannot be read"):
        call(text, *args)


def test_masked_arrays_and_series_are_refused(quick, binary):
    X, y = binary
    with pytest.raises(TypeError, match="Masked arrays"):
        quick().fit_resample(np.ma.masked_greater(X, 3), y)
    with pytest.raises(ValueError, match="2-dimensional"):
        quick().fit_resample(pd.Series(X[:, 0]), y)


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "polars"])
def test_images_in_frames_of_any_dtype(quick, dtype):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 4))
    X = pl.DataFrame(pixels) if dtype == "polars" else pd.DataFrame(pixels).astype(dtype)
    y = np.repeat([0, 1], [30, 10])
    X_res, _ = quick(image_shape=(2, 2)).fit_resample(X, y)
    expected, _ = quick(image_shape=(2, 2)).fit_resample(pixels, y)
    np.testing.assert_array_equal(X_res.to_numpy().astype(int), expected)


def test_durations_and_long_integers_in_object_arrays(quick):
    X = np.empty((40, 2), dtype=object)
    X[:, 0] = [2**60 + 1 + i for i in range(40)]
    X[:, 1] = [np.timedelta64(i % 3, "h") for i in range(40)]
    X_res, _ = quick().fit_resample(X, np.repeat([0, 1], [30, 10]))
    assert (X_res[:40] == X).all()
    assert X_res[40:, 0].min() >= 2**60 + 1
    assert set(X_res[:, 1]) == {np.timedelta64(i, "h") for i in range(3)}


def test_columns_named_by_tuples_and_columns_at_places(quick, binary):
    X, y = binary
    frame = pd.DataFrame(np.rint(X), columns=pd.MultiIndex.from_product([["a", "b"], [1, 2]]))
    by_name, _ = quick(categorical_features=[("b", 2)]).fit_resample(frame, y)
    by_place, _ = quick(categorical_features=[3]).fit_resample(frame, y)
    pd.testing.assert_frame_equal(by_name, by_place)
