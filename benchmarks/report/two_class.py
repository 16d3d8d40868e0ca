"""The report's sections on tasks of two classes: scores of each, ranks over all, costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.report.ranks import TIE, rank, score_table, win_tie_loss
from benchmarks.report.text import markdown, metric_name, plus_minus, task_name
from benchmarks.shared.scores import LOWER_IS_BETTER, METRICS


def tasks_section(results: pd.DataFrame) -> Iterator[str]:
    """Every score of each task, and what the methods cost."""
    yield from _by_task(results)
    yield _costs(results)


def table_tasks_section(results: pd.DataFrame) -> Iterator[str]:
    """Ranks over the tasks, one score of each task by classifier, and costs."""
    yield from _ranked(results)
    for classifier, part in results.groupby("classifier"):
        yield f"### {classifier}"
        yield from _by_task(part, METRICS[:1])
    yield _costs(results)


def _by_task(results: pd.DataFrame, metrics: tuple[str, ...] = METRICS) -> Iterator[str]:
    """Mean ± standard error over seeds, the best of each column in bold."""
    results = results.assign(dataset=results["dataset"].map(task_name))
    for metric in metrics:
        cells = results.groupby(["method", "dataset"], sort=False)[metric]
        mean, error = cells.mean().unstack(), cells.sem().unstack()
        best = mean.min() if metric in LOWER_IS_BETTER else mean.max()
        text = mean.map("{:.3f}".format) + error.map(plus_minus)
        text = text.where(mean != best, "**" + text + "**").where(mean.notna(), "")
        yield f"**{metric_name(metric)}**, mean ± s.e. over seeds"
        yield markdown(text)
        yield from _paired(results, metric, mean)


def _paired(results: pd.DataFrame, metric: str, mean: pd.DataFrame) -> Iterator[str]:
    """Difference of each of ours to the best rival of the task, paired by seed."""
    ours = [m for m in mean.index if m.startswith("MGVAE")]
    rivals = mean.drop(index=ours)
    for method in ours:
        parts = []
        for task in mean.columns[mean.loc[method].notna()]:
            column = rivals[task].dropna()
            best = column.idxmin() if metric in LOWER_IS_BETTER else column.idxmax()
            scores = results[results["dataset"] == task].pivot(
                index="seed", columns="method", values=metric
            )
            gap = (scores[method] - scores[best]).dropna()
            parts.append(f"{task} {gap.mean():+.3f}{plus_minus(gap.sem())} ({best})")
        yield f"{method} minus the best rival, paired: {'; '.join(parts)}"


def _ranked(results: pd.DataFrame) -> Iterator[str]:
    tables = {metric: score_table(results, metric) for metric in METRICS}
    first = tables[METRICS[0]]
    if first.shape[1] < 2 or first.empty:
        yield "Too few methods or tables to rank."
        return
    yield (
        f"{first.index.get_level_values('dataset').nunique()} tables have a row for every method "
        f"({', '.join(first.columns)}). Ranks: 1 is best. Friedman's test and Nemenyi's critical "
        "difference (0.05) count a table once, however many classifiers it has."
    )
    for metric, table in tables.items():
        yield f"**{metric_name(metric)}**: mean rank"
        yield markdown(_rank_columns(table, metric))
    if "SMOTE" in first:
        yield f"**wins/ties/losses against SMOTE** over table x classifier (tie: within {TIE})"
        yield markdown(
            pd.DataFrame({metric_name(m): win_tie_loss(t, m, "SMOTE") for m, t in tables.items()})
        )
    yield "**Mean of each metric** over table x classifier"
    means = pd.DataFrame({metric_name(m): t.mean() for m, t in tables.items()})
    yield markdown(means.map("{:.3f}".format))


def _rank_columns(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    columns = {"all": rank(table, metric)}
    for classifier, part in table.groupby(table.index.get_level_values("classifier")):
        if str(classifier) == "knn":
            part = part.drop(columns="class_weight", errors="ignore")
        columns[str(classifier)] = rank(part, metric)
    frame = pd.DataFrame({c: r.mean_ranks for c, r in columns.items()})
    text = frame.sort_values("all").map(lambda v: "" if np.isnan(v) else f"{v:.2f}")
    text.loc["*critical difference*"] = [f"{r.critical_difference:.2f}" for r in columns.values()]
    text.loc["*Friedman p*"] = [f"{r.friedman_p:.2g}" for r in columns.values()]
    return text


def _costs(results: pd.DataFrame) -> str:
    once = results.drop_duplicates(["dataset", "seed", "fold", "method"])
    cells = once.groupby("method", sort=False)
    frame = pd.DataFrame(
        {
            "splits": cells.size().astype(str),
            "resampling, mean s": cells["seconds"].mean().map("{:.2f}".format),
            "resampling, max s": cells["seconds"].max().map("{:.2f}".format),
            "fell back": cells["fell_back"].sum().astype(int).astype(str),
        }
    )
    if once["peak_mb"].notna().any():
        frame["peak memory, MB"] = cells["peak_mb"].max().map("{:.0f}".format)
    return markdown(frame)
