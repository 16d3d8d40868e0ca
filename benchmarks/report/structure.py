"""The report's section on structure: codes against their network, classes, disentanglement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from benchmarks.report.text import markdown, mean_and_error, task_name

DEPENDENCES = {
    "squared_correlation": "r^2 of a non-edge",
    "incremental_r2": "R^2 beyond the parents",
    "eta2": "eta^2 of the class",
}


def structure_section(results: pd.DataFrame) -> Iterator[str]:
    """Worst edge and non-edge of each fit, fidelity by class, FactorVAE scores."""
    codes = results[results["part"] == "structure"]
    groups = codes.groupby(["dataset", "structure", "seed", "quantity"], sort=False)["value"]
    worst = pd.DataFrame({"lowest": groups.min(), "highest": groups.max()})
    lines = []
    for (name, structure, seed), part in worst.groupby(level=[0, 1, 2], sort=False):
        found: dict[Any, Any] = part.droplevel([0, 1, 2]).to_dict("index")
        lines.append(
            {
                "data": task_name(str(name)),
                "structure": structure,
                "seed": seed,
                "lowest R^2 of an edge": f"{found['r2']['lowest']:.3f}",
                **{
                    f"highest {words}": f"{found[quantity]['highest']:.3f}"
                    for quantity, words in DEPENDENCES.items()
                    if quantity in found
                },
            }
        )
    yield markdown(pd.DataFrame(lines).fillna(""), index=False)
    fidelity = results[results["part"] == "fidelity"]
    if len(fidelity):
        yield "**Class fidelity**: share of generated rows that an independent CNN labels right"
        table = fidelity.pivot_table(index="structure", columns="name", values="value", sort=False)
        yield markdown(table.map("{:.3f}".format))
    scores = results[results["part"] == "disentanglement"]
    if len(scores):
        yield "**FactorVAE score** on drawn shapes, mean ± s.e. over seeds"
        cells = scores.groupby(["structure", "name"], sort=False)["value"]
        yield markdown(mean_and_error(cells).unstack())
