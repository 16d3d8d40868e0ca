"""The floors of the house: imports go down, never up, and each floor has its barred libraries."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mgvae_resample"
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

WINGS = ("_bayesgan", "_mgvae")
# Draws itself; matplotlib is imported where it is used.
DRAWS = {"_bayesgan/drawing.py"}
LEARNERS = {"sklearn", "imblearn", "pandas"}
# Floor -> what of ours it may import; "" is the package itself.
ALLOWED = {
    "_data": {"_data"},
    "_engine": {"_engine", "_data.layout"},
    "_base": {"_data", "_engine"},
    "_callbacks": set(),
    **{wing: {"_data", "_engine", wing} for wing in WINGS},
    "diagnostics": {"diagnostics"},
    "display": {"display", "diagnostics"},
}
BARRED = {
    "_data": {"torch", "imblearn", "matplotlib"},
    "_engine": {*LEARNERS, "matplotlib"},
    "_base": {"matplotlib"},
    "_callbacks": {"torch", "matplotlib"},
    **{wing: {*LEARNERS, "matplotlib"} for wing in WINGS},
    "diagnostics": {"torch", "imblearn", "matplotlib"},
    "display": {"torch", "imblearn", "pandas"},
}


def imports(source, module):
    """Yield every module that a source imports, wherever in the file."""
    package = ["mgvae_resample", *module.removesuffix(".py").split("/")[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield base
            # "from package import module" reaches the module as well.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def floor_of(module):
    return module.removesuffix(".py").split("/")[0]


def violations(source, module):
    """Return the imports that the floor of a module forbids."""
    floor = floor_of(module)
    if module == "__init__.py":
        return []
    estimator = module in {f"{wing}/sampler.py" for wing in WINGS}
    allowed = ALLOWED[floor] | ({"_base", "_callbacks"} if estimator else set())
    barred = BARRED[floor] - (LEARNERS if estimator else set())
    barred -= {"matplotlib"} if module in DRAWS else set()
    found = []
    for name in imports(source, module):
        top, _, inner = name.partition(".")
        if top == "mgvae_resample" and inner:
            if not any(f"{inner}.".startswith(f"{a}.") for a in allowed) and not any(
                f"{a}.".startswith(f"{inner}.") for a in allowed
            ):
                found.append(name)
        elif top == "mgvae_resample" or top in barred:
            found.append(name)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_its_floor_allows(module):
    assert violations((PACKAGE / module).read_text(), module) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("_data/codec.py", "import torch"),
        ("_data/codec.py", "def f():\n    from torch import nn"),
        ("_data/codec.py", "from mgvae_resample._engine import runtime"),
        ("_data/layout.py", "from .._engine.training import train"),
        ("_engine/training.py", "from mgvae_resample._data.codec import RowCodec"),
        ("_engine/training.py", "from sklearn.base import clone"),
        ("_base.py", "from mgvae_resample._mgvae.fit import fit"),
        ("_base.py", "import mgvae_resample"),
        ("_mgvae/fit.py", "from sklearn.utils.parallel import Parallel"),
        ("_mgvae/model.py", "from mgvae_resample._base import Base"),
        ("_mgvae/sampler.py", "from mgvae_resample._bayesgan.fit import fit"),
        ("display/rows.py", "from mgvae_resample import MGVAEOverSampler"),
        ("display/rows.py", "from .._data.tables import dense"),
    ],
)
def test_a_step_up_is_seen(module, line):
    assert violations(line, module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("_engine/heads.py", "from mgvae_resample._data.layout import Layout"),
        ("_engine/heads.py", "from mgvae_resample._data import layout"),
        ("_mgvae/sampler.py", "from mgvae_resample._base import Base\nimport sklearn"),
        ("display/rows.py", "from ..diagnostics.matrices import embed"),
    ],
)
def test_a_step_down_is_allowed(module, line):
    assert violations(line, module) == []


def test_no_circles():
    names = {f"mgvae_resample.{m.removesuffix('.py').replace('/', '.')}": m for m in MODULES}
    graph = {
        name: {i for i in imports((PACKAGE / module).read_text(), module) if i in names} - {name}
        for name, module in names.items()
    }
    assert any(graph.values())
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_one_sentence(module):
    docstring = ast.get_docstring(ast.parse((PACKAGE / module).read_text()))
    assert docstring
    assert docstring.splitlines()[0].endswith(".")


@pytest.mark.parametrize("module", MODULES)
def test_optional_libraries_are_imported_where_they_are_used(module):
    tree = ast.parse((PACKAGE / module).read_text())
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {i.partition(".")[0] for node in top for i in imports(ast.unparse(node), module)}
    assert not names & {"matplotlib", "pandas", "rich"}
