"""Flattened images: intensities in [0, 1], convolutional networks, affine augmentation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._encoding.image import ImageEncoding
from .._encoding.layout import EncodedRows
from .._encoding.reading import likelier_reading
from .._nn.conv import ConvDecoder, ConvEncoder, channels, flatten, unflatten
from .._nn.mlp import MLP
from .._nn.random import normal, uniform
from .._rejection.sampler import Indices
from .._tables.table import Table
from .._warn import warn
from .base import ImageShapeWarning, Modality, Thresholds

__all__ = [
    "ImageModality",
    "interpolation",
    "is_noisy",
    "largest_auto_strength",
    "moved",
    "with_detail",
]

_ROTATION = 0.2  # radians
_SCALING = 0.15  # logarithm of the factor
_SHEAR = 0.2
_SHIFT = 0.1  # fraction of the image's side
# Largest factor by which moving may increase the distance to the nearest image of the class.
_TOLERANCE = 1.15
_MOST_MOVED, _MOST_COMPARED = 500, 4000
_REACH = 1 / 12  # radius of averages, as a fraction of the shorter side
_CHUNK = 1024  # images moved at once
# Images are noisy if means of two by two pixels hold less than this fraction of the fine detail.
# White noise keeps 0.4, the drawn sets with noise up to 0.48, and Fashion-MNIST 0.53.
_KEPT_DETAIL = 0.5
_N_FILTERS = 64  # random convolutions that generated images are judged by
# Fine detail is scaled by at most this factor, and in so many passes, since clipping takes some.
_MOST_SCALED, _PASSES = 3.0, 3


class ImageModality(Modality):
    """Flattened images of one shape."""

    encoding: ImageEncoding
    is_continuous = True
    n_values = 0
    name = "image"
    chunk = 1024
    has_rules = False
    is_discrete = False
    is_judged = True
    is_noisy = False
    repeats = "Its images are repeated instead, and moved as 'augmentation_strength' says."

    def __init__(self, image_shape: Sequence[int]) -> None:
        super().__init__(ImageEncoding())
        self.image_shape = tuple(image_shape)

    def is_sparse(self, rows: EncodedRows) -> bool:
        """Return False: pixels are not words."""
        return False

    def key(self) -> tuple[object, ...]:
        """Return the shape."""
        return ("image", self.image_shape)

    def fit(self, table: Table) -> Self:
        """Learn the scale of the intensities; warn if the images look like another shape."""
        self.encoding.fit(table)
        likely = likelier_reading(table, self.image_shape)
        if likely is not None:
            warn(
                f"'image_shape' is {self.image_shape}, (height, width, channels), but the "
                f"{table.shape[1]} columns of X look like other images. {likely.remedy(table)}; "
                "otherwise pixels and colours are mixed. If the shape is right, ignore this "
                "ImageShapeWarning.",
                ImageShapeWarning,
            )
        self.n_inputs = self.layout.width
        some = table.take(np.arange(0, table.shape[0], max(1, table.shape[0] // _MOST_COMPARED)))
        self.is_noisy = is_noisy(torch.from_numpy(self.encode(some)), self.image_shape)
        return self

    def decode(self, rows: EncodedRows, thresholds: Thresholds | None = None) -> Table:
        """Restore images, with the thresholds of their class. Shape: (n, d) ->."""
        return self.encoding.decode(rows, thresholds)

    def atom_thresholds(self, rows: EncodedRows, class_rows: EncodedRows) -> Thresholds:
        """Find thresholds that make pixels black and white as often as in the class."""
        return self.encoding.atom_thresholds(rows, class_rows)

    def inputs(self, rows: Tensor) -> Tensor:
        """Return the rows: intensities are inputs. Shape: (n, d) -> (n, d)."""
        return rows

    def rows(self, inputs: Tensor, class_rows: Tensor, rng: torch.Generator) -> Tensor:
        """Scale the fine detail of new noisy images to that of the class. Shape: (n, d) -> (n, d).

        Mixtures of images are smoother than each, and generated ones may be too rough.
        """
        # NOTE[DIFF] In the papers new images are what the networks return, smooth or not.
        if not self.is_noisy:
            return inputs
        return with_detail(inputs, class_rows, self.image_shape)

    def hidden_layer_sizes(self) -> tuple[int, ...]:
        """Return the channels of each convolutional stage."""
        return channels(self.image_shape)

    def encoder(self, sizes: Sequence[int], n_outputs: int) -> nn.Module:
        """Make strided convolutions. Shape: (n, d) -> (n, n_outputs)."""
        return ConvEncoder(self.image_shape, sizes, n_outputs)

    def decoder(self, n_inputs: int, sizes: Sequence[int], dense: Sequence[int] = ()) -> nn.Module:
        """Make transposed convolutions, after dense layers. Shape: (n, n_inputs) -> (n, d)."""
        if not dense:
            return ConvDecoder(n_inputs, sizes, self.image_shape)
        front, back = MLP([n_inputs, *dense]), ConvDecoder(dense[-1], sizes, self.image_shape)
        return nn.Sequential(front, nn.LeakyReLU(0.1), back)

    def log_likelihood(self, outputs: Tensor, inputs: Tensor, log_scale: Tensor) -> Tensor:
        """Bernoulli log-likelihood of intensities. Shape: two of (n, d) -> (n,)."""
        return -F.binary_cross_entropy_with_logits(outputs, inputs, reduction="none").sum(1)

    def discretize(self, outputs: Tensor) -> Tensor:
        """Return mean intensities. Shape: (n, d) -> (n, d)."""
        return outputs.sigmoid()

    def relax(self, outputs: Tensor) -> Tensor:
        """Return mean intensities, which have a gradient. Shape: (n, d) -> (n, d)."""
        return outputs.sigmoid()

    def restored(self, rows: EncodedRows) -> EncodedRows:
        """Return the rows as they are."""
        return rows

    def constants(self, class_rows: EncodedRows) -> Indices:
        """Return none: pixels that are constant in few images may vary in their class."""
        return np.empty(0, np.intp)

    def augment(self, inputs: Tensor, rng: torch.Generator, noise_scale: float) -> Tensor:
        """Shift, turn, scale and shear images. Shape: (n, d) -> (n, d)."""
        return moved(inputs, self.image_shape, rng)

    def move(self, rows: EncodedRows, rng: torch.Generator, strength: float) -> EncodedRows:
        """Move images as :meth:`augment` does, with a strength. Shape: (n, d) -> (n, d)."""
        # No pixel is encoded if none varies.
        if strength == 0.0 or not rows.size:
            return rows
        real, mode = torch.from_numpy(rows), interpolation(self.is_noisy)
        parts = torch.split(real, _CHUNK)
        new = torch.cat([moved(part, self.image_shape, rng, strength, mode) for part in parts])
        if self.is_noisy:
            new = with_detail(new, real, self.image_shape)
        moved_rows: EncodedRows = new.numpy()
        return moved_rows

    def responses(self, rows: Tensor, class_rows: Tensor) -> Tensor:
        """Return means and maxima of random convolutions, in parts of the image.

        How sharp images are does not count: their fine detail is scaled to that of the class.

        Shape: (n, d), (m, d) -> (n, f).
        """
        rows = with_detail(rows, class_rows, self.image_shape)
        rng = torch.Generator().manual_seed(0)
        n_channels = (*self.image_shape, 1)[2]
        filters = normal((_N_FILTERS, n_channels, 5, 5), rng, rows.device)
        filters -= filters.mean((1, 2, 3), keepdim=True)
        filters /= filters.square().sum((1, 2, 3), keepdim=True).sqrt()
        parts = []
        for some in torch.split(rows, _CHUNK // 8):
            found = F.conv2d(unflatten(some, self.image_shape), filters, padding=2).relu_()
            means, maxima = F.adaptive_avg_pool2d(found, 3), F.adaptive_max_pool2d(found, 2)
            parts.append(torch.cat([means.flatten(1), maxima.flatten(1)], 1))
        return torch.cat(parts)

    def smoothed(self, images: Tensor) -> Tensor:
        """Average each pixel with those around it. Shape: (n, d) -> (n, d)."""
        reach = round(_REACH * min(self.image_shape[:2]))
        pixels = unflatten(images, self.image_shape)
        smooth = F.avg_pool2d(pixels, 2 * reach + 1, 1, reach, count_include_pad=False)
        return flatten(smooth)

    def largest_auto_strength(self, rows: Tensor, labels: Tensor, rng: torch.Generator) -> float:
        """Return the largest strength at which moved images still look like their class."""
        if not rows.numel():
            return 0.0
        return largest_auto_strength(
            rows, labels, self.image_shape, rng, interpolation(self.is_noisy)
        )


def moved(
    rows: Tensor,
    image_shape: tuple[int, ...],
    rng: torch.Generator,
    strength: float = 1.0,
    mode: str = "bilinear",
) -> Tensor:
    """Shift, turn, scale and shear flattened images. Shape: (n, d) -> (n, d).

    A differentiable augmentation of both real and generated images (Zhao et al., "Differentiable
    Augmentation for Data-Efficient GAN Training", NeurIPS 2020): the discriminator cannot memorise
    few images, and the generator does not learn the moves, since its images are moved as well.

    A bilinear mean of pixels blurs, and a bicubic one blurs noise too. "finer" reads images at
    twice their resolution, which keeps noise and other fine detail. Beyond its sides, an image is
    then mirrored: repeated pixels at the sides would be streaks.
    """
    images = unflatten(rows, image_shape)
    moves = strength * (2.0 * uniform((6, len(rows)), rng, rows.device) - 1.0)
    angle, scale, stretch = _ROTATION * moves[0], (_SCALING * moves[1]).exp(), moves[2]
    stretch = (_SCALING * stretch).exp()
    cosine, sine = angle.cos(), angle.sin()
    # affine_grid counts in half sides; images are turned and sheared in pixels.
    height, width = image_shape[:2]
    shift = 2.0 * _SHIFT * moves[4:6]
    lean, turn = _SHEAR * moves[3] - sine * scale, sine * scale * stretch
    first = torch.stack([cosine * scale * stretch, lean * (height / width), shift[0]], 1)
    second = torch.stack([turn * (width / height), cosine * scale, shift[1]], 1)
    grid = F.affine_grid(torch.stack([first, second], 1), list(images.shape), align_corners=False)
    beyond = "border"
    if mode == "finer":
        images, mode, beyond = _finer(images), "bicubic", "reflection"
    new = F.grid_sample(images, grid, mode=mode, padding_mode=beyond, align_corners=False)
    return flatten(new.clamp(0.0, 1.0))


def is_noisy(rows: Tensor, image_shape: tuple[int, ...]) -> bool:
    """Return whether means of two by two pixels hold less than half of the fine detail.

    Shape: (n, d) -> bool.
    """
    if not rows.numel() or min(image_shape[:2]) < 2:
        return False
    pixels = unflatten(rows, image_shape)
    halved = _strength(_detail(F.avg_pool2d(pixels, 2, 1)))
    return bool(halved < _KEPT_DETAIL * _strength(_detail(pixels)))


def interpolation(is_noisy: bool) -> str:
    """Return how images are moved so that classifiers learn from them.

    A blur would distinguish new noisy images from real ones. Smooth images lose a tenth of their
    fine detail to bicubic interpolation, and classifiers learned more from them than from sharper
    ones.
    """
    return "finer" if is_noisy else "bicubic"


def _finer(images: Tensor) -> Tensor:
    """Interpolate images at twice their resolution. Shape: (n, c, h, w) -> (n, c, 2h, 2w).

    Images are sums of cosines, which mirror them at their sides (the discrete cosine transform).
    """
    down, across = (_cosines(n, images.device) for n in images.shape[2:])
    return down @ images @ across.T


def _cosines(n: int, device: torch.device) -> Tensor:
    """Return the matrix that interpolates n numbers at twice as many places. Shape: (2n, n)."""
    order = torch.arange(n, dtype=torch.float64)
    numbers, places = ((torch.arange(m, dtype=torch.float64) + 0.5) / m for m in (n, 2 * n))
    weights = (2.0 - (order == 0).double()) / n
    transform = weights.unsqueeze(1) * (math.pi * torch.outer(order, numbers)).cos()
    return ((math.pi * torch.outer(places, order)).cos() @ transform).float().to(device)


def with_detail(images: Tensor, real: Tensor, image_shape: tuple[int, ...]) -> Tensor:
    """Scale the fine detail of images, by one factor, to the strength it has in real images.

    Fine detail is the difference between pixels and the means of three by three of them, and its
    strength is the root mean square.

    Shape: (n, d), (m, d) -> (n, d).
    """
    some = real[:: max(1, len(real) // _MOST_COMPARED)]
    target = _strength(_detail(unflatten(some, image_shape)))
    new, factor = unflatten(images, image_shape), torch.ones_like(target)
    for _ in range(_PASSES):
        detail, before = _detail(new), factor
        factor = before * target / _strength(detail).clamp_min(1e-6)
        factor = factor.clamp(1.0 / _MOST_SCALED, _MOST_SCALED)
        new = (new + (factor / before - 1.0) * detail).clamp(0.0, 1.0)
    return flatten(new)


def _detail(pixels: Tensor) -> Tensor:
    """Subtract the mean of three by three pixels. Shape: (n, c, h, w) -> (n, c, h, w)."""
    return pixels - F.avg_pool2d(pixels, 3, 1, 1, count_include_pad=False)


def _strength(detail: Tensor) -> Tensor:
    """Root mean square. Shape: (n, c, h, w) -> scalar."""
    return detail.square().mean().sqrt()


def largest_auto_strength(
    rows: Tensor,
    labels: Tensor,
    image_shape: tuple[int, ...],
    rng: torch.Generator,
    mode: str = "bicubic",
) -> float:
    """Return the largest strength at which moved images still look like their class.

    That is the largest of 0, 0.05 ... 1 at which the median distance from a moved image to the
    nearest other image of its class is at most 15 % larger than from the image itself.

    Shape: (n, d), (n,) -> scalar.
    """
    order = torch.randperm(len(rows), generator=rng)
    some, compared = order[:_MOST_MOVED], order[:_MOST_COMPARED]
    away = labels[some].unsqueeze(1) != labels[compared]
    away |= some.unsqueeze(1) == compared
    has_neighbour = ~away.all(1)

    def distance(images: Tensor) -> float:
        distances = torch.cdist(images, rows[compared]).cpu()
        nearest = distances.masked_fill(away, torch.inf).amin(1)[has_neighbour]
        return float(nearest.median()) if len(nearest) else 0.0

    limit = _TOLERANCE * distance(rows[some])
    strength = 0.0
    while strength < 1.0:
        larger = round(strength + 0.05, 2)
        views = moved(rows[some], image_shape, rng, larger, mode)
        if not distance(views) < limit:
            break
        strength = larger
    return strength
