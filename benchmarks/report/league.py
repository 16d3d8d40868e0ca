"""The report's section on the league: ranks, differences and what a search finds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import wilcoxon

from benchmarks.report.ranks import TIE, by_family, rank, score_table, win_tie_loss
from benchmarks.report.text import markdown, metric_name
from benchmarks.shared.classifiers import ENSEMBLES
from benchmarks.shared.league_fold import METRICS, N_FOLDS
from benchmarks.shared.scores import LOWER_IS_BETTER

# What a search chooses from; "none" is "passthrough".
SEARCHES = {
    f"search {name}": ("none", f"{name}@quarter", f"{name}@half", name)
    for name in ("SMOTE", "MGVAE", "BayesGAN")
}
# A search begins with one amount. It takes the best one only if its inner score is better by this
# number over the root of the number of minority rows in the training part.
MARGIN = 0.3
# Shown in each measure at the amount that suits it.
SHOWN = ("SMOTE", "MGVAE", "BayesGAN")
_COMPARED = (
    *("MGVAE", "MGVAE@half", "BayesGAN", "BayesGAN@half"),
    *("search MGVAE", "search BayesGAN", "blend MGVAE", "blend BayesGAN"),
    *("ensemble MGVAE", "ensemble BayesGAN", "ensemble RandomOverSampler"),
)
# Methods whose forests are compared with ensembles.
_BESIDE_ENSEMBLES = (
    *("none", "class_weight", "RandomOverSampler", "SMOTE", "SMOTE@quarter", "blend SMOTE"),
    *("MGVAE", "MGVAE@quarter", "blend MGVAE", "BayesGAN", "BayesGAN@half", "blend BayesGAN"),
)
# What is shown of each classifier, in words and by method.
BY_CLASSIFIER = {
    "balanced_accuracy": ("full balance", "{}"),
    "macro_f1": ("a quarter", "{}@quarter"),
    "average_precision": ("blend", "blend {}"),
    "log_loss": ("blend", "blend {}"),
}
_N_DRAWS = 2000
# Families of the development tables, and tables whose training halves helped to choose defaults.
USED_FAMILIES = ("ecoli", "glass", "libras_move", "poker", "thyroid")
USED_TABLES = (
    *("water_quality", "optical_digits", "satimage", "abalone", "car_eval_34", "us_crime"),
    *("yeast_ml8", "coil_2000", "adult", "credit_default", "telco_churn", "credit_g", "ai4i2020"),
    *("hr_attrition", "mlc_churn", "nsl_kdd_train20", "nsl_kdd_test", "nursery"),
    *("polish_bankruptcy_1y", "polish_bankruptcy_5y", "sylva", "ada", "cover_adbench", "yeast1"),
    "yeast3",
)
# Tables by a number: what it is called, and where it is cut.
GROUPS = {
    "imbalance": ("rows of the majority for one of the minority", (10, 30)),
    "n_rare": ("minority rows, after the cut to 3,000 rows", (30, 100)),
    "n_columns": ("columns", (10, 30)),
    "n_categorical": ("columns of categories", (1,)),
    "used": ("use while choosing defaults: 0 not, 1 the table or one of its family", (1,)),
}


def league_section(results: pd.DataFrame) -> Iterator[str]:
    """Ranks, differences, groups of tables, ensembles and costs."""
    tables = {metric: league_table(results, metric) for metric in METRICS}
    families = families_of(results)
    first = tables[METRICS[0]]
    names = tables_of(first)
    if len(names) < 2:
        yield "Too few tables to rank."
        return
    folds = results.groupby("dataset")["fold"].nunique().loc[names]
    yield (
        f"{len(names)} tables of {families.loc[names].nunique()} families, five classifiers, "
        f"{folds.sum()} folds (five a table, at least {folds.min()} so far), one seed. "
        "@half and @quarter: minority rows up to this share of the majority. "
        '"tuned": the cut with the best score on inner folds. blend: the mean of two '
        "probabilities without resampling and one at half. search: none, a quarter, a half or "
        "full balance. It begins with full balance for balanced accuracy at the cut .5, with none "
        "for the Brier score and log loss, otherwise with a half (MGVAE: a quarter), and takes "
        "the amount with the best score of the column on inner folds if this is better by "
        f"{MARGIN} over the root of the number of minority rows in the training part. "
        "Ranks: 1 is best. "
        "Tables of one family are cut from the same rows: families are averaged before "
        "Friedman's test, Nemenyi's critical difference (0.05) and Wilcoxon's tests, and drawn as "
        "a whole for bootstrap intervals. More is better, but for the Brier score and log loss."
    )
    yield "**Mean rank over families**"
    yield markdown(_ranks(tables, families))
    yield "**Mean over tables and classifiers**"
    yield markdown(pd.DataFrame({metric_name(m): t.mean() for m, t in tables.items()}).round(3))
    for rival in ("SMOTE", "none"):
        if rival in first:
            yield f"**Wins/ties/losses against {rival}**, table x classifier (tie: within {TIE})"
            counted = {metric_name(m): win_tie_loss(t, m, rival) for m, t in tables.items()}
            yield markdown(pd.DataFrame(counted))
    for method in _COMPARED:
        if method in first:
            yield (
                f"**{method} minus each other method**: mean over families, 95 % bootstrap "
                "interval; * where Wilcoxon's signed-rank test with Holm's correction has p < .05"
            )
            gaps = {metric_name(m): differences(t, method, families) for m, t in tables.items()}
            yield markdown(pd.DataFrame(gaps))
    yield "**Mean over tables, by classifier**"
    yield markdown(_by_classifier(tables))
    yield from _groups(results, tables)
    ensembles = results[results["classifier"].isin(ENSEMBLES)]
    if len(ensembles):
        yield from _ensembles(ensembles, tables, families)
    yield _costs(results)


def league_table(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return (table, classifier) x method means, with the rows of a search for this metric."""
    results = results[~results["classifier"].isin(ENSEMBLES)]
    means = score_table(results, metric)
    sign = -1 if metric in LOWER_IS_BETTER else 1
    places = ["dataset", "seed", "fold", "classifier"]
    outer, inner = (
        results.pivot(index=places, columns="method", values=column)
        for column in (metric, f"inner_{metric}")
    )
    n_rare = results.drop_duplicates("dataset").set_index("dataset")["n_rare"]
    margins = MARGIN / np.sqrt(n_rare * (N_FOLDS - 1) / N_FOLDS)
    for name, choices in SEARCHES.items():
        if set(choices) <= set(outer):
            known = sign * inner[list(choices)].dropna()
            start = known[search_start(choices[-1], metric)]
            margin = margins.loc[known.index.get_level_values("dataset")].to_numpy()
            picked = known.idxmax(axis=1).where(known.max(axis=1) >= start + margin, start.name)
            at = outer.columns.get_indexer(picked)
            values = outer.loc[known.index].to_numpy()
            found = pd.Series(values[np.arange(len(at)), at], index=known.index)
            means[name] = found.groupby(level=["dataset", "classifier"]).mean()
    return means.dropna()


