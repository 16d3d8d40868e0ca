"""What the documentation says is so: its code runs, and it names every parameter and attribute."""

import doctest
import inspect
import re
from pathlib import Path

import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

import mgvae_resample
import mgvae_resample.diagnostics
import mgvae_resample.display
from benchmarks.report.summary import summary
from benchmarks.shared.results import FOLDER
from mgvae_resample import BayesGANOverSampler, BayesianStructure, ResampledClassifier
from tests.support import OURS, quick_sampler

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if ">>> " in page.read_text(encoding="utf-8"))
BUDGETS = {
    "MGVAEOverSampler(": "max_pretrain_steps=20, max_finetune_steps=10, ",
    "BayesGANOverSampler(": "max_steps=20, ",
}
ENSEMBLE = ResampledClassifier(LogisticRegression(), n_draws=1, cv=2)
PUBLIC = (mgvae_resample, mgvae_resample.diagnostics, mgvae_resample.display)


def briefly(code):
    """Give every sampler in the code a budget of a fraction of a second."""
    for call, budget in BUDGETS.items():
        code = code.replace(call, call + budget)
    return code


def blocks_of_the_readme():
    """Return the code that the README shows."""
    return re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def section(sampler, name):
    """Return the names that a section of a sampler's docstring describes."""
    text = inspect.getdoc(sampler)
    body = text.split(f"\n{name}\n{'-' * len(name)}\n")[1].split("\n---")[0]
    return set(re.findall(r"^(\w+) : ", body, re.MULTILINE))


def listed(reference):
    """Return the names in the tables of the API reference, with their modules."""
    module, names = "", []
    for line in reference.splitlines():
        if line.startswith(".. currentmodule:: "):
            module = line.split()[-1]
        elif re.fullmatch(r" {3}\w+", line):
            names.append(f"{module}.{line.strip()}")
    return names


def test_code_of_the_readme_prints_what_it_says(capsys):
    text = README.read_text(encoding="utf-8")
    exec(blocks_of_the_readme()[0], {})
    said, printed = (
        dict(re.findall(r"([\w ]+): (0\.\d\d)", lines))
        for lines in (text, capsys.readouterr().out)
    )
    assert list(said) == list(printed) == ["no resampling", "tuned threshold", "MGVAEOverSampler"]
    for name, figure in said.items():
        assert float(printed[name]) == pytest.approx(float(figure), abs=0.03)


def test_the_readme_is_short():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    assert len(re.findall(r"\d\.\d", "\n".join(lines))) <= 30


def test_code_of_the_readme_fits_an_ensemble(binary):
    code = briefly(blocks_of_the_readme()[1]).replace("Classifier()", "Classifier(3)")
    X, y = binary
    names = {"X_train": X, "y_train": y}
    exec(code.replace('"f1_macro"', '"f1_macro", cv=2'), names)
    assert names["model"].predict(X).shape == y.shape


def test_the_table_of_the_readme_is_that_of_the_result_files():
    assert summary(FOLDER) in README.read_text(encoding="utf-8")


def test_links_of_the_readme_lead_somewhere():
    targets = re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert len(local) > 10
    assert [target for target in local if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_a_page_runs(page, monkeypatch, tmp_path):
    text = page.read_text(encoding="utf-8")
    if "dask" in text:
        pytest.importorskip("distributed")
    if "set_callbacks" in text and not hasattr(BayesGANOverSampler, "set_callbacks"):
        pytest.skip("scikit-learn has no callbacks")
    monkeypatch.chdir(tmp_path)
    # Fences would be read as output.
    text = briefly(re.sub(r"^```.*$", "", text, flags=re.MULTILINE))
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_code_that_the_page_on_methods_shows_is_there():
    text = (DOCS / "extend.md").read_text(encoding="utf-8")
    shown = re.findall(r"^:(?:pyobject|start-at|end-before): (.+)$", text, re.MULTILINE)
    assert len(shown) > 4
    code = (ROOT / "tests" / "third_method.py").read_text(encoding="utf-8")
    for name in shown:
        last = name.split()[-1].split(".")[-1]
        assert re.search(rf"\b(class|def) {last}\b", code), name


@pytest.mark.parametrize("documented", [*OURS, BayesianStructure, ResampledClassifier])
def test_example_of_the_docstring_runs(documented):
    example = doctest.DocTestFinder(recurse=False).find(documented, documented.__name__)[0]
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize("estimator", [*(sampler() for sampler in OURS), ENSEMBLE], ids=str)
def test_every_parameter_is_documented(estimator):
    assert section(type(estimator), "Parameters") >= set(estimator.get_params(deep=False))


@pytest.mark.parametrize("name", [sampler.__name__ for sampler in OURS])
def test_every_fitted_attribute_is_documented(name, binary):
    sampler = quick_sampler(name)
    sampler.fit_resample(*binary)
    fitted = {name for name in vars(sampler) if name.endswith("_") and name[0] != "_"}
    fitted |= {"sample_kinds_", "learned_classes_"}  # properties
    assert section(type(sampler), "Attributes") - {"feature_names_in_"} == fitted


def test_every_fitted_attribute_of_the_ensemble_is_documented(binary):
    fitted = {name for name in vars(clone(ENSEMBLE).fit(*binary)) if name.endswith("_")}
    assert section(ResampledClassifier, "Attributes") - {"feature_names_in_"} == fitted


def test_the_api_reference_lists_the_public_names_and_nothing_else():
    public = [f"{module.__name__}.{name}" for module in PUBLIC for name in module.__all__]
    assert sorted(listed((DOCS / "api.rst").read_text(encoding="utf-8"))) == sorted(public)


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_public_names_have_a_docstring(module):
    names = set(module.__all__) - {"__version__"}
    # Neither one that is inherited nor the signature that a dataclass gets for want of one.
    docstrings = {name: getattr(module, name).__doc__ or "" for name in names}
    assert docstrings
    opens = re.compile(r"[A-Z`].*\.$", re.MULTILINE)
    assert [name for name, text in docstrings.items() if not opens.match(text.strip())] == []
