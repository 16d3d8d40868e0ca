"""The one path from X, y to X_res, y_res that every sampler of this package takes."""

from __future__ import annotations

import copy
import math
import numbers
import warnings
from abc import abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_target_type
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import assert_all_finite, check_consistent_length, check_random_state
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from ._data.assemble import append_rows
from ._data.categorical import find_categorical
from ._data.checking import check_table
from ._data.codec import Codec, ImageCodec, TableCodec
from ._data.labels import check_counts, check_labels, plain_label, plain_labels
from ._data.polars_frames import from_pandas, is_polars, to_pandas
from ._data.tables import dense, make_readers, read_column
from ._engine.runtime import RandomStreams, resolve_device, single_thread

__all__ = [
    "DeepOverSampler",
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
    codec: Codec
    streams: RandomStreams
    device: torch.device


class DeepOverSampler(CallbackSupportMixin, BaseOverSampler):
    """Base of the samplers: everything but the learning.

    A subclass supplies ``_fit_generators``; rows are checked, encoded, decoded and appended here.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseOverSampler._parameter_constraints,
        "categorical_features": [None, StrOptions({"auto"}), "array-like"],
        "image_shape": [None, "array-like"],
        "device": [str, torch.device],
    }

    categorical_features: Any
    image_shape: tuple[int, ...] | None
    device: str | torch.device
    random_state: Any

    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Learn the classes to be oversampled and append new rows of them.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Numbers, categories, dates and durations; missing values are learned. Sparse input
            is made dense while training. A polars DataFrame is taken by way of pandas; what is
            missing in its new rows is null.
        y : array-like of shape (n_samples,)
            Class labels.
        **params : dict
            Extra parameters that were requested through metadata routing.

        Returns
        -------
        X_resampled : {ndarray, dataframe, sparse matrix} of shape (n_samples_new, n_features)
            The rows of `X`, unchanged and in order, then the synthetic rows, class by class in
            the order of ``sampling_strategy_``. Container and dtypes are those of `X`; the index
            of a data frame is a new one, as everywhere in imbalanced-learn.
        y_resampled : array-like of shape (n_samples_new,)
            Their labels.
        """
        before = dict(vars(self))
        try:
            check_labels(y)
            if is_polars(X) or is_polars(y):
                return self._fit_resample_polars(X, y, **params)
            result: tuple[Any, Any] = super().fit_resample(X, y, **params)
        except BaseException:
            # An interrupted fit leaves the estimator as it was.
            self.__dict__ = before
            raise
        return result

    def _fit_resample_polars(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Take polars tables by way of pandas; only new rows come back that way."""
        X_res, y_res = super().fit_resample(to_pandas(X), to_pandas(y), **params)
        self._polars = X[:0] if is_polars(X) else None
        return from_pandas(X_res, X), from_pandas(y_res, y)

    def __sklearn_tags__(self) -> Any:
        """Say that text and missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.allow_nan = self.image_shape is None
        return tags

    def _check_X_y(self, X: Any, y: Any, accept_sparse: Any = None) -> tuple[Any, Any, bool]:
        if isinstance(self.sampling_strategy, Mapping):
            check_counts(self.sampling_strategy)
        y, is_one_vs_rest = check_target_type(plain_labels(y), indicate_one_vs_all=True)
        X, y = check_table(X), column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        validate_data(self, X=X, y=y, reset=True, skip_check_array=True)
        check_consistent_length(X, y)
        if self.image_shape is None:
            categorical = find_categorical(X, self.categorical_features)
            for j, reader in enumerate(make_readers(X, categorical)):
                read_column(reader, X, j)
        else:
            dense(X)
        return X, y, is_one_vs_rest

    def _fit_resample(self, X: Any, y: Array, **params: Any) -> tuple[Any, Array]:
        wanted = {
            plain_label(label): int(n) for label, n in self.sampling_strategy_.items() if n > 0
        }
        self._check_image_shape(X.shape[1])
        device = resolve_device(self.device)
        codec = self._fit_codec(X)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        streams = RandomStreams(seed)
        with single_thread():
            table = Table(codec.encode(X), y, codec, streams, device)
            generators = self._fit_generators(table, list(wanted))
            classes = np.unique(y)
            known = classes.tolist()
            made = [
                generators[label].draw(n, streams.generator("draw", known.index(label)), device)
                for label, n in wanted.items()
            ]
        self._polars = None
        self._codecs = {
            label: copy.copy(codec).calibrate_atoms(codes, table.codes[y == label])
            for (label, _), (codes, _) in zip(wanted.items(), made, strict=True)
        }
        self._generators = generators
        self.classes_ = classes
        self.device_ = device
        self.n_synthetic_ = wanted
        self.source_indices_ = np.concatenate(
            [np.empty(0, dtype=np.intp), *(sources for _, sources in made)]
        )
        if not wanted:
            return X.copy(), y.copy()
        labels = np.repeat(np.array(list(wanted), dtype=y.dtype), list(wanted.values()))
        new_rows = self._decoded(
            (label, codes) for label, (codes, _) in zip(wanted, made, strict=True)
        )
        return append_rows(X, new_rows), np.concatenate([y, labels])

    def _fit_codec(self, X: Any) -> Codec:
        if self.image_shape is not None:
            return ImageCodec().fit(X)
        return TableCodec().fit(X, find_categorical(X, self.categorical_features))

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

    def sample(self, n_samples: Any, label: Label) -> Any:
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
        {ndarray, dataframe} of shape (n_samples, n_features)
            Rows in the container and the dtypes of the fitted table; dense for a sparse one.

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
        return self._restore([(label, codes)])

    def _restore(self, parts: Iterable[tuple[Label, Codes]]) -> Any:
        """Restore rows of some classes, in the container that the caller's table had."""
        rows = self._decoded(parts)
        return rows if self._polars is None else from_pandas(rows, self._polars)

    def _decoded(self, parts: Iterable[tuple[Label, Codes]]) -> Any:
        return reduce(append_rows, [self._codecs[k].decode(codes) for k, codes in parts])

    def _generator_of(self, label: Label) -> Any:
        self._check_resampled()
        if label not in self._generators:
            raise ValueError(
                f"'label' is {label!r}, but rows can be drawn only of the classes that "
                f"fit_resample oversampled: {list(self._generators)}."
            )
        return self._generators[label]

    def _check_resampled(self) -> None:
        """Refuse to draw before ``fit_resample``; ``fit`` trains no imblearn sampler."""
        check_is_fitted(
            self,
            "_generators",
            msg="This %(name)s is not fitted yet: call fit_resample; fit only checks the data.",
        )

    def _check_rows(self, X: Any) -> Any:
        """Check rows that come after fitting against the fitted table."""
        rows = check_table(to_pandas(X))
        validate_data(self, X=rows, reset=False, skip_check_array=True)
        return rows

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


def check_n_samples(n_samples: Any) -> int:
    """Return the number of rows asked for, or refuse it."""
    if not isinstance(n_samples, numbers.Integral) or n_samples < 1:
        raise ValueError(f"'n_samples' must be an integer of at least 1, got {n_samples!r}.")
    return int(n_samples)
