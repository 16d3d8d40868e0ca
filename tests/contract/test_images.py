"""Images of every size, type and scale go through convolutions and come back as they came."""

import math
import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch.nn.functional import avg_pool2d

from tests.contract.having import having, needs, steps
from tests.support import quick_vae

SIZES = [(1, 1), (5, 9), (8, 8), (13, 21, 3), (28, 28), (32, 32, 3), (64, 64)]
SCALES = {
    "bytes": lambda x: (x * 255).astype(np.uint8),
    "unit": lambda x: x.astype(np.float32),
    "bytes as floats": lambda x: np.rint(x * 255),
}


def brief(quick, shape=(6, 7), n_steps=3, **params):
    """Return a sampler of images whose training takes a moment."""
    small = having(quick, hidden_layer_sizes=(4, 8), batch_size=8, n_exemplars=8)
    return quick(image_shape=shape, **{**steps(quick, n_steps), **small, **params})


def images(*sizes, shape=(6, 7), seed=0):
    """Return flattened images in [0, 1], each class bright at a place of its own, and labels."""
    rng = np.random.default_rng(seed)
    n_pixels = math.prod(shape)
    spot = np.arange(n_pixels) * len(sizes) // n_pixels
    X = [
        np.where(spot == label, 1.0, 0.3) * rng.uniform(0.6, 1.0, (n, 1))
        - 0.1 * rng.random((n, n_pixels))
        for label, n in enumerate(sizes)
    ]
    return np.concatenate(X), np.repeat(np.arange(len(sizes)), sizes)


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize("scale", SCALES)
def test_every_size_and_scale(quick, shape, scale):
    X, y = images(20, 5, shape=shape)
    X = SCALES[scale](X)
    X_res, y_res = brief(quick, shape).fit_resample(X, y)
    assert X_res.dtype == X.dtype
    assert_array_equal(X_res[:25], X)
    assert_array_equal(y_res[25:], 1)
    rows = X_res[25:]
    assert rows.shape == (15, math.prod(shape))
    assert (rows >= X.min(axis=0)).all()
    assert (rows <= X.max(axis=0)).all()
    if scale != "unit":
        assert_array_equal(rows, np.rint(rows))


def test_one_channel_is_no_channel(quick):
    X, y = images(20, 5)
    flat, _ = brief(quick).fit_resample(X, y)
    deep, _ = brief(quick, (6, 7, 1)).fit_resample(X, y)
    assert_array_equal(flat, deep)


def test_constant_pixels_come_back_exactly(quick):
    X, y = images(20, 5)
    X[:, :7], X[:, 20] = 0.0, 0.1
    rows = brief(quick).fit_resample(X, y)[0][25:]
    assert (rows[:, :7] == 0.0).all()
    assert (rows[:, 20] == 0.1).all()


def test_images_of_one_colour_are_repeated_with_a_warning(quick):
    X, y = np.full((25, 9), 7, dtype=np.uint8), np.repeat([0, 1], [20, 5])
    with pytest.warns(UserWarning, match="instead"):
        X_res, _ = brief(quick, (3, 3)).fit_resample(X, y)
    assert (X_res == 7).all()


def test_new_images_look_like_their_class(quick):
    X, y = images(200, 40)
    rows = brief(quick, n_steps=300, **having(quick, generated_fraction=1.0)).fit_resample(X, y)[
        0
    ][240:]
    own, other = (np.linalg.norm(rows.mean(0) - X[y == c].mean(0)) for c in (1, 0))
    assert own < 0.75 * other
    assert rows.std(0).mean() > 0.5 * X[y == 1].std(0).mean()


def test_number_of_threads_does_not_matter(quick):
    X, y = images(20, 5)
    before, made = torch.get_num_threads(), []
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            made.append(brief(quick).fit_resample(X, y)[0])
    finally:
        torch.set_num_threads(before)
    assert_array_equal(*made)


