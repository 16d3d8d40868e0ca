"""Multi-layer perceptrons whose weights come from a generator, never from global state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any

import torch
from torch import nn

__all__ = ["MLP", "BlankLinear", "hidden_sizes", "initialise"]

# Tables wider than this get wider layers.
_WIDE = 200


class MLP(nn.Sequential):
    """Fully connected layers with leaky rectifiers between them.

    Shape: (n, sizes[0]) -> (n, sizes[-1]).

    Parameters
    ----------
    sizes : sequence of int
        Widths of the input, the hidden layers and the output.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [BlankLinear(n_in, n_out), nn.LeakyReLU(0.1)]
        super().__init__(*layers[:-1])


class BlankLinear(nn.Linear):
    """A linear layer that is made empty: torch's own draws its weights from the global state.

    Always float32, whatever the caller's default.
    """

    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__(n_inputs, n_outputs, dtype=torch.float32)

    def reset_parameters(self) -> None:
        """Leave the weights to :func:`initialise`."""


def initialise(module: nn.Module, generator: torch.Generator, gain: float = 1.0) -> None:
    """Fill the linear and convolutional layers of a module, in place.

    Weights and biases are uniform in +-gain/sqrt(fan in); torch's own layers have gain 1.

    Parameters
    ----------
    module : nn.Module
        A module on the CPU.
    generator : torch.Generator
        CPU generator that supplies the numbers.
    gain : float
        Of 2 and more, the signal does not fade on its way through rectifiers.
    """
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                bound = gain / math.sqrt(_fan_in(part))
                part.weight.uniform_(-bound, bound, generator=generator)
                if part.bias is not None:
                    part.bias.uniform_(-bound, bound, generator=generator)


def _fan_in(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    """Count the inputs that each output of a layer sums up."""
    if isinstance(layer, nn.ConvTranspose2d):
        # A stride of s spreads the kernel over s^2 outputs.
        return layer.weight[:, 0].numel() / math.prod(layer.stride)
    return layer.weight[0].numel()


def hidden_sizes(sizes: Any, n_inputs: int) -> tuple[int, ...]:
    """Check the ``hidden_layer_sizes`` parameter and replace "auto" by what the width asks for.

    Raises
    ------
    ValueError
        If it is neither "auto" nor whole numbers of at least 1.
    """
    if isinstance(sizes, str):
        return (300, 300) if n_inputs > _WIDE else (128, 128)
    listed = list(sizes) if isinstance(sizes, Iterable) else [sizes]
    if not listed or any(not isinstance(n, Integral) or n < 1 for n in listed):
        raise ValueError(
            f"The 'hidden_layer_sizes' parameter is {sizes!r}; expected 'auto' or whole numbers "
            "of at least 1, one for each hidden layer."
        )
    return tuple(int(n) for n in listed)
