"""Displays: the numbers they hold are those of the sampler, and what they hold is drawn."""

import builtins
import doctest
import inspect
import re
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.over_sampling import SMOTE
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError

from mgvae_resample import display
from mgvae_resample._base import FewRowsWarning
from mgvae_resample.display import (
    MarginalsDisplay,
    RowsDisplay,
    StructureDisplay,
    TrainingCurvesDisplay,
    TranslationDisplay,
    TraversalDisplay,
)
from tests.support import quick_gan, quick_vae, table
from tests.test_tables import customers

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _no_trace():
    """Draw every figure as it would be saved; no display changes a setting of matplotlib."""
    before = dict(mpl.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(mpl.rcParams) == before


# What all displays have in common.


@pytest.mark.parametrize("name", display.__all__)
def test_example_of_the_docstring_runs(name):
    documented = getattr(display, name)
    example = doctest.DocTestFinder(recurse=False).find(documented, name)[0]
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize("name", display.__all__)
def test_parameters_are_documented(name):
    for documented in (getattr(display, name), *public_methods(name)):
        found = re.findall(r"^(\w+(?:, \w+)*) : ", inspect.getdoc(documented), re.MULTILINE)
        assert set(", ".join(found).split(", ")) >= set(
            inspect.signature(documented).parameters
        ) - {"self"}


def public_methods(name):
    documented = getattr(display, name)
    return documented.from_estimator, documented.plot


@pytest.mark.parametrize("name", display.__all__)
def test_an_unfitted_sampler_is_refused(name):
    make = getattr(display, name).from_estimator
    given = arguments(make, *table(60, 15))
    with pytest.raises(NotFittedError, match="Call fit_resample"):
        make(quick_gan() if "gan" in inspect.signature(make).parameters else quick_vae(), *given)


@pytest.mark.parametrize("name", display.__all__)
def test_something_that_is_no_sampler_is_refused(name):
    make = getattr(display, name).from_estimator
    with pytest.raises(TypeError, match=f"{name} needs a fitted sampler"):
        make(object(), *arguments(make, *table(60, 15)))


def arguments(make, X, y):
    known = {"X": X, "X_res": X, "y_res": y, "label": 1}
    wanted = inspect.signature(make).parameters.values()
    return [known[p.name] for p in wanted if p.name in known and p.default is p.empty]


# TrainingCurvesDisplay


def test_curves_hold_the_history_and_its_steps():
    sampler = quick_vae(max_pretrain_steps=130, max_finetune_steps=60)
    sampler.fit_resample(*table(150, 60, 15))
    shown = TrainingCurvesDisplay.from_estimator(sampler)
    assert [t.title for t in shown.trainings] == [
        "pre-training",
        "fine-tuning on class 1",
        "fine-tuning on class 2",
    ]
    pretraining, with_holdout, without = shown.trainings
    assert list(pretraining.steps) == [50, 100, 130]
    assert list(with_holdout.steps) == list(without.steps) == [25, 50, 60]
    assert with_holdout.kept == sampler.n_iter_["finetune"][1]
    assert without.kept is None
    assert pretraining.kept in pretraining.steps
    histories = [sampler.history_["pretrain"], *sampler.history_["finetune"].values()]
    for training, history, ax in zip(shown.trainings, histories, shown.axes_, strict=True):
        assert {name: list(values) for name, values in training.terms.items()} == history
        lines = [line for line in ax.lines if len(line.get_xdata()) == 3]
        assert len(lines) == len(history)
        for line, values in zip(lines, history.values(), strict=True):
            assert list(line.get_ydata()) == values
            assert list(line.get_xdata()) == list(training.steps)


def test_curves_of_the_gan():
    sampler = quick_gan(max_steps=120)
    sampler.fit_resample(*table(60, 15))
    shown = TrainingCurvesDisplay.from_estimator(sampler)
    (training,) = shown.trainings
    assert list(training.steps) == [50, 100, 120]
    legend = [text.get_text() for text in shown.axes_[0].get_legend().get_texts()]
    assert legend == list(sampler.history_)
    assert len({(line.get_color(), line.get_linestyle()) for line in shown.axes_[0].lines}) == len(
        legend
    )


@pytest.mark.parametrize("make", [quick_vae, quick_gan])
def test_curves_where_nothing_was_trained(make):
    sampler = make()
    with pytest.warns(FewRowsWarning):
        sampler.fit_resample(*table(60, 2))
    with pytest.raises(ValueError, match="no class could be learned"):
        TrainingCurvesDisplay.from_estimator(sampler)


def test_curves_need_a_history():
    smote = SMOTE().fit(*table(60, 15))
    with pytest.raises(TypeError, match=r"'history_'.*got SMOTE"):
        TrainingCurvesDisplay.from_estimator(smote)


def test_panels_go_where_they_are_told():
    sampler = quick_vae()
    sampler.fit_resample(*table(60, 15))
    figure, axes = plt.subplots(1, 3)
    many = TrainingCurvesDisplay.from_estimator(sampler, ax=axes)
    assert list(many.axes_) == list(axes[:2])
    assert many.figure_ is figure
    figure, ax = plt.subplots()
    one = many.plot(ax)
    assert one is many
    assert len(figure.axes) == 3
    assert not ax.axison
    sampler.fit_resample(*table(60, 15, 14))
    with pytest.raises(ValueError, match="at least 3 of them, got 2"):
        TrainingCurvesDisplay.from_estimator(sampler, ax=axes[:2])
    with pytest.raises(ValueError, match="Axes of a grid"):
        many.plot(figure.add_axes((0, 0, 1, 1)))


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    sampler = quick_gan()
    sampler.fit_resample(*table(60, 15))
    imports = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return imports(name, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        with pytest.raises(ImportError, match=r"pip install 'mgvae-resample\[plot\]'"):
            TrainingCurvesDisplay.from_estimator(sampler)


# RowsDisplay


def test_rows_stand_apart_and_where_principal_components_put_them():
    X, y = table(150, 60, 15)
    sampler = quick_vae(sampling_strategy={1: 80, 2: 40})
    X_res, y_res = sampler.fit_resample(X, y)
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res)
    assert list(shown.planes) == [("data", 1), ("data", 2)]
    assert_array_equal(shown.is_synthetic, np.arange(270) >= 225)
    plane = shown.planes["data", 1]
    points = (X - X.mean(0)) / X.std(0)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    assert_allclose(plane.explained, values[[3, 2]] / values.sum())
    assert_allclose(np.abs(plane.points[:225]), np.abs(points @ vectors[:, [3, 2]]), atol=1e-8)
    for ax, label, n_real in zip(shown.axes_, (1, 2), (60, 15), strict=True):
        sizes = {group.get_label(): len(group.get_offsets()) for group in ax.collections}
        expected = {"other classes": 225 - n_real, "synthetic": [20, 25][label - 1]}
        assert sizes == expected | {"real": n_real}
        assert ax.get_title() == f"class {label}"
    one = RowsDisplay.from_estimator(sampler, X_res, y_res, labels=[2], max_rows=10)
    assert [len(group.get_offsets()) for group in one.axes_[0].collections] == [10, 10, 10]


def distances(points):
    return np.linalg.norm(points[:, None] - points, axis=-1)


def test_latent_codes_have_planes_of_their_own():
    sampler = quick_gan()
    X_res, y_res = sampler.fit_resample(*table(60, 15, 14))
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res, latent=True)
    assert list(shown.planes) == [(kind, k) for kind in ("data", "latent codes") for k in (1, 2)]
    assert len(shown.axes_) == 4
    for k in (1, 2):
        points = shown.planes["latent codes", k].points
        assert_allclose(
            distances(points), distances(sampler.latent_codes(X_res)), rtol=1e-3, atol=1e-4
        )


