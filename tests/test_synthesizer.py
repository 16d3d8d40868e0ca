"""What becomes of rows that are refused or repeat a row of the class."""

import numpy as np

from mgvae_resample._synthesizer import Proposal, Synthesizer
from tests.layouts import continuous, rng

CLASS_ROWS = np.array([[0.0], [1.0]], dtype=np.float32)


class Scripted(Synthesizer):
    """Proposes one row after the other: pairs of a value, and whether it is accepted."""

    max_trials = 3

    def __init__(self, *script):
        super().__init__(continuous(1), CLASS_ROWS)
        self.script = list(script)

    def _propose(self, n, rng):
        def propose(at, again):
            value, accepted = self.script.pop(0)
            rows = np.full((len(at), 1), value, dtype=np.float32)
            return Proposal(rows, np.full(len(at), -1), np.full(len(at), accepted))

        return propose

    def made(self):
        """Return the row that comes out."""
        return float(self.sample(1, rng()).rows[0, 0])


def test_an_accepted_row_is_taken_at_once():
    assert Scripted((5, True)).made() == 5


def test_a_refused_row_is_drawn_again():
    assert Scripted((5, False), (6, True)).made() == 6


def test_a_copy_is_drawn_again_though_it_was_accepted():
    assert Scripted((1, True), (6, True)).made() == 6


def test_after_the_last_trial_the_last_row_is_taken():
    assert Scripted((5, False), (6, False), (7, False), (8, False)).made() == 8


def test_no_copy_takes_the_place_of_a_row_that_is_none():
    assert Scripted((5, False), (1, True), (0, False), (1, True)).made() == 5


def test_of_copies_alone_the_last_is_taken():
    assert Scripted((1, True), (0, True), (1, True), (0, True)).made() == 0
