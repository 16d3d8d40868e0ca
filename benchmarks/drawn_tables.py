"""Drawn tables: where new rows lie, and what classifiers learn from them."""

from __future__ import annotations

import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from benchmarks.shared.datasets import Rows
from benchmarks.shared.drawn_tables import DISCRETE, N_RARE, SHAPES, TABLES, Split, draw
from benchmarks.shared.methods import build_sampler, neighbours, parse_method
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Results, Row

COLUMNS = (
    *("protocol", "dataset", "n_rare", "method", "seed", "fold", "classifier"),
    *("average_precision", "balanced_accuracy", "macro_f1"),
    *("on_class", "on_class_held", "other_cells", "other_cells_held", "seconds"),
)
METHODS = ("none", "RandomOverSampler", "SMOTE", "MGVAE", "BayesGAN")
# Rows that judge where the class is denser than the common one.
_N_JUDGING, _N_NEIGHBOURS = 5000, 25
CLASSIFIERS = {
    "logistic_regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    "tree": DecisionTreeClassifier(min_samples_leaf=5, random_state=0),
    "random_forest": RandomForestClassifier(100, min_samples_leaf=2, random_state=0),
    "boosting": HistGradientBoostingClassifier(random_state=0),
}


def main() -> None:
    """Measure from the command line."""
    options = option_parser(__doc__ or "", seeds=(0, 1), methods=METHODS)
    given = options.parse_args()
    results = open_results(given, "drawn_tables", COLUMNS)
    for name in chosen(tuple(TABLES), given.datasets):
        for n_rare in N_RARE["discrete" if name in DISCRETE else "shapes"]:
            for seed in given.seeds:
                split = draw(name, n_rare, seed)
                for method in given.methods:
                    measure(results, name, n_rare, seed, method, split)


def measure(
    results: Results, name: str, n_rare: int, seed: int, method: str, split: Split
) -> None:
    """Resample one table and write a row for each classifier, unless they are there."""
    key: Row = {"dataset": f"{name}, {n_rare}", "n_rare": n_rare, "method": method}
    key |= {"seed": seed, "fold": 0}
    if all(results.has(key | {"classifier": c}) for c in CLASSIFIERS):
        return
    X, y, start = split.X, split.y, time.process_time()
    if method != "none":
        sampler, params = parse_method(method)
        if sampler not in ("MGVAE", "BayesGAN"):
            params |= neighbours(sampler, y)
        X, y = build_sampler(sampler, random_state=seed, **params).fit_resample(X, y)
    seconds = time.process_time() - start
    held, new = split.X_test[split.y_test == 1], X[len(split.X) :]
    row = key | {"seconds": seconds}
    if name in SHAPES:
        judge = _judge(name)
        row["on_class_held"] = judge.predict(held).mean()
    else:
        row["other_cells_held"] = _other_cells(split, held)
    if len(new) and name in SHAPES:
        row["on_class"] = judge.predict(new).mean()
    elif len(new):
        row["other_cells"] = _other_cells(split, new)
    for classifier, model in CLASSIFIERS.items():
        p = model.fit(X, y).predict_proba(split.X_test)[:, 1]
        results.append(
            row
            | {
                "classifier": classifier,
                "average_precision": average_precision_score(split.y_test, p),
                "balanced_accuracy": balanced_accuracy_score(split.y_test, p > 0.5),
                "macro_f1": f1_score(split.y_test, p > 0.5, average="macro"),
            }
        )
    print(row, flush=True)


def _judge(name: str) -> KNeighborsClassifier:
    """Return what knows where the rare class is denser than the common one."""
    y = np.repeat([0, 1], _N_JUDGING)
    rows = TABLES[name](np.random.default_rng(0), y == 1)
    return KNeighborsClassifier(_N_NEIGHBOURS).fit(rows, y)


def _other_cells(split: Split, rows: Rows) -> float:
    """Return the fraction of rows that equal common rows, and no rare one."""
    rare, common = (set(map(tuple, split.X[split.y == k])) for k in (1, 0))
    return float(np.mean([tuple(r) in common and tuple(r) not in rare for r in rows]))


if __name__ == "__main__":
    main()