def test_exemplars_are_shown_where_the_encoder_of_each_class_puts_them():
    sampler = quick_vae(latent_dim=2, sampling_strategy={1: 30, 2: 20})
    X, y = table(60, 15, 14)
    X_res, y_res = sampler.fit_resample(X, y)
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res, latent=True)
    for k in (1, 2):
        plane, codes = shown.planes["latent codes", k], sampler.latent_codes(X_res, k)
        assert_array_equal(np.flatnonzero(plane.in_background), np.flatnonzero(y == 0))
        assert_allclose(distances(plane.points), distances(codes), rtol=1e-3, atol=1e-4)
        ax = shown.axes_[1 + k]
        sizes = {group.get_label(): len(group.get_offsets()) for group in ax.collections}
        assert sizes == {"exemplars": 60, "synthetic": [15, 6][k - 1], "real": [15, 14][k - 1]}
    words = [text.get_text() for text in shown.axes_[1].get_legend().get_texts()]
    assert words == ["other classes", "synthetic", "real", "exemplars"]


def test_pixels_are_not_standardised(digits):
    X, y = digits
    sampler = quick_vae(image_shape=(8, 8), hidden_layer_sizes=(4,))
    X_res, y_res = sampler.fit_resample(X, y)
    shown = RowsDisplay.from_estimator(sampler, X_res, y_res)
    largest = np.linalg.eigvalsh(np.cov(X.T))[-1]
    assert shown.planes["data", 1].points[: len(X), 0].var(ddof=1) == pytest.approx(largest)


