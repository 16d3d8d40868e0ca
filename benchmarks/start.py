"""Seconds of a first import and a first search in two processes, against the libraries alone."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.shared.options import open_results, option_parser
from benchmarks.shared.results import Row

COLUMNS = ("protocol", "dataset", "method", "seconds_alone", "seconds_ours", "ratio")
SAMPLERS = {
    "MGVAE": "MGVAEOverSampler(max_pretrain_steps=1, max_finetune_steps=1)",
    "BayesGAN": "BayesGANOverSampler(max_steps=1)",
}
# The libraries are imported on both sides; a training of one step is no part of the start.
IMPORT = "import torch, imblearn.over_sampling, sklearn.model_selection"
OURS = "from mgvae_resample import MGVAEOverSampler, BayesGANOverSampler"
# Workers that run SMOTE import torch as well, as those that run ours must.
SEARCH = """
import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import FunctionTransformer
from benchmarks.start import with_torch
X, y = np.random.default_rng(0).normal(size=(300, 5)), np.repeat([0, 1], [250, 50])
steps = [("torch", FunctionTransformer(with_torch)), ("sampler", {sampler})]
model = Pipeline([*steps, ("classifier", LogisticRegression())])
GridSearchCV(model, {{"classifier__C": [0.1, 1.0]}}, n_jobs=2, cv=2).fit(X, y)
"""
CASES = ("import", "search")
N_TIMES = 3


def with_torch(X: object) -> object:
    """Return the rows, in a process that has torch."""
    import torch  # noqa: F401

    return X


def main() -> None:
    """Measure both cases from the command line."""
    given = option_parser("Start", seeds=(0,), methods=tuple(SAMPLERS)).parse_args()
    results = open_results(given, "start", COLUMNS)
    for case in CASES:
        for method in given.methods:
            key: Row = {"dataset": case, "method": method}
            if not results.has(key):
                row = key | measure(case, SAMPLERS[method])
                results.append(row)
                print(row, flush=True)


def measure(case: str, sampler: str) -> Row:
    """Run both sides in turn, each in new processes, and take the shortest time of each."""
    alone, ours = IMPORT, f"{IMPORT}\n{OURS}"
    if case == "search":
        alone += SEARCH.format(sampler="SMOTE()")
        ours += SEARCH.format(sampler=sampler)
    pairs = [(_seconds(alone), _seconds(ours)) for _ in range(N_TIMES)]
    of_alone, of_ours = (min(side) for side in zip(*pairs, strict=True))
    return {"seconds_alone": of_alone, "seconds_ours": of_ours, "ratio": of_ours / of_alone}


def _seconds(program: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
