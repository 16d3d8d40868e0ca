"""Learned moves: differences of near rows of one class, put on other images."""

import numpy as np
import pytest
import torch

from mgvae_resample._mgvae.moves import LearnedMoves
from tests.layouts import rng
from tests.mgvae.models import image_model
from tests.support import quick_vae


def moves(model, n_each=6):
    """Return moves learned from two classes of random images, and the images."""
    rows = np.random.default_rng(0).random((2 * n_each, 15)).astype(np.float32)
    return LearnedMoves(model, rows, np.repeat([2, 5], n_each)), rows


def test_a_difference_is_that_of_two_rows_of_one_class():
    found, _ = moves(image_model()[0])
    z = torch.from_numpy(found.latents)
    within = [z[i] - z[j] for c in (range(6), range(6, 12)) for i in c for j in c if i != j]
    known = torch.stack(within)
    for delta in found.differences(50, rng()):
        assert (known - delta).abs().amax(1).min() < 1e-6


def test_the_second_row_is_among_the_nearest(monkeypatch):
    found, _ = moves(image_model()[0])
    found.n_neighbours = 1
    latents = torch.from_numpy(found.latents)
    distances = torch.cdist(latents, latents)
    distances.fill_diagonal_(torch.inf)
    nearest = torch.cat([distances[:6, :6].amin(1), distances[6:, 6:].amin(1)])
    for length in found.differences(50, rng()).norm(dim=1):
        assert (nearest - length).abs().min() < 1e-5


def test_images_that_do_not_differ_move_nothing():
    model = image_model()[0]
    rows = np.random.default_rng(0).random((8, 15)).astype(np.float32)
    found = LearnedMoves(model, np.repeat(rows[:1], 8, axis=0), np.zeros(8, dtype=np.intp))
    np.testing.assert_allclose(found.apply(model, rows, rng()), rows, atol=1e-6)


def test_an_image_keeps_what_the_decoder_leaves_out():
    """X' - x is a difference of two decoded images, whatever the detail of x."""
    model = image_model()[0]
    found, rows = moves(model)
    with torch.no_grad():
        z = model.encode(torch.from_numpy(rows))
        delta = found.differences(len(rows), rng(3))
        change = (model.decode(z + delta).sigmoid() - model.decode(z).sigmoid()).numpy()
    expected = np.clip(rows + change, 0.0, 1.0)
    np.testing.assert_allclose(found.apply(model, rows, rng(3)), expected, atol=1e-6)
    assert np.abs(change).max() > 1e-4


def test_no_images_are_moved_to_none():
    found, rows = moves(image_model()[0])
    assert found.apply(image_model()[0], rows[:0], rng()).shape == (0, 15)


def shades(*sizes):
    """Return classes of random images of 5 x 6 pixels."""
    y = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(0).random((len(y), 30)), y


@pytest.mark.parametrize(
    ("sizes", "share", "phases", "kinds"),
    [
        ((120, 20), "auto", ["pretrain", "finetune 1"], {"moved", "translated"}),
        ((120, 20, 30), "auto", ["pretrain"], {"real", "moved"}),
        (
            *((120, 20, 30), 0.5, ["pretrain", "finetune 1", "finetune 2"]),
            {"real", "moved", "translated"},
        ),
        ((120, 20), 0.0, [], {"moved"}),
        ((120, 20, 30), 0.0, ["pretrain"], {"real", "moved"}),
        ((90, 20, 30), 0.0, [], {"real", "moved"}),
    ],
)
def test_only_what_makes_new_images_is_trained(sizes, share, phases, kinds):
    X, y = shades(*sizes)
    sampler = quick_vae(image_shape=(5, 6), hidden_layer_sizes=(4,), generated_fraction=share)
    sampler.fit_resample(X, y)
    assert list(sampler.history_) == phases
    assert set(sampler.sample_kinds_) == kinds
    if "translated" in kinds:
        assert sampler.translate(X[:3], 1).shape == (3, 30)
    else:
        with pytest.raises(ValueError, match="a 'generated_fraction' above 0"):
            sampler.translate(X[:3], 1)


def test_of_two_classes_there_are_no_learned_moves():
    X, y = shades(120, 20)
    sampler = quick_vae(image_shape=(5, 6), hidden_layer_sizes=(4,), augmentation_strength=0.0)
    X_res, _ = sampler.fit_resample(X, y)
    is_real = sampler.sample_kinds_ == "real"
    assert is_real.sum() == 50
    np.testing.assert_array_equal(X_res[140:][is_real], X[sampler.source_indices_[is_real]])


def test_a_move_changes_the_image_without_augmentation():
    X, y = shades(120, 20, 120)
    sampler = quick_vae(
        image_shape=(5, 6),
        hidden_layer_sizes=(4,),
        generated_fraction=0.0,
        augmentation_strength=0.0,
    )
    X_res, _ = sampler.fit_resample(X, y)
    is_moved = sampler.sample_kinds_ == "moved"
    assert is_moved.sum() == 50
    new, source = X_res[260:][is_moved], sampler.source_indices_[is_moved]
    assert not np.isclose(new, X[source]).all(axis=1).any()
    # It is still nearer to its own source than to others.
    distance = ((new[:, None] - X[y == 1]) ** 2).sum(2)
    assert (distance.argmin(1) == source - 120).mean() > 0.9


@pytest.mark.parametrize("n_kept", [40, 100])
def test_a_common_class_of_which_a_sample_holds_few_teaches_no_moves(monkeypatch, n_kept):
    """Of 40 rows no class has enough; of 100 the first has about 90 and the second 10."""
    monkeypatch.setattr("mgvae_resample._mgvae.sampler._MOST_EXEMPLARS", n_kept)
    X, y = shades(1000, 110, 20)
    sampler = quick_vae(image_shape=(5, 6), hidden_layer_sizes=(4,))
    X_res, y_res = sampler.fit_resample(X, y)
    assert np.bincount(y_res).tolist() == [1000, 1000, 1000]
    assert np.isfinite(X_res).all()
    moves = sampler._synthesizers[2].moves
    assert (moves is None) if n_kept == 40 else set(moves.labels.tolist()) == {0}
