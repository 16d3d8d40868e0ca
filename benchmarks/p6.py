"""P6: are synthetic minority rows like held-out real ones, new, and possible."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.frames import Halves, halves, is_mixed, table_names
from benchmarks.makers import MAKERS, make
from benchmarks.options import chosen, parser
from benchmarks.results import Results, Row
from mgvae_resample.diagnostics import (
    closest_distances,
    copies,
    density_and_coverage,
    impossible_values,
    two_sample_auc,
)

SCORES = (
    *("auc", "density", "coverage"),
    *("closest", "closest_held", "copies", "copies_held", "impossible"),
)
COLUMNS = (
    *("protocol", "dataset", "kind", "seed", "method", "n_train", "n_held", "n_made"),
    *(*SCORES, "seconds"),
)


def realism(data: Halves, rows: pd.DataFrame, seed: int) -> dict[str, float]:
    """Score minority rows against the held-out ones, and by what was there to learn from."""
    density, coverage = density_and_coverage(data.held, rows)
    return {
        "auc": two_sample_auc(data.held, rows, random_state=seed),
        "density": density,
        "coverage": coverage,
        "closest": float(np.median(closest_distances(data.minority, rows))),
        "closest_held": float(np.median(closest_distances(data.minority, data.held))),
        "copies": copies(data.minority, rows),
        "copies_held": copies(data.minority, data.held),
        "impossible": impossible_values(data.X, rows),
    }


def main() -> None:
    """Run the protocol from the command line."""
    options = parser("P6: realism of synthetic rows", seeds=(0,))
    options.set_defaults(methods=list(MAKERS))
    options.add_argument(
        "--ctgan-python", type=Path, help="interpreter of an environment that has ctgan"
    )
    given = options.parse_args()
    if given.data is None:
        options.error("P6 needs --data FOLDER, see benchmarks/README.md.")
    results = Results(given.results / "p6.csv", COLUMNS)
    if given.redo:
        results.forget(given.methods, given.datasets)
    for seed in given.seeds:
        for name in chosen(table_names(given.data), given.datasets):
            _run(name, seed, given.data, given.methods, given.ctgan_python, results)


def _run(
    name: str,
    seed: int,
    folder: Path,
    methods: list[str],
    ctgan_python: Path | None,
    results: Results,
) -> None:
    kind = "mixed" if is_mixed(name, folder) else "numeric"
    key: Row = {"protocol": "p6", "dataset": name, "kind": kind, "seed": seed}
    todo = [m for m in methods if not results.has({**key, "method": m})]
    data = halves(name, seed, folder) if todo else None
    for method in todo:
        assert data is not None
        made = make(method, data, seed, ctgan_python)
        row: Row = {
            **key,
            "method": method,
            "n_train": len(data.minority),
            "n_held": len(data.held),
            "n_made": len(made.rows),
            **realism(data, made.rows, seed),
            "seconds": made.seconds,
        }
        results.append(row)
        print(
            f"{name} seed {seed} {method}: AUC {row['auc']:.3f}, coverage {row['coverage']:.3f}, "
            f"{made.seconds:.1f} s",
            file=sys.stdout,
            flush=True,
        )


if __name__ == "__main__":
    main()
