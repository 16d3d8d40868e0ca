"""One column of a class: real values against synthetic ones, compared and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .canvas import REAL, SYNTHETIC, pyplot, shorten
from .columns import Column

__all__ = ["Marginal", "compare", "draw", "legend_handles"]

Values = npt.NDArray[np.float64]

_MOST_LEVELS, _N_BINS = 8, 20
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


def compare(column: Column, n_real: int) -> Marginal:
    """Compare the first rows of a column with the others."""
    parts = column.values[:n_real], column.values[n_real:]
    real, synthetic = (part[~np.isnan(part)] for part in parts)
    missing = (float(np.isnan(parts[0]).mean()), float(np.isnan(parts[1]).mean()))
    gap = 0.0
    if len(real) and len(synthetic):
        gap = _total_variation(real, synthetic) if column.levels else _kolmogorov(real, synthetic)
    return Marginal(column, real, synthetic, missing, gap)


def draw(ax: Any, marginal: Marginal, kind: Literal["ecdf", "histogram"]) -> None:
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


def legend_handles() -> list[Any]:
    """Return what stands for real and for synthetic rows."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], **style) for style in _STYLES]


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
        height = np.arange(len(x) + 1) / max(len(x), 1)
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
    levels = marginal.column.levels
    shares = np.array([_shares(v, len(levels)) for v in (marginal.real, marginal.synthetic)])
    order = np.argsort(-shares.sum(axis=0), kind="stable")
    names = [levels[i] for i in order[:_MOST_LEVELS]]
    shown = shares[:, order[:_MOST_LEVELS]]
    if len(levels) > _MOST_LEVELS:
        names.append(f"{len(levels) - _MOST_LEVELS} others")
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
