"""BayesianStructure: the graph that says which latent code may depend on which codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Self, TypeAlias

import networkx as nx
import numpy as np
import numpy.typing as npt

__all__ = ["BayesianStructure"]

Mask = npt.NDArray[np.bool_]
Graph: TypeAlias = "nx.DiGraph[str]"

_NAME = re.compile(r"c'?[1-9][0-9]*")


class BayesianStructure:
    """Directed acyclic graph over observed codes c and latent codes c'.

    Observed codes ``c1 ... cn`` are given to the generator; latent codes ``c'1 ... c'm`` are read
    back from the rows it makes. An edge says that a latent code depends on its parent, and no
    edge that it does not: a latent code with one parent is strictly disentangled, one with
    several is entangled on purpose [1]_.

    Parameters
    ----------
    edges : iterable of (str, str)
        Pairs of parent and child, such as ``("c1", "c'1")``. Both kinds of codes are numbered
        from 1 without gaps.

    Attributes
    ----------
    edges : tuple of (str, str)
        The edges in order.
    observed, latent, nodes : tuple of str
        Names of the observed codes, of the latent codes, and of both.
    n_codes, n_latent : int
        Number of observed and of latent codes.
    parent_mask : ndarray of bool of shape (n_latent, n_codes + n_latent)
        Which nodes are parents of which latent code.
    non_parent_mask : ndarray of bool of shape (n_latent, n_codes + n_latent)
        Which nodes a latent code must not depend on, given its parents: all but itself, its
        parents and its descendants (the local Markov property).
    order : tuple of int
        Latent codes, parents before children.

    Raises
    ------
    TypeError
        If an edge is not a pair of strings.
    ValueError
        If there are no edges, a name is unknown or missing, an edge leads to an observed code,
        the edges form a cycle, or a latent code has no parent.

    References
    ----------
    .. [1] Y. He, F. Lin, X. Yuan, N.-F. Tzeng, "Interpretable Minority Synthesis for Imbalanced
       Classification", IJCAI 2021, Equations (3)-(5) and Figure 4c.

    Examples
    --------
    >>> from mgvae_resample import BayesianStructure
    >>> structure = BayesianStructure([("c1", "c'1"), ("c2", "c'2"), ("c1", "c'3"), ("c2", "c'3")])
    >>> print(structure)
    c'1 <- c1        (disentangled)
    c'2 <- c2        (disentangled)
    c'3 <- c1, c2    (entangled)
    """

    def __init__(self, edges: Iterable[tuple[str, str]]) -> None:
        given: Graph = nx.DiGraph()
        for edge in edges:
            given.add_edge(*_checked_edge(edge))
        if not given.edges:
            raise ValueError("Expected at least one edge, such as ('c1', \"c'1\"), got none.")
        _check_acyclic(given)
        self.nodes = tuple(sorted(given, key=_key))
        self.observed = tuple(name for name in self.nodes if not _is_latent(name))
        self.latent = tuple(name for name in self.nodes if _is_latent(name))
        self.n_codes, self.n_latent = len(self.observed), len(self.latent)
        self.edges: tuple[tuple[str, str], ...] = tuple(
            sorted(given.edges, key=lambda edge: (_key(edge[1]), _key(edge[0])))
        )
        self._check_complete(given)

    @classmethod
    def preset(cls, name: str, n_codes: int) -> Self:
        """Make one of the two ready-made structures.

        Parameters
        ----------
        name : {"disentangled", "entangled"}
            "disentangled" ties each latent code to one observed code. "entangled" is the paper's
            Figure 4c: three such pairs, and a fourth latent code with the second and the third as
            parents; each further observed code gets a latent code.
        n_codes : int
            Number of observed codes; at least 3 for "entangled".

        Returns
        -------
        BayesianStructure

        Raises
        ------
        ValueError
            If the name is unknown or the codes are too few.
        """
        if n_codes < {"disentangled": 1, "entangled": 3}.get(name, np.inf):
            raise ValueError(
                "Expected the preset 'disentangled' with 'n_codes' of at least 1, or 'entangled' "
                f"with at least 3, got {name!r} with {n_codes}."
            )
        if name == "disentangled":
            return cls([(f"c{i}", f"c'{i}") for i in range(1, n_codes + 1)])
        edges = [("c1", "c'1"), ("c2", "c'2"), ("c3", "c'3"), ("c'2", "c'4"), ("c'3", "c'4")]
        return cls(edges + [(f"c{i}", f"c'{i + 1}") for i in range(4, n_codes + 1)])

    def parents(self, name: str) -> tuple[str, ...]:
        """Return the parents of a node, observed codes first."""
        return tuple(parent for parent, child in self.edges if child == name)

    def to_networkx(self) -> Graph:
        """Return the graph as a new networkx.DiGraph."""
        graph: Graph = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from(self.edges)
        return graph

    @cached_property
    def parent_mask(self) -> Mask:
        """Which nodes are parents of which latent code."""
        return self._adjacency(self.to_networkx()).T[self.n_codes :]

    @cached_property
    def non_parent_mask(self) -> Mask:
        """Which nodes a latent code must not depend on, given its parents."""
        descendants = self._adjacency(nx.transitive_closure_dag(self.to_networkx()))
        itself = np.eye(len(self.nodes), dtype=np.bool_)
        return ~(self.parent_mask | (descendants | itself)[self.n_codes :])

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Latent codes, parents before children."""
        ordered = nx.lexicographical_topological_sort(self.to_networkx(), key=_key)
        return tuple(self.latent.index(name) for name in ordered if _is_latent(name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BayesianStructure) and self.edges == other.edges

    def __hash__(self) -> int:
        return hash(self.edges)

    def __repr__(self) -> str:
        return f"BayesianStructure({list(self.edges)!r})"

    def __str__(self) -> str:
        """One line for each latent code."""
        lines = {name: f"{name} <- {', '.join(self.parents(name))}" for name in self.latent}
        width = max(len(line) for line in lines.values()) + 4
        return "\n".join(
            f"{line:<{width}}({'entangled' if len(self.parents(name)) > 1 else 'disentangled'})"
            for name, line in lines.items()
        )

    def _adjacency(self, graph: Graph) -> Mask:
        """Return which nodes have an edge to which other ones. Shape: (n_nodes, n_nodes)."""
        return np.asarray(nx.to_numpy_array(graph, self.nodes, dtype=np.bool_))

    def _check_complete(self, graph: Graph) -> None:
        for prefix, names in (("c", self.observed), ("c'", self.latent)):
            missing = {f"{prefix}{i + 1}" for i in range(len(names))} - set(names)
            if missing or not names:
                name = min(missing, key=_number) if missing else f"{prefix}1"
                raise ValueError(
                    f"Codes are numbered from 1 without gaps, but {name!r} is missing."
                )
        for name in self.latent:
            if not graph.in_degree(name):
                raise ValueError(f"The latent code {name!r} has no parent; give it one.")


def _check_acyclic(graph: Graph) -> None:
    try:
        cycle = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return
    edges = ", ".join(f"({parent!r}, {child!r})" for parent, child, *_ in cycle)
    raise ValueError(f"The edges form a cycle: {edges}. Leave one of them out.")


def _checked_edge(edge: Any) -> tuple[str, str]:
    """Check one edge by itself."""
    ends = () if isinstance(edge, str) or not isinstance(edge, Iterable) else tuple(edge)
    if len(ends) != 2:
        raise TypeError(f"An edge is a pair of names such as ('c1', \"c'1\"), got {edge!r}.")
    for name in ends:
        if not isinstance(name, str):
            raise TypeError(f"Codes are named by strings such as 'c1' and \"c'1\", got {name!r}.")
        if _NAME.fullmatch(name) is None:
            raise ValueError(
                f"The edge {ends} has the unknown name {name!r}. Codes are named c1, c2, ... "
                "(observed) and c'1, c'2, ... (latent); the class has no edges."
            )
    if not _is_latent(ends[1]):
        raise ValueError(
            f"The edge {ends} leads to an observed code. Observed codes are drawn independently "
            "and have no parents; let the edge lead to a latent code."
        )
    return ends


def _is_latent(name: str) -> bool:
    """Tell latent codes from observed ones."""
    return "'" in name


def _number(name: str) -> int:
    """Return the number of a code."""
    return int(name.lstrip("c'"))


def _key(name: str) -> tuple[bool, int]:
    """Return a sort key: observed codes first, then by number."""
    return _is_latent(name), _number(name)
