"""Numbers about synthetic rows: are they like real ones, and are they new."""

from .measures import (
    closest_distances,
    copies,
    density_and_coverage,
    impossible_values,
    two_sample_auc,
)

__all__ = [
    "closest_distances",
    "copies",
    "density_and_coverage",
    "impossible_values",
    "two_sample_auc",
]
