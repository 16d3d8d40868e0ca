"""Finds dependencies: categories that decide the value of a column, or whether it is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .._tables.adapters import Floats, Mask
from .._tables.columns import Column
from .chance import is_taken, largest_fraction, some_rows
from .rules import Dependency, Gaps, shown

__all__ = ["find_dependencies"]

# Rows searched for candidates, and pairs of columns that are affordable.
_N_SEEN, _MOST_PAIRS = 500, 10_000
# Numbers of at most so many values, each this often on average, are read as categories.
_FEW_VALUES, _FEWEST_REPEATS = 32, 5


class _Groups(NamedTuple):
    """The rows of each category of a column, sorted by category."""

    categories: Floats
    order: npt.NDArray[np.intp]
    start: npt.NDArray[np.intp]
    size: npt.NDArray[np.intp]

    @classmethod
    def of(cls, values: Floats) -> _Groups:
        """Group rows in which the column is present. Shape: (n,) ->."""
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        n_known = len(values) - int(np.isnan(values).sum())
        ordered, order = ordered[:n_known], order[:n_known]
        start = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))[: n_known or 0]
        return cls(ordered[start], order, start, np.diff(np.append(start, n_known)))

    def ends(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the least and the greatest value in each category, and how many are missing.

        Shape: (n, d) -> (k, d), (k, d), (k, d).
        """
        ordered = values[self.order]
        missing = np.add.reduceat(np.isnan(ordered).astype(np.float64), self.start)
        low, high = (f.reduceat(ordered, self.start) for f in (np.fmin, np.fmax))
        return low, high, missing


def find_dependencies(columns: Mapping[int, Column]) -> Iterator[Dependency | Gaps]:
    """Yield what categories decide about other columns.

    The first row of a category is free; each further one agrees with it by chance with at most the
    probability of the most frequent value, or of the value that the category decides.
    """
    n_rows = len(next(iter(columns.values())).values)
    seen = some_rows(n_rows, _N_SEEN)
    some = {j: column.values[seen] for j, column in columns.items()}
    deciders = [j for j, c in columns.items() if _is_categorical(c, some[j])]
    deciders = deciders[: max(1, _MOST_PAIRS // len(columns))]
    at, table = np.array(list(some)), np.column_stack(list(some.values()))
    n_categories = sum(len(np.unique(some[j][~np.isnan(some[j])])) for j in deciders)
    n_candidates, found = 3 * n_categories * len(columns), list[Dependency | Gaps]()
    for j in deciders:
        candidates = at[_may_decide(some[j], table)]
        candidates = candidates[candidates != j]
        if len(candidates):
            decider = columns[j]
            groups = _Groups.of(decider.values)
            for k in candidates:
                found += _decided(j, int(k), decider, columns[k], groups, n_candidates)
    yield from _irreducible(found)


def _irreducible(rules: list[Dependency | Gaps]) -> Iterator[Dependency | Gaps]:
    """Leave out the inverse of a dependency: it follows from it."""
    kept: list[Dependency] = []
    for rule in sorted(rules, key=lambda rule: -len(rule.categories)):
        if isinstance(rule, Dependency) and not any(other.implies(rule) for other in kept):
            kept.append(rule)
    yield from (rule for rule in rules if isinstance(rule, Gaps) or rule in kept)


def _is_categorical(column: Column, some: Floats) -> bool:
    """Return whether a column can decide: categories, or numbers of few values."""
    known = some[~np.isnan(some)]
    n_values = len(np.unique(known))
    if column.column_type == "category":
        return n_values > 1
    few = min(_FEW_VALUES, len(known) // _FEWEST_REPEATS)
    return 1 < n_values <= few and bool((np.rint(known) == known).all())


def _may_decide(decider: Floats, table: Floats) -> Mask:
    """Return about which columns any category decides something. Shape: (n,), (n, d) -> (d,)."""
    groups = _Groups.of(decider)
    if not len(groups.start):
        return np.zeros(table.shape[1], np.bool_)
    low, high, missing = groups.ends(table)
    has_gaps = np.isnan(table).any(axis=0)
    size = groups.size[:, None]
    decides = (size > 1) & ((low == high) | (has_gaps & ((missing == 0) | (missing == size))))
    varies = np.fmin.reduce(table) < np.fmax.reduce(table)
    return np.asarray(decides.any(axis=0) & (varies | has_gaps))


def _decided(
    j: int, k: int, decider: Column, decided: Column, groups: _Groups, n_candidates: int
) -> Iterator[Dependency | Gaps]:
    """Yield what column j decides about column k, judged by all rows."""
    values = decided.values
    (low,), (high,), (missing,) = (part.T for part in groups.ends(values[:, None]))
    is_missing = np.isnan(values)
    known = values[groups.order][~is_missing[groups.order]]
    if len(known) and known.min() < known.max():
        yield from _of_values(j, k, decider, decided, groups, low, high, missing, n_candidates)
    if is_missing.any() and len(known):
        yield from _of_gaps(j, k, decider, decided, groups, missing, n_candidates)


def _of_values(
    j: int,
    k: int,
    decider: Column,
    decided: Column,
    groups: _Groups,
    low: Floats,
    high: Floats,
    missing: Floats,
    n_candidates: int,
) -> Iterator[Dependency]:
    """Yield the dependency of values, if categories decide them."""
    n_present = groups.size - missing
    constant = np.flatnonzero((low == high) & (n_present > 0))
    if len(constant) == (n_present > 0).sum():
        largest = largest_fraction(decided.values[~np.isnan(decided.values)])
        n_further = float((n_present[constant] - 1).sum())
        if is_taken(n_further * math.log(largest), n_candidates):
            whole = f"{decider.name} decides {decided.name}"
            yield Dependency((whole,), j, k, groups.categories[constant], low[constant], True)
            return
    values, counts = np.unique(decided.values[~np.isnan(decided.values)], return_counts=True)
    fractions = counts[np.searchsorted(values, low[constant])] / counts.sum()
    logs = (n_present[constant] - 1) * np.log(fractions)
    taken = constant[[is_taken(log, n_candidates) for log in logs]]
    if len(taken):
        words = tuple(
            f"{decided.name} is {shown(decided, low[i])} where {decider.name} is "
            f"{shown(decider, groups.categories[i])}"
            for i in taken
        )
        yield Dependency(words, j, k, groups.categories[taken], low[taken], False)


def _of_gaps(
    j: int,
    k: int,
    decider: Column,
    decided: Column,
    groups: _Groups,
    missing: Floats,
    n_candidates: int,
) -> Iterator[Gaps]:
    """Yield the dependency of gaps, if categories decide where they are."""
    fraction = float(np.isnan(decided.values).mean())
    is_all, is_none = missing == groups.size, missing == 0
    logs = np.where(is_all, math.log(fraction), math.log1p(-fraction)) * groups.size
    pure = is_all | is_none
    if pure.all():
        # Rare categories are taken as well if all together are no chance.
        taken = np.flatnonzero(pure & is_taken(float(logs.sum()), n_candidates))
    else:
        taken = np.flatnonzero(pure & [is_taken(log, n_candidates) for log in logs])
    if len(taken):
        words = tuple(
            f"{decided.name} is {'' if is_all[i] else 'not '}missing where {decider.name} is "
            f"{shown(decider, groups.categories[i])}"
            for i in taken
        )
        yield Gaps(words, j, k, groups.categories[taken], is_all[taken].astype(np.float64))
