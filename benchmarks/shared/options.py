"""The command-line options all benchmarks share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.shared.results import FOLDER, Results


def option_parser(
    description: str, *, seeds: Sequence[int] | None, methods: Sequence[str] | None
) -> argparse.ArgumentParser:
    """Return a parser with --data, --seeds, --methods, --datasets, --redo and --results."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--data", type=Path, help="folder with the data; otherwise downloaded")
    options.add_argument("--seeds", type=int, nargs="+", default=seeds)
    options.add_argument(
        "--methods",
        nargs="+",
        default=methods,
        help='names, or calls such as "MGVAE(latent_dim=16)"',
    )
    options.add_argument("--datasets", nargs="+", help="only these")
    options.add_argument("--redo", action="store_true", help="recompute the rows of --methods")
    options.add_argument("--results", type=Path, default=FOLDER, help="folder for the csv files")
    return options


def add_validation(options: argparse.ArgumentParser) -> None:
    """Add --validation, of the benchmarks on images."""
    options.add_argument(
        "--validation", action="store_true", help="held-out training images, never the test set"
    )


def add_rivals_python(options: argparse.ArgumentParser) -> None:
    """Add --rivals-python, of the benchmarks on tables that run models of another environment."""
    options.add_argument(
        "--rivals-python", type=Path, help="interpreter of an environment with CTGAN and ARF"
    )


def open_results(
    options: argparse.Namespace,
    name: str,
    columns: tuple[str, ...],
    datasets: Sequence[str] | None = None,
) -> Results:
    """Open the csv of a benchmark, without the rows to be redone."""
    results = Results(options.results / f"{name}.csv", columns)
    if options.redo:
        results.forget(method=options.methods, dataset=datasets or options.datasets)
    return results


def chosen(names: Sequence[str], wanted: Sequence[str] | None) -> list[str]:
    """Return the wanted names in their order, refusing unknown ones."""
    unknown = set(wanted or ()) - set(names)
    if unknown:
        raise SystemExit(f"Unknown data sets {sorted(unknown)}; choose from {', '.join(names)}.")
    return [n for n in names if wanted is None or n in wanted]
