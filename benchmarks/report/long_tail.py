"""The report's sections on long-tailed images: methods by score, and the imbalance sweep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from benchmarks.report.text import markdown, mean_and_error, metric_name, plus_minus, task_name

# Methods whose differences to the others are shown.
PAIRED = ("MGVAE", "BayesGAN")
# Published figures, recall / F1 of classes 8 and 9 (IMSIC's table).
PUBLISHED = {
    "mnist": {
        "SMOTE (published)": (".829/.899", ".767/.860"),
        "InfoGAN (published)": (".802/.876", ".780/.855"),
        "DGC (published)": (".847/.911", ".740/.843"),
        "IMSIC (published)": (".893/.930", ".859/.915"),
    },
    "fashion-mnist": {
        "SMOTE (published)": (".686/.812", ".778/.866"),
        "InfoGAN (published)": (".734/.839", ".815/.874"),
        "DGC (published)": (".709/.824", ".853/.899"),
        "IMSIC (published)": (".831/.899", ".908/.922"),
    },
}
# Published mean recall, ResNet-18 (DeepSMOTE's table).
PUBLISHED_RECALL = {
    "mnist": {"SMOTE": 0.8798, "BAGAN": 0.9306, "GAMO": 0.9552, "DeepSMOTE": 0.9609},
    "fashion-mnist": {"SMOTE": 0.7058, "BAGAN": 0.8148, "GAMO": 0.8303, "DeepSMOTE": 0.8363},
}


def classes_section(results: pd.DataFrame) -> Iterator[str]:
    """One table for each data set: mean ± standard error over seeds."""
    for name, part in results.groupby("dataset", sort=False):
        yield f"### {task_name(str(name))}"
        groups = part.groupby("method", sort=False)
        columns = _scores(
            groups, "mean_recall", "g_mean", "macro_f1", "average_precision", "brier"
        )
        for c in (8, 9):
            recalls, f1 = groups[f"recall_{c}"].mean(), groups[f"f1_{c}"].mean()
            columns[f"recall/F1 of {c}"] = recalls.map("{:.3f}/".format) + f1.map("{:.3f}".format)
        columns["seconds"] = groups["seconds"].mean().map("{:.0f}".format)
        columns["peak MB"] = groups["peak_mb"].max().map("{:.0f}".format)
        frame = pd.DataFrame(columns)
        for method, (eight, nine) in PUBLISHED.get(str(name), {}).items():
            frame.loc[method] = ""
            frame.loc[method, ["recall/F1 of 8", "recall/F1 of 9"]] = eight, nine
        for method, recall in PUBLISHED_RECALL.get(str(name), {}).items():
            frame.loc[f"{method} (published, ResNet-18)"] = ""
            frame.loc[f"{method} (published, ResNet-18)", "mean recall"] = f"{recall:.3f}"
        yield markdown(frame)
        yield from _paired(part)


def sweep_section(results: pd.DataFrame) -> Iterator[str]:
    """Mean recall by imbalance ratio, and what is lost from the first to the last."""
    names = results["dataset"].str.rsplit("-ir", n=1, expand=True)
    results = results.assign(images=names[0], ratio=names[1].astype(int))
    for name, part in results.groupby("images", sort=False):
        table = part.pivot_table(index="method", columns="ratio", values="mean_recall", sort=False)
        table = table.sort_index(axis=1)
        loss = table.iloc[:, 0] - table.iloc[:, -1]
        text = table.map(lambda v: "" if pd.isna(v) else f"{v:.4f}")
        text[f"loss from {table.columns[0]} to {table.columns[-1]}"] = loss.map("{:.4f}".format)
        yield f"### {task_name(str(name))}: mean recall by imbalance ratio"
        yield markdown(text)


def grades_section(results: pd.DataFrame) -> Iterator[str]:
    """Colour images: mean ± standard error over seeds."""
    groups = results.groupby("method", sort=False)
    columns = _scores(groups, "mean_recall", "macro_f1", "average_precision")
    columns["seconds"] = groups["seconds"].mean().map("{:.0f}".format)
    yield markdown(pd.DataFrame(columns))
    yield from _paired(results)


def image_realism_section(results: pd.DataFrame) -> Iterator[str]:
    """Means over the four rarest classes; AUC of telling new images from held-out ones."""
    for name, part in results.groupby("dataset", sort=False):
        yield f"### {task_name(str(name))}"
        groups = part.groupby("method", sort=False)
        scores = groups[["auc", "density", "coverage", "copies"]].mean()
        yield markdown(scores.map("{:.3f}".format))


def _scores(groups: Any, *scores: str) -> dict[str, Any]:
    """Columns of a table: how many seeds a method has, and mean ± standard error of each score."""
    columns = {metric_name(score): mean_and_error(groups[score]) for score in scores}
    return {"seeds": groups.size().astype(str), **columns}


def _paired(part: pd.DataFrame) -> Iterator[str]:
    """Mean recall of each of ours minus that of every other method, paired by seed."""
    scores = part.pivot(index="seed", columns="method", values="mean_recall")
    for ours in [m for m in PAIRED if m in scores]:
        gaps = scores[[ours]].to_numpy() - scores.drop(columns=ours)
        words = [
            f"{method} {gap.mean():+.4f}{plus_minus(gap.sem(), 4)}"
            for method, gap in gaps.items()
            if gap.notna().any()
        ]
        shown = "; ".join(words)
        yield f"Mean recall of {ours} minus that of each other, paired by seed: {shown}."
