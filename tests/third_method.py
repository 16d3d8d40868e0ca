"""A Gaussian-copula over-sampler: all that one has to write for a method of one's own."""

from numbers import Real
from typing import ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval

from mgvae_resample._base import DeepOverSampler
from mgvae_resample._nn.random import normal
from mgvae_resample._rejection.sampler import Drawn
from mgvae_resample._synthesizer import Synthesizer


class CopulaSynthesizer(Synthesizer):
    """Draws rows of one class: normal numbers with the class's mean and covariance."""

    max_trials = 5

    def __init__(self, modality, class_rows, shrinkage):
        super().__init__(modality, class_rows)
        x = modality.inputs(torch.from_numpy(class_rows))
        self.mean, self.scale = x.mean(0).numpy(), (shrinkage**0.5 * x.std(0, False)).numpy()
        # As many normal numbers as the class has rows weigh them to rows of its covariance.
        self.factor = (((1.0 - shrinkage) / len(x)) ** 0.5 * (x - x.mean(0))).numpy()

    def _propose(self, n, rng):
        class_rows = torch.from_numpy(self.class_rows)

        def propose(at):
            n_rows, n_inputs = self.factor.shape
            eps = normal((len(at), n_rows + n_inputs), rng, self.device)
            x = torch.from_numpy(self.mean) + eps[:, :n_rows] @ torch.from_numpy(self.factor)
            x += eps[:, n_rows:] * torch.from_numpy(self.scale)
            # Pixels, bits and categories as logits: a bit is set above one half.
            outputs = x.clamp(0.01, 0.99).logit()
            outputs[:, : self.modality.n_values] = x[:, : self.modality.n_values]
            rows = self.modality.rows(self.modality.discretize(outputs), class_rows, rng).numpy()
            return Drawn(rows, np.full(len(at), -1))

        return propose


class CopulaOverSampler(DeepOverSampler):
    """Over-sample each class by a Gaussian copula of its own rows."""

    _parameter_constraints: ClassVar = {
        **DeepOverSampler._parameter_constraints,
        "shrinkage": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        shrinkage=0.1,
        categorical_features="auto",
        image_shape=None,
        device="auto",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.shrinkage = shrinkage
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state

    def _fit_synthesizers(self, rows, y, labels, run):
        return {
            label: CopulaSynthesizer(self._modality, rows[y == label], self.shrinkage)
            for label in labels
        }
