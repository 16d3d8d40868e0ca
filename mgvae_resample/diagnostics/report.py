"""synthesis_report: all metrics of the rows a sampler made, by class, each with a finding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from sklearn.utils import check_consistent_length, column_or_1d

from .._tables.labels import plain_label
from .._tables.table import Table
from . import metrics

__all__ = ["ClassMetrics", "Finding", "SynthesisReport", "synthesis_report"]

# Larger classes are subsampled, since distances are computed between all pairs.
_MAX_ROWS = 5_000
# A higher copy rate of held-out rows suggests that they were trained on.
_MOST_COPIES = 0.5
# Fewer rows of either kind only show large differences, which sentences say.
_FEW = 50
# Standard deviation of density over samples of one distribution, for one row of each: at most, in
# up to ten columns.
_DENSITY_SPREAD = 0.9
_WIDTH = 99


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of the synthetic rows of one class; NaN if there are too few rows.

    Attributes
    ----------
    n_synthetic, n_real : int
        Number of synthetic rows, and of held-out rows they are compared with.
    n_compared, n_real_compared, n_learned_compared : int
        Number of synthetic, held-out and training rows used for AUC, density, coverage, distances
        and membership.
    auc, density, coverage : float
        See `two_sample_auc` and `density_and_coverage`.
    closest, closest_real : float
        Median distance of synthetic, and of held-out rows to the closest training row.
    closer : float
        In which fraction of pairs a synthetic row is closer to a training row than a held-out row
        is to one; 0.5 for new real rows.
    copies, copies_real : float
        `copy_rate` of synthetic, and of held-out rows.
    other_class, other_class_real : float
        `other_class_rate` of synthetic, and of held-out rows.
    misclassified, misclassified_real : float
        `misclassification_rate` of synthetic, and of held-out rows.
    impossible : float
        See `invalid_value_rate`.
    rules : tuple of str
        Rules between columns that all rows of the table obey.
    broken, broken_real : float
        `rule_violation_rate` of synthetic, and of held-out rows.
    membership : float
        `membership_auc` of training and held-out rows.
    """

    n_synthetic: int
    n_real: int
    n_compared: int
    n_real_compared: int
    n_learned_compared: int
    auc: float = math.nan
    density: float = math.nan
    coverage: float = math.nan
    closest: float = math.nan
    closest_real: float = math.nan
    closer: float = math.nan
    copies: float = math.nan
    copies_real: float = math.nan
    other_class: float = math.nan
    other_class_real: float = math.nan
    misclassified: float = math.nan
    misclassified_real: float = math.nan
    impossible: float = math.nan
    rules: tuple[str, ...] = ()
    broken: float = math.nan
    broken_real: float = math.nan
    membership: float = math.nan


