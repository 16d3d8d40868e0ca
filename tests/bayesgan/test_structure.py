"""The graph of codes: what it says, what it refuses, and what follows from its edges."""

import pickle

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from mgvae_resample import BayesGANOverSampler, BayesianStructure


@st.composite
def structures(draw):
    """Return a random structure of up to four observed and five latent codes."""
    n_codes, n_latent = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    edges = set()
    for i in range(1, n_latent + 1):
        upstream = [f"c{j}" for j in range(1, n_codes + 1)] + [f"c'{j}" for j in range(1, i)]
        chosen = draw(st.lists(st.sampled_from(upstream), min_size=1, max_size=3))
        edges |= {(parent, f"c'{i}") for parent in chosen}
    used = {parent for parent, _ in edges}
    edges |= {(f"c{j}", "c'1") for j in range(1, n_codes + 1) if f"c{j}" not in used}
    return BayesianStructure(edges)


def is_blocked(graph, path, known):
    """Say whether a path carries no dependence between its ends, given the known nodes."""
    for before, node, after in zip(path, path[1:], path[2:], strict=False):
        collides = graph.has_edge(before, node) and graph.has_edge(after, node)
        if collides and not known & (nx.descendants(graph, node) | {node}):
            return True
        if not collides and node in known:
            return True
    return False


def is_separated(graph, one, other, known=frozenset()):
    """Say whether all paths between two nodes are blocked: d-separation, read off its words."""
    paths = nx.all_simple_paths(graph.to_undirected(), one, other)
    return all(is_blocked(graph, path, known) for path in paths)


def test_disentangled_ties_each_latent_code_to_its_own():
    structure = BayesianStructure.preset("disentangled", 3)
    assert structure.edges == (("c1", "c'1"), ("c2", "c'2"), ("c3", "c'3"))
    np.testing.assert_array_equal(structure.parent_mask, np.eye(3, 6, dtype=bool))
    np.testing.assert_array_equal(structure.parent_mask.sum(1), 1)


def test_entangled_is_figure_4c():
    structure = BayesianStructure.preset("entangled", 4)
    assert structure.parents("c'1") == ("c1",)
    assert structure.parents("c'4") == ("c'2", "c'3")
    assert structure.parents("c'5") == ("c4",)
    assert structure.n_codes == 4
    assert structure.n_latent == 5


def test_masks_of_the_entangled_preset_by_hand():
    structure = BayesianStructure.preset("entangled", 3)
    names = structure.nodes
    may_not = {
        (latent, names[j])
        for latent, row in zip(structure.latent, structure.non_parent_mask, strict=True)
        for j in np.flatnonzero(row)
    }
    assert {node for latent, node in may_not if latent == "c'2"} == {"c1", "c3", "c'1", "c'3"}
    # c2 and c3 act on c'4, but only through its parents.
    assert {node for latent, node in may_not if latent == "c'4"} == {"c1", "c2", "c3", "c'1"}


@given(structures())
@settings(max_examples=60, deadline=None)
def test_every_node_is_parent_non_parent_descendant_or_itself(structure):
    graph = structure.to_networkx()
    for i, latent in enumerate(structure.latent):
        for j, node in enumerate(structure.nodes):
            known = [
                bool(structure.parent_mask[i, j]),
                bool(structure.non_parent_mask[i, j]),
                node in nx.descendants(graph, latent),
                node == latent,
            ]
            assert sum(known) == 1


@given(structures())
@settings(max_examples=60, deadline=None)
def test_what_is_called_a_non_parent_has_no_open_path_given_the_parents(structure):
    graph = structure.to_networkx()
    for i, latent in enumerate(structure.latent):
        parents = set(structure.parents(latent))
        for j, node in enumerate(structure.nodes):
            if node == latent:
                continue
            if structure.non_parent_mask[i, j]:
                assert is_separated(graph, latent, node, parents)
            elif node not in parents:
                assert not is_separated(graph, latent, node, parents - {node})


@given(structures())
@settings(max_examples=30, deadline=None)
def test_a_structure_survives_writing_pickling_and_networkx(structure):
    assert eval(repr(structure)) == structure
    assert pickle.loads(pickle.dumps(structure)) == structure
    assert BayesianStructure(structure.to_networkx().edges) == structure
    assert BayesianStructure(reversed(structure.edges)) == structure
    assert BayesianStructure(structure.edges * 2) == structure
    assert len({structure, BayesianStructure(structure.edges)}) == 1
    place = {latent: at for at, latent in enumerate(structure.order)}
    for i, latent in enumerate(structure.latent):
        for parent in structure.parents(latent):
            if parent in structure.latent:
                assert place[structure.latent.index(parent)] < place[i], latent


REFUSED = {
    "a cycle": ([("c1", "c'1"), ("c'1", "c'2"), ("c'2", "c'1")], r"cycle.*c'1.*c'2"),
    "a loop": ([("c1", "c'1"), ("c'1", "c'1")], "cycle.*c'1"),
    "an unknown name": ([("c1", "c'1"), ("x", "c'2")], r"edge \('x', \"c'2\"\)"),
    "number zero": ([("c0", "c'1")], r"edge \('c0'"),
    "a parent of an observed code": ([("c1", "c'1"), ("c'1", "c2")], r"edge \(\"c'1\", 'c2'\)"),
    "the class as parent": ([("c1", "c'1"), ("y", "c'1")], r"edge \('y', \"c'1\"\).*class"),
    "the class as child": ([("c1", "c'1"), ("c1", "class")], r"edge \('c1', 'class'\)"),
    "a missing observed code": ([("c1", "c'1"), ("c3", "c'2")], "'c2' is missing"),
    "a missing latent code": ([("c1", "c'1"), ("c2", "c'3")], '"c\'2" is missing'),
    "a latent code without a parent": ([("c1", "c'1"), ("c'2", "c'1")], "c'2.*no parent"),
    "no edges": ([], "at least one edge.*got none"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_by_name(case):
    edges, reason = REFUSED[case]
    with pytest.raises(ValueError, match=reason):
        BayesianStructure(edges)


@pytest.mark.parametrize(
    "edges", ["c1", [("c1",)], [("c1", "c'1", "c'2")], [(1, 2)], ["c1c'1"], nx.path_graph(3)]
)
def test_what_is_no_edge_is_refused(edges):
    with pytest.raises((TypeError, ValueError), match=r"named by strings|pair of names"):
        BayesianStructure(edges)


@pytest.mark.parametrize(("name", "n"), [("entangled", 2), ("tangled", 4), ("disentangled", 0)])
def test_presets_that_do_not_exist_are_refused(name, n):
    with pytest.raises(ValueError, match=name):
        BayesianStructure.preset(name, n)


def test_it_prints_one_line_a_latent_code():
    lines = str(BayesianStructure.preset("entangled", 3)).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("c'1 <- c1 ")
    assert lines[0].endswith("(disentangled)")
    assert lines[3] == "c'4 <- c'2, c'3    (entangled)"


def test_it_is_a_parameter_like_any_other():
    structure = BayesianStructure.preset("entangled", 3)
    sampler = clone(BayesGANOverSampler(structure=structure))
    assert sampler.get_params()["structure"] == structure
    assert "c'4" in repr(sampler)
