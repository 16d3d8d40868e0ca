"""Kinds of data: tables of two classes, each drawn from a distribution of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.shared.datasets import Labels

Generator = np.random.Generator
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]
# Draws rows, given which of them are rare. The first generator fixes what all rows share, such as
# centres and frequencies; it is the same for the training and the test rows.
Draw = Callable[[Generator, Generator, Mask], pd.DataFrame]

N_RARE = (60, 12, 300)
N_COMMON, N_TEST = 1000, (2000, 400)
# Fraction of the rows labelled as rare that are common ones.
WRONG = 0.25


class Split(NamedTuple):
    """A training table, and a large table to test on."""

    X: pd.DataFrame
    y: Labels
    X_test: pd.DataFrame
    y_test: Labels


def draw(kind: str, n_rare: int, seed: int, *, noisy: bool = False) -> Split:
    """Draw a table with 1,000 common rows and so many rare ones, and rows to test on.

    If ``noisy``, a quarter of the rows that the training table labels as rare are common.
    """
    place = tuple(KINDS).index(PAIRS.get(kind, kind))

    def rows(draw_rows: Draw, stream: int, n_common: int, n_rare: int) -> pd.DataFrame:
        # The first number keeps streams apart; a generator ignores zeros at the end.
        world = np.random.default_rng([1, place, seed])
        g = np.random.default_rng([stream, place, seed, n_common, n_rare])
        return draw_rows(world, g, np.repeat([False, True], (n_common, n_rare)))

    X = rows(KINDS[kind], 2, N_COMMON, n_rare)
    if noisy or kind in PAIRS:
        n_wrong = round(WRONG * n_rare)
        wrong = rows(KINDS[kind], 3, n_wrong, 0)
        X = pd.concat([X[:N_COMMON], wrong, X[N_COMMON + n_wrong :]], ignore_index=True)
    X_test = rows(OF_TEST.get(kind, KINDS[kind]), 4, *N_TEST)
    return Split(X, np.repeat([0, 1], [N_COMMON, n_rare]), X_test, np.repeat([0, 1], N_TEST))


def _numbers(values: Numbers) -> pd.DataFrame:
    return pd.DataFrame(values).add_prefix("x")


def _picked(g: Generator, rare: Mask, of_rare: Numbers, of_common: Numbers) -> Numbers:
    """Draw a level for each row, by the frequencies of its class."""
    levels = np.arange(len(of_rare))
    p, q = of_rare / of_rare.sum(), of_common / of_common.sum()
    return np.where(rare, g.choice(levels, len(rare), p=p), g.choice(levels, len(rare), p=q))


def _category(codes: Numbers, n_levels: int) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.tolist(), [f"level {k}" for k in range(n_levels)])


def _shifted(
    world: Generator, g: Generator, rare: Mask, n_columns: int, distance: float
) -> Numbers:
    """Return correlated normal columns; the rare rows are moved by so many standard deviations."""
    mixing = np.linalg.qr(world.normal(size=(n_columns, n_columns)))[0]
    spread = world.uniform(0.4, 1.6, n_columns)
    shift = world.normal(size=n_columns)
    rows = g.normal(size=(len(rare), n_columns))
    rows = rows + distance * rare[:, None] * shift / np.linalg.norm(shift)
    return rows * spread @ mixing  # type: ignore[no-any-return]


def _anomalies(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    directions = g.normal(size=(len(rare), 10))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    rows = g.normal(size=(len(rare), 10)) + 4.0 * rare[:, None] * directions
    return _numbers(rows @ world.normal(size=(10, 10)))


def _collinear(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    few = _shifted(world, g, rare, 3, 1.8)
    return _numbers(few @ world.normal(size=(3, 12)) + 0.05 * g.normal(size=(len(rare), 12)))


def _event_log(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Few distinct events, some of which are frequent; half of the rare ones are common too."""
    n = 300
    pool = pd.DataFrame(
        {
            "event": _category(world.integers(0, 12, n), 12),
            "host": _category(world.integers(0, 8, n), 8),
            "hour": world.integers(0, 24, n),
            "bytes": np.rint(world.lognormal(5.0, 1.5, n)),
            "retries": world.poisson(1.0, n),
        }
    )
    of_common, of_rare = (1.0 / (1.0 + world.permutation(n)) for _ in range(2))
    of_common[:80], of_rare[160:] = 0.0, 0.0
    return pool.iloc[_picked(g, rare, of_rare, of_common)].reset_index(drop=True)


