"""The one-hot map between encoded rows, one number per column, and network inputs or outputs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .._encoding.layout import Layout
from .modes import without_callers_modes

__all__ = ["OneHotMap"]

# With this many rows, a class's infrequent categories, or frequencies of categories, weigh as much
# as all infrequent categories, or those of the generated rows.
_CREDIBLE_ROWS = 10
_ROUNDS = 30
# A logit that decides for certain.
_NEVER = 1e4


class OneHotMap:
    """Maps encoded rows to network inputs, and network outputs to encoded rows.

    Inputs have three parts: values (continuous columns), bits (binary columns, then a missing
    indicator for each continuous column with missing values) and categories (one-hot, a group for
    each categorical column; all infrequent categories together are one, and so is "missing").

    Outputs have the same order: values, and logits of bits and categories. A bit is set if its
    logit is positive, and in each group the category with the highest logit is set.
    """

    def __init__(self, layout: Layout) -> None:
        slots = layout.slots
        self.layout = layout
        self.value_at = layout.positions("continuous")
        self.binary_at = layout.positions("binary")
        self.categorical_at = layout.positions("categorical")
        self.missing_at = np.array([i for i in self.value_at if slots[i].can_miss], dtype=np.intp)
        # Positions among the values of those with missing values.
        self.missing_values = torch.from_numpy(np.searchsorted(self.value_at, self.missing_at))
        self.slots = [slots[i] for i in self.categorical_at]
        sizes = [s.n_categories + (s.n_infrequent > 0) + s.can_miss for s in self.slots]
        self.n_values = len(self.value_at)
        self.n_bits = len(self.binary_at) + len(self.missing_at)
        self.n_categories = sum(sizes)
        self.width = self.n_values + self.n_bits + self.n_categories
        self.is_identity = self.width == self.n_values
        self.values = slice(0, self.n_values)
        self.bits = slice(self.n_values, self.n_values + self.n_bits)
        self.categories = slice(self.n_values + self.n_bits, self.width)
        # Group of each category, its place in the group, and the categories of each group, padded
        # with -1.
        self.group = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes).long())
        self.place = torch.cat([torch.arange(n) for n in [*sizes, 0]])
        start = np.cumsum([0, *sizes])[:-1]
        self.members = torch.full((len(sizes), max(sizes, default=1)), -1)
        for row, first, n in zip(self.members, start, sizes, strict=True):
            row[:n] = torch.arange(int(first), int(first) + n)
        self.member_of = (self.group.unsqueeze(1) == torch.arange(len(sizes))).float()

    def __getstate__(self) -> Layout:
        """Pickle the layout alone; everything else follows from it."""
        return self.layout

    def __setstate__(self, layout: Layout) -> None:
        with without_callers_modes():
            self.__init__(layout)  # type: ignore[misc]

    def inputs(self, rows: Tensor) -> Tensor:
        """Return the network inputs of encoded rows. Shape: (n, d) -> (n, width)."""
        if self.is_identity:
            return rows
        parts = [
            rows[:, self.value_at].nan_to_num(),
            rows[:, self.binary_at],
            rows[:, self.missing_at].isnan().to(rows.dtype),
        ]
        if self.n_categories:
            numbers, device = rows[:, self.categorical_at], rows.device
            last = torch.tensor([s.n_categories for s in self.slots], device=device)
            missing = last + torch.tensor([int(s.n_infrequent > 0) for s in self.slots]).to(device)
            at = torch.where(numbers.isnan(), missing, numbers.nan_to_num().minimum(last))
            group, place = self.group.to(device), self.place.to(device)
            parts.append((at[:, group] == place).to(rows.dtype))
        return torch.cat(parts, 1)

    def values_of(self, inputs: Tensor) -> Tensor:
        """Return the values alone. Shape: (n, width) -> (n, n_values)."""
        return inputs if self.is_identity else inputs[:, self.values]

    def observed(self, inputs: Tensor) -> Tensor | None:
        """Return which values are not missing, None if none can be. Shape: -> (n, n_values)."""
        if not len(self.missing_at):
            return None
        bits = inputs[:, self.bits][:, len(self.binary_at) :]
        at = self.missing_values.to(inputs.device)
        return torch.ones_like(inputs[:, self.values]).index_copy(1, at, 1.0 - bits)

    def log_partition(self, outputs: Tensor) -> Tensor:
        """Logarithm of the sum of exponentials over each group. Shape: (n, width) -> (n, g)."""
        logits = outputs[:, self.categories]
        # The highest logit is subtracted for stability; it needs no gradient.
        highest = self._grouped(logits.detach()).amax(2)
        shifted = logits - highest[:, self.group.to(outputs.device)]
        return (shifted.exp() @ self.member_of.to(outputs.device)).log() + highest

    def log_probabilities(self, outputs: Tensor) -> Tensor:
        """Log-probabilities of the categories. Shape: (n, width) -> (n, n_categories)."""
        total = self.log_partition(outputs)
        return outputs[:, self.categories] - total[:, self.group.to(outputs.device)]

    def discretize(self, outputs: Tensor) -> Tensor:
        """Return the inputs that outputs stand for. Shape: (n, width) -> (n, width)."""
        bits = (outputs[:, self.bits] > 0).to(outputs.dtype)
        inputs = torch.cat([outputs[:, self.values], bits, self._highest(outputs)], 1)
        observed = self.observed(inputs)
        if observed is not None:
            inputs[:, self.values] *= observed
        return inputs

    def relax(self, outputs: Tensor) -> Tensor:
        """Discretize forwards, with the gradient of probabilities backwards (straight-through).

        Shape: (n, width) -> (n, width).
        """
        if self.is_identity:
            return outputs
        bits = outputs[:, self.bits].sigmoid()
        categories = self.log_probabilities(outputs).exp()
        soft = torch.cat([outputs[:, self.values], bits, categories], 1)
        hard = self.discretize(outputs).detach() + soft - soft.detach()
        observed = self.observed(hard)
        if observed is None:
            return hard
        values = outputs[:, self.values] * observed
        return torch.cat([values, hard[:, self.bits], hard[:, self.categories]], 1)

    def rows(self, inputs: Tensor, class_rows: Tensor, rng: torch.Generator) -> Tensor:
        """Return the encoded rows of inputs. Shape: (n, width), class_rows (m, d) -> (n, d).

        An infrequent category is drawn from the n values that the class has in this column with
        probability n / (n + 10), and otherwise from all infrequent ones.
        """
        if self.is_identity:
            return inputs
        rows = inputs.new_empty((len(inputs), self.layout.width))
        rows[:, self.value_at] = inputs[:, self.values]
        n_binary = len(self.binary_at)
        rows[:, self.binary_at] = inputs[:, self.bits][:, :n_binary]
        missing = inputs[:, self.bits][:, n_binary:] > 0.5
        rows[:, self.missing_at] = rows[:, self.missing_at].masked_fill(missing, torch.nan)
        if self.n_categories:
            chosen = self._grouped(inputs[:, self.categories]).argmax(2)
            for number, at, slot in zip(chosen.T, self.categorical_at, self.slots, strict=True):
                column = number.to(inputs.dtype)
                infrequent = (number == slot.n_categories) & (slot.n_infrequent > 0)
                column[number >= slot.n_categories + (slot.n_infrequent > 0)] = torch.nan
                column[infrequent] = _draw_infrequent(
                    int(infrequent.sum()),
                    class_rows[:, at],
                    slot.n_categories,
                    slot.n_infrequent,
                    rng,
                ).to(column)
                rows[:, at] = column
        return rows

    def logit_adjustment(self, outputs: Tensor, class_rows: Tensor) -> Tensor:
        """Fit the logits to add so that bits and categories are as frequent as in the class.

        Values are missing exactly as often as in the class. Other bits and categories get a
        frequency between that of the class's rows and that of the generated ones: ten rows of the
        class weigh as much as all generated ones.

        Shape: (n, width), class_rows (m, d) -> (width,), on the CPU.
        """
        adjustment = torch.zeros(self.width, dtype=torch.float32)
        real = self.inputs(class_rows).mean(0).cpu()
        trust = len(class_rows) / (len(class_rows) + _CREDIBLE_ROWS)
        outputs = outputs.cpu()
        target = trust * real + (1.0 - trust) * self.discretize(outputs).mean(0)
        first = self.n_values + len(self.binary_at)
        target[first : first + len(self.missing_at)] = real[first : first + len(self.missing_at)]
        for i in range(self.bits.start, self.bits.stop):
            adjustment[i] = _threshold(outputs[:, i], float(target[i]))
        self._adjust_categories(outputs, real, target, adjustment)
        return adjustment

    def _adjust_categories(
        self, outputs: Tensor, real: Tensor, target: Tensor, adjustment: Tensor
    ) -> None:
        """Shift the categories' logits until their frequencies match the target, in place."""
        if not self.n_categories:
            return
        target_frequency = target[self.categories]
        for group, slot in zip(self.members, self.slots, strict=True):
            if slot.can_miss:  # the last member, whose frequency is fixed
                group = group[group >= 0]
                rest = 1.0 - real[self.categories][group[-1]]
                others = target_frequency[group[:-1]]
                target_frequency[group[:-1]] = others * rest / others.sum().clamp_min(1e-12)
                target_frequency[group[-1]] = real[self.categories][group[-1]]
        floor = 0.1 / len(outputs)
        shift = torch.zeros_like(target_frequency).masked_fill(target_frequency == 0, -_NEVER)
        best, best_error = shift.clone(), shift.new_full((len(self.members),), torch.inf)
        for round_ in range(_ROUNDS):
            moved = outputs.clone()
            moved[:, self.categories] += shift
            frequency = self._highest(moved).mean(0)
            error = frequency.new_zeros(len(self.members))
            error = error.index_add(0, self.group, (frequency - target_frequency).abs())
            better = (error < best_error)[self.group]
            best, best_error = torch.where(better, shift, best), error.minimum(best_error)
            step = ((target_frequency + floor) / (frequency + floor)).log() * 0.9**round_
            shift = torch.where(target_frequency > 0, shift + step, shift)
        adjustment[self.categories] = best

    def _grouped(self, logits: Tensor) -> Tensor:
        """Categories by group, padded with -inf. Shape: (n, n_categories) -> (n, g, size)."""
        members = self.members.to(logits.device)
        return logits[:, members].masked_fill(members < 0, -torch.inf)

    def _highest(self, outputs: Tensor) -> Tensor:
        """One-hot category of the highest logit of each group. Shape: -> (n, n_categories)."""
        if not self.n_categories:
            return outputs[:, self.categories]
        chosen = self._grouped(outputs[:, self.categories]).argmax(2)
        group, place = self.group.to(outputs.device), self.place.to(outputs.device)
        return (chosen[:, group] == place).to(outputs.dtype)


def _threshold(logits: Tensor, fraction: float) -> float:
    """Return the shift that makes this fraction of the logits positive."""
    n_set = round(fraction * len(logits))
    if n_set == 0 or n_set == len(logits):
        return _NEVER if n_set else -_NEVER
    ordered = logits.sort(descending=True).values
    return -float(ordered[n_set - 1] + ordered[n_set]) / 2


def _draw_infrequent(
    n: int, class_values: Tensor, n_categories: int, n_infrequent: int, rng: torch.Generator
) -> Tensor:
    """Draw numbers of infrequent categories, of the class or of all. Shape: -> (n,)."""
    seen = class_values[class_values >= n_categories].cpu()
    chance = torch.rand((n,), generator=rng, dtype=torch.float32)
    drawn = n_categories + (chance * n_infrequent).floor().clamp_max(n_infrequent - 1)
    if len(seen):
        from_class = torch.rand((n,), generator=rng, dtype=torch.float32)
        chosen = torch.randint(len(seen), (n,), generator=rng)
        from_class = from_class < len(seen) / (len(seen) + _CREDIBLE_ROWS)
        drawn = torch.where(from_class, seen[chosen], drawn)
    return drawn
