"""What the new rows of a class are made of: rows that are made, and real rows, kept or moved."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Composition", "kept_share"]

_KEPT_SHARE = 0.5


@dataclass(frozen=True)
class Composition:
    """Shares of the new rows of a class, and how far images are moved.

    Parameters
    ----------
    generated_share : float, default=1.0
        Share of the rows that are made; the others repeat real rows.
    kept_share : float, default=0.0
        Share of the repeats that stay as they are, where images are moved.
    augmentation : float, default=0.0
        How far images are moved on average, as a share of what the modality's ``augment`` does.
    """

    generated_share: float = 1.0
    kept_share: float = 0.0
    augmentation: float = 0.0

    @property
    def strength(self) -> float:
        """How far the repeats that are moved are moved: the fewer, the farther."""
        return self.augmentation / (1.0 - self.kept_share)

    def counts(self, n: int) -> tuple[int, int]:
        """Return how many of n rows are made, and how many of the repeats stay as they are."""
        n_made = math.ceil(self.generated_share * n)
        return n_made, int(self.kept_share * (n - n_made))


def kept_share(n_classes: int) -> float:
    """Return what share of the repeated images stays as it is: with two classes all are moved."""
    return _KEPT_SHARE if n_classes > 2 else 0.0
