"""The device is obeyed or refused by name, and a fitted sampler needs none to be loaded."""

import pickle
import pickletools

import numpy as np
import pytest
import torch

from tests.support import counts

HAS = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
present = [
    pytest.param(name, marks=pytest.mark.skipif(not here, reason=f"no {name} here"))
    for name, here in HAS.items()
]
absent = [
    pytest.param(name, marks=pytest.mark.skipif(here, reason=f"{name} is here"))
    for name, here in HAS.items()
]


def names_of(pickled):
    """Return the full names of everything that a pickle imports when it is loaded."""
    recent, memo, names = [], {}, set()
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "MEMOIZE":
            memo[len(memo)] = recent[-1] if recent else None
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            recent.append(memo[argument])
        elif opcode.name == "STACK_GLOBAL":
            names.add(f"{recent[-2]}.{recent[-1]}")
            recent.append(None)
        elif opcode.name == "GLOBAL":
            names.add(argument.replace(" ", "."))
            recent.append(None)
        else:
            recent.append(argument if isinstance(argument, str) else None)
    return names


def torch_parts(pickled):
    """Return what a pickle needs of torch; a torch.device is the name of one and no data."""
    return {name for name in names_of(pickled) if name.startswith("torch")} - {"torch.device"}


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")], ids=repr)
def test_device_is_obeyed(quick, binary, device):
    sampler = quick(device=device)
    sampler.fit_resample(*binary)
    assert sampler.device_ == torch.device("cpu")


def test_auto_takes_what_there_is(quick, binary):
    sampler = quick(device="auto")
    sampler.fit_resample(*binary)
    best = next((name for name, here in HAS.items() if here), "cpu")
    assert torch.device(sampler.device_).type == best


@pytest.mark.parametrize("device", ["gpu9000", "cpu:-7", "cuda:999", "meta"])
def test_a_device_that_does_not_exist_is_refused_by_name(quick, binary, device):
    with pytest.raises(ValueError, match=device):
        quick(device=device).fit_resample(*binary)


def test_gpu_is_no_device_and_the_message_says_what_is(quick, binary):
    """Torch's own message lists twenty devices; ours says what to do."""
    with pytest.raises(ValueError, match="'device' parameter is 'gpu'") as caught:
        quick(device="gpu").fit_resample(*binary)
    message = str(caught.value)
    assert "device='cpu'" in message
    assert "xpu" not in message
    assert message.count(". ") == 1
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("device", absent)
def test_a_device_that_is_not_here_is_refused_with_a_way_out(quick, binary, device):
    with pytest.raises(ValueError, match=f"{device}.*device='cpu'"):
        quick(device=device).fit_resample(*binary)


def test_fitted_state_is_plain_arrays_once_pickled(quick, three_classes):
    sampler = quick()
    sampler.fit_resample(*three_classes)
    pickled = pickle.dumps(sampler)
    assert torch_parts(pickled) == set()
    names = names_of(pickled)
    assert f"{type(sampler).__module__}.{type(sampler).__name__}" in names
    assert any(name.endswith(("_reconstruct", "_frombuffer")) for name in names)


@pytest.mark.parametrize(
    "held",
    [torch.zeros(2), torch.nn.Linear(1, 1), torch.nn.Parameter(torch.zeros(1)), torch.float32],
    ids=lambda held: type(held).__name__,
)
def test_the_search_for_torch_in_a_pickle_finds_it(held):
    assert torch_parts(pickle.dumps({"state": {"layers": [(held,)]}}))
    assert torch_parts(pickle.dumps([torch.device("cpu"), np.zeros(3)])) == set()


def test_pickling_leaves_a_sampler_as_it_was(quick, three_classes):
    sampler = quick()
    sampler.fit_resample(*three_classes)
    before = sampler.sample(4, 1)
    once, again = pickle.dumps(sampler), pickle.dumps(sampler)
    assert once == again
    np.testing.assert_array_equal(sampler.sample(4, 1), before)


def test_state_fitted_elsewhere_samples_here(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    twin = pickle.loads(pickle.dumps(sampler))
    twin.device_ = torch.device("cuda:7")
    np.testing.assert_array_equal(twin.sample(4, 1), sampler.sample(4, 1))


@pytest.mark.parametrize("device", present)
def test_training_on_an_accelerator(quick, binary, device):
    X, y = binary
    sampler = quick(device=device)
    X_res, y_res = sampler.fit_resample(X, y)
    assert torch.device(sampler.device_).type == device
    assert counts(y_res) == {0: 60, 1: 60}
    assert np.isfinite(X_res).all()
    twin = pickle.loads(pickle.dumps(sampler)).set_params(device="cpu")
    assert twin.sample(4, 1).shape == (4, 4)
