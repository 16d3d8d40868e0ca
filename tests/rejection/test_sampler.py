"""What becomes of rows that rules refuse."""

import numpy as np
import pytest

from mgvae_resample._rejection.known_rows import KnownRows, row_keys
from mgvae_resample._rejection.sampler import Drawn, RejectionSampler
from tests.layouts import rng


class Above:
    """Accepts rows above a number."""

    def __init__(self, number):
        self.number = number

    def accepts(self, rows, rng):
        return rows[:, 0] > self.number


def drawn(script, rules, n=1, max_trials=3, chunk=300):
    """Return the rows that come out where one value after the other is proposed."""
    script = iter(script)

    def propose(at):
        # All rows of one call have one value.
        return Drawn(np.full((len(at), 1), next(script), np.float32), np.array(at))

    return RejectionSampler(None, rules, max_trials, chunk, lambda rows: rows).draw(
        n, propose, rng()
    )


def test_an_accepted_row_is_taken_at_once():
    assert drawn([5], [Above(0)]).rows[0, 0] == 5


def test_without_rules_every_row_is_taken():
    assert drawn([-5], []).rows[0, 0] == -5


def test_a_refused_row_is_drawn_again():
    assert drawn([-5, 6], [Above(0)]).rows[0, 0] == 6


def test_after_the_last_trial_the_last_row_that_met_most_rules_is_taken():
    rules = [Above(0), Above(10)]
    assert drawn([-1, -2, -3, -4], rules).rows[0, 0] == -4
    assert drawn([-1, 5, 6, -4], rules).rows[0, 0] == 6
    assert drawn([-1, 5, 6, 11], rules).rows[0, 0] == 11


def test_rules_are_asked_about_rows_only():
    """Trees, say, cannot judge a table without rows."""

    class OfSomeRows(Above):
        def accepts(self, rows, rng):
            assert len(rows)
            return super().accepts(rows, rng)

    assert drawn([-1, -2, 5], [Above(0), OfSomeRows(1)]).rows[0, 0] == 5


@pytest.mark.parametrize("n", [1, 10, 25])
def test_sources_stay_with_their_rows_and_chunks_in_order(n):
    random = np.random.default_rng(0)

    def propose(at):
        values = random.normal(0, 1, len(at)).astype(np.float32)
        return Drawn(values[:, None], (1000 * values).astype(np.intp) + 10_000_000 * at)

    rows, source, _ = RejectionSampler(None, [Above(0)], 20, 10, lambda rows: rows).draw(
        n, propose, rng()
    )
    assert (rows > 0).all()
    np.testing.assert_array_equal(source // 10_000_000, np.arange(n))
    np.testing.assert_allclose(source % 10_000_000, 1000 * rows[:, 0], atol=1)


def test_rules_see_finished_rows():
    propose = lambda at: Drawn(np.full((len(at), 1), -3, np.float32), at)  # noqa: E731
    rows, *_ = RejectionSampler(None, [Above(0)], 0, 10, abs).draw(4, propose, rng())
    assert (rows == 3).all()


def test_few_refused_rows_are_drawn_many_times_at_once():
    sizes = []

    def propose(at):
        sizes.append(len(at))
        value = -1.0 if len(sizes) == 1 else 1.0
        return Drawn(np.full((len(at), 1), value, np.float32), at)

    RejectionSampler(None, [Above(0)], 20, 300, lambda rows: rows).draw(2, propose, rng())
    assert sizes == [2, 256]


def test_no_rule_is_asked_about_a_row_that_the_class_has():
    class_rows = np.array([[-1.0], [-1.0], [2.0], [2.0]], np.float32)
    known = KnownRows(row_keys(class_rows), row_keys(np.array([[7.0]], np.float32)))
    for value, is_refused in ((-1.0, False), (-3.0, True), (3.0, False)):
        sampler = RejectionSampler(known, [Above(0)], 0, 10, lambda rows: rows)
        sampler.draw(5, lambda at, v=value: Drawn(np.full((len(at), 1), v, np.float32), at), rng())
        assert sampler.refused.all() == is_refused
