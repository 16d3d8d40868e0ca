"""CPU seconds of one fit_resample here and in a checkout of an earlier commit, as a ratio."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.shared.datasets import load_images
from benchmarks.shared.image_tasks import IMAGE_SHAPE, draw_long_tail
from benchmarks.shared.options import chosen, open_results, option_parser
from benchmarks.shared.results import Row
from benchmarks.speed import IMAGES, load

COLUMNS = ("protocol", "dataset", "method", "commit", "seconds_then", "seconds_now", "ratio")
LONG_TAIL = "mnist-long-tail"
CASES = ("5000x20", "1000x784", IMAGES, LONG_TAIL)
ROWS = "rows.npz"
METHODS = {"MGVAE": "MGVAEOverSampler", "BayesGAN": "BayesGANOverSampler"}
# A first small fit is not timed: it loads what is loaded once a process.
TIMED = """
import sys, time, warnings
import numpy as np
import mgvae_resample
warnings.simplefilter("ignore")
sampler = getattr(mgvae_resample, sys.argv[1])
steps = {k: 1 for k in sampler().get_params() if k.startswith("max_")}
sampler(**steps).fit_resample(np.random.default_rng(0).normal(size=(60, 5)), [0] * 40 + [1] * 20)
data, shape = np.load(sys.argv[2]), eval(sys.argv[3])
start = time.process_time()
sampler(image_shape=shape, random_state=0).fit_resample(data["X"], data["y"])
print(time.process_time() - start)
"""


def main() -> None:
    """Measure the cases from the command line."""
    options = option_parser("Speed against an earlier commit", seeds=(0,), methods=tuple(METHODS))
    options.add_argument("--against", type=Path, required=True, help="folder with its checkout")
    given = options.parse_args()
    results = open_results(given, "speed_against", COLUMNS)
    here = Path(__file__).parents[1]
    commit = _commit(given.against)
    for case in chosen(CASES, given.datasets):
        for method in given.methods:
            key: Row = {"dataset": case, "method": method, "commit": commit}
            if results.has(key) or (case == IMAGES and method != "MGVAE"):
                continue
            with tempfile.TemporaryDirectory() as folder:
                shape = _save_rows(case, given.data, Path(folder))
                then, now = (
                    _seconds(method, shape, place, folder) for place in (given.against, here)
                )
            row = key | {"seconds_then": then, "seconds_now": now, "ratio": now / then}
            results.append(row)
            print(row, flush=True)


def _commit(folder: Path) -> str:
    command = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _save_rows(case: str, data: Path | None, folder: Path) -> tuple[int, int] | None:
    """Write the rows and labels of a case, and return the shape of its images."""
    if case == LONG_TAIL:
        X, y = load_images("mnist", "train", data)
        train, _ = draw_long_tail(y, 0)
        X, y, shape = X[train], y[train], IMAGE_SHAPE
    else:
        X, y, shape = load(case, data)
    np.savez(folder / ROWS, X=X, y=y)
    return shape


def _seconds(method: str, shape: tuple[int, int] | None, place: Path, folder: str) -> float:
    """Time one fit in a process that imports the package of a checkout."""
    command = [sys.executable, "-c", TIMED, METHODS[method], ROWS, repr(shape)]
    environment = {**os.environ, "PYTHONPATH": str(place.resolve()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment, cwd=folder
    )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
