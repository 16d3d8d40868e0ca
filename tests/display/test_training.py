"""Training curves hold the history of a sampler, and draw it."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE

from mgvae_resample import FewRowsWarning, TrainingWarning
from mgvae_resample.display import TrainingCurvesDisplay
from tests.support import quick_gan, quick_vae, table


def test_curves_hold_the_history():
    sampler = quick_vae(max_pretrain_steps=130, max_finetune_steps=25)
    sampler.fit_resample(*table(150, 60, 15))
    shown = TrainingCurvesDisplay.from_estimator(sampler)
    assert shown.history == sampler.history_
    assert list(shown.history) == ["pretrain", "finetune 1", "finetune 2"]
    for (phase, history), ax in zip(shown.history.items(), shown.axes_, strict=True):
        assert ax.get_title() == f"{phase}\n(stopped by {sampler.stop_reason_[phase]})"
        kept = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2]
        chosen = 1 + np.argmin(history.get("validation_loss", [0]))
        assert kept == ([] if phase == "finetune 2" else [chosen])
        lines = [line for line in ax.lines if len(line.get_xdata()) == 3]
        assert len(lines) == len(history)
        for line, values in zip(lines, history.values(), strict=True):
            assert list(line.get_ydata()) == values
            assert list(line.get_xdata()) == [1, 2, 3]


def test_curves_of_the_gan():
    sampler = quick_gan(max_steps=120)
    sampler.fit_resample(*table(60, 15))
    shown = TrainingCurvesDisplay.from_estimator(sampler)
    assert list(shown.history) == ["train"]
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
    with pytest.raises(ValueError, match="its training diverged"):
        sampler.encode(table(60, 15)[0], 1)