def search_start(sampler: str, metric: str) -> str:
    """Return the amount that a search begins with, as docs/guide/amounts.md recommends it."""
    if metric in ("brier", "log_loss"):
        return "none"
    if metric == "balanced_accuracy":
        return sampler
    return f"{sampler}@quarter" if sampler == "MGVAE" else f"{sampler}@half"


def tables_of(scores: pd.DataFrame) -> pd.Index:
    """Return the names of the tables that scores are of."""
    return scores.index.get_level_values("dataset").unique()


def families_of(results: pd.DataFrame) -> pd.Series:
    """Return the family of each table."""
    return results.drop_duplicates("dataset").set_index("dataset")["family"]


def differences(scores: pd.DataFrame, method: str, families: pd.Series) -> pd.Series:
    """Return the mean difference of a method to each other one, with interval and test."""
    means = by_family(scores, families)
    others = [name for name in means if name != method]
    gaps = means[[method]].to_numpy() - means[others].to_numpy()
    p = np.array([wilcoxon(gap).pvalue if np.any(gap) else 1.0 for gap in gaps.T])
    low, high = bootstrap_interval(gaps)
    return pd.Series(
        [
            f"{mean:+.3f} ({a:+.3f}, {b:+.3f}){'*' if q < 0.05 else ''}"
            for mean, a, b, q in zip(gaps.mean(0), low, high, holm(p), strict=True)
        ],
        index=others,
    )


