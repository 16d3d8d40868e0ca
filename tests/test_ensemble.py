"""ResampledClassifier averages fits to resampled tables with fits to the untouched rows."""

import pickle
from collections import Counter
from contextlib import nullcontext
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import skops.io
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from imblearn.utils.estimator_checks import parametrize_with_checks as with_imblearn_checks
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    TunedThresholdClassifierCV,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from mgvae_resample import FewRowsWarning, MultiplyBy, ResampledClassifier
from tests.support import needs_callbacks, quick_gan, quick_vae, table

SAMPLERS = [
    None,
    RandomOverSampler(),
    SMOTE(k_neighbors=2),
    quick_vae(random_state=None),
    quick_gan(random_state=None),
]
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS, ids=str)


class Keeper(ClassifierMixin, BaseEstimator):
    """Keeps the table that it is fitted to, and predicts the frequencies of the classes."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.X_, self.y_ = X, np.asarray(y)
        self.classes_, self.counts_ = np.unique(self.y_, return_counts=True)
        return self

    def predict_proba(self, X):
        return np.tile(self.counts_ / self.counts_.sum(), (len(X), 1))


class Counting(BaseEstimator):
    """Counts how often it is trained and drawn from; its rows are those of the class."""

    calls: ClassVar[Counter] = Counter()

    def __init__(self, sampling_strategy="auto", random_state=None):
        self.sampling_strategy, self.random_state = sampling_strategy, random_state

    def fit_resample(self, X, y):
        self.calls["fit"] += 1
        self.X_, self.y_ = X, y
        return X, y

    def sample(self, n_samples, label, random_state=None):
        self.calls["sample"] += 1
        rows = self.X_[self.y_ == label]
        return rows[np.random.default_rng(random_state).integers(len(rows), size=n_samples)]


class OnlyOf(Keeper):
    """Knows the sign of the first column if its table has so many rows, else frequencies alone."""

    def __init__(self, n_rows=0, random_state=None):
        super().__init__(random_state)
        self.n_rows = n_rows

    def predict_proba(self, X):
        known = np.where(X[:, [0]] > 0, [0.2, 0.8], [0.9, 0.1]) * self.counts_
        known /= known.sum(axis=1, keepdims=True)
        return known if len(self.y_) == self.n_rows else super().predict_proba(X)


def model(estimator=None, sampler=None, **params):
    """Return a small ensemble."""
    params = {"amount": 0.5, "n_draws": 2, "random_state": 0} | params
    estimator = LogisticRegression() if estimator is None else estimator
    return ResampledClassifier(estimator, sampler, **params)


def mixed_frame(container):
    """Return a data frame with a category, text and gaps, and labels that are text."""
    X, y = table(60, 20, 9)
    columns = pd.DataFrame(X, columns=list("abcd"))
    columns.loc[::7, "a"] = np.nan
    columns["kind"] = pd.Categorical(np.where(X[:, 0] > 1, "high", "low"))
    columns["text"] = np.where(X[:, 1] > 1, "u", "v")
    labels = np.array(["many", "some", "few"])[y]
    if container == "polars":
        pl = pytest.importorskip("polars")
        return pl.from_pandas(columns), pl.Series("y", labels)
    return columns, pd.Series(labels, name="y")


def for_frames():
    """Return a classifier that takes the data frames of `mixed_frame`."""
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["kind", "text"]),
        remainder="passthrough",
    )
    return make_pipeline(encode, HistGradientBoostingClassifier(max_iter=3))


@parametrize_with_checks([model(amount="auto"), model(RandomForestClassifier(3))])
def test_scikit_learn(estimator, check):
    check(estimator)


@with_imblearn_checks([model(LogisticRegression(max_iter=1000), amount="auto")])
def test_imbalanced_learn(estimator, check):
    check(estimator)


@every_sampler
@pytest.mark.parametrize("corrected", [True, False])
def test_probabilities_are_the_weighted_mean_of_the_fits(sampler, corrected, three_classes):
    """With the correction each fit is moved from 60, 30, 30 rows to 60, 15, 8 by Bayes' rule."""
    X, y = three_classes
    params = {"n_draws": 3, "plain_weight": 0.2, "prior_correction": corrected}
    fitted = model(sampler=sampler, **params).fit(X, y)
    assert len(fitted.estimators_) == 6
    factors = np.array([1, 15 / 30, 8 / 30]) if corrected else 1
    drawn = np.array([e.predict_proba(X) for e in fitted.estimators_[:3]]) * factors
    drawn = np.mean(drawn / drawn.sum(axis=2, keepdims=True), axis=0)
    plain = np.mean([e.predict_proba(X) for e in fitted.estimators_[3:]], axis=0)
    assert_allclose(fitted.predict_proba(X), 0.8 * drawn + 0.2 * plain)
    assert_allclose(fitted.estimator_weights_, np.repeat([0.8, 0.2], 3) / 3)
    assert fitted.class_counts_.tolist() == [[60, 30, 30]] * 3 + [[60, 15, 8]] * 3
    assert_allclose(fitted.class_prior_, np.array([60, 15, 8]) / 83)
    assert_array_equal(fitted.predict(X), fitted.predict_proba(X).argmax(axis=1))


