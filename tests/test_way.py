"""The way from ``fit_resample`` to the first gradient stays short enough to be read in one go."""

import gc
import sys
from pathlib import Path

import pytest
import torch

import mgvae_resample
from tests.support import OURS, SAMPLERS, quick_sampler, table

PACKAGE = str(Path(mgvae_resample.__file__).parent)


class Arrived(Exception):
    """The first gradient is about to be computed."""


def way_of(sampler, X, y):
    """Return frames of ours on the stack, and files entered, when the first gradient is due.

    ``python -m tests.test_way`` prints them.
    """
    entered = {}

    def watch(frame, event, _):
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(PACKAGE):
            entered.setdefault(name.removeprefix(PACKAGE + "/"), frame.f_code.co_name)
        return None

    stack = []

    def arrive(*_args, **_kwargs):
        frame = sys._getframe(1)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(PACKAGE) and "<" not in name:
                stack.append(f"{name.removeprefix(PACKAGE + '/')}: {frame.f_code.co_name}")
            frame = frame.f_back
        raise Arrived

    backward = torch.Tensor.backward
    torch.Tensor.backward = arrive
    sys.setprofile(watch)
    try:
        sampler.fit_resample(X, y)
    except Arrived:
        pass
    finally:
        sys.setprofile(None)
        torch.Tensor.backward = backward
        gc.collect()
    return stack[::-1], entered


@pytest.mark.parametrize("name", SAMPLERS)
def test_at_most_six_frames_stand_between_the_call_and_the_gradient(name):
    stack, _ = way_of(quick_sampler(name), *table(60, 15))
    assert len(stack) <= 6, stack


if __name__ == "__main__":
    for sampler in OURS:
        frames, files = way_of(quick_sampler(sampler.__name__), *table(60, 15))
        print(sampler.__name__, f"{len(frames)} frames, {len(files)} files")
        print(*(f"  {frame}" for frame in frames), sep="\n")
        print(*(f"    {file} ({first})" for file, first in files.items()), sep="\n")
