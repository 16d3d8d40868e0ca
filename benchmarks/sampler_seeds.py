"""Sampler seeds: what another seed of the sampler changes, and what averaging draws gains."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.kinds import CLASSIFIERS, SCORES, encoder_of, fit_all, scores
from benchmarks.shared.datasets import Rows
from benchmarks.shared.kinds_of_data import N_RARE, TWICE, Split, draw
from benchmarks.shared.methods import OURS, build_sampler
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Results, Row
from benchmarks.shared.table_methods import Training, new_rows

COLUMNS = ("protocol", "dataset", "seed", "fold", "method", "classifier", *SCORES)
METHODS = ("RandomOverSampler", "SMOTE", "MGVAE", "BayesGAN")
N_DRAWS = 4
# Ending of a method whose probabilities are the mean over draws.
AVERAGED = f"@{N_DRAWS} draws"


def main() -> None:
    """Measure from the command line."""
    options = option_parser(__doc__ or "", seeds=range(4), methods=METHODS)
    given = options.parse_args()
    kinds, methods = chosen(TWICE, given.datasets), given.methods
    given.methods = [name for method in methods for name in (method, method + AVERAGED)]
    results = open_results(given, "sampler_seeds", COLUMNS, [_dataset(kind) for kind in kinds])
    for kind in kinds:
        split = draw(kind, N_RARE[0], 0)
        for method in methods:
            for seed in given.seeds:
                measure(results, kind, split, method, seed)


def measure(results: Results, kind: str, split: Split, method: str, seed: int) -> None:
    """Write the scores of one draw and of the mean over draws, unless they are there.

    Classifiers keep their seed, so that only the rows differ.
    """
    key: Row = {"dataset": _dataset(kind), "seed": seed, "fold": 0}
    last: Row = {"method": method + AVERAGED, "classifier": CLASSIFIERS[-1]}
    if results.has(key | last):
        return
    encode = encoder_of(kind, split)
    plain, X_test = (np.asarray(encode.transform(X)) for X in (split.X, split.X_test))
    found = []
    for new in draws(method, split, plain, encode, seed):
        y = np.append(split.y, np.ones(len(new), dtype=split.y.dtype))
        found.append(fit_all(Training(np.concatenate([plain, new]), y), X_test, seed=0))
    for name, used in ((method, found[:1]), (method + AVERAGED, found)):
        results.append(
            *(
                key | {"method": name, "classifier": c} | scores(split, np.mean(p, axis=0))
                for c, p in zip(CLASSIFIERS, zip(*used, strict=True), strict=True)
            )
        )
    print(f"{key['dataset']}, {seed}: {method}", flush=True)


def draws(method: str, split: Split, plain: Rows, encode: object, seed: int) -> Iterator[Rows]:
    """Yield encoded new rows: of ours from one training, of others from fits with other seeds."""
    if method not in OURS:
        for k in range(N_DRAWS):
            yield new_rows(method, split.X, split.y, plain, encode, 100 * k + seed)[0]
        return
    sampler = build_sampler(method, random_state=seed)
    first = sampler.fit_resample(split.X, split.y)[0].iloc[len(split.X) :]
    further = (sampler.sample(len(first), random_state=k) for k in range(1, N_DRAWS))
    for new in (first, *further):
        yield np.asarray(encode.transform(pd.DataFrame(new)))


def _dataset(kind: str) -> str:
    """Return the name of a kind's table in the result file."""
    return f"{kind}, {N_RARE[0]}"


if __name__ == "__main__":
    main()
