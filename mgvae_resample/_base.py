"""The one path from X, y to X_res, y_res: check, encode once, train, synthesize, append."""

from __future__ import annotations

import inspect
import numbers
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from joblib import Memory
from sklearn.utils import assert_all_finite, check_consistent_length
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import column_or_1d, validate_data

from ._cache import TrainingCache
from ._callbacks import CallbackSupportMixin
from ._composition import Composition, kept_share
from ._encoding.layout import EncodedRows
from ._learnable import (
    NOT_LEARNED,
    rows_to_learn,
    unlearnable_reason,
    warn_of_few_rows,
)
from ._modality.base import ImageShapeWarning, Modality
from ._modality.image import ImageModality
from ._modality.tabular import IdentifierWarning, TabularModality
from ._nn.modes import without_callers_modes
from ._parameters import (
    check_counts,
    check_hidden_layer_sizes,
    check_image_shape,
    check_ratio,
)
from ._run import Run, TrainingWarning, resolve_device
from ._sample import Condition, Label, SampleMixin
from ._synthesizer import KINDS, Indices, Kinds, SmoothedBootstrap, Synthesizer
from ._tables.labels import plain_classes, plain_label, plain_labels, restore_labels
from ._tables.table import Table
from ._version import __version__
from ._warn import warn

__all__ = [
    "NOT_LEARNED",
    "Condition",
    "DeepOverSampler",
    "IdentifierWarning",
    "ImageShapeWarning",
    "Label",
    "Labels",
    "TrainingWarning",
    "plain_classes",
]

Labels = npt.NDArray[Any]


