"""What both samplers return for two dozen tables, as digests: compare two states of the code.

``make digests ARGS="after.json --against before.json"`` writes digests and names the cases that
differ. It fails where any differs, or ends in an error. Digests hold on one machine; they are not
committed.
"""

import argparse
import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler

SHORT = {
    MGVAEOverSampler: {
        "max_pretrain_steps": 60,
        "max_finetune_steps": 40,
        "hidden_layer_sizes": (16,),
        "latent_dim": 3,
        "n_exemplars": 32,
        "batch_size": 32,
    },
    BayesGANOverSampler: {
        "max_steps": 60,
        "hidden_layer_sizes": (16,),
        "n_codes": 2,
        "noise_dim": 8,
        "batch_size": 32,
    },
}


def numbers(*sizes, n_columns=4, seed=0):
    """Return rows of Gaussian classes of the given sizes, shuffled."""
    g = np.random.default_rng(seed)
    X = np.concatenate([g.normal(2.0 * c, 1.0, (n, n_columns)) for c, n in enumerate(sizes)])
    order = g.permutation(len(X))
    return X[order], np.repeat(np.arange(len(sizes)), sizes)[order]


def mixed(*sizes, seed=0):
    """Return customers: numbers, gaps, atoms, text, ordered categories, flags and dates."""
    g = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(sizes)), sizes)
    n = len(y)
    frame = pd.DataFrame(
        {
            "age": g.integers(18, 90, n),
            "income": np.where(g.random(n) < 0.2, np.nan, np.round(g.lognormal(10 + y, 0.4), 2)),
            "debts": np.where(g.random(n) < 0.5, 0.0, np.round(g.exponential(100, n), 1)),
            "town": np.where(g.random(n) < 0.3, None, g.choice(["Oslo", "Rome", "Bern"], n)),
            "plan": pd.Categorical(g.choice(["S", "M", "L"], n), ["S", "M", "L"], ordered=True),
            "member": g.random(n) < 0.3,
            "since": np.datetime64("2020-01-01", "s") + 86_400 * g.integers(0, 900, n),
            "wait": pd.to_timedelta(g.integers(0, 900, n), unit="min"),
            "score": pd.array(g.integers(0, 9, n), dtype="Int64"),
            "code": [f"k{i}" for i in g.zipf(1.7, n) % 60],
        }
    )
    frame["score"] = frame["score"].mask(g.random(n) < 0.2)
    order = g.permutation(n)
    return frame.iloc[order].reset_index(drop=True), y[order]


def images(*sizes, shape=(6, 7), seed=0):
    """Return images of classes that are bright in different places, as bytes."""
    X, y = numbers(*sizes, n_columns=int(np.prod(shape)), seed=seed)
    return np.clip(60 * X + 60, 0, 255).astype(np.uint8), y


def cases():
    """Yield name, table, labels and parameters."""
    X, y = numbers(150, 40)
    three = numbers(120, 60, 12)
    frame, labels = mixed(150, 60)
    yield "numeric", X, y, {}
    yield "float32", X.astype(np.float32), y, {}
    yield "integers", np.rint(10 * X).astype(int), y, {}
    yield "three classes", *three, {}
    yield "few rows", *numbers(60, 2, 5), {}
    yield "one row", *numbers(60, 1), {}
    yield "more rows than a chunk", *numbers(1500, 60), {}
    yield "strategy dict", *three, {"sampling_strategy": {1: 80, 2: 30}}
    yield "strategy all", *three, {"sampling_strategy": "all"}
    yield "strategy minority", *three, {"sampling_strategy": "minority"}
    yield "strategy float", X, y, {"sampling_strategy": 0.6}
    yield "strategy callable", *three, {"sampling_strategy": lambda _: {2: 50}}
    yield "sparse", sparse.csr_array(np.where(X > 1, np.round(X, 1), 0)), y, {}
    yield "missing", np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X), y, {}
    yield "mixed", frame, labels, {}
    yield "mixed three", *mixed(150, 60, 20), {}
    yield "text", frame[["town", "code", "plan"]], labels, {}
    yield "dates", frame[["since", "wait", "age"]], labels, {}
    yield "polars", pl.from_pandas(frame), labels, {}
    yield "objects", frame[["age", "town", "income"]].to_numpy(dtype=object), labels, {}
    yield "lists", X.tolist(), y.tolist(), {}
    yield "text labels", X, np.array(["no", "yes"])[y], {}
    yield "grey images", *images(80, 20), {"image_shape": (6, 7)}
    yield "colour images", *images(80, 20, 12, shape=(5, 5, 3)), {"image_shape": (5, 5, 3)}
    yield "wide", *numbers(80, 20, n_columns=210), {}
    yield "default table", *numbers(400, 40, n_columns=8), {"default": True}
    yield "default images", *images(200, 20, shape=(8, 8)), {"image_shape": (8, 8), "default": 1}


