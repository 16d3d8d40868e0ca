"""A cache of trainings never changes a bit, serves every amount, and survives damage."""

import warnings

import numpy as np
import pytest
import torch
from imblearn.pipeline import make_pipeline
from joblib import Memory, Parallel, delayed
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from torch import nn

from mgvae_resample import MultiplyBy, RaiseTo
from mgvae_resample._cache import TrainingCache
from mgvae_resample._run import Run
from tests.support import SAMPLERS, quick_sampler, table

AMOUNTS = ["auto", {1: 70, 2: 40}, RaiseTo(0.5), MultiplyBy(3)]
# What only drawing depends on, and what a training depends on, of whatever a sampler has.
DRAWING = {
    "exemplar_selection": "uniform",
    "generated_fraction": 0.2,
    "augmentation_strength": 0.5,
    "n_jobs": 2,
}
TRAINING = {
    "latent_dim": 2,
    "ewc_weight": 2.0,
    "noise_dim": 4,
    "structure": None,
    "hidden_layer_sizes": (8,),
    "batch_size": 16,
    "learning_rate": 0.01,
    "max_finetune_steps": 10,
    "max_steps": 10,
    "random_state": 1,
    "MGVAEOverSampler": [
        {"latent_dim": 2},
        {"ewc_weight": 2.0},
        {"variant": "published"},
        {"max_finetune_steps": 10},
        {"random_state": 1},
    ],
    "BayesGANOverSampler": [
        {"noise_dim": 4},
        {"structure": None},
        {"max_steps": 10},
        {"random_state": 1},
    ],
}
PARAMETERS = {name: sampler().get_params() for name, sampler in SAMPLERS.items()}

every_sampler = pytest.mark.parametrize(
    "name", [name for name, params in PARAMETERS.items() if "memory" in params]
)


def known(name, params):
    """Return those of the parameters that a sampler has, one at a time."""
    return [{key: value} for key, value in params.items() if key in PARAMETERS[name]]


@pytest.fixture
def trainings(monkeypatch):
    """Return the list of phases that are trained, in this process."""
    found = []
    train, train_stack = Run.train, Run.train_stack

    def watched(self, *args, phase, **kwargs):
        found.append(phase)
        return train(self, *args, phase=phase, **kwargs)

    def watched_stack(self, *args, phases, **kwargs):
        found.extend(phases.values())
        return train_stack(self, *args, phases=phases, **kwargs)

    monkeypatch.setattr(Run, "train", watched)
    monkeypatch.setattr(Run, "train_stack", watched_stack)
    return found


def results(sampler, X, y):
    """Return everything a fit leaves behind."""
    X_res, y_res = sampler.fit_resample(X, y)
    told = (sampler.history_, sampler.n_steps_, sampler.stop_reason_)
    return [X_res, y_res, sampler.source_indices_, sampler.sample(5, 1)], told


def stored(folder):
    """Return when each training in a cache was written, of this process or another."""
    return {file: file.stat().st_mtime_ns for file in folder.rglob("*.npz")}


def assert_same(first, second):
    for a, b in zip(first[0], second[0], strict=True):
        assert_array_equal(a, b)
    assert first[1] == second[1]


@every_sampler
@pytest.mark.parametrize("as_memory", [False, True])
def test_the_bits_are_those_without_a_cache(name, three_classes, tmp_path, trainings, as_memory):
    memory = Memory(tmp_path, verbose=0) if as_memory else str(tmp_path)
    for amount in AMOUNTS:
        expected = results(quick_sampler(name, sampling_strategy=amount), *three_classes)
        trainings.clear()
        cached = quick_sampler(name, sampling_strategy=amount, memory=memory)
        assert_same(expected, results(cached, *three_classes))
        assert bool(trainings) == (amount == "auto")


@every_sampler
def test_parameters_of_drawing_reuse_the_training(name, three_classes, tmp_path):
    quick_sampler(name, memory=str(tmp_path)).fit_resample(*three_classes)
    before = stored(tmp_path)
    assert before
    for params in known(name, DRAWING):
        cached = results(quick_sampler(name, memory=str(tmp_path), **params), *three_classes)
        assert_same(cached, results(quick_sampler(name, **params), *three_classes))
        assert stored(tmp_path) == before, params


@every_sampler
def test_parameters_of_training_rows_and_labels_train_anew(
    name, three_classes, tmp_path, trainings
):
    X, y = three_classes
    quick_sampler(name, memory=str(tmp_path)).fit_resample(X, y)
    for params in known(name, TRAINING):
        trainings.clear()
        quick_sampler(name, memory=str(tmp_path), **params).fit_resample(X, y)
        assert trainings, params
    for rows, labels in ((X + np.eye(len(X), 4), y), (X, y[::-1].copy())):
        trainings.clear()
        quick_sampler(name, memory=str(tmp_path)).fit_resample(rows, labels)
        assert trainings


