"""The one path from X, y to X_res, y_res that every sampler of this package takes."""

from __future__ import annotations

import copy
import math
import numbers
import warnings
from abc import abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch
from imblearn.over_sampling.base import BaseOverSampler
from sklearn.callback import CallbackContext, CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ._data.assemble import append_rows
from ._data.codec import RowCodec
from ._engine.runtime import RandomStreams, resolve_device, single_thread

__all__ = [
    "DeepOverSampler",
    "EpochReport",
    "FewRowsWarning",
    "FittedGenerator",
    "Table",
    "TrainingWarning",
    "check_n_samples",
]

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]
Label = Hashable

# Codes decoded at the same time: bounds the memory of a large request.
_ROWS_AT_ONCE = 100_000


class FewRowsWarning(UserWarning):
    """A class has too few rows to learn from; the message says what was done instead."""


class TrainingWarning(UserWarning):
    """A training went wrong; the message says how and what was done instead."""


class FittedGenerator(Protocol):
    """What a method leaves behind for one class."""

    def draw(
        self, n_rows: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Codes, Indices]:
        """Draw the codes of new rows, and the row of the table behind each (-1: none)."""
        ...


@dataclass(frozen=True)
class Table:
    """A table as the methods see it."""

    codes: Codes
    y: Array
    codec: RowCodec
    streams: RandomStreams
    device: torch.device


class DeepOverSampler(CallbackSupportMixin, BaseOverSampler):
    """Base of the samplers: everything but the learning.

    A subclass supplies ``_fit_generators``; rows are checked, encoded, decoded and appended here.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseOverSampler._parameter_constraints,
        "image_shape": [None, "array-like"],
        "device": [str, torch.device],
    }

    image_shape: tuple[int, ...] | None
    device: str | torch.device
    random_state: Any

    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Learn the classes to be oversampled and append new rows of them.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Finite numbers. Sparse input is made dense while training.
        y : array-like of shape (n_samples,)
            Class labels.
        **params : dict
            Extra parameters that were requested through metadata routing.

        Returns
        -------
        X_resampled : {ndarray, dataframe, sparse matrix} of shape (n_samples_new, n_features)
            The rows of `X`, unchanged and in order, then the synthetic rows, class by class in
            the order of ``sampling_strategy_``. Container and dtypes are those of `X`.
        y_resampled : array-like of shape (n_samples_new,)
            Their labels.
        """
        before = dict(vars(self))
        try:
            result: tuple[Any, Any] = super().fit_resample(X, y, **params)
        except BaseException:
            # An interrupted fit leaves the estimator as it was.
            self.__dict__ = before
            raise
        return result

    def _check_X_y(self, X: Any, y: Any, accept_sparse: Any = None) -> tuple[Any, Any, bool]:
        if isinstance(self.sampling_strategy, Mapping):
            _check_counts(self.sampling_strategy)
        try:
            checked: tuple[Any, Any, bool] = super()._check_X_y(X, y, accept_sparse)
        except ValueError as error:
            column = _first_not_finite(X)
            if column is None:
                raise
            raise ValueError(
                f"{error}\nColumn {column!r} of X holds NaN or infinity. Impute or drop such "
                "values before resampling."
            ) from error
        return checked

    def _fit_resample(self, X: Any, y: Array, **params: Any) -> tuple[Any, Array]:
        wanted = {_plain(label): int(n) for label, n in self.sampling_strategy_.items() if n > 0}
        rows: Array = X if isinstance(X, np.ndarray) else X.toarray()
        self._check_image_shape(rows.shape[1])
        device = resolve_device(self.device)
        codec = RowCodec().fit(rows, intensities=self.image_shape is not None)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        streams = RandomStreams(seed)
        with single_thread():
            table = Table(codec.encode(rows), y, codec, streams, device)
            generators = self._fit_generators(table, list(wanted))
            made = [
                generators[label].draw(n, streams.generator("draw", str(label)), device)
                for label, n in wanted.items()
            ]
        self._codecs = {
            label: copy.copy(codec).calibrate_atoms(codes, table.codes[y == label])
            for (label, _), (codes, _) in zip(wanted.items(), made, strict=True)
        }
        self._generators = generators
        self.classes_ = np.unique(y)
        self.device_ = device
        self.n_synthetic_ = wanted
        self.source_indices_ = np.concatenate(
            [np.empty(0, dtype=np.intp), *(sources for _, sources in made)]
        )
        if not wanted:
            return X.copy(), y.copy()
        new_rows = [
            self._codecs[label].decode(codes)
            for label, (codes, _) in zip(wanted, made, strict=True)
        ]
        labels = np.repeat(np.array(list(wanted), dtype=y.dtype), list(wanted.values()))
        return append_rows(X, np.concatenate(new_rows)), np.concatenate([y, labels])

    def _warn_few_rows(self, label: Label, reason: str) -> None:
        warnings.warn(
            f"Class {label!r} {reason} to train a generator. Its rows are repeated with a little "
            "noise instead (a jittered bootstrap).",
            FewRowsWarning,
            stacklevel=3,
        )

    @abstractmethod
    def _fit_generators(self, table: Table, labels: list[Label]) -> dict[Label, FittedGenerator]:
        """Learn the classes named, and set ``history_``, ``n_iter_`` and ``stop_reason_``."""

    def sample(self, n_samples: Any, label: Label) -> Array:
        """Draw new rows of one class from the fitted sampler.

        An int ``random_state`` gives the same rows at every call, and not those that
        ``fit_resample`` returned.

        Parameters
        ----------
        n_samples : int
            Number of rows, at least 1.
        label : label
            One of the classes that ``fit_resample`` oversampled.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Rows of the dtype of the fitted table.

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer or `label` was not oversampled.
        """
        generator = self._generator_of(label)
        n_rows = check_n_samples(n_samples)
        with single_thread():
            codes, _ = generator.draw(
                n_rows, self._streams().generator("sample"), self._sampling_device()
            )
        return self._codecs[label].decode(codes)

    def _generator_of(self, label: Label) -> Any:
        check_is_fitted(self, "_generators")
        if label not in self._generators:
            raise ValueError(
                f"'label' is {label!r}, but rows can be drawn only of the classes that "
                f"fit_resample oversampled: {list(self._generators)}."
            )
        return self._generators[label]

    def _check_rows(self, X: Any) -> Array:
        """Check rows that come after fitting against the fitted table."""
        rows = validate_data(self, X, reset=False, accept_sparse=["csr", "csc"])
        dense: Array = rows.toarray() if hasattr(rows, "toarray") else rows
        return dense

    def _streams(self) -> RandomStreams:
        state = check_random_state(self.random_state)
        return RandomStreams(int(state.randint(np.iinfo(np.int32).max)))

    def _sampling_device(self) -> torch.device:
        """Return the device of the training, or the CPU where this machine does not have it."""
        try:
            return resolve_device(self.device_)
        except ValueError:
            return torch.device("cpu")

    def _check_image_shape(self, n_features: int) -> None:
        if self.image_shape is None:
            return
        shape: tuple[Any, ...] = tuple(self.image_shape)
        if any(not isinstance(side, numbers.Integral) or side < 1 for side in shape):
            raise ValueError(
                f"'image_shape' must be (height, width) or (height, width, channels) in whole "
                f"pixels, got {shape!r}."
            )
        if len(shape) not in (2, 3) or math.prod(shape) != n_features:
            raise ValueError(
                f"'image_shape' {shape} stands for {math.prod(shape)} pixels, but X has "
                f"{n_features} columns. Flatten each image into one row, as in "
                "images.reshape(len(images), -1)."
            )