def test_latent_codes_must_be_there():
    smote = SMOTE(random_state=0)
    X_res, y_res = smote.fit_resample(*table(60, 15))
    with pytest.raises(TypeError, match="'latent_codes', such as MGVAEOverSampler; got SMOTE"):
        RowsDisplay.from_estimator(smote, X_res, y_res, latent=True)


@pytest.mark.parametrize("make", [RowsDisplay.from_estimator, MarginalsDisplay.from_estimator])
def test_other_over_samplers_are_shown_too(make):
    smote = SMOTE(random_state=0)
    shown = make(smote, *smote.fit_resample(*table(60, 15)))
    assert len(shown.axes_) == (1 if isinstance(shown, RowsDisplay) else 4)


@pytest.mark.parametrize("make", [RowsDisplay.from_estimator, MarginalsDisplay.from_estimator])
def test_only_rows_that_the_sampler_made_are_shown(make):
    sampler = quick_vae()
    X, y = table(60, 15)
    X_res, y_res = sampler.fit_resample(X, y)
    for wrong in [(X, y), (X_res[::-1], y_res[::-1]), (X, y_res), (X_res[75:], y_res[75:])]:
        with pytest.raises(ValueError, match="as fit_resample returned them"):
            make(sampler, *wrong)
    with pytest.raises(ValueError, match=r"only to \[1\]"):
        make(sampler, X_res, y_res, **({"labels": [0]} if "Rows" in str(make) else {"label": 0}))
    sampler.set_params(sampling_strategy={}).fit_resample(X, y)
    with pytest.raises(ValueError, match="nothing to show"):
        make(sampler, X, y)


@pytest.mark.parametrize("kind", [csr_matrix, pd.DataFrame, pl.from_pandas, np.asarray])
def test_rows_and_columns_of_every_container(kind):
    X, y = customers()
    if kind is csr_matrix:
        X = X[["age", "debts"]].to_numpy(dtype=float)
    sampler = quick_gan(categorical_features="auto")
    X_res, y_res = sampler.fit_resample(kind(X), y)
    rows = RowsDisplay.from_estimator(sampler, X_res, y_res)
    assert np.isfinite(rows.planes["data", 1].points).all()
    marginals = MarginalsDisplay.from_estimator(sampler, X_res, y_res).marginals
    kinds = [m.column.kind for m in marginals]
    if kind is csr_matrix:
        assert kinds == ["number", "number"]
        assert [m.column.name for m in marginals] == ["x0", "x1"]
    else:
        expected = ["number"] * 3 + ["category"] * 3 + ["date", "number", "number"]
        assert kinds == expected


# MarginalsDisplay


@pytest.fixture(scope="module")
def of_customers():
    sampler = quick_vae(random_state=3)
    return sampler, *sampler.fit_resample(*customers())


