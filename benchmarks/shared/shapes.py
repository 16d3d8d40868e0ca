"""Grey shapes of known position, size and rotation, and the FactorVAE metric over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.shared.datasets import Labels, Rows

SIDE = 32
FACTORS = ("x", "y", "size", "rotation", "shape")
SHAPES = ("square", "ellipse", "heart")
CLASS_SIZES = (2000, 1000, 500)
# Ranges of the first four factors; the image reaches from -1 to 1, and every shape fits in.
RANGES = ((-0.45, 0.45), (-0.45, 0.45), (0.2, 0.4), (0.0, 2.0 * np.pi))

N_VOTES = 800
VOTE_ROWS = 64
LEAST_VARIANCE = 0.05
_GLOBAL_ROWS = 4096
_CHUNK = 1024

Factors = NDArray[np.float64]
Represent = Callable[[Factors], Rows]


def draw_factors(n_rows: int, rng: np.random.Generator) -> Factors:
    """Draw each factor uniformly and independently. Shape: -> (n_rows, 5), shapes by number."""
    low, high = np.array(RANGES).T
    moved = rng.uniform(low, high, (n_rows, len(RANGES)))
    return np.column_stack([moved, rng.integers(len(SHAPES), size=n_rows)])


def draw_shapes(factors: Factors) -> Rows:
    """Draw flattened images in [0, 1], edges one pixel wide. Shape: (n, 5) -> (n, 1024)."""
    starts = range(0, len(factors), _CHUNK)
    parts = [_draw(factors[i : i + _CHUNK]) for i in starts]
    return np.concatenate([np.empty((0, SIDE * SIDE), np.float32), *parts])


def shape_rows(seed: int) -> tuple[Rows, Labels]:
    """Draw the imbalanced training set; the class is the shape."""
    rng = np.random.default_rng(seed)
    factors = draw_factors(sum(CLASS_SIZES), rng)
    labels = np.repeat(np.arange(len(SHAPES)), CLASS_SIZES)
    factors[:, FACTORS.index("shape")] = labels
    return draw_shapes(factors), labels


def factor_vae_score(
    represent: Represent,
    rng: np.random.Generator,
    factors: Sequence[str] = FACTORS,
    n_votes: int = N_VOTES,
) -> float:
    """Return the FactorVAE metric: how surely the stillest dimension tells the fixed factor.

    Images that share one factor are represented, and the dimension that varies least, in units
    of its variance over all images, votes for that factor (Kim & Mnih, "Disentangling by
    Factorising", ICML 2018). A majority of `n_votes` votes decides what a dimension stands for;
    the score is the accuracy on as many fresh ones. Chance is one over the number of factors.
    Dimensions that hardly vary, by a twentieth of the mean variance, have no vote; so all must
    be on one scale.
    """
    scale = represent(draw_factors(_GLOBAL_ROWS, rng)).var(0)
    kept = np.flatnonzero(scale >= LEAST_VARIANCE * scale.mean())
    columns = [FACTORS.index(factor) for factor in factors]
    table = np.zeros((2, len(kept), len(columns)), dtype=np.intp)
    for part in table:
        chosen = rng.integers(len(columns), size=n_votes)
        fixed = np.array(columns)[chosen]
        spread = _spread(represent, rng, fixed)[:, kept] / np.maximum(scale[kept], 1e-12)
        np.add.at(part, (spread.argmin(1), chosen), 1)
    train, test = table
    hits = test[np.arange(len(kept)), train.argmax(1)]
    return float(hits.sum() / n_votes)


def _spread(represent: Represent, rng: np.random.Generator, fixed: NDArray[np.intp]) -> Rows:
    """Variance within groups of images that share one factor each. Shape: (v,) -> (v, d)."""
    at_once = _CHUNK // VOTE_ROWS
    parts = []
    for start in range(0, len(fixed), at_once):
        shared = fixed[start : start + at_once]
        groups = draw_factors(len(shared) * VOTE_ROWS, rng).reshape(len(shared), VOTE_ROWS, -1)
        i = np.arange(len(shared))
        groups[i, :, shared] = groups[i, 0, shared][:, None]
        rows = represent(groups.reshape(-1, len(FACTORS)))
        parts.append(rows.reshape(len(shared), VOTE_ROWS, -1).var(1))
    return np.concatenate(parts)


def _draw(factors: Factors) -> Rows:
    pixel = 2.0 / SIDE
    line = np.arange(SIDE) * pixel - 1.0 + pixel / 2.0
    x, y = np.meshgrid(line, line[::-1])  # y points up
    x0, y0, size, rotation, shape = factors.T[:, :, None]
    x, y = x.reshape(1, -1) - x0, y.reshape(1, -1) - y0
    cosine, sine = np.cos(rotation), np.sin(rotation)
    # Into the shape's own frame, where it is about one long.
    u, v = (cosine * x + sine * y) / size, (cosine * y - sine * x) / size
    distance = np.select(
        [shape == 0, shape == 1], [_to_square(u, v), _to_ellipse(u, v)], _to_heart(u, v)
    )
    image: Rows = np.clip(0.5 - size * distance / pixel, 0.0, 1.0).astype(np.float32)
    return image


def _to_square(u: Rows, v: Rows) -> Rows:
    """Signed distance to a square of half side 0.8."""
    a, b = np.abs(u) - 0.8, np.abs(v) - 0.8
    outside: Rows = np.hypot(np.maximum(a, 0.0), np.maximum(b, 0.0))
    return outside + np.minimum(np.maximum(a, b), 0.0)


def _to_ellipse(u: Rows, v: Rows) -> Rows:
    """Signed distance, to first order, to an ellipse of half axes 1.1 and 0.6."""
    level = np.hypot(u / 1.1, v / 0.6)
    slope = np.hypot(u / 1.1**2, v / 0.6**2)
    return level * (level - 1.0) / np.maximum(slope, 1e-9)


def _to_heart(u: Rows, v: Rows) -> Rows:
    """Signed distance to a heart, two half circles on a turned square."""
    scale = 1.8
    u, v = np.abs(u) / scale, v / scale + 0.55
    above = np.hypot(u - 0.25, v - 0.75) - np.sqrt(2.0) / 4.0
    edge = 0.5 * np.maximum(u + v, 0.0)
    below = np.minimum(np.hypot(u, v - 1.0), np.hypot(u - edge, v - edge)) * np.sign(u - v)
    return scale * np.where(u + v > 1.0, above, below)
