"""The league of tables: five-fold cross-validation, five classifiers, every over-sampler."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from joblib import Parallel, delayed

from benchmarks.shared.classifiers import CLASSIFIERS, has_class_weight
from benchmarks.shared.datasets import read_catalogue
from benchmarks.shared.league_fold import (
    BLENDS,
    COLUMNS,
    FEWEST,
    MAX_ROWS,
    N_FOLDS,
    Job,
    run_fold,
)
from benchmarks.shared.mixed_tables import IMAGES, REPEATED, minority
from benchmarks.shared.options import add_rivals_python, chosen, open_results, option_parser
from benchmarks.shared.results import Results, Row

METHODS = (
    *("none", "class_weight", "RandomOverSampler", "RandomOverSampler@half"),
    *("SMOTE", "SMOTE@half", "SMOTE@quarter"),
    *("BorderlineSMOTE", "SVMSMOTE", "ADASYN", "KMeansSMOTE"),
    *("MGVAE", "MGVAE@half", "MGVAE@quarter"),
    *("BayesGAN", "BayesGAN@half", "BayesGAN@quarter"),
)
# Defaults are chosen on these.
DEVELOPMENT = (
    "ecoli3",
    "ecoli4",
    "ecoli-0-1_vs_5",
    "glass1",
    "glass2",
    "glass4",
    "glass6",
    "libras_move",
    "poker-9_vs_7",
    "sick_euthyroid",
)
# The league begins with these, which are of other families than the development tables.
FIRST = (
    *("new-thyroid1", "yeast-1_vs_7", "yeast_me2", "yeast5", "yeast6", "abalone", "abalone_19"),
    *("car_eval_34", "solar_flare_m0", "spectrometer", "us_crime", "yeast_ml8", "optical_digits"),
    *("satimage", "ada", "coil_2000", "cover_adbench", "webpage", "sylva"),
)
# Of these, what imbalanced-learn does not download.
NOT_DOWNLOADED = ("yeast5", "yeast6", "cover_adbench", "ada", "sylva")
LEFT_OUT = (
    *(*IMAGES, *REPEATED),
    # Rows and minority of another table: ecoli3, ecoli4, abalone_19, yeast_me2, new-thyroid1,
    # car_eval_4 (twice), glass5.
    *("ecoli", "ecoli_multi", "abalone19", "yeast4", "new-thyroid2", "car_multi", "car-vgood"),
    "glass_multi",
    # Wide, and in a benchmark of their own.
    *("musk_v2", "isolet"),
)


def main() -> None:
    """Run the league, or the development list, from the command line."""
    options = option_parser("The league of tables", seeds=(0,), methods=METHODS)
    options.add_argument("--list", choices=("development", "league"), default="league")
    options.add_argument("--classifiers", nargs="+", default=list(CLASSIFIERS))
    options.add_argument("--jobs", type=int, default=1, help="processes")
    options.add_argument("--folds", type=int, default=N_FOLDS, help="the first so many of a table")
    add_rivals_python(options)
    given = options.parse_args()
    if given.data is None and given.list == "development":
        options.error("the development tables need --data FOLDER, see benchmarks/README.md.")
    if "threshold" in given.methods:
        options.error("the league tunes thresholds itself: leave out 'threshold'.")
    blends = [blend for blend, parts in BLENDS.items() if set(parts) <= set(given.methods)]
    given.methods = [*given.methods, *blends]
    results = open_results(given, given.list, COLUMNS)
    todo = list(_todo(given, results))
    folds = (delayed(run_fold)(job) for job in todo)
    done = Parallel(given.jobs, return_as="generator_unordered", batch_size=1)(folds)
    for n_done, rows in enumerate(done, start=1):
        results.append(*(row for row in rows if not results.has(row)))
        first = rows[0]
        print(f"{n_done}/{len(todo)} {first['dataset']} fold {first['fold']}", flush=True)


def league_tables(folder: Path | None) -> list[str]:
    """Return the tables of the league, families in turn; without a folder those of imblearn."""
    if folder is None:
        return [name for name in FIRST if "-" not in name and name not in NOT_DOWNLOADED]
    entries = read_catalogue(folder)
    families: dict[str, list[str]] = {}
    for name, entry in entries.items():
        if name not in (*FIRST, *DEVELOPMENT, *LEFT_OUT) and minority(entry, FEWEST, MAX_ROWS):
            families.setdefault(entry["family"], []).append(name)
    in_turn = [name for turn in zip_longest(*families.values()) for name in turn if name]
    return [*(name for name in FIRST if name in entries), *in_turn]


def _todo(given: argparse.Namespace, results: Results) -> Iterator[Job]:
    """Yield the folds that lack a method, with what lacks; one of every table, then others."""
    names = DEVELOPMENT if given.list == "development" else league_tables(given.data)
    for seed in given.seeds:
        for fold in range(given.folds):
            for name in chosen(names, given.datasets):
                place = {"dataset": name, "seed": seed, "fold": fold}
                missing = lacking(results, place, given.methods, given.classifiers)
                needed = {part for m in missing for part in BLENDS.get(m, (m,))}
                if needed:
                    methods = tuple(m for m in given.methods if m in needed)
                    yield Job(
                        *(name, seed, fold, methods, tuple(given.classifiers)),
                        *(given.data, given.rivals_python),
                    )


def lacking(
    results: Results, place: Row, methods: Sequence[str], classifiers: Sequence[str]
) -> list[str]:
    """Return the methods of which a fold lacks a row."""
    return [
        method
        for method in methods
        if not all(
            results.has(place | {"method": method, "classifier": classifier})
            for classifier in classifiers
            if "class_weight" not in method or has_class_weight(classifier)
        )
    ]


if __name__ == "__main__":
    main()
