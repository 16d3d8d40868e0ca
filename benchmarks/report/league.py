"""The report's section on the league: ranks, differences and what a search finds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from benchmarks.report.ranks import TIE, rank, score_table, win_tie_loss
from benchmarks.report.text import markdown, metric_name
from benchmarks.shared.league_fold import METRICS
from benchmarks.shared.scores import LOWER_IS_BETTER

# What a search chooses from, for each of ours; "none" is "passthrough".
SEARCHES = {
    f"search {ours}": ("none", f"{ours}@quarter", f"{ours}@half", ours)
    for ours in ("MGVAE", "BayesGAN")
}
_N_DRAWS = 2000
# Tables by a number: what it is called, and where it is cut.
GROUPS = {
    "imbalance": ("rows of the majority for one of the minority", (10, 30)),
    "n_rare": ("minority rows of the table", (30, 100)),
    "n_columns": ("columns", (10, 30)),
    "n_categorical": ("columns of categories", (1,)),
}


def league_section(results: pd.DataFrame) -> Iterator[str]:
    """Ranks, differences, groups of tables and costs."""
    tables = {metric: league_table(results, metric) for metric in METRICS}
    first = tables[METRICS[0]]
    n_tables = first.index.get_level_values("dataset").nunique()
    if n_tables < 2:
        yield "Too few tables to rank."
        return
    yield (
        f"{n_tables} tables, five classifiers, five folds, one seed. Ranks: 1 is best; the "
        "classifiers of a table are averaged before Friedman's test and Nemenyi's critical "
        "difference (0.05). @half and @quarter: minority rows up to this share of the majority. "
        '"tuned": the cut with the best score on inner folds. blend: the mean of two '
        "probabilities without resampling and one at half. search: none, a quarter, a half or "
        "full balance, whichever has the best score of the column on inner folds."
    )
    yield "**Mean rank**"
    yield markdown(_ranks(tables))
    yield "**Mean over tables and classifiers**"
    yield markdown(pd.DataFrame({metric_name(m): t.mean() for m, t in tables.items()}).round(3))
    for rival in ("SMOTE", "none"):
        yield f"**Wins/ties/losses against {rival}**, table x classifier (tie: within {TIE})"
        yield markdown(
            pd.DataFrame({metric_name(m): win_tie_loss(t, m, rival) for m, t in tables.items()})
        )
    for method in ("MGVAE", "MGVAE@half", "BayesGAN", "BayesGAN@half", *SEARCHES):
        yield (
            f"**{method} minus each other method**: mean over tables, 95 % bootstrap interval; * "
            "where Wilcoxon's signed-rank test with Holm's correction has p < .05"
        )
        yield markdown(
            pd.DataFrame({metric_name(m): differences(t, m, method) for m, t in tables.items()})
        )
    yield from _groups(results, tables)
    yield _costs(results)


def league_table(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return (table, classifier) x method means, with the rows of a search for this metric."""
    means = score_table(results, metric)
    sign = -1 if metric in LOWER_IS_BETTER else 1
    places = ["dataset", "seed", "fold", "classifier"]
    outer, inner = (
        results.pivot(index=places, columns="method", values=column)
        for column in (metric, f"inner_{metric}")
    )
    for name, choices in SEARCHES.items():
        if set(choices) <= set(outer):
            known = inner[list(choices)].dropna()
            picked = (sign * known).to_numpy().argmax(1)
            values = outer.loc[known.index, list(choices)].to_numpy()
            found = pd.Series(values[np.arange(len(picked)), picked], index=known.index)
            means[name] = found.groupby(level=["dataset", "classifier"]).mean()
    return means.dropna()


def _ranks(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    columns = {metric_name(m): rank(table, m) for m, table in tables.items()}
    frame = pd.DataFrame({name: r.mean_ranks for name, r in columns.items()})
    text = frame.sort_values(frame.columns[0]).map("{:.2f}".format)
    text.loc["*critical difference*"] = [f"{r.critical_difference:.2f}" for r in columns.values()]
    text.loc["*Friedman p*"] = [f"{r.friedman_p:.2g}" for r in columns.values()]
    return text


def differences(table: pd.DataFrame, metric: str, method: str) -> pd.Series:
    """Return the mean difference of a method to each other one, with interval and test."""
    per_table = table.groupby(level="dataset").mean()
    others = [name for name in per_table if name != method]
    gaps = per_table[[method]].to_numpy() - per_table[others].to_numpy()
    p = np.array([wilcoxon(gap).pvalue if np.any(gap) else 1.0 for gap in gaps.T])
    corrected = holm(p)
    drawn = np.random.default_rng(0).integers(len(gaps), size=(_N_DRAWS, len(gaps)))
    low, high = np.quantile(gaps[drawn].mean(1), [0.025, 0.975], axis=0)
    return pd.Series(
        [
            f"{mean:+.3f} ({a:+.3f}, {b:+.3f}){'*' if q < 0.05 else ''}"
            for mean, a, b, q in zip(gaps.mean(0), low, high, corrected, strict=True)
        ],
        index=others,
    )


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number (Holm)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1.0, stepped)
    return corrected


def _groups(results: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Mean difference to SMOTE and to none, by what tables are like."""
    known = results.drop_duplicates("dataset").set_index("dataset")
    known = known.assign(imbalance=known["n_rows"] / known["n_rare"] - 1)
    shown = ("balanced_accuracy", "macro_f1", "average_precision")
    for column, (words, cuts) in GROUPS.items():
        lines = {}
        edges = [0, *cuts, np.inf]
        for low, high in pairwise(edges):
            names = known.index[(known[column] >= low) & (known[column] < high)]
            label = f"{low}-" if high == np.inf else f"{low} to {high}"
            line: dict[str, str] = {"tables": str(len(names))}
            for metric in shown:
                whole = tables[metric]
                part = whole[whole.index.get_level_values("dataset").isin(names)].mean()
                for ours in ("MGVAE", "BayesGAN"):
                    name = ours if metric == "balanced_accuracy" else f"{ours}@half"
                    against = "SMOTE" if metric == "balanced_accuracy" else "SMOTE@half"
                    gap, free = part[name] - part[against], part[name] - part["none"]
                    line[f"{name}, {metric_name(metric)}"] = f"{gap:+.3f} / {free:+.3f}"
            lines[label] = line
        yield f"**By {words}**: mean difference to SMOTE of the same amount / to none"
        yield markdown(pd.DataFrame(lines).T)


def _costs(results: pd.DataFrame) -> str:
    once = results.drop_duplicates(["dataset", "seed", "fold", "method"])
    cells = once.groupby("method", sort=False)
    return markdown(
        pd.DataFrame(
            {
                "folds": cells.size().astype(str),
                "resampling, mean s": cells["seconds"].mean().map("{:.2f}".format),
                "resampling, max s": cells["seconds"].max().map("{:.2f}".format),
                "added no row": cells["fell_back"].sum().astype(int).astype(str),
            }
        )
    )
