"""The classifiers: five for tables, ensembles of balanced parts, and a network for images."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.shared.datasets import Labels, Rows

CLASSIFIERS = ("logistic", "knn", "mlp", "forest", "boosting")
# These balance what each of their members learns from, and need no resampling.
ENSEMBLES = ("balanced_forest", "easy_ensemble")
MLP_BATCH = 100
MLP_EPOCHS = 15
CNN_BATCH = 64


def has_class_weight(classifier: str) -> bool:
    """Tell whether class weights exist for this classifier."""
    return classifier != "knn"


def epoch_steps(n_rows: int) -> int:
    """Optimiser steps of the MLP's 15 epochs over `n_rows` rows."""
    return MLP_EPOCHS * -(-n_rows // MLP_BATCH)


def probabilities(
    classifier: str, X: Rows, y: Labels, X_test: Rows, *, steps: int, weighted: bool, seed: int
) -> Rows:
    """Fit the classifier and return P(class 1) of the test rows; `steps` is the MLP's budget."""
    return class_probabilities(
        classifier, X, y, X_test, steps=steps, weighted=weighted, seed=seed
    )[:, 1]


def class_probabilities(
    classifier: str, X: Rows, y: Labels, X_test: Rows, *, steps: int, weighted: bool, seed: int
) -> Rows:
    """Fit the classifier and return P(class) of the test rows. Shape: -> (n, n_classes)."""
    if classifier == "mlp":
        return _mlp_probabilities(X, y, X_test, steps=steps, weighted=weighted, seed=seed)
    model = _build(classifier, "balanced" if weighted else None, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    return np.asarray(model.predict_proba(X_test))


@dataclass(frozen=True)
class FittedCNN:
    """A trained convolutional network that gives probabilities; its last layer is the head."""

    network: nn.Sequential
    image_shape: tuple[int, ...]

    def probabilities(self, X: Rows) -> Rows:
        """Return P(class) of each row. Shape: (n, h * w) -> (n, n_classes)."""
        return np.asarray(self._outputs(self.network, X).softmax(1).double())

    def features(self, X: Rows) -> Rows:
        """Return what the last layer reads. Shape: (n, h * w) -> (n, n_features)."""
        return np.asarray(self._outputs(self.network[:-1], X))

    def with_refitted_head(
        self, X: Rows, y: Labels, *, steps: int = 1000, seed: int = 0
    ) -> FittedCNN:
        """Train the head alone, on batches in which real rows are repeated to equal classes."""
        torch.manual_seed(seed)
        network = deepcopy(self.network)
        labels = torch.as_tensor(np.asarray(y, dtype=np.int64))
        features, chances = torch.as_tensor(self.features(X)), 1.0 / torch.bincount(labels)[labels]
        head = nn.Sequential(nn.Dropout(0.5), network[-1])
        optimizer = _adam(head)
        for _ in range(steps):
            batch = torch.multinomial(chances, CNN_BATCH, replacement=True)
            _step(optimizer, head(features[batch]), labels[batch], None)
        return FittedCNN(network, self.image_shape)

    def _outputs(self, network: nn.Sequential, X: Rows) -> Tensor:
        self.network.eval()
        with torch.inference_mode():
            parts = torch.split(_images(X, self.image_shape), 1000)
            return torch.cat([network(part) for part in parts])


def fit_cnn(
    X: Rows,
    y: Labels,
    *,
    width: int = 16,
    steps: int = 1500,
    seed: int = 0,
    image_shape: tuple[int, ...] = (28, 28),
    n_classes: int = 10,
    weighted: bool = False,
    balanced_softmax: bool = False,
) -> FittedCNN:
    """Train for `steps` batches of 64, each row as likely as any other.

    With ``balanced_softmax`` the logits are raised by the logarithms of the class frequencies
    while training (Ren et al., "Balanced Meta-Softmax", NeurIPS 2020).
    """
    torch.manual_seed(seed)
    images, labels = _images(X, image_shape), torch.as_tensor(np.asarray(y, dtype=np.int64))
    weights = _class_weights(labels, n_classes) if weighted else None
    raised = torch.zeros(n_classes)
    if balanced_softmax:
        raised = (torch.bincount(labels, minlength=n_classes) / len(labels)).log()
    network = _cnn(width, image_shape, n_classes)
    optimizer = _adam(network)
    for _ in range(steps):
        batch = torch.randint(len(labels), (CNN_BATCH,))
        _step(optimizer, network(images[batch]) + raised, labels[batch], weights)
    return FittedCNN(network, image_shape)


def at_equal_priors(probability: Rows, y: Labels) -> Rows:
    """Move the threshold: Bayes' rule for equal priors, after training on labels ``y``."""
    odds = probability / (np.bincount(y) / len(y))
    return np.asarray(odds / odds.sum(1, keepdims=True))


def _build(classifier: str, class_weight: str | None, seed: int) -> Any:
    if classifier == "logistic":
        return LogisticRegression(max_iter=1000, class_weight=class_weight)
    if classifier == "knn":
        return KNeighborsClassifier(n_neighbors=5, n_jobs=1)
    if classifier == "forest":
        return RandomForestClassifier(
            n_estimators=100, class_weight=class_weight, random_state=seed, n_jobs=1
        )
    if classifier == "boosting":
        return HistGradientBoostingClassifier(class_weight=class_weight, random_state=seed)
    if classifier == "balanced_forest":
        return BalancedRandomForestClassifier(n_estimators=100, random_state=seed, n_jobs=1)
    if classifier == "easy_ensemble":
        return EasyEnsembleClassifier(random_state=seed, n_jobs=1)
    known = ", ".join((*CLASSIFIERS, *ENSEMBLES))
    raise SystemExit(f"Unknown classifier {classifier!r}; choose from {known}.")


def _mlp_probabilities(
    X: Rows, y: Labels, X_test: Rows, *, steps: int, weighted: bool, seed: int
) -> Rows:
    """Train d-256-128-k for `steps` batches and return P(class) of the test rows."""
    torch.manual_seed(seed)
    rows = torch.as_tensor(np.asarray(X, dtype=np.float32))
    labels = torch.as_tensor(np.asarray(y, dtype=np.int64))
    n_classes = int(labels.max()) + 1
    weights = _class_weights(labels, n_classes) if weighted else None
    network = _mlp(rows.shape[1], n_classes)
    optimizer = _adam(network)
    done = 0
    while done < steps:
        for batch in torch.split(torch.randperm(len(rows)), MLP_BATCH)[: steps - done]:
            _step(optimizer, network(rows[batch]), labels[batch], weights)
            done += 1
    with torch.inference_mode():
        test = torch.as_tensor(np.asarray(X_test, dtype=np.float32))
        return np.asarray(network(test).softmax(dim=1).double())


def _mlp(n_features: int, n_classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_features, 256),
        nn.LeakyReLU(0.1),
        nn.Linear(256, 128),
        nn.LeakyReLU(0.1),
        nn.Linear(128, n_classes),
    )


def _cnn(width: int, image_shape: tuple[int, ...], n_classes: int) -> nn.Sequential:
    height, wide, n_channels = (*image_shape, 1)[:3]
    return nn.Sequential(
        nn.Conv2d(n_channels, width, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(2 * width * (height // 4) * (wide // 4), n_classes),
    )


def _images(X: Rows, image_shape: tuple[int, ...]) -> Tensor:
    channels_last = (*image_shape, 1)[:3]
    images = torch.as_tensor(np.asarray(X, dtype=np.float32)).reshape(-1, *channels_last)
    return images.permute(0, 3, 1, 2).contiguous()


def _class_weights(labels: Tensor, n_classes: int) -> Tensor:
    counts = torch.bincount(labels, minlength=n_classes).float()
    return len(labels) / (n_classes * counts)


def _adam(network: nn.Sequential) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)


def _step(
    optimizer: torch.optim.Adam, logits: Tensor, labels: Tensor, weights: Tensor | None
) -> None:
    """Take one step on the cross-entropy. Shapes: logits (n, c), labels (n,), weights (c,)."""
    # Not torch's weighted mean: dividing by the batch's weights would discount the few batches
    # that hold a minority row.
    loss = F.cross_entropy(logits, labels, weight=weights, reduction="sum") / len(labels)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
