"""Images: views stay near what they show, and are moved no farther than is harmless."""

import pytest
import torch
from numpy.testing import assert_array_equal
from torch.distributions import Bernoulli
from torch.nn.functional import avg_pool2d

from mgvae_resample._fraction import is_faithful
from mgvae_resample._modality.image import (
    ImageModality,
    _finer,
    largest_auto_strength,
    moved,
    with_detail,
)
from mgvae_resample._tables.table import Table
from tests.layouts import images, rng


def test_moved_images_keep_range_and_move_little():
    pixels = torch.rand(200, 8 * 6 * 3, generator=rng())
    seen = moved(pixels, (8, 6, 3), rng(1))
    assert seen.shape == pixels.shape
    assert seen.min() >= 0
    assert seen.max() <= 1
    # A centred spot stays near the centre.
    spot = torch.zeros(500, 9, 9)
    spot[:, 4, 4] = 1.0
    seen = moved(spot.flatten(1), (9, 9), rng(2)).reshape(500, 9, 9)
    assert seen[:, 2:7, 2:7].sum() > 0.95 * seen.sum()
    assert (seen[0] != seen[1]).any()


@pytest.mark.parametrize("shape", [(24, 24), (8, 48), (16, 40), (48, 12)], ids=str)
@pytest.mark.parametrize("is_upright", [True, False], ids=["upright", "flat"])
def test_strokes_lean_by_the_same_angle_on_images_of_every_shape(shape, is_upright):
    """Up to 0.2 radians of turn, and of shear where a stroke is upright."""
    lengths = shape if is_upright else shape[::-1]
    n_rows, n_columns = lengths
    at = torch.arange(n_columns) - (n_columns - 1) / 2
    stroke = (-(at / 1.5).square()).exp().expand(n_rows, -1)
    pixels = stroke if is_upright else stroke.T
    seen = moved(pixels.reshape(1, -1).repeat(400, 1), shape, rng(3)).reshape(400, *shape)
    seen = seen if is_upright else seen.transpose(1, 2)
    middle = (seen * torch.arange(n_columns)).sum(2) / seen.sum(2)
    inner = slice(n_rows // 2 - 3, n_rows // 2 + 3)
    slopes = middle[:, inner].diff(dim=1).mean(1).abs()
    median = slopes.median().rad2deg()
    assert (4.0 if is_upright else 3.5) < median < (8.0 if is_upright else 7.0)
    assert slopes.max().rad2deg() < (30.0 if is_upright else 20.0)


def test_moved_images_pass_gradients():
    pixels = torch.rand(4, 36, generator=rng()).requires_grad_()
    moved(pixels, (6, 6), rng(1)).square().sum().backward()
    assert (pixels.grad != 0).float().mean() > 0.5


def test_the_discriminator_sees_images_moved_and_without_noise():
    pixels = torch.rand(4, 36, generator=rng())
    seen = images(6, 6).augment(pixels, rng(1), 0.5)
    assert_array_equal(seen, moved(pixels, (6, 6), rng(1)))


def test_mixtures_of_two_kinds_of_stripes_look_like_neither():
    phase = 6.3 * torch.rand(300, 1, 1, generator=rng())
    wave = (torch.arange(12) + phase).sin().expand(-1, 12, -1)
    noise = 0.1 * torch.randn(300, 144, generator=rng(1))
    upright, flat = (0.5 + 0.2 * x.flatten(1) + noise for x in (wave, wave.transpose(1, 2)))
    mixed = 0.4 * upright[200:] + 0.6 * flat[200:]
    parts = (upright[:40], flat[:200], upright[200:], mixed)
    own, others, like, unlike = (images(12, 12).responses(part, parts[0]) for part in parts)
    assert is_faithful(own, others, like, rng())
    assert not is_faithful(own, others, unlike, rng())


def test_images_that_are_not_to_be_moved_are_the_same_rows():
    rows = torch.rand(4, 36, generator=rng()).numpy()
    assert images(6, 6).move(rows, rng(), 0.0) is rows
    assert (images(6, 6).move(rows, rng(), 0.5) != rows).mean() > 0.9


def spots(n, shape, noise):
    """Return images of a bright spot each, smooth or with noise."""
    height, width, depth = (*shape, 1)[:3]
    down, across = torch.arange(height) - height / 2, torch.arange(width) - width / 2
    place = 2.0 * torch.randn((2, n), generator=rng(5))
    colour = torch.rand(depth, generator=rng(6))
    apart = (down - place[0, :, None]).square()[:, :, None]
    apart = apart + (across - place[1, :, None]).square()[:, None]
    pixels = 0.3 + 0.4 * (-apart / 6.0).exp()[..., None] * colour
    pixels = pixels + noise * torch.randn(pixels.shape, generator=rng(7))
    return pixels.clamp(0.0, 1.0).flatten(1)


def detail(rows, shape):
    """Return the root mean square of the differences from means of three by three pixels."""
    pixels = rows.reshape(-1, *(*shape, 1)[:3]).permute(0, 3, 1, 2)
    smooth = avg_pool2d(pixels, 3, 1, 1, count_include_pad=False)
    return float((pixels - smooth).square().mean().sqrt())


@pytest.mark.parametrize("shape", [(12, 12), (8, 20, 3)], ids=str)
@pytest.mark.parametrize("noise", [0.0, 0.07])
@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_moved_images_are_as_sharp_as_real_ones(shape, noise, strength):
    real = spots(200, shape, noise)
    modality = ImageModality(shape).fit(Table.of(real.numpy()))
    assert modality.is_noisy == (noise > 0.0)
    new = torch.from_numpy(modality.move(real.numpy(), rng(), strength))
    assert detail(new, shape) == pytest.approx(detail(real, shape), rel=0.05)
    if noise:
        blurred = moved(real, shape, rng(), strength)
        assert detail(blurred, shape) < 0.9 * detail(real, shape)


def test_at_twice_the_resolution_there_are_the_same_waves():
    """A wave that ends at the sides with slope zero is a cosine."""
    place, finer = (torch.arange(9) + 0.5) / 9, (torch.arange(18) + 0.5) / 18
    wave = (3 * torch.pi * place).cos()[:, None] * (2 * torch.pi * place[:7] * 9 / 7).cos()
    expected = (3 * torch.pi * finer).cos()[:, None]
    expected = expected * (2 * torch.pi * (torch.arange(14) + 0.5) / 14).cos()
    torch.testing.assert_close(_finer(wave[None, None])[0, 0], expected, atol=1e-5, rtol=0)


def test_moved_noise_has_no_streaks_at_the_sides():
    """Neighbouring pixels of noise are independent, at the sides as in the middle."""
    noise = 0.5 + 0.1 * torch.randn((400, 256), generator=rng())
    new = moved(noise, (16, 16), rng(1), 1.0, "finer").reshape(400, 16, 16)
    left = new[:, :, :3]
    step = left.diff(dim=2).square().mean() / left.var()
    inner = new[:, :, 7:10].diff(dim=2).square().mean() / new[:, :, 7:10].var()
    assert step > 0.75 * inner


def test_detail_that_is_as_strong_is_left_as_it_is():
    real = spots(20, (12, 12), 0.07)
    assert_array_equal(with_detail(real, real, (12, 12)), real)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.5])