@dataclass(frozen=True)
class Finding:
    """One metric: its name, its value as text, and what it means."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, repr=False)
class SynthesisReport:
    """Metrics of the synthetic rows of each class that was over-sampled; prints as a table.

    Attributes
    ----------
    metrics : dict
        Class label -> its `ClassMetrics`, such as ``metrics[label].auc``.
    """

    metrics: dict[Any, ClassMetrics]

    def findings(self, label: Any) -> list[Finding]:
        """Return name, value and meaning of each metric of one class.

        Parameters
        ----------
        label : label
            A class that was over-sampled.

        Returns
        -------
        list of Finding
            Each has ``name``, ``value`` and ``words``. If there are two values, the second is that
            of held-out rows.
        """
        f = self.metrics[label]
        entries = [
            ("two-sample AUC", f"{f.auc:.2f}", _auc),
            ("density", f"{f.density:.2f}", _density),
            ("coverage", f"{f.coverage:.2f}", _coverage),
            ("distance to closest", f"{f.closest:.2f} / {f.closest_real:.2f}", _closest),
            ("copies", _percent(f.copies, f.copies_real), _copies),
            ("other class's cells", _percent(f.other_class, f.other_class_real), _other_class),
            ("misclassified", _percent(f.misclassified, f.misclassified_real), _misclassified),
            ("impossible values", _percent(f.impossible), _impossible),
            ("rules broken", _percent(f.broken, f.broken_real), _broken),
            ("membership AUC", f"{f.membership:.2f}", _membership),
        ]
        return [
            Finding(name, value.replace("nan%", "-").replace("nan", "-"), "Too few rows.")
            if "nan" in value
            else Finding(name, value, words(f))
            for name, value, words in entries
        ]

    def __repr__(self) -> str:
        parts = [
            "\n".join([self._title(label), *map(_line, self.findings(label))])
            for label in self.metrics
        ]
        return "\n\n".join([*parts, *(fill(note, _WIDTH) for note in self._notes())])

    def _title(self, label: Any) -> str:
        f = self.metrics[label]
        return f"Class {plain_label(label)!r}: {f.n_synthetic} synthetic, {f.n_real} held-out rows"

    def _notes(self) -> list[str]:
        if not self.metrics:
            return ["No rows were added: there is nothing to report."]
        return [
            f"Class {plain_label(label)!r}: {f.copies_real:.0%} of the held-out rows equal a "
            "training row. Unless as many rows of the table repeat others, they were trained on, "
            "and all metrics look better than they are."
            for label, f in self.metrics.items()
            if f.copies_real > _MOST_COPIES
        ]


def synthesis_report(
    X: Any, y: Any, X_res: Any, y_res: Any, *, X_held: Any, y_held: Any, random_state: int = 0
) -> SynthesisReport:
    """Report whether the rows that an over-sampler added are realistic, new and possible.

    Parameters
    ----------
    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        The table that was resampled.
    y : array-like of shape (n_samples,)
        Its labels.
    X_res, y_res : of the types of `X` and `y`
        What ``fit_resample`` returned: the rows of `X`, then the new ones.
    X_held, y_held : of the types of `X` and `y`
        Rows the sampler did not see, such as the test part of a split. Compared with its training
        rows, a sampler that repeats them would look perfect.
    random_state : int, default=0
        Seed of subsamples, folds and trees.

    Returns
    -------
    SynthesisReport
        For each class with new rows: `two_sample_auc`, `density_and_coverage`, the median of
        `distance_to_closest_record`, `copy_rate`, `other_class_rate`, `misclassification_rate`,
        `invalid_value_rate`, `rule_violation_rate` and `membership_auc`, each with a sentence on
        its meaning when printed. A sentence finds no difference only if it is within two standard
        errors. Metrics that need two rows are NaN with fewer.

    Raises
    ------
    ValueError
        If `y_res` does not begin with `y`, or rows and labels differ in length.

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
    labels, resampled, held_labels = (column_or_1d(part) for part in (y, y_res, y_held))
    if len(resampled) < len(labels) or not np.array_equal(resampled[: len(labels)], labels):
        raise ValueError(
            "Expected the given rows followed by the new ones, but y_res does not begin with y. "
            "Samplers that drop or clean rows cannot be reported on."
        )
    table, resampled_table, held_table = (Table.of(part) for part in (X, X_res, X_held))
    check_consistent_length(table, labels)
    check_consistent_length(resampled_table, resampled)
    check_consistent_length(held_table, held_labels)
    rng = np.random.default_rng(random_state)
    new = np.arange(len(resampled)) >= len(labels)
    by_class = {}
    for label in np.unique(resampled[new]):
        synthetic = resampled_table.take(new & (resampled == label))
        held = held_table.take(held_labels == label)
        by_class[label] = _compare(table, labels, label, synthetic, held, rng, random_state)
    return SynthesisReport(by_class)


