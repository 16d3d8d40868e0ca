"""The rival on images that costs nothing: real rows repeated, and each moved a little."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from imblearn.over_sampling import RandomOverSampler

from benchmarks.shared.datasets import Labels, Rows
from mgvae_resample._modality.image import (
    interpolation,
    is_noisy,
    largest_auto_strength,
    moved,
)


class MovedRepeats(RandomOverSampler):
    """Random over-sampling whose images are moved, as far as our samplers move them."""

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        image_shape: tuple[int, ...] = (28, 28),
        augmentation_strength: float | None = None,
        random_state: int | None = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.image_shape = image_shape
        self.augmentation_strength = augmentation_strength

    def _fit_resample(self, X: Rows, y: Labels, **params: Any) -> tuple[Rows, Labels]:
        X_res, y_res = super()._fit_resample(X, y, **params)
        rng, shape = torch.Generator().manual_seed(self.random_state or 0), self.image_shape
        strength = self.augmentation_strength
        mode = interpolation(is_noisy(torch.from_numpy(X), shape))
        if strength is None:
            numbers = torch.from_numpy(np.unique(y, return_inverse=True)[1])
            strength = largest_auto_strength(torch.from_numpy(X), numbers, shape, rng, mode)
        parts = torch.split(torch.from_numpy(np.asarray(X_res[len(X) :])), 1000)
        new = [moved(part, shape, rng, strength, mode) if strength else part for part in parts]
        return np.concatenate([X, *(part.numpy() for part in new)]), y_res
