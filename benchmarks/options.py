"""The command-line options all protocols share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.methods import METHODS
from benchmarks.results import FOLDER, Results


def parser(description: str, seeds: Sequence[int]) -> argparse.ArgumentParser:
    """Return a parser with --data, --seeds, --methods, --datasets, --redo and --results."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--data", type=Path, help="folder with the data; otherwise downloaded")
    options.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    options.add_argument(
        "--methods",
        nargs="+",
        default=list(METHODS),
        help='names, or calls such as "MGVAE(latent_dim=16)"',
    )
    options.add_argument("--datasets", nargs="+", help="only these")
    options.add_argument("--redo", action="store_true", help="recompute the rows of --methods")
    options.add_argument("--results", type=Path, default=FOLDER, help="folder for the csv files")
    return options


def open_results(options: argparse.Namespace, protocol: str) -> Results:
    """Open the csv of a protocol, without the rows to be redone."""
    results = Results(options.results / f"{protocol}.csv")
    if options.redo:
        results.forget(options.methods, options.datasets)
    return results


def chosen(names: Sequence[str], wanted: Sequence[str] | None) -> list[str]:
    """Return the wanted names in their order, refusing unknown ones."""
    unknown = set(wanted or ()) - set(names)
    if unknown:
        raise SystemExit(f"Unknown data sets {sorted(unknown)}; choose from {', '.join(names)}.")
    return [n for n in names if wanted is None or n in wanted]
