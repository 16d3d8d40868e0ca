"""A network is drawn, with its scores if it has some."""

import matplotlib.pyplot as plt
import pytest

from mgvae_resample import BayesianStructure
from mgvae_resample.display import StructureDisplay
from tests.support import quick_gan, table


@pytest.mark.parametrize("structure", ["disentangled", "entangled", "infogan"])
def test_a_network_with_its_scores(structure):
    sampler = quick_gan(structure=structure, n_codes=3)
    sampler.fit_resample(*table(60, 15))
    shown = StructureDisplay.from_estimator(sampler)
    scores = sampler.edge_scores_
    words = [text.get_text() for text in shown.axes_[0].texts]
    assert set(words) >= set(sampler.structure_.nodes)
    assert [w for w in words if w[:2] == "R²"] == [f"R² {s:.2f}" for s in scores.edges.values()]
    worst = max(v for others in scores.non_edges.values() for v in others.values())
    assert f"non-parent explains: {worst:.2f} of c'" in words[-1]
    assert f"class explains: {max(scores.classes.values()):.2f} of c'" in words[-1]
    ax = plt.figure().add_subplot()
    assert shown.plot(ax).axes_[0] is ax


def test_a_network_of_one_code_has_no_non_parents():
    sampler = quick_gan(n_codes=1)
    sampler.fit_resample(*table(60, 15))
    words = [text.get_text() for text in StructureDisplay.from_estimator(sampler).axes_[0].texts]
    assert "non-parent" not in words[-1]


def test_a_network_without_scores():
    structure = BayesianStructure.preset("entangled", 4)
    (ax,) = StructureDisplay(structure=structure).plot().axes_
    assert {text.get_text() for text in ax.texts} == set(structure.nodes)
    assert len(ax.patches) == len(structure.edges)
    height = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert all(height[parent] > height[child] for parent, child in structure.edges)
