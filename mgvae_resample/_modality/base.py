"""Modality: everything in which a table and an image differ, for estimators and methods alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

import torch
from torch import Tensor, nn

from .._encoding.layout import EncodedRows, Layout
from .._rejection.sampler import Indices
from .._tables.table import Table

__all__ = ["ImageShapeWarning", "Modality"]

Calibration = tuple[float | None, float | None]


class ImageShapeWarning(UserWarning):
    """Columns look like pixels of another ``image_shape``, or none is given; with what to try."""


class Encoding(Protocol):
    """Between rows and encoded rows."""

    layout: Layout

    def encode(self, table: Table) -> EncodedRows:
        """Encode rows. Shape: -> (n, d)."""
        ...


EncodingT = TypeVar("EncodingT", bound=Encoding)


class Modality(ABC, Generic[EncodingT]):
    """How rows of one kind become network inputs, and network outputs become rows.

    Parameters
    ----------
    encoding : TabularEncoding or ImageEncoding
        Between rows and encoded rows.

    Attributes
    ----------
    n_inputs : int
        Width of the inputs and of the outputs of networks.
    n_values : int
        How many of them are continuous values with observation noise of their own.
    is_continuous : bool
        Whether outputs are rows as they are: nothing has to be discretized or adjusted.
    """

    n_inputs: int
    n_values: int
    is_continuous: bool
    # "table" or "image".
    name: str
    # Rows drawn at once.
    chunk: int
    # Whether new rows must meet rules that rows of all classes imply.
    has_rules: bool
    # Whether every column has few values, each in many rows.
    is_discrete: bool
    # What is said of repeated rows without noise.
    repeats: str

    def __init__(self, encoding: EncodingT) -> None:
        self.encoding: EncodingT = encoding

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
    def key(self) -> tuple[object, ...]:
        """Return what makes two modalities the same to a training on encoded rows."""

    # Rows and encoded rows

    @abstractmethod
    def fit(self, table: Table) -> Self:
        """Learn the columns."""

    def encode(self, table: Table) -> EncodedRows:
        """Encode rows. Shape: -> (n, d)."""
        return self.encoding.encode(table)

    @abstractmethod
    def decode(self, rows: EncodedRows, calibration: Calibration | None) -> Table:
        """Restore rows, with what :meth:`calibrate` found for their class. Shape: (n, d) ->."""

    @abstractmethod
    def calibrate(self, rows: EncodedRows, class_rows: EncodedRows) -> Calibration | None:
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
        """Return what "auto" stands for."""

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

    @abstractmethod
    def logit_adjustment(self, outputs: Tensor, class_rows: Tensor) -> Tensor:
        """Return what is added to outputs for shares of the class. Shape: -> (n_inputs,)."""

    @abstractmethod
    def restored(self, rows: EncodedRows) -> EncodedRows:
        """Return rows as they are once they were decoded and encoded. Shape: (n, d) -> (n, d)."""

    @abstractmethod
    def constants(self, class_rows: EncodedRows) -> tuple[Indices, EncodedRows]:
        """Return columns in which new rows of a class do not vary, and their values.

        Shape: (n, d) -> (c,), (c,).
        """

    # Augmentation

    @abstractmethod
    def augment(self, inputs: Tensor, rng: torch.Generator, noise_scale: float) -> Tensor:
        """Show rows to a discriminator: images moved, tables with instance noise of this scale.

        Shape: (n, n_inputs) -> (n, n_inputs).
        """

    @abstractmethod
    def move(self, rows: EncodedRows, rng: torch.Generator, strength: float) -> EncodedRows:
        """Move images by a share of what :meth:`augment` does. Shape: (n, d) -> (n, d)."""

    @abstractmethod
    def largest_auto_strength(self, rows: Tensor, labels: Tensor, rng: torch.Generator) -> float:
        """Return how far rows can be moved and still look like rows of their class."""
