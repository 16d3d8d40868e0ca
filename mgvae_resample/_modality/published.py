"""Tables and images as in the paper on the majority-guided VAE."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from torch import Tensor

from .._encoding.layout import EncodedRows
from .._rejection.sampler import Indices
from .._tables.table import Table
from .image import ImageModality
from .tabular import TabularModality

__all__ = ["PublishedImage", "PublishedTable"]


class PublishedTable(TabularModality):
    """Rows of numbers in [-1, 1] under a Gaussian of fixed variance; new rows meet no rule.

    The paper does not cover categories. Here bits and one-hot categories are numbers too, -1 and
    1, and the highest output of a group of categories decides.
    """

    has_rules = False
    is_linear = True

    def key(self) -> tuple[object, ...]:
        """Return the layout, and that the method is the published one."""
        return ("published", *super().key())

    def fit(self, table: Table) -> Self:
        """Learn the columns."""
        super().fit(table)
        # Columns have no scales, and "auto" does not compare generated rows with repeats.
        self.n_values, self.is_discrete = 0, False
        return self

    def log_likelihood(self, outputs: Tensor, inputs: Tensor, log_scale: Tensor) -> Tensor:
        """Gaussian log-likelihood with variance 1/2, without its constant, summed over columns.

        A missing value adds nothing; its missing indicator is a number like any bit.

        Shape: outputs, inputs (n, n_inputs), log_scale (0,) -> (n,).
        """
        n = self.map.n_values
        numbers = torch.cat([inputs[:, :n], 2.0 * inputs[:, n:] - 1.0], 1)
        squares = (numbers - outputs).square()
        observed = self.map.observed(inputs)
        if observed is not None:
            squares = torch.cat([observed * squares[:, :n], squares[:, n:]], 1)
        return -squares.sum(1)

    def constants(self, class_rows: EncodedRows) -> Indices:
        """Return none: the decoder decides about every column."""
        return np.empty(0, np.intp)


class PublishedImage(ImageModality):
    """Images without atom thresholds, and as smooth as the decoder makes them."""

    is_judged = False

    def key(self) -> tuple[object, ...]:
        """Return the shape, and that the method is the published one."""
        return ("published", *super().key())

    def rows(self, inputs: Tensor, class_rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return the inputs: intensities are encoded rows. Shape: (n, d) -> (n, d)."""
        return inputs

    def atom_thresholds(self, rows: EncodedRows, class_rows: EncodedRows) -> tuple[None, None]:
        """Return none: no pixel is made black or white."""
        return None, None
