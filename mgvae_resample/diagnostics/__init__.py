"""Numbers about synthetic rows: are they like real ones, are they new, are they possible."""

from .figures import Figures
from .metrics import (
    closest_distances,
    copies,
    density_and_coverage,
    impossible_values,
    misclassified,
    two_sample_auc,
)
from .report import Reading, SynthesisReport, synthesis_report

__all__ = [
    "Figures",
    "Reading",
    "SynthesisReport",
    "closest_distances",
    "copies",
    "density_and_coverage",
    "impossible_values",
    "misclassified",
    "synthesis_report",
    "two_sample_auc",
]
