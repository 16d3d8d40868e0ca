"""No new row is farther from its class than the rows of the class are from each other."""

import numpy as np
import pytest

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._rejection.distance import DistanceCeiling
from tests.layouts import rng

NUMBER = Layout((Slot(0, "continuous"),))


def column(*values):
    """Return encoded rows of one column."""
    return np.array(values, np.float32)[:, None]


def accepted(rule, *values):
    return [float(v) for v in column(*values)[rule.accepts(column(*values), rng()), 0]]


def test_the_ceiling_is_nine_tenths_of_the_distances_between_rows():
    # Gaps of 1, 2 ... 40: each row but the last is nearest to the one before.
    rule = DistanceCeiling(NUMBER, column(*np.cumsum(range(41))), rng())
    assert rule.ceiling == pytest.approx(np.quantile([1, *range(1, 41)], 0.9))


def test_with_few_rows_it_is_seven_tenths():
    rule = DistanceCeiling(NUMBER, column(*np.cumsum(range(11))), rng())
    assert rule.ceiling == pytest.approx(np.quantile([1, *range(1, 11)], 0.7))


def test_with_fewer_than_ten_rows_it_is_the_largest_distance():
    assert DistanceCeiling(NUMBER, column(0, 1, 3, 7), rng()).ceiling == 4.0


def test_what_is_as_near_as_rows_of_the_class_is_accepted():
    rule = DistanceCeiling(NUMBER, column(*range(40)), rng())
    assert accepted(rule, -3, -0.9, 5.5, 39.9, 41) == pytest.approx([-0.9, 5.5, 39.9])


def test_rows_that_repeat_others_do_not_lower_it():
    rule = DistanceCeiling(NUMBER, column(*np.repeat([0, 1, 2], 30), 4), rng())
    assert rule.ceiling > 1.0


def test_where_all_rows_are_one_point_every_distance_is_accepted():
    rule = DistanceCeiling(NUMBER, column(*np.ones(20)), rng())
    assert rule.accepts(column(7, 8), rng()).all()


def test_another_category_and_a_missing_value_are_one_away():
    layout = Layout(
        (
            Slot(0, "categorical", n_categories=3, n_infrequent=2),
            Slot(1, "binary"),
            Slot(2, "continuous", can_miss=True),
        )
    )
    class_rows = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0.1]], np.float32)
    rule = DistanceCeiling(layout, np.repeat(class_rows, 10, axis=0), rng())
    rule.ceiling = 0.99
    rows = np.array([[1, 0, 0], [0, 1, 0.2], [0, 0, np.nan], [3, 0, 0], [0, 0, 0.9]], np.float32)
    assert rule.accepts(rows, rng()).tolist() == [False, True, False, False, True]
    rule.ceiling = 1.0
    assert rule.accepts(rows, rng()).all()
