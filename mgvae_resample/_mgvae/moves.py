"""Learned moves: differences between similar images of one class, applied to another class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._encoding.layout import EncodedRows
from .._synthesizer import CHUNK
from .model import MajorityGuidedVAE
from .residual import decoded

__all__ = ["LearnedMoves"]

_NEIGHBOURS = 100


class LearnedMoves:
    """Changes real images by differences between nearest neighbours of common classes.

    x' = x + f(mu(x) + delta) - f(mu(x)), where f(z) is the mean of p(x | z), and delta = mu(x_j) -
    mu(x_k) is the difference between two images of one common class that are neighbours in latent
    space. An image keeps its fine detail, and no content of x_j and x_k is added.

    Parameters
    ----------
    network : MajorityGuidedVAE
        The pre-trained network.
    rows : ndarray of shape (m, d)
        Encoded rows of common classes, at least two of each.
    labels : ndarray of shape (m,)
        The numbers of their classes.
    """

    def __init__(
        self, network: MajorityGuidedVAE, rows: EncodedRows, labels: npt.NDArray[np.intp]
    ) -> None:
        self.labels = labels
        with torch.no_grad():
            parts = torch.split(torch.from_numpy(rows), CHUNK)
            device = network.log_variance.device
            latents = torch.cat([network.encode(part.to(device)).cpu() for part in parts])
        self.latents: EncodedRows = latents.numpy()
        n_fewest = int(np.bincount(labels)[np.unique(labels)].min())
        self.n_neighbours = min(_NEIGHBOURS, n_fewest - 1)

    def apply(
        self, network: MajorityGuidedVAE, rows: EncodedRows, rng: torch.Generator
    ) -> EncodedRows:
        """Move real images, with the pre-trained network. Shape: (n, d) -> (n, d)."""
        new = [torch.empty((0, rows.shape[1]), dtype=torch.float32)]
        device = network.log_variance.device
        for part in torch.split(torch.from_numpy(rows), CHUNK):
            x, delta = part.to(device), self.differences(len(part), rng).to(device)
            with torch.no_grad():
                z = network.encode(x)
                mean, moved = decoded(network, z), decoded(network, z + delta)
            new.append((x + moved - mean).clamp(0.0, 1.0).cpu())
        moved_rows: EncodedRows = torch.cat(new).numpy()
        return moved_rows

    def differences(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw latent differences between neighbours of one class. Shape: -> (n, k)."""
        latents, labels = torch.from_numpy(self.latents), torch.from_numpy(self.labels)
        j, at = torch.randint(len(latents), (n,), generator=rng), torch.arange(n)
        distances = torch.cdist(latents[j], latents)
        distances[labels[j].unsqueeze(1) != labels] = torch.inf
        distances[at, j] = torch.inf
        nearest = distances.topk(self.n_neighbours, largest=False).indices
        place = torch.randint(self.n_neighbours, (n,), generator=rng)
        return latents[j] - latents[nearest[at, place]]
