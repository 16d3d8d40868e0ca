"""``variant="published"`` is the method of the paper: what it restores are laws."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits

from mgvae_resample._mgvae import train
from mgvae_resample._mgvae.elbo import negative_elbo
from mgvae_resample._mgvae.ewc import fisher_information
from mgvae_resample._mgvae.synthesizer import MinoritySynthesizer
from mgvae_resample._modality.published import PublishedTable
from mgvae_resample._tables.table import Table
from tests.layouts import rng
from tests.mgvae.models import learned
from tests.support import quick_vae, table


def published(*sizes, **params):
    """Return a fitted sampler of the published method, its table and its new rows."""
    X, y = table(*sizes)
    sampler = quick_vae(variant="published", **params)
    X_res, _ = sampler.fit_resample(X, y)
    return sampler, X, y, X_res[len(X) :]


def images(n_rare, *digits):
    """Return some images of three digits as one class, and few of each other digit given."""
    X, digit = load_digits(return_X_y=True)
    common = np.flatnonzero(digit < 3)[:200]
    rare = [np.flatnonzero(digit == d)[:n_rare] for d in digits]
    y = np.repeat(np.arange(len(digits) + 1), [len(common), *map(len, rare)])
    return X[np.concatenate([common, *rare])], y


def translate_without_noise(sampler, label):
    """Let latents be those of the exemplar."""
    with torch.no_grad():
        sampler._synthesizers[label].network.log_variance.fill_(-60.0)


@pytest.mark.parametrize("n_columns", [1, 4])
def test_numbers_are_scaled_linearly_from_their_range_to_minus_one_and_one(n_columns):
    X = np.random.default_rng(0).lognormal(0, 2, (200, n_columns))
    X[:60] = 0.25
    encoded = PublishedTable().fit(Table.of(X)).encode(Table.of(X))
    low, high = X.min(0), X.max(0)
    assert_allclose(encoded, 2 * (X - low) / (high - low) - 1, atol=1e-6)


@pytest.mark.parametrize("top", [2**63 - 1, 1.7e308, 1e-300])
def test_numbers_of_any_size_come_back_within_their_range(top):
    column = np.array([-top, 0, top, top], dtype=np.asarray(top).dtype)
    modality = PublishedTable().fit(Table.of(column[:, None]))
    rows = np.linspace(-3, 3, 13, dtype=np.float32)[:, None]
    restored = modality.decode(rows).native[:, 0]
    assert restored[0] == column.min()
    assert restored[-1] == column.max()
    assert (np.diff(restored) >= 0).all()


def test_whole_numbers_that_floats_do_not_tell_apart_come_back_as_one_of_them():
    column = 2**62 + np.arange(5)[:, None]
    modality = PublishedTable().fit(Table.of(column))
    restored = modality.decode(modality.encode(Table.of(column))).native
    assert np.isin(restored, column).all()


def test_the_likelihood_is_gaussian_with_one_fixed_variance_for_numbers_bits_and_categories():
    X = pd.DataFrame(
        {
            "number": [0.0, 1.0, 4.0, np.nan] * 10,
            "bit": ["no", "yes"] * 20,
            "category": list("abca") * 10,
        }
    )
    modality = PublishedTable().fit(Table.of(X))
    x = modality.inputs(torch.from_numpy(modality.encode(Table.of(X))))
    # number, bit, "number is missing", three categories
    wanted = torch.tensor(
        [[-1, -1, -1, 1, -1, -1], [-0.5, 1, -1, -1, 1, -1], [1, -1, -1, -1, -1, 1]]
    )
    outputs = torch.randn((3, 6), generator=rng())
    found = modality.log_likelihood(outputs, x[:3], torch.empty(0))
    # log N(x; mean, 1/2) but for its constant, which is the same for all rows.
    assert_allclose(found, -(wanted - outputs).square().sum(1), rtol=1e-5)
    # What is missing is no error of the number, whatever the decoder says of it.
    of_missing = torch.tensor([[7.0, 0, 0, 0, 0, 0]])
    found = modality.log_likelihood(of_missing, x[3:4], torch.empty(0))
    assert float(found) == pytest.approx(-5.0)
    sampler, *_ = published(60, 20)
    assert not sampler._synthesizers[1].network.scale().numel()


def test_of_the_columns_of_a_category_the_highest_decides():
    X = pd.DataFrame({"a": list("xyz") * 20, "b": ["no", "yes", "no"] * 20})
    modality = PublishedTable().fit(Table.of(X))
    outputs = torch.tensor([[0.1, -0.9, -0.2, -0.3], [-0.1, -0.9, -0.95, -0.8]])
    rows = modality.rows(modality.discretize(outputs), torch.empty((0, 2)), rng())
    bit, category = modality.layout.positions("binary"), modality.layout.positions("categorical")
    assert_array_equal(rows[:, bit][:, 0], [1, 0])
    assert_array_equal(rows[:, category][:, 0], [1, 2])


@pytest.mark.parametrize("shape", [None, (8, 8)])
def test_a_new_row_is_the_decoders_mean_at_latents_around_its_exemplar(shape):
    """No residual, and nothing of a row of the class: without noise, the exemplar decides."""
    X, y = table(60, 20) if shape is None else images(20, 7)
    sampler = quick_vae(variant="published", image_shape=shape)
    sampler.fit_resample(X, y)
    translate_without_noise(sampler, 1)
    synthesizer, modality = sampler._synthesizers[1], sampler._modality
    (part,) = synthesizer.draw(300, rng())
    network = synthesizer.network
    with torch.no_grad():
        exemplars = torch.from_numpy(modality.encode(Table.of(X))[part.source])
        outputs = network.decode(network.encode(modality.inputs(exemplars)))
    means = outputs.sigmoid() if shape else outputs.clamp(-1.0, 1.0)
    # The table of normal draws has six decimals or so, to which new rows are rounded.
    assert_allclose(part.rows, means, atol=1e-4)


def test_latents_have_all_the_noise_of_the_posterior():
    sampler, X, *_ = published(60, 20)
    synthesizer = sampler._synthesizers[1]
    rows = torch.from_numpy(sampler._modality.encode(Table.of(X[:1]))).expand(20_000, -1)
    with torch.no_grad():
        draw = synthesizer._draw(torch.zeros(20_000, dtype=torch.int64), rows, rng())
        noise = draw.z - synthesizer.network.encode(rows)
        expected = synthesizer.network.log_variance.exp().sqrt()
    assert_allclose(noise.mean(0), 0.0, atol=0.05 * float(expected))
    assert_allclose(noise.std(0), expected.expand(noise.shape[1]), rtol=0.03)


def test_exemplars_are_used_equally_often():
    """Also where only the nearest to a row of the class is responsible for it."""
    sampler, _, y, _ = published(60, 20)
    translate_without_noise(sampler, 1)
    (part,) = sampler._synthesizers[1].draw(12_000, rng())
    used = np.bincount(part.source, minlength=len(y))
    assert (used[y != 0] == 0).all()
    # Five standard deviations of a count.
    assert_allclose(used[y == 0], 200, atol=5 * np.sqrt(200))


def test_no_row_is_refused_or_drawn_again(monkeypatch):
    """Not even copies, of which a table of two columns of three categories is full."""
    columns = np.random.default_rng(0).choice(list("abc"), (200, 2))
    X, y = pd.DataFrame(columns, columns=["u", "v"]), np.repeat([0, 1], [150, 50])
    made, translate = [], MinoritySynthesizer._translate

    def counted(self, i, *args):
        made.append(len(i))
        return translate(self, i, *args)

    monkeypatch.setattr(MinoritySynthesizer, "_translate", counted)
    quick_vae(variant="published").fit_resample(X, y)
    assert sum(made) == 100


def test_nothing_is_adjusted_held_constant_or_replaced():
    """Categories may be rarer than in the class, and a column of one value need not be one."""
    random = np.random.default_rng(0)
    X = pd.DataFrame({"a": random.choice(list("xyz"), 260), "b": random.normal(0, 1, 260)})
    y = np.repeat([0, 1], [200, 60])
    X.loc[y == 1, "b"] = 0.5
    sampler = quick_vae(variant="published")
    X_res, _ = sampler.fit_resample(X, y)
    assert sampler._synthesizers[1].adjustment is None
    assert X_res["b"][len(X) :].nunique() > 1


def test_no_pixel_is_made_black_or_white():
    sampler = quick_vae(variant="published", image_shape=(8, 8))
    sampler.fit_resample(*images(20, 7))
    assert sampler._synthesizers[1].thresholds == (None, None)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_new_image_is_a_translation(n_classes):
    X, y = images(20, *range(7, 6 + n_classes))
    sampler = quick_vae(variant="published", image_shape=(8, 8))
    sampler.fit_resample(X, y)
    assert set(sampler.sample_kinds_) == {"translated"}
    assert (y[sampler.source_indices_] == 0).all()
    # Pre-trained once, and fine-tuned on each class.
    assert len(sampler.n_steps_) == n_classes


def test_images_of_the_exemplars_alone_are_pre_trained_on():
    """Not those of other common classes, from which moves would be learned."""
    X, y = images(120, 7, 8)
    weights = []
    for _ in range(2):
        sampler = quick_vae(variant="published", image_shape=(8, 8))
        sampler.fit_resample(X, y)
        weights.append(sampler._synthesizers[1].pretrained.state_dict())
        X = np.where((y > 0)[:, None], X[:, ::-1], X)
    for name, weight in weights[0].items():
        assert_array_equal(weight, weights[1][name])


def test_every_new_row_of_a_discrete_table_is_a_translation():
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.integers(0, 4, (600, 5)), columns=list("abcde")).astype(str)
    y = ((X["a"] == "0") & (X["b"] < "2")).astype(int)
    sampler = quick_vae(variant="published")
    sampler.fit_resample(X, y)
    assert set(sampler.sample_kinds_) == {"translated"}


@pytest.mark.parametrize("n_rows", [20, 60])
def test_fine_tuning_takes_a_fixed_number_of_epochs(n_rows):
    """Of rows enough for a held-out fifth as well; a batch has 32 rows."""
    sampler, *_ = published(90, n_rows, max_finetune_steps="auto")
    assert sampler.n_steps_["finetune 1"] == 200 * -(-n_rows // 32)
    assert sampler.stop_reason_["finetune 1"] == "max_steps"
    assert "validation_loss" not in sampler.history_["finetune 1"]


@pytest.mark.parametrize("n_steps", [7, 230])
def test_fine_tuning_takes_exactly_the_steps_that_are_asked_for(n_steps):
    for n_rows in (20, 60):
        sampler, *_ = published(90, n_rows, max_finetune_steps=n_steps)
        assert sampler.n_steps_["finetune 1"] == n_steps


def test_fisher_information_is_that_of_a_hundred_generated_rows(monkeypatch):
    seen = {}

    def spied(model, rows, exemplars, eps, **options):
        seen.update(rows=rows, found=fisher_information(model, rows, exemplars, eps, **options))
        seen.update(of=(model, exemplars, eps))
        return seen["found"]

    monkeypatch.setattr(train, "fisher_information", spied)
    sampler, X, *_ = published(90, 20)
    rows, (model, exemplars, eps) = seen["rows"], seen["of"]
    assert rows.shape == (100, 4)
    real = torch.from_numpy(sampler._modality.encode(Table.of(X)))
    assert float(torch.cdist(rows, real).min()) > 1e-4
    # Means of squares of each row's own gradient, as they are.
    expected = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    means = model.encode(exemplars).detach()
    for x, e in zip(rows.split(1), eps.split(1), strict=True):
        model.zero_grad()
        terms = negative_elbo(model, x, model.encode(x), means, e)
        (terms["reconstruction"] + terms["prior"]).backward()
        for name, parameter in learned(model):
            expected[name] += parameter.grad.square() / len(rows)
    for name, value in expected.items():
        torch.testing.assert_close(seen["found"][name], value, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "value"), [("exemplar_selection", "responsibility"), ("generated_fraction", 0.5)]
)
def test_a_parameter_that_contradicts_the_published_method_is_refused(name, value):
    with pytest.raises(ValueError, match=f"'{name}'.*{value}.*variant='published'.*'auto'"):
        published(30, 15, **{name: value})


def test_parameters_that_agree_with_the_published_method_change_nothing():
    said = {"exemplar_selection": "uniform", "generated_fraction": 1.0, "ewc_weight": 500.0}
    assert_array_equal(published(60, 20)[-1], published(60, 20, **said)[-1])


def test_a_cached_training_of_one_variant_is_none_of_the_other(tmp_path):
    for shape, (X, y) in ((None, table(60, 20)), ((8, 8), images(20, 7))):
        kept = [
            quick_vae(
                variant=variant, image_shape=shape, generated_fraction=1.0, memory=memory
            ).fit_resample(X, y)[0]
            for memory in (None, str(tmp_path))
            for variant in ("default", "published")
        ]
        assert_array_equal(kept[0], kept[2])
        assert_array_equal(kept[1], kept[3])
