"""What cannot be used is refused by name and leaves no trace; what is merely odd works."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError

from mgvae_resample._encoding.image import ImageEncoding
from mgvae_resample._encoding.tabular import TabularEncoding
from mgvae_resample._modality.base import Modality
from tests.contract.having import needs
from tests.support import needs_callbacks, quick_gan, quick_vae, table


def with_value(X, value):
    X = X.copy()
    X[7, 2] = value
    return X


BAD_ROWS = {
    "infinity": (lambda X: with_value(X, -np.inf), "infin"),
    "three axes": (lambda X: X[:, :, None], "images.reshape"),
    "one axis": (lambda X: X[:, 0], "2D"),
    "complex": (lambda X: X * 1j, "X has dtype complex128"),
    "no rows": (lambda X: X[:0], "0 sample|inconsistent"),
    "no columns": (lambda X: X[:, :0], "0 feature"),
    "a missing row": (lambda X: X[1:], "inconsistent"),
    "two columns of one name": (lambda X: pd.DataFrame(X, columns=list("abca")), "'a'.*Rename"),
}

BAD_LABELS = {
    "one class": (lambda y: y * 0, "more than 1 class"),
    "continuous": (lambda y: y + np.linspace(0.1, 0.9, len(y)), "Unknown label type"),
    "NaN": (lambda y: np.where(y == 1, np.nan, 0.0), "NaN"),
    "None": (lambda y: None, "got None"),
    "a gap in text": (lambda y: np.where(y == 1, "few", None), r"60 label\(s\) are missing"),
    "a gap in strings": (lambda y: pd.Series(y).astype("string").mask(y == 1), "are missing"),
    "two labels a row": (
        lambda y: np.column_stack([y + 1, y * 0 + 1]),
        "Multilabel and multi",
    ),
    "intervals": (lambda y: pd.cut(pd.Series(y), [-1, 0, 9]), "Interval.*astype"),
    "halves": (lambda y: y + 0.5, r"continuous.*0\.5.*astype"),
    "rows of no class": (lambda y: np.column_stack([y, y * 0]), r"row 0 is \[0, 0\]"),
}

BAD_GAN_PARAMETERS = [
    {"structure": "tangled"},
    {"structure": [("c1", "c'1")]},
    {"n_codes": 0},
    {"structure": "entangled", "n_codes": 2},
    {"noise_dim": 0},
    {"structure_weight": -0.1},
    {"hidden_layer_sizes": (0,)},
    {"hidden_layer_sizes": "wide"},
    {"generated_fraction": 1.5},
    {"generated_fraction": "half"},
    {"augmentation_strength": -1.0},
    {"max_steps": 0},
    {"max_steps": "many"},
    {"batch_size": 1},
    {"learning_rate": 0.0},
    {"image_shape": (2,)},
    {"device": 3},
    {"random_state": "seed"},
]

BAD_PARAMETERS = [
    {"exemplars": "minority"},
    {"variant": "paper"},
    {"exemplar_selection": "heavy"},
    {"latent_dim": 0},
    {"hidden_layer_sizes": (0,)},
    {"hidden_layer_sizes": (2.5,)},
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": ["wide"]},
    {"hidden_layer_sizes": [[8, 8]]},
    {"n_exemplars": 0},
    {"ewc_weight": -1.0},
    {"ewc_weight": "strong"},
    {"max_pretrain_steps": -1},
    {"max_finetune_steps": 2.5},
    {"batch_size": 0},
    {"learning_rate": 0.0},
    {"learning_rate": float("nan")},
    {"image_shape": 4},
    {"image_shape": (2,)},
    {"image_shape": (-2, -2)},
    {"image_shape": (2, 2, 1, 1)},
    {"device": 3},
    {"n_jobs": "two"},
    {"random_state": "seed"},
    {"random_state": np.random.default_rng(0)},
]


@pytest.mark.parametrize("rows", BAD_ROWS)
def test_bad_rows_are_refused(quick, binary, rows):
    X, y = binary
    make, reason = BAD_ROWS[rows]
    with pytest.raises(ValueError, match=reason):
        quick().fit_resample(make(X), y)


def test_values_that_are_lists_are_refused(quick, binary):
    X, y = binary
    for rows in (with_value(X.astype(object), [1.0, 2.0]), X.astype(object)):
        rows[7, 2] = [1.0, 2.0]
        with pytest.raises(TypeError, match=r"'x2'.*unhashable"):
            quick().fit_resample(rows, y)
    with pytest.raises(TypeError, match=r"'c'.*unhashable"):
        quick().fit_resample(pd.DataFrame(rows, columns=list("abcd")), y)


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
@pytest.mark.parametrize("labels", BAD_LABELS)
def test_bad_labels_are_refused(quick, binary, labels, method):
    X, y = binary
    make, reason = BAD_LABELS[labels]
    with pytest.raises(ValueError, match=reason):
        getattr(quick(), method)(X, make(y))


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_text_beside_numbers_is_no_label(quick, binary, method):
    X, y = binary
    for labels in (np.where(y == 1, "one", y.astype(object)), ["one", *y[1:].tolist()]):
        with pytest.raises(ValueError, match=r"text beside numbers.*'one'"):
            getattr(quick(), method)(X, labels)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_the_column_that_holds_no_numbers_is_named(quick, binary, value):
    X, y = binary
    with pytest.raises(ValueError, match="x2"):
        quick().fit_resample(with_value(X, value), y)
    frame = pd.DataFrame(with_value(X, value), columns=["age", "height", "weight", "pulse"])
    with pytest.raises(ValueError, match="weight"):
        quick().fit_resample(frame, y)


# For every sampler: a parameter, and what the message says.
BAD_ANYWHERE = {
    "a shape of another image": ({"image_shape": (3, 3)}, r"image_shape.*(9|\(3, 3\)).*4"),
    "a shape of one side": ({"image_shape": (4,)}, r"image_shape.*\(height, width\)"),
    "a device that is not here": ({"device": "cuda:9"}, "'device' parameter is 'cuda:9'"),
    "a device that is none": ({"device": "gpu"}, "'device' parameter is 'gpu'"),
    "a ratio below what there is": ({"sampling_strategy": 0.1}, "have a ratio of 0.25 already"),
    "a ratio above 1": ({"sampling_strategy": 1.5}, r"'sampling_strategy' .* \(0.0, 1.0\]"),
    "fewer rows than there are": ({"sampling_strategy": {1: 10}}, "there is 15 samples and 10"),
    "a number of rows that is none": ({"sampling_strategy": {1: 40.5}}, r"40\.5"),
    "a class that is not there": (
        {"sampling_strategy": {9: 100}},
        r"\{9\} target class is/are not",
    ),
}
METHODS = ["fit", "fit_resample"]


@pytest.fixture
def nothing_is_encoded(monkeypatch):
    """Let a test fail where an encoding is learned or used."""

    def fail(self, *args):
        raise AssertionError("Parameters must be checked before anything is encoded.")

    for owner, name in [
        (TabularEncoding, "fit"),
        (TabularEncoding, "encode"),
        (ImageEncoding, "fit"),
        (ImageEncoding, "encode"),
        (Modality, "encode"),
    ]:
        monkeypatch.setattr(owner, name, fail)


@pytest.mark.usefixtures("nothing_is_encoded")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("params", BAD_PARAMETERS, ids=lambda p: str(p).partition(" at ")[0])
def test_bad_parameters_are_refused_by_name(binary, params, method):
    sampler = quick_vae(**params)
    with pytest.raises(ValueError, match=next(iter(params))):
        getattr(sampler, method)(*binary)
    assert not hasattr(sampler, "classes_")


@pytest.mark.usefixtures("nothing_is_encoded")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("params", BAD_GAN_PARAMETERS, ids=str)
def test_bad_parameters_of_the_gan_are_refused_by_name(binary, params, method):
    sampler = quick_gan(**params)
    with pytest.raises(ValueError, match=list(params)[-1]):
        getattr(sampler, method)(*binary)
    assert not hasattr(sampler, "classes_")


@pytest.mark.usefixtures("nothing_is_encoded")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", BAD_ANYWHERE)
def test_bad_parameters_of_every_sampler_are_refused_by_name(quick, binary, case, method):
    params, reason = BAD_ANYWHERE[case]
    with pytest.raises(ValueError, match=reason):
        getattr(quick(**params), method)(*binary)


@pytest.mark.parametrize("method", METHODS)
def test_the_guard_of_these_tests_would_notice_an_encoding(
    quick, binary, method, nothing_is_encoded
):
    with pytest.raises(AssertionError, match="before anything is encoded"):
        getattr(quick(), method)(*binary)


def test_labels_that_are_nan_are_refused_and_counted(quick, binary):
    """Warnings are errors here: no cast of NaN to an integer on the way."""
    X, y = binary
    for method in METHODS:
        with pytest.raises(ValueError, match=r"Input y contains NaN: 15 label\(s\)"):
            getattr(quick(), method)(X, np.where(y == 1, np.nan, 0.0))


def test_numbers_in_an_object_array_are_numbers(quick, binary):
    X, y = binary
    X_res, _ = quick().fit_resample(X.astype(object), y)
    assert X_res.dtype == np.float64
    assert_array_equal(X_res, quick().fit_resample(X, y)[0])


@pytest.mark.parametrize("scale", [1e30, 1e-30, 1e300])
def test_columns_of_extreme_scale(quick, binary, scale):
    X, y = binary
    X[:, 1] *= scale
    X_res, _ = quick().fit_resample(X, y)
    assert (X_res >= X.min(axis=0)).all()
    assert (X_res <= X.max(axis=0)).all()
    assert len(np.unique(X_res[75:, 1])) > 20


def test_one_outlier_does_not_flatten_the_column(quick, binary):
    X, y = binary
    X[0, 0] = 1e12
    X_res, _ = quick().fit_resample(X, y)
    made = X_res[75:, 0]
    assert np.ptp(np.sort(made)[5:-5]) > 0.1
    assert np.median(made) < 100


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("learning_rate", [10.0, 1e6])
def test_a_wild_learning_rate_never_returns_nan(quick, binary, learning_rate):
    needs(quick, "learning_rate")
    X, y = binary
    X_res, _ = quick(learning_rate=learning_rate).fit_resample(X, y)
    assert X_res.shape == (120, 4)
    assert np.isfinite(X_res).all()


class Interrupt:
    """A user who presses Ctrl-C in the middle of the training."""

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        raise KeyboardInterrupt


@needs_callbacks
def test_an_interrupted_first_fit_leaves_nothing_trained(quick, binary):
    sampler = quick().set_callbacks(Interrupt())
    with pytest.raises(KeyboardInterrupt):
        sampler.fit_resample(*binary)
    assert not hasattr(sampler, "n_synthetic_")
    with pytest.raises(NotFittedError):
        sampler.sample(3, 1)


@needs_callbacks
def test_an_interrupted_second_fit_leaves_the_first(quick, binary):
    sampler = quick()
    sampler.fit_resample(*binary)
    twin = pickle.loads(pickle.dumps(sampler))
    sampler.set_callbacks(Interrupt())
    with pytest.raises(KeyboardInterrupt):
        sampler.fit_resample(*table(30, 5, 4, n_columns=6))
    assert sampler.n_features_in_ == 4
    assert sampler.sampling_strategy_ == twin.sampling_strategy_
    assert sampler.n_synthetic_ == twin.n_synthetic_
    assert_array_equal(sampler.source_indices_, twin.source_indices_)
    assert_array_equal(sampler.sample(3, 1), twin.sample(3, 1))


def test_a_refused_table_leaves_the_first_fit(quick, binary):
    X, y = binary
    sampler = quick()
    sampler.fit_resample(X, y)
    twin = pickle.loads(pickle.dumps(sampler))
    with pytest.raises(ValueError, match="infinity"):
        sampler.fit_resample(with_value(X, np.inf), y)
    assert_array_equal(sampler.sample(3, 1), twin.sample(3, 1))