SPECIAL = {
    MGVAEOverSampler: {
        "rest": (numbers(120, 60, 12), {"exemplars": "rest"}),
        "uniform": (mixed(150, 60), {"exemplar_selection": "uniform"}),
        "two jobs": (numbers(120, 60, 12), {"n_jobs": 2}),
        "translated images": (
            images(80, 20, 12, shape=(5, 5, 3)),
            {"image_shape": (5, 5, 3), "generated_fraction": 0.5},
        ),
    },
    BayesGANOverSampler: {
        "entangled": (numbers(120, 60, 12), {"structure": "entangled", "n_codes": 3}),
        "infogan": (numbers(120, 60), {"structure": "infogan"}),
        "no structure": (mixed(150, 60), {"structure": None}),
        "all generated": (mixed(150, 60), {"generated_fraction": 1.0}),
        "moved images": (images(80, 20), {"image_shape": (6, 7), "augmentation_strength": 0.5}),
    },
}


def text_of(table):
    """Return a table as text that says every value and every gap."""
    if hasattr(table, "toarray"):
        table = table.toarray()
    if type(table).__module__.startswith("polars"):
        table = table.to_pandas()
    if hasattr(table, "iloc"):
        columns = [table.iloc[:, j] for j in range(table.shape[1])]
        return "|".join(f"{c.tolist()!r}" for c in columns).replace("<NA>", "nan")
    return repr(np.asarray(table).tolist())


def losses(history):
    """Return every list of losses, whatever the shape of the history."""
    if isinstance(history, dict):
        return [part for value in history.values() for part in losses(value)]
    return [history]


def digest(value):
    """Return a short fingerprint of a text."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def looked_at(sampler_class, X, y, params):
    """Return what one sampler does with one table, part by part."""
    params = dict(params)
    budget = {} if params.pop("default", False) else SHORT[sampler_class]
    sampler = sampler_class(**{**budget, "device": "cpu", "random_state": 0, **params})
    X_res, y_res = sampler.fit_resample(X, y)
    n = len(np.asarray(y))
    new = X_res[n:] if not hasattr(X_res, "iloc") else X_res.iloc[n:]
    parts = {
        "rows": text_of(new),
        "labels": repr(np.asarray(y_res).tolist()),
        "sources": repr(sampler.source_indices_.tolist()),
        "losses": repr(losses(sampler.history_)),
    }
    label = next(iter(sampler.n_synthetic_))
    parts["sample"] = text_of(sampler.sample(7, label))
    head = X[:9] if not hasattr(X, "iloc") else X.iloc[:9]
    steer = translated if hasattr(sampler, "translate") else coded
    return {name: digest(part) for name, part in (parts | steer(sampler, head)).items()}


def kinds_of_rows(sampler):
    """Return for each class that was over-sampled what its new rows are."""
    sizes = list(sampler.n_synthetic_.values())
    parts = np.split(sampler.sample_kinds_, np.cumsum(sizes)[:-1])
    return {k: set(part.tolist()) for k, part in zip(sampler.n_synthetic_, parts, strict=True)}


def learned(sampler):
    """Return the classes that were learned, of those that were over-sampled."""
    return [k for k, kinds in kinds_of_rows(sampler).items() if "smoothed" not in kinds]


def translated(sampler, head):
    """Return translations and latents of some rows, for what classes the MGVAE has them."""
    parts = {}
    for label, kinds in kinds_of_rows(sampler).items():
        if kinds & {"translated", "smoothed"}:
            parts["translate"] = text_of(sampler.translate(head, label))
            break
    for label in learned(sampler)[:1]:
        parts["encode"] = rounded(sampler.encode(head, label))
    return parts


def coded(sampler, head):
    """Return what the codes of the BayesGAN do, where it has some."""
    if sampler.structure_ is None or not learned(sampler):
        return {}
    return {
        "codes": text_of(sampler.sample(5, learned(sampler)[0], codes={"c1": 1.5})),
        "traverse": text_of(sampler.traverse("c1")),
        "latent codes": rounded(sampler.infer_codes(head)),
        "edges": repr([round(v, 5) for v in sampler.edge_scores_.edges.values()]),
    }


def rounded(values):
    """Return a fingerprint of numbers, of four decimals."""
    return digest(np.round(values, 4).tobytes().hex())


def main():
    """Write the digests, and compare them with others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    found, n_errors = {}, 0
    for sampler_class in (MGVAEOverSampler, BayesGANOverSampler):
        special = [(k, *Xy, p) for k, (Xy, p) in SPECIAL[sampler_class].items()]
        for name, X, y, params in [*cases(), *special]:
            key = f"{sampler_class.__name__}: {name}"
            if args.only not in key:
                continue
            try:
                found[key] = looked_at(sampler_class, X, y, params)
            except Exception as error:
                found[key] = {"error": f"{type(error).__name__}: {error}"}
                n_errors += 1
                print(f"{key}: {found[key]['error']}", file=sys.stderr)
    args.output.write_text(json.dumps(found, indent=1))
    print(f"{len(found)} cases, {n_errors} end in an error")
    n_differing = 0
    if args.against:
        n_differing = differing(found, json.loads(args.against.read_text()))
        print(f"{n_differing} differ")
    sys.exit(n_errors + n_differing > 0)


def differing(found, before):
    """Name the cases that differ, and return how many they are."""
    n_differing = 0
    for key, parts in found.items():
        other = before.get(key, {})
        changed = [k for k in {**other, **parts} if other.get(k) != parts.get(k)]
        if changed:
            n_differing += 1
            print(f"{key}: {', '.join(changed)}")
    return n_differing


if __name__ == "__main__":
    main()
