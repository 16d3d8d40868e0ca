"""synthesis_report: all numbers about the rows a sampler made, class by class, with a reading."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from textwrap import fill
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from .._tables.labels import plain_label
from .._tables.table import Table
from .figures import ClassMetrics, class_metrics

# Of held-out rows more copies than this point to rows that were trained on.
_MOST_COPIES = 0.5
_WIDTH = 99
_HIDDEN = (
    "No held-out rows were given, so synthetic rows are compared with the rows they were learned "
    "from. That hides memorisation: a sampler that repeats those rows, or hardly moves them, "
    "looks perfect in AUC, density and coverage. Hold rows out before resampling, and pass them "
    "as X_held and y_held."
)


@dataclass(frozen=True)
class Finding:
    """One figure: its name, its value as text, and what it says."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, repr=False)
class SynthesisReport:
    """ClassMetrics about synthetic rows of each class that was over-sampled; prints as a table.

    Attributes
    ----------
    figures : dict
        Class label -> its `ClassMetrics`, such as ``metrics[label].auc``.
    held_out : bool
        Whether synthetic rows were compared with rows that they were not made from.
    """

    metrics: dict[Any, ClassMetrics]
    held_out: bool

    def findings(self, label: Any) -> list[Finding]:
        """Return name, value and plain words of each figure of one class.

        Parameters
        ----------
        label : label
            A class that was over-sampled.

        Returns
        -------
        list of Finding
            Each has ``name``, ``value`` and ``words``.
        """
        f, other = self.metrics[label], "held-out rows" if self.held_out else "the other real rows"
        closest, same = partial(_closest, other=other), partial(_copies, other=other)
        taken = partial(_misclassified, other=other)
        classes = f"{_share(f.misclassified)} / {_share(f.misclassified_real)}"
        distance = f"{f.closest:.2f} / {f.closest_real:.2f}"
        # Name and value, what there may be too few rows for, and what the value says.
        found: list[tuple[str, str, str, Callable[[ClassMetrics], str]]] = [
            ("two-sample AUC", f"{f.auc:.2f}", "a comparison", _auc),
            ("density", f"{f.density:.2f}", "neighbourhoods", _density),
            ("coverage", f"{f.coverage:.2f}", "neighbourhoods", _coverage),
            ("distance to closest", distance, "distances", closest),
            ("copies", _share(f.copies), "copies", same),
            ("misclassified", classes, "a classifier", taken),
            ("impossible values", _share(f.impossible), "values", _impossible),
        ]
        return [
            Finding(name, re.sub("nan%?", "-", value), f"Too few rows for {what}.")
            if "nan" in value
            else Finding(name, value, words(f))
            for name, value, what, words in found
        ]

    def __repr__(self) -> str:
        parts = []
        for label in self.metrics:
            lines = [self._title(label), *map(_line, self.findings(label))]
            parts.append("\n".join(lines))
        return "\n\n".join([*parts, *(fill(note, _WIDTH) for note in self._notes())])

    def _repr_html_(self) -> str:
        parts = []
        for label in self.metrics:
            rows = "".join(
                f"<tr><th style='text-align:left'>{escape(r.name)}</th><td>{escape(r.value)}</td>"
                f"<td style='text-align:left'>{escape(r.words)}</td></tr>"
                for r in self.findings(label)
            )
            title = escape(self._title(label))
            parts.append(f"<table><caption>{title}</caption><tbody>{rows}</tbody></table>")
        return "".join([*parts, *(f"<p>{escape(note)}</p>" for note in self._notes())])

    def _title(self, label: Any) -> str:
        n_synthetic, n_real = self.metrics[label].n_synthetic, self.metrics[label].n_real
        against = "held-out rows" if self.held_out else "of the rows they were learned from"
        return f"Class {plain_label(label)!r}: {n_synthetic} synthetic, {n_real} {against}"

    def _notes(self) -> list[str]:
        if not self.metrics:
            return ["No rows were added: there is nothing to report."]
        if not self.held_out:
            return [_HIDDEN]
        return [
            f"Class {plain_label(label)!r}: {f.copies_real:.0%} of the held-out rows equal a row "
            "learned from. Unless so many rows of the table repeat others, they are rows that "
            "were trained on, and every figure looks better than it is."
            for label, f in self.metrics.items()
            if f.copies_real > _MOST_COPIES
        ]


