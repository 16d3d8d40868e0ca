"""The report's sections on kinds of data: what helps on which, wrong labels, and sampler seeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report.text import markdown, metric_name
from benchmarks.sampler_seeds import AVERAGED, N_DRAWS
from benchmarks.shared.results import read_results
from benchmarks.shared.scores import LOWER_IS_BETTER

SCORES = ("balanced_accuracy", "macro_f1", "average_precision", "log_loss")
FREE = {
    "none": "no resampling",
    "threshold": "moved threshold",
    "class_weight": "class weights",
    "RandomOverSampler": "repeated rows",
    "SMOTE": "SMOTE",
}
WAYS = FREE | {
    "MGVAE": "MGVAE",
    "MGVAE@quarter": "MGVAE, a quarter",
    "BayesGAN": "BayesGAN",
    "BayesGAN@quarter": "BayesGAN, a quarter",
}
DEFAULTS = ("MGVAE", "BayesGAN")
# How far below repeated rows the mean of a sampler may be.
LIMITS = {"balanced_accuracy": 0.01, "macro_f1": 0.015, "average_precision": 0.02}
# Differences that count as none.
TIE = 0.005
# What else a kind may be known as.
EXAMPLES = {
    "anomalies in random directions": "faults and fraud, each off in a way of its own",
    "collinear columns": "twelve measurements of three quantities",
    "event log with repeated rows": "few distinct rows, some of them frequent",
    "windows of a time series": "sixteen neighbouring values, with a bump at any place",
    "columns of very different scales": "from thousandths to ten thousands",
    "another spread only": "same mean, more variance",
    "heavy tails": "amounts of money, with outliers in both classes",
    "strong overlap": "hardly any row is surely of one class",
    "one-hot columns": "categories that were encoded before",
    "categories of 60 levels": "shops and products",
    "gaps": "a quarter of the values is missing",
    "clean labels": "as noisy labels, but all of them right",
    "noisy labels": "a quarter of the rare labels is wrong",
    "subclusters": "five causes, some with a few rows",
    "separable": "the classes hardly touch",
    "a core inside a shell": "normal values are what is rare",
    "angles": "wind directions, phases",
    "embeddings of length one": "48 columns of a pretrained model",
    "300 columns, 6 informative": "spectra, gene expression",
    "sign of a product": "a rule of three columns, and no column tells alone",
    "text": "term weights of 600 words; below 120 rare rows both samplers repeat these",
    "dates and seasons": "day, month, weekday, hour",
    "spatial clusters": "places on a map",
    "hierarchies of categories": "place within district within region",
    "counts with exposure": "claims and the time insured",
    "columns of all types": "prices, counts, booleans, categories, gaps",
    "drift": "the test rows are from later",
    "rare rows in families": "several rows of one patient, other patients in the test",
}


def kinds_section(results: pd.DataFrame) -> Iterator[str]:
    """Means over kinds, each kind, and where new rows do worse than repeated ones."""
    complete = complete_tables(results)
    yield (
        "The **best free way** of a kind and measure is the best of no resampling, a moved "
        "threshold, class weights, repeated rows and SMOTE by their mean over tables and "
        "classifiers: it is known only afterwards. With 300 rare rows a quarter of balance adds "
        "no row. By average precision and log loss a moved threshold is no resampling."
    )
    yield from between("in short", in_short(complete))
    yield "**Means over kinds**"
    yield markdown(_overall(complete))
    for n_rare, part in complete.groupby("n_rare"):
        yield f"**Means over kinds, {n_rare} rare rows**"
        yield markdown(_overall(part))
    yield "**What helps on which kind**: means over tables and classifiers"
    yield from between("each kind", kind_list(complete))
    for metric in SCORES:
        yield f"**{metric_name(metric)}**: the best free way, and differences to it"
        yield markdown(_differences(complete, metric))
    yield (
        "**Where full balance is below repeated rows**, by more than .01 in balanced accuracy, "
        ".015 in macro F1 or .02 in average precision"
    )
    yield markdown(misses(complete), index=False)


def complete_tables(results: pd.DataFrame) -> pd.DataFrame:
    """Return the seeds and numbers of rare rows that every way was run with on every kind."""
    results = results.assign(kind=results["dataset"].str.rpartition(", ")[0])
    measured = results["kind"] + results["method"]
    n_measured = measured.groupby([results["n_rare"], results["seed"]]).transform("nunique")
    return results[n_measured == results["kind"].nunique() * results["method"].nunique()]


def kind_means(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the mean of a measure, kinds down and ways across."""
    means = results.pivot_table(index="kind", columns="method", values=metric, sort=False)
    return means[[way for way in WAYS if way in means]]


