"""One word, one meaning: words that the package gave up stay out of its signatures."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mgvae_resample"
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# Word that is barred -> where it keeps its one meaning. docs/notation.md says what to use instead.
BARRED = {
    "guide": (),  # exemplars
    "rare": (),  # the minority, or infrequent categories
    "codes": ("_bayesgan/", "display/traversal.py"),  # c and c' only
    "generator": ("_bayesgan/model.py", "_bayesgan/losses.py"),  # G only
    "features": ("_bayesgan/model.py",),  # the discriminator's trunk only
}
# scikit-learn's own words.
BORROWED = ("n_features", "categorical_features")


def words(name):
    """Split an identifier into words."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)} | {name}


def signatures(source):
    """Yield the names of classes, functions and parameters."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.FunctionDef):
            yield node.name
            arguments = node.args
            yield from (
                a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            )


def found(source, module):
    """Return the barred words in the signatures of a source."""
    names = list(signatures(source))
    return {
        f"{word} in {name}"
        for word, homes in BARRED.items()
        for name in names
        if word in words(name) and not module.startswith(homes) and name not in BORROWED
    }


@pytest.mark.parametrize("module", MODULES)
def test_signatures_use_the_vocabulary(module):
    assert found((PACKAGE / module).read_text(), module) == set()


@pytest.mark.parametrize(
    "source",
    [
        "def f(guide): ...",
        "class RareRows: ...",
        "def _draw_rare(n): ...",
        "def f(*, codes): ...",
    ],
)
def test_an_old_word_is_seen(source):
    assert found(source, "_mgvae/train.py")


def test_codes_are_those_of_the_gan():
    assert found("def sample(codes): ...", "_bayesgan/sampler.py") == set()
