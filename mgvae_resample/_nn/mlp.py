"""Fully connected networks, and the initialisation of layers from a given random stream."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .modes import without_callers_modes

__all__ = [
    "MLP",
    "Conv2d",
    "ConvTranspose2d",
    "Linear",
    "Network",
    "initialise",
]


class Network(nn.Module):
    """A module that is pickled as constructor arguments and numpy arrays, without a device."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self._arguments = arguments

    def __getstate__(self) -> dict[str, Any]:
        """Return the arguments, and the weights as numpy arrays."""
        weights = {name: value.cpu().numpy() for name, value in self.state_dict().items()}
        return {"arguments": self._arguments, "weights": weights}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the network on the CPU."""
        with without_callers_modes():
            self.__init__(**state["arguments"])  # type: ignore[misc]
            self.load_state_dict({name: torch.tensor(w) for name, w in state["weights"].items()})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy tensors on their device, not through numpy."""
        twin = memo[id(self)] = type(self).__new__(type(self))
        twin.__dict__.update(deepcopy(self.__dict__, memo))
        return twin


class MLP(nn.Module):
    """Fully connected layers with leaky rectifiers between them."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Linear(n_in, n_out) for n_in, n_out in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers. Shape: (n, sizes[0]) -> (n, sizes[-1])."""
        # Functions, since calls of modules would take as long as the products on small tables.
        for i, layer in enumerate(self.layers):
            assert isinstance(layer, Linear)
            x = F.leaky_relu_(x, 0.1) if i else x
            x = F.linear(x, layer.weight, layer.bias)
        return x


class _Layer(nn.Module):
    """A float32 layer on the CPU, regardless of torch's defaults.

    :func:`initialise` fills its weights; torch would draw them from its global stream.
    """

    def __init__(self, *args: int, **options: Any) -> None:
        super().__init__(*args, **options, device="cpu", dtype=torch.float32)

    def reset_parameters(self) -> None:
        pass


class Linear(_Layer, nn.Linear):
    """A fully connected layer."""


class Conv2d(_Layer, nn.Conv2d):
    """A convolutional layer."""


class ConvTranspose2d(_Layer, nn.ConvTranspose2d):
    """A transposed convolutional layer."""


def initialise(module: nn.Module, rng: torch.Generator, gain: float = 1.0) -> None:
    """Fill the linear and convolutional layers of a module, in place.

    Weights and biases are uniform in +-gain/sqrt(fan in); torch's default has gain 1. With a gain
    of at least 2, the signal does not fade through rectifiers.
    """
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                bound = gain / math.sqrt(_fan_in(part))
                part.weight.uniform_(-bound, bound, generator=rng)
                if part.bias is not None:
                    part.bias.uniform_(-bound, bound, generator=rng)


def _fan_in(part: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    """Count the inputs that each output of a layer sums up."""
    if isinstance(part, nn.ConvTranspose2d):
        # A stride of s spreads the kernel over s^2 outputs.
        return part.weight[:, 0].numel() / math.prod(part.stride)
    return part.weight[0].numel()
