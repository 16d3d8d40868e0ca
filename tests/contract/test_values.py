"""Synthetic values live where real values live, so that no classifier tells rows by rounding."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from tests.support import quick_vae, table


@pytest.fixture
def sizes():
    """150 rows of class 0, 40 of class 1, four columns around 0 and around 2."""
    return table(150, 40, seed=1)


# Enough to move from the majority to the minority.
LEARNED = {"max_pretrain_steps": 200, "max_finetune_steps": 200, "learning_rate": 0.01}


def synthetic(X, y, **params):
    X_res, _ = quick_vae(**params).fit_resample(X, y)
    return X_res[len(X) :]


def test_values_stay_inside_the_observed_range(sizes):
    X, y = sizes
    X = np.exp(X * [0.1, 1.0, 2.0, 3.0])
    rows = synthetic(X, y)
    assert (rows >= X.min(axis=0)).all()
    assert (rows <= X.max(axis=0)).all()


def test_integers_are_rounded_not_truncated(sizes):
    X, y = sizes
    whole = np.rint(X * 3).astype(np.int64)
    rows = synthetic(whole, y, **LEARNED)
    assert rows.dtype == np.int64
    minority = whole[y == 1]
    assert abs(rows.mean() - minority.mean()) < 0.5 * minority.std()


def test_whole_numbers_in_float_columns_stay_whole(sizes):
    X, y = sizes
    rows = synthetic(np.rint(X * 20), y)
    assert (rows == np.rint(rows)).all()


@pytest.mark.parametrize("step", [0.1, 0.25, 5.0, 0.001])
def test_quantised_columns_keep_their_resolution(sizes, step):
    X, y = sizes
    X = np.round(X * 10 * step / step) * step
    X = np.round(X, 6)
    rows = synthetic(X, y)
    assert np.isin(rows, np.round(np.arange(-2000, 2000) * step, 6)).all()


def test_multiples_of_five_stay_multiples_of_five(sizes):
    X, y = sizes
    rows = synthetic(5 * np.rint(X * 10).astype(np.int32), y)
    assert (rows % 5 == 0).all()


def test_single_precision_columns_keep_their_decimals(sizes):
    X, y = sizes
    X = np.round(X, 1).astype(np.float32)
    rows = synthetic(X, y)
    assert np.isin(rows, np.round(np.arange(-200, 200) * 0.1, 1).astype(np.float32)).all()


def test_columns_of_few_values_have_no_others(sizes):
    X, y = sizes
    few = np.array([1.0, 2.0, 7.5, 30.0])
    X = few[np.digitize(X, [-0.5, 0.7, 2.0])]
    rows = synthetic(X, y)
    assert np.isin(rows, few).all()
    assert len(np.unique(rows)) > 1


def test_binary_columns_stay_binary(sizes):
    X, y = sizes
    X[:, 1] = np.where(X[:, 1] > 1, 4.0, -3.0)
    X[:, 2] = X[:, 2] > 1
    rows = synthetic(X, y)
    assert set(rows[:, 1]) == {4.0, -3.0}
    assert set(rows[:, 2]) == {0.0, 1.0}


def test_constant_columns_stay_constant(sizes):
    X, y = sizes
    X[:, 0] = 0.1
    assert set(synthetic(X, y)[:, 0]) == {0.1}


def test_exact_zeros_stay_exact_zeros(sizes):
    X, y = sizes
    X = np.where(X > 1, X, 0.0)
    rows = synthetic(X, y, **LEARNED)
    real, made = np.mean(X[y == 1] == 0), np.mean(rows == 0)
    assert real > 0.15
    assert abs(real - made) < 0.25
    assert np.mean((rows != 0) & (rows < X[X > 0].min())) < 0.02


def test_bytes_do_not_wrap_around():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.integers(90, 221, (60, 9)), rng.integers(100, 210, (15, 9))])
    X, y = X.astype(np.uint8), np.repeat([0, 1], [60, 15])
    for image_shape in (None, (3, 3)):
        rows = synthetic(X, y, image_shape=image_shape)
        assert rows.dtype == np.uint8
        assert rows.min() >= 90
        assert rows.max() <= 220


@pytest.mark.parametrize(
    ("scale", "dtype"),
    [(1, np.int64), (1, np.float64), (15, np.uint8), (1 / 16, np.float32), (255 / 16, np.float64)],
    ids=["0..16", "0..16 floats", "bytes", "unit floats", "0..255 floats"],
)
def test_pixels_of_every_scale(digits, scale, dtype):
    X, y = digits
    X = (X * scale).astype(dtype)
    rows = synthetic(X, y, image_shape=(8, 8))
    assert rows.dtype == dtype
    assert np.isin(rows, np.unique(X)).all()
    assert (rows[:, X.max(axis=0) == 0] == 0).all()
    black, black_made = np.mean(X[y == 1] == 0), np.mean(rows == 0)
    assert abs(black - black_made) < 0.15


@pytest.mark.parametrize("low", [-1.0, 0.0, 3.0])
def test_images_with_channels_and_any_range(low):
    rng = np.random.default_rng(0)
    X = np.tanh(np.abs(rng.normal(size=(80, 12)))) + low
    rows = synthetic(X, np.repeat([0, 1], [60, 20]), image_shape=(2, 2, 3))
    assert (rows >= X.min(axis=0)).all()
    assert (rows <= X.max(axis=0)).all()
    assert len(np.unique(rows)) > 100


@pytest.mark.parametrize("decimals", [0, 1, 2])
def test_a_forest_finds_nothing_in_the_rounding(sizes, decimals):
    X, y = sizes
    X = np.round(np.where(X > 0.5, X, 0.0), decimals)
    real, made = X[y == 1], synthetic(X, y)
    scaled = np.concatenate([real, made]) * 10.0**decimals
    rounding = np.abs(scaled - np.rint(scaled))
    truth = np.repeat([0, 1], [len(real), len(made)])
    forest = RandomForestClassifier(20, max_depth=3, random_state=0)
    chance = cross_val_predict(forest, rounding > 1e-9, truth, cv=4, method="predict_proba")[:, 1]
    assert roc_auc_score(truth, chance) < 0.55


def test_new_rows_are_new_and_differ_from_each_other(sizes):
    X, y = sizes
    rows = synthetic(X, y)
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert not (rows[:, None] == X[None]).all(axis=2).any()


def test_columns_that_nearly_repeat_each_other_still_do(sizes):
    X, y = sizes
    noise = 1e-3 * np.random.default_rng(0).normal(size=len(X))
    X = np.column_stack([X, X[:, 0] + noise, -2.0 * X[:, 1]])
    rows = synthetic(X, y, **LEARNED)
    assert np.corrcoef(rows[:, 0], rows[:, 4])[0, 1] > 0.97
    assert np.corrcoef(rows[:, 1], rows[:, 5])[0, 1] < -0.97