def _windows(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Sixteen neighbouring values of a series, with a bump at any place in the rare class."""
    n, t = len(rare), np.arange(16)
    noise = g.normal(size=(n, 16))
    for k in range(1, 16):
        noise[:, k] += 0.7 * noise[:, k - 1]
    wave = np.sin(0.5 * t + g.uniform(0, 2 * np.pi, (n, 1)))
    bump = np.exp(-0.5 * (t - g.uniform(2, 14, (n, 1))) ** 2) * 3.5 * rare[:, None]
    return _numbers(noise + wave + bump + world.normal())


def _scales(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    return _numbers(_shifted(world, g, rare, 8, 2.0) * 10.0 ** np.arange(-3, 5))


def _spread(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    rows = g.normal(size=(len(rare), 6)) * np.where(rare, 1.9, 1.0)[:, None]
    return _numbers(rows @ world.normal(size=(6, 6)))


def _tails(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    shift = world.choice([-1.0, 0.0, 1.0], 8) + 0.2
    return _numbers(g.standard_t(1.5, size=(len(rare), 8)) + 1.3 * rare[:, None] * shift)


def _overlap(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    return _numbers(_shifted(world, g, rare, 8, 0.9))


def _one_hot(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Four variables of five levels as columns of zeros and ones, and two numbers."""
    bits = [
        np.eye(5)[_picked(g, rare, *world.dirichlet(np.ones(5), size=2))].astype(int)
        for _ in range(4)
    ]
    numbers = _numbers(g.normal(size=(len(rare), 2)) + 0.6 * rare[:, None])
    return pd.concat([numbers, pd.DataFrame(np.hstack(bits)).add_prefix("is")], axis=1)


def _levels(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    frame = _numbers(_shifted(world, g, rare, 3, 1.0))
    for name in ("shop", "product"):
        of_rare, of_common = world.dirichlet(np.full(60, 0.7), size=2)
        frame[name] = _category(_picked(g, rare, of_rare, of_common), 60)
    return frame


def _gaps(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Return columns with gaps: a quarter, and more in two columns of the rare class."""
    rows = _shifted(world, g, rare, 8, 2.2)
    missing = np.full(rows.shape, 0.25)
    missing[rare, :2] = 0.6
    rows[g.random(rows.shape) < missing] = np.nan
    return _numbers(rows)


def _bent(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Columns that are bent, so that a straight line does not part the classes."""
    rows = _shifted(world, g, rare, 8, 2.2)
    rows[:, 3:] += 0.5 * rows[:, :1] ** 2
    return _numbers(rows)


def _subclusters(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    centres = world.normal(0, 1.5, (5, 6))[g.choice(5, len(rare), p=[0.4, 0.25, 0.2, 0.1, 0.05])]
    of_rare = centres + 0.35 * g.normal(size=centres.shape)
    return _numbers(np.where(rare[:, None], of_rare, 1.4 * g.normal(size=centres.shape)))


def _separable(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    return _numbers(_shifted(world, g, rare, 6, 5.0))


def _core(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    x = g.normal(size=(len(rare), 5))
    radius = 3.5 + 0.6 * g.normal(size=(len(rare), 1))
    shell = radius * x / np.linalg.norm(x, axis=1, keepdims=True)
    return _numbers(np.where(rare[:, None], g.normal(size=x.shape), shell) + world.normal(size=5))


def _angles(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Angles from 0 to 360 degrees; rare rows lie on both sides of 0."""
    shape = (len(rare), 4)
    near = g.vonmises(world.normal(0, 0.3, 4), 1.2, shape)
    angle = np.where(rare[:, None], near, g.uniform(0, 2 * np.pi, shape))
    length = g.gamma(2.0, np.where(rare, 1.4, 1.0)[:, None], (len(rare), 2))
    return _numbers(np.hstack([np.degrees(angle) % 360, length]))


def _embeddings(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    topics = world.normal(size=(10, 48))
    of_rare, of_common = np.r_[np.full(3, 1.0), np.full(7, 0.1)], np.r_[np.zeros(2), np.ones(8)]
    rows = topics[_picked(g, rare, of_rare, of_common)] + 1.6 * g.normal(size=(len(rare), 48))
    return _numbers(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _wide(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Six informative columns among three hundred that vary together in groups."""
    shared = g.normal(size=(len(rare), 30)) @ world.normal(size=(30, 294)) / 30**0.5
    noise = shared + 0.7 * g.normal(size=shared.shape)
    rows = np.hstack([_shifted(world, g, rare, 6, 2.5), noise])
    return _numbers(rows[:, world.permutation(300)])


def _product(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Three columns whose product is positive in the rare class, and five of noise."""
    x = g.normal(size=(len(rare), 8))
    is_wrong = (x[:, :3].prod(1) > 0) != rare
    x[is_wrong, 0] *= -1
    return _numbers(x)


def _text(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Term weights of short texts in 600 words; nearly all are zero."""
    usual = 1.0 / (5.0 + world.permutation(600))
    topic = usual * np.exp(0.9 * world.normal(size=600) * (world.random(600) < 0.3))
    length = 5 + g.poisson(10, len(rare))
    words = [
        g.multinomial(n, p / p.sum())
        for n, p in zip(length, np.where(rare[:, None], topic, usual), strict=True)
    ]
    weights = np.sqrt(np.asarray(words)) * np.log(1.0 / usual)
    return _numbers(weights / np.linalg.norm(weights, axis=1, keepdims=True))


def _dates(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Days over three years with month, weekday and hour, and an amount that follows the season.

    The rare class has its season, around the turn of the year, and its hours.
    """
    n = len(rare)
    day = g.integers(0, 3 * 365, n)
    of_season = 365 * g.integers(0, 4, n) + np.rint(g.normal(world.integers(-10, 10), 35, n))
    day = np.where(rare & (g.random(n) < 0.7), np.clip(of_season, 0, 3 * 365 - 1), day)
    season = np.cos(2 * np.pi * day / 365)
    hour = np.where(rare, g.normal(23, 4, n), g.normal(14, 5, n))
    return pd.DataFrame(
        {
            "day": day,
            "month": _category((day % 365 // 30.5).astype(int), 12),
            "weekday": _category((day % 7).astype(int), 7),
            "hour": np.rint(hour) % 24,
            "amount": (50 + 20 * season + 12 * g.normal(size=n) + 8 * rare).round(2),
        }
    )


def _places(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Points around towns, and rare ones around places of their own or of a town."""
    towns, spots = world.uniform(0, 10, (12, 2)), world.uniform(0, 10, (6, 2))
    of_common = towns[g.integers(0, 12, len(rare))] + 0.9 * g.normal(size=(len(rare), 2))
    at = np.vstack([spots, towns[:2]])[g.integers(0, 8, len(rare))]
    of_rare = at + 0.35 * g.normal(size=(len(rare), 2))
    attributes = g.normal(size=(len(rare), 3)) + 0.4 * rare[:, None]
    return _numbers(np.hstack([np.where(rare[:, None], of_rare, of_common), attributes]))


def _hierarchy(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Places within districts within regions, as three columns, and two numbers."""
    of_rare = np.repeat(world.dirichlet(np.full(15, 0.5)), 4) * world.dirichlet(np.ones(60))
    of_common = np.repeat(world.dirichlet(np.full(15, 2.0)), 4) * world.dirichlet(np.ones(60))
    place = _picked(g, rare, of_rare, of_common)
    frame = _numbers(g.normal(size=(len(rare), 2)) + 0.6 * rare[:, None])
    frame["place"] = _category(place, 60)
    frame["district"] = _category(place // 4, 15)
    frame["region"] = _category(place // 12, 5)
    return frame


def _counts(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Return counts that grow with the exposure; the rare class differs in their rates."""
    exposure = g.gamma(2.0, 1.0, (len(rare), 1))
    rate = world.uniform(0.5, 2.5, 5) * np.where(rare[:, None], world.uniform(0.8, 2.2, 5), 1.0)
    counts = g.poisson(rate * exposure)
    return _numbers(np.hstack([exposure.round(2), counts]))


def _all_types(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    n, shifts = len(rare), 0.8 * rare[:, None] * world.choice([-1.0, 1.0], 4)
    base = g.normal(size=(n, 4)) + shifts
    of_rare, of_common = world.dirichlet(np.ones(6), size=2)
    frame = pd.DataFrame(
        {
            "price": np.exp(3 + 0.8 * base[:, 0]).round(2),
            "age": np.clip(np.rint(45 + 12 * base[:, 1]), 18, 90),
            "score": np.clip(np.rint(3 + base[:, 2]), 1, 5),
            "balance": 1000 * base[:, 3] * g.gamma(1.0, 1.0, n),
            "day": g.integers(0, 365, n),
            "member": (g.random(n) < np.where(rare, 0.7, 0.4)).astype(int),
            "visits": g.poisson(np.where(rare, 3.0, 2.0)),
            "colour": _category(_picked(g, rare, of_rare, of_common), 6),
            "town": _category(_picked(g, rare, *world.dirichlet(np.ones(20), size=2)), 20),
        }
    )
    frame.loc[g.random(n) < np.where(rare, 0.4, 0.15), "balance"] = np.nan
    return frame


def _before(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    return _numbers(_shifted(world, g, rare, 8, 2.2))


def _after(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Return the rows of later: all are moved by half a standard deviation, and spread out."""
    earlier = _before(world, g, rare)
    drift = world.normal(size=8)
    return 1.2 * earlier + 0.5 * 8**0.5 * drift / np.linalg.norm(drift)


def _families(world: Generator, g: Generator, rare: Mask) -> pd.DataFrame:
    """Rare rows come in families of six that are alike; the test table has other families."""
    family = np.cumsum(rare) // 6
    centres = g.normal(size=(family.max() + 1, 8)) + 2.0 * world.normal(size=8) / 8**0.5
    of_rare = centres[family] + 0.3 * g.normal(size=(len(rare), 8))
    return _numbers(np.where(rare[:, None], of_rare, g.normal(size=of_rare.shape)))


KINDS: dict[str, Draw] = {
    "anomalies in random directions": _anomalies,
    "collinear columns": _collinear,
    "event log with repeated rows": _event_log,
    "windows of a time series": _windows,
    "columns of very different scales": _scales,
    "another spread only": _spread,
    "heavy tails": _tails,
    "strong overlap": _overlap,
    "one-hot columns": _one_hot,
    "categories of 60 levels": _levels,
    "gaps": _gaps,
    "clean labels": _bent,
    "noisy labels": _bent,
    "subclusters": _subclusters,
    "separable": _separable,
    "a core inside a shell": _core,
    "angles": _angles,
    "embeddings of length one": _embeddings,
    "300 columns, 6 informative": _wide,
    "sign of a product": _product,
    "text": _text,
    "dates and seasons": _dates,
    "spatial clusters": _places,
    "hierarchies of categories": _hierarchy,
    "counts with exposure": _counts,
    "columns of all types": _all_types,
    "drift": _before,
    "rare rows in families": _families,
}
# A kind with wrong labels, and the one whose rows it shares.
PAIRS = {"noisy labels": "clean labels"}
# Kinds that are measured a second time with wrong labels, and with many seeds of the sampler.
TWICE = (
    *("anomalies in random directions", "windows of a time series", "categories of 60 levels"),
    *("clean labels", "columns of all types"),
)
# What is different when the table is tested.
OF_TEST: dict[str, Draw] = {"drift": _after}
