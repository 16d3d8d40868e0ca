"""The floors of the house, as CONTRIBUTING.md lists them: imports go down, never up."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mgvae_resample"
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# Libraries that the table speaks of -> as what they are imported.
LIBRARIES = {
    "numpy": "numpy",
    "torch": "torch",
    "scikit-learn": "sklearn",
    "imbalanced-learn": "imblearn",
    "pandas": "pandas",
    "polars": "polars",
    "matplotlib": "matplotlib",
}


def table(text):
    """Return what the packages and files of a table may import: of ours, and libraries."""
    ours, libraries = {}, {}
    for line in text.splitlines():
        cells = line.strip("|").split("|")
        if len(cells) != 4 or not line.startswith("| `"):
            continue
        for name in re.findall(r"`(.+?)`", cells[0]):
            ours[name] = set(re.findall(r"`(.+?)`", cells[2]))
            words = re.split(r"[ ,]+", cells[3])
            libraries[name] = {LIBRARIES[word] for word in words if word in LIBRARIES}
    return ours, libraries


OURS, THEIRS = table((PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8"))


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
    if module == "__init__.py":
        return []
    rows = (floor_of(module), module)
    allowed = {floor_of(module)}.union(*(OURS.get(row, ()) for row in rows))
    barred = {*LIBRARIES.values()}.difference(*(THEIRS.get(row, ()) for row in rows))
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


def test_the_table_lists_every_floor_and_nothing_else():
    floors = {floor_of(module) for module in MODULES} - {"__init__"}
    assert {row for row in OURS if "/" not in row} == floors
    assert {row for row in OURS if "/" in row} <= set(MODULES)


def test_the_table_goes_down():
    rows = list(OURS)
    up = {
        f"{row} -> {name}"
        for place, row in enumerate(rows)
        for name in OURS[row]
        if name.partition(".")[0] not in rows[place + 1 :]
    }
    assert up == set()


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_its_floor_allows(module):
    assert violations((PACKAGE / module).read_text(), module) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("_tables/schema.py", "import torch"),
        ("_tables/schema.py", "import sklearn"),
        ("_encoding/tabular.py", "def f():\n    from torch import nn"),
        ("_encoding/tabular.py", "from mgvae_resample._nn import training"),
        ("_tables/table.py", "from .._encoding.layout import Layout"),
        ("_nn/training.py", "from mgvae_resample._encoding.tabular import TabularEncoding"),
        ("_nn/training.py", "from sklearn.base import clone"),
        ("_modality/base.py", "from .._run import Run"),
        ("_run.py", "from ._modality.base import Modality"),
        ("_base.py", "from mgvae_resample._mgvae.train import pretrain"),
        ("_base.py", "import mgvae_resample"),
        ("_bayesgan/model.py", "from matplotlib import pyplot"),
        ("_warn.py", "import numpy"),
        ("_tables/arrays.py", "from sklearn.utils import check_array"),
        ("_mgvae/train.py", "from sklearn.utils.parallel import Parallel"),
        ("_mgvae/model.py", "from mgvae_resample._base import DeepOverSampler"),
        ("_mgvae/model.py", "from mgvae_resample._tables.table import Table"),
        ("_mgvae/sampler.py", "from mgvae_resample._bayesgan.train import fit_gan"),
        ("display/rows.py", "from mgvae_resample import MGVAEOverSampler"),
        ("display/rows.py", "from .._encoding.tabular import TabularEncoding"),
    ],
)
def test_a_step_up_is_seen(module, line):
    assert violations(line, module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("_nn/one_hot.py", "from mgvae_resample._encoding.layout import Layout"),
        ("_nn/one_hot.py", "from mgvae_resample._encoding import layout"),
        ("_mgvae/sampler.py", "from mgvae_resample._base import Base\nimport sklearn"),
        ("display/rows.py", "from ..diagnostics.embedding import embed"),
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
    assert not names & {"matplotlib", "pandas", "polars", "pyarrow", "rich"}


@pytest.mark.parametrize("modality", ["image", "table"])
def test_only_the_modality_knows_what_an_image_is(modality):
    """Outside of it nothing asks for the shape of images, but the constructor that chooses."""
    asking = []
    for module in MODULES:
        if floor_of(module) in ("_modality", "_encoding", "display") or module == "_nn/conv.py":
            continue
        for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
            if isinstance(node, ast.If | ast.IfExp | ast.While):
                words = ast.unparse(node.test)
                if f"{modality}_shape" in words or f"{modality.title()}Modality" in words:
                    asking.append(f"{module}: {words}")
    choosing = "_base.py: self.image_shape is None"
    checking = "_base.py: self.image_shape is not None"
    assert sorted(asking) == ([choosing, checking] if modality == "image" else [])


@pytest.mark.parametrize(
    ("module", "barred"),
    [
        ("mgvae_resample", {"torch", "sklearn", "imblearn", "pandas", "numpy", "scipy"}),
        ("mgvae_resample.diagnostics", {"torch", "imblearn", "matplotlib"}),
    ],
)
def test_heavy_libraries_are_loaded_when_first_used(module, barred):
    code = f"import sys, {module}; print(*(name for name in sys.modules if '.' not in name))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    assert not barred & set(loaded.stdout.split())
