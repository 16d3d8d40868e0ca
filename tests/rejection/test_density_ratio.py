"""Generated rows are accepted in proportion to how likely real rows are there."""

import pickle

import numpy as np
import pytest

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._rejection.density_ratio import DensityRatio
from tests.layouts import rng
from tests.support import quick_gan, table

NUMBER = Layout((Slot(0, "continuous"),))
RANDOM = np.random.default_rng(0)


def normal(mean, spread, n):
    """Return one column of normal numbers."""
    return RANDOM.normal(mean, spread, (n, 1)).astype(np.float32)


def test_accepted_rows_have_the_law_of_the_class():
    ratio = DensityRatio(NUMBER, normal(1.0, 0.5, 1000), normal(0.0, 1.0, 4000), rng())
    drawn = normal(0.0, 1.0, 20_000)
    accepted = drawn[ratio.accepts(drawn, rng())]
    # Without a choice the mean is 0 and the standard deviation 1.
    assert accepted.mean() == pytest.approx(1.0, abs=0.1)
    assert accepted.std() == pytest.approx(0.5, abs=0.1)


def test_rows_of_the_right_law_are_accepted_everywhere_alike():
    ratio = DensityRatio(NUMBER, normal(0.0, 1.0, 2000), normal(0.0, 1.0, 4000), rng())
    drawn = normal(0.0, 1.0, 20_000)
    accepted = ratio.accepts(drawn, rng())
    assert accepted.mean() > 0.5
    assert accepted[drawn[:, 0] > 0].mean() == pytest.approx(accepted.mean(), abs=0.05)


def test_infrequent_categories_are_one():
    layout = Layout((Slot(0, "categorical", n_categories=2, n_infrequent=300),))
    # Half of the class has an infrequent category, each row its own; generated rows are all of
    # the first category, or have infrequent ones that no row of the class has.
    real = np.concatenate([np.zeros(100), 2 + np.arange(100)])[:, None].astype(np.float32)
    generated = np.concatenate([np.zeros(200), 102 + np.arange(200)])[:, None].astype(np.float32)
    accepted = DensityRatio(layout, real, generated, rng()).accepts(generated, rng())
    assert accepted[:200].mean() == pytest.approx(accepted[200:].mean(), abs=0.1)


def test_missing_values_are_values():
    layout = Layout((Slot(0, "continuous", can_miss=True),))
    real, generated = normal(0.0, 1.0, 400), normal(0.0, 1.0, 400)
    real[:200], generated[:40] = np.nan, np.nan
    accepted = DensityRatio(layout, real, generated, rng()).accepts(generated, rng())
    assert accepted[:40].mean() > 3 * accepted[40:].mean()


def test_a_column_without_any_value_says_nothing():
    layout = Layout((Slot(0, "continuous", can_miss=True), Slot(1, "continuous")))
    real = np.hstack([np.full((200, 1), np.nan, np.float32), normal(1.0, 0.5, 200)])
    generated = np.hstack([np.full((400, 1), np.nan, np.float32), normal(0.0, 1.0, 400)])
    accepted = DensityRatio(layout, real, generated, rng()).accepts(generated, rng())
    assert generated[accepted, 1].mean() > 0.5


def test_a_pickle_leaves_out_the_trees_and_accepts_the_same():
    ratio = DensityRatio(NUMBER, normal(1.0, 0.5, 200), normal(0.0, 1.0, 400), rng())
    rows = normal(0.0, 1.0, 1000)
    new = pickle.dumps(ratio)
    before = ratio.accepts(rows, rng())
    data = pickle.dumps(ratio)
    assert data == new
    assert b"HistGradientBoosting" not in data
    np.testing.assert_array_equal(pickle.loads(data).accepts(rows, rng()), before)


def without_density_ratio(sampler):
    """Take the rule away, and tell whether it was there."""
    synthesizer = sampler._synthesizers[1]
    others = [rule for rule in synthesizer.rules if not isinstance(rule, DensityRatio)]
    n_before, synthesizer.rules = len(synthesizer.rules), others
    return len(others) < n_before


def test_rows_of_a_class_with_many_rows_come_closer_to_it():
    X, y = table(400, 150, n_columns=6)
    sampler = quick_gan(max_steps=150)
    sampler.fit_resample(X, y)
    centre = X[y == 1].mean(0)

    def distance():
        return np.linalg.norm(sampler.sample(1000, 1, random_state=0).mean(0) - centre)

    chosen = distance()
    assert without_density_ratio(sampler)
    assert chosen < 0.9 * distance()


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "image_shape"),
    [(49, 6, None), (150, 5, None), (150, 6, (2, 3))],
    ids=["few rows", "few columns", "images"],
)
def test_all_rows_are_taken(n_rows, n_columns, image_shape):
    X, y = table(200, n_rows, n_columns=n_columns)
    sampler = quick_gan(image_shape=image_shape)
    sampler.fit_resample(X, y)
    assert not without_density_ratio(sampler)
