"""``fit`` checks data and forgets what was learned; what is not known is refused."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError

from tests.contract.having import needs
from tests.support import quick_sampler, table


def test_a_sampler_that_checked_another_table_draws_no_rows(quick, binary):
    X, y = binary
    sampler = quick()
    sampler.fit_resample(X, y)
    assert sampler.fit(1000 * X, y) is sampler
    with pytest.raises(NotFittedError, match="call fit_resample"):
        sampler.sample(4)
    assert not hasattr(sampler, "history_")


def test_a_check_that_fails_leaves_the_sampler_as_it_was(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    before = sampler.sample(4, random_state=0)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        sampler.fit(table(60, 15, n_columns=7)[0], np.zeros(3))
    assert sampler.n_features_in_ == 4
    assert_array_equal(sampler.sample(4, random_state=0), before)


def test_other_arguments_are_refused_as_by_smote(quick, binary):
    with pytest.raises(TypeError, match="sample_weight"):
        quick().fit_resample(*binary, sample_weight=np.ones(75))


def test_hidden_layer_sizes_may_be_an_array(quick, binary):
    needs(quick, "hidden_layer_sizes")
    X_res, _ = quick(hidden_layer_sizes=np.array([8, 4])).fit_resample(*binary)
    expected, _ = quick(hidden_layer_sizes=(8, 4)).fit_resample(*binary)
    assert_array_equal(X_res, expected)


def test_labels_may_be_times(quick, binary):
    X, y = binary
    times = np.array(["2024-01-01", "2024-01-02"], dtype="M8[ns]")
    X_res, y_res = quick().fit_resample(X, times[y])
    expected, numbers = quick().fit_resample(X, y)
    assert_array_equal(y_res, times[numbers])
    assert_array_equal(X_res, expected)


def test_nothing_of_an_earlier_fit_is_there_while_another_goes_on(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    seen = []

    def strategy(y):
        seen.append((hasattr(sampler, "sample_kinds_"), hasattr(sampler, "history_")))
        return {1: 30}

    sampler.set_params(sampling_strategy=strategy).fit_resample(*binary)
    assert set(seen) == {(False, False)}
    assert sampler.n_synthetic_ == {1: 15}


def test_a_function_that_asks_for_a_part_of_a_row_is_refused(quick, binary):
    with pytest.raises(ValueError, match="must be an integer"):
        quick(sampling_strategy=lambda y: {1: 20.5}).fit_resample(*binary)


def test_exemplars_are_one_class(binary):
    with pytest.raises(ValueError, match="The 'exemplars' parameter is"):
        quick_sampler("MGVAEOverSampler", exemplars=np.array([0, 1])).fit_resample(*binary)
