"""Limits how often new rows equal known rows, to the rate of further real rows of the class."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch

from .._encoding.layout import EncodedRows, Floats
from .._nn.random import uniform

__all__ = ["Keys", "KnownRows", "row_keys"]

Keys = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

# Kinds: equal to a row of the class, equal only to rows of other classes, or new. Each row that
# the class has at least _FREQUENT times, such as an empty one, is another kind.
_REPEAT, _OTHER, _NEW = range(3)
_FREQUENT = 10
# Kinds with a smaller fraction of the proposals are not made more frequent, and at most this
# factor of refusals is used to make a kind more frequent.
_LEAST_FRACTION, _MOST_REFUSED = 0.005, 10.0
_ROWS_AT_ONCE = 65_536
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class KnownRows:
    """Accepts new rows that equal known rows as often as further real rows of the class would.

    A new row repeats a row of the class, equals only rows of other classes, or equals no known
    row. The rate of each kind among further rows of the class is estimated by leaving one row of
    the class out; for repeats this is Turing's estimate [1]_, one minus the fraction of rows that
    occur once. Proposals of a kind that is too frequent are refused at random. In tables of
    numbers, real rows hardly ever repeat, and so new rows do not repeat either; in tables of few
    distinct rows, most new rows repeat rows of the class.

    Parameters
    ----------
    class_keys, other_keys : ndarray of shape (n,) and (m,)
        Keys of the rows of the class, and of all others.

    Attributes
    ----------
    expected : ndarray of shape (3 + n_frequent,)
        Fractions of each kind among further real rows: repeats, rows of other classes only, new
        rows, and each row that is frequent in the class.
    chance : ndarray of shape (3 + n_frequent,)
        Probability that a proposal of each kind is accepted, 1 before :meth:`fit`.

    References
    ----------
    .. [1] I. J. Good, "The Population Frequencies of Species and the Estimation of Population
       Parameters", Biometrika 40 (1953), pp. 237-264.
    """

    def __init__(self, class_keys: Keys, other_keys: Keys) -> None:
        self.of_class, index, counts = np.unique(
            class_keys, return_inverse=True, return_counts=True
        )
        self.of_others = np.unique(other_keys)
        is_other = np.isin(self.of_class, self.of_others)
        frequent = counts >= _FREQUENT
        self.kind_of_class = np.full(len(counts), _REPEAT)
        self.kind_of_class[frequent] = 3 + np.arange(frequent.sum())
        left_out = np.where(is_other, _OTHER, _NEW)
        kinds = np.where(counts > 1, self.kind_of_class, left_out)[index]
        self.expected = np.bincount(kinds, minlength=3 + frequent.sum()) / len(kinds)
        # In a small class, one or two rows that equal rows of others may be chance.
        error = math.sqrt(self.expected[_OTHER] * (1.0 - self.expected[_OTHER]) / len(kinds))
        self.expected[_OTHER] -= error
        self.expected[_REPEAT if self.expected[_REPEAT] else _NEW] += error
        self.chance = np.ones(len(self.expected))
        if self.is_certain:
            self.chance[[_REPEAT, _OTHER]] = 0.0

    @property
    def is_certain(self) -> bool:
        """Whether only new rows are accepted, so that no proposals need to be seen."""
        return bool(self.expected[_NEW] == 1.0)

    def fit(self, proposed: EncodedRows) -> None:
        """Fit the probability that each kind is accepted. Shape: (n, d) ->."""
        n_kinds = len(self.expected)
        fractions = np.bincount(self._kinds(proposed), minlength=n_kinds) / len(proposed)
        ratio: Floats = np.divide(
            self.expected, fractions, out=np.full(n_kinds, np.inf), where=fractions > 0.0
        )
        ratio[self.expected == 0.0] = 0.0
        most = ratio[fractions >= _LEAST_FRACTION].max(initial=1.0)
        self.chance = np.minimum(1.0, ratio / min(most, _MOST_REFUSED))

    def accepts(self, rows: EncodedRows, rng: torch.Generator) -> tuple[Mask, Mask]:
        """Accept rows of each kind at random, and return which ones the class has.

        Shape: (n, d) -> (n,), (n,).
        """
        # NOTE[DIFF] In the papers every generated row is accepted.
        chance = uniform((len(rows),), rng, torch.device("cpu")).numpy()
        kinds = self._kinds(rows)
        return chance < self.chance[kinds], (kinds == _REPEAT) | (kinds > _NEW)

    def _kinds(self, rows: EncodedRows) -> npt.NDArray[np.intp]:
        keys = row_keys(rows)
        kinds = np.where(_positions(keys, self.of_others) >= 0, _OTHER, _NEW)
        at = _positions(keys, self.of_class)
        kinds[at >= 0] = self.kind_of_class[at[at >= 0]]
        return kinds


def row_keys(rows: EncodedRows) -> Keys:
    """Return a 64-bit hash of each row. Shape: (n, d) -> (n,).

    By multilinear hashing: a collision among a million distinct rows has a probability below 1e-6.
    """
    multipliers = np.random.default_rng(0).integers(0, 2**64, rows.shape[1], np.uint64) | 1
    keys = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        # NaN has many bit patterns, and zero has two.
        some = np.nan_to_num(rows[start : start + _ROWS_AT_ONCE], nan=-np.inf) + 0.0
        bits = np.ascontiguousarray(some, dtype=np.float32).view(np.uint32).astype(np.uint64)
        bits = (bits + _MULTIPLIER) * _MULTIPLIER
        bits ^= bits >> np.uint64(32)
        keys[start : start + _ROWS_AT_ONCE] = bits @ multipliers
    return keys


def _positions(keys: Keys, known: Keys) -> npt.NDArray[np.intp]:
    """Return the position of each key in the sorted known ones, -1 if it is not there.

    Shape: (n,), (m,) -> (n,).
    """
    if not len(known):
        return np.full(len(keys), -1)
    at = np.searchsorted(known, keys).clip(max=len(known) - 1)
    return np.where(known[at] == keys, at, -1)
