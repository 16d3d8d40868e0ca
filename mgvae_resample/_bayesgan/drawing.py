"""Draws the graph of a Bayesian network: observed codes on top, children below their parents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import networkx as nx
import numpy as np
import numpy.typing as npt

__all__ = ["draw_structure"]

Graph: TypeAlias = "nx.DiGraph[str]"
Point: TypeAlias = tuple[float, float]

# Of observed and of latent codes.
_COLOURS = ("#cfe3f7", "#fde2c4")
# In distances between neighbouring nodes: how far an arrow stays from nodes it does not touch.
_CLEARANCE = 0.4
_BENDS = (0.0, 0.15, -0.15, 0.3, -0.3, 0.45, -0.45, 0.6, -0.6)


def draw_structure(
    graph: Graph, observed: Sequence[str], latent: Sequence[str], ax: Any = None
) -> Any:
    """Draw on matplotlib axes, new ones if None, and return them."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "BayesianStructure.plot requires matplotlib: pip install 'mgvae-resample[plot]'"
        ) from error
    position = _positions(graph, [*observed, *latent])
    if ax is None:
        ax = plt.subplots(figsize=1.1 * np.ptp(list(position.values()), axis=0) + 1.4)[1]
    style = {"node_size": 900, "ax": ax}
    for names, colour in zip((observed, latent), _COLOURS, strict=True):
        nx.draw_networkx_nodes(
            graph, position, names, node_color=colour, edgecolors="0.3", **style
        )
    for edge in graph.edges:
        bend = _bend(position, *edge)
        nx.draw_networkx_edges(
            graph,
            position,
            [edge],
            arrowsize=14,
            edge_color="0.3",
            connectionstyle=f"arc3,rad={bend}",
            **style,
        )
        ax.update_datalim(_curve(position[edge[0]], position[edge[1]], bend))
    nx.draw_networkx_labels(graph, position, ax=ax, font_size=11)
    (left, bottom), (right, top) = ax.dataLim.padded(0.4).get_points()
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    ax.set_axis_off()
    return ax


def _positions(graph: Graph, order: Sequence[str]) -> dict[str, Point]:
    """Place rows by depth, and each node near the mean of its parents."""
    rows = list(nx.topological_generations(graph))
    x = {name: float(i) for i, name in enumerate(sorted(rows[0], key=order.index))}
    for row in rows[1:]:
        wish = {n: float(np.mean([x[p] for p in graph.predecessors(n)])) for n in row}
        left = -np.inf
        for name in sorted(row, key=lambda n: (wish[n], order.index(n))):
            left = x[name] = max(wish[name], left + 1.0)
    depth = {name: level for level, row in enumerate(rows) for name in row}
    return {name: (x[name], -float(depth[name])) for name in graph}


def _bend(position: dict[str, Point], parent: str, child: str) -> float:
    """Return the smallest bend with which an arrow keeps clear of all other nodes."""
    others = np.array([position[name] for name in position if name not in (parent, child)])
    if not len(others):
        return 0.0

    def room(bend: float) -> float:
        curve = _curve(position[parent], position[child], bend)
        nearest = np.linalg.norm(curve[:, None] - others, axis=-1).min()
        return min(_CLEARANCE, float(nearest))

    return max(_BENDS, key=room)


def _curve(start: Point, end: Point, bend: float) -> npt.NDArray[np.float64]:
    """Return points on the arc that matplotlib draws as "arc3" with this bend."""
    (x0, y0), (x1, y1) = start, end
    middle = ((x0 + x1) / 2 + bend * (y1 - y0), (y0 + y1) / 2 - bend * (x1 - x0))
    t = np.linspace(0, 1, 41)[:, None]
    weights = np.hstack([(1 - t) ** 2, 2 * t * (1 - t), t**2])
    return np.asarray(weights @ np.array([start, middle, end]), dtype=np.float64)