@every_sampler
def test_drawn_tables_are_the_rows_and_different_new_ones(sampler, three_classes):
    X, y = three_classes
    drawn = model(Keeper(), sampler, n_draws=3, plain_weight=0).fit(X, y).estimators_
    for member in drawn:
        assert_array_equal(member.X_[: len(X)], X)
        assert_array_equal(member.y_[: len(y)], y)
        assert member.counts_.tolist() == [60, 30, 30]
    assert len({member.X_.tobytes() for member in drawn}) == 3
    assert len({member.random_state for member in drawn}) == 3


def test_draws_differ_although_the_sampler_has_a_seed(binary):
    drawn = model(Keeper(), SMOTE(random_state=0), plain_weight=0).fit(*binary).estimators_
    assert len({member.X_.tobytes() for member in drawn}) == 2


def test_without_a_sampler_rows_of_their_class_are_repeated(three_classes):
    X, y = three_classes
    member = model(Keeper()).fit(X, y).estimators_[0]
    known = {(*row, label) for row, label in zip(X.tolist(), y.tolist(), strict=True)}
    assert {(*r, k) for r, k in zip(member.X_.tolist(), member.y_.tolist(), strict=True)} == known


def test_plain_fits_are_to_stratified_bootstrap_samples(three_classes):
    X, y = three_classes
    for member in model(Keeper(), quick_vae(), n_draws=3).fit(X, y).estimators_[3:]:
        assert member.counts_.tolist() == [60, 15, 8]
        known, taken = set(map(tuple, X.tolist())), list(map(tuple, member.X_.tolist()))
        assert set(taken) < known


@pytest.mark.parametrize(
    "params",
    [
        {"amount": 0, "plain_weight": 0.2},
        {"amount": 0},
        {"amount": 0.01},
        {"amount": MultiplyBy(1)},
        {"plain_weight": 1},
    ],
)
def test_without_new_rows_it_is_plain_bagging(params, three_classes):
    X, y = three_classes
    Counting.calls.clear()
    fitted = model(Keeper(), Counting(), **params).fit(X, y)
    assert all(member.counts_.tolist() == [60, 15, 8] for member in fitted.estimators_)
    assert len({member.X_.tobytes() for member in fitted.estimators_}) == len(fitted.estimators_)
    assert_allclose(fitted.estimator_weights_, 1 / len(fitted.estimators_))
    assert not Counting.calls


def test_the_sampler_is_trained_once(binary):
    Counting.calls.clear()
    model(sampler=Counting(), n_draws=5).fit(*binary)
    assert Counting.calls == {"fit": 1, "sample": 5}


def test_the_sampler_is_trained_once_per_fold_for_all_amounts(binary):
    Counting.calls.clear()
    model(sampler=Counting(), n_draws=5, amount="auto", cv=3).fit(*binary)
    assert Counting.calls["fit"] == 3 + 1


