"""Finds orders and sums between columns of one unit: numbers, dates, durations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from .._tables.adapters import Floats
from .._tables.columns import Column
from .chance import is_taken, largest_fraction, some_rows
from .rules import ColumnRule, Equal, Order, Sum

__all__ = ["by_unit", "find_orders", "find_sums"]

# Rows searched for candidates: first for orders of many columns, then for the others.
_FIRST_SEEN, _N_SEEN = 64, 1000
# Quantiles by which columns are compared. An order that random rows hardly ever break is not
# worth keeping; nor are more of them than this.
_N_QUANTILES, _LEAST_BROKEN, _MOST_ORDERS = 32, 1e-3, 1000
# Fraction of equal pairs for which nearly equal ones may be taken.
_MOST_LOST = 0.05
# Rows without gaps that sums are searched in, and the most columns.
_FEWEST_COMPLETE, _MOST_ADDED = 30, 500
# Rounding errors of a few operations.
_ROUNDING = 16.0
# Units that can be added: of the sum, and of its terms.
_ADDED = (
    ("number", "number", "number"),
    ("duration", "duration", "duration"),
    ("date", "date", "duration"),
    ("date", "date", "number"),
)
_Indices = npt.NDArray[np.intp]


def by_unit(columns: Mapping[int, Column]) -> dict[str, list[int]]:
    """Return the columns of each unit that vary."""
    units: dict[str, list[int]] = {"number": [], "date": [], "duration": []}
    for j, column in columns.items():
        least, most = np.fmin.reduce(column.values), np.fmax.reduce(column.values)
        if column.column_type != "category" and least < most:
            units[column.column_type].append(j)
    return units


def find_orders(
    columns: Mapping[int, Column], units: Mapping[str, list[int]]
) -> Iterator[ColumnRule]:
    """Yield orders of columns of one unit, and columns that are equal.

    With a random order of the rows, the values of the higher column take theirs from those of the
    lower one that are left, from the smallest to the largest. So the probability that all rows are
    in order is a product of fractions.
    """
    for at in units.values():
        n_candidates = len(at) * (len(at) - 1)
        orders = (_order(i, k, columns, n_candidates) for i, k in _ordered_pairs(at, columns))
        found = [rule for rule in orders if rule is not None]
        yield from _irreducible(found, columns)


def _ordered_pairs(at: list[int], columns: Mapping[int, Column]) -> list[tuple[int, int]]:
    """Return pairs in order in a sample of rows that would not be so in random order."""
    if len(at) < 2:
        return []
    n_rows = len(columns[at[0]].values)
    seen = some_rows(n_rows, _N_SEEN)
    some = np.column_stack([columns[j].values[seen] for j in at])
    known = np.flatnonzero(~np.isnan(some).all(axis=0))
    some, at = some[:, known], [at[i] for i in known]
    few = some[some_rows(len(some), _FIRST_SEEN)]
    # Comparisons with NaN are False.
    in_order = np.array([~(few[:, [i]] > few).any(axis=0) for i in range(len(at))])
    spread = np.nanquantile(some, np.linspace(0, 1, _N_QUANTILES), axis=0)
    broken = np.zeros_like(in_order, dtype=np.float64)
    for i in np.flatnonzero(in_order.sum(axis=1) > 1):
        broken[i] = (spread[:, None, [i]] > spread[None]).mean(axis=(0, 1))
    worth = in_order & (broken > max(_LEAST_BROKEN, 5.0 / n_rows))
    np.fill_diagonal(worth, False)
    first, second = np.nonzero(worth)
    best = np.argsort(-broken[first, second], kind="stable")
    pairs = zip(first[best].tolist(), second[best].tolist(), strict=True)
    kept = [(i, k) for i, k in pairs if not (some[:, i] > some[:, k]).any()]
    return [(at[i], at[k]) for i, k in sorted(kept[:_MOST_ORDERS])]


def _order(i: int, k: int, columns: Mapping[int, Column], n_candidates: int) -> ColumnRule | None:
    """Return the order of two columns if all rows are in order, and not by chance."""
    low, high = columns[i].values, columns[k].values
    known = ~(np.isnan(low) | np.isnan(high))
    low, high = low[known], high[known]
    if not len(low) or (low > high).any():
        return None
    names = columns[i].name, columns[k].name
    if (low == high).all():
        is_new = i < k and is_taken(len(low) * math.log(largest_fraction(low)), n_candidates)
        return Equal((f"{names[0]} = {names[1]}",), i, k) if is_new else None
    is_strict = bool((low < high).all())
    side = np.sort(low).searchsorted(np.sort(high), "left" if is_strict else "right")
    left = np.arange(len(low))
    if not is_taken(float(np.log((side - left) / (len(low) - left)).sum()), n_candidates):
        return None
    words = f"{names[0]} {'<' if is_strict else '<='} {names[1]}"
    return Order((words,), i, k, is_strict, *_tolerated(high - low))


def _tolerated(differences: Floats) -> tuple[float, float]:
    """Return how far from each other values may be to become equal, below and above.

    Below, at most as many rows have unequal values that are as close as have equal ones; above, a
    twentieth as many.
    """
    apart, n_closer = np.unique(differences[differences > 0], return_counts=True)
    n_equal, n_closer = int((differences == 0).sum()), n_closer.cumsum()
    below, above = (
        max(apart[n_closer <= fraction * n_equal], default=0.0) for fraction in (1.0, _MOST_LOST)
    )
    return float(below), float(above)


def _irreducible(rules: list[ColumnRule], columns: Mapping[int, Column]) -> Iterator[ColumnRule]:
    """Leave out orders that follow from two others, by way of a column without gaps."""
    orders = {(r.low, r.high): r.is_strict for r in rules if isinstance(r, Order)}
    between = {j for pair in orders for j in pair if not np.isnan(columns[j].values).any()}
    for rule in rules:
        follows = isinstance(rule, Order) and any(
            (rule.low, j) in orders
            and (j, rule.high) in orders
            and (orders[rule.low, j] or orders[j, rule.high] or not rule.is_strict)
            for j in between
        )
        if not follows:
            yield rule


def find_sums(
    columns: Mapping[int, Column], units: Mapping[str, list[int]], left_out: set[int]
) -> Iterator[Sum]:
    """Yield columns that are the sum or the difference of two others.

    With one column in random order, each row is right with at most the probability of its most
    frequent value.
    """
    for total_unit, first_unit, second_unit in _ADDED:
        added = {total_unit, first_unit, second_unit}
        at = sorted(j for unit in added for j in units[unit] if j not in left_out)
        n_candidates = len(at) ** 3 // 2
        for total, first, second in sorted(set(_candidates(at, columns))):
            if first not in units[first_unit]:
                first, second = second, first
            is_right = first in units[first_unit] and second in units[second_unit]
            if total not in units[total_unit] or not is_right:
                continue
            rule = _sum(total, first, second, columns, n_candidates)
            if rule is not None:
                yield rule


def _candidates(at: list[int], columns: Mapping[int, Column]) -> Iterator[tuple[int, int, int]]:
    """Yield sums of random combinations of rows: of each the total and its terms.

    A sum that is right in every row is right in a weighted sum of rows.
    """
    if not 3 <= len(at) <= _MOST_ADDED:
        return
    seen = some_rows(len(columns[at[0]].values), _N_SEEN)
    some = np.column_stack([columns[j].values[seen] for j in at])
    kept, complete = _complete(some)
    some, at = some[complete][:, kept], [at[i] for i in kept]
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(some))
    weights *= np.random.default_rng(1).choice([-1.0, 1.0], len(some))
    projected, size = weights @ some, np.abs(weights) @ np.abs(some)
    precision = max((columns[j].precision for j in at), default=0.0)
    order = np.argsort(projected)
    ordered = projected[order]
    for i in range(len(at)):
        sums = projected[i] + projected[i + 1 :]
        after = np.searchsorted(ordered, sums)
        for side in (after - 1, after):
            k = order[side.clip(0, len(at) - 1)]
            tolerated = _ROUNDING * precision * (size[i] + size[i + 1 :] + size[k])
            for other in np.flatnonzero(np.abs(projected[k] - sums) <= tolerated):
                if k[other] not in (i, i + 1 + other):
                    yield at[k[other]], at[i], at[i + 1 + other]


def _complete(some: Floats) -> tuple[list[int], _Indices]:
    """Return columns with as few gaps as possible, and enough rows without any in them."""
    complete, kept = np.ones(len(some), np.bool_), []
    for i in np.argsort(np.isnan(some).sum(axis=0), kind="stable"):
        both = complete & ~np.isnan(some[:, i])
        if both.sum() >= min(_FEWEST_COMPLETE, len(some)):
            complete = both
            kept.append(int(i))
    return sorted(kept), np.flatnonzero(complete)


def _sum(
    total: int, first: int, second: int, columns: Mapping[int, Column], n_candidates: int
) -> Sum | None:
    """Return the sum if it is right in all rows, and not by chance.

    The column that varies most is computed from the others, so that errors do not grow.
    """
    parts = {j: columns[j].values for j in (total, first, second)}
    known = ~np.isnan(np.column_stack(list(parts.values()))).any(axis=1)
    some = {j: part[known] for j, part in parts.items()}
    if not known.any():
        return None
    size = max(float(np.abs(part).max()) for part in some.values())
    tolerance = _ROUNDING * max(columns[j].precision for j in parts) * size
    largest = min(map(largest_fraction, some.values()))
    if not is_taken(known.sum() * math.log(largest), n_candidates):
        return None
    derived = max((total, first, second), key=lambda j: float(some[j].std()))
    terms = (first, second, 1)
    if derived != total:
        terms = (total, second if derived == first else first, -1)
    names = [columns[j].name for j in (derived, *terms[:2])]
    words = f"{names[0]} = {names[1]} {'+' if terms[2] == 1 else '-'} {names[2]}"
    rule = Sum((words,), derived, *terms, tolerance)
    return rule if rule.holds(some).all() else None
