"""The examples run: each script of the gallery, and the notebook that one of them is kept as."""

import json
import re
from pathlib import Path

import pytest
from matplotlib import pyplot

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted((EXAMPLES / "gallery").glob("plot_*.py"))
SCRIPT = EXAMPLES / "gallery" / "plot_compare_with_smote.py"
NOTEBOOK = EXAMPLES / "compare_with_smote.ipynb"

# What makes an example take minutes -> what makes it take seconds.
SMALLER = {
    r"max_(pretrain_|finetune_)?steps=\d+,\s*": "",
    r"\bMGVAEOverSampler\(": "MGVAEOverSampler(max_pretrain_steps=20, max_finetune_steps=10, ",
    r"\bBayesGANOverSampler\(": "BayesGANOverSampler(max_steps=20, ",
    r"\bRandomForestClassifier\((\d+, )?": "RandomForestClassifier(5, ",
    r"\bn_splits = 5": "n_splits = 2",
    r"\bn_steps: int = 600": "n_steps: int = 20",
}


@pytest.fixture
def figures(monkeypatch):
    """Collect what is shown, and close it."""
    pyplot.switch_backend("agg")
    shown = []

    def show():
        shown.extend(pyplot.get_fignums())
        pyplot.close("all")

    monkeypatch.setattr(pyplot, "show", show)
    return shown


def run(code, names):
    for pattern, replacement in SMALLER.items():
        code = re.sub(pattern, replacement, code)
    exec(compile(code, "example", "exec"), names)


def code_of_script():
    """Return the script without its texts: the docstring, and comments that open a cell."""
    cells = SCRIPT.read_text(encoding="utf-8").split("# %%\n")[1:]
    return [re.sub(r"\A(#.*\n)+", "", cell).strip() for cell in cells]


def text_of_script():
    """Return the lines of its texts, without those that underline titles."""
    docstring, *cells = SCRIPT.read_text(encoding="utf-8").split("# %%\n")
    texts = [docstring.strip().strip('"')]
    texts += [re.sub(r"^# ?", "", re.match(r"(#.*\n)*", cell)[0], flags=re.M) for cell in cells]
    lines = "\n".join(texts).splitlines()
    return [line.strip() for line in lines if line.strip() and not re.fullmatch("=+|-+", line)]


def of_notebook(kind):
    """Return the source of each cell of one kind."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]).strip() for cell in cells if cell["cell_type"] == kind]


def test_there_are_scripts():
    assert len(SCRIPTS) >= 7


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s != SCRIPT], ids=lambda s: s.stem)
def test_script_runs(script, figures, capsys):
    code = script.read_text(encoding="utf-8")
    if "sklearn.callback" in code:
        pytest.importorskip("sklearn.callback")
    run(code, {"__name__": "__main__"})
    assert figures
    assert not pyplot.get_fignums()
    assert capsys.readouterr().out


def test_notebook_holds_the_code_and_the_text_of_its_script():
    assert of_notebook("code") == [code for code in code_of_script() if code]
    text = "\n".join(of_notebook("markdown"))
    assert [line for line in text_of_script() if line not in text] == []


def test_notebook_was_run_without_an_error():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    kinds = [output["output_type"] for cell in cells for output in cell.get("outputs", [])]
    assert "display_data" in kinds
    assert "error" not in kinds
    assert not any(
        output.get("name") == "stderr" for c in cells for output in c.get("outputs", [])
    )


def test_notebook_runs(figures, capsys):
    names = {"__name__": "__main__"}
    for code in of_notebook("code"):
        run(code, names)
    assert len(names["results"]) == 2 * 7 * 2  # classifiers, ways, splits
    assert names["results"].notna().all(axis=None)
    assert len(figures) == 1
    assert "MGVAEOverSampler" in capsys.readouterr().out
