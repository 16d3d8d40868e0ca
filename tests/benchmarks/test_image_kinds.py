"""Images of many kinds: drawn sets, the strength of fine detail, and what the report says."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import image_kinds
from benchmarks.image_kinds import COLUMNS, METHODS, measure, strength
from benchmarks.report.image_kinds import guide_table, image_kinds_section
from benchmarks.shared.drawn_images import KINDS, NAMES, rare_classes, split_of


@pytest.mark.parametrize("name", NAMES)
def test_a_set_has_few_images_of_its_rare_classes(name):
    split = split_of(name, 0)
    assert split.X.shape[1] == np.prod(split.image_shape) == split.X_test.shape[1]
    assert min(split.X.min(), split.X_test.min()) >= 0
    assert max(split.X.max(), split.X_test.max()) <= 1
    rare = rare_classes(split.y)
    assert set(np.bincount(split.y)[rare]) == ({10} if name == "digits" else {30})
    assert set(split.y) == set(split.y_test)
    again, other = split_of(name, 0), split_of(name, 1)
    np.testing.assert_array_equal(split.X, again.X)
    assert not np.array_equal(split.X, other.X)


def test_no_digit_is_both_trained_and_tested_on():
    split = split_of("digits", 0)
    assert len(split.X) + len(split.X_test) == 1797


def test_noise_is_fine_detail():
    """Of white noise, a ninth is in the mean of three by three pixels."""
    noise = 0.5 + 0.1 * np.random.default_rng(0).normal(size=(200, 24 * 24 * 3))
    assert strength(noise, (24, 24, 3)) == pytest.approx(0.1 * np.sqrt(8 / 9), rel=0.02)
    smooth = np.linspace(0, 1, 24 * 24).reshape(1, -1)
    assert strength(smooth, (24, 24)) < 0.01


def test_repeats_have_the_detail_of_real_images(monkeypatch):
    monkeypatch.setattr(image_kinds, "STEPS", 5)
    row = measure(split_of("greys", 0), "RandomOverSampler")
    assert row["detail"] == pytest.approx(1.0, abs=0.02)
    assert 0 < row["average_precision"] <= 1
    assert "detail" not in measure(split_of("greys", 0), "none")


def test_the_report_and_the_guide_show_every_set_and_method(tmp_path):
    rows = [
        {"dataset": name, "seed": seed, "method": method, "seconds": 1.0}
        | dict.fromkeys(("mean_recall", "macro_f1", "average_precision"), 0.5 + 0.1 * seed)
        | {"detail": np.nan if method == "none" else 1.0}
        for name in KINDS
        for seed in (0, 1)
        for method in METHODS
    ]
    text = "\n".join(image_kinds_section(pd.DataFrame(rows, columns=COLUMNS)))
    assert all(name in text for name in (*KINDS, *METHODS))
    assert "| textures | 0.550 |" in text
    assert "| mean difference to repeats | +0.000 |" in text
    assert "not measured yet" in guide_table(tmp_path)
    pd.DataFrame(rows, columns=COLUMNS).to_csv(tmp_path / "image_kinds.csv", index=False)
    assert "| textures | 0.550 |" in guide_table(tmp_path)
