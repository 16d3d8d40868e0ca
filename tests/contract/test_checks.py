"""The samplers pass every check that imbalanced-learn and scikit-learn have for samplers."""

import numpy as np
import pandas as pd
import pytest
from imblearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)
from sklearn.utils.estimator_checks import parametrize_with_checks as parametrize_with_sklearn

from tests.contract.having import needs
from tests.support import MAKERS


@parametrize_with_checks([make() for make in MAKERS.values()])
def test_imbalanced_learn(estimator, check):
    check(estimator)


@parametrize_with_sklearn([make() for make in MAKERS.values()])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", MAKERS)
def test_parameters_are_validated_by_name(name):
    check_param_validation(name, MAKERS[name]())


@pytest.mark.parametrize("name", MAKERS)
def test_column_names_are_checked(name):
    check_dataframe_column_names_consistency(name, MAKERS[name]())


def test_feature_names_out_are_those_of_the_table(quick, binary):
    X, y = binary
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    sampler = quick()
    sampler.fit_resample(frame, y)
    assert sampler.get_feature_names_out().tolist() == ["a", "b", "c", "d"]


def test_feature_names_out_without_names(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    assert sampler.get_feature_names_out().tolist() == ["x0", "x1", "x2", "x3"]


def test_fit_validates_and_does_not_train(quick, binary):
    sampler = quick().fit(*binary)
    assert dict(sampler.sampling_strategy_) == {1: 45}
    assert not hasattr(sampler, "history_")


@pytest.mark.parametrize(
    "name",
    [
        "classes_",
        "device_",
        "history_",
        "n_steps_",
        "n_synthetic_",
        "source_indices_",
        "stop_reason_",
    ],
)
def test_fitted_attributes_exist_after_training_only(quick, binary, name):
    sampler = quick()
    assert not hasattr(sampler, name)
    sampler.fit_resample(*binary)
    assert hasattr(sampler, name)


def test_parameters_are_stored_as_given(quick):
    needs(quick, "hidden_layer_sizes")
    sizes = [16, 8]
    sampler = quick(hidden_layer_sizes=sizes, random_state=np.random.RandomState(0))
    assert sampler.get_params()["hidden_layer_sizes"] is sizes