def _compare(
    table: Table,
    labels: npt.NDArray[Any],
    label: Any,
    synthetic: Table,
    held_out: Table,
    rng: Generator,
    seed: int,
) -> ClassMetrics:
    """Compare synthetic rows of one class with held-out ones."""
    learned = table.take(labels == label)
    new = _sample(synthetic, min(_MAX_ROWS, max(len(held_out), 1)), rng)
    others, known = (_sample(part, _MAX_ROWS, rng) for part in (held_out, learned))
    values: dict[str, Any] = {"impossible": metrics.invalid_value_rate(table, synthetic)}
    rules, rates = metrics.rules_and_violations(table, synthetic, held_out)
    values |= {"rules": tuple(rules), "broken": rates[0], "broken_real": rates[1]}
    if len(others) > 1 and len(new) > 1:
        values["auc"] = metrics.two_sample_auc(others, new, random_state=int(rng.integers(2**31)))
        values["density"], values["coverage"] = metrics.density_and_coverage(others, new)
    parts = {"": (synthetic, new), "_real": (held_out, others)}
    distances = {}
    for suffix, (rows, some) in parts.items() if len(held_out) else []:
        distances[suffix] = metrics.distance_to_closest_record(known, some)
        values["closest" + suffix] = float(np.median(distances[suffix]))
        values["copies" + suffix] = metrics.copy_rate(learned, rows)
        values["other_class" + suffix] = metrics.other_class_rate(table, labels, rows, label)
    if len(held_out):
        values["closer"] = metrics.auc_of(distances[""], distances["_real"])
        every = _sample(synthetic, _MAX_ROWS, rng)
        values["membership"] = metrics.membership_auc(known, others, every)
    at = [np.flatnonzero(labels == other) for other in np.unique(labels)]
    if len(at) > 1 and len(held_out):
        fitted = np.concatenate([rng.permutation(part)[:_MAX_ROWS] for part in at])
        rates = metrics.misclassification_rates(
            table.take(fitted), labels[fitted], label, synthetic, held_out, random_state=seed
        )
        values |= dict(zip(("misclassified", "misclassified_real"), rates, strict=True))
    n_rows = len(synthetic), len(held_out), len(new), len(others), len(known)
    return ClassMetrics(*n_rows, **values)


def _sample(rows: Table, n: int, rng: Generator) -> Table:
    if len(rows) <= n:
        return rows
    return rows.take(np.sort(rng.permutation(len(rows))[:n]))


