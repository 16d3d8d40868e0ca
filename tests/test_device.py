"""The device is obeyed or refused by name, and a fitted sampler needs none to be loaded."""

import pickle

import numpy as np
import pytest
import torch

from tests.support import QUICK, counts

HAS = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
present = [
    pytest.param(name, marks=pytest.mark.skipif(not here, reason=f"no {name} here"))
    for name, here in HAS.items()
]
absent = [
    pytest.param(name, marks=pytest.mark.skipif(here, reason=f"{name} is here"))
    for name, here in HAS.items()
]


def parts(thing, seen=None):
    """Yield everything that an object holds, however deep."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    yield thing
    inner = list(getattr(thing, "__dict__", {}).values())
    inner += [
        getattr(thing, slot)
        for slot in getattr(type(thing), "__slots__", ())
        if hasattr(thing, slot)
    ]
    if isinstance(thing, dict):
        inner += [*thing.keys(), *thing.values()]
    elif isinstance(thing, list | tuple | set | frozenset):
        inner += thing
    for part in inner:
        yield from parts(part, seen)


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")], ids=repr)
def test_device_is_obeyed(quick, binary, device):
    sampler = quick(device=device)
    sampler.fit_resample(*binary)
    assert str(sampler.device_) == "cpu"


def test_auto_takes_what_there_is(quick, binary):
    sampler = quick(device="auto")
    sampler.fit_resample(*binary)
    best = next((name for name, here in HAS.items() if here), "cpu")
    assert torch.device(sampler.device_).type == best


@pytest.mark.parametrize("device", ["gpu9000", "cpu:-7", "cuda:999", "meta"])
def test_a_device_that_does_not_exist_is_refused_by_name(quick, binary, device):
    with pytest.raises(ValueError, match=device):
        quick(device=device).fit_resample(*binary)


@pytest.mark.parametrize("device", absent)
def test_a_device_that_is_not_here_is_refused_with_a_way_out(quick, binary, device):
    with pytest.raises(ValueError, match=f"{device}.*device='cpu'"):
        quick(device=device).fit_resample(*binary)


def test_fitted_state_is_plain_arrays(quick, three_classes):
    sampler = quick()
    sampler.fit_resample(*three_classes)
    held = [*parts(vars(sampler))]
    torchy = [p for p in held if isinstance(p, torch.Tensor | torch.nn.Module | torch.Generator)]
    assert torchy == []
    assert sum(isinstance(p, np.ndarray) for p in held) > 4


def test_the_search_for_tensors_finds_them():
    class Holder:
        pass

    holder = Holder()
    holder.state = {"layers": [(torch.nn.Linear(1, 1),)]}
    assert any(isinstance(p, torch.nn.Module) for p in parts(holder))


def test_state_fitted_elsewhere_samples_here(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    twin = pickle.loads(pickle.dumps(sampler))
    twin.device_ = "cuda:7"
    assert twin.sample(4, 1).shape == (4, 4)


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


def test_the_quick_sampler_of_these_tests_runs_on_the_cpu():
    assert all(params["device"] == "cpu" for params in QUICK.values())
