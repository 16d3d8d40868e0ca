"""MarginalsDisplay: column by column, real rows of a class against synthetic ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from .canvas import check_sampler, grid_shape, panels, spare, unwrapped
from .columns import check_label, column_names, is_synthetic, read_columns, readable, take
from .marginal import Marginal, compare, draw, legend_handles

__all__ = ["MarginalsDisplay"]


@dataclass(eq=False, repr=False, kw_only=True)
class MarginalsDisplay:
    """Columns of a class, real rows against synthetic ones.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    marginals : sequence of Marginal
        The columns, in the order of the panels.
    label : label
        The class.
    n_rows : tuple of two int
        Number of real and of synthetic rows.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One a column.
    figure_ : matplotlib Figure
        The figure with the panels.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import MGVAEOverSampler
    >>> from mgvae_resample.display import MarginalsDisplay
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = MGVAEOverSampler(
    ...     max_pretrain_steps=100, max_finetune_steps=50, random_state=0
    ... )
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> display = MarginalsDisplay.from_estimator(sampler, X_res, y_res, columns=[0, 3])
    >>> [marginal.column.name for marginal in display.marginals]
    ['x0', 'x3']
    >>> plt.show()
    """

    marginals: Sequence[Marginal]
    label: Any
    n_rows: tuple[int, int]
    axes_: npt.NDArray[np.object_] = field(init=False)
    figure_: Any = field(init=False)

    @classmethod
    def from_estimator(
        cls,
        sampler: Any,
        X_res: Any,
        y_res: Any,
        *,
        label: Any = None,
        columns: Sequence[Any] | None = None,
        max_columns: int = 12,
        kind: Literal["ecdf", "histogram"] = "ecdf",
        ax: Any = None,
    ) -> Self:
        """Compare the columns of what ``fit_resample`` returned, and draw them.

        Parameters
        ----------
        sampler : over-sampler
            Fitted sampler that appends its rows class by class: ours, or one such as SMOTE to
            compare with.
        X_res, y_res : {array-like, dataframe, sparse matrix} and array-like
            What ``fit_resample`` returned.
        label : label, default=None
            A class that was over-sampled; the one with most synthetic rows if None.
        columns : sequence of str or int, default=None
            Names or numbers of the columns to show. If None, all, or those that differ most
            where there are more than `max_columns`.
        max_columns : int, default=12
            Most columns shown if `columns` does not name them.
        kind : {"ecdf", "histogram"}, default="ecdf"
            How numbers are drawn: empirical distribution functions, or shares of 20 bins.
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.

        Returns
        -------
        MarginalsDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the sampler is not fitted.
        TypeError
            If it is no over-sampler.
        ValueError
            If the rows are not what it returned, `label` was not over-sampled, a column is
            unknown or `kind` is neither of the two.
        """
        check_sampler(cls, sampler, "sampling_strategy_", such_as="MGVAEOverSampler or SMOTE")
        X = readable(X_res)
        y, new = is_synthetic(sampler, X, y_res)
        label = check_label(sampler, label)
        own, others = take(X, ~new & (y == label)), take(X, new & (y == label))
        n_rows = (own.shape[0], others.shape[0])
        names = column_names(sampler, X.shape[1])
        marginals = [compare(c, n_rows[0]) for c in read_columns(names, own, others)]
        if columns is None:
            shown = _most_different(marginals, max_columns)
        else:
            shown = [marginals[_position(name, names)] for name in columns]
        return cls(marginals=shown, label=label, n_rows=n_rows).plot(ax, kind=kind)

    def plot(self, ax: Any = None, *, kind: Literal["ecdf", "histogram"] = "ecdf") -> Self:
        """Draw a panel a column; its title says the gap and the shares missing.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One Axes lends its place to the panels, several become the panels; a new figure if
            None.
        kind : {"ecdf", "histogram"}, default="ecdf"
            How numbers are drawn: empirical distribution functions, or shares of 20 bins.

        Returns
        -------
        MarginalsDisplay
            The display itself.
        """
        if kind not in ("ecdf", "histogram"):
            raise ValueError(f"'kind' must be 'ecdf' or 'histogram', got {kind!r}.")
        shape = grid_shape(len(self.marginals))
        axes, self.figure_ = panels(
            f"{type(self).__name__}.plot", ax, shape, (2.7, 2.3), margin=(1.8, 0.1)
        )
        self.axes_ = spare(axes, len(self.marginals))
        for panel, marginal in zip(self.axes_, self.marginals, strict=True):
            draw(panel, marginal, kind)
        self.axes_[shape[1] - 1].legend(
            legend_handles(),
            [f"{self.n_rows[0]} real rows", f"{self.n_rows[1]} synthetic"],
            title=f"class {unwrapped(self.label)}",
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
        )
        return self


def _most_different(marginals: Sequence[Marginal], n: int) -> list[Marginal]:
    if len(marginals) <= n:
        return list(marginals)
    return sorted(marginals, key=lambda marginal: -marginal.difference)[:n]


def _position(name: Any, names: Sequence[str]) -> int:
    if name in names:
        return names.index(name)
    if isinstance(name, int | np.integer) and -len(names) <= name < len(names):
        return int(name)
    raise ValueError(f"There is no column {name!r}; the columns are {', '.join(names)}.")
