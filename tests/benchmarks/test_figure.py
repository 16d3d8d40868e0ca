"""The pictures of the report show what the result files hold."""

import pandas as pd
import pytest

from benchmarks.report.figure import draw_images, draw_realism, image_gains
from benchmarks.shared.results import FOLDER, read_results


def scores(**of_methods):
    """Return result rows of some methods, a score for each seed."""
    return pd.DataFrame(
        {"seed": seed, "method": method, "balanced_accuracy": score}
        for method, values in of_methods.items()
        for seed, score in enumerate(values)
    )


def test_gains_are_paired_by_seed():
    results = scores(none=[0.5, 0.7], MGVAE=[0.6, 0.9])
    mean, low, high = image_gains(results, "balanced_accuracy")["MGVAE"]
    assert mean == pytest.approx(0.15)
    # Gains of .1 and .2 have a standard error of .05.
    assert (low, high) == pytest.approx((0.05, 0.25))


def test_of_two_ways_of_a_rival_the_better_one_counts():
    results = pd.concat(
        [
            scores(none=[0.5, 0.5], MovedRepeats=[0.6, 0.6]),
            scores(
                **{
                    "MovedRepeats(augmentation_strength=0.5)": [0.7, 0.7],
                    "threshold@epochs": [0.4, 0.4],
                }
            ),
        ]
    )
    found = image_gains(results, "balanced_accuracy")
    assert {name: mean for name, (mean, _, _) in found.items()} == pytest.approx(
        {"moved repeats": 0.2, "moved threshold": -0.1}
    )


def test_pictures_of_the_committed_results_are_drawn(tmp_path):
    two, ten, realism = (
        read_results(FOLDER / f"{name}.csv")
        for name in ("two_class_images", "long_tail_images", "realism")
    )
    draw_images(two, ten, tmp_path / "images.png")
    draw_realism(realism, tmp_path / "realism.png")
    assert all(path.stat().st_size > 10_000 for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 2
