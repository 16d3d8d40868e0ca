"""A classifier around any over-sampler: an ensemble of resampled and plain fits."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.ensemble._base import _set_random_states
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import check_consistent_length, check_random_state, get_tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_y, check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from ._amounts import RaiseTo
from ._callbacks import CallbackSupportMixin, FitReport
from ._tables.labels import plain_classes
from ._tables.table import Table
from ._warn import warn

__all__ = ["ResampledClassifier"]

Labels = npt.NDArray[Any]
Probabilities = npt.NDArray[np.float64]
Amount = Callable[[Any], dict[Any, int]]

# What "auto" chooses from.
_AMOUNTS = (0.25, 0.5, 1.0)
# Fits of each kind per amount and fold while the amount is chosen.
_FOLD_DRAWS = 2
# Log loss knows no probability of exactly 0.
_LEAST = 1e-6
_LARGEST_SEED = np.iinfo(np.int32).max


class ResampledClassifier(
    CallbackSupportMixin, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Average a classifier's fits to resampled tables with fits to the untouched rows.

    The over-sampler is trained once, and several tables are drawn from it. A clone of the
    classifier is fitted to each, and as many clones to bootstrap samples of the untouched rows.
    Their probabilities are moved to the class frequencies of the data, and averaged.

    Parameters
    ----------
    estimator : estimator object
        A classifier with ``predict_proba``, such as a pipeline of an encoder and a classifier. It
        gets the container that ``fit`` is given, so data frames stay data frames. Each clone gets
        a seed of its own, derived from `random_state`.
    sampler : over-sampler object, default=None
        An over-sampler of this package or of imbalanced-learn. None repeats random rows of the
        smaller classes, which costs nothing: much of the gain is that of the ensemble, so compare
        with it. `amount` replaces the sampler's `sampling_strategy`.

        A sampler of this package is trained once, and its ``sample`` is called with several
        seeds. It keeps its own `random_state` if that is set, so that its `memory` works. Other
        samplers are fitted again for each table, with other seeds.
    amount : "auto", float or callable, default="auto"
        Size of each smaller class after resampling, as a fraction of the largest class. 0 adds no
        rows, 1 is full balance. A callable is a value for `sampling_strategy`, such as
        ``MultiplyBy(3)``.

        "auto" chooses among 0, 0.25, 0.5 and 1 by the class-balanced log loss of out-of-fold
        probabilities: the mean over classes of the mean log loss of their rows. The probabilities
        of each fit are divided by the class frequencies of its table. Otherwise full balance would
        nearly always win, by a shift that a threshold can make as well. With few rows of a class
        the loss varies less than a score of predicted labels. The sampler is
        trained once per fold, and each amount gets two fits to resampled rows and two to
        untouched ones. Of equal amounts the smallest is taken.
    n_draws : int, default=8
        How many tables are drawn, and how many bootstrap samples are taken: the estimator is
        fitted ``2 * n_draws`` times, or ``n_draws`` times if `plain_weight` is 0 or 1.
    plain_weight : float, default=0.5
        Weight of the fits to untouched rows in the mean, from 0 to 1. With 1 the sampler is not
        used.
    prior_correction : bool, default=True
        Whether the probabilities of each fit are multiplied by the class frequencies of the data,
        divided by those of the table that it learned from, before they are averaged. Fits to
        resampled rows overestimate smaller classes; this takes it back. With False, labels at a
        threshold of 0.5 have a higher recall of smaller classes, and log loss is higher. Set it to
        False if the estimator has class weights.
    cv : int, cross-validation splitter or iterable, default=5
        Folds by which "auto" chooses. An integer means shuffled and stratified folds, at most as
        many as the smallest class has rows, and at least two.
    n_jobs : int, default=None
        Number of processes that fit clones. The result has the same bits for every number. Each
        fit uses one thread for linear algebra.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws, the bootstrap samples, the folds and the clones.

    Attributes
    ----------
    estimators_ : list of estimators
        The fitted clones: those of the drawn tables, then those of the bootstrap samples.

    estimator_weights_ : ndarray of shape (n_estimators,)
        Their weights, which sum to 1.

    class_counts_ : ndarray of shape (n_estimators, n_classes)
        How many rows of each class they were fitted to.

    sampler_ : over-sampler object or None
        The sampler that tables are drawn from, trained on all rows if it is one of this package.

    amount_ : float or callable
        The amount that is used.

    cv_results_ : dict of str to ndarray
        For each amount that "auto" compared: "amount", "balanced_log_loss", by which it is chosen,
        and "log_loss", that of the mean probabilities as they are. Only there if amounts were
        compared.

    classes_ : ndarray of shape (n_classes,)
        The class labels.

    class_prior_ : ndarray of shape (n_classes,)
        The class frequencies of the data.

    n_features_in_ : int
        Number of columns.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if `X` has any.

    See Also
    --------
    RaiseTo : An amount for the sampler alone, such as in a grid search.
    sklearn.model_selection.TunedThresholdClassifierCV : Tunes the threshold of this classifier.

    Notes
    -----
    If no rows are added, because `amount` is 0 or the classes are large enough, all fits are to
    bootstrap samples, with equal weights: plain bagging. Bootstrap samples are stratified, so that
    each holds every class.

    ``predict`` takes the most probable class. With two classes, tune the threshold with
    ``TunedThresholdClassifierCV``. With more classes, mean recall is higher if each probability is
    divided by the frequency of its class before the largest is taken::

        model.classes_[(model.predict_proba(X_new) / model.class_prior_).argmax(axis=1)]

    References
    ----------
    .. [1] Wallace, Small, Brodley and Trikalinos, "Class Imbalance, Redux", ICDM 2011.
    .. [2] Ma and Zhang, arXiv 2601.16120, on class-balanced validation losses.
    .. [3] Elkan, "The Foundations of Cost-Sensitive Learning", IJCAI 2001, on the correction.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from mgvae_resample import MGVAEOverSampler, ResampledClassifier
    >>> X, y = make_classification(n_samples=300, weights=[0.9], random_state=0)
    >>> sampler = MGVAEOverSampler(max_pretrain_steps=50, max_finetune_steps=20)
    >>> model = ResampledClassifier(
    ...     LogisticRegression(), sampler, amount=0.5, n_draws=2, random_state=0
    ... )
    >>> model.fit(X, y).predict_proba(X).shape
    (300, 2)
    >>> len(model.estimators_)
    4
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "sampler": [None, HasMethods(["fit_resample", "set_params"])],
        "amount": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both"), callable],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "plain_weight": [Interval(Real, 0, 1, closed="both")],
        "prior_correction": ["boolean"],
        "cv": ["cv_object"],
        "n_jobs": [None, Integral],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        sampler: Any = None,
        *,
        amount: Any = "auto",
        n_draws: int = 8,
        plain_weight: float = 0.5,
        prior_correction: bool = True,
        cv: Any = 5,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.sampler = sampler
        self.amount = amount
        self.n_draws = n_draws
        self.plain_weight = plain_weight
        self.prior_correction = prior_correction
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Train the sampler, draw tables, and fit a clone of the estimator to each.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows that both the sampler and the estimator take. Missing values are allowed if both
            take them.
        y : array-like of shape (n_samples,)
            Class labels, of two or more classes.
        **params : dict
            Metadata for the splitter `cv`, such as `groups`, if metadata routing is enabled.
            `sample_weight` is refused, because new rows have no weight. Use class weights of the
            estimator instead.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter has no valid value, the sampler has no `sampling_strategy`, or `y` has
            one class or several labels per row.
        TypeError
            If `sample_weight` is given.
        """
        table, y = self._checked(X, y, params)
        splits = process_routing(self, "fit", **params).splitter.split
        rng = check_random_state(self.random_state)
        seed = int(rng.randint(_LARGEST_SEED))
        with FitReport(self) as report, _one_thread():
            self.__dict__.pop("cv_results_", None)
            amount = 0.0 if self.plain_weight == 1 else self.amount
            if isinstance(amount, str):
                amount = self._chosen_amount(table, y, splits, seed, report)
            self.amount_ = amount
            source = self._source(table, y, amount, seed, "fit-sampler", report)
            members, self.estimator_weights_ = self._members(amount, y, self.n_draws)
            fitted = Parallel(self.n_jobs)(
                delayed(_fitted)(self.estimator, source, member) for member in members
            )
            self.estimators_ = [estimator for estimator, _ in fitted]
            self.class_counts_ = np.array([_counts(y, self.classes_) for _, y in fitted])
        self.sampler_ = source.sampler
        return self

    def predict_proba(self, X: Any) -> Probabilities:
        """Return the weighted mean of the probabilities of all fitted clones.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of ``classes_``.
        """
        check_is_fitted(self)
        table = Table.of(X)
        validate_data(self, X=table.native, reset=False, skip_check_array=True)
        with _one_thread():
            mean = np.zeros((len(table), len(self.classes_)))
            for estimator, weight, counts in zip(
                self.estimators_, self.estimator_weights_, self.class_counts_, strict=True
            ):
                probabilities = _probabilities(estimator, table.native, self.classes_)
                mean += weight * self._corrected(probabilities, counts)
        return mean

    def predict(self, X: Any) -> Labels:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the router of metadata: the splitter `cv` may request `groups`.

        Returns
        -------
        MetadataRouter
            What is passed on by ``fit``.
        """
        mapping = MethodMapping().add(caller="fit", callee="split")
        return MetadataRouter(owner=self).add(splitter=check_cv(self.cv), method_mapping=mapping)

    def __sklearn_tags__(self) -> Any:
        """Take what both the estimator and the sampler take."""
        tags, of_estimator = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags = deepcopy(of_estimator.input_tags)
        tags.input_tags.pairwise = False
        if of_estimator.classifier_tags is not None:
            tags.classifier_tags.multi_class = of_estimator.classifier_tags.multi_class
        if self.sampler is not None:
            tags.input_tags.allow_nan &= get_tags(self.sampler).input_tags.allow_nan
        return tags

    def _corrected(self, probabilities: Probabilities, counts: Labels) -> Probabilities:
        """Move the probabilities of one fit to the class frequencies of the data, if wanted."""
        if not self.prior_correction:
            return probabilities
        return _moved(probabilities, counts, self.class_prior_)

    def _checked(self, X: Any, y: Any, params: dict[str, Any]) -> tuple[Table, Labels]:
        """Check the input and set what is known of the columns and the classes."""
        if params.get("sample_weight") is not None:
            raise TypeError(
                "ResampledClassifier.fit got 'sample_weight', but new rows have no weight. Use "
                "class weights, such as estimator=LogisticRegression(class_weight='balanced')."
            )
        if self.sampler is not None and "sampling_strategy" not in self.sampler.get_params():
            raise ValueError(
                "The 'sampler' parameter must be an over-sampler with a 'sampling_strategy', "
                f"which 'amount' sets. Got {self.sampler!r}. Give a sampler alone, not a pipeline."
            )
        table = Table.of(X)
        validate_data(self, X=table.native, y=y, reset=True, skip_check_array=True)
        shape = () if y is None else np.asarray(y).shape
        if len(shape) == 2 and shape[1] > 1:
            raise ValueError(
                f"Multilabel and multioutput targets are not supported: y has shape {shape}. Give "
                "one label per row."
            )
        y = _check_y(y, estimator=self)
        check_classification_targets(y)
        check_consistent_length(table, y)
        self.classes_, counts = np.unique(y, return_counts=True)
        self.class_prior_ = counts / len(y)
        if len(self.classes_) < 2:
            raise ValueError(
                "ResampledClassifier needs rows of at least two classes, but y has only one "
                f"class: {self.classes_[0]!r}."
            )
        return table, y

    def _members(
        self, amount: Any, y: Labels, n_draws: int
    ) -> tuple[list[_Member], Probabilities]:
        """Return what is fitted for an amount, and the weight of each fit."""
        drawn = [_Member("draw", amount, i) for i in range(n_draws) if self.plain_weight < 1]
        plain = [_Member("plain", 0.0, i) for i in range(n_draws) if self.plain_weight > 0]
        is_plain = np.arange(len(drawn) + len(plain)) >= len(drawn)
        weights = np.where(is_plain, self.plain_weight, 1.0 - self.plain_weight)
        if not _new_rows(amount, y):
            weights = np.ones(len(is_plain))
        return [*drawn, *plain], weights / weights.sum()

    def _source(
        self, table: Table, y: Labels, amount: Any, seed: int, task: str, report: FitReport
    ) -> _Source:
        """Return what training tables are drawn from; train a sampler of this package."""
        sampler = None if self.sampler is None else clone(self.sampler)
        if sampler is not None and _new_rows(amount, y):
            sampler.set_params(sampling_strategy=_strategy(amount))
            if _is_trained_once(sampler):
                if sampler.random_state is None:
                    sampler.set_params(random_state=seed)
                with report.part(task, sampler):
                    sampler.fit_resample(table.native, y)
        return _Source(table, y, sampler, seed)

    def _chosen_amount(
        self, table: Table, y: Labels, split: Any, seed: int, report: FitReport
    ) -> float:
        """Return the amount with the lowest class-balanced log loss on held-out rows."""
        amounts = [0.0, *(amount for amount in _AMOUNTS if _new_rows(amount, y))]
        if len(amounts) == 1:
            return 0.0
        predicted = np.full((2, len(amounts), len(y), len(self.classes_)), np.nan)
        for fold, (train, held) in enumerate(self._folds(table, y, split, seed)):
            # A class that is not learned cannot be predicted.
            scored = held[np.isin(y[held], y[train])]
            if len(scored) and len(np.unique(y[train])) > 1:
                task, seed_of_fold = f"fold {fold}", seed + 1 + fold
                part, y_part = table.take(train), y[train]
                source = self._source(part, y_part, amounts[-1], seed_of_fold, task, report)
                predicted[:, :, scored] = self._held_out(
                    source, amounts, table.take(scored).native
                )
        self.cv_results_ = {"amount": np.array(amounts)} | _losses(predicted, y, self.classes_)
        best = np.nan_to_num(self.cv_results_["balanced_log_loss"]).argmin()
        return amounts[int(best)]

    def _folds(
        self, table: Table, y: Labels, split: Any, seed: int
    ) -> list[tuple[Labels, Labels]]:
        """Return the rows to train on and the rows held out, of each fold."""
        cv = 5 if self.cv is None else self.cv
        if isinstance(cv, Integral):
            counts = np.unique(y, return_counts=True)[1]
            if counts.max() < 2:
                return []
            n_folds = max(2, min(int(cv), int(counts.min())))
            cv = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            # A class of one row has a warning of its own, below.
            warnings.filterwarnings("ignore", "The least populated class")
            return list(check_cv(cv, y, classifier=True).split(table.native, y, **split))

    def _held_out(self, source: _Source, amounts: list[float], X: Any) -> Probabilities:
        """Return the probabilities of held-out rows, as they are and at equal class frequencies.

        Shape: (2, n_amounts, n, n_classes).
        """
        of_amounts = [
            self._members(amount, source.y, min(self.n_draws, _FOLD_DRAWS)) for amount in amounts
        ]
        # Plain fits are those of all amounts.
        members = list(dict.fromkeys(m for of_one, _ in of_amounts for m in of_one))
        predicted = Parallel(self.n_jobs)(
            delayed(_predicted)(self.estimator, source, member, X, self.classes_)
            for member in members
        )
        equal = np.ones(len(self.classes_))
        by_member = {
            member: np.stack([self._corrected(found, counts), _moved(found, counts, equal)])
            for member, (found, counts) in zip(members, predicted, strict=True)
        }
        means = [
            sum(w * by_member[m] for m, w in zip(of_one, weights, strict=True))
            for of_one, weights in of_amounts
        ]
        return np.stack(means, axis=1)


class _Member(NamedTuple):
    """One fit: its kind, "draw" or "plain", its amount of new rows, and its number."""

    kind: str
    amount: Any
    number: int


@dataclass(frozen=True)
class _Source:
    """What training tables are drawn from: rows and, unless they are repeated, a sampler."""

    table: Table
    y: Labels
    sampler: Any
    seed: int

    def draw(self, amount: Any, rng: np.random.Generator) -> tuple[Any, Labels]:
        """Return rows and labels with an amount of new rows; without any a bootstrap sample."""
        new = _new_rows(amount, self.y)
        if not new:
            return self._taken(
                np.concatenate([rng.choice(rows, len(rows)) for rows in self._rows_of().values()])
            )
        if self.sampler is None:
            rows_of = self._rows_of()
            repeated = [rng.choice(rows_of[label], n) for label, n in new.items()]
            return self._taken(np.concatenate([np.arange(len(self.y)), *repeated]))
        if _is_trained_once(self.sampler):
            return self._sampled(new, rng)
        sampler = clone(self.sampler).set_params(sampling_strategy=_strategy(amount))
        _set_random_states(sampler, _seed(rng))
        X, y = sampler.fit_resample(self.table.native, self.y)
        return X, np.asarray(y)

    def _sampled(self, new: dict[Any, int], rng: np.random.Generator) -> tuple[Any, Labels]:
        """Append rows that the trained sampler draws for each class."""
        drawn = [
            Table.of(self.sampler.sample(n, label, random_state=_seed(rng)))
            for label, n in new.items()
        ]
        labels = np.repeat(np.array(list(new), dtype=self.y.dtype), list(new.values()))
        table = self.table.append(drawn, len(labels))
        return table.native, np.concatenate([self.y, labels])

    def _taken(self, rows: Labels) -> tuple[Any, Labels]:
        return self.table.take(rows).native, self.y[rows]

    def _rows_of(self) -> dict[Any, Labels]:
        """Return the row numbers of each class."""
        return {
            label: np.flatnonzero(self.y == label) for label in plain_classes(np.unique(self.y))
        }


def _fitted(estimator: Any, source: _Source, member: _Member) -> tuple[Any, Labels]:
    """Return a clone that is fitted to the table of a member, and the labels of that table."""
    with _one_thread():
        rng = np.random.default_rng([source.seed, member.kind == "plain", member.number])
        model = clone(estimator)
        _set_random_states(model, _seed(rng))
        X, y = source.draw(member.amount, rng)
        return model.fit(X, y), y


def _predicted(
    estimator: Any, source: _Source, member: _Member, X: Any, classes: Labels
) -> tuple[Probabilities, Labels]:
    """Fit a clone; return its probabilities of other rows, and the counts it learned from."""
    with _one_thread():
        fitted, y = _fitted(estimator, source, member)
        return _probabilities(fitted, X, classes), _counts(y, classes)


def _counts(y: Labels, classes: Labels) -> Labels:
    """Return how many rows each class has."""
    return np.array([np.sum(y == label) for label in classes])


def _moved(probabilities: Probabilities, counts: Labels, wanted: Probabilities) -> Probabilities:
    """Move probabilities from the class frequencies of a table to others, by Bayes' rule."""
    moved = probabilities * wanted / np.maximum(counts, 1)
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def _probabilities(fitted: Any, X: Any, classes: Labels) -> Probabilities:
    """Return probabilities of all classes; those that were not learned have 0."""
    probabilities = np.zeros((X.shape[0], len(classes)))
    probabilities[:, np.searchsorted(classes, fitted.classes_)] = fitted.predict_proba(X)
    return probabilities


