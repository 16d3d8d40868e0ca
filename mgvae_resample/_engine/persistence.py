"""Modules become plain arrays and back, so that a fitted sampler needs no device to be loaded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

__all__ = ["Arrays", "load_arrays", "to_arrays"]

Arrays = dict[str, npt.NDArray[np.float32]]


def to_arrays(module: nn.Module) -> Arrays:
    """Copy every parameter and buffer of a module into numpy arrays on the host."""
    return {
        name: value.detach().cpu().numpy().copy() for name, value in module.state_dict().items()
    }


def load_arrays(module: nn.Module, arrays: Arrays, device: torch.device) -> None:
    """Fill a module with the values of :func:`to_arrays` and move it to a device."""
    module.load_state_dict({name: torch.tensor(value) for name, value in arrays.items()})
    module.to(device)
