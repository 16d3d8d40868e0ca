"""Codes act: they steer rows, are read back from rows, and follow the structure."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mgvae_resample import BayesianStructure
from tests.layouts import rng
from tests.support import quick_gan, table

LEARNED = {
    "max_steps": 500,
    "batch_size": 64,
    "hidden_layer_sizes": (32, 32),
    "structure_weight": 0.5,
    "learning_rate": 3e-3,
}
OWN = BayesianStructure([("c1", "c'1"), ("c2", "c'2"), ("c1", "c'3"), ("c2", "c'3")])


def fitted(**params):
    """Return a sampler fitted to three classes of six columns."""
    sampler = quick_gan(**params)
    sampler.fit_resample(*table(150, 40, 20, n_columns=6))
    return sampler


@pytest.fixture(scope="module")
def learned():
    """Return a sampler whose codes have been learned."""
    return fitted(**LEARNED, structure="entangled", n_codes=3)


@pytest.mark.parametrize(
    ("structure", "n_codes"), [("disentangled", 2), ("entangled", 3), (OWN, 2)], ids=str
)
def test_codes_follow_the_structure(structure, n_codes):
    scores = fitted(**LEARNED, structure=structure, n_codes=n_codes).edge_scores_
    assert min(scores.edges.values()) > 0.8
    assert max(v for others in scores.non_edges.values() for v in others.values()) < 0.1
    assert max(scores.classes.values()) < 0.1


def test_scores_before_training_are_low():
    scores = fitted(**{**LEARNED, "max_steps": 1}).edge_scores_
    assert min(scores.edges.values()) < 0.5


def test_codes_given_are_read_back(learned):
    c = np.random.default_rng(0).normal(size=(400, 3))
    latent = learned.infer_codes(learned.sample(400, 1, codes=c))
    assert latent.shape == (400, 4)
    for i in range(3):
        assert np.corrcoef(c[:, i], latent[:, i])[0, 1] > 0.85
    # The fourth has two parents, and grows with the first of them.
    weights, residual, _, _ = np.linalg.lstsq(c[:, 1:], latent[:, 3], rcond=None)
    assert residual[0] < 0.2 * len(c)
    assert weights[0] > 0.3
    assert abs(weights[1]) > 0.3


def test_latent_codes_are_standardised(learned):
    """Over rows of all over-sampled classes as the generator makes them."""
    random, rows = np.random.default_rng(0), []
    for synthesizer in learned._synthesizers.values():
        shape = (600, synthesizer.network.noise_dim)
        codes, noise = (random.normal(size=s).astype(np.float32) for s in ((600, 3), shape))
        rows.append(synthesizer.generate(600, rng(), codes, noise))
    latent = learned.infer_codes(learned._modality.decode(np.concatenate(rows), None).native)
    assert_allclose(latent.mean(0), 0.0, atol=0.35)
    assert_allclose(latent.std(0), 1.0, atol=0.35)


def test_scores_print_one_line_a_code(learned):
    lines = str(learned.edge_scores_).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["c'1", "c'2", "c'3", "c'4"]


def test_a_dict_sets_some_codes_and_leaves_the_others(learned):
    low = learned.infer_codes(learned.sample(300, 2, codes={"c1": -1.5}))
    high = learned.infer_codes(learned.sample(300, 2, codes={"c1": 1.5}))
    assert (high[:, 0].mean() - low[:, 0].mean()) > 1.5
    assert abs(high[:, 1].mean() - low[:, 1].mean()) < 0.5
    free = learned.infer_codes(learned.sample(300, 2))
    assert low[:, 1].std() > 0.7 * free[:, 1].std()
    assert low[:, 0].std() < 0.7 * free[:, 0].std()


def test_one_vector_of_codes_stands_for_all_rows(learned):
    one = learned.sample(5, 1, codes=[0.5, -1.0, 0.0])
    same = learned.sample(5, 1, codes=np.tile([0.5, -1.0, 0.0], (5, 1)))
    assert_array_equal(one, same)


def test_other_codes_give_other_rows_and_the_same_codes_the_same(learned):
    first = learned.sample(20, 1, codes=np.zeros(3))
    assert_array_equal(learned.sample(20, 1, codes=np.zeros(3)), first)
    assert (learned.sample(20, 1, codes=np.full(3, 2.0)) != first).any(axis=1).mean() > 0.9


def test_traversal_moves_one_code_over_classes(learned):
    values = np.linspace(-2, 2, 7)
    rows = learned.traverse("c2", labels=[2, 1], values=values)
    assert rows.shape == (14, 6)
    latent = learned.infer_codes(rows).reshape(2, 7, 4)
    moved = np.ptp(latent, axis=1)
    assert (moved[:, 1] > 1.5).all()
    assert (moved[:, 1] > 2 * moved[:, 0]).all()
    assert (np.diff(latent[:, :, 1], axis=1) > -0.2).all()
    assert_array_equal(learned.traverse("c2", labels=[2], values=values), rows[:7])


def test_traversal_covers_all_classes_by_default(learned):
    assert learned.traverse("c1").shape == (2 * 9, 6)


def test_a_pickled_sampler_reads_and_steers_the_same_way(learned):
    twin = pickle.loads(pickle.dumps(learned))
    rows = learned.sample(10, 1, codes={"c3": 1.0})
    assert_array_equal(twin.sample(10, 1, codes={"c3": 1.0}), rows)
    assert_array_equal(twin.infer_codes(rows), learned.infer_codes(rows))


BAD_CODES = {
    "unknown": ({"c9": 1.0}, "'c9' is not an observed code"),
    "latent": ({"c'1": 1.0}, '"c\'1" is not an observed code'),
    "too few": ([1.0, 2.0], r"got shape \(2,\)"),
    "one for all codes": (3.0, r"got shape \(\)"),
    "one code a row": (np.zeros((5, 1)), r"got shape \(5, 1\)"),
    "of other rows": (np.zeros((4, 3)), r"got shape \(4, 3\)"),
    "not numbers": ({"c1": "high"}, "'c1' must be a number.*'high'"),
    "not finite": ({"c1": np.nan}, "'c1' must be finite"),
}


@pytest.mark.parametrize("case", BAD_CODES)
def test_codes_that_are_none_are_refused(learned, case):
    codes, reason = BAD_CODES[case]
    with pytest.raises(ValueError, match=reason):
        learned.sample(5, 1, codes=codes)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"code": "c9"}, "'c9' is not an observed code"),
        ({"code": "c1", "values": []}, "'values' must be"),
        ({"code": "c1", "labels": [0]}, "'label' is 0"),
        ({"code": "c1", "labels": []}, "no class to move a code in"),
    ],
)
def test_traversals_that_make_no_sense_are_refused(learned, arguments, reason):
    with pytest.raises(ValueError, match=reason):
        learned.traverse(**arguments)


def test_without_structure_there_are_no_codes():
    sampler = fitted(structure=None)
    assert sampler.structure_ is None
    assert sampler.edge_scores_ is None
    assert "likelihood" not in sampler.history_["train"]
    assert sampler.sample(3, 1).shape == (3, 6)
    with pytest.raises(ValueError, match="no latent codes"):
        sampler.infer_codes(np.zeros((2, 6)))
    with pytest.raises(ValueError, match="has none"):
        sampler.sample(3, 1, codes={"c1": 0.0})


def test_infogan_keeps_its_codes_and_its_bound():
    sampler = fitted(**{**LEARNED, "structure_weight": 2.0}, structure="infogan")
    assert "information" in sampler.history_["train"]
    assert "likelihood" not in sampler.history_["train"]
    assert min(sampler.edge_scores_.edges.values()) > 0.6


def test_a_class_that_was_not_learned_cannot_be_steered():
    sampler = quick_gan()
    with pytest.warns(UserWarning, match="Class 1"):
        sampler.fit_resample(*table(60, 2, 20))
    with pytest.raises(ValueError, match="class 1"):
        sampler.sample(3, 1, codes={"c1": 0.0})
    assert sampler.sample(3, 1).shape == (3, 4)
    with pytest.raises(ValueError, match="class 1"):
        sampler.traverse("c1", labels=[1])


def test_common_classes_get_fewer_generated_images(monkeypatch):
    monkeypatch.setattr("mgvae_resample._base.is_faithful", lambda *_: True)
    y = np.repeat([0, 1, 2], [900, 50, 400])
    X = np.random.default_rng(0).random((len(y), 30))
    sampler = quick_gan(image_shape=(5, 6), hidden_layer_sizes=(4,), max_steps=2)
    _, y_res = sampler.fit_resample(X, y)
    generated = sampler.sample_kinds_ == "generated"
    assert generated[y_res[len(y) :] == 1].mean() == pytest.approx(0.25, abs=0.01)
    assert generated[y_res[len(y) :] == 2].mean() == pytest.approx(0.0625, abs=0.005)


def test_images_are_real_moved_and_generated_unless_codes_steer_them():
    random = np.random.default_rng(0)
    X, y = random.integers(0, 9, (90, 30)) / 8, np.repeat([0, 1], [60, 30])
    sampler = quick_gan(image_shape=(5, 6), hidden_layer_sizes=(4,), max_steps=2)
    sampler.set_params(
        generated_fraction=0.5, augmentation_strength=0.0, sampling_strategy={1: 70}
    )
    X_res, _ = sampler.fit_resample(X, y)

    def repeats(rows):
        return np.mean([(row == X[y == 1]).all(1).any() for row in rows])

    assert repeats(X_res[90:]) == pytest.approx(0.5)
    assert repeats(sampler.sample(40)) == pytest.approx(0.5)
    assert repeats(sampler.sample(40, codes={})) == 0.0
    assert repeats(sampler.sample(40, codes={"c1": 1.0})) == 0.0
