"""Finds the column rules of a table.

A rule is taken if a table with the same values in every column, but in random order, would show
any rule of its kind with a probability of at most one in a thousand. The probability of each
candidate is computed or bounded, and multiplied by the number of candidates.

Candidates come from a sample of the rows, and each is checked on all rows, so the time is linear
in the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np

from .._tables.adapters import Mask
from .._tables.columns import Column
from .bits import find_groups
from .dependencies import find_dependencies
from .numbers import by_unit, find_orders, find_sums
from .rules import ColumnRule, Equal, Gaps, OneHotGroup, Order, Sum, Values

__all__ = ["NO_RULES", "ColumnRules", "find_rules"]


@dataclass(frozen=True, eq=False)
class ColumnRules:
    """The column rules of a table.

    A group that is read as one category has the index of its first column in other rules.
    """

    groups: tuple[OneHotGroup, ...] = ()
    others: tuple[ColumnRule, ...] = ()
    # Columns and the rules that compute them, in the order in which they are applied.
    derivations: tuple[tuple[int, ColumnRule], ...] = ()

    @property
    def words(self) -> list[str]:
        """All rules in words."""
        return [sentence for rule in (*self.groups, *self.others) for sentence in rule.words]

    @property
    def categories(self) -> tuple[OneHotGroup, ...]:
        """The groups that are read as one category."""
        return tuple(group for group in self.groups if group.is_category)

    @property
    def members(self) -> frozenset[int]:
        """The columns of groups that are read as one category."""
        return frozenset(j for group in self.categories for j in group.members)

    @property
    def followers(self) -> frozenset[int]:
        """These without the first of each group."""
        return self.members - {group.members[0] for group in self.categories}

    @property
    def refusing(self) -> tuple[ColumnRule, ...]:
        """The rules that rows may break although groups are read as categories."""
        return (*(group for group in self.groups if not group.is_category), *self.others)

    @property
    def columns(self) -> frozenset[int]:
        """The columns that these are about."""
        return frozenset(j for rule in self.refusing for j in rule.columns)

    def hold(self, values: Values, n_rows: int) -> Mask:
        """Return which rows obey these, given columns with groups as one. Shape: -> (n_rows,)."""
        obey = np.ones(n_rows, np.bool_)
        for rule in self.refusing:
            obey &= rule.holds(values)
        return obey

    def hold_in(self, columns: Sequence[Column]) -> Mask:
        """Return which rows obey all rules, given all columns. Shape: -> (n,)."""
        values = {j: column.values for j, column in enumerate(columns)}
        obey = np.ones(len(values[0]), np.bool_)
        for group in self.categories:
            obey &= group.holds(values)
        firsts = {group.members[0]: group.categories(values) for group in self.categories}
        return obey & self.hold(values | firsts, len(obey))


NO_RULES = ColumnRules()


def find_rules(columns: Sequence[Column]) -> ColumnRules:
    """Find the rules that all rows obey in which the columns of the rule are present."""
    groups = tuple(find_groups(columns))
    units = _Units(columns, groups)
    numbers = by_unit(units)
    orders = list(find_orders(units, numbers))
    equal = {rule.second for rule in orders if isinstance(rule, Equal)}
    sums = list(find_sums(units, numbers, equal))
    orders = [rule for rule in orders if not _follows_from_sums(rule, sums, units)]
    others = (*orders, *sums, *find_dependencies(units))
    return ColumnRules(groups, others, _derivations(others))


def _follows_from_sums(
    rule: ColumnRule, sums: Sequence[Sum], columns: Mapping[int, Column]
) -> bool:
    """Return whether a term is at most its sum because the other term is never negative."""
    if not isinstance(rule, Order):
        return False
    for each in sums:
        total, terms = each.as_total()
        if rule.high == total and rule.low in terms:
            # With a gap in the other term the sum says nothing.
            other = columns[terms[0] if rule.low == terms[1] else terms[1]].values
            if (other > 0).all() or (not rule.is_strict and (other >= 0).all()):
                return True
    return False


class _Units(Mapping[int, Column]):
    """Columns, with each group as one. They are read again at every access, to save memory."""

    def __init__(self, columns: Sequence[Column], groups: Sequence[OneHotGroup]) -> None:
        self.columns = columns
        self.groups = {group.members[0]: group for group in groups if group.is_category}
        inside = {j for group in self.groups.values() for j in group.members[1:]}
        self.at = [j for j in range(len(columns)) if j not in inside]

    def __getitem__(self, j: int) -> Column:
        if j not in self.groups:
            return self.columns[j]
        members = {i: self.columns[i] for i in self.groups[j].members}
        names = {i: column.name for i, column in members.items()}
        values = {i: column.values for i, column in members.items()}
        return self.groups[j].column(names, values)

    def __iter__(self) -> Iterator[int]:
        return iter(self.at)

    def __len__(self) -> int:
        return len(self.at)


def _derivations(rules: Sequence[ColumnRule]) -> tuple[tuple[int, ColumnRule], ...]:
    """Return rules that compute a column, in a possible order.

    A column is computed by one rule, or raised by several orders; then values may be removed from
    it. Rules that are left over are obeyed by drawing again.
    """
    chosen: dict[int, list[ColumnRule]] = {}
    graph: dict[int, set[int]] = {}
    order: list[int] = []
    for rule in sorted(rules, key=lambda rule: (isinstance(rule, Gaps), isinstance(rule, Order))):
        derived = rule.derived
        before = chosen.get(derived, []) if derived is not None else []
        is_only = not isinstance(rule, Gaps) and not all(isinstance(r, Order) for r in before)
        if derived is None or is_only:
            continue
        longer = graph | {derived: graph.get(derived, set()) | set(rule.columns) - {derived}}
        try:
            order = list(TopologicalSorter(longer).static_order())
        except CycleError:
            continue
        graph = longer
        chosen.setdefault(derived, []).append(rule)
    return tuple((j, rule) for j in order for rule in chosen.get(j, []))
