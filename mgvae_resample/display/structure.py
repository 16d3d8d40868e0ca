"""StructureDisplay: the Bayesian network of a sampler, with how well its codes follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ._plotting import check_sampler, documented, pyplot

__all__ = ["StructureDisplay"]


@dataclass(eq=False, repr=False, kw_only=True)
class StructureDisplay:
    """The Bayesian network with its scores.

    It is recommended to use `from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    structure : BayesianStructure
        The network.
    edges : dict of str to float
        Latent code -> R² of its regression on its parents; 1 is perfect.
    non_edges : dict of (str, str) to float
        Latent code, non-parent -> share of the latent code's variance that the non-parent
        explains beyond the parents; 0 is perfect.
    classes : dict of str to float
        Latent code -> share of its variance between classes; 0 is perfect.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the network.
    figure_ : matplotlib Figure
        The figure with the axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import BayesGANOverSampler
    >>> from mgvae_resample.display import StructureDisplay
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> gan = BayesGANOverSampler(structure="entangled", max_steps=100, random_state=0)
    >>> X_res, y_res = gan.fit_resample(X, y)
    >>> display = StructureDisplay.from_estimator(gan)
    >>> sorted(display.edges)
    ["c'1", "c'2", "c'3", "c'4", "c'5"]
    >>> plt.show()
    """

    structure: Any
    edges: Mapping[str, float]
    non_edges: Mapping[tuple[str, str], float]
    classes: Mapping[str, float]
    ax_: Any = field(init=False)
    figure_: Any = field(init=False)

    @classmethod
    @documented
    def from_estimator(cls, gan: Any, *, ax: Any = None) -> Self:
        """Draw the network of a fitted sampler.

        Parameters
        ----------
        gan : BayesGANOverSampler
            Fitted sampler.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        StructureDisplay
            The display, drawn.

        Raises
        ------
        %(not_fitted)s
        TypeError
            If it has no network.
        ValueError
            If it was told to have none, or no class could be learned.
        """
        check_sampler(cls, gan, "structure_", "edge_scores_", such_as="BayesGANOverSampler")
        scores = gan.edge_scores_
        if scores is None:
            reason = "no class could be learned" if gan.structure_ else "structure=None has none"
            raise ValueError(f"There is no scored network to draw: {reason}.")
        return cls(
            structure=gan.structure_,
            edges=scores.edges,
            non_edges=scores.non_edges,
            classes=scores.classes,
        ).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the network, R² beside each latent code, and below what should not be there.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        StructureDisplay
            The display itself.
        """
        pyplot(f"{type(self).__name__}.plot")
        is_new = ax is None
        self.ax_ = self.structure.plot(ax)
        self.figure_ = self.ax_.figure
        if is_new:
            width, height = self.figure_.get_size_inches()
            self.figure_.set_layout_engine("constrained")
            self.figure_.set_size_inches(max(width + 0.5, 4.2), height + 0.6)
        nodes = {text.get_text(): text.get_position() for text in self.ax_.texts}
        for name, score in self.edges.items():
            self.ax_.annotate(
                f"R² {score:.2f}",
                nodes[name],
                xytext=(18, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            )
        self.ax_.text(
            0.5, -0.02, self._worst(), transform=self.ax_.transAxes, ha="center", va="top"
        )
        return self

    def _worst(self) -> str:
        code = max(self.classes, key=lambda name: self.classes[name])
        lines = [f"most that the class explains: {self.classes[code]:.2f} of {code}"]
        if self.non_edges:
            latent, other = max(self.non_edges, key=lambda pair: self.non_edges[pair])
            score = self.non_edges[latent, other]
            worst = f"most that a non-parent explains: {score:.2f} of {latent}, by {other}"
            lines.insert(0, worst)
        return "\n".join(lines)
