"""New rows equal known rows as often as further real rows of the class would."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgvae_resample._rejection.known_rows import KnownRows, row_keys
from tests.layouts import rng


def column(*values):
    """Return encoded rows of one column."""
    return np.array(values, np.float32)[:, None]


def rule(class_rows, other_rows, proposed=None):
    """Return a rule, fitted to proposals where there are any."""
    made = KnownRows(row_keys(class_rows), row_keys(other_rows))
    if proposed is not None:
        made.fit(proposed)
    return made


def accepted(made, rows):
    return rows[made.accepts(rows, rng())[0]]


def test_where_every_row_is_its_own_no_known_row_is_repeated():
    random = np.random.default_rng(0)
    class_rows, other_rows = random.normal(size=(2, 50, 3)).astype(np.float32)
    made = rule(class_rows, other_rows)
    assert made.is_certain
    new = random.normal(size=(50, 3)).astype(np.float32)
    rows = np.concatenate([class_rows, other_rows, new])
    np.testing.assert_array_equal(accepted(made, rows), new)


def test_where_each_row_is_there_several_times_only_rows_of_the_class_are_taken():
    proposed = column(*np.tile([1, 2, 3, 4], 100))
    made = rule(column(1, 1, 2, 2), column(3, 3), proposed)
    assert set(accepted(made, proposed)[:, 0]) == {1, 2}


def test_the_fraction_of_repeats_is_one_minus_that_of_rows_that_occur_once():
    """Good and Turing: 60 of 100 rows are among 1 to 20, the others are their own."""
    class_rows = column(*np.repeat(np.arange(20), 3), *range(100, 140))
    proposed = column(*np.repeat(np.arange(20), 45), *range(1000, 1100))  # 90 % repeats
    kept = accepted(rule(class_rows, column(-1), proposed), np.tile(proposed, (20, 1)))
    assert (kept[:, 0] < 20).mean() == pytest.approx(0.6, abs=0.02)


def test_repeats_that_are_too_few_become_more_frequent():
    class_rows = column(*np.repeat(np.arange(20), 5))
    proposed = column(*np.arange(20), *range(1000, 1060))  # a quarter repeats
    kept = accepted(rule(class_rows, column(-1), proposed), np.tile(proposed, (20, 1)))
    assert (kept[:, 0] < 20).all()


def test_a_frequent_row_comes_as_often_as_in_the_class():
    """Empty rows, say: 40 of 100, while proposals are empty in one of ten or nine of ten."""
    class_rows = column(*np.zeros(40), *np.repeat(np.arange(1, 31), 2))
    for fraction in (0.1, 0.9):
        n_empty = int(1000 * fraction)
        proposed = column(*np.zeros(n_empty), *(1 + np.arange(1000 - n_empty) % 30))
        kept = accepted(rule(class_rows, column(-1), proposed), np.tile(proposed, (20, 1)))
        assert (kept == 0).mean() == pytest.approx(0.4, abs=0.03)


def test_rows_of_other_classes_come_at_most_as_often_as_rows_of_the_class_are_alone_there():
    class_rows = column(*range(100))
    other_rows = column(*range(50, 300))  # half of the rows of the class equal one of another
    proposed = column(*range(200, 300), *range(1000, 1020))
    kept = accepted(rule(class_rows, other_rows, proposed), np.tile(proposed, (50, 1)))
    assert (kept[:, 0] < 300).mean() == pytest.approx(0.45, abs=0.03)


@given(st.lists(st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.5, np.nan]), min_size=3, max_size=3)))
@settings(max_examples=50, deadline=None)
def test_keys_are_equal_where_rows_are(rows):
    table = np.array(rows, np.float32).reshape(-1, 3)
    keys = row_keys(table)
    plain = [tuple(np.nan_to_num(row, nan=-9) + 0.0) for row in table]
    for i in range(len(plain)):
        for j in range(i):
            assert (keys[i] == keys[j]) == (plain[i] == plain[j])


def test_many_rows_have_keys_of_their_own():
    rows = np.stack(np.meshgrid(*[np.arange(30, dtype=np.float32)] * 4), -1).reshape(-1, 4)
    assert len(np.unique(row_keys(rows))) == len(rows)
