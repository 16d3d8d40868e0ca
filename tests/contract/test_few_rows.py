"""A minority of a handful of rows gives sensible rows, and a warning where nothing was learned."""

import warnings

import numpy as np
import pytest
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from mgvae_resample import FewRowsWarning, ImageShapeWarning
from tests.support import counts, quick_gan, quick_vae, table


def resample(quick, X, y, **params):
    """Resample and return rows, labels and the warnings on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X_res, y_res = quick(**params).fit_resample(X, y)
    return X_res, y_res, caught


@pytest.mark.parametrize("n", [1, 2, 3, 5, 10])
def test_every_number_of_rows_works(quick, n):
    X, y = table(40, n)
    X_res, y_res, caught = resample(quick, X, y)
    assert counts(y_res) == {0: 40, 1: 40}
    assert_array_equal(X_res[: len(X)], X)
    assert np.isfinite(X_res).all()
    assert [w.category for w in caught] == [FewRowsWarning] * (n < 10)


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_rows_to_learn_from_are_said_with_what_was_done_instead(quick, n):
    X, y = table(40, n)
    _, _, caught = resample(quick, X, y)
    (warning,) = caught
    assert warning.category is FewRowsWarning
    assert f"Class 1 has {n} row" in str(warning.message)
    assert "instead" in str(warning.message)


@pytest.mark.parametrize("n", [3, 9])
def test_few_rows_are_learned_with_a_warning_of_what_to_expect(quick, n):
    with pytest.warns(FewRowsWarning, match=f"Class 1 has {n} rows.*stay close.*compare with"):
        quick().fit_resample(*table(40, n))


def test_enough_rows_give_no_warning(quick):
    _, _, caught = resample(quick, *table(60, 10))
    assert caught == []


def test_rows_made_from_one_row_stay_near_it(quick):
    X, y = table(80, 1)
    X_res, _, _ = resample(quick, X, y)
    rows, only = X_res[len(X) :], X[y == 1]
    spread = X.std(axis=0)
    assert (np.abs(rows - only) < 3 * spread).all()


def test_a_class_of_one_row_beside_a_larger_one(quick):
    X, y = table(40, 1, 12)
    sampler = quick()
    with pytest.warns(UserWarning, match="Class 1 "):
        X_res, y_res = sampler.fit_resample(X, y)
    assert counts(y_res) == {0: 40, 1: 40, 2: 40}
    assert len(sampler.source_indices_) == len(X_res) - len(X)
    kinds, labels = sampler.sample_kinds_, y_res[len(y) :]
    assert set(kinds[labels == 1]) == {"smoothed"}
    assert (sampler.source_indices_[labels == 1] == -1).all()
    assert "smoothed" not in kinds[labels == 2]


@pytest.mark.parametrize("batch_size", [1, 14, 15, 16, 59, 60, 61, 10_000])
def test_any_batch_size_trains_on_every_table(binary, batch_size):
    X, y = binary
    sampler = quick_vae(batch_size=batch_size)
    X_res, _ = sampler.fit_resample(X, y)
    untrained, _ = quick_vae(
        batch_size=batch_size, max_pretrain_steps=1, max_finetune_steps=1
    ).fit_resample(X, y)
    assert np.isfinite(X_res).all()
    assert not np.array_equal(X_res, untrained)


@pytest.mark.parametrize("params", [{"n_exemplars": 1}, {"batch_size": 1, "n_exemplars": 1}])
def test_one_exemplar_a_step_is_enough_to_run(binary, params):
    X_res, _ = quick_vae(**params).fit_resample(*binary)
    assert np.isfinite(X_res).all()


def test_a_minority_of_copies_of_one_row(quick, binary):
    X, y = binary
    X[y == 1] = X[y == 1][0]
    X_res, y_res, _ = resample(quick, X, y)
    assert counts(y_res) == {0: 60, 1: 60}
    assert np.isfinite(X_res).all()
    assert (X_res <= X.max(axis=0)).all()


def test_a_majority_of_copies_of_one_row(quick, binary):
    X, y = binary
    X[y == 0] = X[y == 0][0]
    X_res, y_res, _ = resample(quick, X, y)
    assert counts(y_res) == {0: 60, 1: 60}
    assert np.isfinite(X_res).all()


def test_a_table_whose_rows_are_all_the_same(quick, binary):
    X, y = binary
    X_res, y_res, _ = resample(quick, np.full_like(X, 2.5), y)
    assert counts(y_res) == {0: 60, 1: 60}
    assert (X_res == 2.5).all()


@pytest.mark.parametrize("n_columns", [1, 50])
def test_one_column_and_more_columns_than_rows(quick, n_columns):
    X, y = table(20, 6, n_columns=n_columns)
    X_res, y_res, _ = resample(quick, X, y)
    assert X_res.shape == (40, n_columns)
    assert counts(y_res) == {0: 20, 1: 20}


@pytest.mark.parametrize("sizes", [(2, 1), (3, 2), (4, 3)])
def test_a_handful_of_rows_in_all(quick, sizes):
    X, y = table(*sizes)
    _, y_res, _ = resample(quick, X, y)
    assert counts(y_res) == {0: sizes[0], 1: sizes[0]}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_cross_validation_with_a_small_class_has_no_failed_fold(quick):
    X, y = table(50, 7)
    scores = cross_val_score(make_pipeline(quick(), LogisticRegression()), X, y, cv=5)
    assert np.isfinite(scores).all()


def test_the_gan_keeps_the_diversity_of_classes_of_three_rows():
    X, y = load_digits(return_X_y=True)
    few = np.concatenate([np.flatnonzero(y == c)[: 60 if c < 5 else 3] for c in range(10)])
    sampler = quick_gan(
        max_steps=600,
        hidden_layer_sizes=(64, 64),
        noise_dim=64,
        n_codes=4,
        batch_size=64,
        learning_rate=2e-3,
    )
    with pytest.warns((FewRowsWarning, ImageShapeWarning)):
        sampler.fit_resample(X[few], y[few])
    for digit in range(5, 10):
        rows, real = sampler.sample(200, digit), X[y == digit]
        assert rows.std(0).mean() > 0.7 * real.std(0).mean()
        other = X[y == 0].mean(0)
        away = np.linalg.norm(rows.mean(0) - real.mean(0))
        assert away < 0.85 * np.linalg.norm(other - real.mean(0))


def test_warnings_name_the_line_of_the_caller(quick):
    X, y = table(40, 5)
    with pytest.warns(FewRowsWarning) as alone:
        quick().fit_resample(X, y)
    with pytest.warns(FewRowsWarning) as in_pipeline:
        make_pipeline(quick(), LogisticRegression()).fit(X, y)
    assert {w.filename for w in [*alone, *in_pipeline]} == {__file__}
    assert alone[0].lineno != in_pipeline[0].lineno
