"""What the discriminator sees: rows, real and generated alike, moved a little at random."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .._engine.convolution import flatten, unflatten
from .._engine.runtime import normal, uniform

__all__ = ["affine_views", "harmless_amount", "noisy_views"]

_ROTATION = 0.2  # radians
_SCALING = 0.15  # logarithm of the factor
_SHEAR = 0.2
_SHIFT = 0.1  # share of the image's side
# Images may end up so much farther from the nearest one of their class than they were.
_TOLERANCE = 1.15
_MOST_MOVED, _MOST_COMPARED = 500, 4000


def noisy_views(
    rows: Tensor, at: Tensor, noise_scale: float, generator: torch.Generator
) -> Tensor:
    """Add instance noise to some columns. Shape: (n, d) -> (n, d)."""
    noise = normal((len(rows), len(at)), generator, rows.device)
    return rows.index_add(1, at.to(rows.device), noise_scale * noise)


def affine_views(
    rows: Tensor,
    image_shape: tuple[int, ...],
    generator: torch.Generator,
    amount: float = 1.0,
    mode: str = "bilinear",
) -> Tensor:
    """Shift, turn, scale and shear flattened images. Shape: (n, d) -> (n, d).

    A differentiable augmentation of both real and generated images (Zhao et al., "Differentiable
    Augmentation for Data-Efficient GAN Training", NeurIPS 2020): the discriminator cannot learn
    few images by heart, and the generator does not learn the movements, since it is judged after
    them.
    """
    images = unflatten(rows, image_shape)
    moves = amount * (2.0 * uniform((6, len(rows)), generator, rows.device) - 1.0)
    angle, scale, stretch = _ROTATION * moves[0], (_SCALING * moves[1]).exp(), moves[2]
    stretch = (_SCALING * stretch).exp()
    cosine, sine = angle.cos(), angle.sin()
    # affine_grid counts in half sides.
    shift = 2.0 * _SHIFT * moves[4:6]
    first = torch.stack([cosine * scale * stretch, _SHEAR * moves[3] - sine * scale, shift[0]], 1)
    second = torch.stack([sine * scale * stretch, cosine * scale, shift[1]], 1)
    grid = F.affine_grid(torch.stack([first, second], 1), list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, mode=mode, padding_mode="border", align_corners=False)
    return flatten(moved.clamp(0.0, 1.0))


def harmless_amount(
    rows: Tensor, labels: Tensor, image_shape: tuple[int, ...], generator: torch.Generator
) -> float:
    """Return how far images can be moved and still look like images of their class.

    Of 0, 0.05 ... 1 the largest amount under which the median distance from a moved image to the
    nearest other image of its class is at most 15 % more than from the image itself.

    Shape: (n, d), (n,) -> scalar.
    """
    order = torch.randperm(len(rows), generator=generator)
    moved, compared = order[:_MOST_MOVED], order[:_MOST_COMPARED]
    away = labels[moved].unsqueeze(1) != labels[compared]
    away |= moved.unsqueeze(1) == compared
    has_neighbour = ~away.all(1)

    def distance(images: Tensor) -> float:
        distances = torch.cdist(images, rows[compared]).cpu()
        nearest = distances.masked_fill(away, torch.inf).amin(1)[has_neighbour]
        return float(nearest.median()) if len(nearest) else 0.0

    limit = _TOLERANCE * distance(rows[moved])
    amount = 0.0
    while amount < 1.0:
        farther = round(amount + 0.05, 2)
        views = affine_views(rows[moved], image_shape, generator, farther, mode="bicubic")
        if not distance(views) < limit:
            break
        amount = farther
    return amount
