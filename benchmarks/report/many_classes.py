"""The report's section on many classes, and the tables of the guide's page on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.report.league import differences, families_of, tables_of
from benchmarks.report.ranks import score_table
from benchmarks.report.text import markdown, metric_name
from benchmarks.shared.results import read_results
from benchmarks.shared.scores import MANY_CLASS_METRICS

OURS = ("MGVAE", "MGVAE(exemplars='rest')", "BayesGAN")
# Free rivals, and by how much new rows may be worse than the better one on a table.
REPEATS = ("RandomOverSampler", "class_weight")
LOSS = 0.01
BY_TABLE = ("mean_recall", "macro_f1")
NAMES = {
    "none": "no resampling",
    "class_weight": "class weights",
    "prior": "posterior divided by the prior",
    "RandomOverSampler": "repeated rows",
    "SMOTE": "SMOTE, SMOTENC, SMOTEN",
    "MGVAE": "`MGVAEOverSampler`",
    "MGVAE(exemplars='rest')": '`MGVAEOverSampler(exemplars="rest")`',
    "BayesGAN": "`BayesGANOverSampler`",
}
GUIDE_FILE = "many_classes.md"
# The guide shows what stands before and after it in two places.
SECONDS = "<!-- seconds -->"


def many_classes_section(results: pd.DataFrame) -> Iterator[str]:
    """Means, differences, classifiers and single tables."""
    scores = {metric: score_table(results, metric) for metric in MANY_CLASS_METRICS}
    families, first = families_of(results), scores["mean_recall"]
    names = tables_of(first)
    yield (
        f"{len(names)} tables of {families.loc[names].nunique()} families, "
        f"{results['classifier'].nunique()} classifiers, {results['seed'].nunique()} draws, all "
        "classes as they are, each over-sampled to the largest. The rarer half: recall of the "
        "half of the classes with the fewest training rows. prior: the posterior of none divided "
        "by the training prior. More is better, but for log loss. Seconds are CPU seconds of the "
        "sampler."
    )
    yield "**Mean over tables and classifiers**"
    means = {metric_name(m): t.mean().map("{:.3f}".format) for m, t in scores.items()}
    yield markdown(pd.DataFrame(means).join(_seconds(results)))
    for method in [m for m in OURS if m in first and len(names) > 1]:
        yield (
            f"**{method} minus each other method**: mean over families, 95 % bootstrap interval; "
            "* where Wilcoxon's signed-rank test with Holm's correction has p < .05"
        )
        gaps = {metric_name(m): differences(t, method, families) for m, t in scores.items()}
        yield markdown(pd.DataFrame(gaps))
    yield "**Mean over tables, by classifier**"
    parts = [
        scores[metric]
        .groupby(level="classifier")
        .mean()
        .rename(lambda c, m=metric: f"{metric_name(m)}: {c}")
        for metric in BY_TABLE
    ]
    yield markdown(pd.concat(parts).map("{:.3f}".format))
    for metric in BY_TABLE:
        yield (
            f"**{metric_name(metric).capitalize()} by table**, mean over classifiers and draws; "
            "in brackets the difference to the better one of repeats and class weights"
        )
        yield markdown(_by_table(results, scores[metric]))
        yield _behind(scores[metric])


def _seconds(results: pd.DataFrame) -> pd.DataFrame:
    """Return mean and maximum of the seconds of each method."""
    once = results.drop_duplicates(["dataset", "seed", "method"]).groupby("method")["seconds"]
    return pd.DataFrame({"mean s": once.mean(), "max s": once.max()}).map("{:.2f}".format)


def _by_table(results: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return what each table is, and the mean score of each method."""
    known = results.drop_duplicates("dataset").set_index("dataset")
    means = scores.groupby(level="dataset", sort=False).mean()
    text = means.map("{:.3f}".format)
    for method, gaps in _gaps(scores).items():
        text[method] += gaps.map(" ({:+.3f})".format)
    about = known.loc[means.index, ["n_classes", "n_rows", "n_smallest"]].astype(str)
    about.columns = pd.Index(["classes", "training rows", "of the smallest class"])
    return about.join(text)


def _gaps(scores: pd.DataFrame) -> pd.DataFrame:
    """Return by how much ours are better than repeats and class weights on each table."""
    means = scores.groupby(level="dataset", sort=False).mean()
    free = means[[m for m in REPEATS if m in means]].max(axis=1)
    return means[[m for m in OURS if m in means]].sub(free, axis=0)


def _behind(scores: pd.DataFrame) -> str:
    """Say on how many tables ours are clearly worse than repeats and class weights."""
    counted = (_gaps(scores) < -LOSS).sum()
    words = [f"{method} on {n} of {len(tables_of(scores))}" for method, n in counted.items()]
    return f"Worse by more than {LOSS} than the better one of these: {', '.join(words)}."


def guide_tables(folder: Path) -> str:
    """Return scores and seconds as the guide shows them, or what command measures them."""
    parts = [_guide_scores(folder / "many_classes.csv"), SECONDS, _guide_speed(folder)]
    return "\n\n".join(parts) + "\n"


def _guide_scores(path: Path) -> str:
    if not path.exists():
        return "The scores are not measured yet (`python -m benchmarks.many_classes`)."
    results = read_results(path)
    scores = {metric: score_table(results, metric) for metric in MANY_CLASS_METRICS}
    means = pd.DataFrame({metric_name(m): t.mean() for m, t in scores.items()})
    text = means.reindex([m for m in NAMES if m in means.index]).map("{:.3f}".format)
    n_tables = len(tables_of(scores["mean_recall"]))
    caption = f"Means over {n_tables} tables and {results['classifier'].nunique()} classifiers:"
    return f"{caption}\n\n{markdown(text.rename(NAMES))}"


def _guide_speed(folder: Path) -> str:
    path = folder / "many_classes-speed.csv"
    if not path.exists():
        return "The seconds are not measured yet (`python -m benchmarks.many_classes --speed`)."
    results = read_results(path)
    text = results["cpu_seconds"].map("{:.2g}".format) + results["ratio"].map(" ({:.2g})".format)
    table = results.assign(text=text).pivot(index="method", columns="dataset", values="text")
    sizes = results.drop_duplicates("dataset").set_index("dataset")["rows"].map("{:,} rows".format)
    table = table[sizes.index].rename(columns=lambda case: f"{case}, {sizes[case]}")
    caption = (
        "CPU seconds of one fit on drawn tables of 20 numbers, with one thread, and in brackets "
        "how many times as long as with two classes:"
    )
    return f"{caption}\n\n{markdown(table.rename(NAMES | {'SMOTE': 'SMOTE'}))}"
