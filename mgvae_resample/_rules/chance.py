"""The evidence that a rule needs, and the rows that are searched for candidates."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .._tables.adapters import Floats

__all__ = ["is_taken", "largest_fraction", "some_rows"]

# Largest probability that a table of independent columns shows any rule of one kind.
_CHANCE = 1e-3


def is_taken(log_probability: float, n_candidates: int) -> bool:
    """Return whether a rule is taken, given the logarithm of its probability by chance.

    That is the probability that all rows obey it if the values of each column are in random order.
    It is multiplied by the number of rules of its kind that were candidates (Bonferroni).
    """
    return log_probability + math.log(max(n_candidates, 1)) <= math.log(_CHANCE)


def largest_fraction(values: Floats) -> float:
    """Return the fraction of the most frequent value, 1 if there is none. Shape: (n,) ->."""
    _, counts = np.unique(values, return_counts=True)
    return float(counts.max() / len(values)) if len(values) else 1.0


def some_rows(n_rows: int, n: int) -> npt.NDArray[np.intp]:
    """Return the indices of at most n rows, evenly spread."""
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, n)).astype(np.intp))