def gains(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return by how much each way is better than the best free one, kinds down."""
    means = _sign(metric) * kind_means(results, metric)
    return means.sub(means[list(FREE)].max(axis=1), axis=0)


def kind_list(results: pd.DataFrame) -> str:
    """Say of each kind what helps most, what it costs and what is free."""
    accuracy, precision = (
        kind_means(results, m) for m in ("balanced_accuracy", "average_precision")
    )
    order = gains(results, "balanced_accuracy")[list(DEFAULTS)].max(axis=1)
    lines = []
    for kind in order.sort_values(ascending=False).index:
        name = f"**{kind[0].upper()}{kind[1:]}** ({EXAMPLES[kind]})"
        labels = _labels(accuracy.loc[kind])
        ranking = _ranking(precision.loc[kind], _better_sampler(accuracy.loc[kind]))
        lines.append(f"* {name}: {labels} {ranking}")
    return "\n".join(lines)


def in_short(results: pd.DataFrame) -> str:
    """Count the kinds on which full balance is ahead and behind, and name those where it costs."""
    accuracy, precision = (
        kind_means(results, m) for m in ("balanced_accuracy", "average_precision")
    )
    gap = gains(results, "balanced_accuracy")
    counts = "; ".join(
        f"`{way}` is ahead of the best free way on {(gap[way] > TIE).sum()} of {len(gap)} kinds, "
        f"level with it on {(gap[way].abs() <= TIE).sum()} (within .005) and behind it on "
        f"{(gap[way] < -TIE).sum()}"
        for way in DEFAULTS
    )
    means = accuracy.mean().sort_values(ascending=False)
    figures = ", ".join(f"{WAYS[way]} {_figure(value)}" for way, value in means.items())
    is_moved = accuracy["threshold"] > accuracy[list(DEFAULTS)].max(axis=1) + TIE
    lines = [
        f"* **Tables.** {len(gap)} kinds, {_listed(sorted(results['n_rare'].unique()))} rare rows "
        f"of 1,000 common ones, seeds {_listed(sorted(results['seed'].unique()))}, 2,400 rows to "
        "test on; logistic regression, an MLP, a random forest and boosted trees.",
        f"* **Balanced accuracy at full balance.** {counts}. Means over kinds: {figures}.",
        f"* **A moved threshold alone** has a better balanced accuracy than both samplers on "
        f"{_named(is_moved)}.",
    ]
    for way in DEFAULTS:
        change = precision[way] - precision["none"]
        lines.append(
            f"* **Average precision of `{way}` at full balance** is lower than without resampling "
            f"by more than .02 on {_named(change < -0.02)}. It is higher by more than .02 on "
            f"{_named(change > 0.02)}."
        )
    return "\n".join(lines)


def between(words: str, text: str) -> Iterator[str]:
    """Put a text between marks, by which the guide includes it."""
    yield from (f"<!-- {words} -->", text, f"<!-- end of {words} -->")


def misses(results: pd.DataFrame) -> pd.DataFrame:
    """Return where a sampler at full balance is below repeated rows by more than its limit."""
    found = []
    for metric, limit in LIMITS.items():
        means = kind_means(results, metric)
        for way in DEFAULTS:
            gap = means[way] - means["RandomOverSampler"]
            found += [
                {
                    "kind": k,
                    "sampler": way,
                    "measure": metric_name(metric),
                    "difference": f"{v:+.3f}",
                }
                for k, v in gap[gap < -limit].items()
            ]
    return pd.DataFrame(found, columns=["kind", "sampler", "measure", "difference"])


def _listed(values: list[int]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}" if first else last


def _named(is_meant: pd.Series) -> str:
    kinds = is_meant.index[is_meant]
    names = f" ({'; '.join(kinds)})" if len(kinds) else ""
    return f"{len(kinds)} of {len(is_meant)} kinds{names}"


def _sign(metric: str) -> int:
    return -1 if metric in LOWER_IS_BETTER else 1


def _overall(results: pd.DataFrame) -> pd.DataFrame:
    means = pd.DataFrame({metric_name(m): kind_means(results, m).mean() for m in SCORES})
    return means.rename(index=WAYS).map("{:.3f}".format)


def _differences(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    means = kind_means(results, metric)
    best = (_sign(metric) * means[list(FREE)]).idxmax(axis=1)
    shown = means.sub([means.at[k, way] for k, way in best.items()], axis=0).map("{:+.3f}".format)
    shown = shown.drop(columns=[] if "accuracy" in metric or "f1" in metric else ["threshold"])
    words = [f"{FREE[way]} {means.at[k, way]:.3f}" for k, way in best.items()]
    return shown.rename(columns=WAYS).assign(**{"best free way": words})


def _better_sampler(means: pd.Series) -> str:
    return str(means[list(DEFAULTS)].idxmax())


def _labels(means: pd.Series) -> str:
    """Say what is best by balanced accuracy."""
    ours, free = _better_sampler(means), means[list(FREE)].idxmax()
    of_ours, of_free = f"{_figure(means[ours])}", f"{FREE[free]} {_figure(means[free])}"
    gap = means[ours] - means[free]
    if gap > TIE:
        return f"`{ours}` has the best balanced accuracy ({of_ours}; {of_free})."
    if gap < -TIE:
        return f"A free way has the best balanced accuracy ({of_free}; `{ours}` {of_ours})."
    return f"`{ours}` and a free way tie in balanced accuracy ({of_ours}; {of_free})."


def _ranking(means: pd.Series, ours: str) -> str:
    """Say what the rows of a sampler do to average precision."""
    plain, full = _figure(means["none"]), _figure(means[ours])
    gap = means[ours] - means["none"]
    if gap > TIE:
        return f"Average precision rises from {plain} to {full}."
    if gap >= -TIE:
        return f"Average precision stays ({full}; {plain} without resampling)."
    quarter = _figure(means[f"{ours}@quarter"])
    return f"Average precision falls from {plain} to {full}, and to {quarter} with a quarter."


def _figure(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def read_noisy(path: Path) -> pd.DataFrame:
    """Read the results with wrong labels, and those of the same tables with right ones."""
    noisy, clean = read_results(path), read_results(path.with_name("kinds.csv"))
    both = pd.concat([clean.assign(labels="right"), noisy.assign(labels="wrong")])
    of_both = both.groupby(["dataset", "seed", "method", "classifier"])["labels"].transform("size")
    return both[of_both == 2]


def noisy_section(results: pd.DataFrame) -> Iterator[str]:
    """Means with wrong labels, and what these cost each way."""
    n_tables = len(results.drop_duplicates(["dataset", "seed"]))
    yield (
        f"A quarter of the rare labels of the training table is wrong: {n_tables} tables of "
        f"{results['dataset'].nunique()} kinds with 60 rare rows, four classifiers. Means with "
        "wrong labels, and their difference to those of the same tables with right ones."
    )
    columns = {}
    for metric in SCORES[:3]:
        means = results.pivot_table(index="method", columns="labels", values=metric)
        means = means.loc[[way for way in WAYS if way in means.index]]
        columns[metric_name(metric)] = means["wrong"].map("{:.3f}".format)
        columns[f"difference in {metric_name(metric)}"] = (means["wrong"] - means["right"]).map(
            "{:+.3f}".format
        )
    table = markdown(pd.DataFrame(columns).rename(index=WAYS))
    yield from between("wrong labels", f"{_losses(results)}\n\n{table}")


def _losses(results: pd.DataFrame) -> str:
    """Say how much average precision wrong labels cost, and who keeps the best labels."""
    means = results.pivot_table(index="method", columns="labels", values=list(SCORES))
    precision, accuracy = means["average_precision"], means["balanced_accuracy", "wrong"]
    losses = (precision["right"] - precision["wrong"]).drop("threshold").sort_values()
    best, second = accuracy.nlargest(2).index
    return (
        "Average precision falls by "
        + ", ".join(f"{_figure(loss)} ({WAYS[way]})" for way, loss in losses.items())
        + f". The best balanced accuracy with wrong labels is {_figure(accuracy[best])} "
        f"({WAYS[best]}), then {_figure(accuracy[second])} ({WAYS[second]})."
    )


def seeds_section(results: pd.DataFrame) -> Iterator[str]:
    """How much scores vary between seeds of a sampler, with one draw and with several."""
    yield (
        f"The table, the classifier and its seed stay, the seed of the sampler varies: "
        f"{results['seed'].nunique()} seeds on {results['dataset'].nunique()} tables with 60 rare "
        "rows, full balance. Standard deviation between seeds (root of the mean variance over "
        f"tables and classifiers), and mean, of one draw and of the mean probability of {N_DRAWS} "
        "draws. Draws of MGVAE and BayesGAN are from one training."
    )
    columns = {}
    for metric in ("balanced_accuracy", "average_precision"):
        variance = results.groupby(["method", "dataset", "classifier"])[metric].var()
        deviation = np.sqrt(variance.groupby("method").mean())
        mean = results.groupby("method")[metric].mean()
        for words, ending in (("one draw", ""), (f"{N_DRAWS} draws", AVERAGED)):
            methods = [m for m in WAYS if m + ending in mean.index]
            columns[f"{metric_name(metric)}, {words}"] = pd.Series(
                {
                    WAYS[m]: f"{mean[m + ending]:.3f} (s.d. {deviation[m + ending]:.4f})"
                    for m in methods
                }
            )
    yield from between("seeds", markdown(pd.DataFrame(columns)))