def test_detail_is_scaled_whether_it_is_too_weak_or_too_strong(factor):
    real = spots(20, (12, 12), 0.07)
    other = 0.5 + factor * (real - 0.5)
    found = with_detail(other.clamp(0.0, 1.0), real, (12, 12))
    assert detail(found, (12, 12)) == pytest.approx(detail(real, (12, 12)), rel=0.01)


def test_detail_is_scaled_by_at_most_three():
    real = spots(20, (12, 12), 0.03)
    weak = 0.5 + 0.1 * (real - 0.5)
    found = with_detail(weak, real, (12, 12))
    assert detail(found, (12, 12)) < detail(real, (12, 12))


def test_images_without_detail_get_none():
    flat = torch.full((3, 36), 0.4)
    torch.testing.assert_close(with_detail(flat, torch.rand(3, 36, generator=rng()), (6, 6)), flat)


def test_images_are_moved_as_far_as_their_neighbours_lie():
    """Blobs at random places may be moved; blobs at one place, of random brightness, may not."""
    place, bright = torch.rand(2, 60, 2, generator=rng())
    at = torch.arange(12.0)

    def blobs(centre):
        x, y = (torch.exp(-0.5 * (at - c.unsqueeze(1)).square()) for c in centre.T)
        return (x.unsqueeze(2) * y.unsqueeze(1)).flatten(1)

    labels = torch.zeros(60, dtype=torch.int64)
    everywhere = blobs(2 + 8 * place)
    one_place = blobs(torch.full((60, 2), 5.5)) * (0.5 + 0.5 * bright[:, :1])
    free = largest_auto_strength(everywhere, labels, (12, 12), rng())
    bound = largest_auto_strength(one_place, labels, (12, 12), rng())
    assert free >= 0.2
    assert bound == 0.0


def test_an_image_alone_in_its_class_is_not_moved():
    rows = torch.rand(2, 16, generator=rng())
    assert largest_auto_strength(rows, torch.tensor([0, 1]), (4, 4), rng()) == 0.0


@pytest.mark.parametrize("kind", ["black and white", "grey"])
def test_likelihood_is_the_bernoulli_one_of_each_pixel(kind):
    outputs = torch.randn((5, 6), generator=rng())
    pixels = torch.rand((5, 6), generator=rng(1))
    if kind == "black and white":
        pixels = pixels.round()
    p = Bernoulli(logits=outputs, validate_args=False)
    found = images(2, 3).log_likelihood(outputs, pixels, torch.empty(0))
    torch.testing.assert_close(found, p.log_prob(pixels).sum(1))


def test_smoothed_pixels_are_means_of_those_around_them():
    """The sides are averaged over what there is: of images of 18 x 20, squares of 5 x 5."""
    spot = torch.zeros(1, 18, 20)
    spot[0, 9, 4] = 1.0
    smooth = images(18, 20).smoothed(spot.flatten(1)).reshape(18, 20)
    inside = torch.zeros(18, 20)
    inside[7:12, 2:7] = 1 / 25
    torch.testing.assert_close(smooth, inside)
    flat = torch.full((2, 18 * 20 * 3), 0.3)
    torch.testing.assert_close(images(18, 20, 3).smoothed(flat), flat)
