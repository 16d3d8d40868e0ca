"""Finds one-hot groups: columns of two values of which exactly one, or at most one, is set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .._tables.adapters import Mask
from .._tables.columns import Column
from .chance import is_taken, some_rows
from .rules import OneHotGroup

__all__ = ["find_groups"]

# Comparisons between bits that are affordable, and columns up to which any order is searched.
_MOST_COMPARED, _FEWEST_ROWS, _MOST_BITS = 5 * 10**8, 1000, 300
_Indices = npt.NDArray[np.intp]


def find_groups(columns: Sequence[Column]) -> Iterator[OneHotGroup]:
    """Yield the one-hot groups of a table.

    Adjacent columns with exactly one bit in every row come first. The others are collected from
    the most frequent bit to the least: a bit joins a group if it is never set together with its
    members, and if this is unlikely by chance.
    """
    ends = {j: span for j, column in enumerate(columns) if (span := _two_values(column))}
    at = np.array(list(ends), np.intp)
    if len(at) < 2:
        return
    n_rows = len(columns[0].values)
    seen = some_rows(n_rows, max(_FEWEST_ROWS, _MOST_COMPARED // len(at) ** 2))
    values = [columns[j].values[seen] for j in at]
    bits = np.column_stack([v == ends[j][1] for j, v in zip(at, values, strict=True)])
    missing = np.column_stack([np.isnan(v) for v in values])
    # Up to millions of rows, whole numbers are exact.
    together = bits.T.astype(np.float32) @ bits.astype(np.float32) > 0
    found = list(_adjacent(bits, missing, together))
    used = np.isin(np.arange(len(at)), np.concatenate([np.empty(0, np.intp), *found]))
    if len(at) <= _MOST_BITS:
        found += _exclusive(bits, missing, together, used)
    for group in sorted(found, key=min):
        rule = _checked(columns, at[np.sort(group)], ends)
        if rule is not None:
            yield rule


def _two_values(column: Column) -> tuple[float, float] | None:
    """Return the values of a column of two numbers, or of False and True; the second is "set"."""
    if column.column_type in ("date", "duration"):
        return None
    low, high = (float(f.reduce(column.values)) for f in (np.fmin, np.fmax))
    is_end = (column.values == low) | (column.values == high)
    if not low < high or not (is_end | np.isnan(column.values)).all():
        return None
    if column.column_type == "number":
        return low, high
    first, second = column.categories[int(low)], column.categories[int(high)]
    if {first, second} != {False, True}:
        return None
    return (high, low) if first else (low, high)


def _adjacent(bits: Mask, missing: Mask, together: Mask) -> Iterator[_Indices]:
    """Yield runs of columns with one bit in every row. Shape: (n, b), (n, b), (b, b) ->."""
    n_rows, n_bits = bits.shape
    fractions = bits.mean(axis=0)
    start = 0
    while start < n_bits - 1:
        free = np.flatnonzero(together[start, start + 1 :])
        # The first column that shares a row with any before it ends the run.
        last = start + 1 + (int(free[0]) if len(free) else n_bits - start - 1)
        clash = np.flatnonzero(np.triu(together[start:last, start:last], 1).any(axis=0))
        last = start + int(clash[0]) if len(clash) else last
        covered = np.logical_or.accumulate((bits | missing)[:, start:last], axis=1).all(axis=0)
        whole = np.flatnonzero(covered)
        if len(whole) and whole[0] > 0:
            group = np.arange(start, start + whole[0] + 1)
            if is_taken(n_rows * math.log(_exactly_one(fractions[group])), n_bits**2):
                yield group
                start = group[-1]
        start += 1


def _exclusive(bits: Mask, missing: Mask, together: Mask, used: Mask) -> list[_Indices]:
    """Return groups of columns of which no row sets two. Shape: of _adjacent, (b,) ->."""
    n_set, n_bits = bits.sum(axis=0), bits.shape[1]
    order, used, groups = np.argsort(-n_set, kind="stable"), used.copy(), []
    for seed in order:
        if used[seed]:
            continue
        group, covered, excluded = [seed], bits[:, seed].mean(), together[seed].copy()
        for other in order:
            if used[other] or excluded[other] or other == seed or covered >= 1.0:
                continue
            if is_taken(n_set[other] * math.log1p(-covered), n_bits**2):
                group.append(other)
                covered, excluded = covered + bits[:, other].mean(), excluded | together[other]
        if len(group) > 1:
            used[group] = True
            groups.append(np.array(group))
    return groups


def _exactly_one(fractions: npt.NDArray[np.floating]) -> float:
    """Return the probability that exactly one of some independent bits is set."""
    zero = np.prod(1.0 - fractions)
    return float(np.clip(zero * (fractions / (1.0 - fractions)).sum(), 1e-300, 1.0))


def _checked(
    columns: Sequence[Column], at: _Indices, ends: Mapping[int, tuple[float, float]]
) -> OneHotGroup | None:
    """Return a group if all rows obey it."""
    values = {int(j): columns[j].values for j in at}
    names = [columns[j].name for j in at]
    low, high = zip(*(ends[j] for j in at), strict=True)
    gaps = [np.isnan(part) for part in values.values()]
    same = all((gap == gaps[0]).all() for gap in gaps)
    for is_exact in (True, False):
        words = f"{'exactly' if is_exact else 'at most'} one of {', '.join(names)}"
        group = OneHotGroup((words,), tuple(values), low, high, is_exact, same)
        if group.holds(values).all():
            return group
    return None