def bootstrap_interval(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 95 % interval of the means of columns. Shape: (n, k) -> (2, k)."""
    drawn = np.random.default_rng(0).integers(len(gaps), size=(_N_DRAWS, len(gaps)))
    interval: NDArray[np.float64] = np.quantile(gaps[drawn].mean(1), [0.025, 0.975], axis=0)
    return interval


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values corrected for their number (Holm)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1.0, stepped)
    return corrected


def _ranks(tables: dict[str, pd.DataFrame], families: pd.Series) -> pd.DataFrame:
    columns = {metric_name(m): rank(table, m, families) for m, table in tables.items()}
    frame = pd.DataFrame({name: r.mean_ranks for name, r in columns.items()})
    text = frame.sort_values(frame.columns[0]).map("{:.2f}".format)
    text.loc["*critical difference*"] = [f"{r.critical_difference:.2f}" for r in columns.values()]
    text.loc["*Friedman p*"] = [f"{r.friedman_p:.2g}" for r in columns.values()]
    return text


def _by_classifier(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the means of each classifier: none, and SHOWN as each measure asks for."""
    parts = []
    for metric, (words, method) in BY_CLASSIFIER.items():
        table = tables[metric]
        shown = {"none": "none"} | {name: method.format(name) for name in SHOWN}
        columns = {name: table[column] for name, column in shown.items() if column in table}
        means = pd.DataFrame(columns).groupby(level="classifier").mean()
        parts.append(
            means.rename(index=lambda c, w=words, m=metric: f"{metric_name(m)}, {w}: {c}")
        )
    return pd.concat(parts).map("{:.3f}".format)


def _groups(results: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Mean difference to SMOTE and to none, by what tables are like."""
    known = results.drop_duplicates("dataset").set_index("dataset")
    used = known["family"].isin(USED_FAMILIES) | known.index.isin(USED_TABLES)
    known = known.assign(imbalance=known["n_rows"] / known["n_rare"] - 1, used=used.astype(int))
    for column, (words, cuts) in GROUPS.items():
        lines = {}
        for low, high in pairwise([0, *cuts, np.inf]):
            names = known.index[(known[column] >= low) & (known[column] < high)]
            line: dict[str, str] = {"tables": str(len(names))}
            for metric in ("balanced_accuracy", "macro_f1", "average_precision"):
                whole = tables[metric]
                part = whole[whole.index.get_level_values("dataset").isin(names)].mean()
                ending = "" if metric == "balanced_accuracy" else "@half"
                for ours in ("MGVAE", "BayesGAN"):
                    name, rival = f"{ours}{ending}", f"SMOTE{ending}"
                    if {name, rival, "none"} <= set(part.index):
                        gaps = (
                            f"{part[name] - part[rival]:+.3f} / {part[name] - part['none']:+.3f}"
                        )
                        line[f"{name}, {metric_name(metric)}"] = gaps
            lines[f"{low} or more" if high == np.inf else f"{low} to below {high}"] = line
        yield f"**By {words}**: mean difference to SMOTE of the same amount / to none"
        yield markdown(pd.DataFrame(lines).T.fillna(""))


def _ensembles(
    ensembles: pd.DataFrame, tables: dict[str, pd.DataFrame], families: pd.Series
) -> Iterator[str]:
    """Compare ensembles of balanced parts with random forests on resampled rows."""
    scores = {metric: beside_forests(t, ensembles, metric) for metric, t in tables.items()}
    yield (
        "**Ensembles that balance the rows of each member, beside random forests**: means over "
        "families. A balanced random forest has 100 trees, an easy ensemble 10 AdaBoosts; both "
        "leave out rows of the majority, and learn from no synthetic row."
    )
    means = {metric_name(m): by_family(t, families).mean() for m, t in scores.items()}
    yield markdown(pd.DataFrame(means).round(3))
    for name in sorted(ensembles["classifier"].unique()):
        yield (
            f"**{name} minus random forests on the rows of each method**: mean over families, "
            "95 % bootstrap interval; * where Wilcoxon's signed-rank test with Holm's correction "
            "has p < .05"
        )
        gaps = {metric_name(m): differences(t, name, families) for m, t in scores.items()}
        yield markdown(pd.DataFrame(gaps))


def beside_forests(table: pd.DataFrame, ensembles: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return (table, "forest") x method means, with a column for each ensemble."""
    forests = table.xs("forest", level="classifier", drop_level=False)
    forests = forests[[method for method in _BESIDE_ENSEMBLES if method in forests]]
    alone = ensembles.pivot_table(index="dataset", columns="classifier", values=metric)
    return forests.join(alone, on="dataset").dropna()


def _costs(results: pd.DataFrame) -> str:
    once = results.drop_duplicates(["dataset", "seed", "fold", "method"])
    cells = once.groupby("method", sort=False)
    return markdown(
        pd.DataFrame(
            {
                "folds": cells.size().astype(str),
                "resampling, mean s": cells["seconds"].mean().map("{:.2f}".format),
                "resampling, max s": cells["seconds"].max().map("{:.2f}".format),
                "failed": cells["fell_back"].sum().astype(int).astype(str),
            }
        )
    )
