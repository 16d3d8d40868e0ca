"""Displays: the numbers they hold are those of the sampler, and what they hold is drawn."""

import builtins
import doctest
import inspect
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.exceptions import NotFittedError

from mgvae_resample import display
from mgvae_resample._base import FewRowsWarning
from mgvae_resample.display import TrainingCurvesDisplay
from tests.support import quick_gan, quick_vae, table

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
