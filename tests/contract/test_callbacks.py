"""scikit-learn's callbacks show progress, read the losses and stop the training."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from tests.contract.having import having, needs
from tests.support import counts, quick_gan, quick_vae, table

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has no callbacks")

LONG = {"max_pretrain_steps": 300, "max_finetune_steps": 200}


class Recorder:
    """Keeps what it is told, and asks for a stop once it has been told enough."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.begun, self.losses, self.events = [], [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        if metadata:
            self.losses.append(metadata)
        return self.stop_after is not None and len(self.losses) >= self.stop_after


def test_losses_are_those_of_the_history(three_classes):
    recorder = Recorder()
    sampler = quick_vae(**LONG).set_callbacks(recorder)
    sampler.fit_resample(*three_classes)
    history = sampler.history_["pretrain"]
    assert set(history) == {"reconstruction", "prior"}
    assert set(sampler.history_["finetune 1"]) == {"reconstruction", "prior", "ewc"}
    n_epochs = len(next(iter(history.values())))
    assert n_epochs >= 2
    for name, values in history.items():
        assert [losses[name] for losses in recorder.losses[:n_epochs]] == values
    assert np.isfinite(list(history.values())).all()
    assert [losses["task"] for losses in recorder.losses[:n_epochs]] == ["pretrain"] * n_epochs
    others = {losses["task"] for losses in recorder.losses[n_epochs:]}
    assert others == {"finetune 1", "finetune 2"}


def test_losses_of_the_gan_are_those_of_its_history(three_classes):
    recorder = Recorder()
    sampler = quick_gan(max_steps=120).set_callbacks(recorder)
    sampler.fit_resample(*three_classes)
    assert set(sampler.history_) == {"train"}
    history = sampler.history_["train"]
    assert set(history) == {
        "discriminator",
        "classifier",
        "gradient_penalty",
        "generator",
        "likelihood",
        "independence",
        "parent_usage",
    }
    for name, values in history.items():
        assert [losses[name] for losses in recorder.losses] == values
    assert len(recorder.losses) == 3
    assert {losses["task"] for losses in recorder.losses} == {"train"}


def test_a_callback_stops_the_game(binary):
    sampler = quick_gan(max_steps=300).set_callbacks(Recorder(stop_after=1))
    _, y_res = sampler.fit_resample(*binary)
    assert sampler.stop_reason_ == {"train": "callback"}
    assert sampler.n_steps_ == {"train": 50}
    assert counts(y_res) == {0: 60, 1: 60}


def test_a_callback_does_not_change_the_rows(quick, binary):
    expected, _ = quick().fit_resample(*binary)
    X_res, _ = quick().set_callbacks(Recorder()).fit_resample(*binary)
    assert_array_equal(X_res, expected)


def test_a_callback_stops_the_training(binary):
    full, stopped = quick_vae(**LONG), quick_vae(**LONG).set_callbacks(Recorder(stop_after=1))
    full.fit_resample(*binary)
    _, y_res = stopped.fit_resample(*binary)
    assert stopped.stop_reason_ == {"pretrain": "callback", "finetune 1": "callback"}
    assert stopped.n_steps_["pretrain"] < full.n_steps_["pretrain"]
    assert counts(y_res) == {0: 60, 1: 60}


def test_a_class_that_could_go_on_with_all_rows_stops_as_well():
    sampler = quick_vae(**LONG).set_callbacks(Recorder(stop_after=1))
    sampler.fit_resample(*table(220, 80))
    assert sampler.n_steps_ == {"pretrain": 50, "finetune 1": 10}


def test_what_a_callback_stopped_is_not_cached(quick, binary, tmp_path):
    needs(quick, "memory")
    long = having(quick, **LONG, max_steps=300)
    stopped = quick(**long, memory=str(tmp_path)).set_callbacks(Recorder(stop_after=1))
    stopped.fit_resample(*binary)
    sampler = quick(**long, memory=str(tmp_path))
    X_res, _ = sampler.fit_resample(*binary)
    assert "callback" not in sampler.stop_reason_.values()
    expected, _ = quick(**long).fit_resample(*binary)
    assert_array_equal(X_res, expected)


def test_a_callback_is_set_up_and_torn_down_once(quick, three_classes):
    recorder = Recorder()
    quick().set_callbacks(recorder).fit_resample(*three_classes)
    assert recorder.events == ["setup", "teardown"]


def test_a_callback_is_torn_down_when_it_raises(quick, binary):
    class Fails(Recorder):
        def on_fit_task_end(self, estimator, context, *, metadata=None):
            raise RuntimeError("stop here")

    recorder = Fails()
    with pytest.raises(RuntimeError, match="stop here"):
        quick().set_callbacks(recorder).fit_resample(*binary)
    assert recorder.events == ["setup", "teardown"]


def test_a_callback_hears_of_a_table_that_needs_no_training(quick):
    X, y = np.arange(40.0).reshape(20, 2), np.repeat([0, 1], 10)
    recorder = Recorder()
    quick().set_callbacks(recorder).fit_resample(X, y)
    assert recorder.events == ["setup", "teardown"]
    assert recorder.losses == []


@pytest.mark.xdist_group("workers")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_bar(three_classes, n_jobs, capsys):
    sampler = quick_vae(n_jobs=n_jobs).set_callbacks(callback.ProgressBar())
    X_res, _ = sampler.fit_resample(*three_classes)
    shown = capsys.readouterr().out
    assert "MGVAEOverSampler" in shown
    assert "100%" in shown
    assert_array_equal(X_res, quick_vae().fit_resample(*three_classes)[0])


def test_losses_are_named_by_the_phases_of_the_history(quick, three_classes):
    recorder = Recorder()
    sampler = quick().set_callbacks(recorder)
    sampler.fit_resample(*three_classes)
    found = {}
    for losses in recorder.losses:
        phase = found.setdefault(losses.pop("task"), {})
        for name, value in losses.items():
            phase.setdefault(name, []).append(value)
    assert found == sampler.history_
    assert set(recorder.begun) >= set(sampler.history_)


def test_clone_and_refit_keep_working_with_callbacks(quick, binary):
    sampler = quick().set_callbacks(Recorder())
    sampler.fit_resample(*binary)
    X_again, _ = sampler.fit_resample(*binary)
    assert_array_equal(X_again, clone(sampler).fit_resample(*binary)[0])
