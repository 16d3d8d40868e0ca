"""The image classifier of P3 and P4: two convolutions with pooling, dropout, one dense layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.data import Labels, Rows

BATCH = 64


@dataclass(frozen=True)
class FittedCNN:
    """A trained network that gives probabilities."""

    network: nn.Sequential
    image_shape: tuple[int, int]

    def probabilities(self, X: Rows) -> Rows:
        """Return P(class) of each row. Shape: (n, h * w) -> (n, n_classes)."""
        self.network.eval()
        with torch.inference_mode():
            parts = [
                self.network(part).softmax(1)
                for part in torch.split(_images(X, self.image_shape), 1000)
            ]
        return np.asarray(torch.cat(parts).double())


def fit_cnn(
    X: Rows,
    y: Labels,
    *,
    width: int = 16,
    steps: int = 1500,
    seed: int = 0,
    image_shape: tuple[int, int] = (28, 28),
    n_classes: int = 10,
    weighted: bool = False,
) -> FittedCNN:
    """Train for `steps` batches of 64, each row as likely as any other."""
    torch.manual_seed(seed)
    images, labels = _images(X, image_shape), torch.as_tensor(np.asarray(y, dtype=np.int64))
    weights = None
    if weighted:
        counts = torch.bincount(labels, minlength=n_classes).float()
        weights = len(labels) / (n_classes * counts)
    network = _network(width, image_shape, n_classes)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    for _ in range(steps):
        batch = torch.randint(len(labels), (BATCH,))
        loss = F.cross_entropy(
            network(images[batch]), labels[batch], weight=weights, reduction="sum"
        )
        optimizer.zero_grad()
        (loss / BATCH).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return FittedCNN(network, image_shape)


def _network(width: int, image_shape: tuple[int, int], n_classes: int) -> nn.Sequential:
    height, wide = image_shape
    return nn.Sequential(
        nn.Conv2d(1, width, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(2 * width * (height // 4) * (wide // 4), n_classes),
    )


def _images(X: Rows, image_shape: tuple[int, int]) -> Tensor:
    return torch.as_tensor(np.asarray(X, dtype=np.float32)).reshape(-1, 1, *image_shape)