def test_a_pickled_sampler_draws_the_same_images(quick):
    X, y = images(20, 5)
    fitted = brief(quick)
    fitted.fit_resample(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(again.sample(4, 1), fitted.sample(4, 1))


@pytest.mark.xdist_group("workers")
def test_number_of_jobs_does_not_matter():
    X, y = images(20, 5, 6)
    one, two = (brief(quick_vae, n_jobs=n).fit_resample(X, y)[0] for n in (1, 2))
    assert_array_equal(one, two)


@pytest.mark.parametrize("layers", ["auto", (4,), (2, 4, 4, 8)])
def test_stages_of_any_number_fit_any_image(quick, layers):
    needs(quick, "hidden_layer_sizes")
    X, y = images(20, 5)
    fitted = brief(quick, hidden_layer_sizes=layers)
    assert fitted.fit_resample(X, y)[0].shape == (40, 42)


def test_translated_images_are_images():
    X, y = images(20, 5)
    fitted = brief(quick_vae)
    fitted.fit_resample(X, y)
    rows = fitted.translate(X[y == 0], 1)
    assert rows.shape == (20, 42)
    assert rows.min() >= 0
    assert rows.max() <= 1


def test_images_that_do_not_look_like_their_class_are_repeated_instead(quick, monkeypatch):
    needs(quick, "generated_fraction")
    X, y = images(30, 12)
    kinds = {}
    for is_like in (True, False):
        monkeypatch.setattr("mgvae_resample._base.is_faithful", lambda *_, found=is_like: found)
        for fraction in ("auto", 0.5):
            sampler = brief(quick, generated_fraction=fraction)
            sampler.fit_resample(X, y)
            kinds[is_like, fraction] = set(sampler.sample_kinds_) & {"translated", "generated"}
    assert kinds[True, "auto"]
    assert not kinds[False, "auto"]
    assert kinds[False, 0.5]


def detail(rows, shape):
    """Return the root mean square of the differences from means of three by three pixels."""
    pixels = torch.from_numpy(rows).reshape(-1, *(*shape, 1)[:3]).permute(0, 3, 1, 2)
    smooth = avg_pool2d(pixels, 3, 1, 1, count_include_pad=False)
    return float((pixels - smooth).square().mean().sqrt())


def blobs(*sizes, shape, noise, seed=0):
    """Return images of a spot at a random place, bright or dark by class, and labels."""
    height, width, depth = (*shape, 1)[:3]
    g, y = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    down, across = np.mgrid[:height, :width]
    centre = (
        g.uniform(0.3, 0.7, (2, len(y), 1, 1)) * np.array([height, width])[:, None, None, None]
    )
    apart = (down - centre[0]) ** 2 + (across - centre[1]) ** 2
    signs = np.array([0.25, -0.25, 0.2])[y][:, None, None]
    pixels = 0.5 + (signs * np.exp(-apart / 6.0))[..., None] * np.linspace(0.5, 1.0, depth)
    return (pixels + noise * g.normal(size=pixels.shape)).reshape(len(y), -1), y


@pytest.mark.parametrize("shape", [(12, 14), (9, 16, 3)], ids=str)
@pytest.mark.parametrize("noise", [0.04, 0.07])
@pytest.mark.parametrize("sizes", [(120, 30), (120, 30, 25)])
def test_new_noisy_images_are_as_sharp_as_real_ones(quick, shape, noise, sizes):
    """The strength of fine detail, by class and sample kind."""
    needs(quick, "generated_fraction")
    X, y = blobs(*sizes, shape=shape, noise=noise)
    amounts = dict.fromkeys(range(1, len(sizes)), 400)
    sampler = brief(quick, shape, 30, generated_fraction=0.5, sampling_strategy=amounts)
    X_res, y_res = sampler.fit_resample(X, y)
    new, labels = X_res[len(X) :], y_res[len(X) :]
    # A GAN of few steps generates noise.
    for kind in {"moved", "translated"} & set(sampler.sample_kinds_):
        for label in amounts:
            found = detail(new[(labels == label) & (sampler.sample_kinds_ == kind)], shape)
            assert found == pytest.approx(detail(X[y == label], shape), rel=0.05), kind
