"""What each new row is, and which row of the table is behind it."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from mgvae_resample import FewRowsWarning
from tests.contract.having import having, needs
from tests.support import table

SHAPE = (5, 6)


def grey(*sizes):
    """Return classes of random grey images."""
    g = np.random.default_rng(0)
    y = np.repeat(np.arange(len(sizes)), sizes)
    return g.random((len(y), 30)) * (1 + y[:, None]), y


def drawn(quick, X, y, **params):
    """Return a fitted sampler, the new rows and their labels."""
    sampler = quick(**having(quick, **params))
    X_res, y_res = sampler.fit_resample(X, y)
    return sampler, X_res[len(X) :], y_res[len(X) :]


def test_there_is_one_kind_and_one_source_a_row(quick):
    sampler, new, _ = drawn(quick, *table(60, 15, 30))
    assert sampler.sample_kinds_.shape == sampler.source_indices_.shape == (len(new),)
    assert set(sampler.sample_kinds_) <= {"real", "translated", "generated"}


def test_a_parent_is_a_row_of_the_class(quick):
    """Rows that a network generates from noise have none; repeats are their own parents."""
    X, y = table(60, 15, 30)
    sampler, _, labels = drawn(quick, X, y, generated_fraction=0.5)
    parent, source = sampler.parent_indices_, sampler.source_indices_
    generated = sampler.sample_kinds_ == "generated"
    assert parent.shape == labels.shape
    assert (parent[generated] == -1).all()
    assert_array_equal(y[parent[~generated]], labels[~generated])
    real = sampler.sample_kinds_ == "real"
    assert_array_equal(parent[real], source[real])
    translated = sampler.sample_kinds_ == "translated"
    assert (y[source[translated]] == 0).all()
    # Rows of the class are used in turn.
    for label in np.unique(labels[translated]):
        used = parent[translated & (labels == label)]
        assert len(np.unique(used)) > 0.5 * min((y == label).sum(), len(used))


def test_rows_with_noise_have_the_row_that_it_was_added_to(quick):
    X, y = table(60, 2)
    with pytest.warns(FewRowsWarning):
        sampler, new, _ = drawn(quick, X, y)
    parent = X[sampler.parent_indices_]
    assert (y[sampler.parent_indices_] == 1).all()
    others = X[y == 1][:, None]
    assert (np.linalg.norm(new - parent, axis=1) <= np.linalg.norm(new - others, axis=2)).all()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_is_made_and_the_others_are_rows_of_the_table(quick, share):
    needs(quick, "generated_fraction")
    X, y = table(100, 20)
    sampler, new, _ = drawn(quick, X, y, generated_fraction=share)
    real = sampler.sample_kinds_ == "real"
    assert (~real).sum() == round(80 * share)
    source = sampler.source_indices_[real]
    assert (y[source] == 1).all()
    assert_array_equal(new[real], X[source])
    # Real rows are repeated in turn.
    assert np.ptp(np.bincount(source, minlength=len(X))[y == 1]) <= 1


def test_by_default_every_row_of_a_table_is_made(quick):
    sampler, _, _ = drawn(quick, *table(100, 20))
    assert "real" not in sampler.sample_kinds_


@pytest.mark.parametrize(("strength", "kind"), [(0.0, "real"), (0.5, "moved")])
def test_images_that_are_repeated_are_moved_as_asked(quick, strength, kind):
    needs(quick, "generated_fraction")
    X, y = grey(60, 20)
    sampler, new, _ = drawn(
        quick, X, y, image_shape=SHAPE, generated_fraction=0.0, augmentation_strength=strength
    )
    assert set(sampler.sample_kinds_) == {kind}
    source = sampler.source_indices_
    assert (y[source] == 1).all()
    if kind == "real":
        assert_array_equal(new.view(np.int64), X[source].view(np.int64))
    else:
        assert not np.isclose(new, X[source]).all(axis=1).any()


@pytest.mark.parametrize("strength", ["auto", 0.3])
def test_of_many_classes_half_of_the_repeats_stay_as_they_are(quick, strength):
    needs(quick, "generated_fraction")
    X, y = grey(60, 20, 9)
    sampler, new, labels = drawn(
        quick, X, y, image_shape=SHAPE, generated_fraction=0.0, augmentation_strength=strength
    )
    is_real, source = sampler.sample_kinds_ == "real", sampler.source_indices_
    assert [is_real[labels == k].sum() for k in (1, 2)] == [20, 25]
    assert_array_equal(new[is_real], X[source[is_real]])
    # Each row of a class is among those that are kept, and among those that are moved.
    for part in (is_real, ~is_real):
        assert set(source[part]) == set(np.flatnonzero(y > 0))


def test_the_repeats_that_are_moved_go_twice_as_far(quick, monkeypatch):
    needs(quick, "generated_fraction")
    strengths = []
    monkeypatch.setattr(
        "mgvae_resample._modality.image.ImageModality.move",
        lambda self, rows, rng, strength: strengths.append(strength) or rows,
    )
    for sizes in ((60, 20), (60, 60, 20)):
        params = {"image_shape": SHAPE, "generated_fraction": 0.0, "augmentation_strength": 0.3}
        drawn(quick, *grey(*sizes), **params)
    few, many = next(s for s in strengths if s > 0.3 - 1e-9), max(strengths)
    assert (few, many) == (pytest.approx(0.3), pytest.approx(0.6))


def test_a_class_that_cannot_be_learned_is_smoothed(quick):
    with pytest.warns(UserWarning, match="Class 1 "):
        sampler, _, labels = drawn(quick, *table(40, 2, 20))
    assert set(sampler.sample_kinds_[labels == 1]) == {"smoothed"}
    assert "smoothed" not in sampler.sample_kinds_[labels == 2]


def test_few_images_are_repeated_and_moved_whatever_cannot_be_learned(quick):
    random = np.random.default_rng(0)
    X, y = random.integers(0, 256, (60, 64)).astype(np.uint8), np.repeat([0, 1, 2], [40, 18, 2])
    needs(quick, "augmentation_strength")
    sampler = quick(image_shape=(8, 8), hidden_layer_sizes=(4,), augmentation_strength=0.5)
    with pytest.warns(FewRowsWarning, match="Its images are repeated instead, and moved"):
        X_res, y_res = sampler.fit_resample(X, y)
    few = y_res[60:] == 2
    assert set(sampler.sample_kinds_[few]) == {"real", "moved"}
    assert set(sampler.source_indices_[few]) == {58, 59}
    real = few & (sampler.sample_kinds_ == "real")
    np.testing.assert_array_equal(X_res[60:][real], X[sampler.source_indices_[real]])
    assert len(np.unique(X_res[60:][few], axis=0)) > 4


@pytest.mark.parametrize("strength", ["auto", 0.5])
@pytest.mark.parametrize("n_rare", [2, 15])
def test_images_without_a_pixel_that_varies_are_repeated(quick, strength, n_rare):
    needs(quick, "augmentation_strength")
    X, y = np.full((60 + n_rare, 16), 7, np.uint8), np.repeat([0, 1], [60, n_rare])
    with pytest.warns(FewRowsWarning, match="Its images are repeated instead"):
        X_res, _ = quick(image_shape=(4, 4), augmentation_strength=strength).fit_resample(X, y)
    assert len(X_res) == 120
    assert (X_res == 7).all()


def test_rows_without_values_are_repeated_as_they_are(quick):
    words = np.random.default_rng(0).choice(["a", "b", "c"], (60, 3))
    X, y = pd.DataFrame(words, columns=list("pqr")), np.repeat([0, 1], [58, 2])
    sampler = quick()
    with pytest.warns(FewRowsWarning, match="Its rows are repeated as they are"):
        X_res, _ = sampler.fit_resample(X, y)
    assert set(sampler.sample_kinds_) == {"real"}
    expected = X.iloc[sampler.source_indices_].reset_index(drop=True)
    pd.testing.assert_frame_equal(X_res.iloc[60:].reset_index(drop=True), expected)
