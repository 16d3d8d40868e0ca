"""Tables: each kind of column has its likelihood, and only values get instance noise."""

import pytest
import torch
from torch.distributions import Bernoulli, Categorical, Normal

from mgvae_resample._encoding.layout import Slot
from tests.layouts import continuous, rng, tabular

NAN = float("nan")
# As many values as bits, in another order than inputs have.
VALUES_AND_BITS = (
    Slot(0, "continuous"),
    Slot(1, "binary"),
    Slot(2, "continuous"),
    Slot(4, "binary"),
)
EVERY_KIND = (
    Slot(0, "categorical", can_miss=True, n_categories=2, n_infrequent=3),
    Slot(1, "continuous", can_miss=True),
    Slot(2, "binary"),
    Slot(4, "continuous"),
    Slot(5, "categorical", n_categories=3),
)
ROWS = [(0.0, 0.5, 1.0, -0.3, 2.0), (4.0, NAN, 0.0, 0.7, 1.0), (NAN, -1.5, 1.0, 0.1, 0.0)]


def test_likelihood_is_that_of_each_column_kind():
    modality = tabular(*VALUES_AND_BITS)
    inputs = torch.randn((12, 4), generator=rng(1))
    inputs[:, 2:] = (inputs[:, 2:] > 0).float()
    outputs = torch.randn((12, 4), generator=rng(2))
    scale = torch.tensor([0.3, -0.7]).exp()
    expected = Normal(outputs[:, :2], scale).log_prob(inputs[:, :2]).sum(1)
    expected = expected + Bernoulli(logits=outputs[:, 2:]).log_prob(inputs[:, 2:]).sum(1)
    torch.testing.assert_close(modality.log_likelihood(outputs, inputs, scale.log()), expected)


def test_likelihood_leaves_out_what_is_missing():
    modality = tabular(*EVERY_KIND)
    outputs, scale = torch.randn((3, 11), generator=rng()), torch.tensor([0.3, -0.7]).exp()
    x = modality.inputs(torch.tensor(ROWS))
    values = Normal(outputs[:, :2], scale).log_prob(x[:, :2])
    values[1, 0] = 0.0
    expected = values.sum(1) + Bernoulli(logits=outputs[:, 2:4]).log_prob(x[:, 2:4]).sum(1)
    for group in (slice(4, 8), slice(8, 11)):
        category = Categorical(logits=outputs[:, group])
        expected = expected + category.log_prob(x[:, group].argmax(1))
    torch.testing.assert_close(modality.log_likelihood(outputs, x, scale.log()), expected)


def test_instance_noise_leaves_other_columns_alone():
    modality = tabular(Slot(0, "continuous"), Slot(1, "binary"), Slot(2, "continuous"))
    seen = modality.augment(torch.zeros(1000, 3), rng(), 0.5)
    values, bits = modality.map.values, modality.map.bits
    assert (seen[:, bits] == 0).all()
    assert float(seen[:, values].std()) == pytest.approx(0.5, abs=0.05)


def test_rows_of_tables_are_not_moved():
    modality, rows = continuous(3), torch.randn(20, 3, generator=rng())
    encoded = rows.numpy()
    assert modality.move(encoded, rng(), 1.0) is encoded
    assert modality.largest_auto_strength(rows, torch.zeros(20), rng()) == 0.0
