"""A run: the random streams, device, callbacks, history and warnings that one fit shares."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import Any, Self

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from ._cache import TrainingCache
from ._callbacks import FitReport, PhaseReport
from ._nn.random import stream
from ._nn.stack import StackObjective, fit_stack
from ._nn.training import Diverged, History, Objective, TrainConfig, fit_module
from ._warn import warn

__all__ = ["Run", "TrainingWarning", "resolve_device", "single_thread"]

_ATTEMPTS = 3


class TrainingWarning(ConvergenceWarning):
    """A training diverged; the message says what was done instead."""


class Run:
    """What all trainings of one fit share: seed, device, cache, callbacks, and records.

    ``history`` maps phases to their histories; ``messages`` say which trainings diverged and
    what was done.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.seed, self.device = seed, device
        self.cache: TrainingCache | None = None
        self.history: dict[str, History] = {}
        self.messages: list[str] = []
        self._fit_report: FitReport | None = None
        self._phase_reports: dict[str, PhaseReport] = {}

    @classmethod
    @contextmanager
    def of(
        cls, estimator: Any, seed: int, device: torch.device, cache: TrainingCache | None = None
    ) -> Iterator[Self]:
        """Open the run of one fit: on one thread, with callbacks, and warnings at the end."""
        run = cls(seed, device)
        run.cache = cache
        with ExitStack() as stack:
            stack.enter_context(single_thread)
            run._fit_report = stack.enter_context(FitReport(estimator))
            yield run
        for message in run.messages:
            warn(message, TrainingWarning)

    def rng(self, *purpose: str | int) -> torch.Generator:
        """Return a fresh random stream for one purpose, always the same for the same name."""
        return stream(self.seed, *purpose)

    def child(self, phases: Mapping[str, int]) -> Run:
        """Return a run for some phases of so many epochs, which may be in another process."""
        child = Run(self.seed, self.device)
        child.cache = self.cache
        if self._fit_report is not None:
            reports = {name: self._fit_report.phase(name, n) for name, n in phases.items()}
            child._phase_reports = {name: r for name, r in reports.items() if r is not None}
        return child

    def join(self, child: Run) -> None:
        """Take over what a child run recorded."""
        self.history |= child.history
        self.messages += child.messages

    def key(self, module: nn.Module, *parts: Any) -> str:
        """Return the cache key of a module's training that depends on these parts.

        It includes names and shapes of the weights, seed and device type.
        """
        if self.cache is None:
            return ""
        weights = [(name, tuple(w.shape)) for name, w in module.state_dict().items()]
        arrays = [part.cpu().numpy() if isinstance(part, Tensor) else part for part in parts]
        return self.cache.key(weights, self.seed, self.device.type, *arrays)

    def load(self, module: nn.Module, key: str) -> dict[str, Tensor] | None:
        """Load weights and history of a cached training; return its other tensors."""
        if self.cache is None:
            return None
        cached = self.cache.load(key)
        if cached is None:
            return None
        tensors = {k: torch.from_numpy(v).to(self.device) for k, v in cached.arrays.items()}
        weights = {k: tensors.pop(f"weight {k}") for k in module.state_dict()}
        module.load_state_dict(weights)
        for phase, values in cached.record["history"].items():
            self.history[phase] = History(**values)
        self.messages += cached.record["messages"]
        return tensors

    def store(self, module: nn.Module, key: str, **others: Tensor) -> None:
        """Cache a training, with other tensors.

        A training stopped by a callback is not cached: a fit without callbacks would go on.
        """
        stopped = any(h.stop_reason == "callback" for h in self.history.values())
        if self.cache is None or stopped:
            return
        tensors = {f"weight {k}": v for k, v in module.state_dict().items()} | others
        record = {
            "history": {phase: asdict(history) for phase, history in self.history.items()},
            "messages": self.messages,
        }
        arrays = {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
        self.cache.store(key, arrays, record)

    def tensor(self, rows: np.ndarray[Any, Any]) -> Tensor:
        """Move rows to the device."""
        # Rows from another process may be read-only, and torch would warn.
        return torch.from_numpy(rows if rows.flags.writeable else rows.copy()).to(self.device)

    def train(
        self,
        module: nn.Module,
        objective: Objective,
        config: TrainConfig,
        *,
        phase: str | None,
    ) -> History:
        """Train a module; if that diverges, retry with a tenth of the learning rate, twice.

        If every attempt diverges, the module keeps its initial weights, and the history's
        ``stop_reason`` is "diverged". A phase of None is neither recorded nor reported.
        """
        initial = {name: value.clone() for name, value in module.state_dict().items()}
        history, reason = History(stop_reason="diverged"), ""
        with ExitStack() as stack:
            report = self._report(stack, phase, config)
            for attempt in range(_ATTEMPTS):
                try:
                    history = fit_module(module, objective, _tried(config, attempt), report)
                except Diverged as error:
                    reason = str(error)
                    module.load_state_dict(initial)
                    continue
                break
        self._record(phase, config, history, reason)
        return history

    def train_stack(
        self,
        weights: Tensor,
        objective: StackObjective,
        configs: Mapping[int, TrainConfig],
        *,
        phases: Mapping[int, str | None],
    ) -> dict[int, History]:
        """Train rows of weights as the weights of modules, with retries; see :meth:`train`.

        Shape: weights (n, n_weights), updated in place in the rows of ``configs``.
        """
        initial, reasons = weights.clone(), dict.fromkeys(configs, "")
        histories = {m: History(stop_reason="diverged") for m in configs}
        with ExitStack() as stack:
            reports = {m: self._report(stack, phases[m], config) for m, config in configs.items()}
            left = dict(configs)
            for attempt in range(_ATTEMPTS):
                tried = {m: _tried(config, attempt) for m, config in left.items()}
                ended, errors = fit_stack(weights, objective, tried, reports)
                histories, reasons = histories | ended, reasons | errors
                left = {m: configs[m] for m in errors}
                if not left:
                    break
                weights[list(left)] = initial[list(left)]
        for m, config in configs.items():
            self._record(phases[m], config, histories[m], reasons[m])
        return histories

    def _record(
        self, phase: str | None, config: TrainConfig, history: History, reason: str
    ) -> None:
        if phase is not None:
            self.history[phase] = history
        if history.learning_rate != config.learning_rate:
            self.messages.append(_message(phase, config, history, reason))

    def _report(
        self, stack: ExitStack, phase: str | None, config: TrainConfig
    ) -> PhaseReport | None:
        """Open the report of a phase, until the stack is closed."""
        if phase is None:
            return None
        report = self._phase_reports.get(phase)
        if report is None and self._fit_report is not None:
            report = self._fit_report.phase(phase, config.n_epochs)
        return None if report is None else stack.enter_context(report)


def _tried(config: TrainConfig, attempt: int) -> TrainConfig:
    """Return the settings of an attempt: a tenth of the learning rate of the one before."""
    return replace(config, learning_rate=config.learning_rate / 10**attempt)


def _message(phase: str | None, config: TrainConfig, history: History, reason: str) -> str:
    where = "" if phase is None else f" in phase {phase!r}"
    opening = f"Training diverged{where} with learning_rate={config.learning_rate:g}"
    if history.stop_reason == "diverged":
        return (
            f"{opening} and two smaller ones ({reason}). A smoothed bootstrap was used instead; "
            "try a smaller 'learning_rate'."
        )
    return f"{opening} ({reason}) and was retried with {history.learning_rate:g}."


class _SingleThread:
    """Uses one CPU thread, and restores the caller's setting afterwards.

    Small networks train several times faster on one thread than on two (the threads wait for
    each other), and sums taken by one thread have the same bits on every machine.

    Fits may run concurrently, each in its thread. The limit of BLAS applies to the whole process:
    the first fit sets it, and the last one restores it.
    """

    def __init__(self) -> None:
        self.lock, self.of_thread = threading.Lock(), threading.local()
        self.n_users, self.n_threads, self.limits = 0, 1, ExitStack()

    def __enter__(self) -> None:
        self.of_thread.depth = getattr(self.of_thread, "depth", 0) + 1
        if self.of_thread.depth > 1:
            return
        with self.lock:
            # A new thread starts with the number that another thread has set last.
            before = torch.get_num_threads()
            if self.n_users == 0:
                self.n_threads = before
                self.limits.enter_context(threadpool_limits(limits=1))
            self.of_thread.before = self.n_threads if before == 1 else before
            self.n_users += 1
            torch.set_num_threads(1)

    def __exit__(self, *error: object) -> None:
        self.of_thread.depth -= 1
        if self.of_thread.depth > 0:
            return
        with self.lock:
            self.n_users -= 1
            if self.n_users == 0:
                self.limits.close()
            torch.set_num_threads(self.of_thread.before)


single_thread = _SingleThread()
if hasattr(os, "register_at_fork"):
    # A forked child does not have the other threads.
    os.register_at_fork(after_in_child=single_thread.__init__)  # type: ignore[misc]


def resolve_device(device: str | torch.device) -> torch.device:
    """Return the device of the ``device`` parameter, or refuse one that cannot be used here."""
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    reason = "which is not a device that torch knows"
    try:
        resolved = torch.device(device)
        reason = "which this machine does not have or cannot compute on"
        torch.zeros(1, device=resolved).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f"The 'device' parameter is {str(device)!r}, {reason}. Use device='auto' or "
            "device='cpu'."
        ) from error
    return resolved
