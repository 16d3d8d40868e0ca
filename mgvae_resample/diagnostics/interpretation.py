"""What the figures of one class say, in plain words."""

from __future__ import annotations

import math
from dataclasses import dataclass

_N_NEIGHBORS = 5


@dataclass(frozen=True)
class Figures:
    """Numbers about the synthetic rows of one class.

    Attributes
    ----------
    n_synthetic, n_real : int
        Number of synthetic rows, and of real rows they are compared with.
    n_compared : int
        Number of synthetic rows drawn for AUC, density, coverage and distances.
    auc, density, coverage : float
        See `two_sample_auc` and `density_and_coverage`.
    closest, closest_real : float
        Median distance of synthetic, and of real rows to the closest row learned from.
    copies, copies_real : float
        Share of synthetic, and of real rows that equal a row learned from.
    impossible : float
        See `impossible_values`.
    """

    n_synthetic: int
    n_real: int
    n_compared: int
    auc: float
    density: float
    coverage: float
    closest: float
    closest_real: float
    copies: float
    copies_real: float
    impossible: float


@dataclass(frozen=True)
class Reading:
    """One figure: its name, its value as text, and what it says."""

    name: str
    value: str
    words: str


def interpret(figures: Figures, *, held_out: bool) -> list[Reading]:
    """Return each figure of a class with what it says."""
    other = "held-out rows" if held_out else "the other real rows"
    return [
        Reading("two-sample AUC", _text(figures.auc), _auc(figures)),
        Reading("density", _text(figures.density), _density(figures)),
        Reading("coverage", _text(figures.coverage), _coverage(figures)),
        Reading(
            "distance to closest",
            f"{_text(figures.closest)} / {_text(figures.closest_real)}",
            _closest(figures, other),
        ),
        Reading("copies", _share(figures.copies), _copies(figures, other)),
        Reading("impossible values", _share(figures.impossible), _impossible(figures)),
    ]


def _auc(figures: Figures) -> str:
    if math.isnan(figures.auc):
        return _too_few("a comparison")
    n = min(figures.n_real, figures.n_compared)
    # Two standard errors of the AUC of two equal samples of one law.
    chance = 2 * math.sqrt((2 * n + 1) / (12 * n * n))
    opening = (
        f"A boosted-tree classifier tells synthetic from real rows with AUC {figures.auc:.2f}"
    )
    if figures.auc <= 0.5 + chance:
        hidden = "" if chance < 0.1 else " So few rows show large differences only."
        return (
            f"{opening}: no better than chance for {n} rows of each (0.5 ± {chance:.2f}).{hidden}"
        )
    if figures.auc < 0.7:
        return f"{opening}: better than chance, but it is often wrong."
    if figures.auc < 0.9:
        return f"{opening}: it is usually right, so something gives them away."
    return f"{opening}: they are plainly not of the same law."


def _density(figures: Figures) -> str:
    if math.isnan(figures.density):
        return _too_few("neighbourhoods")
    if figures.density < 0.8:
        return "Below 1: synthetic rows lie where real rows are rare, or where there are none."
    if figures.density > 1.25:
        return "Above 1: synthetic rows crowd where real rows are dense, or real rows repeat."
    return "About 1: synthetic rows lie as densely as real rows do."


def _coverage(figures: Figures) -> str:
    if math.isnan(figures.coverage):
        return _too_few("neighbourhoods")
    expected = expected_coverage(figures.n_real, figures.n_compared)
    opening = f"{figures.coverage:.0%} of real rows have a synthetic row in their neighbourhood"
    # Two standard errors of a share, or a twentieth.
    chance = 2 * math.sqrt(expected * (1 - expected) / figures.n_real)
    if figures.coverage >= expected - max(0.05 * expected, chance):
        return f"{opening}, as with new real rows instead ({expected:.0%})."
    return f"{opening}; with new real rows instead {expected:.0%} would. Parts are missing."


def _closest(figures: Figures, other: str) -> str:
    if math.isnan(figures.closest_real) or math.isnan(figures.closest):
        return _too_few("distances")
    opening = "Medians of synthetic / real rows, to the closest row learned from"
    if figures.closest < 0.5 * figures.closest_real:
        return f"{opening}: synthetic rows stay much closer to known rows than {other} do."
    if figures.closest > 1.5 * figures.closest_real:
        return f"{opening}: synthetic rows stray farther from known rows than {other} do."
    return f"{opening}: synthetic rows are about as new as {other}."


def _copies(figures: Figures, other: str) -> str:
    if math.isnan(figures.copies):
        return _too_few("copies")
    opening = f"{figures.copies:.1%} of synthetic rows equal a row learned from"
    if math.isnan(figures.copies_real):
        return f"{opening}."
    return f"{opening}; of {other} {figures.copies_real:.1%} do."


def _impossible(figures: Figures) -> str:
    if figures.impossible == 0:
        return "Every value is a known category, or within the range of its column."
    return (
        f"{figures.impossible:.2%} of values are unknown categories, out of range, or missing "
        "where nothing is."
    )


def expected_coverage(n_real: int, n_synthetic: int, n_neighbors: int = _N_NEIGHBORS) -> float:
    """Return the coverage to be expected of new rows of the same law.

    The closest `n_neighbors` of the other n - 1 real and m synthetic rows are all real with
    probability (n - 1) ... (n - k) / ((n + m - 1) ... (n + m - k)).
    """
    k = min(n_neighbors, n_real - 1)
    missed = math.prod((n_real - i) / (n_real + n_synthetic - i) for i in range(1, k + 1))
    return 1 - missed


def _too_few(what: str) -> str:
    return f"Too few rows for {what}."


def _text(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _share(value: float) -> str:
    if math.isnan(value):
        return "-"
    # What is not nothing is not shown as nothing.
    return f"{value:.1%}" if value == 0 or value >= 0.001 else "<0.1%"
