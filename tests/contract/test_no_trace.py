"""One seed gives one table, whatever runs beside it, and nothing global is changed."""

import hashlib
import pickle
import random
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_info, threadpool_limits

from mgvae_resample._run import single_thread
from tests.contract.having import having
from tests.contract.test_images import brief, images
from tests.support import needs_callbacks, quick_vae, table
from tests.tables.columns import customers


def global_state():
    return (
        np.random.get_state()[1].tobytes(),
        torch.get_rng_state().numpy().tobytes(),
        random.getstate(),
        torch.get_num_threads(),
        torch.get_num_interop_threads(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.are_deterministic_algorithms_enabled(),
        np.geterr(),
    )


def digest(quick, seed=0):
    """Return a fingerprint of a resampled table."""
    X_res, _ = quick(random_state=seed).fit_resample(*table(60, 15, 8))
    return hashlib.sha256(X_res.tobytes()).hexdigest()


@pytest.fixture
def threads():
    """Let a test set torch's threads."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_nothing_global_changes(quick, three_classes):
    X, y = three_classes
    sampler = quick()
    before = global_state()
    sampler.fit_resample(X, y)
    sampler.sample(5, 1)
    assert global_state() == before


@needs_callbacks
def test_nothing_global_changes_when_training_fails(quick, three_classes):
    class Fails:
        def setup(self, estimator, context):
            pass

        teardown = on_fit_task_begin = setup

        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("stop here")

    sampler = quick().set_callbacks(Fails())
    before = global_state()
    with pytest.raises(RuntimeError, match="stop here"):
        sampler.fit_resample(*three_classes)
    assert global_state() == before


def test_one_seed_one_table(quick):
    assert digest(quick) == digest(quick)


def test_other_seed_other_table(quick):
    assert digest(quick, 0) != digest(quick, 1)


def test_without_a_seed_every_table_differs(quick, binary):
    first, second = (quick(random_state=None).fit_resample(*binary)[0] for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("n", [1, 2])
def test_number_of_threads_neither_matters_nor_changes(quick, threads, n):
    threads(1)
    expected = digest(quick)
    threads(n)
    assert digest(quick) == expected
    assert torch.get_num_threads() == n


@pytest.mark.xdist_group("workers")
def test_fits_at_the_same_time_leave_the_number_of_threads(threads):
    threads(2)
    inside, last = threading.Event(), threading.Event()

    def first():
        with single_thread:
            inside.set()
            assert last.wait(60)

    def second():
        assert inside.wait(60)
        with single_thread, single_thread:
            last.set()
            runner.join(60)
            found.append(torch.get_num_threads())
        found.append(torch.get_num_threads())

    found = []
    with threadpool_limits(2):
        before = blas_threads()
        runner, other = threading.Thread(target=first), threading.Thread(target=second)
        runner.start()
        other.start()
        other.join(60)
        assert blas_threads() == before
    assert found == [1, 2]
    assert torch.get_num_threads() == 2


@pytest.mark.xdist_group("workers")
def test_each_thread_gets_its_own_number_of_threads_back(threads):
    inside, last = threading.Event(), threading.Event()

    def other():
        with single_thread:
            inside.set()
            assert last.wait(60)

    runner = threading.Thread(target=other)
    runner.start()
    assert inside.wait(60)
    threads(3)
    with single_thread:
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3
    last.set()
    runner.join(60)


def blas_threads():
    """Return the number of threads of each library that has threads of its own."""
    return [library["num_threads"] for library in threadpool_info()]


def test_number_of_jobs_does_not_matter(three_classes):
    expected, _ = quick_vae(n_jobs=1).fit_resample(*three_classes)
    X_res, _ = quick_vae(n_jobs=2).fit_resample(*three_classes)
    assert_array_equal(X_res, expected)


def test_another_process_makes_the_same_table(quick):
    code = (
        "from tests.support import MAKERS\n"
        "from tests.contract.test_no_trace import digest\n"
        f"print(digest(MAKERS[{type(quick()).__name__!r}]))"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == [digest(quick)]


def test_a_random_state_is_accepted_and_advances(quick, binary):
    def pair():
        state = np.random.RandomState(3)
        return [quick(random_state=state).fit_resample(*binary)[0] for _ in range(2)]

    first, second = pair()
    again, _ = pair()
    assert_array_equal(first, again)
    assert not np.array_equal(first, second)


@contextmanager
def default_dtype(dtype):
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


MODES = {
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "inference_mode": torch.inference_mode,
    "no_grad": torch.no_grad,
    "set_grad_enabled": lambda: torch.set_grad_enabled(False),
    "autocast": lambda: torch.autocast("cpu"),
    "another device": lambda: torch.device("meta"),
}


def mixed(quick):
    """Return a sampler, and a table of all kinds of columns with gaps and rare categories."""
    X, y = customers(60, 20)
    g = np.random.default_rng(0)
    X["district"] = [f"d{i}" for i in g.geometric(0.1, len(X))]
    X.loc[::7, "district"] = X.loc[::9, "town"] = None
    return quick(), X, y


def pictures(quick):
    """Return a sampler of images, and such that it moves."""
    shape = (8, 9)
    X, y = images(24, 8, shape=shape)
    return (
        brief(quick, shape, **having(quick, augmentation_strength=0.5, generated_fraction=0.6)),
        X,
        y,
    )


def told(sampler, X, y):
    """Return everything a sampler makes and tells of rows, while and after it is fitted."""
    made = [sampler.fit_resample(X, y)[0], sampler.sample(5, 1)]
    if hasattr(sampler, "translate"):
        made += [sampler.translate(X[y == 0], 1), sampler.encode(X, 1)]
    if hasattr(sampler, "infer_codes"):
        made += [sampler.infer_codes(X), sampler.traverse("c1")]
    return pickle.dumps(sampler), [pd.DataFrame(rows) for rows in made]


@cache
def told_without_modes(quick, make):
    return told(*make(quick))


@pytest.mark.parametrize("make", [mixed, pictures])
@pytest.mark.parametrize("mode", MODES)
def test_the_callers_modes_of_torch_do_not_matter(quick, make, mode):
    pickled, expected = told_without_modes(quick, make)
    sampler, X, y = make(quick)
    with MODES[mode]():
        before = global_state()
        _, found = told(sampler, X, y)
        assert global_state() == before
        loaded = pickle.loads(pickled)
    for a, b in zip(expected, found, strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    twin = pickle.loads(pickled)
    for drawn in (sampler, loaded):
        rows = [pd.DataFrame(s.sample(4, 1, random_state=1)) for s in (drawn, twin)]
        pd.testing.assert_frame_equal(*rows, check_exact=True)


def test_fitting_twice_is_fitting_once(quick, three_classes, binary):
    expected, _ = quick().fit_resample(*three_classes)
    sampler = quick()
    sampler.fit_resample(*binary)
    sampler.sample(3, 1)
    assert_array_equal(sampler.fit_resample(*three_classes)[0], expected)


def test_a_class_is_made_the_same_way_whatever_else_is_asked(quick, three_classes):
    X, y = three_classes
    both, y_both = quick().fit_resample(X, y)
    alone, _ = quick(sampling_strategy={2: 60}).fit_resample(X, y)
    assert_array_equal(both[len(y) :][y_both[len(y) :] == 2], alone[len(y) :])


@pytest.mark.parametrize(
    "convert",
    [
        lambda y: y.astype(float),
        lambda y: y.astype(bool),
        lambda y: y.astype(str),
        lambda y: y.tolist(),
        lambda y: pd.Series(y, dtype="Int64"),
        lambda y: pd.Series(y, dtype="int64[pyarrow]"),
        pl.Series,
    ],
    ids=["float", "bool", "str", "list", "Int64", "arrow", "polars"],
)
def test_the_same_seed_gives_the_same_rows_whatever_the_labels_are(quick, binary, convert):
    X, y = binary
    np.testing.assert_array_equal(
        quick().fit_resample(X, convert(y))[0], quick().fit_resample(X, y)[0]
    )


@pytest.mark.parametrize("dtype", ["int64", "Int64", "int64[pyarrow]"])
def test_long_labels_stay_apart(quick, dtype):
    X = np.random.default_rng(0).normal(size=(75, 2))
    y = pd.Series(np.repeat([2**60, 2**60 + 1, 5], [50, 10, 15]), dtype=dtype)
    _, y_res = quick().fit_resample(X, y)
    assert y_res.dtype == y.dtype
    assert y_res[:75].equals(y)
    assert set(y_res.value_counts()) == {50}


@pytest.mark.skipif(
    tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13),
    reason="older versions of torch import their compiler anyway",
)
def test_a_first_fit_imports_no_compiler():
    """Torch's optimisers, torch.func.grad and skip_init would; it takes longer than a fit."""
    code = (
        "import sys; from tests.support import MAKERS, table\n"
        "for quick in MAKERS.values(): quick().fit_resample(*table(40, 10))\n"
        "print([name for name in ('torch._dynamo', 'sympy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
