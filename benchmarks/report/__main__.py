"""Writes the page of all results, benchmarks/results/REPORT.md."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from benchmarks.report import image_kinds, many_classes
from benchmarks.report.drawn import drawn_section
from benchmarks.report.figure import draw_images, draw_kinds, draw_league, draw_realism
from benchmarks.report.image_kinds import image_kinds_section
from benchmarks.report.kinds import kinds_section, noisy_section, read_noisy, seeds_section
from benchmarks.report.league import league_section
from benchmarks.report.long_tail import (
    classes_section,
    grades_section,
    image_realism_section,
    sweep_section,
)
from benchmarks.report.many_classes import many_classes_section
from benchmarks.report.realism import realism_section
from benchmarks.report.structure import structure_section
from benchmarks.report.summary import FILES, summary
from benchmarks.report.text import markdown, task_name
from benchmarks.report.two_class import table_tasks_section, tasks_section
from benchmarks.shared.results import FOLDER, read_results


def cost_section(results: pd.DataFrame) -> Iterator[str]:
    """Seconds and memory as they were measured, a row of the file a line."""
    shown = results.assign(dataset=results["dataset"].map(task_name))
    yield markdown(shown.drop(columns="protocol").fillna(""), index=False)


def as_text(path: Path) -> pd.DataFrame:
    """Read a result file with the digits it was written with."""
    return pd.read_csv(path, dtype=str)


Read = Callable[[Path], pd.DataFrame]
Section = Callable[[pd.DataFrame], Iterator[str]]

# File, title, and how it is read and shown.
SECTIONS: tuple[tuple[str, str, Read, Section], ...] = (
    (
        "two_class_images",
        "Two-class images: 5-9 with few images each against 0-4",
        read_results,
        tasks_section,
    ),
    (
        "two_class_images-validation",
        "Two-class images, held-out training images (development)",
        read_results,
        tasks_section,
    ),
    (
        "high_dimensional_tables",
        "High-dimensional tables",
        read_results,
        table_tasks_section,
    ),
    ("league", "Tabular league", read_results, league_section),
    ("development", "Development tables", read_results, league_section),
    (
        "drawn_tables",
        "Drawn tables: few distinct rows, and shapes in few columns",
        read_results,
        drawn_section,
    ),
    ("many_classes", "Many classes", read_results, many_classes_section),
    (
        "many_classes-development",
        "Many classes (development)",
        read_results,
        many_classes_section,
    ),
    ("many_classes-speed", "Many classes: speed", as_text, cost_section),
    ("kinds", "Kinds of data", read_results, kinds_section),
    ("kinds-noisy", "Kinds of data, with wrong labels", read_noisy, noisy_section),
    ("sampler_seeds", "Seeds of the sampler", read_results, seeds_section),
    (
        "long_tail_images",
        "Long-tailed images: ten classes, 4,000 to 40 rows",
        read_results,
        classes_section,
    ),
    (
        "long_tail_images-sweep",
        "Long-tailed images: imbalance sweep",
        read_results,
        sweep_section,
    ),
    (
        "long_tail_images-validation",
        "Long-tailed images, held-out training images (development)",
        read_results,
        classes_section,
    ),
    ("colour_images", "Colour images: RetinaMNIST, five grades", read_results, grades_section),
    (
        "image_kinds",
        "Images of many kinds",
        read_results,
        image_kinds_section,
    ),
    (
        "image_realism",
        "Realism of images, in the features of a CNN trained on others",
        pd.read_csv,
        image_realism_section,
    ),
    ("structure", "Structure", pd.read_csv, structure_section),
    ("realism", "Realism of synthetic rows", read_results, realism_section),
    ("speed", "Speed", as_text, cost_section),
    ("mixed_columns", "Mixed columns: time and memory", as_text, cost_section),
)


def main() -> None:
    """Write the report, and the tables of the guide, and print the report."""
    options = argparse.ArgumentParser(description="Result files to markdown")
    options.add_argument("--results", type=Path, default=FOLDER)
    folder = options.parse_args().results
    page = "\n\n".join(["# Report", *_summary(folder), *_sections(folder)]) + "\n"
    (folder / "REPORT.md").write_text(page)
    (folder / many_classes.GUIDE_FILE).write_text(many_classes.guide_tables(folder))
    (folder / image_kinds.GUIDE_FILE).write_text(image_kinds.guide_table(folder))
    _pictures(folder)
    print(page)


def _pictures(folder: Path) -> None:
    """Save a picture beside the files that it is drawn from."""
    pictures = (
        (draw_league, "league.png", ("league.csv",)),
        (draw_kinds, "kinds.png", ("kinds.csv",)),
        (draw_images, "images.png", ("two_class_images.csv", "long_tail_images.csv")),
        (draw_realism, "realism.png", ("realism.csv",)),
    )
    for draw, name, files in pictures:
        if all((folder / file).exists() for file in files):
            draw(*(read_results(folder / file) for file in files), folder / name)


def _summary(folder: Path) -> Iterator[str]:
    if all((folder / name).exists() for name in FILES):
        yield "## Summary"
        yield (
            "Two-class images, long-tailed images and the league, means over seeds. In the league "
            "a threshold is tuned on inner folds. The best free rival is that of the line."
        )
        yield summary(folder)


def _sections(folder: Path) -> Iterator[str]:
    for name, title, read, section in SECTIONS:
        path = folder / f"{name}.csv"
        if path.exists():
            yield f"## {title}"
            yield from section(read(path))


if __name__ == "__main__":
    main()
