"""What a fitted sampler does: it draws more rows of a class, and restores them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ._encoding.layout import EncodedRows
from ._modality.base import Modality
from ._nn.modes import without_callers_modes
from ._nn.random import random_rows
from ._parameters import check_n_samples, documented
from ._run import Run, resolve_device, single_thread
from ._synthesizer import Synthesizer
from ._tables.labels import is_missing
from ._tables.table import Table
from ._version import __version__
from ._warn import warn

__all__ = ["Condition", "Label", "OtherVersionWarning", "SampleMixin"]

Label = Hashable
# Tells of rows, in the caller's container, which of them are wanted.
Condition = Callable[[Any], Any]

# Under which name a saved sampler holds the version that saved it.
_VERSION = "_mgvae_resample_version"
# Rows drawn at once when some must meet a condition, and rows drawn at most.
_FEWEST_DRAWN, _MOST_DRAWN, _MOST_DRAWN_PER_ROW = 256, 10_000, 100


class OtherVersionWarning(UserWarning):
    """A fitted sampler was saved by another version; the message names both."""


class SampleMixin:
    """Draws rows of the classes that were fitted."""

    device_: torch.device
    random_state: Any
    _modality: Modality[Any]
    _synthesizers: Mapping[Label, Synthesizer]

    @documented
    def sample(
        self,
        n_samples: Any,
        label: Label = None,
        *,
        where: Condition | None = None,
        random_state: Any = None,
    ) -> Any:
        """Draw new rows of one class from the fitted sampler.

        Parameters
        ----------
        {sample}
        {where}
        {sample_seed}

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer, `label` was not over-sampled, or too few
            rows meet `where`.
        """
        label = self._label_or_only(label)
        synthesizer, n = self._synthesizer_of(label), check_n_samples(n_samples)
        with self._sampling(random_state) as run:
            rng = run.rng("sample")
            return self._drawn(label, n, lambda n: synthesizer.sample(n, rng).rows, where, run)

    def __getstate__(self) -> dict[str, Any]:
        """Save the version with the sampler."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return state | {_VERSION: __version__}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Load a sampler; warn where another version saved it."""
        attributes = dict(state)
        saved_by = attributes.pop(_VERSION, None)
        if saved_by != __version__:
            writer = "an unknown version" if saved_by is None else f"version {saved_by}"
            warn(
                f"This {type(self).__name__} was saved by {writer} of mgvae_resample and is "
                f"loaded by {__version__}. If it cannot draw rows, fit it again, or load it with "
                "the version that saved it.",
                OtherVersionWarning,
            )
        super().__setstate__(attributes)  # type: ignore[misc]

    def _drawn(
        self,
        label: Label,
        n: int,
        draw: Callable[[int], EncodedRows],
        where: Condition | None,
        run: Run,
    ) -> Any:
        """Draw rows of a class and restore them, until n of them meet a condition."""
        if where is None:
            return self._decoded([(label, draw(n))])
        if not callable(where):
            raise TypeError(
                "'where' must be a function that gets rows and returns a bool for each, such as "
                f"lambda rows: rows['age'] > 60, got {where!r}."
            )
        kept: list[Table] = []
        n_kept = n_drawn = 0
        rng = run.rng("where")
        while n_kept < n and n_drawn < max(_MOST_DRAWN, _MOST_DRAWN_PER_ROW * n):
            rows = self._decoded([(label, draw(max(n, _FEWEST_DRAWN)))])
            table = Table.of(rows)
            met = np.flatnonzero(_mask(where(rows), len(table)))
            # In any order: rows of one draw come in the order of their kinds.
            kept.append(table.take(random_rows(met, n - n_kept, rng)))
            n_kept, n_drawn = n_kept + len(kept[-1]), n_drawn + len(table)
        if n_kept < n:
            raise ValueError(
                f"Of {n_drawn} rows drawn of class {label!r} {n_kept} meet the condition 'where', "
                f"and {n} were asked for. Ask for fewer rows or loosen the condition."
            )
        return kept[0].append(kept[1:], n - len(kept[0])).native

    def _label_or_only(self, label: Label) -> Label:
        self._check_resampled()
        if label is None and len(self._synthesizers) == 1:
            return next(iter(self._synthesizers))
        return label

    def _decoded(self, parts: Iterable[tuple[Label, EncodedRows]]) -> Any:
        """Restore rows of some classes, in the container that the caller's table had."""
        tables = [
            self._modality.decode(rows, self._synthesizers[label].calibration)
            for label, rows in parts
        ]
        return tables[0].append(tables[1:], sum(map(len, tables[1:]))).native

    def _synthesizer_of(self, label: Label) -> Any:
        """Return the synthesizer of a class, on the device of the training where there is one."""
        self._check_resampled()
        if label not in self._synthesizers:
            raise ValueError(
                f"'label' is {label!r}; give one of the classes that fit_resample over-sampled: "
                f"{list(self._synthesizers)}."
            )
        return self._synthesizers[label].to(self._sampling_device())

    def _check_resampled(self) -> None:
        """Refuse to draw before ``fit_resample``; ``fit`` trains no imblearn sampler."""
        check_is_fitted(
            self,
            "_synthesizers",
            msg="This %(name)s is not fitted yet: call fit_resample; fit only checks the data.",
        )

    def _check_rows(self, X: Any) -> Table:
        """Check rows that come after fitting against the fitted table."""
        table = Table.of(X)
        validate_data(self, X=table.native, reset=False, skip_check_array=True)
        return table

    @contextmanager
    def _sampling(self, random_state: Any = None) -> Iterator[Run]:
        """Open a run that only draws: on one thread, without callbacks."""
        with without_callers_modes(), single_thread:
            yield Run(self._seed(random_state), self._sampling_device())

    def _seed(self, random_state: Any = None) -> int:
        state = check_random_state(self.random_state if random_state is None else random_state)
        return int(state.randint(np.iinfo(np.int32).max))

    def _sampling_device(self) -> torch.device:
        """Return the device of the training, or the CPU where this machine does not have it."""
        try:
            return resolve_device(self.device_)
        except ValueError:
            return torch.device("cpu")


def _mask(met: Any, n_rows: int) -> npt.NDArray[np.bool_]:
    """Return what ``where`` says of rows, or refuse it; where a value is missing it is not met."""
    found = np.asarray(met)
    if found.dtype == object:
        # So nullable booleans come, and those of objects.
        entries = [False if is_missing(entry) else entry for entry in found.ravel()]
        if all(isinstance(entry, bool | np.bool_) for entry in entries):
            found = np.array(entries, dtype=bool).reshape(found.shape)
    if found.dtype != np.bool_ or found.shape != (n_rows,):
        raise ValueError(
            f"'where' must return an array of {n_rows} booleans, one for each row it got; it "
            f"returned dtype {found.dtype} and shape {found.shape}."
        )
    return found
