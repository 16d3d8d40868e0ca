"""Small samplers and small tables that the tests share."""

from collections import Counter

import numpy as np

from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler

QUICK = {
    MGVAEOverSampler: {
        "max_pretrain_steps": 30,
        "max_finetune_steps": 20,
        "hidden_layer_sizes": (16,),
        "latent_dim": 3,
        "n_exemplars": 32,
        "batch_size": 32,
        "device": "cpu",
        "random_state": 0,
    },
    BayesGANOverSampler: {
        "max_steps": 30,
        "hidden_layer_sizes": (16,),
        "n_codes": 2,
        "noise_dim": 8,
        "batch_size": 32,
        "device": "cpu",
        "random_state": 0,
    },
}


def quick_gan(**params):
    """Return a BayesGANOverSampler whose training takes a fraction of a second."""
    return BayesGANOverSampler(**{**QUICK[BayesGANOverSampler], **params})


def quick_vae(**params):
    """Return an MGVAEOverSampler whose training takes a fraction of a second."""
    return MGVAEOverSampler(**{**QUICK[MGVAEOverSampler], **params})


MAKERS = {"BayesGANOverSampler": quick_gan, "MGVAEOverSampler": quick_vae}


def table(*sizes, n_columns=4, seed=0):
    """Return rows of Gaussian classes 0, 1, ... of the given sizes, in shuffled order."""
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(2.0 * c, 1.0, (n, n_columns)) for c, n in enumerate(sizes)])
    order = rng.permutation(len(X))
    return X[order], np.repeat(np.arange(len(sizes)), sizes)[order]


def counts(y):
    """Return how many rows each class has, whatever the container."""
    return dict(Counter(np.asarray(y).tolist()))