def test_marginals_hold_the_columns_and_their_gap(of_customers):
    sampler, X_res, y_res = of_customers
    shown = MarginalsDisplay.from_estimator(sampler, X_res, y_res)
    assert (shown.label, shown.n_rows) == (1, (40, 110))
    assert [m.column.name for m in shown.marginals] == list(X_res)
    real, synthetic = X_res[:190][y_res[:190] == 1], X_res[190:]
    for marginal in shown.marginals:
        name = marginal.column.name
        parts = real[name].dropna(), synthetic[name].dropna()
        assert [len(p) for p in parts] == [len(marginal.real), len(marginal.synthetic)]
        assert marginal.missing == (real[name].isna().mean(), synthetic[name].isna().mean())
        if marginal.column.kind == "category":
            share = [p.astype(str).value_counts(normalize=True) for p in parts]
            expected = share[0].sub(share[1], fill_value=0).abs().sum() / 2
        elif name == "last":
            expected = 0.0
        else:
            numbers = [p.astype("int64" if name == "since" else float) for p in parts]
            expected = stats.ks_2samp(*numbers).statistic
        assert marginal.gap == pytest.approx(expected)


def test_marginals_are_drawn_by_their_kind(of_customers):
    shown = MarginalsDisplay.from_estimator(*of_customers)
    axes = {m.column.name: ax for m, ax in zip(shown.marginals, shown.axes_, strict=True)}
    income = shown.marginals[1]
    line = axes["income"].lines[0]
    assert_array_equal(line.get_xdata()[1:], np.sort(income.real))
    assert_array_equal(line.get_ydata(), np.arange(len(income.real) + 1) / len(income.real))
    missing = "missing {:.0%} / {:.0%}".format(*income.missing)
    assert axes["income"].get_title() == f"income\ngap {income.gap:.2f} · {missing}"
    assert {t.get_text() for t in axes["town"].get_yticklabels()} == {"Oslo", "Rome"}
    assert len(axes["plan"].patches) == 6
    assert [t.get_text() for t in axes["last"].texts] == ["no values"]
    years = [t.get_text() for t in axes["since"].get_xticklabels()]
    assert {"2020", "2021"} <= set(years)
    again = shown.plot(kind="histogram")
    for stairs in again.axes_[0].patches:
        assert stairs.get_data().values.sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="'kind' must be"):
        shown.plot(kind="violin")


def test_columns_can_be_chosen(of_customers):
    def names(**params):
        shown = MarginalsDisplay.from_estimator(*of_customers, **params)
        return [m.column.name for m in shown.marginals], [m.difference for m in shown.marginals]

    assert names(columns=["plan", 0])[0] == ["plan", "age"]
    every, all_of_them = names()
    chosen, differences = names(max_columns=3)
    assert differences == sorted(all_of_them, reverse=True)[:3]
    assert set(chosen) < set(every)
    with pytest.raises(ValueError, match="no column 'salary'; the columns are age, income"):
        names(columns=["salary"])


def test_the_rarest_levels_are_one_bar():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=90), "long": rng.integers(0, 20, 90).astype(str)})
    X["long"] = "a level of a long name " + X["long"]
    y = np.repeat([0, 1], [60, 30])
    sampler = quick_vae()
    shown = MarginalsDisplay.from_estimator(sampler, *sampler.fit_resample(X, y))
    labels = [t.get_text() for t in shown.axes_[1].get_yticklabels()]
    assert len(labels) == 9
    assert labels[-1].endswith("others")
    assert all(len(label) <= 16 for label in labels)
    bars = shown.axes_[1].patches
    assert sum(bar.get_width() for bar in bars) == pytest.approx(2.0)


# TranslationDisplay


@pytest.mark.parametrize("image_shape", [(8, 8), (4, 4, 4), (8, 4, 2)])
def test_images_stand_above_their_translations(digits, image_shape):
    X, y = digits
    sampler = quick_vae(image_shape=(8, 8), hidden_layer_sizes=(4,))
    sampler.fit_resample(X, y)
    given = {} if image_shape == (8, 8) else {"image_shape": image_shape}
    shown = TranslationDisplay.from_estimator(sampler, X[y == 0], 1, n_rows=5, **given)
    (ax,) = shown.axes_
    drawn = ax.images[0].get_array()
    if image_shape == (8, 8):
        rows = shown.images.reshape(2, 5, 64)
        assert_array_equal(rows[0], X[y == 0][:5])
        assert_array_equal(rows[1], sampler.translate(X[y == 0][:5], 1))
        assert drawn.shape == (8 + 1 + 8, 5 * 8 + 4)
        assert drawn.mask.sum() == drawn.size - rows.size
        assert_allclose(drawn[9:17, 18:26], shown.images[1, 2] / shown.images.max())
    else:
        assert shown.images.shape == (2, 5, *image_shape[:2], 3)[: 4 + (image_shape[2] == 4)]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["given", "as class 1"]
    with pytest.raises(ValueError, match="of 64 values in all"):
        TranslationDisplay.from_estimator(sampler, X, 1, image_shape=(7, 7))


