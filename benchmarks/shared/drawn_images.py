"""Small image sets with rare classes: six that are drawn, and the digits of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.runner import Place, Split

Generator = np.random.Generator
Array = npt.NDArray[Any]

NOISE = 18 / 255
_SHARPNESS = 1.5  # of the edges of shapes, per pixel


class Kind(NamedTuple):
    """A kind of images.

    Attributes
    ----------
    image_shape : tuple
        Height and width, and the number of channels if there are several.
    sizes : tuple of int
        Training images of each class.
    draw : callable
        Draws images in [0, 1], given their classes.
    """

    image_shape: tuple[int, ...]
    sizes: tuple[int, ...]
    draw: Callable[[Generator, Labels], Array]


def split_of(name: str, seed: int) -> Split:
    """Draw training images, and images to test on: a quarter of each rare class."""
    place = Place(name, seed)
    if name == DIGITS:
        return _digits(place)
    kind, parts = KINDS[name], []
    g = np.random.default_rng([seed, list(KINDS).index(name)])
    for sizes in (kind.sizes, _test_sizes(len(kind.sizes))):
        y = np.repeat(np.arange(len(sizes)), sizes)
        pixels = np.rint(255 * np.clip(kind.draw(g, y), 0, 1)) / 255
        parts += [pixels.reshape(len(y), -1).astype(np.float32), y]
    X, y, X_test, y_test = parts
    return Split(place, X, y, X_test, y_test, image_shape=kind.image_shape)


def _test_sizes(n_classes: int) -> list[int]:
    return [*[1500 // (n_classes - 1)] * (n_classes - 1), 500]


def _digits(place: Place) -> Split:
    """Take 100 images of each digit below five and 10 of each other; test on all others."""
    pixels, labels = load_digits(return_X_y=True)
    g = np.random.default_rng(place.seed)
    train = np.concatenate(
        [
            g.choice(np.flatnonzero(labels == k), 100 if k < 5 else 10, replace=False)
            for k in range(10)
        ]
    )
    test = np.setdiff1d(np.arange(len(labels)), train)
    rows: Rows = (pixels / 16).astype(np.float32)
    return Split(place, rows[train], labels[train], rows[test], labels[test], image_shape=(8, 8))


def _plane(height: int, width: int) -> tuple[Array, Array]:
    """Return the distances of all pixels from the middle, down and across."""
    down, across = np.mgrid[:height, :width].astype(float)
    return down - (height - 1) / 2, across - (width - 1) / 2


def _turned(g: Generator, n: int, side: int, reach: float, turn: float) -> tuple[Array, Array]:
    """Return coordinates around random centres, turned by random angles. Shape: (n, h, w)."""
    down, across = _plane(side, side)
    centre, angle = g.uniform(-reach, reach, (2, n, 1, 1)), g.uniform(-turn, turn, (n, 1, 1))
    u, v = down - centre[0], across - centre[1]
    return np.cos(angle) * u - np.sin(angle) * v, np.sin(angle) * u + np.cos(angle) * v


def _inside(distance: Array) -> Array:
    """Return 1 where a distance to an edge is negative, 0 where positive, with soft edges."""
    return np.clip(0.5 - _SHARPNESS * distance, 0.0, 1.0)


def _shapes(g: Generator, y: Labels) -> Array:
    """Coloured discs and squares, and rare triangles."""
    n = len(y)
    u, v = _turned(g, n, 32, 5.0, 0.5)
    size = g.uniform(6.0, 10.0, (n, 1, 1))
    disc = np.hypot(u, v) - size
    square = np.maximum(abs(u), abs(v)) - 0.9 * size
    corner = np.maximum(0.5 * u + 0.87 * abs(v), -u) - 0.65 * size
    other = np.where(g.random((n, 1, 1)) < 0.5, disc, square)
    inside = _inside(np.where(y[:, None, None] == 1, corner, other))[..., None]
    ground, paint = g.uniform(0.1, 0.5, (n, 1, 1, 3)), g.uniform(0.5, 0.9, (n, 1, 1, 3))
    return ground + inside * (paint - ground)


def _noisy_shapes(g: Generator, y: Labels) -> Array:
    pixels = _shapes(g, y)
    return pixels + NOISE * g.normal(size=pixels.shape)


def _textures(g: Generator, y: Labels) -> Array:
    """Stripes of any phase and width; the rare ones have a direction of their own."""
    n = len(y)
    down, across = _plane(16, 16)
    degrees = np.where(y == 1, g.uniform(72, 88, n), g.uniform(-65, 65, n))
    angle = np.deg2rad(degrees)[:, None, None]
    frequency, phase = g.uniform(0.8, 1.6, (n, 1, 1)), g.uniform(0, 2 * np.pi, (n, 1, 1))
    wave = np.sin(frequency * (np.cos(angle) * across + np.sin(angle) * down) + phase)
    contrast = g.uniform(0.05, 0.2, (n, 1, 1))
    return 0.5 + contrast * wave + 0.15 * g.normal(size=wave.shape)


def _strokes(g: Generator, y: Labels) -> Array:
    """Six leaning strokes on a strip; in rare images two of them cross."""
    n = len(y)
    down, across = _plane(8, 64)
    pixels = np.zeros((n, 8, 64))
    place = np.linspace(-27, 27, 6) + g.uniform(-2.5, 2.5, (n, 6))
    lean = g.uniform(-0.3, 0.3, (n, 6))
    crossed = g.integers(0, 6, n)
    for k in range(6):
        is_crossed = (y == 1) & (crossed == k)
        for sign in (1, -1):
            slope = np.where(is_crossed, sign * (0.2 + abs(lean[:, k])), lean[:, k])
            apart = across - place[:, k, None, None] - slope[:, None, None] * down
            pixels = np.maximum(pixels, np.exp(-((apart / 0.9) ** 2)))
    return pixels * g.uniform(0.6, 1.0, (n, 1, 1))


def _greys(g: Generator, y: Labels) -> Array:
    """Dark spots on a bright ground, as of skin; rare ones are long."""
    n = len(y)
    u, v = _turned(g, n, 8, 0.8, np.pi)
    size = g.uniform(1.6, 2.4, (n, 1, 1))
    ratio = np.where(y == 1, g.uniform(1.3, 1.7, n), g.uniform(1.0, 1.25, n))[:, None, None]
    spot = np.exp(-0.5 * ((u / (size * ratio)) ** 2 + (v * ratio / size) ** 2))
    ground, depth = g.uniform(0.6, 0.9, (n, 1, 1)), g.uniform(0.3, 0.5, (n, 1, 1))
    return ground - depth * spot + 0.03 * g.normal(size=spot.shape)


def _rings(g: Generator, y: Labels) -> Array:
    """Crosses, bars, and rare rings, with noise."""
    n = len(y)
    u, v = _turned(g, n, 24, 4.0, 0.5)
    size, thick = g.uniform(4.5, 7.0, (n, 1, 1)), g.uniform(0.9, 1.6, (n, 1, 1))
    bar = np.maximum(abs(u) - thick, abs(v) - size)
    cross = np.minimum(bar, np.maximum(abs(v) - thick, abs(u) - size))
    ring = abs(np.hypot(u, v) - 0.75 * size) - thick
    inside = _inside(np.choose(y[:, None, None], [cross, bar, ring]))
    ground, paint = g.uniform(0.1, 0.4, (n, 1, 1)), g.uniform(0.6, 0.9, (n, 1, 1))
    pixels = ground + inside * (paint - ground)
    return pixels + NOISE * g.normal(size=pixels.shape)


KINDS = {
    "shapes": Kind((32, 32, 3), (1000, 30), _shapes),
    "noisy shapes": Kind((32, 32, 3), (1000, 30), _noisy_shapes),
    "textures": Kind((16, 16), (1000, 30), _textures),
    "strokes": Kind((8, 64), (1000, 30), _strokes),
    "greys": Kind((8, 8), (1000, 30), _greys),
    "rings": Kind((24, 24), (500, 500, 30), _rings),
}
DIGITS = "digits"
NAMES = (*KINDS, DIGITS)


def rare_classes(y: Labels) -> Labels:
    """Return the classes with less than a tenth of the images of the largest, or as few."""
    counts = np.bincount(y)
    return np.flatnonzero(counts <= counts.max() / 10)
