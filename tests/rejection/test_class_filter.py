"""New rows that look like another class are refused, where they are more than among real rows."""

import pickle
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import skops.io

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._rejection import trees
from mgvae_resample._rejection.class_filter import ClassFilter
from tests.layouts import rng
from tests.support import OURS, exact_rule, is_rare, quick_sampler, quick_vae

NUMBERS = Layout((Slot(0, "continuous"), Slot(1, "continuous")))
NAMES = [sampler.__name__ for sampler in OURS]


def normal(mean, n):
    """Return two columns of normal numbers, others for every mean and number."""
    random = np.random.default_rng([n, round(100 + 10 * mean)])
    return random.normal(mean, 1.0, (n, 2)).astype(np.float32)


def filter_of(class_rows, other_rows, *proposed):
    """Return a calibrated filter."""
    made = ClassFilter(NUMBERS, class_rows, other_rows, rng())
    made.chance = made.chance_for(*proposed)
    return made


def looking_like_others(made, rows):
    """Return the share of rows that a filter would refuse."""
    return made.looks_like_others(rows).mean()


def test_so_many_rows_look_like_others_as_real_ones_do():
    # Classes that overlap a little, and new rows of which two in five are of the other class.
    class_rows, other_rows = normal(1.5, 600), normal(-1.5, 900)
    new = np.concatenate([normal(1.5, 6000), normal(-1.5, 4000)])
    made = filter_of(class_rows, other_rows, new, new)
    assert looking_like_others(made, new) > 0.35
    accepted = new[made.accepts(new, rng())]
    among_real = looking_like_others(made, normal(1.5, 20_000))
    assert 0.005 < among_real < 0.05
    assert looking_like_others(made, accepted) == pytest.approx(among_real, abs=0.02)
    # No row that looks like its class is refused.
    assert len(accepted) >= (~made.looks_like_others(new)).sum()


def test_rows_that_are_drawn_for_refused_ones_count_as_well():
    class_rows, other_rows = normal(1.5, 600), normal(-1.5, 900)
    proposed = np.concatenate([normal(1.5, 800), normal(-1.5, 200)])
    worse = np.concatenate([normal(1.5, 200), normal(-1.5, 800)])
    one = filter_of(class_rows, other_rows, proposed, proposed)
    other = filter_of(class_rows, other_rows, proposed, worse)
    assert other.chance < one.chance < 1.0


def test_where_real_rows_overlap_as_much_nothing_is_refused():
    class_rows, other_rows = normal(0.2, 300), normal(-0.2, 300)
    new = normal(0.4, 1000)
    made = filter_of(class_rows, other_rows, new, new)
    assert looking_like_others(made, new) > 0.1
    assert made.chance == 1.0
    assert made.accepts(new, rng()).all()


def test_one_fold_is_enough_where_it_takes_more_real_rows_for_others():
    class_rows, other_rows = normal(0.2, 300), normal(-0.2, 300)
    with mock.patch.object(trees, "boosted_trees", wraps=trees.boosted_trees) as fits:
        filter_of(class_rows, other_rows, normal(1.0, 1000), normal(1.0, 1000))
        assert fits.call_count == 1
        # A first look, all folds, and the trees of all rows.
        filter_of(class_rows, other_rows, normal(-3.0, 1000), normal(-3.0, 1000))
        assert fits.call_count == 1 + (1 + 5 + 1)


@pytest.mark.parametrize(
    ("n_rows", "n_others", "n_columns", "expected"),
    [(30, 30, 100, True), (29, 900, 4, False), (900, 29, 4, False), (900, 900, 101, False)],
)
def test_it_needs_rows_enough_and_few_columns(n_rows, n_others, n_columns, expected):
    assert ClassFilter.is_applicable(n_rows, n_others, n_columns) is expected


@pytest.mark.parametrize(("n_rows", "n_others"), [(47, 211), (64, 129), (31, 100)])
def test_where_trees_cannot_split_nothing_is_refused(n_rows, n_others):
    # A single row has another value, and leaves hold more than one row.
    class_rows = np.zeros((n_rows, 2), np.float32)
    other_rows = np.zeros((n_others, 2), np.float32)
    other_rows[0, 0] = 1.0
    made = filter_of(class_rows, other_rows, class_rows, class_rows)
    assert looking_like_others(made, class_rows) == 0.0
    assert made.chance == 1.0


def test_a_pickle_leaves_out_the_trees_and_accepts_the_same():
    class_rows, other_rows = normal(1.5, 60), normal(-1.5, 90)
    new = np.concatenate([normal(1.5, 300), normal(-1.5, 300)])
    made = filter_of(class_rows, other_rows, new, new)
    assert made.chance < 1.0
    before = made.accepts(new, rng())
    data = pickle.dumps(made)
    assert b"HistGradientBoosting" not in data
    np.testing.assert_array_equal(pickle.loads(data).accepts(new, rng()), before)


def broken(sampler):
    """Return the share of new rows of which the rule says that they are common."""
    return 1.0 - is_rare(sampler.sample(1000, 1, random_state=0)).mean()


def test_translated_rows_keep_to_a_rule():
    sampler = quick_vae()
    sampler.fit_resample(*exact_rule())
    kept = broken(sampler)
    assert kept < 0.03
    sampler._synthesizers[1].class_filter = None
    assert kept < 0.25 * broken(sampler)


@pytest.fixture
def fit(name):
    """Return what fits a sampler to the rule and returns it with its new rows."""

    def fit(**params):
        X, y = exact_rule()
        sampler = quick_sampler(name, **params)
        X_res, _ = sampler.fit_resample(X, y)
        assert sampler._synthesizers[1].class_filter is not None
        return sampler, X_res.iloc[len(X) :]

    return fit


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_gives_one_result(fit, tmp_path):
    _, rows = fit()
    for params in ({"memory": str(tmp_path)}, {"memory": str(tmp_path)}):
        _, again = fit(**params)
        pd.testing.assert_frame_equal(again, rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_chance_is_cached(fit, tmp_path):
    fit(memory=str(tmp_path))
    with mock.patch.object(ClassFilter, "chance_for", side_effect=AssertionError):
        fit(memory=str(tmp_path))


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_sampler_draws_the_same_rows(fit):
    sampler, _ = fit()
    rows = sampler.sample(50, 1, random_state=0)
    trusted = skops.io.get_untrusted_types(data=(data := skops.io.dumps(sampler)))
    for loaded in (pickle.loads(pickle.dumps(sampler)), skops.io.loads(data, trusted=trusted)):
        pd.testing.assert_frame_equal(loaded.sample(50, 1, random_state=0), rows)


@pytest.mark.parametrize("name", NAMES)
def test_images_are_taken_as_they_are(name):
    random = np.random.default_rng(0)
    X, y = random.random((100, 16)), np.repeat([0, 1], [65, 35])
    sampler = quick_sampler(name, image_shape=(4, 4), hidden_layer_sizes=(4,))
    with mock.patch.object(ClassFilter, "chance_for", side_effect=AssertionError):
        sampler.fit_resample(X, y)


@pytest.mark.parametrize("name", NAMES)
def test_where_all_new_rows_are_real_ones_there_is_none(name):
    sampler = quick_sampler(name, generated_fraction=0.0)
    with mock.patch.object(ClassFilter, "chance_for", side_effect=AssertionError):
        sampler.fit_resample(*exact_rule())
