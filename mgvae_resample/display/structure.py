"""StructureDisplay: the Bayesian network of a sampler, and how well its codes follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ._plotting import Display, documented

__all__ = ["StructureDisplay"]


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class StructureDisplay(Display):
    """The Bayesian network with its scores.

    {parameters}
    structure : BayesianStructure
        The network.
    edges : dict of str to float
        Latent code -> R² of its regression on its parents; 1 is perfect.
    non_edges : dict of (str, str) to float
        Latent code, non-parent -> fraction of the latent code's variance that the non-parent
        explains beyond the parents; 0 is perfect.
    classes : dict of str to float
        Latent code -> fraction of its variance between classes; 0 is perfect.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure with the axes.
    ax_ : matplotlib Axes
        The axes with the network.

    {bayesgan_example}
    >>> display = StructureDisplay.from_estimator(sampler)
    >>> sorted(display.edges)
    ["c'1", "c'2"]
    >>> plt.show()
    """

    structure: Any
    edges: Mapping[str, float]
    non_edges: Mapping[tuple[str, str], float]
    classes: Mapping[str, float]
    ax_: Any = field(init=False)

    @classmethod
    def from_estimator(cls, gan: Any, *, ax: Any = None) -> Self:
        """Draw the network of a fitted sampler.

        Parameters
        ----------
        gan : BayesGANOverSampler
            Fitted sampler.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        {returns_and_errors}
            If it has no structure, or no class could be learned.
        """
        cls._check_sampler(gan, "structure_", "edge_scores_", such_as="BayesGANOverSampler")
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
        """Draw the network, with R² beside each latent code and the worst violations below."""
        self._pyplot()
        self.ax_ = self.structure.plot(ax)
        self.figure_ = self.ax_.figure
        nodes = {text.get_text(): text.get_position() for text in self.ax_.texts}
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        style = {"textcoords": "offset points", "va": "center", "fontsize": "small", "bbox": box}
        for name, score in self.edges.items():
            self.ax_.annotate(f"R² {score:.2f}", nodes[name], xytext=(18, 0), **style)
        below = {"transform": self.ax_.transAxes, "ha": "center", "va": "top"}
        self.ax_.text(0.5, -0.02, self._worst(), **below)
        return self

    def _worst(self) -> str:
        lines = []
        if self.non_edges:
            (latent, other), score = max(self.non_edges.items(), key=lambda item: item[1])
            lines.append(f"most that a non-parent explains: {score:.2f} of {latent}, by {other}")
        code, score = max(self.classes.items(), key=lambda item: item[1])
        lines.append(f"most that the class explains: {score:.2f} of {code}")
        return "\n".join(lines)
