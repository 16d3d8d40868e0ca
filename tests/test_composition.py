"""How many rows are made, kept and moved, and how far."""

import pytest

from mgvae_resample._composition import Composition, kept_share


@pytest.mark.parametrize(
    ("generated", "kept", "counts"),
    [(1.0, 0.0, (10, 0)), (0.0, 0.0, (0, 0)), (0.25, 0.5, (3, 3)), (0.25, 0.0, (3, 0))],
)
def test_of_ten_rows(generated, kept, counts):
    assert Composition(generated, kept).counts(10) == counts


def test_the_fewer_repeats_are_moved_the_farther():
    assert Composition(0.5, 0.5, 0.2).strength == pytest.approx(0.4)
    assert Composition(0.5, 0.0, 0.2).strength == pytest.approx(0.2)


def test_with_two_classes_all_repeats_are_moved():
    assert (kept_share(2), kept_share(3)) == (0.0, 0.5)
