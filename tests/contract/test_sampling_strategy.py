"""Every form of sampling_strategy gives exactly the rows it asks for, or says why not."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.support import counts


def double_the_rarest(y):
    classes, sizes = np.unique(y, return_counts=True)
    return {classes[sizes.argmin()]: 2 * sizes.min()}


def name(value):
    return getattr(value, "__name__", str(value))


THREE = [
    ("auto", [60, 60, 60]),
    ("not majority", [60, 60, 60]),
    ("minority", [60, 15, 60]),
    ("not minority", [60, 60, 8]),
    ("all", [60, 60, 60]),
    ({1: 30}, [60, 30, 8]),
    ({1: np.int64(16), 2: 8}, [60, 16, 8]),
    ({0: 70, 2: 9}, [70, 15, 9]),
    ({}, [60, 15, 8]),
    (double_the_rarest, [60, 15, 16]),
]


@pytest.mark.parametrize(("strategy", "expected"), THREE, ids=name)
def test_exact_numbers_of_three_classes(quick, three_classes, strategy, expected):
    X, y = three_classes
    sampler = quick(sampling_strategy=strategy)
    X_res, y_res = sampler.fit_resample(X, y)
    assert counts(y_res) == dict(enumerate(expected))
    assert len(X_res) == sum(expected)
    assert_array_equal(X_res[: len(X)], X)
    assert_array_equal(y_res[: len(y)], y)
    made = {c: n for c, n in sampler.n_synthetic_.items() if n}
    assert made == {c: n - counts(y)[c] for c, n in enumerate(expected) if n > counts(y)[c]}


@pytest.mark.parametrize(("ratio", "expected"), [(0.5, 30), (1.0, 60)])
def test_ratio_of_two_classes(quick, binary, ratio, expected):
    _, y_res = quick(sampling_strategy=ratio).fit_resample(*binary)
    assert counts(y_res) == {0: 60, 1: expected}


REFUSED = [
    ("majority", "Got 'majority' instead"),
    ("most", "Got 'most' instead"),
    (0.5, "binary"),
    ({1: 10}, "there is 15 samples and 10"),
    ({9: 100}, r"\{9\} target class is/are not"),
    ({1: 40.5}, r"40\.5"),
    ({1: 40.0}, r"40\.0"),
    ({1: "40"}, "'40'"),
    ({1: -3}, "negative.*-3"),
    ([1, 2], r"Got \[1, 2\] instead"),
    (None, "Got None instead"),
]


@pytest.mark.parametrize(("strategy", "reason"), REFUSED, ids=name)
def test_what_cannot_be_done_is_refused_with_the_reason(quick, three_classes, strategy, reason):
    with pytest.raises((ValueError, TypeError), match=reason):
        quick(sampling_strategy=strategy).fit_resample(*three_classes)


@pytest.mark.parametrize(
    ("ratio", "reason"),
    [(0.1, "ratio of 0.25"), (0.25, "ratio of 0.25"), (1.5, "Got 1.5 instead")],
)
def test_ratio_out_of_reach_is_refused(quick, binary, ratio, reason):
    with pytest.raises(ValueError, match=reason):
        quick(sampling_strategy=ratio).fit_resample(*binary)


def test_classes_are_made_in_the_order_of_their_labels(quick, three_classes):
    X, y = three_classes
    _, y_res = quick().fit_resample(X, y)
    assert_array_equal(y_res[len(y) :], np.repeat([1, 2], [45, 52]))


def test_a_function_is_called_once_a_fit(quick, binary):
    calls = []

    def strategy(y):
        calls.append(len(y))
        return {1: 20}

    quick(sampling_strategy=strategy).fit_resample(*binary)
    assert len(calls) == 1
