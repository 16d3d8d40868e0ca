"""Shields computations from torch's modes that a caller has set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

__all__ = ["without_callers_modes"]


@contextmanager
def without_callers_modes() -> Iterator[None]:
    """Turn off inference mode, autocast, no_grad and the default device of the caller.

    These modes belong to the thread. A default dtype belongs to the process, so all tensors are
    made with an explicit dtype.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for device_type in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(device_type):
                stack.enter_context(torch.autocast(device_type, enabled=False))
        # Only if needed, since such a context slows down every call.
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield
