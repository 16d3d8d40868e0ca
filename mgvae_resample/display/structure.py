"""StructureDisplay: a Bayesian network of codes, and how well a sampler's codes follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import networkx as nx

from ._plotting import Display, documented

__all__ = ["StructureDisplay"]


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class StructureDisplay(Display):
    """A Bayesian network of codes, with its scores if it was learned.

    ``StructureDisplay(structure=structure).plot()`` draws a `BayesianStructure` without scores.

    {parameters}
    structure : BayesianStructure
        The network.
    scores : EdgeScores, default=None
        The ``edge_scores_`` of a sampler.

    {attributes}
        A single one.

    {bayesgan_example}
    >>> display = StructureDisplay.from_estimator(sampler)
    >>> sorted(display.scores.edges)
    ["c'1", "c'2"]
    >>> plt.show()
    """

    structure: Any
    scores: Any = None

    @classmethod
    def from_estimator(cls, gan: Any, *, ax: Any = None) -> Self:
        """Draw the network of a fitted sampler.

        Parameters
        ----------
        gan : BayesGANOverSampler
            Fitted sampler.
        {ax}

        {returns_and_errors}
            If it has no structure, or no class could be learned.
        """
        cls._check_sampler(gan, "structure_", "edge_scores_", such_as="BayesGANOverSampler")
        if gan.edge_scores_ is None:
            reason = "no class could be learned" if gan.structure_ else "structure=None has none"
            raise ValueError(f"There is no scored network to draw: {reason}.")
        return cls(structure=gan.structure_, scores=gan.edge_scores_).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw observed codes on top, and children below their parents.

        R² stands beside each latent code, and the worst violations below.
        """
        self._make_panels(ax, 1, (6.0, 4.5))
        (panel,) = self.axes_
        graph = self.structure.to_networkx()
        layers = {-i: names for i, names in enumerate(nx.topological_generations(graph))}
        position = nx.multipartite_layout(graph, subset_key=layers, align="horizontal")
        nx.draw_networkx(
            graph,
            position,
            ax=panel,
            node_size=900,
            node_color=["#fde2c4" if n in self.structure.latent else "#cfe3f7" for n in graph],
            edge_color="0.3",
            # Straight arrows could cross nodes.
            connectionstyle="arc3,rad=0.2",
        )
        panel.set_axis_off()
        panel.margins(0.2)
        if self.scores is not None:
            self._write_scores(panel, position)
        return self

    def _write_scores(self, ax: Any, position: Any) -> None:
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        style = {"textcoords": "offset points", "va": "center", "fontsize": "small", "bbox": box}
        for name, score in self.scores.edges.items():
            ax.annotate(f"R² {score:.2f}", position[name], xytext=(18, 0), **style)
        lines = []
        explained = [
            (score, latent, other)
            for latent, scores in self.scores.non_edges.items()
            for other, score in scores.items()
        ]
        if explained:
            score, latent, other = max(explained)
            lines.append(f"most that a non-parent explains: {score:.2f} of {latent}, by {other}")
        score, code = max((score, code) for code, score in self.scores.classes.items())
        lines.append(f"most that the class explains: {score:.2f} of {code}")
        ax.text(0.5, -0.02, "\n".join(lines), transform=ax.transAxes, ha="center", va="top")
