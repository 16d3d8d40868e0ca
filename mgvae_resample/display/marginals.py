"""MarginalsDisplay: column by column, real rows of a class against synthetic ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from .._tables.table import Table
from ..diagnostics.embedding import Column, read_columns
from ._columns import category_names, check_label, is_synthetic
from ._plotting import (
    REAL,
    SYNTHETIC,
    PanelsDisplay,
    Values,
    check_sampler,
    documented,
    pyplot,
    shorten,
    unwrapped,
)

__all__ = ["Marginal", "MarginalsDisplay"]

_MOST_CATEGORIES, _N_BINS = 8, 20
_LONGEST_NAME = 26
_STYLES: tuple[dict[str, Any], ...] = (
    {"color": REAL, "linewidth": 2.2},
    {"color": SYNTHETIC, "linewidth": 1.4},
)


@dataclass(frozen=True)
class Marginal:
    """One column of the real and of the synthetic rows.

    Attributes
    ----------
    column : Column
        The column, of all rows.
    real, synthetic : ndarray
        Its values that are not missing.
    missing : tuple of two floats
        Share missing among real and among synthetic rows.
    gap : float
        Largest difference between the two distribution functions, for categories half the sum of
        the differences between shares (total variation); 0 is none, 1 the most.
    """

    column: Column
    real: Values
    synthetic: Values
    missing: tuple[float, float]
    gap: float

    @property
    def difference(self) -> float:
        """The gap, or the difference between the shares missing if that is larger."""
        return max(self.gap, abs(self.missing[0] - self.missing[1]))


@dataclass(eq=False, repr=False, kw_only=True)
class MarginalsDisplay(PanelsDisplay):
    """Columns of a class, real rows against synthetic ones.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    marginals : sequence of Marginal
        The columns, in the order of the panels.
    label : label
        The class.
    n_rows : tuple of two int
        Number of real and of synthetic rows.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One a column.
    figure_ : matplotlib Figure
        The figure with the panels.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import MGVAEOverSampler
    >>> from mgvae_resample.display import MarginalsDisplay
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = MGVAEOverSampler(
    ...     max_pretrain_steps=100, max_finetune_steps=50, random_state=0
    ... )
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> display = MarginalsDisplay.from_estimator(sampler, X_res, y_res, columns=[0, 3])
    >>> [marginal.column.name for marginal in display.marginals]
    ['x0', 'x3']
    >>> plt.show()
    """

    marginals: Sequence[Marginal]
    label: Any
    n_rows: tuple[int, int]

    @classmethod
    @documented
    def from_estimator(
        cls,
        sampler: Any,
        X_res: Any,
        y_res: Any,
        *,
        label: Any = None,
        columns: Sequence[Any] | None = None,
        max_columns: int = 12,
        kind: Literal["ecdf", "histogram"] = "ecdf",
        ax: Any = None,
    ) -> Self:
        """Compare the columns of what ``fit_resample`` returned, and draw them.

        Parameters
        ----------
        %(resampled)s
        label : label, default=None
            A class that was over-sampled; the one with most synthetic rows if None.
        columns : sequence of str or int, default=None
            Names or numbers of the columns to show. If None, all, or those that differ most
            where there are more than `max_columns`.
        max_columns : int, default=12
            Most columns shown if `columns` does not name them.
        %(kind)s
        %(ax)s

        Returns
        -------
        MarginalsDisplay
            The display, drawn.

        Raises
        ------
        %(not_fitted)s
        TypeError
            If it is no over-sampler.
        ValueError
            If the rows are not what it returned, `label` was not over-sampled, a column is
            unknown or `kind` is neither of the two.
        """
        check_sampler(cls, sampler, "sampling_strategy_", such_as="MGVAEOverSampler or SMOTE")
        table = Table.of(X_res)
        y, new = is_synthetic(sampler, table, y_res)
        label = check_label(sampler, label)
        real, synthetic = (table.take(part & (y == label)) for part in (~new, new))
        marginals = [_compare(c, len(real)) for c in read_columns(real, synthetic)]
        if columns is None:
            shown = _most_different(marginals, max_columns)
        else:
            shown = [marginals[_position(name, table.names)] for name in columns]
        n_rows = (len(real), len(synthetic))
        return cls(marginals=shown, label=label, n_rows=n_rows).plot(ax, kind=kind)

    @documented
    def plot(self, ax: Any = None, *, kind: Literal["ecdf", "histogram"] = "ecdf") -> Self:
        """Draw a panel a column; its title says the gap and the shares missing.

        Parameters
        ----------
        %(ax)s
        %(kind)s

        Returns
        -------
        MarginalsDisplay
            The display itself.
        """
        if kind not in ("ecdf", "histogram"):
            raise ValueError(f"'kind' must be 'ecdf' or 'histogram', got {kind!r}.")
        n_columns = self._make_panels(ax, len(self.marginals), (2.7, 2.3), (1.8, 0.1))
        for panel, marginal in zip(self.axes_, self.marginals, strict=True):
            _draw(panel, marginal, kind)
        lines = pyplot(f"{type(self).__name__}.plot").Line2D
        handles = [lines([], [], **style) for style in _STYLES]
        names = [f"{self.n_rows[0]} real rows", f"{self.n_rows[1]} synthetic"]
        self._legend(n_columns, handles, names, title=f"class {unwrapped(self.label)}")
        return self


def _most_different(marginals: Sequence[Marginal], n: int) -> list[Marginal]:
    if len(marginals) <= n:
        return list(marginals)
    return sorted(marginals, key=lambda marginal: -marginal.difference)[:n]


def _position(name: Any, names: Sequence[str]) -> int:
    if name in names:
        return names.index(name)
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
        distance = _total_variation if column.kind == "category" else _kolmogorov
        gap = distance(real, synthetic)
    return Marginal(column, real, synthetic, missing, gap)


def _draw(ax: Any, marginal: Marginal, kind: Literal["ecdf", "histogram"]) -> None:
    """Draw on the axes; the title says the gap and the shares missing."""
    if not len(marginal.real) + len(marginal.synthetic):
        ax.text(0.5, 0.5, "no values", ha="center", va="center", transform=ax.transAxes)
        ax.set(xticks=[], yticks=[])
    elif marginal.column.kind == "category":
        _bars(ax, marginal)
    else:
        _dates(ax) if marginal.column.kind == "date" else ax.locator_params(axis="x", nbins=4)
        (_ecdf if kind == "ecdf" else _histogram)(ax, marginal)
        ax.set_ylim(bottom=0.0)
    ax.set_title(_title(marginal), fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)


def _kolmogorov(a: Values, b: Values) -> float:
    at = np.concatenate([a, b])
    steps = [np.searchsorted(np.sort(part), at, side="right") / len(part) for part in (a, b)]
    return float(np.abs(steps[0] - steps[1]).max())


def _total_variation(a: Values, b: Values) -> float:
    n = int(max(a.max(), b.max())) + 1
    shares = [_shares(part, n) for part in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _shares(values: Values, n: int) -> Values:
    return np.bincount(values.astype(int), minlength=n) / max(len(values), 1)


def _title(marginal: Marginal) -> str:
    told = f"gap {marginal.gap:.2f}"
    if any(marginal.missing):
        told += " · missing {:.0%} / {:.0%}".format(*marginal.missing)
    return f"{shorten(marginal.column.name, _LONGEST_NAME)}\n{told}"


def _ecdf(ax: Any, marginal: Marginal) -> None:
    for values, style in zip((marginal.real, marginal.synthetic), _STYLES, strict=True):
        # Each step rises at its value, the first one from zero.
        x = np.sort(values)
        if len(x):
            height = np.arange(len(x) + 1) / len(x)
            ax.plot(np.append(x[:1], x), height, drawstyle="steps-post", **style)
    ax.set_yticks([0.0, 0.5, 1.0])
    ax.set_ylabel("share up to here", fontsize="small")


def _histogram(ax: Any, marginal: Marginal) -> None:
    both = np.concatenate([marginal.real, marginal.synthetic])
    edges = np.histogram_bin_edges(both, bins=_N_BINS)
    for values, style in zip((marginal.real, marginal.synthetic), _STYLES, strict=True):
        counts, _ = np.histogram(values, edges)
        ax.stairs(counts / max(len(values), 1), edges, **style)
    ax.set_ylabel("share of rows", fontsize="small")


def _bars(ax: Any, marginal: Marginal) -> None:
    names = category_names(marginal.column)
    shares = np.array([_shares(v, len(names)) for v in (marginal.real, marginal.synthetic)])
    order = np.argsort(-shares.sum(axis=0), kind="stable")
    n_others = len(names) - _MOST_CATEGORIES
    names = [names[i] for i in order[:_MOST_CATEGORIES]]
    shown = shares[:, order[:_MOST_CATEGORIES]]
    if n_others > 0:
        names.append(f"{n_others} others")
        shown = np.column_stack([shown, 1 - shown.sum(axis=1)])
    at = np.arange(len(names))
    for share, offset, style in zip(shown, (-0.2, 0.2), _STYLES, strict=True):
        ax.barh(at + offset, share, height=0.38, color=style["color"])
    ax.set_yticks(at, names)
    ax.invert_yaxis()
    ax.set_xlabel("share of rows", fontsize="small")
    ax.locator_params(axis="x", nbins=4)


def _dates(ax: Any) -> None:
    dates = pyplot("MarginalsDisplay.plot").matplotlib.dates
    locator = dates.AutoDateLocator(minticks=2, maxticks=4)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