def test_rows_of_a_table_are_shown_column_by_column(of_customers):
    sampler, X_res, y_res = of_customers
    X = X_res[:190][y_res[:190] == 0]
    shown = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=3)
    translated = sampler.translate(X[:3], 1)
    columns = {c.name: c for c in shown.pairs.columns}
    assert list(columns) == list(X)
    expected = [*X["age"][:3], *translated["age"]]
    assert_array_equal(columns["age"].values, expected)
    everything = np.array([*expected, *X["age"]])
    assert_allclose(shown.pairs.positions[0], (expected - everything.mean()) / everything.std())
    assert len(shown.axes_) == 3
    for row, ax in enumerate(shown.axes_):
        words = [text.get_text() for text in ax.texts]
        towns = [X["town"].iloc[row], translated["town"].iloc[row]]
        assert (" → ".join(towns) if towns[0] != towns[1] else towns[0]) in words
        assert f"{X['last'].iloc[row]:.4g} → missing" in words
        assert ax.collections[0].get_offsets()[0, 0] == shown.pairs.positions[0, row]
    fewer = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=3, max_columns=2)
    assert len(fewer.axes_[0].get_yticklabels()) == 2


@pytest.mark.parametrize("kind", [csr_matrix, pl.from_pandas, np.asarray])
def test_rows_of_every_container_are_translated(kind):
    X, y = customers()
    if kind is csr_matrix:
        X = X[["age", "debts"]].to_numpy(dtype=float)
    sampler = quick_vae()
    X = kind(X)
    sampler.fit_resample(X, y)
    shown = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=2)
    assert [len(column.values) for column in shown.pairs.columns] == [4] * X.shape[1]


def test_tables_of_categories_alone_are_written():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: rng.choice(["a", "b"], 75) for name in "xyz"})
    sampler = quick_vae()
    sampler.fit_resample(X, np.repeat([0, 1], [60, 15]))
    shown = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=1)
    assert {text.get_text() for text in shown.axes_[0].texts} <= {"a", "b", "a → b", "b → a"}


def test_translations_need_a_translator_and_a_row():
    gan, vae, X = quick_gan(), quick_vae(), table(60, 15)[0]
    for sampler in (gan, vae):
        sampler.fit_resample(*table(60, 15))
    with pytest.raises(TypeError, match="'translate', such as MGVAEOverSampler; got BayesGAN"):
        TranslationDisplay.from_estimator(gan, X, 1)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        TranslationDisplay.from_estimator(vae, X, 1, n_rows=0)
    with pytest.raises(ValueError, match="'label' is 7"):
        TranslationDisplay.from_estimator(vae, X, 7)


# StructureDisplay


@pytest.mark.parametrize("structure", ["disentangled", "entangled", "infogan"])
def test_a_network_with_its_scores(structure):
    sampler = quick_gan(structure=structure, n_codes=3)
    sampler.fit_resample(*table(60, 15))
    shown = StructureDisplay.from_estimator(sampler)
    scores = sampler.edge_scores_
    words = [text.get_text() for text in shown.ax_.texts]
    assert set(words) >= set(sampler.structure_.nodes)
    assert [w for w in words if w[:2] == "R²"] == [f"R² {s:.2f}" for s in scores.edges.values()]
    assert f"non-parent explains: {max(scores.non_edges.values()):.2f} of c'" in words[-1]
    assert f"class explains: {max(scores.classes.values()):.2f} of c'" in words[-1]
    ax = plt.figure().add_subplot()
    assert shown.plot(ax).ax_ is ax


def test_a_network_of_one_code_has_no_non_parents():
    sampler = quick_gan(n_codes=1)
    sampler.fit_resample(*table(60, 15))
    words = [text.get_text() for text in StructureDisplay.from_estimator(sampler).ax_.texts]
    assert "non-parent" not in words[-1]


