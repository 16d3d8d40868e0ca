"""The report's section on realism: means, paired differences, every table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pandas as pd

from benchmarks.report.text import markdown, plus_minus
from benchmarks.shared.methods import OURS

# Differences that count as none.
TIE = 0.01


@dataclass(frozen=True)
class Score:
    """How one score is shown and compared: the smaller the penalty, the better."""

    column: str
    words: str
    sign: int = -1
    target: float | None = None

    def penalty(self, values: pd.DataFrame) -> pd.DataFrame:
        """Return what is to be small."""
        return -self.sign * values if self.target is None else (values - self.target).abs()


COMPARED = (
    Score("auc", "AUC"),
    Score("coverage", "coverage", sign=1),
    Score("density", "density off 1", target=1.0),
)


def realism_section(results: pd.DataFrame) -> Iterator[str]:
    """Means by method, differences to ours paired by table, and a table of all data sets."""
    yield (
        "Synthetic minority rows against as many held-out real ones. AUC of boosted trees that "
        "tell the two apart (0.5: they cannot), density (1) and coverage (1), the median distance "
        "to the closest training row over that of held-out rows (1: as new as real rows; 0: "
        "copies), shares of copies and of impossible values. `real` is the training rows "
        "themselves, what a perfect generator would make, but for the copies."
        f"{_about_rules(results)}"
    )
    for words, part in _groups(results):
        yield f"### {words}"
        yield from _means(_over_seeds(part))
        yield from _paired(part)
    yield "### AUC / coverage of each table"
    yield _tables(_over_seeds(results))


def of_every_table(results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the methods that ran on every table."""
    tables = results.groupby("method")["dataset"].nunique()
    whole = tables.index[tables == results["dataset"].nunique()]
    return results[results["method"].isin(whole)]


def _over_seeds(results: pd.DataFrame) -> pd.DataFrame:
    keys = ["kind", "dataset", "method"]
    return results.groupby(keys, sort=False).mean(numeric_only=True).reset_index()


def _groups(results: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    kinds = {"numeric": "Numeric tables", "mixed": "Tables with categories"}
    for kind, words in kinds.items():
        if (results["kind"] == kind).any():
            yield words, results[results["kind"] == kind]
    if results["kind"].nunique() > 1:
        yield "All tables", results


def _means(scores: pd.DataFrame) -> Iterator[str]:
    """Means of the methods that have every table."""
    common = of_every_table(scores)
    if common.empty:
        yield "No method has every table yet."
        return
    groups = common.groupby("method", sort=False)
    # Where held-out rows are copies themselves there is no ratio.
    ratio = (common["closest"] / common["closest_held"].where(common["closest_held"] > 0)).groupby(
        common["method"], sort=False
    )
    later = {
        "rules broken": groups["broken"].mean().map(_share),
        "membership AUC": groups["membership"].mean().map(_number),
    }
    frame = pd.DataFrame(
        {
            **{c: groups[c].mean().map("{:.3f}".format) for c in ("auc", "density", "coverage")},
            "distance ratio (median)": ratio.median().map("{:.2f}".format),
            "copies": groups["copies"].mean().map("{:.1%}".format),
            "impossible": groups["impossible"].mean().map("{:.3%}".format),
            "misclassified": groups["misclassified"].mean().map(_share),
            **{words: shown for words, shown in later.items() if (shown != "").any()},
            "seconds": groups["seconds"].mean().map("{:.1f}".format),
        }
    ).rename(columns={"auc": "AUC"})
    yield (
        f"Means over {common['dataset'].nunique()} tables, of the methods that have them all. Of "
        "held-out rows, "
        f"{common.drop_duplicates('dataset')['copies_held'].mean():.1%} equal a training row."
        f"{_taken_for_another_class(common)}"
    )
    yield markdown(frame)


def _paired(results: pd.DataFrame) -> Iterator[str]:
    """Difference of ours to each other method over the tables and seeds both have."""
    for ours in [m for m in results["method"].unique() if m.startswith(OURS)]:
        columns: dict[str, dict[str, str]] = {}
        for score in COMPARED:
            wide = results.pivot(index=["dataset", "seed"], columns="method", values=score.column)
            for rival in wide.columns.drop(ours):
                both = wide[[ours, rival]].dropna().groupby(level="dataset").mean()
                penalty = score.penalty(both)
                gap = penalty[ours] - penalty[rival]
                shown = -score.sign * gap if score.target is None else gap
                if len(gap):
                    cells = columns.setdefault(str(rival), {"tables": str(len(gap))})
                    cells[score.words] = _signed(shown)
                    cells[f"won/tied/lost by {score.words}"] = _won(gap)
        yield (
            f"**{ours} minus each other method**, paired by table and seed (tied: within {TIE})"
        )
        yield markdown(pd.DataFrame.from_dict(columns, orient="index"))


def _taken_for_another_class(common: pd.DataFrame) -> str:
    share = _share(common["misclassified_held"].mean())
    if not share:
        return ""
    return f" Trees of the training half take {share} of held-out rows for another class."


def _about_rules(results: pd.DataFrame) -> str:
    """Explain columns that older results lack."""
    if results["broken"].isna().all():
        return ""
    return (
        " Rows that break a rule between columns that all training rows obey; of the held-out "
        f"rows, {_share(results.drop_duplicates('dataset')['broken_held'].mean())} do. AUC of an "
        "attack that tells by the distance to the closest synthetic row whether a row was learned "
        "(0.5: it fails)."
    )


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"


def _share(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1%}"


def _signed(gap: pd.Series) -> str:
    # Adding zero to -0.0 makes it 0.0.
    return f"{round(float(gap.mean()), 3) + 0.0:+.3f}{plus_minus(cast(float, gap.sem()))}"


def _won(gap: pd.Series) -> str:
    won, lost = int((gap < -TIE).sum()), int((gap > TIE).sum())
    return f"{won}/{len(gap) - won - lost}/{lost}"


def _tables(scores: pd.DataFrame) -> str:
    text = scores["auc"].map("{:.3f}".format) + " / " + scores["coverage"].map("{:.3f}".format)
    wide = scores.assign(text=text).pivot(index="dataset", columns="method", values="text")
    wide = wide.reindex(index=scores["dataset"].unique(), columns=scores["method"].unique())
    return markdown(wide.fillna(""))
