"""Drawn tables of two classes: few distinct rows, exact rules, and shapes in few columns."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.shared.datasets import Labels, Rows

Generator = np.random.Generator
Mask = npt.NDArray[np.bool_]
# Draws rows, given which of them are rare.
Draw = Callable[[Generator, Mask], npt.NDArray[Any]]

N_COMMON = {"discrete": 1000, "shapes": 600}
N_RARE = {"discrete": (20, 60, 200), "shapes": (12, 25, 60, 150)}


class Split(NamedTuple):
    """A training table, and a large table from the same distribution."""

    X: Rows
    y: Labels
    X_test: Rows
    y_test: Labels


def draw(name: str, n_rare: int, seed: int) -> Split:
    """Draw a table with so many rare rows, and 4,000 rows to test on, a quarter of them rare."""
    kind = "discrete" if name in DISCRETE else "shapes"
    g = np.random.default_rng([seed, n_rare])
    parts = []
    for n_common, n in ((N_COMMON[kind], n_rare), (3000, 1000)):
        y = np.repeat([0, 1], [n_common, n])
        parts += [TABLES[name](g, y == 1).astype(float), y]
    return Split(*parts)


def _flags(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    of_rare, of_common = [0.7, 0.3, 0.6, 0.5, 0.8, 0.4], [0.4, 0.5, 0.5, 0.5, 0.5, 0.5]
    return g.random((len(rare), 6)) < np.where(rare[:, None], of_rare, of_common)


def _two_of_three(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    rows = np.array(list(itertools.product([0, 1], repeat=6)))
    return _by_rule(g, rare, rows, (rows[:, :3].sum(1) == 2) & (rows[:, 3] == 1))


def _checkerboard(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    rows = np.array(list(itertools.product(range(8), repeat=2)))
    is_corner = (rows[:, 0] < 4) != (rows[:, 1] < 4)
    return _by_rule(g, rare, rows, is_corner & (rows.sum(1) % 2 == 0))


def _by_rule(g: Generator, rare: Mask, rows: npt.NDArray[Any], is_rare: Mask) -> npt.NDArray[Any]:
    ours, others = np.flatnonzero(is_rare), np.flatnonzero(~is_rare)
    chosen = np.where(rare, g.choice(ours, len(rare)), g.choice(others, len(rare)))
    drawn: npt.NDArray[Any] = rows[chosen]
    return drawn


def _ratings(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    means = np.where(rare[:, None], [4.0, 2.0], [2.0, 3.5])
    return np.clip(np.rint(g.normal(means, 0.7)), 1, 5)


def _hours(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    n = len(rare)
    hour = np.rint(np.where(rare, g.normal(2, 2, n), g.normal(14, 4, n))) % 24
    return np.column_stack([hour, np.where(rare, g.choice([5, 6], n), g.integers(0, 7, n))])


def _zeros(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    shape = (len(rare), 5)
    is_zero = g.random(shape) < np.where(rare, 0.6, 0.75)[:, None]
    return np.where(is_zero, 0, g.poisson(np.where(rare, 3.0, 2.0)[:, None], shape))


def _age(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    n = len(rare)
    return np.rint(np.where(rare, g.normal(60, 8, n), g.normal(40, 12, n)))[:, None]


def _age_and_sex(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    return np.column_stack([_age(g, rare), g.random(len(rare)) < np.where(rare, 0.7, 0.5)])


def _questionnaire(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    mood, shift = g.normal(size=(len(rare), 1)), np.array([1, 1, -1, 1, -1, 0, 0, 0])
    means = 3.0 + 0.7 * mood + np.where(rare[:, None], 0.6, 0.0) * shift
    return np.clip(np.rint(g.normal(means, 0.7)), 1, 5)


def _grid(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    centres = np.array([[10, 40], [40, 10], [25, 25]])[g.integers(0, 3, len(rare))]
    of_rare, of_common = np.rint(g.normal(centres, 3)), g.integers(0, 50, (len(rare), 2))
    return np.clip(np.where(rare[:, None], of_rare, of_common), 0, 49)


def _codes(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    fixed, n = np.random.default_rng(5), len(rare)
    p, q = fixed.dirichlet(np.full(12, 0.5)), fixed.dirichlet(np.full(12, 0.5))
    first = np.where(rare, g.choice(12, n, p=p), g.choice(12, n, p=q))
    second = np.where(rare, g.choice(6, n, p=p[:6] / p[:6].sum()), g.integers(0, 6, n))
    return np.column_stack([first, second, g.integers(0, 3, n)])


def _words(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    return g.poisson(np.where(rare, 0.05, 0.08)[:, None], (len(rare), 8))


def _among(g: Generator, rare: Mask, of_rare: npt.NDArray[Any], scale: float) -> Any:
    """Put rare rows among normal ones."""
    return np.where(rare[:, None], of_rare, scale * g.normal(size=of_rare.shape))


def _clusters(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    centres = np.array([[-2.0, 0.0], [2.0, 0.0], [0.0, 2.5]])[g.integers(0, 3, len(rare))]
    return _among(g, rare, centres + 0.25 * g.normal(size=centres.shape), 1.6)  # type: ignore[no-any-return]


def _ring(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    t = g.uniform(0, 2 * np.pi, len(rare))
    circle = 1.5 * np.column_stack([np.cos(t), np.sin(t)])
    return _among(g, rare, circle + 0.12 * g.normal(size=circle.shape), 1.6)  # type: ignore[no-any-return]


def _diagonal(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    side = 1.2 * g.choice([-1, 1], (len(rare), 1))
    return _among(g, rare, side + 0.5 * g.normal(size=(len(rare), 2)), 1.6)  # type: ignore[no-any-return]


def _shell(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    x = g.normal(size=(len(rare), 5))
    radius = 2.2 * (1.0 + 0.08 * g.normal(size=(len(rare), 1)))
    return _among(g, rare, radius * x / np.linalg.norm(x, axis=1, keepdims=True), 1.0)  # type: ignore[no-any-return]


def _product(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    """Three columns whose product is positive in the rare class, and five of noise."""
    x = g.normal(size=(len(rare), 8))
    is_wrong = (x[:, :3].prod(1) > 0) != rare
    x[is_wrong, 0] *= -1
    return x


def _components(g: Generator, rare: Mask) -> npt.NDArray[Any]:
    centres = np.random.default_rng(1).normal(0, 1.3, (4, 10))[g.integers(0, 4, len(rare))]
    return _among(g, rare, centres + 0.6 * g.normal(size=centres.shape), 1.0)  # type: ignore[no-any-return]


DISCRETE: dict[str, Draw] = {
    "flags": _flags,
    "two of three": _two_of_three,
    "checkerboard": _checkerboard,
    "ratings": _ratings,
    "hours": _hours,
    "zeros": _zeros,
    "age": _age,
    "age and sex": _age_and_sex,
    "questionnaire": _questionnaire,
    "grid": _grid,
    "codes": _codes,
    "words": _words,
}
SHAPES: dict[str, Draw] = {
    "clusters": _clusters,
    "ring": _ring,
    "diagonal": _diagonal,
    "shell": _shell,
    "product": _product,
    "components": _components,
}
TABLES = DISCRETE | SHAPES