class DeepOverSampler(SampleMixin, CallbackSupportMixin, BaseOverSampler):
    """Base of the samplers: everything but the learning.

    A subclass supplies ``_fit_synthesizers``; rows are checked, encoded, decoded and appended
    here, and drawn after fitting by ``SampleMixin``. Subclasses are listed in
    ``DeepOverSampler.registry`` as soon as they are defined.
    """

    registry: ClassVar[list[type[DeepOverSampler]]] = []

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseOverSampler._parameter_constraints,
        "categorical_features": [None, StrOptions({"auto"}), "array-like"],
        "image_shape": [None, "array-like"],
        "device": [str, torch.device],
    }

    categorical_features: Any
    image_shape: tuple[int, ...] | None
    hidden_layer_sizes: Any = "auto"
    # Methods without these parameters make every row, and move none.
    generated_share: str | float = 1.0
    augmentation: str | float = 0.0
    # A class of fewer rows is not learned.
    _fewest_rows: ClassVar[int] = 3
    memory: str | Memory | None = None
    device: str | torch.device
    random_state: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            DeepOverSampler.registry.append(cls)

    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Learn the classes to be over-sampled and append new rows of them.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Numbers, categories, dates and durations; missing values are learned. Data frames are
            those of pandas or polars. Sparse input is made dense while training.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Class labels: text, whole numbers, booleans, or dates of numpy. Of several columns,
            one for each class, each row holds a 1 in that of its class and else 0; the classes
            are then the numbers of the columns, for `sampling_strategy` and all else.
        **params : dict
            None is known, as in `SMOTE`: any is refused with a ``TypeError``.

        Returns
        -------
        X_resampled : {ndarray, dataframe, sparse matrix} of shape (n_samples_new, n_features)
            The rows of `X`, unchanged and in order, then the synthetic rows, class by class in
            the order of ``sampling_strategy_``. Container and dtypes are those of `X`; sparse
            rows come back as CSR or CSC, an object array of numbers alone as floats, and the
            index of a data frame is a new one, as everywhere in imbalanced-learn.
        y_resampled : array-like of shape (n_samples_new,) or (n_samples_new, n_classes)
            Their labels: in the container of `y`, with its dtype and all of its columns.
        """
        with self._unchanged_by_errors(), without_callers_modes():
            self._forget()
            labels = plain_labels(y)
            table, y_res = super().fit_resample(Table.of(X), labels, **params)
        return table.output(), restore_labels(y, labels, y_res[len(labels) :])

    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Check the data and forget what was learned; ``fit_resample`` learns.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            As of ``fit_resample``.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Class labels, as of ``fit_resample``.
        **params : dict
            Not used.

        Returns
        -------
        self : object
            The sampler, which draws no rows before ``fit_resample``.
        """
        with self._unchanged_by_errors(), without_callers_modes():
            self._forget()
            super().fit(X, plain_labels(y), **params)
        return self

    def _forget(self) -> None:
        """Drop what was learned from another table."""
        learned = [name for name in vars(self) if name.endswith("_")]
        for name in (*learned, "_synthesizers"):
            self.__dict__.pop(name, None)

    @contextmanager
    def _unchanged_by_errors(self) -> Iterator[None]:
        """Leave the estimator as it was where a fit is interrupted."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def __sklearn_tags__(self) -> Any:
        """Say that text and missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.allow_nan = self.image_shape is None
        return tags

    def _check_X_y(self, X: Any, y: Any, accept_sparse: Any = None) -> tuple[Any, Any, bool]:
        """Check everything that can be checked before a row is encoded."""
        table = X if isinstance(X, Table) else Table.of(X)
        y = column_or_1d(y)
        assert_all_finite(y, input_name="y")
        validate_data(self, X=table.native, y=y, reset=True, skip_check_array=True)
        check_consistent_length(table, y)
        self._check_parameters(table.shape[1], y)
        modality: Modality[Any] = (
            TabularModality(self.categorical_features)
            if self.image_shape is None
            else ImageModality(self.image_shape)
        )
        self._modality = modality.fit(table)
        return table, y, False

    def _check_parameters(self, n_features: int, y: Labels) -> None:
        """Refuse parameters that do not fit the table; subclasses check their own as well."""
        if isinstance(self.sampling_strategy, Mapping):
            check_counts(self.sampling_strategy)
        if isinstance(self.sampling_strategy, numbers.Real):
            check_ratio(float(self.sampling_strategy), y)
        wanted = check_sampling_strategy(self.sampling_strategy, y, self._sampling_type)
        check_counts(wanted)
        resolve_device(self.device)
        check_hidden_layer_sizes(self.hidden_layer_sizes)
        if self.image_shape is not None:
            check_image_shape(tuple(self.image_shape), n_features)

    def _hidden_layer_sizes(self) -> tuple[int, ...]:
        """Return the widths of the hidden layers, with what "auto" stands for."""
        sizes = check_hidden_layer_sizes(self.hidden_layer_sizes)
        return self._modality.hidden_layer_sizes() if sizes is None else sizes

    def _auto(self, value: Any, *, table: Any, image: Any) -> Any:
        """Return a parameter's value, with what "auto" stands for."""
        return self._modality.choose(table=table, image=image) if value == "auto" else value

    def _fit_resample(self, table: Table, y: Labels) -> tuple[Table, Labels]:
        wanted = {plain_label(k): int(n) for k, n in self.sampling_strategy_.items() if n > 0}
        self.device_ = resolve_device(self.device)
        self.classes_, self.n_synthetic_ = np.unique(y), wanted
        with Run.of(self, self._seed(), self.device_, self._cache()) as run:
            self._learned_from = at = rows_to_learn(y, run.rng("rows to learn"))
            of_table = table if len(at) == len(y) else table.take(at)
            rows, labels = self._modality.encode(of_table), y[at]
            learnable = [label for label in wanted if self._is_learnable(y, label)]
            synthesizers = self._fit_synthesizers(rows, labels, learnable, run)
            for label in wanted:
                class_rows = rows[labels == label]
                synthesizers.setdefault(label, SmoothedBootstrap(self._modality, class_rows))
            self._compose(synthesizers, rows, labels, run)
            for label in wanted:
                rng = run.rng("class filter", self._number(label))
                synthesizers[label].fit_class_filter(rows, labels != label, rng, run.remember)
            drawn: list[tuple[Indices, Kinds]] = []
            new = self._new_rows(table, wanted, synthesizers, run, drawn)
            resampled = table.append(new, sum(wanted.values()))
        self._synthesizers = synthesizers
        self.history_ = {phase: h.terms for phase, h in run.history.items()}
        self.n_iter_ = {phase: h.n_steps for phase, h in run.history.items()}
        self.stop_reason_ = {phase: h.stop_reason for phase, h in run.history.items()}
        sources, kinds = zip((np.empty(0, np.intp), np.empty(0, np.int8)), *drawn, strict=True)
        self.source_indices_, self._row_kinds = np.concatenate(sources), np.concatenate(kinds)
        new_labels = np.repeat(np.array(list(wanted), dtype=y.dtype), list(wanted.values()))
        return resampled, np.concatenate([y, new_labels])

    def _compose(
        self, synthesizers: Mapping[Label, Synthesizer], rows: EncodedRows, y: Labels, run: Run
    ) -> None:
        """Tell synthesizers what share of their rows to make, and how far to move images."""
        index = {label: np.flatnonzero(y == label) for label in synthesizers}
        shares = {
            label: synthesizer.share_made(self._share_generated(len(index[label])))
            for label, synthesizer in synthesizers.items()
        }
        kept, strength = kept_share(len(self.classes_)), self.augmentation
        if isinstance(strength, str):
            some_move = any(s.moves_made or shares[k] < 1.0 for k, s in synthesizers.items())
            strength = self._harmless_strength(rows, y, run) if some_move else 0.0
            # Of two halves, one kept and one moved twice as far, none goes beyond 1.
            strength = min(strength, 1.0 - kept)
        for label, synthesizer in synthesizers.items():
            composition = Composition(shares[label], kept, float(strength))
            synthesizer.compose(composition, index[label])

    def _harmless_strength(self, rows: EncodedRows, y: Labels, run: Run) -> float:
        """Return what the augmentation "auto" stands for."""
        numbers = torch.from_numpy(np.searchsorted(self.classes_, y))
        return self._modality.largest_harmless_strength(
            run.tensor(rows), numbers, run.rng("augmentation")
        )

    def _share_generated(self, n_rows: int) -> float:
        """Return the share of new rows that is made for a class of so many rows."""
        if self.generated_share == "auto":
            return self._auto_generated_share(n_rows)
        return float(self.generated_share)

    def _auto_generated_share(self, n_rows: int) -> float:
        """Return what "auto" stands for."""
        return 1.0

    def _new_rows(
        self,
        table: Table,
        wanted: Mapping[Label, int],
        synthesizers: Mapping[Label, Synthesizer],
        run: Run,
        drawn: list[tuple[Indices, Kinds]],
    ) -> Iterator[Table]:
        """Yield the new rows in blocks, class by class, and add what they are to a list."""
        for label, n in wanted.items():
            synthesizer = synthesizers[label]
            for block in synthesizer.draw(n, run.rng("draw", self._number(label))):
                if synthesizer.calibration is None:
                    class_rows = synthesizer.class_rows
                    synthesizer.calibration = self._modality.calibrate(block.rows, class_rows)
                source = np.where(block.source < 0, -1, self._learned_from[block.source])
                drawn.append((source, block.kind))
                # Real rows are taken from the table, others are decoded.
                starts = np.flatnonzero(np.diff(block.kind)) + 1
                for part in np.split(np.arange(len(source)), starts):
                    if KINDS[block.kind[part[0]]] == "real":
                        yield table.take(source[part])
                    else:
                        yield self._modality.decode(block.rows[part], synthesizer.calibration)

    def _number(self, label: Label) -> int:
        """Return the place of a class among all classes."""
        return plain_classes(self.classes_).index(label)

    def _cache(self) -> TrainingCache | None:
        """Return the cache of trainings that ``memory`` stands for."""
        folder = self.memory.location if isinstance(self.memory, Memory) else self.memory
        if folder is None:
            return None
        if not isinstance(self.random_state, numbers.Integral):
            warn(
                "'memory' is not used: it needs an int 'random_state', without which no training "
                "is like an earlier one.",
            )
            return None
        return TrainingCache(str(folder), f"{__version__}-torch-{torch.__version__}")

    def _is_learnable(self, y: Labels, label: Label) -> bool:
        """Tell whether a class can be learned; warn if it cannot, or has few rows."""
        n = int((y == label).sum())
        reason = unlearnable_reason(n, self._fewest_rows, self._modality)
        reason = reason or self._unlearnable(y, label)
        warn_of_few_rows(label, n, reason, self._modality)
        return reason is None

    def _unlearnable(self, y: Labels, label: Label) -> str | None:
        """Return why a class with rows enough cannot be learned all the same, if it cannot."""
        return None

    @property
    def row_kinds_(self) -> npt.NDArray[np.str_]:
        """What each new row is."""
        self._check_resampled()
        kinds: npt.NDArray[np.str_] = np.array(KINDS)[self._row_kinds]
        return kinds

    @abstractmethod
    def _fit_synthesizers(
        self, rows: EncodedRows, y: Labels, labels: list[Label], run: Run
    ) -> dict[Label, Synthesizer]:
        """Learn classes.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
            The table, encoded by ``self._modality``; of a very large one a sample, whose places
            in the table are ``self._learned_from``.
        y : ndarray of shape (n,)
            Their labels.
        labels : list
            The classes to be over-sampled that can be learned.
        run : Run
            Trains, and supplies random streams.

        Returns
        -------
        dict of label to Synthesizer
            A class that is missing is left to the smoothed bootstrap.
        """
