"""What all trainings of a fit share: random streams, a smaller learning rate, phases, warnings."""

import math
import warnings
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from torch import nn

from mgvae_resample import FewRowsWarning, TrainingWarning
from mgvae_resample import _run as run_module
from mgvae_resample._nn.stack import fit_stack
from mgvae_resample._nn.training import Diverged, StopReason, TrainConfig, fit_module
from mgvae_resample._run import Run
from mgvae_resample._synthesizer import SmoothedBootstrap
from tests.contract.having import needs
from tests.layouts import CPU, Minimise
from tests.support import quick_gan, quick_vae, table

CONFIG = TrainConfig(max_steps=10, learning_rate=0.1, decay=1e-9)


def one_weight():
    """Return a module of one weight, 0 at first."""
    module = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(module.weight)
    return module


def climb(module, limit):
    """Return an objective: the weight grows by the learning rate; infinite past a limit."""

    def step(n_steps):
        weight = module.weight.sum()
        return {"height": torch.where(weight > limit, math.inf, -weight)}

    return Minimise(step)


# The learning rate


def test_a_training_that_diverges_is_retried_with_a_tenth_of_the_learning_rate():
    run, module = Run(0, CPU), one_weight()
    history = run.train(module, climb(module, 0.5), CONFIG, phase="up the hill")
    assert history.learning_rate == pytest.approx(0.01)
    assert (history.stop_reason, history.n_steps) == ("max_steps", 10)
    assert run.history == {"up the hill": history}
    # From the start again, not from where it had diverged.
    assert module.weight.item() == pytest.approx(0.1, rel=1e-3)
    (message,) = run.messages
    assert "phase 'up the hill'" in message
    assert "learning_rate=0.1 " in message
    assert "'height': inf" in message
    assert message.endswith("was retried with 0.01.")


def test_a_retry_is_the_training_that_the_smaller_rate_would_have_given():
    run, module, twin = Run(0, CPU), one_weight(), one_weight()
    history = run.train(module, climb(module, 0.5), CONFIG, phase="retried")
    at_once = replace(CONFIG, learning_rate=history.learning_rate)
    expected = run.train(twin, climb(twin, 0.5), at_once, phase="at once")
    assert torch.equal(module.weight, twin.weight)
    assert history == expected
    assert len(run.messages) == 1


def test_a_training_that_works_is_not_retried_and_says_nothing():
    run, module = Run(0, CPU), one_weight()
    history = run.train(module, climb(module, 5.0), CONFIG, phase="up the hill")
    assert history.learning_rate == 0.1
    assert run.messages == []


def test_after_three_failures_the_initial_weights_are_left():
    run, module = Run(0, CPU), one_weight()
    rates = []

    def step(n_steps):
        rates.append(n_steps)
        return climb(module, -1.0).step(n_steps, None)

    history = run.train(module, Minimise(step), CONFIG, phase="up the hill")
    assert rates == [*range(10)] * 3
    assert history.stop_reason == "diverged"
    assert (history.n_steps, history.terms) == (0, {})
    assert run.history == {"up the hill": history}
    assert module.weight.item() == 0.0
    (message,) = run.messages
    assert "phase 'up the hill' with learning_rate=0.1 and two smaller ones" in message
    assert "smoothed bootstrap" in message
    assert "smaller 'learning_rate'" in message


def test_the_rates_tried_are_the_one_asked_for_and_two_smaller_ones(monkeypatch):
    tried = []

    def fails(module, objective, config, report):
        tried.append(config.learning_rate)
        raise Diverged("the loss is infinite")

    monkeypatch.setattr(run_module, "fit_module", fails)
    module = one_weight()
    Run(0, CPU).train(module, climb(module, 5.0), CONFIG, phase="up the hill")
    assert tried == pytest.approx([0.1, 0.01, 0.001])


def test_a_training_without_a_phase_is_not_recorded():
    run, module = Run(0, CPU), one_weight()
    history = run.train(module, climb(module, 5.0), CONFIG, phase=None)
    assert history.n_steps == 10
    assert module.weight.item() == pytest.approx(1.0, rel=1e-3)
    assert (run.history, run.messages) == ({}, [])
    run.train(module, climb(module, -1.0), CONFIG, phase=None)
    (message,) = run.messages
    assert message.startswith("Training diverged with learning_rate=0.1")
    assert run.history == {}


# Random streams


def drawn(run, *purpose):
    """Return a few numbers of a stream."""
    return torch.rand(4, generator=run.rng(*purpose)).tolist()


