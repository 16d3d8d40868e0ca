"""Numbers about synthetic rows: are they like real ones, are they new, are they possible."""

from .figures import ClassMetrics
from .metrics import (
    distance_to_closest_record,
    copy_rate,
    density_and_coverage,
    invalid_value_rate,
    misclassification_rate,
    two_sample_auc,
)
from .report import Finding, SynthesisReport, synthesis_report

__all__ = [
    "ClassMetrics",
    "Finding",
    "SynthesisReport",
    "distance_to_closest_record",
    "copy_rate",
    "density_and_coverage",
    "invalid_value_rate",
    "misclassification_rate",
    "synthesis_report",
    "two_sample_auc",
]
