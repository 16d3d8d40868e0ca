"""Tables: one-hot categories, and a likelihood for each column type."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._encoding.layout import EncodedRows
from .._encoding.reading import undeclared_reading
from .._encoding.tabular import TabularEncoding
from .._nn.mlp import MLP
from .._nn.one_hot import OneHotMap
from .._nn.random import normal
from .._rejection.sampler import Indices
from .._tables.adapters import Mask
from .._tables.table import Table
from .._warn import warn
from .base import ImageShapeWarning, Modality

__all__ = ["IdentifierWarning", "TabularModality"]

# Fewer equal values do not show that a column is constant in a class.
_FEWEST_CONSTANT = 10
# Text has more columns, and a larger fraction of its values is zero.
_FEWEST_WORDS, _LEAST_USUAL, _ROWS_SEEN = 300, 0.9, 500


class IdentifierWarning(UserWarning):
    """No two rows share a value in a column; the message names the column and says to drop it."""


class TabularModality(Modality):
    """Rows of a table of any columns."""

    encoding: TabularEncoding
    map: OneHotMap
    # Large chunks are faster, and rows of tables need little memory.
    name = "table"
    chunk = 4096
    has_rules = True
    repeats = "Its rows are repeated as they are."
    # Whether columns of numbers are scaled to [-1, 1], not encoded as normal scores.
    is_linear = False

    def __init__(self, categorical_features: Any = "auto", *, finds_rules: bool = False) -> None:
        super().__init__(
            TabularEncoding(
                categorical_features,
                is_linear=self.is_linear,
                finds_rules=finds_rules and self.has_rules,
            )
        )

    @property
    def column_rules(self) -> list[str]:
        """The rules between columns that all rows of the table obey, in words."""
        return self.encoding.rules.words

    def obey(self, rows: EncodedRows) -> Mask:
        """Return which rows obey the column rules. Shape: (n, d) -> (n,)."""
        return self.encoding.obey(rows)

    def is_sparse(self, rows: EncodedRows) -> bool:
        """Return whether there are many columns of mostly one value, as in text."""
        if rows.shape[1] < _FEWEST_WORDS:
            return False
        some = rows[:: max(1, len(rows) // _ROWS_SEEN)]
        # The median of a column of which more than half are zero is zero.
        is_usual = some == np.median(some, axis=0)
        return bool(is_usual.mean() > _LEAST_USUAL)

    def key(self) -> tuple[object, ...]:
        """Return the layout."""
        return ("table", self.layout)

    def fit(self, table: Table) -> Self:
        """Learn the columns; warn if they look like pixels or identifiers."""
        likely = undeclared_reading(table)
        if likely is not None:
            warn(
                f"The {table.shape[1]} columns of X look like the pixels of flattened images, and "
                f"'image_shape' is None. {likely.remedy(table)}: images declared as such are "
                "learned far better. If they are not pixels, ignore this ImageShapeWarning.",
                ImageShapeWarning,
            )
        self.encoding.fit(table)
        if self.encoding.identifiers:
            warn(
                f"No two rows share a value in the columns {list(self.encoding.identifiers)} of "
                "X, as in identifiers. New rows can only make up such values: drop the columns "
                "before resampling. If they are measurements, ignore this IdentifierWarning.",
                IdentifierWarning,
            )
        self.map = OneHotMap(self.layout)
        self.n_inputs, self.n_values = self.map.width, self.map.n_values
        self.is_continuous = self.map.is_identity
        self.is_discrete = self.encoding.is_discrete
        return self

    def decode(self, rows: EncodedRows, thresholds: Any = None) -> Table:
        """Restore rows. Shape: (n, d) ->."""
        return self.encoding.decode(rows)

    def atom_thresholds(self, rows: EncodedRows, class_rows: EncodedRows) -> None:
        """Return None: the encoding already gives repeated values their frequency."""

    def inputs(self, rows: Tensor) -> Tensor:
        """Return the network inputs of encoded rows. Shape: (n, d) -> (n, n_inputs)."""
        return self.map.inputs(rows)

    def rows(self, inputs: Tensor, class_rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return the encoded rows of inputs. Shape: (n, n_inputs), (m, d) -> (n, d)."""
        return self.map.rows(inputs, class_rows, rng)

    def hidden_layer_sizes(self) -> tuple[int, ...]:
        """Return (128, 128), regardless of the number of columns."""
        return (128, 128)

    def encoder(self, sizes: Sequence[int], n_outputs: int) -> nn.Module:
        """Make a fully connected network. Shape: (n, n_inputs) -> (n, n_outputs)."""
        return MLP([self.n_inputs, *sizes, n_outputs])

    def decoder(self, n_inputs: int, sizes: Sequence[int], dense: Sequence[int] = ()) -> nn.Module:
        """Make a fully connected network. Shape: (n, n_inputs) -> (n, self.n_inputs)."""
        return MLP([n_inputs, *reversed(sizes), self.n_inputs])

    def log_likelihood(self, outputs: Tensor, inputs: Tensor, log_scale: Tensor) -> Tensor:
        """Log p(x | outputs), summed over columns.

        Gaussian for continuous values that are not missing, Bernoulli for bits, categorical for
        categories.

        Shape: outputs, inputs (n, n_inputs), log_scale (n_values,) -> (n,).
        """
        # NOTE[DIFF] The paper's Gaussian has a fixed variance, which blurs samples; so has
        # PublishedTable.
        one_hot = self.map
        total = self._log_normal(outputs, inputs, log_scale)
        if one_hot.n_bits:
            logits, bits = outputs[:, one_hot.bits], inputs[:, one_hot.bits]
            total = total - F.binary_cross_entropy_with_logits(logits, bits, reduction="none").sum(
                1
            )
        if one_hot.n_categories:
            at = one_hot.categories
            chosen = (outputs[:, at] * inputs[:, at]).sum(1)
            total = total + chosen - one_hot.log_partition(outputs).sum(1)
        return total

    def _log_normal(self, outputs: Tensor, inputs: Tensor, log_scale: Tensor) -> Tensor:
        values = self.map.values_of
        squares = (values(inputs) - values(outputs)).square()
        half_precision = 0.5 * (-2.0 * log_scale).exp()
        constant = log_scale + 0.5 * math.log(2 * math.pi)
        observed = self.map.observed(inputs)
        if observed is None:
            return -(squares @ half_precision) - constant.sum()
        return -((squares * observed) @ half_precision) - observed @ constant

    def discretize(self, outputs: Tensor) -> Tensor:
        """Return the inputs that outputs stand for. Shape: (n, n_inputs) -> (n, n_inputs)."""
        return self.map.discretize(outputs)

    def relax(self, outputs: Tensor) -> Tensor:
        """Discretize with a gradient (straight-through). Shape: (n, n_inputs) -> the same."""
        return self.map.relax(outputs)

    def logit_adjustment(self, outputs: Tensor, class_rows: Tensor) -> Tensor:
        """Return the logits to add to match frequencies in the class. Shape: -> (n_inputs,)."""
        return self.map.logit_adjustment(outputs, class_rows)

    def restored(self, rows: EncodedRows) -> EncodedRows:
        """Return rows after decoding and encoding them. Shape: (n, d) -> (n, d)."""
        return self.encoding.round_trip(rows)

    def constants(self, class_rows: EncodedRows) -> Indices:
        """Return the columns that do not vary in a class of ten rows or more."""
        first = class_rows[0]
        same = (class_rows == first) | (np.isnan(class_rows) & np.isnan(first))
        return np.flatnonzero(same.all(0) & (len(class_rows) >= _FEWEST_CONSTANT))

    def augment(self, inputs: Tensor, rng: torch.Generator, noise_scale: float) -> Tensor:
        """Add instance noise to values. Shape: (n, n_inputs) -> (n, n_inputs)."""
        noise = noise_scale * normal((len(inputs), self.n_values), rng, inputs.device)
        if not self.is_continuous:
            noise = F.pad(noise, (0, self.n_inputs - self.n_values))
        return inputs + noise

    def move(self, rows: EncodedRows, rng: torch.Generator, strength: float) -> EncodedRows:
        """Return the rows as they are."""
        return rows

    def largest_auto_strength(self, rows: Tensor, labels: Tensor, rng: torch.Generator) -> float:
        """Return 0: rows of tables are not moved."""
        return 0.0
