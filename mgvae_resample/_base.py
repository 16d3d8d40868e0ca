"""The one path from X, y to X_res, y_res: check, encode once, train, synthesize, append."""

from __future__ import annotations

import inspect
import numbers
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from joblib import Memory
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils import assert_all_finite, check_consistent_length, check_random_state
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from ._cache import TrainingCache
from ._callbacks import CallbackSupportMixin
from ._checks import (
    check_counts,
    check_hidden_layer_sizes,
    check_image_shape,
    check_n_samples,
    check_ratio,
)
from ._docs import documented
from ._encoding.layout import EncodedRows
from ._fraction import (
    N_GENERATED,
    N_JUDGED,
    discrete_fraction,
    is_faithful,
    some_rows,
)
from ._modality.base import ImageShapeWarning, Modality
from ._modality.image import ImageModality
from ._modality.tabular import IdentifierWarning, TabularModality
from ._nn.modes import without_callers_modes
from ._nn.random import random_rows
from ._plan import NOT_LEARNED, Plan, make_plan, rows_to_learn
from ._rejection.known_rows import row_keys
from ._run import Run, TrainingWarning, resolve_device, single_thread
from ._synthesizer import BLOCK, SmoothedBootstrap, Synthesizer
from ._tables.labels import (
    is_missing,
    plain_classes,
    plain_label,
    plain_labels,
    restore_labels,
)
from ._tables.table import Appender, Table
from ._version import __version__
from ._warn import warn

__all__ = [
    "NOT_LEARNED",
    "ColumnRuleWarning",
    "Condition",
    "DeepOverSampler",
    "IdentifierWarning",
    "ImageShapeWarning",
    "Label",
    "Labels",
    "OtherVersionWarning",
    "Plan",
    "TrainingWarning",
    "plain_classes",
]

Labels = npt.NDArray[Any]
Label = Hashable
# Takes rows in the caller's container and returns a bool for each.
Condition = Callable[[Any], Any]

# Key of the package version in a saved sampler.
_VERSION = "_mgvae_resample_version"
# Rows drawn at once, and in all, to find rows that meet a condition.
_FEWEST_DRAWN, _MOST_DRAWN, _MOST_DRAWN_PER_ROW = 256, 10_000, 100


