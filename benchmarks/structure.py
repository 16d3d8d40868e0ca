"""Do codes follow their Bayesian network, do rows keep their class, is InfoGAN outdone."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from benchmarks.shared.classifiers import FittedCNN, fit_cnn
from benchmarks.shared.datasets import Labels, Rows, load_images, load_table
from benchmarks.shared.image_tasks import draw_long_tail
from benchmarks.shared.options import chosen, option_parser
from benchmarks.shared.processes import in_new_process
from benchmarks.shared.results import Results, Row
from benchmarks.shared.shapes import FACTORS, SIDE, draw_shapes, factor_vae_score, shape_rows
from mgvae_resample import BayesGANOverSampler, BayesianStructure

OWN = BayesianStructure(
    [("c1", "c'1"), ("c2", "c'2"), ("c1", "c'3"), ("c2", "c'3"), ("c3", "c'4")]
)
NETWORKS = ("disentangled", "entangled", "own")
# Data set -> structures, seeds.
TASKS = {
    "mnist": (NETWORKS, (0,)),
    "satimage": (NETWORKS, (0,)),
    "shapes": (("disentangled", "infogan"), (0, 1, 2)),
}
# Height and width of the image sets.
SIDES = {"mnist": 28, "shapes": SIDE}
# Values of a code in pictures; farther out rows begin to leave their class.
PICTURED = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
COLUMNS = ("part", "dataset", "structure", "seed", "quantity", "name", "value")
SCORED_ROWS = 6000
FIDELITY_ROWS = 500
JUDGE_ACCURACY = 0.985

Score = tuple[str, str, float]


class Place(NamedTuple):
    """Which fit the rows of the result file belong to."""

    dataset: str
    structure: str
    seed: int


@dataclass(frozen=True)
class Measured:
    """What one fit gives: scores by part, and generated rows by class for the judge."""

    scores: dict[str, list[Score]]
    rows: dict[int, Rows] = field(default_factory=dict)


def structure_scores(
    structure: BayesianStructure, codes: Rows, latent: Rows, labels: Labels
) -> list[Score]:
    """Score latent codes against the network; each quantity lies in [0, 1].

    "r2": on the parents, 1 is perfect. "squared_correlation": with a node that must not matter,
    "incremental_r2": of a node that must not matter once the parents are known, and "eta2": of
    the class; 0 is perfect.
    """
    nodes = np.column_stack([codes, latent])
    scores = []
    for i, name in enumerate(structure.latent):
        parents, code = structure.parent_mask[i], latent[:, i]
        r2 = _r2(nodes[:, parents], code)
        scores.append(("r2", name, r2))
        for j in np.flatnonzero(structure.non_parent_mask[i]).tolist():
            pair = f"{name}, {structure.nodes[j]}"
            if structure.independent_mask[i, j]:
                scores.append(("squared_correlation", pair, _r2(nodes[:, [j]], code)))
            else:
                with_node = np.column_stack([nodes[:, parents], nodes[:, j]])
                scores.append(("incremental_r2", pair, _r2(with_node, code) - r2))
        scores.append(("eta2", name, _r2(np.eye(labels.max() + 1)[labels], code)))
    return scores


def main() -> None:
    """Run the benchmark from the command line."""
    options = option_parser(
        "Structure, class fidelity and disentanglement of BayesGAN", seeds=None, methods=None
    )
    options.add_argument("--steps", type=int, help="optimiser steps of the GAN instead of 'auto'")
    options.add_argument("--judge-steps", type=int, default=3000, help="steps of the CNN")
    options.add_argument("--pictures", type=Path, help="folder for traversals of image sets")
    given = options.parse_args()
    results = Results(given.results / "structure.csv", COLUMNS)
    places = list(_places(given))
    for place in places if given.redo else []:
        results.forget(**{column: [value] for column, value in place._asdict().items()})
    for place in places:
        if not results.has(place._asdict()):
            start = time.perf_counter()
            measured = in_new_process(_measure, place, given)
            if measured.rows:
                judged = _fidelity(measured.rows, place.seed, given.judge_steps, given.data)
                measured.scores["fidelity"] = judged
            results.append(*_rows(place, measured))
            _show(place, measured, time.perf_counter() - start)


def _places(given: argparse.Namespace) -> Iterator[Place]:
    for dataset in chosen(tuple(TASKS), given.datasets):
        structures, seeds = TASKS[dataset]
        for seed in given.seeds or seeds:
            for structure in structures:
                if given.methods is None or structure in given.methods:
                    yield Place(dataset, structure, seed)


def _measure(place: Place, given: argparse.Namespace) -> Measured:
    """Fit one sampler and score it, in a process of its own."""
    X, y = _load(place.dataset, place.seed, given.data)
    network = _network(place.dataset, place.structure)
    sampler = _sampler(place, network, np.bincount(y), given.steps)
    start = time.perf_counter()
    sampler.fit_resample(X, y)
    spent = time.perf_counter() - start
    labels = [k for k in range(y.max() + 1) if k in sampler.n_synthetic_]
    if given.pictures and place.dataset in SIDES:
        _save_traversal(given.pictures / ("-".join(map(str, place)) + ".png"), sampler, labels)
    n_steps = float(sampler.n_steps_["train"])
    scores = {
        "training": [("seconds", "fit", spent), ("steps", "fit", n_steps)],
        "structure": _scored(sampler, network, labels, place.seed),
    }
    if place.dataset == "shapes":
        scores["disentanglement"] = _disentanglement(sampler, place.seed)
    judged = labels if place.dataset == "mnist" else []
    return Measured(scores, {label: sampler.sample(FIDELITY_ROWS, label) for label in judged})


def _network(dataset: str, structure: str) -> BayesianStructure:
    """Return the network that the codes are scored by; InfoGAN's is the disentangled one."""
    if structure == "own":
        return OWN
    name = "disentangled" if structure == "infogan" else structure
    return BayesianStructure.preset(name, 5 if dataset == "shapes" else 4)


