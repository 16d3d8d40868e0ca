"""Metrics of synthetic rows: whether they are like real ones, new, and possible."""

from .metrics import (
    copy_rate,
    density_and_coverage,
    distance_to_closest_record,
    invalid_value_rate,
    membership_auc,
    misclassification_rate,
    other_class_rate,
    rule_violation_rate,
    two_sample_auc,
)
from .report import ClassMetrics, Finding, SynthesisReport, synthesis_report

__all__ = [
    "ClassMetrics",
    "Finding",
    "SynthesisReport",
    "copy_rate",
    "density_and_coverage",
    "distance_to_closest_record",
    "invalid_value_rate",
    "membership_auc",
    "misclassification_rate",
    "other_class_rate",
    "rule_violation_rate",
    "synthesis_report",
    "two_sample_auc",
]