class OtherVersionWarning(InconsistentVersionWarning):
    """A fitted sampler was saved by another version; the message names both."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return self.message


class ColumnRuleWarning(UserWarning):
    """Some new rows break a rule between columns; the message says how many."""


class DeepOverSampler(CallbackSupportMixin, BaseOverSampler):
    """Base of the samplers: everything but the learning.

    A subclass supplies ``_fit_synthesizers``; rows are checked, encoded, decoded and appended
    here. Subclasses are listed in ``DeepOverSampler.registry`` as soon as they are defined.
    """

    registry: ClassVar[list[type[DeepOverSampler]]] = []
    # Modality -> parameter -> what "auto" stands for.
    _auto: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseOverSampler._parameter_constraints,
        "categorical_features": [None, StrOptions({"auto"}), "array-like"],
        "image_shape": [None, "array-like"],
        "rules": [StrOptions({"auto"}), None],
        "device": [str, torch.device],
    }

    categorical_features: Any
    image_shape: tuple[int, ...] | None
    hidden_layer_sizes: Any = "auto"
    # For methods without these parameters: all rows are generated, and no image is augmented.
    generated_fraction: str | float = 1.0
    augmentation_strength: str | float = 0.0
    # For methods without this parameter.
    rules: str | None = "auto"
    # Classes with fewer rows are not learned.
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
            Class labels: text, integers, booleans, or numpy dates. They may be one-hot, with a
            column for each class; the classes are then the column numbers, also in
            `sampling_strategy`.
        **params : dict
            Not supported; passing any raises a ``TypeError``, as with `SMOTE`.

        Returns
        -------
        X_resampled : {ndarray, dataframe, sparse matrix} of shape (n_samples_new, n_features)
            The rows of `X`, unchanged and in order, then the synthetic rows, class by class in
            the order of ``sampling_strategy_``. Container and dtypes are those of `X`. Sparse
            rows are returned as CSR or CSC, object arrays that hold only numbers as floats, and
            data frames with a new index, as in imbalanced-learn.
        y_resampled : array-like of shape (n_samples_new,) or (n_samples_new, n_classes)
            Their labels, in the container of `y`, with its dtype and columns.
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
            As in ``fit_resample``.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Class labels, as in ``fit_resample``.
        **params : dict
            Not used.

        Returns
        -------
        self : object
            The sampler; it cannot draw rows before ``fit_resample``.
        """
        with self._unchanged_by_errors(), without_callers_modes():
            self._forget()
            super().fit(X, plain_labels(y), **params)
            check_counts(self.sampling_strategy_)
        return self

    def _forget(self) -> None:
        """Drop what an earlier fit learned."""
        learned = [name for name in vars(self) if name.endswith("_")]
        for name in (*learned, "_synthesizers"):
            self.__dict__.pop(name, None)

    @contextmanager
    def _unchanged_by_errors(self) -> Iterator[None]:
        """Restore the estimator if a fit fails or is interrupted."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def __sklearn_tags__(self) -> Any:
        """Declare support for text and missing values."""
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
        table_modality, image_modality = self._modalities
        modality: Modality = (
            table_modality(self.categorical_features, finds_rules=self.rules is not None)
            if self.image_shape is None
            else image_modality(self.image_shape)
        )
        self._modality = modality.fit(table)
        return table, y, False

    @property
    def _modalities(self) -> tuple[type[TabularModality], type[ImageModality]]:
        """The modalities of tables and of images."""
        return TabularModality, ImageModality

    def _check_parameters(self, n_features: int, y: Labels) -> None:
        """Refuse parameters that do not fit the table; subclasses extend this."""
        if isinstance(self.sampling_strategy, Mapping):
            check_counts(self.sampling_strategy)
        if isinstance(self.sampling_strategy, numbers.Real):
            check_ratio(float(self.sampling_strategy), y)
        # A function is called once, by imbalanced-learn.
        if not callable(self.sampling_strategy):
            check_sampling_strategy(self.sampling_strategy, y, self._sampling_type)
        resolve_device(self.device)
        check_hidden_layer_sizes(self.hidden_layer_sizes)
        if self.image_shape is not None:
            check_image_shape(tuple(self.image_shape), n_features)

    def _hidden_layer_sizes(self) -> tuple[int, ...]:
        """Return the widths of the hidden layers, with "auto" resolved."""
        sizes = check_hidden_layer_sizes(self.hidden_layer_sizes)
        return self._modality.hidden_layer_sizes() if sizes is None else sizes

    def _setting(self, name: str) -> Any:
        """Return a parameter, with "auto" resolved."""
        value = getattr(self, name)
        return self._auto[self._modality.name][name] if isinstance(value, str) else value

    def _fit_resample(self, table: Table, y: Labels) -> tuple[Table, Labels]:
        check_counts(self.sampling_strategy_)
        counts = {plain_label(k): int(n) for k, n in self.sampling_strategy_.items() if n > 0}
        self.device_ = resolve_device(self.device)
        self.classes_, self.n_synthetic_ = np.unique(y), counts
        kinds, origins = [np.empty(0, "U10")], [np.empty((2, 0), np.intp)]
        resampled = Appender(table, sum(counts.values()))
        with Run.of(self, self._seed(), self.device_, self._cache()) as run:
            self._learned_from = at = rows_to_learn(y, run.rng("rows to learn"))
            rows = self._modality.encode(table if len(at) == len(y) else table.take(at))
            plans = self._plans(y, counts, rows, y[at], run)
            learned = [label for label, plan in plans.items() if plan.not_learned is None]
            fitted = self._fit_synthesizers(rows, y[at], learned, run)
            synthesizers = self._with_rules(fitted, rows, y[at], plans, run)
            for label, synthesizer in synthesizers.items():
                n_new, rng = synthesizer.plan.n_new, run.rng("draw", self._number(label))
                synthesizer.n_refused = synthesizer.n_broken = 0
                for start in range(0, n_new, BLOCK):
                    for part in synthesizer.draw(min(BLOCK, n_new - start), rng):
                        origin = np.stack([part.source, part.parent])
                        origin = np.where(origin < 0, -1, at[origin])
                        if synthesizer.thresholds is None:
                            synthesizer.fit_thresholds(part.rows)
                        # Real rows are taken from the table, others are decoded.
                        resampled.add(
                            table.take(origin[0])
                            if part.kind == "real"
                            else self._modality.decode(part.rows, synthesizer.thresholds)
                        )
                        kinds.append(np.full(origin.shape[1], part.kind, "U10"))
                        origins.append(origin)
        self._synthesizers = synthesizers
        self.n_refused_ = {label: s.n_refused for label, s in synthesizers.items()}
        self.history_ = {phase: h.terms for phase, h in run.history.items()}
        self.n_steps_ = {phase: h.n_steps for phase, h in run.history.items()}
        self.stop_reason_ = {phase: h.stop_reason for phase, h in run.history.items()}
        self.source_indices_, self.parent_indices_ = np.concatenate(origins, axis=1)
        self.sample_kinds_, self.rules_ = np.concatenate(kinds), self._modality.column_rules
        self._warn_of_broken_rules(counts, counts)
        new_labels = np.repeat(np.array(list(counts), dtype=y.dtype), list(counts.values()))
        return resampled.table(), np.concatenate([y, new_labels])

    def _plans(
        self,
        y: Labels,
        counts: Mapping[Label, int],
        rows: EncodedRows,
        learned_labels: Labels,
        run: Run,
    ) -> dict[Label, Plan]:
        """Decide what is done for each class, before anything is learned."""
        strength = self.augmentation_strength
        if isinstance(strength, str):
            numbers = torch.from_numpy(np.searchsorted(self.classes_, learned_labels))
            strength = self._modality.largest_auto_strength(
                run.tensor(rows), numbers, run.rng("augmentation")
            )
            # If half of the repeats are kept, the others are moved twice as far, up to 1.
            strength = min(strength, 1.0 if len(self.classes_) == 2 else 0.5)
        is_auto = self.generated_fraction == "auto"
        n_sparse = rows.shape[1] if is_auto and self._modality.is_sparse(rows) else 0
        plans = {}
        for label, n_new in counts.items():
            n_rows = int((y == label).sum())
            fraction = self._generated_fraction(n_rows)
            plans[label] = make_plan(
                label,
                n_rows,
                n_new,
                not_learned=self._not_learned(y, label, n_rows),
                modality=self._modality,
                generated_fraction=fraction,
                needs_network=fraction > 0.0 or self._varies_repeats(learned_labels),
                strength=float(strength),
                n_classes=len(self.classes_),
                n_sparse=n_sparse,
            )
        return plans

    def _not_learned(self, y: Labels, label: Label, n_rows: int) -> str | None:
        """Return why a class cannot be learned, if it cannot."""
        if n_rows < self._fewest_rows:
            return f"has {n_rows} row(s), and at least {self._fewest_rows} are needed"
        return None

    def _varies_repeats(self, y: Labels) -> bool:
        """Return whether a network changes repeated rows; subclasses may override this."""
        return False

    def _generated_fraction(self, n_rows: int) -> float:
        """Return the fraction of new rows that is generated for a class of ``n_rows`` rows."""
        if isinstance(self.generated_fraction, str):
            return self._auto_generated_fraction(n_rows)
        return float(self.generated_fraction)

    def _auto_generated_fraction(self, n_rows: int) -> float:
        """Return what "auto" stands for."""
        return 1.0

    def _with_rules(
        self,
        fitted: Mapping[Label, Synthesizer],
        rows: EncodedRows,
        y: Labels,
        plans: Mapping[Label, Plan],
        run: Run,
    ) -> dict[Label, Synthesizer]:
        """Return a synthesizer for each class, with the rules that its new rows must meet."""
        # Keys of images, which meet no rules of tables, would take long.
        keys = row_keys(rows if self._modality.has_rules else rows[:, :0])
        synthesizers = {}
        for label, plan in plans.items():
            if plan.not_learned is None and label not in fitted:
                plan = plan.unlearned(self._modality)
            is_class = y == label
            synthesizer = fitted.get(label) or SmoothedBootstrap(self._modality, rows[is_class])
            synthesizer.plan, synthesizer.class_index = plan, np.flatnonzero(is_class)
            rng = run.rng("rules", self._number(label))
            synthesizer.fit_rules(rows, keys, ~is_class, rng)
            synthesizers[label] = synthesizer
        if self._modality.is_discrete and self.generated_fraction == "auto" and fitted:
            self._choose_fraction(rows, y, fitted, run)
        if self._modality.is_judged and self.generated_fraction == "auto":
            for label, fitted_one in fitted.items():
                self._judge(rows, y == label, fitted_one, run.rng("judge", self._number(label)))
        return synthesizers

    def _judge(
        self,
        rows: EncodedRows,
        is_class: npt.NDArray[np.bool_],
        synthesizer: Synthesizer,
        rng: torch.Generator,
    ) -> None:
        """Generate no images if they do not look like their class."""
        if synthesizer.plan.generated_fraction == 0.0:
            return
        at_own, at_others = some_rows(is_class, rng)
        generated = synthesizer.generated(N_JUDGED, rng)
        own, others, new = (
            self._modality.responses(torch.from_numpy(part), torch.from_numpy(rows[at_own]))
            for part in (rows[at_own], rows[at_others], generated)
        )
        if not is_faithful(own, others, new, rng):
            synthesizer.plan = replace(synthesizer.plan, generated_fraction=0.0)

    def _choose_fraction(
        self, rows: EncodedRows, y: Labels, synthesizers: Mapping[Label, Synthesizer], run: Run
    ) -> None:
        """Generate fewer rows if trees learn less from them than from repeats."""

        def inputs(encoded: EncodedRows) -> npt.NDArray[np.float32]:
            return self._modality.inputs(torch.from_numpy(encoded)).numpy()

        rng = run.rng("fraction")
        generated = {k: inputs(s.sample(N_GENERATED, rng)) for k, s in synthesizers.items()}
        fraction = discrete_fraction(inputs(rows), plain_labels(y), generated, rng)
        for synthesizer in synthesizers.values():
            synthesizer.plan = replace(synthesizer.plan, generated_fraction=fraction)

    def _number(self, label: Label) -> int:
        """Return the index of a class in ``classes_``."""
        return plain_classes(self.classes_).index(label)

    def _cache(self) -> TrainingCache | None:
        """Return the cache of trainings in the folder ``memory``, if it can be used."""
        folder = self.memory.location if isinstance(self.memory, Memory) else self.memory
        if folder is None:
            return None
        if not isinstance(self.random_state, numbers.Integral):
            warn(
                "'memory' is not used: it needs an int 'random_state', since otherwise no "
                "training can be reused.",
            )
            return None
        return TrainingCache(str(folder), f"{__version__}-torch-{torch.__version__}")

    @abstractmethod
    def _fit_synthesizers(
        self, rows: EncodedRows, y: Labels, labels: list[Label], run: Run
    ) -> dict[Label, Synthesizer]:
        """Learn classes.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
            The table, encoded by ``self._modality``; for a very large table a sample, whose row
            indices are ``self._learned_from``.
        y : ndarray of shape (n,)
            Their labels.
        labels : list
            The classes to be over-sampled that can be learned.
        run : Run
            Trains, and supplies random streams.

        Returns
        -------
        dict of label to Synthesizer
            Classes that are left out get a smoothed bootstrap.
        """

    @documented
    def sample(
        self,
        n_samples: Any,
        label: Label = None,
        *,
        where: Condition | None = None,
        random_state: Any = None,
    ) -> Any:
        """Draw new rows of one class from the fitted sampler.

        Parameters
        ----------
        {sample}
        {where}
        {sample_seed}

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer, `label` was not over-sampled, or too few
            rows meet `where`.
        """
        label = self._label_or_only(label)
        synthesizer, n = self._synthesizer_of(label), check_n_samples(n_samples)
        with self._sampling(random_state) as run:
            rng = run.rng("sample")
            return self._drawn(label, n, lambda n: synthesizer.sample(n, rng), where, run)

    def __getstate__(self) -> dict[str, Any]:
        """Save the version with the sampler."""
        state: dict[str, Any] = super().__getstate__()
        return state | {_VERSION: __version__}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Load a sampler; warn if another version saved it."""
        attributes = dict(state)
        saved_by = attributes.pop(_VERSION, None)
        if saved_by != __version__:
            writer = "an unknown version" if saved_by is None else f"version {saved_by}"
            warn(
                f"This {type(self).__name__} was saved by {writer} of mgvae_resample and is "
                f"loaded by {__version__}. If it cannot draw rows, fit it again, or load it with "
                "the version that saved it.",
                OtherVersionWarning,
            )
        super().__setstate__(attributes)

    def _drawn(
        self,
        label: Label,
        n: int,
        draw: Callable[[int], EncodedRows],
        where: Condition | None,
        run: Run,
    ) -> Any:
        """Draw and decode rows of a class until n of them meet a condition."""
        synthesizer = self._synthesizers[label]
        synthesizer.n_refused = synthesizer.n_broken = 0
        if where is None:
            rows = draw(n)
            self.n_refused_[label] = synthesizer.n_refused
            self._warn_of_broken_rules([label], {label: n})
            return self._decoded([(label, rows)])
        if not callable(where):
            raise TypeError(
                "'where' must be a function that gets rows and returns a bool for each, such as "
                f"lambda rows: rows['age'] > 60, got {where!r}."
            )
        kept: list[Table] = []
        n_kept = n_drawn = 0
        rng = run.rng("where")
        while n_kept < n and n_drawn < max(_MOST_DRAWN, _MOST_DRAWN_PER_ROW * n):
            rows = self._decoded([(label, draw(max(n, _FEWEST_DRAWN)))])
            table = Table.of(rows)
            met = np.flatnonzero(_mask(where(rows), len(table)))
            # Shuffled, since rows of one draw are ordered by kind.
            kept.append(table.take(random_rows(met, n - n_kept, rng)))
            n_kept, n_drawn = n_kept + len(kept[-1]), n_drawn + len(table)
        if n_kept < n:
            raise ValueError(
                f"Only {n_kept} of {n_drawn} rows drawn for class {label!r} meet the condition "
                f"'where', but {n} were requested. Request fewer rows or loosen the condition."
            )
        return kept[0].append(kept[1:], n - len(kept[0])).native

    def _warn_of_broken_rules(self, labels: Iterable[Label], counts: Mapping[Label, int]) -> None:
        """Warn if rows that were just drawn break a rule between columns."""
        n_broken, n = sum(self._synthesizers[k].n_broken for k in labels), sum(counts.values())
        if n_broken:
            warn(
                f"{n_broken} of {n} new rows ({n_broken / n:.1%}) break one of the rules in "
                "'rules_', which all rows of X obey, although they were drawn again. Train "
                "longer, drop these rows, or set rules=None if the rules do not matter.",
                ColumnRuleWarning,
            )

    def _label_or_only(self, label: Label) -> Label:
        self._check_resampled()
        if label is None and len(self._synthesizers) == 1:
            return next(iter(self._synthesizers))
        return label

    def _decoded(self, parts: Iterable[tuple[Label, EncodedRows]]) -> Any:
        """Decode rows of some classes, in the container of the fitted table."""
        tables = [
            self._modality.decode(rows, self._synthesizers[label].thresholds)
            for label, rows in parts
        ]
        return tables[0].append(tables[1:], sum(map(len, tables[1:]))).native

    @property
    def learned_classes_(self) -> list[Label]:
        """Classes with new rows that were learned: for the others no network was trained."""
        drawn = self._synthesizers.items()
        return [label for label, s in drawn if not isinstance(s, SmoothedBootstrap)]

    def _synthesizer_of(self, label: Label) -> Any:
        """Return the synthesizer of a class, on the training device if it is available."""
        self._check_resampled()
        if label not in self._synthesizers:
            raise ValueError(
                f"'label' is {label!r}; give one of the classes that fit_resample over-sampled: "
                f"{list(self._synthesizers)}."
            )
        return self._synthesizers[label].to(self._sampling_device())

    def _check_resampled(self) -> None:
        """Refuse to draw before ``fit_resample``; ``fit`` alone trains nothing."""
        check_is_fitted(
            self,
            "_synthesizers",
            msg="This %(name)s is not fitted yet: call fit_resample; fit only checks the data.",
        )

    def _check_rows(self, X: Any) -> Table:
        """Check new rows against the fitted table."""
        table = Table.of(X)
        validate_data(self, X=table.native, reset=False, skip_check_array=True)
        return table

    @contextmanager
    def _sampling(self, random_state: Any = None) -> Iterator[Run]:
        """Open a run that only draws: on one thread, without callbacks."""
        with without_callers_modes(), single_thread:
            yield Run(self._seed(random_state), self._sampling_device())

    def _seed(self, random_state: Any = None) -> int:
        state = check_random_state(self.random_state if random_state is None else random_state)
        return int(state.randint(np.iinfo(np.int32).max))

    def _sampling_device(self) -> torch.device:
        """Return the training device, or the CPU if this machine lacks it."""
        try:
            return resolve_device(self.device_)
        except ValueError:
            return torch.device("cpu")


def _mask(met: Any, n_rows: int) -> npt.NDArray[np.bool_]:
    """Return the mask that ``where`` returned, or refuse it; missing values count as False."""
    mask = np.asarray(met)
    if mask.dtype == object:
        # Nullable booleans become objects.
        entries = [False if is_missing(entry) else entry for entry in mask.ravel()]
        if all(isinstance(entry, bool | np.bool_) for entry in entries):
            mask = np.array(entries, dtype=bool).reshape(mask.shape)
    if mask.dtype != np.bool_ or mask.shape != (n_rows,):
        raise ValueError(
            f"'where' must return an array of {n_rows} booleans, one for each row it got; it "
            f"returned dtype {mask.dtype} and shape {mask.shape}."
        )
    return mask
