"""Columns of a class hold the values and their gap, and are drawn by their kind."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from numpy.testing import assert_array_equal
from scipy import stats

from mgvae_resample.display import MarginalsDisplay
from tests.support import quick_vae, table


def test_marginals_hold_the_columns_and_their_gap(of_customers):
    sampler, X_res, y_res = of_customers
    shown = MarginalsDisplay.from_estimator(sampler, X_res, y_res)
    assert (shown.label, shown.n_rows) == (1, (40, 110))
    assert [m.column.name for m in shown.marginals] == list(X_res)
    real, synthetic = X_res[:190][y_res[:190] == 1], X_res[190:]
    for marginal in shown.marginals:
        name = marginal.column.name
        parts = real[name].dropna(), synthetic[name].dropna()
        assert [len(p) for p in parts] == [len(marginal.real), len(marginal.synthetic)]
        assert marginal.missing == (real[name].isna().mean(), synthetic[name].isna().mean())
        if marginal.column.column_type == "category":
            frequencies = [p.astype(str).value_counts(normalize=True) for p in parts]
            expected = frequencies[0].sub(frequencies[1], fill_value=0).abs().sum() / 2
        elif name == "last":
            expected = 0.0
        else:
            numbers = [p.astype("int64" if name == "since" else float) for p in parts]
            expected = stats.ks_2samp(*numbers).statistic
        assert marginal.gap == pytest.approx(expected)


def test_marginals_are_drawn_by_their_kind(of_customers):
    shown = MarginalsDisplay.from_estimator(*of_customers)
    axes = {m.column.name: ax for m, ax in zip(shown.marginals, shown.axes_, strict=True)}
    income = shown.marginals[1]
    line = axes["income"].lines[0]
    assert_array_equal(line.get_xdata()[1:], np.sort(income.real))
    assert_array_equal(line.get_ydata(), np.arange(len(income.real) + 1) / len(income.real))
    missing = "missing {:.0%} / {:.0%}".format(*income.missing)
    assert axes["income"].get_title() == f"income\ngap {income.gap:.2f} · {missing}"
    assert {t.get_text() for t in axes["town"].get_yticklabels()} == {"Oslo", "Rome"}
    assert len(axes["plan"].patches) == 6
    assert [t.get_text() for t in axes["last"].texts] == ["no values"]
    years = [t.get_text() for t in axes["since"].get_xticklabels()]
    assert {"2020", "2021"} <= set(years)


def test_columns_can_be_chosen(of_customers):
    def names(**params):
        shown = MarginalsDisplay.from_estimator(*of_customers, **params)
        return [m.column.name for m in shown.marginals], [m.difference for m in shown.marginals]

    assert names(columns=["plan", 0])[0] == ["plan", "age"]
    every, all_of_them = names()
    chosen, differences = names(max_columns=3)
    assert differences == sorted(all_of_them, reverse=True)[:3]
    assert set(chosen) < set(every)
    with pytest.raises(ValueError, match="no column 'salary'; the columns are age, income"):
        names(columns=["salary"])


def test_the_rarest_categories_are_one_bar():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=90), "long": rng.integers(0, 20, 90).astype(str)})
    X["long"] = "a category of a long name " + X["long"]
    y = np.repeat([0, 1], [60, 30])
    sampler = quick_vae()
    shown = MarginalsDisplay.from_estimator(sampler, *sampler.fit_resample(X, y))
    labels = [t.get_text() for t in shown.axes_[1].get_yticklabels()]
    assert len(labels) == 9
    assert labels[-1].endswith("others")
    assert all(len(label) <= 16 for label in labels)
    bars = shown.axes_[1].patches
    assert sum(bar.get_width() for bar in bars) == pytest.approx(2.0)


def test_a_column_that_is_missing_in_one_part_only_is_drawn():
    X, y = table(60, 30)
    X[y == 1, 0] = np.nan
    smote = SMOTE(random_state=0)
    smote.fit_resample(np.nan_to_num(X), y)
    X_res, y_res = np.concatenate([X, X[:30]]), np.append(y, np.ones(30, dtype=int))
    X_res[90:, 0] = 1.0
    shown = MarginalsDisplay.from_estimator(smote, X_res, y_res)
    assert shown.marginals[0].missing == (1.0, 0.0)
    assert len(shown.axes_[0].lines) == 1


@pytest.mark.parametrize(
    "names", [[10, 20, 30, 40], pd.MultiIndex.from_product([["a", "b"], ["c", "d"]])], ids=str
)
def test_columns_are_chosen_by_whatever_names_they_have(names):
    X, y = table(60, 15)
    X = pd.DataFrame(X, columns=names)
    sampler = quick_vae()
    resampled = sampler.fit_resample(X, y)
    shown = MarginalsDisplay.from_estimator(sampler, *resampled, columns=[X.columns[2]])
    assert_array_equal(shown.marginals[0].real, X.iloc[:, 2][y == 1])


def test_as_many_axes_as_panels_are_enough():
    X, y = table(60, 15, n_columns=5)
    sampler = quick_vae()
    _, axes = plt.subplots(1, 5)
    shown = MarginalsDisplay.from_estimator(sampler, *sampler.fit_resample(X, y), ax=axes)
    assert list(shown.axes_) == list(axes)
    with pytest.raises(ValueError, match="at least 5 Axes, got 4"):
        shown.plot(axes[:4])
