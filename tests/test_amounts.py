"""Amounts suit any number of classes, any over-sampler, clones, pickles and grids."""

import pickle

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from mgvae_resample import MultiplyBy, RaiseTo
from tests.support import counts, table

SIZES = [100, 60, 8]
EXPECTED = [
    (RaiseTo(), [100, 100, 100]),
    (RaiseTo(0.5), [100, 60, 50]),
    (RaiseTo(0.25), [100, 60, 25]),
    (RaiseTo(0.01), [100, 60, 8]),
    (MultiplyBy(1), [100, 60, 8]),
    (MultiplyBy(1.5), [100, 90, 12]),
    (MultiplyBy(4), [100, 100, 32]),
]
over_samplers = pytest.mark.parametrize(
    "other", [SMOTE(random_state=0), RandomOverSampler(random_state=0)]
)


@pytest.mark.parametrize(("amount", "expected"), EXPECTED, ids=str)
def test_exact_numbers(quick, amount, expected):
    X, y = table(*SIZES)
    assert counts(quick(sampling_strategy=amount).fit_resample(X, y)[1]) == dict(
        enumerate(expected)
    )


@pytest.mark.parametrize(("amount", "expected"), EXPECTED, ids=str)
@over_samplers
def test_the_samplers_of_imbalanced_learn_take_them(other, amount, expected):
    X, y = table(*SIZES)
    sampler = other.set_params(sampling_strategy=amount)
    assert counts(sampler.fit_resample(X, y)[1]) == dict(enumerate(expected))


@pytest.mark.parametrize("convert", [np.asarray, list, lambda y: np.array(["a", "b", "c"])[y]])
def test_labels_of_any_kind(convert):
    y = convert(table(*SIZES)[1])
    assert list(RaiseTo(0.5)(y).values()) == [50]


@pytest.mark.parametrize("amount", [RaiseTo(0.3), MultiplyBy(3)], ids=str)
def test_clones_pickles_and_prints(amount):
    y = table(*SIZES)[1]
    for twin in (clone(amount), pickle.loads(pickle.dumps(amount)), eval(repr(amount))):
        assert twin.get_params() == amount.get_params()
        assert twin(y) == amount(y)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (RaiseTo(0), "'ratio' parameter of RaiseTo must be .* Got 0"),
        (RaiseTo(1.5), "'ratio' parameter of RaiseTo must be .* Got 1.5"),
        (RaiseTo("half"), "'half'"),
        (RaiseTo(float("nan")), "nan"),
        (MultiplyBy(0.5), "'factor' parameter of MultiplyBy must be .* Got 0.5"),
        (MultiplyBy(None), "None"),
    ],
    ids=str,
)
def test_what_is_no_amount_is_refused(quick, amount, reason):
    with pytest.raises(ValueError, match=reason):
        quick(sampling_strategy=amount).fit_resample(*table(*SIZES))


def test_a_grid_searches_amounts_and_their_parameters(quick, binary):
    X, y = binary
    model = Pipeline([("sampler", quick()), ("classifier", LogisticRegression())])
    grid = [
        {"sampler": ["passthrough"]},
        {"sampler__sampling_strategy": [RaiseTo(0.5), MultiplyBy(2)]},
        {
            "sampler__sampling_strategy": [RaiseTo()],
            "sampler__sampling_strategy__ratio": [0.4, 0.9],
        },
    ]
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 5
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_ratio_that_is_too_small_names_the_smallest_one_and_the_way_out(quick, binary):
    with pytest.raises(ValueError, match=r"ratio of 0\.25 already.*RaiseTo\(0\.1\)"):
        quick(sampling_strategy=0.1).fit_resample(*binary)


def test_a_ratio_of_many_classes_names_the_way_out(quick, three_classes):
    with pytest.raises(ValueError, match=r"3 classes.*RaiseTo\(0\.5\)"):
        quick(sampling_strategy=0.5).fit_resample(*three_classes)
