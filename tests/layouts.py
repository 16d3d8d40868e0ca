"""Modalities made from a layout, and seeded streams, for tests of the mathematics."""

import numpy as np
import torch

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._modality.image import ImageModality
from mgvae_resample._modality.tabular import TabularModality
from mgvae_resample._nn.one_hot import OneHotMap
from mgvae_resample._tables.table import Table

CPU = torch.device("cpu")


def rng(seed=0):
    """Return a seeded random stream of torch."""
    return torch.Generator().manual_seed(seed)


def tabular(*slots):
    """Return the modality of tables with these slots, as if it had been fitted to one."""
    modality = TabularModality()
    modality.encoding.layout = Layout(slots)
    # Nothing is rounded.
    modality.encoding.round_trip = lambda rows: rows
    modality.map = OneHotMap(modality.layout)
    modality.n_inputs, modality.n_values = modality.map.width, modality.map.n_values
    modality.is_continuous = modality.map.is_identity
    return modality


def continuous(n_columns):
    """Return the modality of tables of so many continuous columns."""
    return tabular(*(Slot(j, "continuous") for j in range(n_columns)))


def images(*shape):
    """Return the modality of images of this shape, with intensities from 0 to 1."""
    n_pixels = int(np.prod(shape))
    return ImageModality(shape).fit(Table.of(np.stack([np.zeros(n_pixels), np.ones(n_pixels)])))


class Minimise:
    """An objective made of functions."""

    def __init__(self, step, validate=lambda: None):
        self.step, self.validate = lambda n_steps, weights: step(n_steps), validate
