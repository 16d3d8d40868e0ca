"""The scores of predictions of two classes."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, f1_score

from benchmarks.shared.datasets import Labels, Rows

METRICS = ("balanced_accuracy", "g_mean", "macro_f1", "average_precision", "brier")
LOWER_IS_BETTER = ("brier", "log_loss")


def two_class_scores(y: Labels, probability: Rows, threshold: float) -> dict[str, float]:
    """Score P(class 1) with class 1 predicted where it reaches `threshold`."""
    predicted = (probability >= threshold).astype(np.intp)
    recalls = [float(np.mean(predicted[y == label] == label)) for label in (0, 1)]
    return {
        "balanced_accuracy": sum(recalls) / 2,
        "g_mean": float(np.sqrt(recalls[0] * recalls[1])),
        "macro_f1": float(f1_score(y, predicted, average="macro")),
        "average_precision": float(average_precision_score(y, probability)),
        "brier": float(np.mean((probability - y) ** 2)),
    }
