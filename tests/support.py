"""Small samplers and small tables that the tests share."""

import importlib
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mgvae_resample
from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler
from mgvae_resample._base import DeepOverSampler

# Methods of the tests' own: every tests/*_method.py that defines a sampler registers it.
for path in sorted(Path(__file__).parent.glob("*_method.py")):
    importlib.import_module(f"tests.{path.stem}")

OURS = [getattr(mgvae_resample, name) for name in mgvae_resample.__all__ if "Sampler" in name]
SAMPLERS = {sampler.__name__: sampler for sampler in DeepOverSampler.registry}

# scikit-learn has callbacks from 1.9 on.
needs_callbacks = pytest.mark.skipif(
    not hasattr(DeepOverSampler, "set_callbacks"), reason="scikit-learn has no callbacks"
)

# A training that takes a fraction of a second, for whatever of these a sampler has.
QUICK = {
    "max_pretrain_steps": 30,
    "max_finetune_steps": 20,
    "max_steps": 30,
    "hidden_layer_sizes": (16,),
    "latent_dim": 3,
    "n_exemplars": 32,
    "n_codes": 2,
    "noise_dim": 8,
    "batch_size": 32,
    "device": "cpu",
    "random_state": 0,
}


def quick_sampler(name, **params):
    """Return a sampler whose training takes a fraction of a second."""
    sampler = SAMPLERS[name]
    known = {key: value for key, value in QUICK.items() if key in sampler().get_params()}
    return sampler(**{**known, **params})


MAKERS = {name: partial(quick_sampler, name) for name in SAMPLERS}
quick_gan = MAKERS[BayesGANOverSampler.__name__]
quick_vae = MAKERS[MGVAEOverSampler.__name__]


def table(*sizes, n_columns=4, seed=0):
    """Return rows of Gaussian classes 0, 1, ... of the given sizes, in shuffled order."""
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(2.0 * c, 1.0, (n, n_columns)) for c, n in enumerate(sizes)])
    order = rng.permutation(len(X))
    return X[order], np.repeat(np.arange(len(sizes)), sizes)[order]


def exact_rule(n=1500, seed=0):
    """Return a table of categories whose class is a rule without exception, which is rare."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.integers(0, 4, (n, 6)), columns=list("abcdef")).astype(str)
    return X, is_rare(X).astype(int)


def is_rare(X):
    """Return the rule."""
    return ((X["a"] == "0") & (X["b"] != "3")) & (X["c"].isin(["0", "1"]))


def counts(y):
    """Return how many rows each class has, whatever the container."""
    return dict(Counter(np.asarray(y).tolist()))


def known_fractions(rows, of_class, of_others):
    """Return how many rows equal one of the class, and how many one of other classes alone."""
    of_class, of_others = (set(as_tuples(known)) for known in (of_class, of_others))
    of_others -= of_class
    rows = as_tuples(rows)
    return tuple(np.mean([row in known for row in rows]) for known in (of_class, of_others))


def as_tuples(rows):
    """Return the rows of a frame or an array as tuples."""
    return list(map(tuple, np.asarray(rows)))
