"""MarginalsDisplay: columns of a class, real rows against synthetic ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.stats import ks_2samp

from .._tables.table import Table
from ..diagnostics.embedding import Column, Floats, read_columns
from ._plotting import REAL, SYNTHETIC, Display, check_label, documented, shorten

__all__ = ["Marginal", "MarginalsDisplay"]

_MOST_CATEGORIES = 8
_STYLES: tuple[dict[str, Any], ...] = (
    {"color": REAL, "linewidth": 2.2},
    {"color": SYNTHETIC, "linewidth": 1.4},
)


@dataclass(frozen=True)
class Marginal:
    """One column of the real and of the synthetic rows."""

    column: Column
    # Values that are not missing.
    real: Floats
    synthetic: Floats
    # Fraction missing among real and among synthetic rows.
    missing: tuple[float, float]
    # Largest difference between the distribution functions (Kolmogorov-Smirnov), for categories
    # half the sum of the differences between frequencies (total variation); between 0 and 1.
    gap: float

    @property
    def difference(self) -> float:
        """The gap, or the difference between the fractions missing if that is larger."""
        return max(self.gap, abs(self.missing[0] - self.missing[1]))


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class MarginalsDisplay(Display):
    """Columns of a class, real rows against synthetic ones.

    {parameters}
    marginals : sequence of Marginal
        The columns, in the order of the panels.
    label : label
        The class.
    n_rows : tuple of two int
        Number of real and of synthetic rows.

    {attributes}
        One per column.

    {mgvae_example}
    >>> display = MarginalsDisplay.from_estimator(sampler, X_res, y_res, columns=[0, 3])
    >>> [marginal.column.name for marginal in display.marginals]
    ['x0', 'x3']
    >>> plt.show()
    """

    marginals: Sequence[Marginal]
    label: Any
    n_rows: tuple[int, int]

    @classmethod
    def from_estimator(
        cls,
        sampler: Any,
        X_res: Any,
        y_res: Any,
        *,
        label: Any = None,
        columns: Sequence[Any] | None = None,
        max_columns: int = 12,
        ax: Any = None,
    ) -> Self:
        """Compare the columns of what ``fit_resample`` returned, and draw them.

        Parameters
        ----------
        {resampled}
        label : label, default=None
            A class that was over-sampled; the one with the most synthetic rows if None.
        columns : sequence of str or int, default=None
            Names or indices of the columns to show. If None, all, or the `max_columns` that
            differ most.
        max_columns : int, default=12
            Maximum number of columns if `columns` is None.
        {ax}

        {returns_and_errors}
            If the rows are not what it returned, `label` was not over-sampled, or a column is
            unknown.
        """
        table, y, new = cls._read_resampled(sampler, X_res, y_res)
        label = check_label(sampler, label)
        real, synthetic = (table.take(part & (y == label)) for part in (~new, new))
        marginals = [_compare(c, len(real)) for c in read_columns(real, synthetic)]
        if columns is not None:
            marginals = [marginals[_position(name, table)] for name in columns]
        elif len(marginals) > max_columns:
            marginals = sorted(marginals, key=lambda m: -m.difference)[:max_columns]
        n_rows = (len(real), len(synthetic))
        return cls(marginals=marginals, label=label, n_rows=n_rows).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw one panel per column: distribution functions, or frequencies of categories.

        Its title shows the gap and the fractions missing.
        """
        n_columns = self._make_panels(ax, len(self.marginals), (2.7, 2.3), (1.8, 0.1))
        for panel, marginal in zip(self.axes_, self.marginals, strict=True):
            self._draw(panel, marginal)
        line = self._pyplot().Line2D
        names = [f"{self.n_rows[0]} real rows", f"{self.n_rows[1]} synthetic"]
        handles = {n: line([], [], **style) for n, style in zip(names, _STYLES, strict=True)}
        self._legend(n_columns, handles, title=f"class {self.label}")
        return self

    def _draw(self, ax: Any, marginal: Marginal) -> None:
        if not len(marginal.real) + len(marginal.synthetic):
            ax.text(0.5, 0.5, "no values", ha="center", va="center", transform=ax.transAxes)
            ax.set(xticks=[], yticks=[])
        elif marginal.column.column_type == "category":
            _draw_bars(ax, marginal)
        else:
            if marginal.column.column_type == "date":
                dates = self._pyplot().matplotlib.dates
                locator = dates.AutoDateLocator(minticks=2, maxticks=4)
                ax.xaxis.set_major_locator(locator)
                ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
            else:
                ax.locator_params(axis="x", nbins=4)
            _draw_numbers(ax, marginal)
        summary = f"gap {marginal.gap:.2f}"
        if any(marginal.missing):
            summary += " · missing {:.0%} / {:.0%}".format(*marginal.missing)
        ax.set_title(f"{shorten(marginal.column.name, 26)}\n{summary}", fontsize="medium")


def _position(name: Any, table: Table) -> int:
    names = table.names
    for known in (table.labels or [], names):
        if name in known:
            return known.index(name)
    if isinstance(name, int | np.integer) and -len(names) <= name < len(names):
        return int(name)
    raise ValueError(f"There is no column {name!r}; the columns are {', '.join(names)}.")


def _compare(column: Column, n_real: int) -> Marginal:
    """Compare the first rows of a column with the others."""
    parts = column.values[:n_real], column.values[n_real:]
    real, synthetic = (part[~np.isnan(part)] for part in parts)
    missing = (float(np.isnan(parts[0]).mean()), float(np.isnan(parts[1]).mean()))
    gap = 0.0
    if len(real) and len(synthetic):
        if column.column_type == "category":
            fractions = _frequencies(real, synthetic, len(column.categories))
            gap = float(np.abs(fractions[0] - fractions[1]).sum() / 2)
        else:
            gap = float(ks_2samp(real, synthetic, method="asymp").statistic)
    return Marginal(column, real, synthetic, missing, gap)


def _frequencies(real: Floats, synthetic: Floats, n_categories: int) -> Floats:
    """Return the fractions of categories. Shape: (2, n_categories)."""
    counts = [np.bincount(v.astype(int), minlength=n_categories) for v in (real, synthetic)]
    return np.array([count / max(count.sum(), 1) for count in counts])


def _draw_bars(ax: Any, marginal: Marginal) -> None:
    names = [shorten(str(category), 16) for category in marginal.column.categories]
    fractions = _frequencies(marginal.real, marginal.synthetic, len(names))
    order = np.argsort(-fractions.sum(axis=0), kind="stable")[:_MOST_CATEGORIES]
    shown, n_others = fractions[:, order], len(names) - len(order)
    names = [names[i] for i in order]
    if n_others:
        names.append(f"{n_others} others")
        shown = np.column_stack([shown, 1 - shown.sum(axis=1)])
    at = np.arange(len(names))
    for fraction, offset, style in zip(shown, (-0.2, 0.2), _STYLES, strict=True):
        ax.barh(at + offset, fraction, height=0.38, color=style["color"])
    ax.set_yticks(at, names)
    ax.invert_yaxis()
    ax.set_xlabel("fraction of rows", fontsize="small")
    ax.locator_params(axis="x", nbins=4)


def _draw_numbers(ax: Any, marginal: Marginal) -> None:
    for values, style in zip((marginal.real, marginal.synthetic), _STYLES, strict=True):
        if len(values):
            ax.ecdf(values, **style)
    ax.set_yticks([0.0, 0.5, 1.0])
    ax.set_ylabel("fraction up to here", fontsize="small")