def test_a_stream_is_the_same_for_the_same_name():
    run = Run(3, CPU)
    assert drawn(run, "rows") == drawn(run, "rows") == drawn(Run(3, CPU), "rows")
    assert drawn(run, "class", 1) == drawn(run, "class", 1)


def test_streams_of_other_names_and_seeds_differ():
    run = Run(3, CPU)
    of_name = [
        drawn(run, *name) for name in [("a",), ("b",), ("a", 1), ("a", 2), ("a1",), ("a", "b")]
    ]
    streams = [*of_name, drawn(run, "ab"), drawn(Run(4, CPU), "a")]
    assert len({tuple(numbers) for numbers in streams}) == len(streams)


def test_a_child_has_the_streams_of_its_run():
    run = Run(3, CPU)
    assert drawn(run.child(phases={"finetune 1": 2}), "class", 1) == drawn(run, "class", 1)


def test_joining_takes_over_history_and_messages():
    run = Run(0, CPU)
    module = one_weight()
    first = run.train(module, climb(module, 5.0), CONFIG, phase="pretrain")
    child = run.child(phases={"finetune 1": 1})
    module = one_weight()
    second = child.train(module, climb(module, 0.5), CONFIG, phase="finetune 1")
    assert run.history == {"pretrain": first}
    run.join(child)
    assert run.history == {"pretrain": first, "finetune 1": second}
    assert run.messages == child.messages
    assert len(run.messages) == 1


def test_a_run_is_on_one_thread_and_warns_when_it_ends():
    def open_a_run():
        with Run.of(quick_vae(), 0, CPU) as run:
            assert torch.get_num_threads() == 1
            run.messages.append("something diverged")

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.warns(TrainingWarning, match="something diverged"):
            open_a_run()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# The same through the samplers


