"""The ways from ``fit_resample`` to gradients and to new rows can each be read in one go."""

import gc
import sys
from pathlib import Path

import pytest
import torch

import mgvae_resample
from tests.support import OURS, SAMPLERS, quick_sampler, quick_vae, table

PACKAGE = str(Path(mgvae_resample.__file__).parent)


# Where the networks that make rows are entered.
MAKE_ROWS = {"_mgvae/model.py: decode", "_bayesgan/model.py: outputs"}


class Arrived(Exception):
    """The gradient that is waited for is about to be computed."""


def frames_of_ours():
    """Return the functions of the package on the stack, the outermost first."""
    stack, frame = [], sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(PACKAGE) and "<" not in name:
            stack.append(f"{name.removeprefix(PACKAGE + '/')}: {frame.f_code.co_name}")
        frame = frame.f_back
    return stack[::-1]


def way_of(sampler, X, y, through=""):
    """Return frames of ours on the stack, and files entered, when the first gradient is due.

    Of these with a function on the stack whose name ends in ``through``.
    ``python -m tests.test_way`` prints them.
    """
    entered, stack = {}, []

    def watch(frame, event, _):
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(PACKAGE):
            entered.setdefault(name.removeprefix(PACKAGE + "/"), frame.f_code.co_name)
        return None

    def arrive(*args, **kwargs):
        frames = frames_of_ours()
        if any(frame.endswith(through) for frame in frames):
            stack.extend(frames)
            raise Arrived
        return backward(*args, **kwargs)

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
    return stack, entered


def way_to_a_row(sampler, X, y):
    """Return frames of ours on the stack when the network that makes the first row is entered."""
    stacks = []

    def note(module, inputs):
        frames = frames_of_ours()
        if "_synthesizer.py: draw" in frames and frames[-1] in MAKE_ROWS:
            stacks.append(frames)

    hook = torch.nn.modules.module.register_module_forward_pre_hook(note)
    try:
        sampler.fit_resample(X, y)
    finally:
        hook.remove()
    return stacks[0]


@pytest.mark.parametrize("name", SAMPLERS)
def test_at_most_six_frames_stand_between_the_call_and_the_gradient(name):
    stack, _ = way_of(quick_sampler(name), *table(60, 15))
    assert 0 < len(stack) <= 6, "\n".join(stack)


def test_at_most_six_frames_stand_between_the_call_and_a_gradient_of_fine_tuning():
    stack, _ = way_of(quick_vae(), *table(60, 15), through=": finetune")
    assert 0 < len(stack) <= 6, "\n".join(stack)


@pytest.mark.parametrize("name", [sampler.__name__ for sampler in OURS])
def test_at_most_nine_frames_stand_between_the_call_and_a_new_row(name):
    stack = way_to_a_row(quick_sampler(name), *table(60, 15))
    assert len(stack) <= 9, "\n".join(stack)


if __name__ == "__main__":
    for sampler in OURS:
        frames, files = way_of(quick_sampler(sampler.__name__), *table(60, 15))
        print(sampler.__name__, f"{len(frames)} frames, {len(files)} files")
        print(*(f"  {frame}" for frame in frames), sep="\n")
        print(*(f"    {file} ({first})" for file, first in files.items()), sep="\n")
        frames = way_to_a_row(quick_sampler(sampler.__name__), *table(60, 15))
        print("to a new row", f"{len(frames)} frames")
        print(*(f"  {frame}" for frame in frames), sep="\n")
    frames, _ = way_of(quick_vae(), *table(60, 15), through=": finetune")
    print("to a gradient of fine-tuning", f"{len(frames)} frames")
    print(*(f"  {frame}" for frame in frames), sep="\n")
