"""Flattened images as pictures, many in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["as_images", "check_image_shape", "draw_images"]

Images = npt.NDArray[np.float64]


def check_image_shape(image_shape: Any, n_columns: int) -> tuple[int, ...]:
    """Return the shape of an image as a tuple, or refuse one that the columns do not fill."""
    shape = tuple(int(side) for side in image_shape)
    if len(shape) not in (2, 3) or math.prod(shape) != n_columns:
        raise ValueError(
            f"'image_shape' must be (height, width) or (height, width, channels) of "
            f"{n_columns} values in all, got {shape}."
        )
    return shape


def as_images(rows: Any, image_shape: tuple[int, ...]) -> Images:
    """Return rows as images with one channel or three. Shape: (n, d) -> (n, h, w[, 3])."""
    pixels = np.asarray(rows, dtype=np.float64).reshape(-1, *image_shape)
    if pixels.ndim == 4 and pixels.shape[-1] != 3:
        # What is no colour is shown by its brightness; of four channels the last is opacity.
        pixels = pixels[..., :3] if pixels.shape[-1] == 4 else pixels.mean(axis=-1)
    return pixels


def draw_images(
    ax: Any, images: Images, row_names: Sequence[str], column_names: Sequence[str], cmap: str
) -> None:
    """Draw images as a grid with thin gaps. Shape of images: (rows, columns, h, w[, 3])."""
    n_rows, n_columns, height, width = images.shape[:4]
    low, high = images.min(), images.max()
    shades = (images - low) / (high - low if high > low else 1.0)
    gap = max(1, round(min(height, width) / 14))
    is_grey = shades.ndim == 4
    # Gaps stay empty: masked in grey, transparent in colour.
    inner = (
        shades[..., None]
        if is_grey
        else np.pad(shades, [*[(0, 0)] * 4, (0, 1)], constant_values=1.0)
    )
    canvas = np.full((n_rows, height + gap, n_columns, width + gap, inner.shape[-1]), np.nan)
    canvas[:, :height, :, :width] = inner.transpose(0, 2, 1, 3, 4)
    if not is_grey:
        canvas = np.nan_to_num(canvas, nan=0.0)
    flat = canvas.reshape(n_rows * (height + gap), n_columns * (width + gap), -1)[:-gap, :-gap]
    ax.imshow(
        np.ma.masked_invalid(flat[..., 0]) if is_grey else flat,
        cmap=cmap,
        vmin=0.0,
        vmax=1.0,
        interpolation="nearest",
    )
    at_rows = np.arange(n_rows) * (height + gap) + (height - 1) / 2
    at_columns = np.arange(n_columns) * (width + gap) + (width - 1) / 2
    ax.set_yticks(at_rows if row_names else [], row_names)
    ax.set_xticks(at_columns if column_names else [], column_names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
