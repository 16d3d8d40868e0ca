"""Tables of many classes, as they are and cut to long tails: methods, and their speed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from joblib import Parallel, delayed

from benchmarks.league import lacking
from benchmarks.shared.many_class_draw import COLUMNS, PRIOR, Job, run_draw
from benchmarks.shared.many_class_speed import SPEED_METHODS, measure_speed
from benchmarks.shared.many_class_tables import DEVELOPMENT, REPORT
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Results

METHODS = (
    *("none", "class_weight", PRIOR, "RandomOverSampler", "SMOTE"),
    *("MGVAE", "BayesGAN", "MGVAE(exemplars='rest')"),
)
CLASSIFIERS = ("logistic", "mlp", "forest", "boosting")
LISTS = {"report": REPORT, "development": DEVELOPMENT}


def main() -> None:
    """Run a list of tables, or measure speed, from the command line."""
    options = option_parser("Many classes", seeds=(0, 1), methods=None)
    options.add_argument("--list", choices=tuple(LISTS), default="report")
    options.add_argument("--classifiers", nargs="+", default=list(CLASSIFIERS))
    options.add_argument("--jobs", type=int, default=1, help="processes")
    options.add_argument("--speed", action="store_true", help="time the samplers on drawn tables")
    options.add_argument("--repeats", type=int, default=3, help="of --speed, the fastest counts")
    given = options.parse_args()
    given.methods = given.methods or [*(SPEED_METHODS if given.speed else METHODS)]
    if given.speed:
        measure_speed(given)
        return
    if given.data is None:
        options.error("the tables need --data FOLDER, see benchmarks/README.md.")
    name = "many_classes" if given.list == "report" else "many_classes-development"
    results = open_results(given, name, COLUMNS)
    todo = list(_todo(given, results))
    draws = (delayed(run_draw)(job) for job in todo)
    done = Parallel(given.jobs, return_as="generator_unordered", batch_size=1)(draws)
    for n_done, rows in enumerate(done, start=1):
        results.append(*(row for row in rows if not results.has(row)))
        print(f"{n_done}/{len(todo)} {rows[0]['dataset']} seed {rows[0]['seed']}", flush=True)


def _todo(given: argparse.Namespace, results: Results) -> Iterator[Job]:
    """Yield the draws that lack a method, with what lacks; `prior` needs the fits of `none`."""
    for seed in given.seeds:
        for name in chosen(LISTS[given.list], given.datasets):
            place = {"dataset": name, "seed": seed}
            missing = lacking(results, place, given.methods, given.classifiers)
            if PRIOR in missing and "none" not in missing:
                missing = ["none", *missing]
            if missing:
                yield Job(name, seed, tuple(missing), tuple(given.classifiers), given.data)


if __name__ == "__main__":
    main()
