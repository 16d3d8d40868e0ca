"""A trained over-sampler in one file, by flow matching: what a method of one's own needs."""

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from joblib import Memory
from sklearn.utils._param_validation import Interval, StrOptions

from mgvae_resample._base import DeepOverSampler
from mgvae_resample._nn.mlp import Network, initialise
from mgvae_resample._nn.random import normal, uniform
from mgvae_resample._nn.training import TrainConfig
from mgvae_resample._rejection.sampler import Drawn
from mgvae_resample._synthesizer import CHUNK, Synthesizer

N_FEATURES, N_EULER_STEPS, FARTHEST = 64, 10, 10.0


class Velocity(Network):
    """v(x, t, y): which way a point moves at time t, from noise at t = 0 to a row at t = 1."""

    def __init__(self, modality, hidden_layer_sizes, n_classes):
        super().__init__(
            modality=modality, hidden_layer_sizes=hidden_layer_sizes, n_classes=n_classes
        )
        self.modality, self.n_classes = modality, n_classes
        self.encoder = modality.encoder(hidden_layer_sizes, N_FEATURES)
        self.decoder = modality.decoder(N_FEATURES + 1 + n_classes, hidden_layer_sizes)
        # Mean and spread of each class: stored, pickled and moved with the weights.
        zeros = torch.zeros(n_classes, modality.n_inputs, dtype=torch.float32)
        self.register_buffer("mean", zeros)
        self.register_buffer("scale", zeros.clone())

    def forward(self, x, t, labels):
        """Return the velocity. Shape: (n, n_inputs), (n, 1), (n,) -> (n, n_inputs)."""
        variance = t.square() + (1.0 - t).square()
        features = F.leaky_relu(self.encoder(x / variance.sqrt()), 0.1)
        one_hot = F.one_hot(labels, self.n_classes)
        learned = self.decoder(torch.cat([features, t, one_hot], 1))
        # The first term alone keeps normal numbers normal; the network learns the rest.
        return (2.0 * t - 1.0) / variance * x + learned / variance.sqrt()

    def points(self, rows, labels):
        """Return encoded rows in units of their class. Shape: (n, d), (n,) -> (n, n_inputs)."""
        x = self.modality.inputs(rows)
        return (x - self.mean[labels]) / self.scale[labels].clamp_min(1e-6)

    def outputs(self, x, labels):
        """Return values, and logits of bits, categories and pixels. Shape: as of points."""
        x = self.mean[labels] + self.scale[labels] * x
        n_values = self.modality.n_values
        return torch.cat([x[:, :n_values], x[:, n_values:].clamp(0.01, 0.99).logit()], 1)


class FlowMatching:
    """The objective (Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023)."""

    def __init__(self, run, network, rows, labels, batch_size):
        self.network, self.rows, self.labels = network, run.tensor(rows), run.tensor(labels)
        self.rng, self.batch_size = run.rng("batches"), batch_size
        # Each class is as frequent in the batches as any other.
        self.chance = torch.from_numpy(1.0 / np.bincount(labels)[labels])

    def step(self, n_steps, weights):
        """Return the loss of one batch, by the name of its only term."""
        at = torch.multinomial(self.chance, self.batch_size, True, generator=self.rng)
        at = at.to(self.rows.device)
        labels = self.labels[at]
        x1 = self.network.points(self.rows[at], labels)
        x0 = normal(x1.shape, self.rng, x1.device)
        t = uniform((len(x1), 1), self.rng, x1.device)
        velocity = self.network((1.0 - t) * x0 + t * x1, t, labels)
        return {"velocity": F.mse_loss(velocity, x1 - x0)}

    def validate(self):
        """Hold nothing out."""
        return None


class FlowSynthesizer(Synthesizer):
    """Draws rows of one class."""

    max_trials = 10

    def __init__(self, network, number, class_rows):
        super().__init__(network.modality, class_rows)
        self.network, self.number = network, number

    @torch.no_grad()
    def outputs(self, n, rng):
        """Follow the flow from noise. Shape: -> (n, n_inputs)."""
        x = normal((n, self.modality.n_inputs), rng, self.device)
        labels = torch.full((n,), self.number, device=self.device)
        for step in range(N_EULER_STEPS):
            t = torch.full_like(x[:, :1], (step + 0.5) / N_EULER_STEPS)
            # However badly it was trained: no row lies that far out.
            x = (x + self.network(x, t, labels) / N_EULER_STEPS).clamp(-FARTHEST, FARTHEST)
        return self.network.outputs(x, labels)

    def _propose(self, n, rng):
        class_rows = torch.from_numpy(self.class_rows).to(self.device)

        def propose(at):
            x = self.modality.discretize(self.adjust(self.outputs(len(at), rng)))
            rows = self.modality.rows(x, class_rows, rng).cpu().numpy()
            return Drawn(rows, np.full(len(at), -1))

        return propose


class FlowMatchingOverSampler(DeepOverSampler):
    """Over-sample by a flow from noise to rows, one for all classes."""

    _parameter_constraints: ClassVar = {
        **DeepOverSampler._parameter_constraints,
        "hidden_layer_sizes": [StrOptions({"auto"}), "array-like"],
        "generated_fraction": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
        "augmentation_strength": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "max_steps": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "memory": [None, str, Memory],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        hidden_layer_sizes="auto",
        generated_fraction="auto",
        augmentation_strength="auto",
        max_steps=1000,
        batch_size=128,
        learning_rate=2e-3,
        categorical_features="auto",
        image_shape=None,
        rules="auto",
        memory=None,
        device="auto",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.hidden_layer_sizes = hidden_layer_sizes
        self.generated_fraction = generated_fraction
        self.augmentation_strength = augmentation_strength
        self.max_steps = max_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.rules = rules
        self.memory = memory
        self.device = device
        self.random_state = random_state

    def _fit_synthesizers(self, rows, y, labels, run):
        numbers = np.searchsorted(self.classes_, y)
        network = self._learn(rows, numbers, run) if labels else None
        synthesizers = {}
        for label in labels if network else ():
            number = self._number(label)
            new = FlowSynthesizer(network, number, rows[numbers == number])
            rng = run.rng("adjustment", number)
            new.fit_adjustment(lambda new=new, rng=rng: new.outputs(CHUNK, rng))
            synthesizers[label] = new
        return synthesizers

    def _learn(self, rows, numbers, run):
        """Return the network, trained or from the cache; None where training diverged."""
        modality, sizes = self._modality, self._hidden_layer_sizes()
        network = Velocity(modality, sizes, len(self.classes_))
        initialise(network, run.rng("weights"))
        network.to(run.device)
        config = TrainConfig(int(self.max_steps), float(self.learning_rate), ema_decay=0.99)
        parts = (sizes, int(self.batch_size), config, modality.key(), rows, numbers)
        key = run.key(network, "FlowMatching", *parts)
        if run.load(network, key) is not None:
            return network
        for number in range(len(self.classes_)):
            x = modality.inputs(run.tensor(rows[numbers == number]))
            network.mean[number], network.scale[number] = x.mean(0), x.std(0, correction=0)
        objective = FlowMatching(run, network, rows, numbers, int(self.batch_size))
        if run.train(network, objective, config, phase="train").stop_reason == "diverged":
            return None
        run.store(network, key)
        return network
