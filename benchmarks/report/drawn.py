"""The report's section on drawn tables: few distinct rows, and shapes in few columns."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from benchmarks.report.text import markdown, metric_name
from benchmarks.shared.drawn_tables import DISCRETE

SCORES = ("average_precision", "balanced_accuracy", "macro_f1")


def drawn_section(results: pd.DataFrame) -> Iterator[str]:
    """Mean scores by number of rare rows, and where the new rows lie."""
    is_discrete = results["dataset"].str.split(",").str[0].isin(DISCRETE)
    parts = {"Few distinct rows": results[is_discrete], "Shapes": results[~is_discrete]}
    for title, part in parts.items():
        if part.empty:
            continue
        yield f"**{title}**: means over tables and classifiers, by number of rare rows"
        means = part.groupby(["method", "n_rare"], sort=False)[list(SCORES)].mean().unstack()
        means.columns = pd.Index([f"{metric_name(score)}, {n}" for score, n in means.columns])
        yield markdown(means.map("{:.3f}".format))
    yield (
        "**Fraction of new rows in cells where only the common class has rows** (few distinct "
        "rows), beside held-out rows of the rare class"
    )
    yield markdown(_where(results[is_discrete], "other_cells"), index=False)
    yield (
        "**Fraction of new rows that lie where the rare class is denser** (shapes), beside "
        "held-out rows of the rare class"
    )
    yield markdown(_where(results[~is_discrete], "on_class"), index=False)


def _where(results: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the mean fraction of new rows of each method, and of held-out rows."""
    rows = results.drop_duplicates(["dataset", "method", "seed"])
    table = rows.pivot_table(index="n_rare", columns="method", values=column, sort=False)
    table["held-out rows"] = rows.groupby("n_rare")[f"{column}_held"].mean()
    return table.map("{:.2f}".format).rename_axis(index="rare rows").reset_index()
