"""Nothing that a caller set in torch reaches what is computed here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

__all__ = ["without_callers_modes"]


@contextmanager
def without_callers_modes() -> Iterator[None]:
    """Compute with gradients, in the dtypes and on the devices asked for, whatever the caller set.

    Torch's modes belong to the thread: inference, automatic casts to shorter floats, and a
    default device. A default dtype belongs to the process, so that everything names its own.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        # Such a context slows every call down.
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield
