"""How many rows are generated, kept and moved, and how far; which classes are learned."""

import pytest

from mgvae_resample import FewRowsWarning
from mgvae_resample._plan import Plan, make_plan
from tests.layouts import continuous, images


def planned(n_rows, n_classes, modality=None, not_learned=None, n_sparse=0, needs_network=True):
    """Return the plan of a class of so many rows."""
    return make_plan(
        "a",
        n_rows,
        100,
        not_learned=not_learned,
        modality=modality or continuous(1),
        generated_fraction=0.5,
        needs_network=needs_network,
        strength=0.2,
        n_classes=n_classes,
        n_sparse=n_sparse,
    )


@pytest.mark.parametrize(
    ("generated", "kept", "counts"),
    [(1.0, 0.0, (10, 0)), (0.0, 0.0, (0, 0)), (0.25, 0.5, (3, 3)), (0.25, 0.0, (3, 0))],
)
def test_of_ten_rows(generated, kept, counts):
    assert Plan(10, None, generated, kept).counts(10) == counts


def test_with_two_classes_all_repeats_are_moved_else_half_of_them_twice_as_far():
    assert planned(50, 2).counts(8) == (4, 0)
    assert planned(50, 2).repeat_strength == pytest.approx(0.2)
    assert planned(50, 3).counts(8) == (4, 2)
    assert planned(50, 3).repeat_strength == pytest.approx(0.4)


def test_a_class_that_is_not_learned_is_smoothed_where_there_are_numbers_and_repeated_elsewhere():
    for modality, fraction in ((continuous(2), 1.0), (images(3, 3), 0.0)):
        with pytest.warns(FewRowsWarning, match="Class 'a' is blue to train a generator"):
            plan = planned(50, 2, modality, "is blue")
        assert plan.generated_fraction == fraction
        assert plan.not_learned == "is blue"
        diverged = planned(50, 2, modality).unlearned(modality)
        assert diverged.generated_fraction == fraction
        assert "diverged" in diverged.not_learned


def test_a_class_that_needs_no_network_is_not_learned():
    assert planned(50, 2).not_learned is None
    assert planned(50, 2, needs_network=False).not_learned == "has only repeats"


def test_in_many_columns_of_mostly_zeros_few_rows_are_repeated():
    with pytest.warns(FewRowsWarning, match="Class weights, a moved threshold, or embeddings"):
        plan = planned(50, 2, n_sparse=500)
    assert plan.generated_fraction == 0.0
    assert plan.not_learned is not None
    assert planned(120, 2, n_sparse=500).not_learned is None
