"""Training curves hold the history of a sampler, and draw it."""

import pytest
from imblearn.over_sampling import SMOTE

from mgvae_resample import FewRowsWarning, TrainingWarning
from mgvae_resample.display import TrainingCurvesDisplay
from tests.support import quick_gan, quick_vae, table


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
    assert with_holdout.kept == sampler.n_steps_["finetune 1"]
    assert without.kept is None
    assert pretraining.kept in pretraining.steps
    histories = sampler.history_.values()
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
    assert legend == list(sampler.history_["train"])
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


def test_a_training_that_diverged_has_no_curve():
    sampler = quick_vae(learning_rate=1e30)
    with pytest.warns(TrainingWarning):
        sampler.fit_resample(*table(60, 15))
    with pytest.raises(ValueError, match="no history to draw"):
        TrainingCurvesDisplay.from_estimator(sampler)
    with pytest.raises(ValueError, match="or its training diverged"):
        sampler.encode(table(60, 15)[0], 1)