@pytest.mark.parametrize("corrected", [True, False])
def test_frequencies_alone_are_no_reason_to_add_rows(corrected):
    """A quarter adds no row. A dummy's probability is half .2 and half that of its table."""
    dummy = DummyClassifier(strategy="prior")
    fitted = model(dummy, amount="auto", prior_correction=corrected).fit(*table(80, 20))
    assert fitted.cv_results_["amount"].tolist() == [0, 0.5, 1]
    p = np.full(3, 0.2) if corrected else np.array([0.2, 0.1 + 1 / 6, 0.1 + 1 / 4])
    assert_allclose(fitted.cv_results_["log_loss"], -(0.2 * np.log(p) + 0.8 * np.log(1 - p)))
    assert_allclose(fitted.cv_results_["balanced_log_loss"], np.log(2))
    assert fitted.amount_ == 0.0


@pytest.mark.parametrize(
    ("n_rows", "chosen", "known"),
    [
        (64 + 16, 0.0, [True, False, False]),
        (64 + 32, 0.5, [None, False, None]),
        (64 + 64, 1.0, [None, None, False]),
    ],
)
def test_the_amount_that_teaches_most_is_chosen(n_rows, chosen, known):
    """All fits know the classes (True), or half of them (False), or none."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [80, 20])
    X = rng.uniform(0.1, 1, (100, 2)) * np.where(y == 1, 1, -1)[:, None]
    fitted = model(OnlyOf(n_rows), amount="auto").fit(X, y)
    loss = {True: np.log([0.9, 0.8]), False: np.log([0.7, 0.65]), None: np.log([0.5, 0.5])}
    expected = [-loss[of_amount].mean() for of_amount in known]
    assert_allclose(fitted.cv_results_["balanced_log_loss"], expected)
    assert fitted.amount_ == chosen


def test_a_class_that_a_fold_lacks_is_not_scored(three_classes):
    X, y = three_classes
    of_others = np.flatnonzero(y != 1)
    with pytest.warns(UserWarning, match=r"No row of the classes \[1\] could be held out"):
        fitted = model(amount="auto", cv=[(of_others, np.arange(len(y)))]).fit(X, y)
    assert (fitted.cv_results_["balanced_log_loss"] < 0.1).all()


def test_equal_classes_need_no_choice():
    fitted = model(amount="auto").fit(*table(20, 20))
    assert fitted.amount_ == 0.0
    assert not hasattr(fitted, "cv_results_")


def test_a_second_fit_forgets_the_first_choice(binary):
    fitted = model(amount="auto").fit(*binary)
    assert hasattr(fitted, "cv_results_")
    assert not hasattr(fitted.set_params(amount=0.5).fit(*binary), "cv_results_")


@pytest.mark.xdist_group("workers")
@pytest.mark.parametrize("sampler", [None, SMOTE(), quick_vae(random_state=None)], ids=str)
def test_the_number_of_jobs_does_not_change_a_bit(sampler, binary):
    X, y = binary
    forest = RandomForestClassifier(3)
    one, two = (
        model(forest, sampler, amount="auto", cv=2, n_jobs=n).fit(X, y).predict_proba(X)
        for n in (1, 2)
    )
    assert_array_equal(one, two)


@every_sampler
def test_one_seed_gives_one_result_and_leaves_no_trace(sampler, binary):
    X, y = binary
    state, rows = np.random.get_state()[1].copy(), X.copy()
    once, again = (model(sampler=sampler).fit(X, y).predict_proba(X) for _ in range(2))
    assert_array_equal(once, again)
    assert_array_equal(np.random.get_state()[1], state)
    assert_array_equal(X, rows)
    other = model(sampler=sampler, random_state=1).fit(X, y).predict_proba(X)
    assert (other != once).any()


def test_a_seed_of_the_sampler_is_kept(binary, tmp_path):
    sampler = quick_vae(random_state=5, memory=str(tmp_path))
    fitted = model(sampler=sampler).fit(*binary)
    assert fitted.sampler_.random_state == 5
    assert list(tmp_path.iterdir())
    assert fitted.sampler is sampler
    assert not hasattr(sampler, "classes_")


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("sampler", [None, RandomOverSampler(), quick_vae(), quick_gan()], ids=str)
def test_frames_with_categories_gaps_and_text_labels(container, sampler):
    if container == "polars" and isinstance(sampler, RandomOverSampler):
        pytest.skip("imbalanced-learn reads polars as an array")
    X, y = mixed_frame(container)
    fitted = model(for_frames(), sampler).fit(X, y)
    assert fitted.classes_.tolist() == ["few", "many", "some"]
    assert fitted.feature_names_in_.tolist() == list(X.columns)
    assert fitted.predict_proba(X).shape == (89, 3)
    balanced = fitted.predict_proba(X) / fitted.class_prior_
    assert (fitted.classes_[balanced.argmax(axis=1)] == np.asarray(y)).mean() > 0.7
    kept = model(Keeper(), sampler, plain_weight=0).fit(X, y).estimators_[0].X_
    assert type(kept) is type(X)
    assert list(kept.columns) == list(X.columns)


def test_sparse_rows_stay_sparse(binary):
    X, y = binary
    fitted = model(sampler=quick_vae()).fit(csr_array(X), y)
    assert_allclose(fitted.predict_proba(csr_array(X)).sum(axis=1), 1)


@pytest.mark.parametrize(
    "convert",
    [
        list,
        lambda y: pd.Series(y, dtype="Int64"),
        lambda y: pd.Series(y > 0, dtype="boolean"),
        lambda y: pd.Series(np.array(["a", "b"])[y], dtype="category"),
        lambda y: pytest.importorskip("polars").Series("y", y),
        lambda y: np.array([-5.0, 3.0])[y],
    ],
    ids=["list", "Int64", "boolean", "category", "polars", "float"],
)
def test_labels_of_any_kind(convert, binary):
    X, y = binary
    fitted = model(sampler=quick_vae()).fit(X, convert(y))
    expected = np.unique(np.asarray(list(convert(y))))
    assert_array_equal(fitted.classes_, expected)
    assert_array_equal(
        fitted.predict(X) == expected[1], model(sampler=quick_vae()).fit(X, y).predict(X) == 1
    )


def test_class_weights_by_label(three_classes):
    X, y = three_classes
    y = np.array(["a", "b", "c"])[y]
    weighted = LogisticRegression(class_weight={"a": 1.0, "b": 1.0, "c": 50.0})
    taken, plain = (model(e).fit(X, y).predict_proba(X)[:, 2].mean() for e in (weighted, None))
    assert taken > plain


@pytest.mark.parametrize("amount", [0.5, "auto"])
@pytest.mark.parametrize("n_few", [2, 3, 6])
@pytest.mark.parametrize("sampler", [None, quick_vae()], ids=str)
def test_classes_of_few_rows(amount, n_few, sampler):
    X, y = table(40, 30, n_few)
    unlearned = (sampler is not None and n_few == 2) or (n_few == 3 and amount == "auto")
    with pytest.warns(FewRowsWarning) if sampler is not None and unlearned else nullcontext():
        fitted = model(sampler=sampler, amount=amount).fit(X, y)
    assert fitted.predict_proba(X).shape == (len(X), 3)
    if amount == "auto":
        assert np.isfinite(fitted.cv_results_["balanced_log_loss"]).all()


@pytest.mark.parametrize("sizes", [(40, 10, 1), (40, 1)], ids=str)
def test_a_class_of_one_row_is_not_held_out(sizes):
    X, y = table(*sizes)
    with pytest.warns(UserWarning, match=r"No row of the classes .* Give 'amount' a number"):
        fitted = model(amount="auto").fit(X, y)
    assert fitted.predict_proba(X).shape == (len(X), len(sizes))
    if len(sizes) == 2:
        assert fitted.amount_ == 0.0


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"estimator": LinearSVC()}, "'estimator' .* 'predict_proba'"),
        ({"sampler": LogisticRegression()}, "'sampler' .* 'fit_resample'"),
        ({"sampler": make_imblearn_pipeline(SMOTE())}, "'sampling_strategy'.*not a pipeline"),
        ({"amount": "half"}, "'amount' parameter of ResampledClassifier must be"),
        ({"amount": 1.5}, "'amount' .* 1.5"),
        ({"n_draws": 0}, "'n_draws' .* 0"),
        ({"plain_weight": -0.1}, "'plain_weight' .* -0.1"),
        ({"cv": 1}, "'cv' .* 1"),
        ({"n_jobs": 1.5}, "'n_jobs' .* 1.5"),
    ],
    ids=str,
)
def test_bad_parameters_are_named(params, reason, binary):
    with pytest.raises(ValueError, match=reason):
        model().set_params(**params).fit(*binary)


def test_weights_of_rows_are_refused(binary):
    X, y = binary
    with pytest.raises(TypeError, match=r"'sample_weight', but new rows have no weight.*class"):
        model().fit(X, y, sample_weight=np.ones(len(X)))


def test_several_labels_per_row_are_refused(binary):
    X, _ = binary
    with pytest.raises(ValueError, match="Multilabel"):
        model().fit(X, np.ones((len(X), 2), dtype=int))


def test_groups_reach_the_splitter(binary):
    X, y = binary
    groups = np.arange(len(y)) // 5
    with config_context(enable_metadata_routing=True):
        fitted = model(amount="auto", cv=GroupKFold(3)).fit(X, y, groups=groups)
    by_hand = list(GroupKFold(3).split(X, y, groups))
    same = model(amount="auto", cv=by_hand).fit(X, y)
    assert_array_equal(
        fitted.cv_results_["balanced_log_loss"], same.cv_results_["balanced_log_loss"]
    )


def test_a_tuned_threshold_raises_balanced_accuracy():
    X, y = table(300, 20, seed=1)
    X[:, 1:] = 0
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    untuned = model(amount=0.25)
    tuned = TunedThresholdClassifierCV(untuned, scoring="balanced_accuracy", cv=3)
    scores = [
        balanced_accuracy_score(y_test, m.fit(X_train, y_train).predict(X_test))
        for m in (untuned, tuned)
    ]
    assert scores[1] > scores[0]


def test_a_grid_searches_its_parameters(binary):
    grid = {"sampler": [None, SMOTE()], "amount": [0.5, MultiplyBy(2)], "estimator__C": [1.0]}
    search = GridSearchCV(model(), grid, cv=2, error_score="raise").fit(*binary)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@every_sampler
def test_pickles_clones_and_prints(sampler, binary):
    X, y = binary
    fitted = model(sampler=sampler, amount="auto", cv=2).fit(X, y)
    expected = fitted.predict_proba(X)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(X), expected)
    assert_array_equal(clone(fitted).fit(X, y).predict_proba(X), expected)
    page = fitted._repr_html_()
    assert "LogisticRegression" in page
    assert sampler is None or type(sampler).__name__ in page


@every_sampler
def test_is_saved_without_code(sampler, binary):
    X, y = binary
    fitted = model(sampler=sampler).fit(X, y)
    data = skops.io.dumps(fitted)
    trusted = ("mgvae_resample.", "imblearn.", "numpy.dtype", "torch.device")
    types = skops.io.get_untrusted_types(data=data)
    same = skops.io.loads(data, trusted=[name for name in types if name.startswith(trusted)])
    assert_array_equal(same.predict_proba(X), fitted.predict_proba(X))


@needs_callbacks
def test_a_progress_bar_shows_the_trainings(binary, capsys):
    from sklearn.callback import ProgressBar

    fitted = model(sampler=quick_vae(), amount="auto", cv=2).set_callbacks(ProgressBar())
    fitted.fit(*binary)
    shown = capsys.readouterr().out
    for words in ("ResampledClassifier", "fold 1", "MGVAEOverSampler", "100%"):
        assert words in shown
    plain = model(sampler=quick_vae(), amount="auto", cv=2).fit(*binary)
    assert_array_equal(fitted.predict_proba(binary[0]), plain.predict_proba(binary[0]))


@needs_callbacks
def test_callbacks_of_the_sampler_stay_its_own(binary):
    from tests.contract.test_callbacks import Recorder

    recorder = Recorder()
    model(sampler=quick_vae().set_callbacks(recorder)).fit(*binary)
    assert recorder.events == ["setup", "teardown"]
    assert recorder.losses
