"""The benchmark on structure: drawn shapes, the FactorVAE metric, scores of a structure."""

import numpy as np
import pytest

from benchmarks.shared.shapes import (
    CLASS_SIZES,
    FACTORS,
    SHAPES,
    SIDE,
    draw_factors,
    draw_shapes,
    factor_vae_score,
    shape_rows,
)
from benchmarks.structure import OWN, structure_scores

MIDDLE = (0.0, 0.0, 0.3, 0.4, 0.0)


def drawn(**moved):
    factors = np.array([MIDDLE])
    for name, value in moved.items():
        factors[0, FACTORS.index(name)] = value
    return draw_shapes(factors)[0].reshape(SIDE, SIDE)


def centre(image):
    """Centre of mass in pixels, across and down."""
    down, across = np.indices(image.shape)
    return (across * image).sum() / image.sum(), (down * image).sum() / image.sum()


def test_images_are_grey_and_leave_the_border_black():
    images = draw_shapes(draw_factors(300, np.random.default_rng(0))).reshape(-1, SIDE, SIDE)
    assert images.min() == 0.0
    assert images.max() == 1.0
    assert np.all(images.max((1, 2)) > 0.9)
    assert ((images > 0.0) & (images < 1.0)).any((1, 2)).all()
    assert not images[:, [0, -1]].any()
    assert not images[:, :, [0, -1]].any()


@pytest.mark.parametrize("shape", range(len(SHAPES)))
def test_position_moves_the_centre(shape):
    before, right, up = drawn(shape=shape), drawn(shape=shape, x=0.25), drawn(shape=shape, y=0.25)
    # Four pixels of sixteen a unit; y points up.
    np.testing.assert_allclose(np.subtract(centre(right), centre(before)), (4, 0), atol=0.05)
    np.testing.assert_allclose(np.subtract(centre(up), centre(before)), (0, -4), atol=0.05)


@pytest.mark.parametrize("shape", range(len(SHAPES)))
def test_size_scales_the_area(shape):
    ratio = drawn(shape=shape, size=0.4).sum() / drawn(shape=shape, size=0.2).sum()
    assert ratio == pytest.approx(4.0, rel=0.03)


@pytest.mark.parametrize("shape", range(len(SHAPES)))
def test_rotation_turns_and_keeps_the_area(shape):
    before, after = drawn(shape=shape, rotation=0.0), drawn(shape=shape, rotation=np.pi / 4)
    assert np.abs(before - after).sum() > 0.1 * before.sum()
    assert after.sum() == pytest.approx(before.sum(), rel=0.03)
    quarter = drawn(shape=shape, rotation=np.pi / 2)
    np.testing.assert_allclose(quarter, np.rot90(before), atol=1e-5)


def test_shapes_differ():
    square, ellipse, heart = (drawn(shape=i) for i in range(len(SHAPES)))
    assert np.abs(square - ellipse).sum() > 5
    assert np.abs(square - heart).sum() > 5
    assert np.abs(ellipse - heart).sum() > 5


def test_training_set_is_imbalanced_and_repeatable():
    X, y = shape_rows(3)
    assert tuple(np.bincount(y)) == CLASS_SIZES
    assert X.shape == (sum(CLASS_SIZES), SIDE * SIDE)
    np.testing.assert_array_equal(X, shape_rows(3)[0])
    assert not np.array_equal(X, shape_rows(4)[0])


def test_metric_is_one_on_the_factors_themselves():
    scaled = np.array([3.0, -4.0, 20.0, 0.3, 2.0])
    score = factor_vae_score(lambda f: f * scaled + 1, np.random.default_rng(0), n_votes=200)
    assert score == 1.0


def test_metric_ignores_dead_dimensions():
    def represent(factors):
        # In units of its own, the almost constant column would vary least of all.
        return np.column_stack([factors / factors.std(0), np.zeros(len(factors))])

    assert factor_vae_score(represent, np.random.default_rng(0), n_votes=200) == 1.0


def test_metric_is_chance_on_noise():
    noise = np.random.default_rng(1)
    score = factor_vae_score(
        lambda f: noise.normal(size=(len(f), 5)), np.random.default_rng(0), n_votes=800
    )
    assert score == pytest.approx(1 / len(FACTORS), abs=0.06)


def test_metric_falls_where_one_factor_is_missing():
    def represent(factors):
        return factors[:, :4] / np.array([0.3, 0.3, 0.06, 2.0])

    # Votes for the fifth factor are cast by any dimension.
    score = factor_vae_score(represent, np.random.default_rng(0), n_votes=400)
    assert score == pytest.approx(0.8, abs=0.06)
    assert factor_vae_score(represent, np.random.default_rng(0), FACTORS[:4], 200) == 1.0


def test_structure_scores_tell_kept_from_broken_rules():
    rng = np.random.default_rng(0)
    codes, labels = rng.normal(size=(4000, 3)), np.arange(4000) % 4
    kept = np.column_stack([codes[:, :2], codes[:, 0] + codes[:, 1], codes[:, 2]])
    kept += 0.3 * rng.normal(size=kept.shape)
    broken = kept + np.column_stack([codes[:, 1], 0 * labels, codes[:, 2], labels])
    good = {(q, name): v for q, name, v in structure_scores(OWN, codes, kept, labels)}
    bad = {(q, name): v for q, name, v in structure_scores(OWN, codes, broken, labels)}
    assert all(v > 0.8 if q == "r2" else v < 0.01 for (q, _), v in good.items())
    assert bad["r2", "c'1"] < 0.6
    assert bad["squared_correlation", "c'1, c2"] > 0.3
    assert bad["squared_correlation", "c'3, c3"] > 0.2
    assert bad["eta2", "c'4"] > 0.3
    # c'3 shares a parent with c'1: c'1 must only be silent once the parents are known.
    assert ("incremental_r2", "c'3, c'1") in good
    assert ("squared_correlation", "c'1, c'2") in good
