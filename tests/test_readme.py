"""The code in the README runs, as it is printed there but with a small training budget."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BUDGET = "MGVAEOverSampler(max_pretrain_steps=20, max_finetune_steps=10, "


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