def synthesis_report(
    X: Any,
    y: Any,
    X_res: Any,
    y_res: Any,
    *,
    X_held: Any = None,
    y_held: Any = None,
    random_state: int = 0,
) -> SynthesisReport:
    """Report how real, how new and how possible the rows are that an over-sampler added.

    Parameters
    ----------
    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        The table that was resampled.
    y : array-like of shape (n_samples,)
        Its labels.
    X_res, y_res : of the kinds of `X` and `y`
        What ``fit_resample`` returned: the rows of `X`, then the new ones.
    X_held, y_held : of the kinds of `X` and `y`, default=None
        Rows the sampler did not see, such as the test part of a split. Without them synthetic
        rows are compared with those they were learned from, which hides memorisation.
    random_state : int, default=0
        Seed of all draws.

    Returns
    -------
    SynthesisReport
        For each class with new rows: `two_sample_auc`, `density_and_coverage`, median of
        `distance_to_closest_record`, `copy_rate`, `misclassification_rate` and `invalid_value_rate`, each with a
        reading in plain words when printed, or as a table in a notebook. ClassMetrics that need two
        rows are NaN with fewer.

    Raises
    ------
    ValueError
        If `y_res` does not begin with `y`, or only one of `X_held` and `y_held` is given.

    Examples
    --------
    >>> import numpy as np
    >>> from imblearn.over_sampling import SMOTE
    >>> from mgvae_resample.diagnostics import synthesis_report
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(300, 3)), np.repeat([0, 1], [220, 80])
    >>> held = rng.normal(size=(140, 3)), np.ones(140, dtype=int)
    >>> X_res, y_res = SMOTE(random_state=0).fit_resample(X, y)
    >>> report = synthesis_report(X, y, X_res, y_res, X_held=held[0], y_held=held[1])
    >>> 0.5 < report.metrics[1].auc < 0.9
    True
    >>> report.metrics[1].copies
    0.0
    """
    labels, resampled = column_or_1d(y), column_or_1d(y_res)
    if len(resampled) < len(labels) or not np.array_equal(resampled[: len(labels)], labels):
        raise ValueError(
            "Expected the given rows first and the new ones after them, but y_res does not begin "
            "with y. Over-samplers return rows so; those that drop or clean rows do not."
        )
    if (X_held is None) != (y_held is None):
        raise ValueError("Pass X_held and y_held together, or neither.")
    table, resampled_table = Table.of(X), Table.of(X_res)
    held_table = None if X_held is None else Table.of(X_held)
    held_labels = None if y_held is None else column_or_1d(y_held)
    check_consistent_length(table, labels)
    check_consistent_length(resampled_table, resampled)
    check_consistent_length(held_table, held_labels)
    rng = np.random.default_rng(random_state)
    new = np.arange(len(resampled)) >= len(labels)
    metrics = {}
    for label in np.unique(resampled[new]):
        synthetic = resampled_table.take(new & (resampled == label))
        held = None if held_table is None else held_table.take(held_labels == label)
        metrics[label] = class_metrics(table, labels, label, synthetic, held, rng, random_state)
    return SynthesisReport(metrics, held_table is not None)


