"""What all displays have in common: documentation, refusals, places for panels."""

import builtins
import doctest
import inspect
import re
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.over_sampling import SMOTE
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError

from mgvae_resample import FewRowsWarning, display
from mgvae_resample.display import (
    MarginalsDisplay,
    RowsDisplay,
    StructureDisplay,
    TrainingCurvesDisplay,
    TraversalDisplay,
)
from tests.support import quick_gan, quick_vae, table
from tests.tables.columns import customers


@pytest.mark.parametrize("name", display.__all__)
def test_example_of_the_docstring_runs(name):
    documented = getattr(display, name)
    example = doctest.DocTestFinder(recurse=False).find(documented, name)[0]
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize("name", display.__all__)
def test_parameters_are_documented(name):
    for documented in (getattr(display, name), *public_methods(name)):
        assert not re.search(r"\{\w+\}", inspect.getdoc(documented))
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


def test_a_display_can_be_subclassed():
    class Mine(TrainingCurvesDisplay):
        """Draws as the other does."""

    sampler = quick_vae()
    sampler.fit_resample(*table(60, 15))
    assert isinstance(Mine.from_estimator(sampler), Mine)
    assert inspect.getdoc(Mine.plot) == inspect.getdoc(TrainingCurvesDisplay.plot)


def test_panels_go_where_they_are_told():
    sampler = quick_vae()
    sampler.fit_resample(*table(60, 15))
    figure, axes = plt.subplots(1, 3)
    many = TrainingCurvesDisplay.from_estimator(sampler, ax=axes)
    assert list(many.axes_) == list(axes[:2])
    assert many.figure_ is figure
    sampler.fit_resample(*table(60, 15, 14))
    with pytest.raises(ValueError, match="at least 3 Axes, got 2"):
        TrainingCurvesDisplay.from_estimator(sampler, ax=axes[:2])


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


@pytest.mark.parametrize("make", [StructureDisplay, TraversalDisplay])
def test_what_has_no_codes_shows_none(make):
    sampler = quick_gan(structure=None)
    sampler.fit_resample(*table(60, 15))
    with pytest.raises(ValueError, match="structure=None has none"):
        make.from_estimator(sampler)
    sampler = quick_gan()
    with pytest.warns(FewRowsWarning):
        sampler.fit_resample(*table(60, 2))
    with pytest.raises(ValueError, match=r"no class could be learned|no class to move a code in"):
        make.from_estimator(sampler)
    vae = quick_vae()
    vae.fit_resample(*table(60, 15))
    with pytest.raises(TypeError, match="such as BayesGANOverSampler; got MGVAEOverSampler"):
        make.from_estimator(vae)


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
    kinds = [m.column.column_type for m in marginals]
    if kind is csr_matrix:
        assert kinds == ["number", "number"]
        assert [m.column.name for m in marginals] == ["x0", "x1"]
    else:
        date = "category" if kind is np.asarray else "date"
        expected = ["number"] * 3 + ["category"] * 3 + [date, "number", "number"]
        assert kinds == expected


@pytest.mark.parametrize(
    "display", [TrainingCurvesDisplay, TraversalDisplay, RowsDisplay, MarginalsDisplay]
)
def test_a_sampler_that_only_checked_its_data_is_not_fitted(display):
    X, y = table(60, 15)
    sampler = quick_gan().fit(X, y)
    given = (X, y) if display in (RowsDisplay, MarginalsDisplay) else ()
    with pytest.raises(NotFittedError, match="Call fit_resample before"):
        display.from_estimator(sampler, *given)


def test_labels_may_be_a_frame():
    X, y = table(60, 15)
    sampler = quick_vae()
    resampled = sampler.fit_resample(X, pd.DataFrame({"label": y}))
    assert RowsDisplay.from_estimator(sampler, *resampled).is_synthetic.sum() == 45


def test_rows_that_do_not_vary_are_drawn_without_a_warning():
    X, y = np.ones((75, 2)), np.repeat([0, 1], [60, 15])
    sampler = quick_vae()
    with pytest.warns(FewRowsWarning):
        resampled = sampler.fit_resample(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RowsDisplay.from_estimator(sampler, *resampled)
