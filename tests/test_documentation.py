"""What the documentation says is so: its code runs, and it names every parameter and attribute."""

import doctest
import inspect
import re
from pathlib import Path

import pytest

import mgvae_resample
from mgvae_resample import MGVAEOverSampler
from tests.support import quick_vae

README = Path(__file__).parents[1] / "README.md"
BUDGET = "MGVAEOverSampler(max_pretrain_steps=20, max_finetune_steps=10, "


def section(name):
    """Return the names that a section of the sampler's docstring describes."""
    text = inspect.getdoc(MGVAEOverSampler)
    body = text.split(f"\n{name}\n{'-' * len(name)}\n")[1].split("\n---")[0]
    return set(re.findall(r"^(\w+) : ", body, re.MULTILINE))


def test_code_of_the_readme_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    code = "\n".join(blocks)
    assert code.count("MGVAEOverSampler(") == 2
    names = {}
    exec(code.replace("MGVAEOverSampler(", BUDGET), names)
    assert 0.9 < float(capsys.readouterr().out) <= 1.0
    X, y = names["X"], names["y"]
    assert len(names["X_res"]) == 300 + (y == 1).sum()
    assert (names["X_res"][: len(X)] == X).all()


def test_example_of_the_docstring_runs():
    example = doctest.DocTestFinder(recurse=False).find(MGVAEOverSampler, "MGVAEOverSampler")[0]
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_parameter_is_documented():
    assert section("Parameters") >= set(MGVAEOverSampler().get_params())


def test_every_fitted_attribute_is_documented(binary):
    sampler = quick_vae()
    sampler.fit_resample(*binary)
    fitted = {name for name in vars(sampler) if name.endswith("_") and name[0] != "_"}
    assert section("Attributes") - {"feature_names_in_"} == fitted


@pytest.mark.parametrize("name", sorted(set(mgvae_resample.__all__) - {"__version__"}))
def test_public_names_have_a_docstring(name):
    assert inspect.getdoc(getattr(mgvae_resample, name))
