"""New rows are such as further rows of their class would be, in every kind of table."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from tests.contract.drawn import discrete_table, fractions
from tests.contract.having import having
from tests.support import OURS, known_fractions

# A game of fewer steps makes so few rows of some kinds that refusals do not help.
PLAYED = {"max_steps": 300, "hidden_layer_sizes": (64, 64), "generated_fraction": 1.0}


@pytest.fixture
def generating(quick):
    """Return a sampler that generates all new rows of tables, after a short training."""
    params = having(quick, generated_fraction=1.0)
    if "max_steps" in quick().get_params():
        params = PLAYED
    return quick(**params)


def table_with_constants(n_rare):
    """Return a frame in which columns that vary are constant in class 1, and its labels."""
    random = np.random.default_rng(0)
    n = 150 + n_rare
    X = pd.DataFrame(
        {
            "number": random.normal(size=n),
            "whole": random.integers(0, 9, n),
            "bit": random.integers(0, 2, n),
            "town": random.choice(["Oslo", "Rome", "Bern"], n),
            "gap": np.where(random.random(n) < 0.3, np.nan, random.normal(size=n)),
            "free": random.normal(size=n),
        }
    )
    y = np.repeat([0, 1], [150, n_rare])
    X.loc[y == 1, ["number", "whole", "bit", "town", "gap"]] = [0.25, 7, 1, "Rome", np.nan]
    return X, y


@pytest.mark.parametrize("n_rare", [10, 40])
def test_columns_that_are_constant_in_a_class_are_constant_in_its_new_rows(quick, n_rare):
    X, y = table_with_constants(n_rare)
    sampler = quick()
    new = sampler.fit_resample(X, y)[0].iloc[len(X) :]
    kinds = ["number", "whole", "bit", "town", "gap"]
    for rows in (new, sampler.sample(50, 1)):
        expected = pd.concat([X.loc[y == 1, kinds].iloc[:1]] * len(rows), ignore_index=True)
        pd.testing.assert_frame_equal(rows[kinds].reset_index(drop=True), expected)
        assert rows["free"].nunique() > 10


def test_where_all_rows_of_a_class_are_one_point_new_rows_are_that_point(quick):
    X, y = table_with_constants(12)
    X = X.drop(columns="free")
    sampler = quick()
    new = sampler.fit_resample(X, y)[0].iloc[len(X) :]
    for rows in (new, sampler.sample(50, 1)):
        expected = pd.concat([X[y == 1].iloc[:1]] * len(rows), ignore_index=True)
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), expected)


@pytest.mark.parametrize("seed", range(3))
def test_new_rows_lie_in_cells_of_other_classes_no_more_often_than_further_rows(generating, seed):
    """Five switches: the rare class needs two of three and the fourth, six of 32 cells."""
    random = np.random.default_rng(seed)
    switches = random.integers(0, 2, (12_000, 5))
    is_hot = (switches[:, :3].sum(1) == 2) & (switches[:, 3] == 1)
    y = np.where(is_hot, random.random(12_000) < 0.6, 0).astype(int)
    X, labels, further = switches[:1000], y[:1000], switches[1000:][y[1000:] == 1]
    new = generating.fit_resample(X, labels)[0][1000:]
    of_others, expected = (
        known_fractions(rows, X[labels == 1], X[labels == 0])[1] for rows in (new, further)
    )
    assert of_others <= expected + 0.05


@pytest.mark.parametrize("seed", range(8))
def test_values_gaps_zeros_and_empty_rows_are_as_frequent_as_in_the_class(generating, seed):
    """In any table of few values: within four standard errors and 0.03."""
    if type(generating) not in OURS:
        pytest.skip("a copula keeps correlations, and promises no more")
    X, y = discrete_table(seed)
    new = generating.fit_resample(X, y)[0].iloc[len(X) :]
    found = fractions(new, X[y == 1])
    p = found["class"]
    error = np.sqrt(p * (1 - p) * (1 / (y == 1).sum() + 1 / len(new)))
    off = (found["new"] - p).abs() > 4 * error + 0.03
    assert not off.any(), found[off]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["text", "numbers"])
def test_empty_rows_stay(generating, kind, seed):
    """Where one row of six is empty in both classes, at least half as many new ones are."""
    random = np.random.default_rng(seed)
    y = np.repeat([0, 1], [400, 100])
    factor = random.normal(size=500) + y
    X = pd.DataFrame({name: factor + random.normal(size=500) for name in "abcd"})
    X = X.round().clip(-3, 3)
    if kind == "text":
        X = X.map("{:g}".format).astype(object)
    X[random.random(500) < 0.15] = np.nan
    new = generating.fit_resample(X, y)[0].iloc[500:]
    own, made = (rows.isna().all(axis=1).mean() for rows in (X[y == 1], new))
    assert made > 0.5 * own


def test_all_ways_to_draw_rows_draw_from_one_distribution(quick):
    """A forest does not tell them apart: three clusters, among rows of a wide class."""
    random = np.random.default_rng(0)
    centres = np.array([[-2, 0], [2, 0], [0, 2.5]])[np.arange(60) % 3]
    X = np.concatenate(
        [random.normal(0, 1.6, (300, 2)), centres + random.normal(0, 0.25, (60, 2))]
    )
    sampler = quick(sampling_strategy={1: 460})
    new = sampler.fit_resample(X, np.repeat([0, 1], [300, 60]))[0][len(X) :]
    drawn = sampler.sample(400, 1, random_state=1)
    met = sampler.sample(400, 1, where=lambda rows: np.ones(len(rows), bool), random_state=2)
    for some, others in ((new, drawn), (new, met), (drawn, met)):
        assert 0.4 < told_apart(some, others) < 0.6


def told_apart(some, others):
    """Return the area under the ROC curve of a forest that tells rows from others."""
    rows, source = np.concatenate([some, others]), np.repeat([0, 1], [len(some), len(others)])
    forest = RandomForestClassifier(50, random_state=0)
    p = cross_val_predict(forest, rows, source, cv=5, method="predict_proba")[:, 1]
    return roc_auc_score(source, p)
