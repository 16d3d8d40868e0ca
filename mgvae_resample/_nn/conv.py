"""Convolutional encoders and decoders of flattened images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from .mlp import Conv2d, ConvTranspose2d, Linear

__all__ = ["ConvDecoder", "ConvEncoder", "channels", "flatten", "unflatten"]

# Stages halve the image until its longer side is at most this.
_SMALLEST_SIDE = 8
_WIDEST = 64
_HALVING: dict[str, Any] = {"kernel_size": 4, "stride": 2, "padding": 1}


def channels(image_shape: Sequence[int]) -> tuple[int, ...]:
    """Return the channels of each stage for images of this shape.

    Each stage halves height and width, until the longer side is at most 8 pixels. The last stage
    has 64 channels, and each earlier one half as many as the next, at least 16.
    """
    n_stages = max(1, math.ceil(math.log2(max(image_shape[:2]) / _SMALLEST_SIDE)))
    return tuple(max(16, _WIDEST >> (n_stages - 1 - stage)) for stage in range(n_stages))


class ConvEncoder(nn.Module):
    """Strided convolutions, then one hidden layer."""

    def __init__(self, image_shape: Sequence[int], stages: Sequence[int], n_outputs: int) -> None:
        super().__init__()
        self.image_shape = tuple(image_shape)
        self.grid = _grid(image_shape, len(stages))
        widths = [_n_channels(image_shape), *stages]
        self.stages = nn.ModuleList(Conv2d(a, b, **_HALVING) for a, b in pairwise(widths))
        n_inputs = math.prod(self.grid) * widths[-1]
        self.head = Linear(n_inputs, n_outputs)

    def forward(self, rows: Tensor) -> Tensor:
        """Encode flattened images. Shape: (n, h * w * c) -> (n, n_outputs)."""
        images = unflatten(rows, self.image_shape)
        factor = 2 ** len(self.stages)
        height, width = self.grid[0] * factor, self.grid[1] * factor
        x = F.pad(images, (0, width - images.shape[3], 0, height - images.shape[2]))
        for stage in self.stages:
            x = F.leaky_relu_(stage(x), 0.1)
        encoded: Tensor = self.head(x.flatten(1))
        return encoded


class ConvDecoder(nn.Module):
    """One hidden layer, then transposed convolutions: the mirror image of the encoder."""

    def __init__(self, n_inputs: int, stages: Sequence[int], image_shape: Sequence[int]) -> None:
        super().__init__()
        self.image_shape = tuple(image_shape)
        self.grid = _grid(image_shape, len(stages))
        widths = [_n_channels(image_shape), *stages][::-1]
        n_hidden = math.prod(self.grid) * widths[0]
        self.head = Linear(n_inputs, n_hidden)
        self.stages = nn.ModuleList(ConvTranspose2d(a, b, **_HALVING) for a, b in pairwise(widths))

    def forward(self, z: Tensor) -> Tensor:
        """Decode to flattened images. Shape: (n, n_inputs) -> (n, h * w * c)."""
        x = self.head(z).unflatten(1, (-1, *self.grid))
        for stage in self.stages:
            x = stage(F.leaky_relu_(x, 0.1))
        height, width = self.image_shape[:2]
        return flatten(x[:, :, :height, :width])


def unflatten(rows: Tensor, image_shape: Sequence[int]) -> Tensor:
    """Turn rows into images. Shape: (n, h * w * c) -> (n, c, h, w)."""
    height, width = image_shape[:2]
    return rows.reshape(len(rows), height, width, _n_channels(image_shape)).permute(0, 3, 1, 2)


def flatten(images: Tensor) -> Tensor:
    """Turn images into rows. Shape: (n, c, h, w) -> (n, h * w * c)."""
    return images.permute(0, 2, 3, 1).flatten(1)


def _n_channels(image_shape: Sequence[int]) -> int:
    return image_shape[2] if len(image_shape) == 3 else 1


def _grid(image_shape: Sequence[int], n_stages: int) -> tuple[int, int]:
    """Height and width after all stages, rounded up."""
    height, width = image_shape[:2]
    return -(-height // 2**n_stages), -(-width // 2**n_stages)
