"""The sampler works inside what users already have: pipelines, searches, ensembles."""

import numpy as np
import pytest
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.pipeline import Pipeline, make_pipeline
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler

from tests.contract.having import needs
from tests.support import counts


def test_clone_makes_the_same_rows(quick, binary):
    sampler = quick(sampling_strategy={1: 20})
    expected, _ = sampler.fit_resample(*binary)
    twin = clone(sampler)
    assert twin.get_params() == sampler.get_params()
    assert not hasattr(twin, "n_synthetic_")
    assert_array_equal(twin.fit_resample(*binary)[0], expected)


def test_pipeline_resamples_in_fit_only(quick, binary):
    X, y = binary
    model = make_pipeline(StandardScaler(), quick(), DummyClassifier(strategy="prior")).fit(X, y)
    assert model[-1].class_prior_.tolist() == [0.5, 0.5]
    assert model.predict(X).shape == (75,)


def test_pipeline_caches_the_resampled_table(quick, binary, tmp_path):
    X, y = binary

    def model():
        steps = [("sampler", quick()), ("classifier", LogisticRegression())]
        return Pipeline(steps, memory=str(tmp_path)).fit(X, y)

    first, second = model(), model()
    assert any(tmp_path.rglob("output.pkl"))
    assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    uncached = make_pipeline(quick(), LogisticRegression()).fit(X, y)
    assert_array_equal(uncached.predict_proba(X), second.predict_proba(X))


@pytest.mark.xdist_group("workers")
def test_grid_search_in_parallel_gives_the_same_scores(quick, binary):
    needs(quick, "learning_rate")
    X, y = binary
    model = make_pipeline(quick(), LogisticRegression())
    grid = {
        f"{model.steps[0][0]}__learning_rate": [1e-3, 1e-2],
        f"{model.steps[0][0]}__sampling_strategy": [0.5, 1.0],
    }

    def scores(n_jobs):
        search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=3, n_jobs=n_jobs)
        return search.fit(X, y).cv_results_["mean_test_score"]

    alone = scores(1)
    assert np.isfinite(alone).all()
    assert len(set(alone)) == 4
    assert_array_equal(scores(2), alone)


def test_cross_validation_without_a_seed(quick, binary):
    model = make_pipeline(quick(random_state=None), LogisticRegression())
    assert np.isfinite(cross_val_score(model, *binary, cv=3)).all()


def test_bagging_resamples_every_bag(quick, binary):
    X, y = binary
    model = BalancedBaggingClassifier(
        estimator=LogisticRegression(), sampler=quick(), n_estimators=2, random_state=0
    )
    model.fit(X, y)
    assert model.predict(X).shape == (75,)
    for member in model.estimators_:
        assert member.named_steps["sampler"].n_synthetic_[1] > 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_pipeline_may_end_with_the_sampler(quick, three_classes, n_classes):
    X, y = three_classes
    keep = y < n_classes
    _, y_res = make_pipeline(StandardScaler(), quick()).fit_resample(X[keep], y[keep])
    assert counts(y_res) == dict.fromkeys(range(n_classes), 60)
