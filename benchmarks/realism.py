"""Are synthetic minority rows like held-out real ones, new, and possible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.shared.halved_tables import Halves, halves, table_names
from benchmarks.shared.minority_rows import METHODS, can_run, synthesize
from benchmarks.shared.options import add_rivals_python, chosen, open_results, option_parser
from benchmarks.shared.results import Results, Row
from mgvae_resample.diagnostics import (
    copy_rate,
    density_and_coverage,
    distance_to_closest_record,
    invalid_value_rate,
    membership_auc,
    two_sample_auc,
)
from mgvae_resample.diagnostics.metrics import misclassification_rates, rules_and_violations

SCORES = (
    *("auc", "density", "coverage"),
    *("closest", "closest_held", "copies", "copies_held", "impossible"),
    *("misclassified", "misclassified_held"),
    *("broken", "broken_held", "membership"),
)
COLUMNS = (
    *("protocol", "dataset", "kind", "seed", "method", "n_train", "n_held", "n_made"),
    *(*SCORES, "seconds"),
)


def realism(data: Halves, rows: pd.DataFrame, seed: int) -> dict[str, float]:
    """Score minority rows against the held-out ones, and by what was there to learn from."""
    density, coverage = density_and_coverage(data.held_out, rows)
    wrong, wrong_held = misclassification_rates(
        data.X, data.y, 1, rows, data.held_out, random_state=seed
    )
    _, (broken, broken_held) = rules_and_violations(data.X, rows, data.held_out)
    return {
        "auc": two_sample_auc(data.held_out, rows, random_state=seed),
        "density": density,
        "coverage": coverage,
        "closest": float(np.median(distance_to_closest_record(data.minority, rows))),
        "closest_held": float(np.median(distance_to_closest_record(data.minority, data.held_out))),
        "copies": copy_rate(data.minority, rows),
        "copies_held": copy_rate(data.minority, data.held_out),
        "impossible": invalid_value_rate(data.X, rows),
        "misclassified": wrong,
        "misclassified_held": wrong_held,
        "broken": broken,
        "broken_held": broken_held,
        "membership": membership_auc(data.minority, data.held_out, rows),
    }


def main() -> None:
    """Run the benchmark from the command line."""
    options = option_parser("Realism of synthetic rows", seeds=(0,), methods=METHODS)
    add_rivals_python(options)
    given = options.parse_args()
    if given.data is None:
        options.error("realism needs --data FOLDER, see benchmarks/README.md.")
    results = open_results(given, "realism", COLUMNS)
    for seed in given.seeds:
        for name in chosen(table_names(given.data), given.datasets):
            todo = [
                method
                for method in given.methods
                if not results.has({"dataset": name, "seed": seed, "method": method})
            ]
            if todo:
                data = halves(name, seed, given.data)
                known = [method for method in todo if can_run(method, data)]
                _run(name, seed, data, known, given.rivals_python, results)


def _run(
    name: str,
    seed: int,
    data: Halves,
    methods: list[str],
    rivals_python: Path | None,
    results: Results,
) -> None:
    for method in methods:
        synthetic = synthesize(method, data, seed, rivals_python)
        row: Row = {
            "dataset": name,
            "kind": "mixed" if data.categorical else "numeric",
            "seed": seed,
            "method": method,
            "n_train": len(data.minority),
            "n_held": len(data.held_out),
            "n_made": len(synthetic.rows),
            **realism(data, synthetic.rows, seed),
            "seconds": synthetic.seconds,
        }
        results.append(row)
        print(
            f"{name} seed {seed} {method}: AUC {row['auc']:.3f}, coverage {row['coverage']:.3f}, "
            f"{synthetic.seconds:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