class EpochReport:
    """Tells scikit-learn's callbacks of each epoch of one training."""

    def __init__(
        self, estimator: object, root: CallbackContext, task: str, task_id: int, n_epochs: int
    ) -> None:
        self.estimator, self.task = estimator, task
        self.context = root.subcontext(task, task_id=task_id, max_subtasks=n_epochs)

    def __enter__(self) -> None:
        self.context.call_on_fit_task_begin(estimator=self.estimator)

    def __exit__(self, *error: object) -> None:
        self.context.call_on_fit_task_end(estimator=self.estimator)

    def __call__(self, values: Mapping[str, float]) -> bool:
        """Report the loss terms of an epoch; True asks to stop."""
        epoch = self.context.subcontext("epoch")
        epoch.call_on_fit_task_begin(estimator=self.estimator)
        stop = epoch.call_on_fit_task_end(
            estimator=self.estimator, metadata={"task": self.task, **values}
        )
        return bool(stop)


def check_n_samples(n_samples: Any) -> int:
    """Return the number of rows asked for, or refuse it."""
    if not isinstance(n_samples, numbers.Integral) or n_samples < 1:
        raise ValueError(f"'n_samples' must be an integer of at least 1, got {n_samples!r}.")
    return int(n_samples)


def _check_counts(strategy: Mapping[Any, Any]) -> None:
    for label, count in strategy.items():
        if not isinstance(count, numbers.Integral):
            raise ValueError(
                f"'sampling_strategy' asks for {count!r} rows of class {label!r}, but the number "
                "of rows must be an integer."
            )


def _plain(label: Label) -> Label:
    """Turn a numpy scalar into the Python one, which reads better as a key and in messages."""
    return label.item() if isinstance(label, np.generic) else label


def _first_not_finite(X: Any) -> Any:
    """Name of the first column with NaN or infinity, None if there is none or X has no columns."""
    if hasattr(X, "columns"):
        return next((name for name in X.columns if _has_not_finite(X[name])), None)
    values = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    if values.ndim != 2:
        return None
    return next((f"x{j}" for j, column in enumerate(values.T) if _has_not_finite(column)), None)


def _has_not_finite(column: Any) -> bool:
    if np.iscomplexobj(column):
        return False
    try:
        return not np.isfinite(np.asarray(column, dtype=np.float64)).all()
    except (TypeError, ValueError):
        return False
