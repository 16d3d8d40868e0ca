"""Turns the result files into one readable page, benchmarks/results/REPORT.md."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markdown import markdown, plus_minus
from benchmarks.metrics import LOWER_IS_BETTER, METRICS
from benchmarks.ranks import TIE, rank, score_table, win_tie_loss
from benchmarks.report_gan import classes_section, structure_section, sweep_section
from benchmarks.report_realism import realism_section
from benchmarks.results import FOLDER, read_results
from benchmarks.summary import FILES, summary

TITLES = {
    "images": "P1: images",
    "images-validation": "P1 on held-out training images (development)",
    "p2": "P2: high-dimensional tables",
    "league": "Tabular league",
    "development": "Development tables",
    "p3": "P3: ten classes of images, 4,000 to 40 rows",
    "p3-sweep": "P3: imbalance sweep",
    "p3-validation": "P3 on held-out training images (development)",
    "p4": "P4: structure",
    "p6": "P6: realism of synthetic rows",
    "speed": "Speed",
    "mixed": "Mixed tables: time and memory",
}
# Sections of their own.
SECTIONS = {
    "p3": classes_section,
    "p3-validation": classes_section,
    "p3-sweep": sweep_section,
    "p4": structure_section,
    "p6": realism_section,
}


def main() -> None:
    """Write the report and print it."""
    options = argparse.ArgumentParser(description="Result files to markdown")
    options.add_argument("--results", type=Path, default=FOLDER)
    folder = options.parse_args().results
    page = "\n\n".join(["# Report", *_summary(folder), *_sections(folder)]) + "\n"
    (folder / "REPORT.md").write_text(page)
    print(page)


def _summary(folder: Path) -> Iterator[str]:
    if all((folder / name).exists() for name in FILES):
        yield "## Summary"
        yield (
            "P1, P3, the league and P6, means over seeds; ranks among eight methods (1 is best). "
            "In P6 BayesGAN is held to its generated rows."
        )
        yield summary(folder)


def _sections(folder: Path) -> Iterator[str]:
    for name, title in TITLES.items():
        path = folder / f"{name}.csv"
        if not path.exists():
            continue
        yield f"## {title}"
        if name in SECTIONS:
            yield from SECTIONS[name](pd.read_csv(path) if name == "p4" else read_results(path))
            continue
        if name in ("speed", "mixed"):
            yield markdown(
                pd.read_csv(path, dtype=str).drop(columns="protocol").fillna(""), index=False
            )
            continue
        results = read_results(path)
        yield from _by_task(results) if name.startswith("images") else _league(results)
        if name == "p2":
            for classifier, part in results.groupby("classifier"):
                yield f"### {classifier}"
                yield from _by_task(part, METRICS[:1])
        yield _costs(results)


def _by_task(results: pd.DataFrame, metrics: tuple[str, ...] = METRICS) -> Iterator[str]:
    """Mean ± standard error over seeds, the best of each column in bold."""
    for metric in metrics:
        cells = results.groupby(["method", "dataset"], sort=False)[metric]
        mean, error = cells.mean().unstack(), cells.sem().unstack()
        best = mean.min() if metric in LOWER_IS_BETTER else mean.max()
        text = mean.map("{:.3f}".format) + error.map(plus_minus)
        text = text.where(mean != best, "**" + text + "**").where(mean.notna(), "")
        yield f"**{_words(metric)}**, mean ± s.e. over seeds"
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


def _league(results: pd.DataFrame) -> Iterator[str]:
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
        yield f"**{_words(metric)}**: mean rank"
        yield markdown(_rank_columns(table, metric))
    if "SMOTE" in first:
        yield f"**wins/ties/losses against SMOTE** over table x classifier (tie: within {TIE})"
        yield markdown(
            pd.DataFrame({_words(m): win_tie_loss(t, m, "SMOTE") for m, t in tables.items()})
        )
    yield "**Mean of each metric** over table x classifier"
    means = pd.DataFrame({_words(m): t.mean() for m, t in tables.items()})
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


def _words(metric: str) -> str:
    return metric.replace("_", " ")


if __name__ == "__main__":
    main()