@pytest.mark.parametrize("make", [StructureDisplay, TraversalDisplay])
def test_what_has_no_codes_shows_none(make):
    sampler = quick_gan(structure=None)
    sampler.fit_resample(*table(60, 15))
    with pytest.raises(ValueError, match="structure=None has none"):
        make.from_estimator(sampler)
    sampler = quick_gan()
    with pytest.warns(FewRowsWarning):
        sampler.fit_resample(*table(60, 2))
    with pytest.raises(ValueError, match=r"no class could be learned|can be steered"):
        make.from_estimator(sampler)
    vae = quick_vae()
    vae.fit_resample(*table(60, 15))
    with pytest.raises(TypeError, match="such as BayesGANOverSampler; got MGVAEOverSampler"):
        make.from_estimator(vae)


# TraversalDisplay


def test_images_stand_in_strips(digits):
    sampler = quick_gan(image_shape=(8, 8), hidden_layer_sizes=(4,), sampling_strategy="all")
    X, y = digits
    y = np.where(X[:, 20] > 8, 2, y)
    sampler.fit_resample(X, y)
    shown = TraversalDisplay.from_estimator(sampler, values=[-1, 0, 2])
    labels = shown.labels
    assert set(labels) == set(sampler.n_synthetic_)
    assert list(shown.images) == ["c1", "c2"]
    for ax, (code, images) in zip(shown.axes_, shown.images.items(), strict=True):
        expected = sampler.traverse(code, labels, [-1, 0, 2])
        assert_array_equal(images.reshape(-1, 64), expected)
        assert ax.get_title() == code
        assert [t.get_text() for t in ax.get_xticklabels()] == ["-1", "0", "2"]
        assert [t.get_text() for t in ax.get_yticklabels()] == [str(k) for k in labels]
    one = TraversalDisplay.from_estimator(sampler, "c2", labels=labels[:1], values=[1])
    assert [i.shape for i in one.images.values()] == [(1, 1, 8, 8)]


def test_columns_are_drawn_by_how_far_they_move():
    X, y = customers()
    sampler = quick_gan(max_steps=60)
    sampler.fit_resample(X, y)
    shown = TraversalDisplay.from_estimator(sampler, "c1", values=[-2, 0, 2], max_columns=4)
    effects = shown.effects["c1", 1]
    assert all(a.range >= b.range for a, b in pairwise(effects))
    by_name = {effect.name: effect.means for effect in effects}
    assert {"age", "since", "plan = S", "plan = M", "plan = L"} <= set(by_name)
    assert "last" not in by_name
    ages = np.array([sampler.sample(200, 1, {"c1": v})["age"] for v in (-2.0, 0.0, 2.0)])
    assert_allclose(by_name["age"], (ages.mean(1) - ages.mean()) / ages.std())
    (ax,) = shown.axes_
    assert len(ax.lines) == 4
    for line, effect, text in zip(ax.lines, effects, ax.texts, strict=False):
        assert_array_equal(line.get_ydata(), effect.means)
        assert text.get_text() == effect.name
        assert text.get_color() == line.get_color()
    heights = sorted(text.get_position()[1] for text in ax.texts)
    assert np.diff(heights).min() > 0.09


def test_a_panel_for_each_code_and_class():
    sampler = quick_gan()
    sampler.fit_resample(*table(60, 15, 14))
    shown = TraversalDisplay.from_estimator(sampler, values=[0, 1])
    assert list(shown.effects) == [("c1", 1), ("c1", 2), ("c2", 1), ("c2", 2)]
    assert [ax.get_title() for ax in shown.axes_] == ["class 1", "class 2"] * 2
    with pytest.raises(ValueError, match="'c9' is not an observed code"):
        TraversalDisplay.from_estimator(sampler, "c9", labels=[1])
    with pytest.raises(ValueError, match="'label' is 0"):
        TraversalDisplay.from_estimator(sampler, labels=[0])


@pytest.mark.parametrize("name", ["pl", "csr"])
def test_effects_of_every_container(name):
    X, y = customers()
    X = pl.from_pandas(X) if name == "pl" else csr_matrix(X[["age", "debts"]].to_numpy(float))
    sampler = quick_gan()
    sampler.fit_resample(X, y)
    assert TraversalDisplay.from_estimator(sampler, "c1", values=[0, 1]).effects["c1", 1]
