"""New rows look as much like their class as nine tenths of its own rows do."""

import pickle

import numpy as np
import pytest
import skops.io

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._rejection.score_floor import ScoreFloor
from tests.layouts import rng
from tests.support import OURS, exact_rule, is_rare, quick_sampler

NUMBERS = Layout((Slot(0, "continuous"), Slot(1, "continuous")))
NAMES = [sampler.__name__ for sampler in OURS]


def normal(mean, n):
    """Return two columns of normal numbers, others for every mean and number."""
    random = np.random.default_rng([n, round(100 + 10 * mean)])
    return random.normal(mean, 1.0, (n, 2)).astype(np.float32)


@pytest.fixture
def rule():
    """Return the rule of a class that overlaps a little with another."""
    return ScoreFloor(NUMBERS, normal(1.5, 300), normal(-1.5, 900), rng())


def test_nine_tenths_of_further_rows_of_the_class_are_accepted(rule):
    assert rule.accepts(normal(1.5, 5000), rng()).mean() == pytest.approx(0.9, abs=0.04)


def test_rows_of_the_other_class_are_refused(rule):
    assert rule.accepts(normal(-1.5, 5000), rng()).mean() < 0.05


def test_where_classes_are_alike_nothing_can_be_told():
    rule = ScoreFloor(NUMBERS, normal(0.0, 200), normal(0.001, 200), rng())
    assert rule.accepts(normal(0.002, 5000), rng()).mean() > 0.8


@pytest.mark.parametrize(
    ("n_rows", "n_others", "n_columns", "expected"),
    [(30, 30, 100, True), (29, 900, 4, False), (900, 29, 4, False), (900, 900, 101, False)],
)
def test_it_needs_rows_enough_and_few_columns(n_rows, n_others, n_columns, expected):
    assert ScoreFloor.is_applicable(n_rows, n_others, n_columns) is expected


@pytest.mark.parametrize(("n_rows", "n_others"), [(47, 211), (64, 129), (31, 100)])
def test_where_trees_cannot_split_nothing_is_refused(n_rows, n_others):
    # A single row has another value, and leaves hold more than one row.
    class_rows = np.zeros((n_rows, 2), np.float32)
    other_rows = np.zeros((n_others, 2), np.float32)
    other_rows[0, 0] = 1.0
    assert ScoreFloor(NUMBERS, class_rows, other_rows, rng()).accepts(class_rows, rng()).all()


def test_a_pickle_leaves_out_the_trees_and_accepts_the_same(rule):
    rows = np.concatenate([normal(1.5, 300), normal(-1.5, 300)])
    before, data = rule.accepts(rows, rng()), pickle.dumps(rule)
    assert b"HistGradientBoosting" not in data
    np.testing.assert_array_equal(pickle.loads(data).accepts(rows, rng()), before)


@pytest.mark.parametrize("name", NAMES)
def test_new_rows_keep_to_a_rule(name):
    sampler = quick_sampler(name)
    sampler.fit_resample(*exact_rule())
    synthesizer = sampler._synthesizers[1]

    def broken():
        return 1.0 - is_rare(sampler.sample(1000, 1, random_state=0)).mean()

    kept = broken()
    assert any(isinstance(r, ScoreFloor) for r in synthesizer.rules)
    synthesizer.rules = [r for r in synthesizer.rules if not isinstance(r, ScoreFloor)]
    assert kept < 0.5 * broken()


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_sampler_draws_the_same_rows(name):
    sampler = quick_sampler(name)
    sampler.fit_resample(*exact_rule())
    rows = sampler.sample(50, 1, random_state=0)
    trusted = skops.io.get_untrusted_types(data=(data := skops.io.dumps(sampler)))
    for loaded in (pickle.loads(pickle.dumps(sampler)), skops.io.loads(data, trusted=trusted)):
        assert loaded.sample(50, 1, random_state=0).equals(rows)