@every_sampler
@pytest.mark.parametrize("damage", ["cut", "empty", "other", "pickle"])
def test_a_damaged_file_is_trained_again_with_a_warning(name, binary, tmp_path, damage):
    expected = results(quick_sampler(name), *binary)
    quick_sampler(name, memory=str(tmp_path)).fit_resample(*binary)
    files = list(tmp_path.rglob("*.npz"))
    assert files
    for file in files:
        whole = file.read_bytes()
        if damage == "pickle":
            np.savez(file, weights=np.array([{"a": 1}], dtype=object))
        else:
            file.write_bytes({"cut": whole[:99], "empty": b"", "other": b"text"}[damage])
    with pytest.warns(UserWarning, match="cannot be read.*trained again"):
        assert_same(expected, results(quick_sampler(name, memory=str(tmp_path)), *binary))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(expected, results(quick_sampler(name, memory=str(tmp_path)), *binary))


def test_another_version_never_reads_an_entry(tmp_path):
    old, new = TrainingCache(str(tmp_path), "0.1"), TrainingCache(str(tmp_path), "0.2")
    old.store(old.key("a"), {"w": np.zeros(2)}, {"history": {}})
    assert old.load(old.key("a")) is not None
    assert new.load(new.key("a")) is None
    assert new.load(old.key("a")) is None


def test_keys_tell_apart_what_looks_alike(tmp_path):
    cache = TrainingCache(str(tmp_path), "1")
    parts = [
        (np.zeros((2, 3)),),
        (np.zeros((3, 2)),),
        (np.zeros((2, 3), dtype=np.float32),),
        (np.zeros((2, 3)), 1),
        (1, np.zeros((2, 3))),
        ("1",),
        (1,),
        ("ab", "c"),
        ("a", "bc"),
    ]
    assert len({cache.key(*part) for part in parts}) == len(parts)


def test_a_network_with_other_weights_never_reads_an_entry(tmp_path):
    run = Run(0, torch.device("cpu"))
    run.cache = TrainingCache(str(tmp_path), "1")
    stored = nn.Sequential(nn.Linear(2, 3))
    run.store(stored, run.key(stored, "rows"))
    assert run.load(stored, run.key(stored, "rows")) is not None
    renamed, larger = nn.ModuleDict({"first": nn.Linear(2, 3)}), nn.Sequential(nn.Linear(2, 4))
    for other in (renamed, larger):
        assert run.load(other, run.key(other, "rows")) is None


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, binary):
    (tmp_path / "file").write_text("no folder")
    with pytest.warns(UserWarning, match="could not be cached"):
        quick_sampler("MGVAEOverSampler", memory=str(tmp_path / "file")).fit_resample(*binary)


@pytest.fixture
def little_space():
    """Let a test allow files of so many bytes at most, as a full disk or a quota does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda n: resource.setrlimit(resource.RLIMIT_FSIZE, (n, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_training_that_finds_no_space_leaves_no_unfinished_file(tmp_path, little_space):
    cache = TrainingCache(str(tmp_path), "1")
    cache.store(cache.key("small"), {"w": np.zeros(2)}, {})
    little_space(20_000)
    with pytest.warns(UserWarning, match="could not be cached"):
        cache.store(cache.key("large"), {"w": np.zeros(20_000)}, {})
    assert cache.load(cache.key("large")) is None
    assert cache.load(cache.key("small")) is not None
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert not list(tmp_path.rglob("*.tmp"))


def test_an_interrupted_store_leaves_no_unfinished_file(tmp_path, monkeypatch):
    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    cache = TrainingCache(str(tmp_path), "1")
    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.store(cache.key("a"), {"w": np.zeros(2)}, {})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not list(tmp_path.rglob("*.tmp"))


@every_sampler
def test_a_fit_that_finds_no_space_gives_the_same_rows(name, binary, tmp_path, little_space):
    expected = results(quick_sampler(name), *binary)
    little_space(600)
    with pytest.warns(UserWarning, match="could not be cached"):
        assert_same(expected, results(quick_sampler(name, memory=str(tmp_path)), *binary))
    assert not list(tmp_path.rglob("*.tmp"))


@every_sampler
def test_without_an_int_seed_nothing_is_stored_and_that_is_said(name, tmp_path, binary):
    for seed in (None, np.random.RandomState(0)):
        sampler = quick_sampler(name, memory=str(tmp_path), random_state=seed)
        with pytest.warns(UserWarning, match="'memory' is not used"):
            sampler.fit_resample(*binary)
    assert not list(tmp_path.rglob("*.npz"))


@pytest.mark.xdist_group("workers")
@every_sampler
def test_several_processes_share_a_cache(name, tmp_path):
    def fit(seed):
        X, y = table(40, 12)
        sampler = quick_sampler(name, random_state=seed, memory=str(tmp_path))
        return sampler.fit_resample(X, y)[0]

    found = Parallel(n_jobs=2)(delayed(fit)(seed) for seed in [0, 0, 0, 0, 1])
    for rows in found[1:4]:
        assert_array_equal(rows, found[0])
    assert not list(tmp_path.rglob("*.tmp"))


@every_sampler
def test_a_search_over_amounts_trains_once_a_fold(name, binary, tmp_path, trainings):
    X, y = binary
    sampler = quick_sampler(name, memory=str(tmp_path))
    model = make_pipeline(sampler, LogisticRegression())
    step = model.steps[0][0]
    grid = [
        {step: ["passthrough"]},
        {f"{step}__sampling_strategy": [RaiseTo(0.4), RaiseTo(0.6), RaiseTo(1.0)]},
    ]
    GridSearchCV(model, grid, cv=3, refit=False).fit(X, y)
    assert trainings.count("pretrain") + trainings.count("train") == 3
