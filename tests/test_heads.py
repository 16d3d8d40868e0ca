"""Laws of the column heads: what networks read and write for codes of every kind."""

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Categorical, Normal

from mgvae_resample._data.layout import Layout, Slot
from mgvae_resample._engine.heads import ColumnHeads
from mgvae_resample._mgvae.model import MajorityGuidedVAE

NAN = float("nan")
LAYOUT = Layout(
    (
        Slot(0, "categorical", can_miss=True, n_levels=2, n_rare=3),
        Slot(1, "continuous", can_miss=True),
        Slot(2, "binary"),
        Slot(4, "continuous"),
        Slot(5, "categorical", n_levels=3),
    )
)
# Values (two), then bits (binary, "missing"), then levels: 0, 1, rare, missing; 0, 1, 2.
ROWS = {
    (0.0, 0.5, 1.0, -0.3, 2.0): [0.5, -0.3, 1, 0, 1, 0, 0, 0, 0, 0, 1],
    (4.0, NAN, 0.0, 0.7, 1.0): [0.0, 0.7, 0, 1, 0, 0, 1, 0, 0, 1, 0],
    (NAN, -1.5, 1.0, 0.1, 0.0): [-1.5, 0.1, 1, 0, 0, 0, 0, 1, 1, 0, 0],
}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_features_by_hand():
    heads = ColumnHeads(LAYOUT)
    assert heads.width == 11
    codes, expected = torch.tensor(list(ROWS)), torch.tensor(list(ROWS.values()))
    torch.testing.assert_close(heads.features(codes), expected.float())


def test_codes_by_hand():
    heads = ColumnHeads(LAYOUT)
    codes = heads.codes(torch.tensor(list(ROWS.values())).float(), torch.zeros(0, 5), generator())
    expected = torch.tensor(list(ROWS))
    assert 2 <= codes[1, 0] <= 4  # one of the three rare levels
    codes[1, 0] = 4
    torch.testing.assert_close(codes, expected, equal_nan=True)


def test_plain_codes_are_features():
    heads = ColumnHeads(Layout((Slot(0, "continuous"), Slot(3, "continuous"))))
    codes = torch.randn(5, 2)
    assert heads.features(codes) is codes
    assert heads.codes(codes, codes, generator()) is codes


def test_rare_levels_are_drawn_from_the_class_and_from_all():
    heads = ColumnHeads(Layout((Slot(0, "categorical", n_levels=2, n_rare=50),)))
    rare = torch.tensor([[0.0, 0.0, 1.0]]).expand(20_000, 3)
    own = torch.tensor([[0.0], [7.0], [7.0], *([[9.0]] * 8)])
    drawn = heads.codes(rare, own, generator())[:, 0]
    assert set(drawn.tolist()) == set(range(2, 52))
    # Ten rows of the class have one: half of the draws are theirs, the rest is even.
    assert (drawn == 9).float().mean() == pytest.approx(0.5 * 0.8 + 0.5 / 50, abs=0.015)
    assert (drawn == 30).float().mean() == pytest.approx(0.5 / 50, abs=0.005)


def test_hard_features_are_those_of_the_highest_scores():
    heads = ColumnHeads(LAYOUT)
    scores = torch.tensor([[3.0, 2.0, -0.1, 0.1, 5, 6, 4, 4, -3, -9, -5]])
    expected = torch.tensor([[0.0, 2.0, 0, 1, 0, 1, 0, 0, 1, 0, 0]])  # a missing value is 0
    torch.testing.assert_close(heads.harden(scores), expected)


def test_log_probabilities_are_stable_and_have_their_gradient():
    heads = ColumnHeads(LAYOUT)
    scores = torch.randn((6, 11), generator=generator(), dtype=torch.float64) * 3
    scores[0, 4:8] += 500.0
    heads.member_of = heads.member_of.double()
    scores.requires_grad_()
    found = heads.log_probabilities(scores)
    expected = torch.cat([scores[:, 4:8].log_softmax(1), scores[:, 8:].log_softmax(1)], 1)
    torch.testing.assert_close(found, expected)
    weight = torch.randn(found.shape, generator=generator(1), dtype=torch.float64)
    (gradient,) = torch.autograd.grad((found * weight).sum(), scores)
    (wanted,) = torch.autograd.grad((expected * weight).sum(), scores)
    torch.testing.assert_close(gradient, wanted)


def test_likelihood_leaves_out_what_is_missing():
    model = MajorityGuidedVAE(LAYOUT, [4], 2)
    with torch.no_grad():
        model.log_scale.copy_(torch.tensor([0.3, -0.7]))
    raw = torch.randn((3, 11), generator=generator())
    x = torch.tensor(list(ROWS.values())).float()
    scale = torch.tensor([0.3, -0.7]).exp()
    values = Normal(raw[:, :2], scale).log_prob(x[:, :2])
    values[1, 0] = 0.0
    expected = values.sum(1) + Bernoulli(logits=raw[:, 2:4]).log_prob(x[:, 2:4]).sum(1)
    for group in (slice(4, 8), slice(8, 11)):
        expected = expected + Categorical(logits=raw[:, group]).log_prob(x[:, group].argmax(1))
    torch.testing.assert_close(model.log_likelihood(raw, x), expected)


def test_offsets_bring_shares_to_those_of_the_class():
    heads = ColumnHeads(LAYOUT)
    g = np.random.default_rng(0)
    n = 10_000
    own = np.column_stack(
        [
            g.choice([0.0, 1.0, 3.0, NAN], n, p=[0.1, 0.6, 0.1, 0.2]),
            np.where(g.random(n) < 0.7, NAN, 0.0),
            g.random(n) < 0.9,
            np.zeros(n),
            g.choice([0.0, 2.0], n),
        ]
    )
    own = torch.from_numpy(own).float()
    scores = 2.0 * torch.randn((1000, 11), generator=generator()) - 1.0
    offsets = torch.from_numpy(heads.offsets(scores, own))
    assert (offsets[:2] == 0).all()
    made = heads.harden(scores + offsets).mean(0)[2:]
    np.testing.assert_allclose(made, heads.features(own).mean(0)[2:], atol=0.015)


@pytest.mark.parametrize("missing", [True, False])
def test_what_is_always_or_never_missing_stays_so(missing):
    heads = ColumnHeads(LAYOUT)
    own = torch.tensor([[NAN, NAN, 0.0, 0.0, 0.0] if missing else [0.0] * 5] * 4)
    offsets = torch.from_numpy(heads.offsets(torch.randn((50, 11), generator=generator()), own))
    new = heads.harden(5.0 * torch.randn((5000, 11), generator=generator(1)) + offsets)
    assert (new[:, 3] == missing).all()
    assert (new[:, 7] == missing).all()
