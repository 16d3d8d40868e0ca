"""New rows obey the rules of the table: by the encoding, and by drawing again."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgvae_resample import ColumnRuleWarning
from mgvae_resample._encoding.tabular import TabularEncoding
from mgvae_resample._tables.table import Table
from mgvae_resample.diagnostics import rule_violation_rate
from tests.rules.planted import broken, planted, rules_in
from tests.support import quick_gan, quick_sampler, quick_vae, table

SORTS = ("order", "dates", "group", "category", "gaps", "sum", "difference", "equal")


@st.composite
def tables(draw):
    """Draw a frame with rules of some kinds in random places, gaps in it, and labels."""
    g = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(200, 400))
    parts = []
    for i, sort in enumerate(draw(st.lists(st.sampled_from(SORTS), min_size=1, max_size=4))):
        first, few = np.round(g.normal(0, 10, n), 2), g.integers(0, 4, n)
        codes = np.array([f"{i} code {k}" for k in range(8)])[g.integers(0, 8, n)]
        later = np.datetime64("2020-01-01", "s") + 86_400 * g.integers(0, 90, n)
        parts += {
            "order": [first, np.round(first + g.exponential(5, n), 2)],
            "dates": [later, later + 86_400 * g.integers(0, 30, n)],
            "group": [(few == k).astype(int) for k in range(draw(st.integers(2, 4)))],
            "category": [
                codes,
                np.where(
                    np.char.endswith(codes, "0") | np.char.endswith(codes, "5"), "low", "high"
                ),
            ],
            "gaps": [
                codes,
                np.where(
                    np.char.endswith(codes, "1") | np.char.endswith(codes, "2"), np.nan, first
                ),
            ],
            "sum": [first, np.round(g.normal(0, 3, n), 1), None],
            "difference": [few, g.integers(0, 9, n), None],
            "equal": [first, first.copy()],
        }[sort]
        if parts[-1] is None:
            parts[-1] = np.round(parts[-3] + {"sum": 1, "difference": -1}[sort] * parts[-2], 2)
    parts += [g.normal(size=n), g.choice(list("pqr"), n)]
    order = g.permutation(len(parts))
    X = pd.DataFrame({f"column {j}": parts[i] for j, i in enumerate(order)})
    for name in X.columns[g.random(len(parts)) < draw(st.sampled_from([0.0, 0.3]))]:
        gap = g.random(n) < 0.05
        if X[name].dtype.kind == "i":
            X[name] = X[name].astype(float)
        X[name] = X[name].mask(gap)
    return X, np.repeat([0, 1], [n - 60, 60])[g.permutation(n)]


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 2**32 - 1))
def test_random_encoded_rows_are_decoded_to_rows_that_obey_or_are_refused(drawn, seed):
    X, _ = drawn
    encoding = TabularEncoding(finds_rules=True).fit(Table.of(X))
    own = encoding.encode(Table.of(X))
    pd.testing.assert_frame_equal(encoding.decode(own).native, X)
    assert encoding.obey(own).all()
    # Each column is drawn on its own, gaps included.
    g = np.random.default_rng(seed)
    rows = np.column_stack([column[g.permutation(len(X))] for column in own.T])
    new, obeys = encoding.decode(rows).native, encoding.obey(rows)
    assert rule_violation_rate(X, new) == pytest.approx(1 - obeys.mean())
    for rule in encoding.rules.groups:
        if rule.is_category:
            names = X.columns[list(rule.members)]
            assert rule_violation_rate(X[names], new[names]) == 0.0


@settings(max_examples=12, deadline=None)
@given(tables(), st.sampled_from([quick_vae, quick_gan]))
def test_every_new_row_of_a_drawn_table_obeys(drawn, make):
    X, y = drawn
    sampler = make(max_steps=100) if make is quick_gan else make()
    X_res, _ = sampler.fit_resample(X, y)
    assert sampler.rules_ == rules_in(X).words
    assert rule_violation_rate(X, X_res.iloc[len(X) :]) == 0.0
    assert rule_violation_rate(X, sampler.sample(50, 1)) == 0.0


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_new_rows_obey_what_was_planted(quick, container):
    X, y = planted(300, 80)
    given_ = pl.from_pandas(X) if container == "polars" else X
    sampler = quick()
    X_res, _ = sampler.fit_resample(given_, y)
    many = [sampler.sample(60, 1)]
    if hasattr(sampler, "translate"):
        many.append(sampler.translate(given_[:60], 1))
    many.append(sampler.sample(20, 1, where=lambda rows: np.asarray(rows["age"]) > 40))
    for rows in (X_res[len(X) :], *many):
        frame = rows.to_pandas() if container == "polars" else rows
        assert set(broken(frame).values()) == {0.0}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_new_rows_of_arrays_obey(quick, dtype):
    g = np.random.default_rng(0)
    low, kind = g.integers(0, 90, 300), g.integers(0, 3, 300)
    bits, step = (kind[:, None] == np.arange(3)) * 1, g.integers(0, 20, 300)
    X = np.column_stack([low, bits[:, 0], low + step, bits[:, 1:], step]).astype(dtype)
    sampler = quick()
    new = sampler.fit_resample(X, np.repeat([0, 1], [240, 60]))[0][300:]
    assert new.dtype == X.dtype
    assert (new[:, 0] <= new[:, 2]).all()
    assert (new[:, [1, 3, 4]].sum(axis=1) == 1).all()
    assert (new[:, 0] + new[:, 5] == new[:, 2]).all()
    assert len(sampler.rules_) == 2


def test_without_rules_nothing_is_found_or_kept(quick):
    X, y = planted(300, 80)
    sampler = quick(rules=None)
    new = sampler.fit_resample(X, y)[0].iloc[len(X) :]
    assert sampler.rules_ == []
    assert broken(new)["sum"] > 0.5


def test_tables_without_rules_are_resampled_as_if_none_were_looked_for(quick):
    X, y = table(80, 20)
    plain, looked = (quick(rules=rules).fit_resample(X, y)[0] for rules in (None, "auto"))
    np.testing.assert_array_equal(plain, looked)


def test_classes_that_are_not_learned_obey(quick):
    X, y = planted(200, 2)
    with pytest.warns(UserWarning, match="at least 3 are needed"):
        new = quick().fit_resample(X, y)[0].iloc[len(X) :]
    assert set(broken(new).values()) == {0.0}


def test_a_value_that_is_constant_in_a_class_stays_so_beside_its_dependency(quick):
    X, y = planted(400, 100)
    X.loc[y == 1, "city"] = np.where(X["city"][y == 1] < "city 3", "city 0", "city 1")
    X.loc[y == 1, "country"] = "A"
    new = quick().fit_resample(X, y)[0].iloc[len(X) :]
    assert set(new["country"]) == {"A"}
    assert broken(new)["category"] == 0.0


def test_rows_that_cannot_obey_are_announced(quick):
    """Orders that a column on its own meets in one of millions of rows."""
    g = np.random.default_rng(0)
    X = np.sort(g.normal(size=(300, 12)), axis=1) * 1e-3 + g.permutation(300)[:, None]
    y = np.repeat([0, 1], [240, 60])
    sampler = quick()
    with pytest.warns(
        ColumnRuleWarning, match=r"of 180 new rows \(\d.*%\) break one of the rules"
    ):
        X_res, _ = sampler.fit_resample(X, y)
    assert rule_violation_rate(X, X_res[300:]) > 0


def test_equal_values_in_order_stay_as_frequent():
    """Customers of the first month, a fifth, have paid one monthly charge."""
    g = np.random.default_rng(0)
    y = np.repeat([0, 1], [800, 300])
    monthly, months = np.round(g.uniform(20, 90, 1100), 2), g.geometric(0.2, 1100)
    X = pd.DataFrame({"monthly": monthly, "paid": np.round(monthly * months, 2)})
    sampler = quick_vae(max_pretrain_steps=200, max_finetune_steps=100)
    new = sampler.fit_resample(X, y)[0].iloc[1100:]
    assert (new["monthly"] <= new["paid"]).all()
    equal, own = ((rows["monthly"] == rows["paid"]).mean() for rows in (new, X[y == 1]))
    assert equal == pytest.approx(own, abs=0.1)
    off = sampler.set_params(rules=None).fit_resample(X, y)[0].iloc[1100:]
    assert (off["monthly"] == off["paid"]).mean() < 0.5 * own


def test_rows_to_translate_must_obey_their_groups():
    X, y = planted(200, 60)
    sampler = quick_vae()
    sampler.fit_resample(X, y)
    with pytest.raises(ValueError, match="exactly one of kind 2"):
        sampler.translate(X.assign(**{"kind 1": 1}), 1)


def test_images_and_the_published_method_have_no_rules():
    X = np.sort(np.random.default_rng(0).random((60, 4)), axis=1)
    y = np.repeat([0, 1], [45, 15])
    for params in ({"image_shape": (2, 2)}, {"variant": "published"}):
        sampler = quick_sampler("MGVAEOverSampler", **params)
        sampler.fit_resample(X, y)
        assert sampler.rules_ == []


def test_wrong_parameters_are_refused(quick):
    with pytest.raises(ValueError, match="'rules' parameter"):
        quick(rules="all").fit_resample(*table(30, 10))