def _losses(predicted: Probabilities, y: Labels, classes: Labels) -> dict[str, Probabilities]:
    """Return the losses of each amount on rows that were held out.

    Shapes: predicted (2, n_amounts, n, n_classes), y (n,) -> (n_amounts,).
    """
    held = np.flatnonzero(~np.isnan(predicted).any(axis=(0, 1, 3)))
    number = np.searchsorted(classes, y[held])
    losses, balanced = -np.log(np.clip(predicted[:, :, held, number], _LEAST, 1.0))
    found = np.unique(number)
    if len(found) < len(classes):
        left_out = plain_classes(np.delete(classes, found))
        warn(
            f"No row of the classes {left_out} could be held out, so 'amount' is chosen without "
            "them. Give 'amount' a number."
        )
    if len(found) < 2:
        nothing = np.full(len(losses), np.nan)
        return {"balanced_log_loss": nothing, "log_loss": nothing}
    of_classes = [balanced[:, number == k].mean(axis=1) for k in found]
    return {"balanced_log_loss": np.mean(of_classes, axis=0), "log_loss": losses.mean(axis=1)}


def _strategy(amount: Any) -> Amount:
    """Return the `sampling_strategy` of an amount above 0."""
    return amount if callable(amount) else RaiseTo(amount)


def _new_rows(amount: Any, y: Labels) -> dict[Any, int]:
    """Return how many rows an amount adds to each class, without classes that get none."""
    if not callable(amount) and amount == 0:
        return {}
    targets = _strategy(amount)(y)
    return {label: n - int((y == label).sum()) for label, n in targets.items()}


def _is_trained_once(sampler: Any) -> bool:
    """Return whether a sampler draws more rows without training again."""
    return callable(getattr(sampler, "sample", None))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(_LARGEST_SEED))


def _one_thread() -> threadpool_limits:
    """Use one thread for linear algebra: sums of one thread have the same bits everywhere."""
    return threadpool_limits(limits=1, user_api="blas")