def _sampler(
    place: Place, network: BayesianStructure, counts: Labels, steps: int | None
) -> BayesGANOverSampler:
    side = SIDES.get(place.dataset)
    # Of two classes only one is over-sampled by default, and nothing could be said about the
    # class; one more row of the other lets it be drawn from, and changes nothing in training.
    both = {k: int(counts.max()) + 1 for k in range(2)}
    return BayesGANOverSampler(
        sampling_strategy=both if len(counts) == 2 else "auto",
        structure="infogan" if place.structure == "infogan" else network,
        n_codes=network.n_codes,
        **({} if steps is None else {"max_steps": steps}),
        image_shape=(side, side) if side else None,
        random_state=place.seed,
    )


def _load(dataset: str, seed: int, folder: Path | None) -> tuple[Rows, Labels]:
    if dataset == "shapes":
        return shape_rows(seed)
    if dataset == "satimage":
        return load_table(dataset, folder)
    X, labels = load_images(dataset, "train", folder)
    train, _ = draw_long_tail(labels, seed)
    return X[train], labels[train]


def _scored(
    sampler: BayesGANOverSampler, structure: BayesianStructure, labels: list[int], seed: int
) -> list[Score]:
    """Read the codes of fresh rows, as many of each class, made from known codes."""
    n_rows = SCORED_ROWS // len(labels)
    rng = np.random.default_rng(seed)
    codes = rng.normal(size=(len(labels), n_rows, structure.n_codes))
    rows = [sampler.sample(n_rows, k, codes=c) for k, c in zip(labels, codes, strict=True)]
    latent = sampler.infer_codes(np.concatenate(rows))
    y = np.repeat(np.arange(len(labels)), n_rows)
    return structure_scores(structure, codes.reshape(len(y), -1), latent, y)


def _disentanglement(sampler: BayesGANOverSampler, seed: int) -> list[Score]:
    def represent(factors: NDArray[np.float64]) -> Rows:
        latent: Rows = sampler.infer_codes(draw_shapes(factors))
        return latent

    # The class is the generator's other input: codes should not hold it, and then score lower.
    without = [factor for factor in FACTORS if factor != "shape"]
    return [
        ("factor_vae", name, factor_vae_score(represent, np.random.default_rng(seed), factors))
        for name, factors in (("all factors", FACTORS), ("all but shape", without))
    ]


def _fidelity(rows: dict[int, Rows], seed: int, steps: int, folder: Path | None) -> list[Score]:
    """Share of generated rows that a classifier of real rows, never used here, labels right."""
    judge, accuracy = _judge(seed, steps, folder)
    right = {k: judge.probabilities(new).argmax(1) == k for k, new in rows.items()}
    scores = [("fidelity", str(k), float(hits.mean())) for k, hits in right.items()]
    mean = float(np.mean([value for _, _, value in scores]))
    return [("judge_accuracy", "test", accuracy), *scores, ("fidelity", "mean", mean)]


@cache
def _judge(seed: int, steps: int, folder: Path | None) -> tuple[FittedCNN, float]:
    """Train on the images that the draw left out, and test it on the test images."""
    X, labels = load_images("mnist", "train", folder)
    train, _ = draw_long_tail(labels, seed)
    unused = np.setdiff1d(np.arange(len(labels)), train)
    judge = fit_cnn(X[unused], labels[unused], width=32, steps=steps, seed=seed)
    X_test, y_test = load_images("mnist", "test", folder)
    accuracy = float((judge.probabilities(X_test).argmax(1) == y_test).mean())
    if accuracy < JUDGE_ACCURACY:
        print(f"The judge's accuracy is only {accuracy:.4f}; fidelity means little.", flush=True)
    return judge, accuracy


def _save_traversal(path: Path, sampler: BayesGANOverSampler, labels: list[int]) -> None:
    """Save a panel a code: classes down, values across."""
    from mgvae_resample.display import TraversalDisplay

    shown = TraversalDisplay.from_estimator(sampler, labels=labels, values=PICTURED, cmap="gray_r")
    path.parent.mkdir(parents=True, exist_ok=True)
    shown.figure_.savefig(path, dpi=100, bbox_inches="tight", facecolor="white")


def _r2(X: Rows, target: Rows) -> float:
    return float(LinearRegression().fit(X, target).score(X, target))


def _rows(place: Place, measured: Measured) -> Iterator[Row]:
    for part, scores in measured.scores.items():
        for quantity, name, value in scores:
            yield place._asdict() | {
                "part": part,
                "quantity": quantity,
                "name": name,
                "value": value,
            }


def _show(place: Place, measured: Measured, seconds: float) -> None:
    values: dict[str, list[float]] = {}
    for quantity, name, value in (s for scores in measured.scores.values() for s in scores):
        if name != "mean":
            values.setdefault(quantity, []).append(value)
    shown = ", ".join(f"{q} {min(v):.3f}-{max(v):.3f}" for q, v in values.items())
    print(*place, f"({seconds:.0f} s):", shown, flush=True)


if __name__ == "__main__":
    main()