def resample(sampler, X, y):
    """Resample, and return the new rows and the messages of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", FewRowsWarning)
        X_res, _ = sampler.fit_resample(X, y)
    assert all(w.category is TrainingWarning for w in caught)
    return X_res[len(X) :], [str(w.message) for w in caught]


def test_where_nothing_was_learned_rows_come_from_the_smoothed_bootstrap(quick, binary):
    needs(quick, "learning_rate")
    X, y = binary
    sampler = quick(learning_rate=1e30)
    rows, (message,) = resample(sampler, X, y)
    (phase,) = sampler.stop_reason_
    assert phase in ("pretrain", "train")
    assert sampler.stop_reason_ == {phase: "diverged"}
    assert sampler.n_steps_ == {phase: 0}
    assert sampler.history_ == {phase: {}}
    assert f"Training diverged in phase {phase!r} with learning_rate=1e+30 and two" in message
    assert "A smoothed bootstrap was used instead; try a smaller 'learning_rate'." in message
    assert np.isfinite(rows).all()
    assert (sampler.source_indices_ == -1).all()
    assert isinstance(sampler._synthesizers[1], SmoothedBootstrap)
    # Each row is one of the class with a little noise.
    distance = np.linalg.norm(rows[:, None] - X[y == 1], axis=2).min(axis=1)
    assert (distance > 0).all()
    assert np.median(distance) < 0.5 * X[y == 1].std(axis=0).sum()
    assert np.isfinite(sampler.sample(5, 1)).all()


def test_a_learning_rate_just_too_large_is_lowered(quick, binary):
    """The smallest power of ten that diverges: a tenth of it was fine before."""
    needs(quick, "learning_rate")
    for exponent in range(12):
        sampler = quick(learning_rate=10.0**exponent)
        rows, messages = resample(sampler, *binary)
        if messages:
            break
    assert f"with learning_rate={10.0**exponent:g} (after" in messages[0]
    assert f"was retried with {10.0 ** (exponent - 1):g}." in messages[0]
    assert "diverged" not in sampler.stop_reason_.values()
    assert np.isfinite(rows).all()
    assert "smoothed" not in sampler.sample_kinds_


@pytest.fixture
def diverge_where(monkeypatch):
    """Let trainings diverge, by their configuration and how many there were before."""

    def install(condition):
        trained = []

        def fit(module, objective, config, report):
            trained.append(config)
            if condition(config, len(trained) - 1):
                raise Diverged("after 1 steps the loss terms are nan")
            return fit_module(module, objective, config, report)

        def fit_some(weights, objective, configs, reports):
            errors, left = {}, {}
            for m, config in configs.items():
                trained.append(config)
                if condition(config, len(trained) - 1):
                    errors[m] = "after 1 steps the loss terms are nan"
                else:
                    left[m] = config
            histories, others = fit_stack(weights, objective, left, reports) if left else ({}, {})
            return histories, errors | others

        monkeypatch.setattr(run_module, "fit_module", fit)
        monkeypatch.setattr(run_module, "fit_stack", fit_some)

    return install


def test_a_lower_rate_gives_the_rows_of_that_rate(quick, binary, diverge_where):
    needs(quick, "learning_rate")
    expected, _ = resample(quick(learning_rate=1e-3), *binary)
    diverge_where(lambda config, _: config.learning_rate > 5e-3)
    sampler = quick(learning_rate=1e-2)
    rows, messages = resample(sampler, *binary)
    np.testing.assert_array_equal(rows, expected)
    assert len(messages) == len(sampler.history_)
    for phase, message in zip(sampler.history_, messages, strict=True):
        assert f"in phase {phase!r} with learning_rate=0.01 (" in message
        assert message.endswith("was retried with 0.001.")


def test_a_class_whose_finetuning_diverges_is_bootstrapped_and_the_others_are_learned(
    three_classes, diverge_where
):
    X, y = three_classes
    # One training for the majority, then one for class 1 and three for class 2.
    diverge_where(lambda _, n_before: n_before >= 2)
    sampler = quick_vae()
    _, (message,) = resample(sampler, X, y)
    assert "in phase 'finetune 2'" in message
    assert sampler.stop_reason_ == {
        "pretrain": "max_steps",
        "finetune 1": "max_steps",
        "finetune 2": "diverged",
    }
    assert (sampler.source_indices_[:45] >= 0).all()
    assert (sampler.source_indices_[45:] == -1).all()
    assert list(sampler.exemplar_indices_) == [1]


def test_a_last_training_that_diverges_is_said_though_the_one_before_did_not(diverge_where):
    """Of 60 rows a fifth is held out; training then goes on with all of them."""
    diverge_where(lambda _, n_before: n_before >= 2)
    sampler = quick_vae()
    _, (message,) = resample(sampler, *table(90, 60))
    assert "A smoothed bootstrap was used instead" in message
    assert sampler.stop_reason_ == {"pretrain": "max_steps", "finetune 1": "diverged"}
    assert sampler.n_steps_["finetune 1"] == 0
    assert (sampler.source_indices_ == -1).all()


# Why a training ended; "callback" is in contract/test_callbacks.py


def test_all_stop_reasons_are_tested():
    assert set(get_args(StopReason)) == {"max_steps", "early_stopping", "callback", "diverged"}


def test_all_steps_are_made_where_nothing_ends_the_training_before(binary):
    sampler = quick_vae()
    sampler.fit_resample(*binary)
    assert sampler.stop_reason_ == {"pretrain": "max_steps", "finetune 1": "max_steps"}
    assert sampler.n_steps_ == {"pretrain": 30, "finetune 1": 20}
    sampler = quick_gan()
    sampler.fit_resample(*binary)
    assert sampler.stop_reason_ == {"train": "max_steps"}
    assert sampler.n_steps_ == {"train": 30}


def test_pretraining_stops_once_the_validation_loss_no_longer_falls():
    sampler = quick_vae(max_pretrain_steps=5000, learning_rate=0.01)
    sampler.fit_resample(*table(200, 15))
    assert sampler.stop_reason_["pretrain"] == "early_stopping"
    losses = sampler.history_["pretrain"]["validation_loss"]
    assert sampler.n_steps_["pretrain"] == 50 * len(losses) < 5000
    # Nine epochs in a row were no better than the best one.
    assert int(np.argmin(losses)) == len(losses) - 10


def test_finetuning_stops_once_the_validation_loss_no_longer_falls():
    sampler = quick_vae(max_finetune_steps=5000, learning_rate=0.01)
    sampler.fit_resample(*table(200, 60))
    assert sampler.stop_reason_["finetune 1"] == "early_stopping"
    losses = sampler.history_["finetune 1"]["validation_loss"]
    # Training then goes on with all rows, for a quarter as many steps or up to 40.
    best = 10 * (int(np.argmin(losses)) + 1)
    assert sampler.n_steps_["finetune 1"] == best + max(best // 4, 40 - best)
    assert int(np.argmin(losses)) == len(losses) - 4


def test_where_nothing_was_trained_there_are_no_phases(quick):
    sampler = quick()
    sampler.fit_resample(*table(20, 20))
    assert sampler.history_ == sampler.n_steps_ == sampler.stop_reason_ == {}
