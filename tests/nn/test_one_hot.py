"""Laws of the one-hot map: what networks read and write for columns of every kind."""

import pickle

import numpy as np
import pytest
import torch

from mgvae_resample._encoding.layout import Layout, Slot
from mgvae_resample._nn.one_hot import OneHotMap
from tests.layouts import rng

NAN = float("nan")
LAYOUT = Layout(
    (
        Slot(0, "categorical", can_miss=True, n_categories=2, n_infrequent=3),
        Slot(1, "continuous", can_miss=True),
        Slot(2, "binary"),
        Slot(4, "continuous"),
        Slot(5, "categorical", n_categories=3),
    )
)
# Values (two), then bits (binary, "missing"), then categories: 0, 1, infrequent, missing; 0, 1, 2.
ROWS = {
    (0.0, 0.5, 1.0, -0.3, 2.0): [0.5, -0.3, 1, 0, 1, 0, 0, 0, 0, 0, 1],
    (4.0, NAN, 0.0, 0.7, 1.0): [0.0, 0.7, 0, 1, 0, 0, 1, 0, 0, 1, 0],
    (NAN, -1.5, 1.0, 0.1, 0.0): [-1.5, 0.1, 1, 0, 0, 0, 0, 1, 1, 0, 0],
}


def test_inputs_by_hand():
    one_hot = OneHotMap(LAYOUT)
    assert one_hot.width == 11
    rows, expected = torch.tensor(list(ROWS)), torch.tensor(list(ROWS.values()))
    torch.testing.assert_close(one_hot.inputs(rows), expected.float())


def test_rows_by_hand():
    inputs = torch.tensor(list(ROWS.values())).float()
    rows = OneHotMap(LAYOUT).rows(inputs, torch.zeros(0, 5), rng())
    expected = torch.tensor(list(ROWS))
    assert 2 <= rows[1, 0] <= 4  # one of the three infrequent categories
    rows[1, 0] = 4
    torch.testing.assert_close(rows, expected, equal_nan=True)


def test_rows_of_continuous_columns_are_inputs():
    one_hot = OneHotMap(Layout((Slot(0, "continuous"), Slot(3, "continuous"))))
    rows = torch.randn(5, 2)
    assert one_hot.inputs(rows) is rows
    assert one_hot.rows(rows, rows, rng()) is rows


def test_infrequent_categories_are_drawn_from_the_class_and_from_all():
    one_hot = OneHotMap(Layout((Slot(0, "categorical", n_categories=2, n_infrequent=50),)))
    infrequent = torch.tensor([[0.0, 0.0, 1.0]]).expand(20_000, 3)
    class_rows = torch.tensor([[0.0], [7.0], [7.0], *([[9.0]] * 8)])
    drawn = one_hot.rows(infrequent, class_rows, rng())[:, 0]
    assert set(drawn.tolist()) == set(range(2, 52))
    # Ten rows of the class have one: half of the draws are theirs, the rest is even.
    assert (drawn == 9).float().mean() == pytest.approx(0.5 * 0.8 + 0.5 / 50, abs=0.015)
    assert (drawn == 30).float().mean() == pytest.approx(0.5 / 50, abs=0.005)


def test_discretized_outputs_are_those_of_the_highest_logits():
    outputs = torch.tensor([[3.0, 2.0, -0.1, 0.1, 5, 6, 4, 4, -3, -9, -5]])
    expected = torch.tensor([[0.0, 2.0, 0, 1, 0, 1, 0, 0, 1, 0, 0]])  # a missing value is 0
    torch.testing.assert_close(OneHotMap(LAYOUT).discretize(outputs), expected)


def test_log_probabilities_are_stable_and_have_their_gradient():
    one_hot = OneHotMap(LAYOUT)
    outputs = torch.randn((6, 11), generator=rng()) * 3
    outputs[0, 4:8] += 100.0  # whose exponentials are no floats of four bytes
    outputs.requires_grad_()
    found = one_hot.log_probabilities(outputs)
    expected = torch.cat([outputs[:, 4:8].log_softmax(1), outputs[:, 8:].log_softmax(1)], 1)
    torch.testing.assert_close(found, expected, rtol=0.0, atol=5e-5)
    weight = torch.randn(found.shape, generator=rng(1))
    (gradient,) = torch.autograd.grad((found * weight).sum(), outputs)
    (wanted,) = torch.autograd.grad((expected * weight).sum(), outputs)
    torch.testing.assert_close(gradient, wanted)


def test_relaxed_outputs_are_discrete_and_have_the_gradient_of_probabilities():
    layout = Layout((Slot(0, "binary"), Slot(1, "categorical", n_categories=3)))
    one_hot = OneHotMap(layout)
    outputs = torch.randn((6, 4), generator=rng()).requires_grad_()
    relaxed = one_hot.relax(outputs)
    torch.testing.assert_close(relaxed.detach(), one_hot.discretize(outputs.detach()))
    weight = torch.randn(relaxed.shape, generator=rng(1))
    (gradient,) = torch.autograd.grad((relaxed * weight).sum(), outputs)
    chance = torch.cat([outputs[:, :1].sigmoid(), outputs[:, 1:].softmax(1)], 1)
    (wanted,) = torch.autograd.grad((chance * weight).sum(), outputs)
    torch.testing.assert_close(gradient, wanted)


def test_the_adjustment_brings_shares_to_those_of_the_class():
    one_hot = OneHotMap(LAYOUT)
    g = np.random.default_rng(0)
    n = 10_000
    class_rows = np.column_stack(
        [
            g.choice([0.0, 1.0, 3.0, NAN], n, p=[0.1, 0.6, 0.1, 0.2]),
            np.where(g.random(n) < 0.7, NAN, 0.0),
            g.random(n) < 0.9,
            np.zeros(n),
            g.choice([0.0, 2.0], n),
        ]
    )
    class_rows = torch.from_numpy(class_rows).float()
    outputs = 2.0 * torch.randn((1000, 11), generator=rng()) - 1.0
    adjustment = one_hot.logit_adjustment(outputs, class_rows)
    assert (adjustment[:2] == 0).all()
    made = one_hot.discretize(outputs + adjustment).mean(0)[2:]
    np.testing.assert_allclose(made, one_hot.inputs(class_rows).mean(0)[2:], atol=0.015)


@pytest.mark.parametrize("missing", [True, False])
def test_what_is_always_or_never_missing_stays_so(missing):
    one_hot = OneHotMap(LAYOUT)
    class_rows = torch.tensor([[NAN, NAN, 0.0, 0.0, 0.0] if missing else [0.0] * 5] * 4)
    outputs = torch.randn((50, 11), generator=rng())
    adjustment = one_hot.logit_adjustment(outputs, class_rows)
    new = one_hot.discretize(5.0 * torch.randn((5000, 11), generator=rng(1)) + adjustment)
    assert (new[:, 3] == missing).all()
    assert (new[:, 7] == missing).all()


def test_a_pickled_map_is_its_layout():
    one_hot = OneHotMap(LAYOUT)
    twin = pickle.loads(pickle.dumps(one_hot))
    assert twin.layout == LAYOUT
    rows = torch.tensor(list(ROWS))
    torch.testing.assert_close(twin.inputs(rows), one_hot.inputs(rows))
    assert b"torch" not in pickle.dumps(one_hot)
