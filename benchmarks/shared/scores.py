"""The scores of predictions of two classes, and of many."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, log_loss, recall_score

from benchmarks.shared.datasets import Labels, Rows

METRICS = ("balanced_accuracy", "g_mean", "macro_f1", "average_precision", "brier")
MANY_CLASS_METRICS = ("mean_recall", "macro_f1", "rarer_half_recall", "log_loss")
LOWER_IS_BETTER = ("brier", "log_loss")
# Log loss knows no probability of exactly 0 or 1.
LEAST = 1e-6


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


def many_class_scores(y: Labels, probability: Rows, y_train: Labels) -> dict[str, float]:
    """Score P(class) with the most probable class predicted. Shape: probability (n, n_classes).

    The rarer half of the classes is that of the training rows ``y_train``.
    """
    n_classes = probability.shape[1]
    predicted = probability.argmax(1)
    recalls = recall_score(y, predicted, labels=range(n_classes), average=None)
    rarer = np.argsort(np.bincount(y_train), kind="stable")[: n_classes // 2]
    clipped = np.clip(probability, LEAST, 1.0)
    return {
        "mean_recall": float(recalls.mean()),
        "macro_f1": float(f1_score(y, predicted, average="macro")),
        "rarer_half_recall": float(recalls[rarer].mean()),
        "log_loss": float(
            log_loss(y, clipped / clipped.sum(1, keepdims=True), labels=range(n_classes))
        ),
    }