def _line(finding: Finding) -> str:
    head = f"  {finding.name:<20}{finding.value:>15}   "
    return fill(finding.words, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _auc(f: ClassMetrics) -> str:
    opening = (
        f"Of a synthetic and a held-out row, boosted trees tell which is which {f.auc:.0%} of"
    )
    n = min(f.n_real_compared, f.n_compared)
    return f"{opening} the time ({_judged(f.auc, n, n, 'they differ', 'they clearly differ')}."


def _judged(auc: float, n: int, m: int, differs: str, differs_clearly: str) -> str:
    """Compare an AUC with that of two samples of n and m rows from one distribution."""
    # Two standard errors.
    chance = 2 * math.sqrt((n + m + 1) / (12 * n * m))
    expected = f"50 ± {100 * chance:.0f}% if they were alike)"
    if auc <= 0.5 + chance:
        return f"{expected}: no more than chance{_caution(n, m)}"
    return f"{expected}: {differs if auc < 0.75 else differs_clearly}"


def _caution(n: int, m: int) -> str:
    return ", but so few rows only show large differences" if min(n, m) < _FEW else ""


def _density(f: ClassMetrics) -> str:
    n, m = f.n_real_compared, f.n_compared
    # Two standard errors.
    chance = 2 * _DENSITY_SPREAD * math.sqrt(1 / n + 1 / m)
    expected = f"new real rows would have 1 ± {chance:.2f}"
    if f.density < 1 - chance:
        return f"Too low ({expected}): synthetic rows lie where real rows are rare or absent."
    if f.density > 1 + chance:
        return (
            f"Too high ({expected}): synthetic rows crowd in dense regions, or real rows repeat."
        )
    return f"Within chance ({expected}){_caution(n, m)}."


def _coverage(f: ClassMetrics) -> str:
    opening = f"{f.coverage:.0%} of held-out rows have a synthetic row in their neighbourhood"
    n, m = f.n_real_compared, f.n_compared
    expected = expected_coverage(n, m)
    # Two standard errors of a fraction.
    chance = 2 * math.sqrt(expected * (1 - expected) / n)
    would = f"new real rows would reach {expected:.0%} ± {100 * chance:.0f}%"
    if f.coverage >= expected - chance:
        return f"{opening}; {would}: no fewer{_caution(n, m)}."
    return f"{opening}; {would}. Parts of the class are missing."


def expected_coverage(n_real: int, n_synthetic: int) -> float:
    """Return the expected coverage of new rows from the same distribution.

    The closest k = 5 of the other n - 1 real and m synthetic rows are all real with probability
    (n - 1) ... (n - k) / ((n + m - 1) ... (n + m - k)).
    """
    k = min(5, n_real - 1)
    return 1 - math.prod((n_real - i) / (n_real + n_synthetic - i) for i in range(1, k + 1))


def _closest(f: ClassMetrics) -> str:
    n, m = f.n_compared, f.n_real_compared
    # Two standard errors.
    chance = 2 * math.sqrt((n + m + 1) / (12 * n * m))
    opening = "Median distance to the closest training row, of synthetic and of held-out rows. The"
    pairs = f"are closer in {f.closer:.0%} of pairs (50 ± {100 * chance:.0f}% if they were alike)"
    if f.closer > 0.5 + chance:
        said = "synthetic rows keep too close to training rows"
    elif f.closer < 0.5 - chance:
        said = "some stray from the class"
    else:
        said = f"no more than chance{_caution(n, m)}"
    return f"{opening} synthetic ones {pairs}: {said}."


def _copies(f: ClassMetrics) -> str:
    opening = "Synthetic rows equal a training row"
    often = _how_often(f, f.copies, f.copies_real)
    return f"{opening} {often}{': real rows are repeated' * often.startswith('more')}."


def _other_class(f: ClassMetrics) -> str:
    opening = "New rows in cells where only other classes have rows:"
    often = _how_often(f, f.other_class, f.other_class_real)
    return f"{opening} {often}{', so some are not of their class' * often.startswith('more')}."


def _misclassified(f: ClassMetrics) -> str:
    opening = "Trees assign synthetic rows to another class"
    if f.misclassified_real >= 0.5:
        return f"{opening}, and most held-out rows too: trees cannot tell the classes apart."
    often = _how_often(f, f.misclassified, f.misclassified_real)
    means = {"more": ": some are not of their class", "less": ": they are easier than real rows"}
    return f"{opening} {often}{means.get(often[:4], '')}."


def _how_often(f: ClassMetrics, rate: float, real: float) -> str:
    """Compare a rate of synthetic rows with that of held-out rows."""
    both = (rate * f.n_synthetic + real * f.n_real) / (f.n_synthetic + f.n_real)
    # Two standard errors of the difference between two fractions.
    chance = 2 * math.sqrt(both * (1 - both) * (1 / f.n_synthetic + 1 / f.n_real))
    if abs(rate - real) <= chance:
        return f"as often as held-out rows, within chance{_caution(f.n_synthetic, f.n_real)}"
    return f"{'more' if rate > real else 'less'} often than held-out rows"


def _impossible(f: ClassMetrics) -> str:
    if f.impossible == 0:
        return "Every value is a known category, or within the range of its column."
    fraction = f"{f.impossible:.2%} of values are unknown categories"
    return f"{fraction}, out of range, or missing in a column without missing values."


def _broken(f: ClassMetrics) -> str:
    if not f.rules:
        return "No rule between columns was found that all rows of the table obey."
    n, example = len(f.rules), f"such as {f.rules[0]!r}"
    found = f"the {n} rules between columns that all rows of the table obey, {example}"
    if n == 1:
        found = f"the rule between columns that all rows of the table obey: {f.rules[0]!r}"
    if f.broken == 0:
        return f"All synthetic rows obey {found}."
    return f"Synthetic and held-out rows that break {found}."


def _membership(f: ClassMetrics) -> str:
    opening = "Of a training and a held-out row, the one closer to a synthetic row is the training"
    n, m = f.n_learned_compared, f.n_real_compared
    told = "synthetic rows tell who was learned"
    judged = _judged(f.membership, n, m, told, told)
    proof = "; this attack fails, others may not" * ("no more than chance" in judged)
    return f"{opening} row in {f.membership:.0%} of pairs ({judged}{proof}."


def _percent(*rates: float) -> str:
    # A small positive rate is not shown as 0.
    return " / ".join("<0.1%" if 0 < rate < 0.001 else f"{rate:.1%}" for rate in rates)
