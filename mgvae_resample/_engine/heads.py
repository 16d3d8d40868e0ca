"""Column heads: what networks read and write for the codes of a row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .._data.layout import Layout
from .runtime import uniform

__all__ = ["ColumnHeads"]

Codes = npt.NDArray[np.float32]

# Rows of a class from which its own rare levels are as likely as any, and its own shares of
# levels as credible as those of the generated rows.
_CREDIBLE_ROWS = 10
_ROUNDS = 30
# A score that no draw makes up for.
_NEVER = 1e4


class ColumnHeads:
    """Between codes, one number a column, and features, which networks read and write.

    Features stand in three parts: values (continuous codes or intensities), bits (binary columns,
    then for each continuous column that may miss whether it does) and levels (one-hot, a group
    for each categorical column; all rare levels together are one, and so is "missing").

    Scores are what a network puts in their places: values, and bits and levels by how much speaks
    for them. A bit is set if its score is positive, and of a group the highest score is set.

    Parameters
    ----------
    layout : Layout
        The codes.
    """

    def __init__(self, layout: Layout) -> None:
        slots = layout.slots
        categorical = layout.positions("categorical")
        self.value_at = np.sort(
            np.concatenate([layout.positions("continuous"), layout.positions("intensity")])
        )
        self.binary_at = layout.positions("binary")
        self.categorical_at = categorical
        self.missing_at = np.array([i for i in self.value_at if slots[i].can_miss], dtype=np.intp)
        # Where among the values those that may miss are.
        self.missing_values = torch.from_numpy(np.searchsorted(self.value_at, self.missing_at))
        self.slots = [slots[i] for i in categorical]
        sizes = [s.n_levels + (s.n_rare > 0) + s.can_miss for s in self.slots]
        self.n_codes = layout.width
        self.n_values = len(self.value_at)
        self.n_bits = len(self.binary_at) + len(self.missing_at)
        self.n_levels = sum(sizes)
        self.width = self.n_values + self.n_bits + self.n_levels
        self.is_plain = self.width == self.n_values  # features are codes
        self.are_intensities = len(layout.positions("intensity")) > 0
        self.values = slice(0, self.n_values)
        self.bits = slice(self.n_values, self.n_values + self.n_bits)
        self.levels = slice(self.n_values + self.n_bits, self.width)
        # Group of each level feature, its place in the group, and the features of each group,
        # filled up with -1.
        self.group = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes).long())
        self.place = torch.cat([torch.arange(n) for n in [*sizes, 0]])
        start = np.cumsum([0, *sizes])[:-1]
        self.members = torch.full((len(sizes), max(sizes, default=1)), -1)
        for row, first, n in zip(self.members, start, sizes, strict=True):
            row[:n] = torch.arange(int(first), int(first) + n)
        self.member_of = (self.group.unsqueeze(1) == torch.arange(len(sizes))).float()

    def features(self, codes: Tensor) -> Tensor:
        """Return the features of codes. Shape: (n, d) -> (n, width)."""
        if self.is_plain:
            return codes
        numbers = codes[:, self.categorical_at]
        parts = [
            codes[:, self.value_at].nan_to_num(),
            codes[:, self.binary_at],
            codes[:, self.missing_at].isnan().to(codes.dtype),
        ]
        if self.n_levels:
            last = torch.tensor([s.n_levels for s in self.slots], device=codes.device)
            missing = last + torch.tensor([int(s.n_rare > 0) for s in self.slots]).to(last.device)
            at = torch.where(numbers.isnan(), missing, numbers.nan_to_num().minimum(last))
            group, place = self.group.to(codes.device), self.place.to(codes.device)
            parts.append((at[:, group] == place).to(codes.dtype))
        return torch.cat(parts, 1)

    def known(self, features: Tensor) -> Tensor | None:
        """Tell which values are not missing, None where none can be. Shape: -> (n, n_values)."""
        if not len(self.missing_at):
            return None
        bits = features[:, self.bits][:, len(self.binary_at) :]
        at = self.missing_values.to(features.device)
        return torch.ones_like(features[:, self.values]).index_copy(1, at, 1.0 - bits)

    def log_partition(self, scores: Tensor) -> Tensor:
        """Logarithm of the sum of exponentials over each group. Shape: (n, width) -> (n, g)."""
        of_levels = scores[:, self.levels]
        # The highest score is subtracted for safety only; no gradient needs to pass through it.
        highest = self._grouped(of_levels.detach()).amax(2)
        shifted = of_levels - highest[:, self.group.to(scores.device)]
        return (shifted.exp() @ self.member_of.to(scores.device)).log() + highest

    def log_probabilities(self, scores: Tensor) -> Tensor:
        """Logarithms of the levels' probabilities. Shape: (n, width) -> (n, n_levels)."""
        total = self.log_partition(scores)
        return scores[:, self.levels] - total[:, self.group.to(scores.device)]

    def harden(self, scores: Tensor) -> Tensor:
        """Features that scores stand for. Shape: (n, width) -> (n, width)."""
        bits = (scores[:, self.bits] > 0).to(scores.dtype)
        features = torch.cat([scores[:, self.values], bits, self._highest(scores)], 1)
        known = self.known(features)
        if known is not None:
            features[:, self.values] *= known
        return features

    def codes(self, features: Tensor, own: Tensor, generator: torch.Generator) -> Tensor:
        """Return the codes of features. Shape: (n, width), own (m, d) -> (n, d).

        Where the rare levels of a column are meant, one of them is drawn: mostly one that the
        class has, whose codes are ``own``, the more of them there are.
        """
        if self.is_plain:
            return features
        codes = features.new_empty((len(features), self.n_codes))
        codes[:, self.value_at] = features[:, self.values]
        n_binary = len(self.binary_at)
        codes[:, self.binary_at] = features[:, self.bits][:, :n_binary]
        missing = features[:, self.bits][:, n_binary:] > 0.5
        codes[:, self.missing_at] = codes[:, self.missing_at].masked_fill(missing, torch.nan)
        if self.n_levels:
            chosen = self._grouped(features[:, self.levels]).argmax(2)
            for number, at, slot in zip(chosen.T, self.categorical_at, self.slots, strict=True):
                code = number.to(features.dtype)
                rare = (number == slot.n_levels) & (slot.n_rare > 0)
                code[number >= slot.n_levels + (slot.n_rare > 0)] = torch.nan
                code[rare] = _draw_rare(
                    int(rare.sum()), own[:, at], slot.n_levels, slot.n_rare, generator
                ).to(code)
                codes[:, at] = code
        return codes

    def offsets(self, scores: Tensor, own: Tensor) -> Codes:
        """Find what to add to scores for bits and levels to be as frequent as in the class.

        Values are missing exactly as often as in the class's own rows. Other bits and levels are
        given a share between that of the own rows and that of the generated ones: ten own rows
        count as much as all generated ones.

        Shape: (n, width), own (m, d) -> (width,).
        """
        offsets = torch.zeros(self.width, dtype=torch.float32)
        real = self.features(own).mean(0).cpu()
        trust = len(own) / (len(own) + _CREDIBLE_ROWS)
        scores = scores.cpu()
        made = self.harden(scores).mean(0)
        target = trust * real + (1.0 - trust) * made
        n_binary = len(self.binary_at)
        first = self.n_values + n_binary
        target[first : first + len(self.missing_at)] = real[first : first + len(self.missing_at)]
        for i in range(self.bits.start, self.bits.stop):
            offsets[i] = _threshold(scores[:, i], float(target[i]))
        self._fit_levels(scores, real, target, offsets)
        found: Codes = offsets.numpy()
        return found

    def _fit_levels(self, scores: Tensor, real: Tensor, target: Tensor, offsets: Tensor) -> None:
        """Raise or lower the levels' scores until their shares are as wanted, in place."""
        if not self.n_levels:
            return
        wanted = target[self.levels]
        for group, slot in zip(self.members, self.slots, strict=True):
            if slot.can_miss:  # the last member; the others share what is left
                group = group[group >= 0]
                rest = 1.0 - real[self.levels][group[-1]]
                others = wanted[group[:-1]]
                wanted[group[:-1]] = others * rest / others.sum().clamp_min(1e-12)
                wanted[group[-1]] = real[self.levels][group[-1]]
        floor = 0.1 / len(scores)
        shift = torch.zeros_like(wanted).masked_fill(wanted == 0, -_NEVER)
        best, best_error = shift.clone(), shift.new_full((len(self.members),), torch.inf)
        for round_ in range(_ROUNDS):
            moved = scores.clone()
            moved[:, self.levels] += shift
            share = self._highest(moved).mean(0)
            error = torch.zeros(len(self.members)).index_add(0, self.group, (share - wanted).abs())
            better = (error < best_error)[self.group]
            best, best_error = torch.where(better, shift, best), error.minimum(best_error)
            step = ((wanted + floor) / (share + floor)).log() * 0.9**round_
            shift = torch.where(wanted > 0, shift + step, shift)
        offsets[self.levels] = best

    def _grouped(self, of_levels: Tensor) -> Tensor:
        """Level features by group, filled up with -inf. Shape: (n, n_levels) -> (n, g, size)."""
        members = self.members.to(of_levels.device)
        return of_levels[:, members].masked_fill(members < 0, -torch.inf)

    def _highest(self, scores: Tensor) -> Tensor:
        """One-hot levels of the highest score of each group. Shape: -> (n, n_levels)."""
        if not self.n_levels:
            return scores[:, self.levels]
        chosen = self._grouped(scores[:, self.levels]).argmax(2)
        group, place = self.group.to(scores.device), self.place.to(scores.device)
        return (chosen[:, group] == place).to(scores.dtype)


def _threshold(scores: Tensor, share: float) -> float:
    """Return what to add for this share of the scores to be positive."""
    n_set = round(share * len(scores))
    if n_set == 0 or n_set == len(scores):
        return _NEVER if n_set else -_NEVER
    ordered = scores.sort(descending=True).values
    return -float(ordered[n_set - 1] + ordered[n_set]) / 2


def _draw_rare(
    n: int, own: Tensor, n_levels: int, n_rare: int, generator: torch.Generator
) -> Tensor:
    """Draw the numbers of rare levels: of the class's own, or of any. Shape: -> (n,)."""
    cpu = torch.device("cpu")
    known = own[own >= n_levels].cpu()
    drawn = n_levels + (uniform((n,), generator, cpu) * n_rare).floor().clamp_max(n_rare - 1)
    if len(known):
        from_own = uniform((n,), generator, cpu) < len(known) / (len(known) + _CREDIBLE_ROWS)
        chosen = torch.randint(len(known), (n,), generator=generator)
        drawn = torch.where(from_own, known[chosen], drawn)
    return drawn
