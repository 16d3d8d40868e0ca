"""Rows stand where principal components put them."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from numpy.testing import assert_allclose, assert_array_equal

from mgvae_resample import FewRowsWarning
from mgvae_resample.display import RowsDisplay
from tests.support import quick_gan, quick_vae, table


def test_rows_stand_apart_and_where_principal_components_put_them():
    X, y = table(150, 60, 15)
    sampler = quick_vae(sampling_strategy={1: 80, 2: 40})
    X_res, y_res = sampler.fit_resample(X, y)
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res)
    assert list(shown.planes) == [("data", 1), ("data", 2)]
    assert_array_equal(shown.is_synthetic, np.arange(270) >= 225)
    plane = shown.planes["data", 1]
    points = (X - X.mean(0)) / X.std(0)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    assert_allclose(plane.explained, values[[3, 2]] / values.sum())
    assert_allclose(np.abs(plane.points[:225]), np.abs(points @ vectors[:, [3, 2]]), atol=1e-8)
    for ax, label, n_real in zip(shown.axes_, (1, 2), (60, 15), strict=True):
        sizes = {group.get_label(): len(group.get_offsets()) for group in ax.collections}
        expected = {"other classes": 225 - n_real, "synthetic": [20, 25][label - 1]}
        assert sizes == expected | {"real": n_real}
        assert ax.get_title() == f"class {label}"
    one = RowsDisplay.from_estimator(sampler, X_res, y_res, labels=[2])
    assert list(one.planes) == [("data", 2)]


def distances(points):
    return np.linalg.norm(points[:, None] - points, axis=-1)


def test_latent_codes_have_planes_of_their_own():
    sampler = quick_gan()
    X_res, y_res = sampler.fit_resample(*table(60, 15, 14))
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res, latent=True)
    assert list(shown.planes) == [(kind, k) for kind in ("data", "latent codes") for k in (1, 2)]
    assert len(shown.axes_) == 4
    for k in (1, 2):
        points = shown.planes["latent codes", k].points
        assert_allclose(
            distances(points), distances(sampler.infer_codes(X_res)), rtol=1e-3, atol=1e-4
        )


def test_exemplars_are_shown_where_the_encoder_of_each_class_puts_them():
    sampler = quick_vae(latent_dim=2, sampling_strategy={1: 30, 2: 20})
    X, y = table(60, 15, 14)
    X_res, y_res = sampler.fit_resample(X, y)
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res, latent=True)
    for k in (1, 2):
        plane, latents = shown.planes["latents", k], sampler.encode(X_res, k)
        assert_array_equal(np.flatnonzero(plane.in_background), np.flatnonzero(y == 0))
        assert_allclose(distances(plane.points), distances(latents), rtol=1e-3, atol=1e-4)
        ax = shown.axes_[1 + k]
        sizes = {group.get_label(): len(group.get_offsets()) for group in ax.collections}
        assert sizes == {"exemplars": 60, "synthetic": [15, 6][k - 1], "real": [15, 14][k - 1]}
    words = [text.get_text() for text in shown.axes_[1].get_legend().get_texts()]
    assert words == ["other classes", "synthetic", "real", "exemplars"]


def test_pixels_are_not_standardised(digits):
    X, y = digits
    sampler = quick_vae(image_shape=(8, 8), hidden_layer_sizes=(4,))
    X_res, y_res = sampler.fit_resample(X, y)
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res)
    largest = np.linalg.eigvalsh(np.cov(X.T))[-1]
    assert shown.planes["data", 1].points[: len(X), 0].var(ddof=1) == pytest.approx(largest)


def test_latent_codes_must_be_there():
    smote = SMOTE(random_state=0)
    X_res, y_res = smote.fit_resample(*table(60, 15))
    with pytest.raises(TypeError, match="'infer_codes', such as MGVAEOverSampler; got SMOTE"):
        RowsDisplay.from_estimator(smote, X_res, y_res, latent=True)


def test_a_class_that_was_not_learned_has_no_plane_of_latents():
    sampler = quick_vae(latent_dim=2)
    with pytest.warns(FewRowsWarning):
        resampled = sampler.fit_resample(*table(60, 15, 2))
    shown = RowsDisplay.from_estimator(sampler, *resampled, latent=True)
    assert list(shown.planes) == [("data", 1), ("data", 2), ("latents", 1)]
    with pytest.raises(ValueError, match="Class 2 has no latents"):
        RowsDisplay.from_estimator(sampler, *resampled, latent=True, labels=[2])
