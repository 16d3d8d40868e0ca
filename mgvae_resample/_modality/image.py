"""Flattened images: intensities in [0, 1], convolutional networks, affine augmentation."""

from __future__ import annotations

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
from .._nn.random import uniform
from .._rejection.sampler import Indices
from .._tables.table import Table
from .._warn import warn
from .base import Calibration, ImageShapeWarning, Modality

__all__ = ["ImageModality", "largest_auto_strength", "moved"]

_ROTATION = 0.2  # radians
_SCALING = 0.15  # logarithm of the factor
_SHEAR = 0.2
_SHIFT = 0.1  # share of the image's side
# Images may end up so much farther from the nearest one of their class than they were.
_TOLERANCE = 1.15
_MOST_MOVED, _MOST_COMPARED = 500, 4000
_REACH = 1 / 12  # of the shorter side: how far away pixels are averaged
_CHUNK = 1024  # images moved at once


class ImageModality(Modality[ImageEncoding]):
    """Flattened images of one shape."""

    is_continuous = True
    n_values = 0
    name = "image"
    chunk = 1024
    has_rules = False
    is_discrete = False
    repeats = "Its images are repeated instead, and moved as 'augmentation_strength' says."

    def __init__(self, image_shape: Sequence[int]) -> None:
        super().__init__(ImageEncoding())
        self.image_shape = tuple(image_shape)

    def key(self) -> tuple[object, ...]:
        """Return the shape."""
        return ("image", self.image_shape)

    def fit(self, table: Table) -> Self:
        """Learn the scale of the intensities; warn where the images look like other ones."""
        self.encoding.fit(table)
        likely = likelier_reading(table, self.image_shape)
        if likely is not None:
            warn(
                f"'image_shape' is {self.image_shape}, (height, width, channels), but the "
                f"{table.shape[1]} columns of X look like other images. {likely.remedy(table)}; "
                "else pixels and colours are mixed. If the shape is right, ignore this "
                "ImageShapeWarning.",
                ImageShapeWarning,
            )
        self.n_inputs = self.layout.width
        return self

    def decode(self, rows: EncodedRows, calibration: Calibration | None = None) -> Table:
        """Restore images, black and white by the thresholds of their class. Shape: (n, d) ->."""
        return self.encoding.decode(rows, calibration)

    def calibrate(self, rows: EncodedRows, class_rows: EncodedRows) -> Calibration:
        """Find thresholds under which pixels are black and white as often as in the class."""
        return self.encoding.atom_thresholds(rows, class_rows)

    def inputs(self, rows: Tensor) -> Tensor:
        """Return the rows: intensities are inputs. Shape: (n, d) -> (n, d)."""
        return rows

    def rows(self, inputs: Tensor, class_rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return the inputs: intensities are encoded rows. Shape: (n, d) -> (n, d)."""
        return inputs

    def hidden_layer_sizes(self) -> tuple[int, ...]:
        """Return the channels of each convolutional stage that the size of the images asks for."""
        return channels(self.image_shape)

    def encoder(self, sizes: Sequence[int], n_outputs: int) -> nn.Module:
        """Make strided convolutions. Shape: (n, d) -> (n, n_outputs)."""
        return ConvEncoder(self.image_shape, sizes, n_outputs)

    def decoder(self, n_inputs: int, sizes: Sequence[int], dense: Sequence[int] = ()) -> nn.Module:
        """Make transposed convolutions, behind dense layers. Shape: (n, n_inputs) -> (n, d)."""
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

    def logit_adjustment(self, outputs: Tensor, class_rows: Tensor) -> Tensor:
        """Return zeros: intensities need none. Shape: -> (n_inputs,)."""
        return torch.zeros(self.n_inputs, dtype=torch.float32)

    def restored(self, rows: EncodedRows) -> EncodedRows:
        """Return the rows as they are."""
        return rows

    def constants(self, class_rows: EncodedRows) -> tuple[Indices, EncodedRows]:
        """Return none: few images leave many pixels black that others of their class do not."""
        return np.empty(0, np.intp), class_rows[0, :0]

    def augment(self, inputs: Tensor, rng: torch.Generator, noise_scale: float) -> Tensor:
        """Shift, turn, scale and shear images. Shape: (n, d) -> (n, d)."""
        return moved(inputs, self.image_shape, rng)

    def move(self, rows: EncodedRows, rng: torch.Generator, strength: float) -> EncodedRows:
        """Move images by a share of what :meth:`augment` does. Shape: (n, d) -> (n, d)."""
        # Where no pixel varies, none is encoded.
        if strength == 0.0 or not rows.size:
            return rows
        # Bicubic: a blur of new images alone would give them away.
        parts = torch.split(torch.from_numpy(rows), _CHUNK)
        new: EncodedRows = torch.cat(
            [moved(part, self.image_shape, rng, strength, "bicubic") for part in parts]
        ).numpy()
        return new

    def smoothed(self, images: Tensor) -> Tensor:
        """Average each pixel with those around it. Shape: (n, d) -> (n, d)."""
        reach = round(_REACH * min(self.image_shape[:2]))
        pixels = unflatten(images, self.image_shape)
        smooth = F.avg_pool2d(pixels, 2 * reach + 1, 1, reach, count_include_pad=False)
        return flatten(smooth)

    def largest_auto_strength(self, rows: Tensor, labels: Tensor, rng: torch.Generator) -> float:
        """Return how far images can be moved and still look like images of their class."""
        if not rows.numel():
            return 0.0
        return largest_auto_strength(rows, labels, self.image_shape, rng)


def moved(
    rows: Tensor,
    image_shape: tuple[int, ...],
    rng: torch.Generator,
    strength: float = 1.0,
    mode: str = "bilinear",
) -> Tensor:
    """Shift, turn, scale and shear flattened images. Shape: (n, d) -> (n, d).

    A differentiable augmentation of both real and generated images (Zhao et al., "Differentiable
    Augmentation for Data-Efficient GAN Training", NeurIPS 2020): the discriminator cannot learn
    few images by heart, and the generator does not learn the movements, since it is judged after
    them.
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
    new = F.grid_sample(images, grid, mode=mode, padding_mode="border", align_corners=False)
    return flatten(new.clamp(0.0, 1.0))


def largest_auto_strength(
    rows: Tensor, labels: Tensor, image_shape: tuple[int, ...], rng: torch.Generator
) -> float:
    """Return how far images can be moved and still look like images of their class.

    Of 0, 0.05 ... 1 the largest strength under which the median distance from a moved image to
    the nearest other image of its class is at most 15 % more than from the image itself.

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
        views = moved(rows[some], image_shape, rng, larger, mode="bicubic")
        if not distance(views) < limit:
            break
        strength = larger
    return strength
