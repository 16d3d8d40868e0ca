"""The benchmark on realism: halves of any table, rivals on columns of any kind, the report."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.realism import realism
from benchmarks.report.realism import realism_section
from benchmarks.shared.halved_tables import halves, table_names
from benchmarks.shared.minority_rows import can_run, synthesize
from benchmarks.shared.mixed_tables import load_frame

N_ROWS = 400
TABLES = ("mixed", "numeric", "words")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a catalogue of a mixed table with gaps, and parts of it."""
    place = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    target = np.repeat(["common", "rare", "rarest"], [250, 120, 30])
    rng.shuffle(target)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=N_ROWS) + (target == "rare"),
            "count": rng.integers(0, 9, N_ROWS),
            "colour": rng.choice(["red", "NA", "blue"], N_ROWS),
            "code": rng.integers(1, 4, N_ROWS),
            "target": target,
        }
    )
    gaps = frame.astype(object)
    gaps.loc[:20, "size"] = None
    gaps.loc[10:30, "colour"] = None
    tables = {
        "mixed": (gaps, ["colour", "code"]),
        "numeric": (frame[["size", "count", "target"]], []),
        "words": (frame[["colour", "code", "target"]], ["colour", "code"]),
        "small": (frame[:150], ["colour", "code"]),
    }
    entries = []
    for name, (table, categorical) in tables.items():
        table.to_csv(place / f"{name}.csv.gz", index=False)
        entries.append(
            {
                "name": name,
                "file": f"{name}.csv.gz",
                "rows": len(table),
                "categorical": categorical,
                "classes": table["target"].value_counts().to_dict(),
            }
        )
    (place / "catalog.json").write_text(json.dumps(entries))
    return place


def test_tables_with_a_minority_to_hold_out_are_listed(folder):
    assert table_names(folder) == ["mixed", "numeric", "words"]


def test_frames_have_categories_and_gaps(folder):
    frame, y = load_frame("mixed", folder, fewest=100)
    assert list(frame.dtypes.astype(str)) == ["float64", "int64", "category", "category"]
    assert list(frame["code"].cat.categories) == ["1", "2", "3"]
    assert "NA" in frame["colour"].cat.categories
    assert list(frame.isna().sum()) == [21, 0, 21, 0]
    # The smallest class has too few rows.
    assert y.sum() == 120


def test_halves_are_stratified_disjoint_and_repeatable(folder):
    data = halves("numeric", 0, folder)
    assert (len(data.X), len(data.minority), len(data.held_out)) == (200, 60, 60)
    rows = pd.concat([data.minority, data.held_out])
    frame, y = load_frame("numeric", folder, fewest=100)
    assert sorted(rows["size"]) == sorted(frame["size"][y == 1])
    pd.testing.assert_frame_equal(data.held_out, halves("numeric", 0, folder).held_out)
    assert not data.held_out.equals(halves("numeric", 1, folder).held_out)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("method", ["real", "RandomOverSampler", "SMOTE"])
def test_rivals_make_rows_of_the_table_s_kind(folder, name, method):
    data = halves(name, 0, folder)
    synthetic = synthesize(method, data, seed=0)
    assert len(synthetic.rows) == len(data.held_out)
    assert list(synthetic.rows.columns) == list(data.X.columns)
    scores = realism(data, synthetic.rows, seed=0)
    assert scores["impossible"] == 0.0
    assert scores["coverage"] > 0.5
    if method != "SMOTE":
        assert scores["copies"] == 1.0
        assert scores["closest"] == 0.0
    elif name == "numeric":
        assert (synthetic.rows["count"] % 1 == 0).all()
        assert (synthetic.rows["size"] % 1 != 0).any()
        assert scores["copies"] < 0.1
        assert scores["closest"] > 0.0


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    "method", ["MGVAE(max_pretrain_steps=20, max_finetune_steps=10)", "BayesGAN(max_steps=20)"]
)
def test_ours_take_tables_as_they_are(folder, name, method):
    data = halves(name, 0, folder)
    synthetic = synthesize(method, data, seed=0)
    assert len(synthetic.rows) == len(data.held_out)
    assert list(synthetic.rows.dtypes) == list(data.X.dtypes)
    assert realism(data, synthetic.rows, seed=0)["impossible"] == 0.0


def test_models_with_an_environment_of_their_own_ask_for_it(folder):
    with pytest.raises(SystemExit, match="--rivals-python"):
        synthesize("CTGAN", halves("mixed", 0, folder), seed=0)


def test_rivals_are_left_out_where_they_do_not_know_the_columns(folder):
    able = {
        method: [name for name in TABLES if can_run(method, halves(name, 0, folder))]
        for method in ("SMOTE", "MGSGRFOverSampler", "polynom_fit_SMOTE_star")
    }
    assert able == {
        "SMOTE": ["mixed", "numeric", "words"],
        "MGSGRFOverSampler": ["mixed", "numeric"],
        "polynom_fit_SMOTE_star": ["numeric"],
    }


def test_report_pairs_ours_with_the_rivals():
    def row(dataset, kind, method, auc, coverage):
        return {
            **{"dataset": dataset, "kind": kind, "method": method, "seed": 0},
            **{"auc": auc, "coverage": coverage, "density": 1.0, "closest": 1.0},
            **{"closest_held": 0.0, "copies": 0.0, "copies_held": 0.5},
            **{"impossible": 0.0, "seconds": 1.0},
            **{"misclassified": 0.1, "misclassified_held": 0.3},
            **{"broken": 0.25, "broken_held": 0.05, "membership": 0.75},
        }

    results = pd.DataFrame(
        [
            row("a", "numeric", "SMOTE", 0.9, 0.8),
            row("a", "numeric", "MGVAE", 0.6, 0.7),
            row("b", "mixed", "SMOTE", 0.7, 0.8),
            row("b", "mixed", "MGVAE", 0.8, 0.9),
            row("c", "mixed", "SMOTE", 0.7, 0.8),
        ]
    )
    page = "\n".join(realism_section(results))
    assert page.count("| SMOTE | 1 |") == 2
    line = next(line for line in page.splitlines() if line.startswith("| SMOTE | 2 |"))
    assert "| -0.100 ± 0.200 | 1/0/1 | +0.000 ± 0.100 | 1/0/1 | +0.000 ± 0.000 | 0/2/0 |" in line
    assert "| c | 0.700 / 0.800 |  |" in page
    assert "take 30.0% of held-out rows for another class" in page
    assert "of the held-out rows, 5.0% do" in page
    assert "| rules broken | membership AUC | seconds |" in page
    assert "| 25.0% | 0.750 | 1.0 |" in page


def test_methods_are_compared_on_the_seeds_that_both_have():
    rows = [
        {
            **{"dataset": "a", "kind": "numeric", "method": method, "seed": seed, "auc": auc},
            **dict.fromkeys(("coverage", "density", "closest", "closest_held", "copies"), 1.0),
            **dict.fromkeys(("copies_held", "impossible", "misclassified", "seconds"), 1.0),
            **dict.fromkeys(("misclassified_held", "broken", "broken_held", "membership"), np.nan),
        }
        for method, seed, auc in (("ARF", 0, 0.9), ("MGVAE", 0, 0.6), ("MGVAE", 1, 0.8))
    ]
    page = "\n".join(realism_section(pd.DataFrame(rows)))
    assert "| ARF | 1 | -0.300" in page
    # Columns that were not measured yet are left out.
    assert "rules" not in page
    assert "membership" not in page