def _line(reading: Finding) -> str:
    head = f"  {reading.name:<20}{reading.value:>13}   "
    return fill(reading.words, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _auc(f: ClassMetrics) -> str:
    opening = f"A boosted-tree classifier tells synthetic from real rows with AUC {f.auc:.2f}"
    n = min(f.n_real_compared, f.n_compared)
    # Two standard errors of the AUC of two equal samples of one law.
    chance = 2 * math.sqrt((2 * n + 1) / (12 * n * n))
    if f.auc <= 0.5 + chance:
        hidden = "" if chance < 0.1 else " So few rows show large differences only."
        range_of_chance = f"for {n} rows of each (0.5 ± {chance:.2f})"
        return f"{opening}: no better than chance {range_of_chance}.{hidden}"
    if f.auc < 0.7:
        return f"{opening}: better than chance, but it is often wrong."
    if f.auc < 0.9:
        return f"{opening}: it is usually right, so something gives them away."
    return f"{opening}: they are plainly not of the same law."


def _density(f: ClassMetrics) -> str:
    if f.density < 0.8:
        return "Below 1: synthetic rows lie where real rows are rare, or where there are none."
    if f.density > 1.25:
        return "Above 1: synthetic rows crowd where real rows are dense, or real rows repeat."
    return "About 1: synthetic rows lie as densely as real rows do."


def _coverage(f: ClassMetrics) -> str:
    opening = f"{f.coverage:.0%} of real rows have a synthetic row in their neighbourhood"
    expected = expected_coverage(f.n_real_compared, f.n_compared)
    # Two standard errors of a share, or a twentieth.
    chance = 2 * math.sqrt(expected * (1 - expected) / f.n_real_compared)
    if f.coverage >= expected - max(0.05 * expected, chance):
        return f"{opening}, as many as new real rows would reach ({expected:.0%})."
    return f"{opening}; with new real rows instead {expected:.0%} would. Parts are missing."


def expected_coverage(n_real: int, n_synthetic: int) -> float:
    """Return the coverage to be expected of new rows of the same law.

    The closest k = 5 of the other n - 1 real and m synthetic rows are all real with probability
    (n - 1) ... (n - k) / ((n + m - 1) ... (n + m - k)).
    """
    k = min(5, n_real - 1)
    return 1 - math.prod((n_real - i) / (n_real + n_synthetic - i) for i in range(1, k + 1))


def _closest(f: ClassMetrics, other: str) -> str:
    opening = "Medians of synthetic / real rows, to the closest row learned from"
    if f.closest < 0.5 * f.closest_real:
        return f"{opening}: synthetic rows stay much closer to known rows than {other} do."
    if f.closest > 1.5 * f.closest_real:
        return f"{opening}: synthetic rows stray farther from known rows than {other} do."
    return f"{opening}: synthetic rows are about as new as {other}."


def _copies(f: ClassMetrics, other: str) -> str:
    opening = f"{f.copies:.1%} of synthetic rows equal a row learned from"
    if math.isnan(f.copies_real):
        return f"{opening}."
    return f"{opening}; of {other} {f.copies_real:.1%} do."


def _misclassified(f: ClassMetrics, other: str) -> str:
    opening = f"Trees take {f.misclassified:.1%} of synthetic rows for another class"
    # Two standard errors of a share of the real rows.
    real = f.misclassified_real
    chance = 2 * math.sqrt(max(real * (1 - real), 1 / f.n_real) / f.n_real)
    if real >= 0.5:
        return f"{opening}, and {real:.1%} of {other}: the classes cannot be told apart by trees."
    if f.misclassified <= real + chance:
        return f"{opening}, and {real:.1%} of {other}: they are of their class."
    return f"{opening}, but {real:.1%} of {other}: some are not of their class."


def _impossible(f: ClassMetrics) -> str:
    if f.impossible == 0:
        return "Every value is a known category, or within the range of its column."
    share = f"{f.impossible:.2%} of values are unknown categories"
    return f"{share}, out of range, or missing where nothing is."


def _share(value: float) -> str:
    # What is not nothing is not shown as nothing.
    return "<0.1%" if 0 < value < 0.001 else f"{value:.1%}"
