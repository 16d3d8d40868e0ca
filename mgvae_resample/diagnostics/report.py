"""synthesis_report: all numbers about the rows a sampler made, class by class, with a reading."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from textwrap import fill
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import column_or_1d

from .._tables.table import Table
from .embedding import embed
from .interpretation import Figures, Reading, interpret
from .metrics import (
    closest_distances,
    copies,
    density_and_coverage,
    impossible_values,
    two_sample_auc,
)

# Of larger classes as many rows are drawn at random: distances are measured between all pairs.
_MAX_ROWS = 5_000
_WIDTH = 99
_HIDDEN = (
    "No held-out rows were given, so synthetic rows are compared with the rows they were learned "
    "from. That hides memorisation: a sampler that repeats those rows, or hardly moves them, "
    "looks perfect in AUC, density and coverage. Hold rows out before resampling, and pass them "
    "as X_held and y_held."
)


@dataclass(frozen=True, repr=False)
class SynthesisReport:
    """Figures about synthetic rows of each class that was over-sampled; prints as a table.

    Attributes
    ----------
    figures : dict
        Class label -> its numbers, as attributes: ``n_synthetic``, ``n_real``, ``auc``,
        ``density``, ``coverage``, ``closest``, ``closest_real``, ``copies``, ``copies_real``,
        ``impossible``; see `synthesis_report`.
    held_out : bool
        Whether synthetic rows were compared with rows that they were not made from.
    """

    figures: dict[Any, Figures]
    held_out: bool

    def readings(self, label: Any) -> list[Reading]:
        """Return name, value and plain words of each figure of one class.

        Parameters
        ----------
        label : label
            A class that was over-sampled.

        Returns
        -------
        list of Reading
            Each has ``name``, ``value`` and ``words``.
        """
        return interpret(self.figures[label], held_out=self.held_out)

    def __repr__(self) -> str:
        parts = []
        for label, figures in self.figures.items():
            lines = [_line(reading) for reading in self.readings(label)]
            parts.append("\n".join([self._title(label, figures), *lines]))
        return "\n\n".join([*parts, *(fill(note, _WIDTH) for note in self._notes())])

    def _repr_html_(self) -> str:
        parts = []
        for label, figures in self.figures.items():
            rows = "".join(
                f"<tr><th style='text-align:left'>{escape(r.name)}</th><td>{escape(r.value)}</td>"
                f"<td style='text-align:left'>{escape(r.words)}</td></tr>"
                for r in self.readings(label)
            )
            title = escape(self._title(label, figures))
            parts.append(f"<table><caption>{title}</caption><tbody>{rows}</tbody></table>")
        return "".join([*parts, *(f"<p>{escape(note)}</p>" for note in self._notes())])

    def _title(self, label: Any, figures: Figures) -> str:
        against = "held-out rows" if self.held_out else "of the rows they were learned from"
        # A numpy scalar shows as the number or string it is.
        shown = label.item() if isinstance(label, np.generic) else label
        return f"Class {shown!r}: {figures.n_synthetic} synthetic, {figures.n_real} {against}"

    def _notes(self) -> list[str]:
        if not self.figures:
            return ["No rows were added: there is nothing to report."]
        return [] if self.held_out else [_HIDDEN]


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
        `closest_distances`, `copies` and `impossible_values`, each with a reading in plain words
        when printed, or as a table in a notebook. Figures that need two rows are NaN with fewer.

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
    >>> 0.5 < report.figures[1].auc < 0.9
    True
    >>> report.figures[1].copies
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
    held_out = X_held is not None
    real, real_labels = (Table.of(X_held), column_or_1d(y_held)) if held_out else (table, labels)
    rng = np.random.default_rng(random_state)
    new = np.arange(len(resampled)) >= len(labels)
    figures = {}
    for label in np.unique(resampled[new]):
        rows = _Rows(
            table=table,
            learned=table.take(labels == label),
            real=real.take(real_labels == label),
            synthetic=resampled_table.take(new & (resampled == label)),
            held_out=held_out,
        )
        figures[label] = _figures(rows, rng)
    return SynthesisReport(figures, held_out)


def _line(reading: Reading) -> str:
    head = f"  {reading.name:<20}{reading.value:>13}   "
    return fill(reading.words, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


@dataclass(frozen=True)
class _Rows:
    """The rows of one class: learned from, compared with, made; and the table of all classes."""

    table: Table
    learned: Table
    real: Table
    synthetic: Table
    held_out: bool


def _figures(rows: _Rows, rng: np.random.Generator) -> Figures:
    learned, real, synthetic = rows.learned, rows.real, rows.synthetic
    some = _sample(synthetic, min(_MAX_ROWS, max(len(real), 1)), rng)
    real_some, learned_some = (_sample(part, _MAX_ROWS, rng) for part in (real, learned))
    auc, density, coverage = np.nan, np.nan, np.nan
    if len(real_some) > 1 and len(some) > 1:
        auc = two_sample_auc(real_some, some, random_state=int(rng.integers(2**31)))
        density, coverage = density_and_coverage(real_some, some)
    closest, closest_real, same, same_real = np.nan, np.nan, np.nan, np.nan
    if len(learned):
        closest = float(np.median(closest_distances(learned_some, some)))
        same = copies(learned, synthetic)
        if not rows.held_out:
            closest_real, same_real = _among_themselves(learned_some)
        elif len(real):
            closest_real = float(np.median(closest_distances(learned_some, real_some)))
            same_real = copies(learned, real)
    return Figures(
        n_synthetic=len(synthetic),
        n_real=len(real),
        n_compared=len(some),
        auc=auc,
        density=density,
        coverage=coverage,
        closest=closest,
        closest_real=closest_real,
        copies=same,
        copies_real=same_real,
        impossible=impossible_values(rows.table, synthetic),
    )


def _among_themselves(rows: Table) -> tuple[float, float]:
    """Median distance to the closest other row, and the share of rows that have an equal."""
    if len(rows) < 2:
        return np.nan, np.nan
    (points,) = embed(rows)
    distances = NearestNeighbors(n_neighbors=1).fit(points).kneighbors()[0][:, 0]
    # Distances come from inner products: those of equal rows may round to more than nothing.
    return float(np.median(distances)), float(np.mean(distances < 1e-6))


def _sample(rows: Table, n: int, rng: np.random.Generator) -> Table:
    if len(rows) <= n:
        return rows
    return rows.take(np.sort(rng.permutation(len(rows))[:n]))
