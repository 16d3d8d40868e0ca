"""Modality: everything in which tables and images differ, for estimators and methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from .._encoding.image import ImageEncoding
from .._encoding.layout import EncodedRows, Layout
from .._encoding.tabular import TabularEncoding
from .._rejection.sampler import Indices
from .._tables.adapters import Mask
from .._tables.table import Table

__all__ = ["ImageShapeWarning", "Modality"]

Thresholds = tuple[float | None, float | None]


class ImageShapeWarning(UserWarning):
    """Columns look like pixels, and ``image_shape`` is missing or looks wrong."""


class Modality(ABC):
    """How rows become network inputs, and network outputs become rows.

    Parameters
    ----------
    encoding : TabularEncoding or ImageEncoding
        Converts between rows and encoded rows.

    Attributes
    ----------
    n_inputs : int
        Width of the inputs and of the outputs of networks.
    n_values : int
        How many of them are continuous values with observation noise.
    is_continuous : bool
        Whether outputs need not be discretized or adjusted.
    """

    n_inputs: int
    n_values: int
    is_continuous: bool
    # "table" or "image".
    name: str
    # Rows drawn at once.
    chunk: int
    # Whether new rows must meet rules.
    has_rules: bool
    # Whether every column has few values, each in many rows.
    is_discrete: bool
    # Whether generated rows must look like their class, or its rows are repeated.
    is_judged = False
    # Sentence of a warning about repeated rows without noise.
    repeats: str

    def __init__(self, encoding: TabularEncoding | ImageEncoding) -> None:
        self.encoding = encoding

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Share a fitted modality between copies of networks: it never changes."""
        return self

    @property
    def layout(self) -> Layout:
        """What each column of an encoded row stands for."""
        return self.encoding.layout

    @property
    def takes_noise(self) -> bool:
        """Whether there are values to add noise to."""
        return len(self.layout.positions("continuous")) > 0

    @abstractmethod
    def is_sparse(self, rows: EncodedRows) -> bool:
        """Return whether there are many columns of mostly one value, as in text."""

    @abstractmethod
    def key(self) -> tuple[object, ...]:
        """Return all that a training on encoded rows depends on, for cache keys."""

    # Rows and encoded rows

    @abstractmethod
    def fit(self, table: Table) -> Self:
        """Learn the columns."""

    def encode(self, table: Table) -> EncodedRows:
        """Encode rows. Shape: -> (n, d)."""
        return self.encoding.encode(table)

    @abstractmethod
    def decode(self, rows: EncodedRows, thresholds: Thresholds | None) -> Table:
        """Restore rows, with the thresholds of their class if they have any. Shape: (n, d) ->."""

    @abstractmethod
    def atom_thresholds(self, rows: EncodedRows, class_rows: EncodedRows) -> Thresholds | None:
        """Compare new encoded rows of a class with real ones, for :meth:`decode`."""

    # Encoded rows and network inputs

    @abstractmethod
    def inputs(self, rows: Tensor) -> Tensor:
        """Return the network inputs of encoded rows. Shape: (n, d) -> (n, n_inputs)."""

    @abstractmethod
    def rows(self, inputs: Tensor, class_rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return the encoded rows of inputs. Shape: (n, n_inputs), (m, d) -> (n, d)."""

    # Networks

    @abstractmethod
    def hidden_layer_sizes(self) -> tuple[int, ...]:
        """Return the value of "auto"."""

    @abstractmethod
    def encoder(self, sizes: Sequence[int], n_outputs: int) -> nn.Module:
        """Make a network from inputs. Shape: (n, n_inputs) -> (n, n_outputs)."""

    @abstractmethod
    def decoder(self, n_inputs: int, sizes: Sequence[int], dense: Sequence[int] = ()) -> nn.Module:
        """Make the mirror image of an encoder; ``dense`` layers precede convolutions.

        Shape: (n, n_inputs) -> (n, self.n_inputs).
        """

    @abstractmethod
    def log_likelihood(self, outputs: Tensor, inputs: Tensor, log_scale: Tensor) -> Tensor:
        """Log p(x | outputs), summed over columns. Shape: two of (n, n_inputs) -> (n,)."""

    @abstractmethod
    def discretize(self, outputs: Tensor) -> Tensor:
        """Return the inputs that outputs stand for. Shape: (n, n_inputs) -> (n, n_inputs)."""

    @abstractmethod
    def relax(self, outputs: Tensor) -> Tensor:
        """Discretize with a gradient (straight-through). Shape: (n, n_inputs) -> the same."""

    def logit_adjustment(self, outputs: Tensor, class_rows: Tensor) -> Tensor:
        """Return the logits to add to match frequencies in the class. Shape: -> (n_inputs,)."""
        return torch.zeros(self.n_inputs, dtype=torch.float32)

    @abstractmethod
    def restored(self, rows: EncodedRows) -> EncodedRows:
        """Return rows after decoding and encoding them. Shape: (n, d) -> (n, d)."""

    @property
    def column_rules(self) -> list[str]:
        """The rules between columns that all rows of the table obey, in words."""
        return []

    def obey(self, rows: EncodedRows) -> Mask:
        """Return which rows obey the column rules. Shape: (n, d) -> (n,)."""
        return np.ones(len(rows), np.bool_)

    @abstractmethod
    def constants(self, class_rows: EncodedRows) -> Indices:
        """Return columns in which new rows of a class do not vary. Shape: (n, d) -> (c,)."""

    def responses(self, rows: Tensor, class_rows: Tensor) -> Tensor:
        """Return what generated rows are judged by. Shape: (n, d), (m, d) -> (n, f)."""
        return rows

    # Augmentation

    @abstractmethod
    def augment(self, inputs: Tensor, rng: torch.Generator, noise_scale: float) -> Tensor:
        """Augment rows for a discriminator: move images, add instance noise to tables.

        Shape: (n, n_inputs) -> (n, n_inputs).
        """

    @abstractmethod
    def move(self, rows: EncodedRows, rng: torch.Generator, strength: float) -> EncodedRows:
        """Move images as :meth:`augment` does, with a strength. Shape: (n, d) -> (n, d)."""

    @abstractmethod
    def largest_auto_strength(self, rows: Tensor, labels: Tensor, rng: torch.Generator) -> float:
        """Return the largest strength at which moved rows still look like their class."""
