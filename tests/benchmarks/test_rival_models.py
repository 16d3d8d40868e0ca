"""Models that learn the minority in a Python environment of their own."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.shared import rival_models
from benchmarks.shared.rival_models import model_rows
from benchmarks.shared.table_methods import encoder, trainings

# Stands for arfpy: it prints, draws rows at random, and refuses fewer than five.
STAND_IN = """
class arf:
    def __init__(self, x, random_state, verbose):
        print("done")
        self.rows, self.seed = x, random_state

    def forde(self):
        if len(self.rows) < 5:
            raise ValueError("too few rows")

    def forge(self, n):
        new = self.rows.sample(n, replace=True, random_state=self.seed)
        new = new.reset_index(drop=True)
        new["count"] += 0.2
        return new
"""


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Return an interpreter, which finds modules in the test's folder first."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    # A process of another test found others.
    rival_models._process.cache_clear()
    return Path(sys.executable)


@pytest.fixture
def arf_python(tmp_path, python):
    """Return an interpreter that has a stand-in for arfpy."""
    (tmp_path / "arfpy").mkdir()
    (tmp_path / "arfpy" / "__init__.py").touch()
    (tmp_path / "arfpy" / "arf.py").write_text(STAND_IN)
    return python


@pytest.fixture
def table():
    """Return 60 rows of two classes with numbers, a constant, categories and gaps."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [50, 10])
    X = pd.DataFrame(
        {
            "size": np.where(rng.random(60) < 0.3, np.nan, rng.normal(size=60)),
            "count": rng.integers(0, 9, 60),
            "same": 3.5,
            "colour": pd.Categorical(rng.choice(["red", "NA"], 60)),
        }
    )
    X.loc[::4, "colour"] = np.nan
    return X, y


def test_new_rows_are_of_the_table_s_kind(arf_python, table):
    X, y = table
    new, seconds = model_rows("ARF", X, X[y == 1], 40, seed=0, python=arf_python)
    assert list(new.columns) == list(X.columns)
    assert len(new) == 40
    assert seconds >= 0
    # Gaps in numbers were filled, those in categories are a category that is put back.
    assert not new[["size", "count", "same"]].isna().any().any()
    assert new["colour"].isna().any()
    assert set(new["colour"].dropna()) <= {"red", "NA"}
    assert new["count"].isin(X["count"]).all(), "whole numbers are rounded"
    assert (new["same"] == 3.5).all()
    again, _ = model_rows("ARF", X, X[y == 1], 40, seed=0, python=arf_python)
    pd.testing.assert_frame_equal(new, again)


def test_a_failure_says_what_happened_and_the_next_table_runs(arf_python, table):
    X, y = table
    with pytest.raises(RuntimeError, match="too few rows"):
        model_rows("ARF", X, X[y == 1][:4], 40, seed=0, python=arf_python)
    new, _ = model_rows("ARF", X, X[y == 1], 3, seed=0, python=arf_python)
    assert len(new) == 3


def test_the_league_adds_rows_of_a_model_until_classes_are_equal(arf_python, table):
    X, y = table
    ((_, training),) = trainings(["ARF"], X, y, encoder(X), seed=0, rivals_python=arf_python)
    assert np.bincount(training.y).tolist() == [50, 50]
    assert not np.isnan(training.X).any()


def test_an_interpreter_that_ends_is_named(tmp_path, python, table):
    X, y = table
    (tmp_path / "pandas.py").write_text("raise SystemExit(3)")
    with pytest.raises(SystemExit, match=f"{python.name} ended with 3"):
        model_rows("ARF", X, X[y == 1], 40, seed=0, python=python)
