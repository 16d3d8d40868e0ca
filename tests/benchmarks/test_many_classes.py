"""Many classes: draws, rows of each method, scores, and what the report says of them."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from benchmarks import many_classes
from benchmarks.many_classes import METHODS
from benchmarks.report import __main__ as report
from benchmarks.report.many_classes import guide_tables, many_classes_section
from benchmarks.shared import many_class_speed
from benchmarks.shared.many_class_draw import COLUMNS, Job, run_draw
from benchmarks.shared.many_class_speed import CASES, drawn_classes, measure
from benchmarks.shared.many_class_speed import COLUMNS as SPEED_COLUMNS
from benchmarks.shared.many_class_tables import (
    DEVELOPMENT,
    FEWEST,
    KEPT,
    MAX_ROWS,
    REPORT,
    draw,
    halves,
    tail,
)
from benchmarks.shared.scores import MANY_CLASS_METRICS, many_class_scores
from benchmarks.shared.table_methods import encoder, new_rows


@pytest.fixture
def folder(tmp_path):
    """Return a folder with one table of four classes, one of them too small."""
    rng = np.random.default_rng(0)
    target = np.repeat(["a", "b", "c", "d"], [60, 20, 12, FEWEST - 1])
    frame = pd.DataFrame({"size": rng.normal(size=100), "colour": rng.choice(["x", "y"], 100)})
    frame["size"] += np.select([target == "b", target == "c"], [3.0, 6.0])
    frame.assign(target=target).to_csv(tmp_path / "table.csv.gz", index=False)
    entry = {"name": "car_multi", "file": "table.csv.gz", "categorical": ["colour"]}
    (tmp_path / "catalog.json").write_text(json.dumps([entry | {"family": "car"}]))
    return tmp_path


def test_lists_share_no_table_and_are_long_enough():
    assert not set(DEVELOPMENT) & set(REPORT)
    assert min(len(set(DEVELOPMENT)), len(set(REPORT))) >= 10


def test_a_draw_halves_a_table_without_its_smallest_classes(folder):
    split = draw("car_multi", 0, folder)
    assert np.bincount(split.y).tolist() == np.bincount(split.y_test).tolist() == [30, 10, 6]
    values = np.sort(np.concatenate([split.X["size"], split.X_test["size"]]))
    assert len(np.unique(values)) == 92
    assert not draw("car_multi", 1, folder).X.equals(split.X)


def test_a_cut_keeps_rows_of_rare_classes():
    y = np.repeat([0, 1, 2, 3], [20_000, 10_000, 100, 20])
    train, test = halves(y, 0)
    sizes = np.bincount(y[train]) + np.bincount(y[test])
    assert sizes[2:].tolist() == [KEPT, 20]
    assert sizes.sum() == pytest.approx(MAX_ROWS, abs=3)
    assert sizes[0] == pytest.approx(2 * sizes[1], abs=2)
    assert not set(train) & set(test)


def test_a_long_tail_falls_geometrically_in_an_order_by_seed():
    y = np.repeat(np.arange(4), 1000)
    train, test = tail(y, 0)
    assert sorted(np.bincount(y[train])) == [10, 39, 153, 600]
    assert np.bincount(y[test]).tolist() == [150] * 4
    assert not set(train) & set(test)
    assert np.bincount(y[train]).tolist() != np.bincount(y[tail(y, 1)[0]]).tolist()


def test_a_long_tail_of_few_rows_shares_them_with_the_test(tmp_path):
    split = draw("digits_tail", 0, tmp_path)
    smallest = np.bincount(load_digits().target).min()
    assert set(np.bincount(split.y_test)) == {smallest // 2}
    assert (np.bincount(split.y).max(), np.bincount(split.y).min()) == (smallest // 2, 10)


@pytest.mark.parametrize("method", ["RandomOverSampler", "SMOTE"])
@pytest.mark.parametrize("columns", [["size"], ["size", "colour"], ["colour"]])
def test_rivals_make_all_classes_as_large_as_the_largest(folder, method, columns):
    split = draw("car_multi", 0, folder)
    X = split.X[columns]
    encode = encoder(X)
    new, labels = new_rows(method, X, split.y, encode.transform(X), encode, 0)
    assert len(new) == len(labels)
    assert (np.bincount(split.y) + np.bincount(labels)).tolist() == [30, 30, 30]
    if "size" in columns:
        means = pd.Series(new[:, 0]).groupby(labels).mean()
        assert means[1] < means[2]  # class 2 lies beyond class 1


def test_scores_count_classes_alike():
    y, y_train = np.array([0, 0, 0, 0, 1, 1, 2, 3]), np.repeat([0, 1, 2, 3], [9, 5, 3, 1])
    probability = np.eye(4)[[0, 0, 0, 1, 1, 1, 2, 0]]
    scores = many_class_scores(y, probability, y_train)
    assert scores["mean_recall"] == pytest.approx((0.75 + 1 + 1 + 0) / 4)
    assert scores["rarer_half_recall"] == pytest.approx(0.5)
    assert scores["macro_f1"] == pytest.approx((0.75 + 0.8 + 1 + 0) / 4)
    assert np.isfinite(scores["log_loss"])
    uniform = many_class_scores(y, np.full((8, 4), 0.25), y_train)
    assert uniform["log_loss"] == pytest.approx(np.log(4))


def test_a_draw_has_a_row_for_each_method_and_classifier(folder):
    short = "MGVAE(max_pretrain_steps=2, max_finetune_steps=2)"
    methods = ("none", "class_weight", "prior", "SMOTE", short)
    rows = run_draw(Job("car_multi", 0, methods, ("logistic", "mlp"), folder))
    found = pd.DataFrame(rows)
    assert set(found) == set(COLUMNS)
    assert len(found) == len(methods) * 2
    synthetic = found.groupby("method")["n_synthetic"].first()
    assert synthetic[["none", "prior", "SMOTE", short]].tolist() == [0, 0, 44, 44]
    assert found["mean_recall"].between(0, 1).all()
    none, prior = (found[found["method"] == m]["log_loss"].to_numpy() for m in ("none", "prior"))
    assert (none != prior).all()


def test_an_interrupted_run_goes_on_where_it_was(folder, monkeypatch, capsys):
    arguments = ["--data", str(folder), "--list", "development", "--datasets", "car_multi"]
    arguments += ["--seeds", "0", "--classifiers", "logistic", "--results", str(folder)]
    for methods in (["none"], ["none", "prior", "RandomOverSampler"]):
        monkeypatch.setattr("sys.argv", ["many_classes", *arguments, "--methods", *methods])
        many_classes.main()
    found = pd.read_csv(folder / "many_classes-development.csv")
    assert found["method"].tolist() == ["none", "RandomOverSampler", "prior"]
    capsys.readouterr()
    many_classes.main()
    assert capsys.readouterr().out == ""


def test_drawn_classes_have_the_sizes_that_are_asked_for():
    counts = {case: np.bincount(drawn_classes(*sizes)[1]) for case, sizes in CASES.items()}
    assert counts["2 classes"].tolist() == [500, 60]
    assert counts["20 classes"].sum() == pytest.approx(2_500, abs=50)
    assert counts["100 classes"].sum() == pytest.approx(12_000, abs=100)
    assert (counts["100 classes"].max(), counts["100 classes"].min()) == (500, 8)


def test_speed_counts_new_rows_and_seconds():
    row = measure("20 classes", "SMOTE", 2)
    assert row["n_synthetic"] == 20 * 500 - row["rows"]
    assert row["cpu_seconds"] > 0
    assert row["peak_mb"] >= row["base_mb"]
    assert set(row) <= set(SPEED_COLUMNS)


def test_ratios_of_speed_are_of_one_run(tmp_path, monkeypatch):
    seconds = iter([2.0, 6.0, 20.0, 4.0, 4.0, 4.0])
    monkeypatch.setattr(
        many_class_speed,
        "in_new_process",
        lambda *_: {"rows": 9, "cpu_seconds": next(seconds)},
    )
    path = tmp_path / "many_classes-speed.csv"
    given = ["many_classes", "--speed", "--methods", "MGVAE", "--results", str(tmp_path)]
    monkeypatch.setattr("sys.argv", given)
    for _ in range(2):  # the second time there is nothing to do
        many_classes.main()
        found = pd.read_csv(path)
        assert found["ratio"].tolist() == [1, 3, 10]
    found[found["dataset"] != "20 classes"].to_csv(path, index=False)
    many_classes.main()
    assert pd.read_csv(path)["ratio"].tolist() == [1, 1, 1]


@pytest.fixture(scope="module")
def results():
    """Return made-up rows of six tables on which MGVAE is the best."""
    rng = np.random.default_rng(0)
    rows = []
    for t in range(6):
        for seed in (0, 1):
            for method in METHODS:
                for classifier in ("logistic", "forest"):
                    row = dict.fromkeys(COLUMNS, 1) | {
                        "dataset": f"t{t}",
                        "family": f"f{t}",
                        "seed": seed,
                        "method": method,
                        "classifier": classifier,
                    }
                    for metric in MANY_CLASS_METRICS:
                        row[metric] = 0.5 + 0.1 * (method == "MGVAE") + 0.01 * rng.random()
                    rows.append(row)
    return pd.DataFrame(rows)


def test_the_section_says_by_how_much_the_best_method_is_better(results):
    text = "\n".join(many_classes_section(results))
    gaps = text.partition("**MGVAE minus each other method**")[2]
    line = next(line for line in gaps.splitlines() if line.startswith("| RandomOverSampler |"))
    differences = [float(text.split("(")[0]) for text in line.split("|")[2:-1]]
    assert differences == pytest.approx([0.1] * 4, abs=0.005)
    by_table = text.partition("**Mean recall by table**")[2]
    assert by_table.count("(+0.") >= 6
    assert "MGVAE on 0 of 6" in by_table
    worse = results.assign(mean_recall=results["method"] != "MGVAE")
    assert "MGVAE on 6 of 6" in "\n".join(many_classes_section(worse))
    assert "| t5 |" in by_table


def test_guide_and_report_say_what_is_not_measured(results, tmp_path, monkeypatch, capsys):
    assert guide_tables(tmp_path).count("not measured yet") == 2
    monkeypatch.setattr("sys.argv", ["report", "--results", str(tmp_path)])
    report.main()
    assert "Many classes" not in capsys.readouterr().out
    results.to_csv(tmp_path / "many_classes.csv", index=False)
    rows = [
        {"dataset": case, "method": "MGVAE", "threads": 1, "rows": 9, "cpu_seconds": n, "ratio": n}
        for n, case in enumerate(CASES, start=1)
    ]
    pd.DataFrame(rows, columns=SPEED_COLUMNS).to_csv(
        tmp_path / "many_classes-speed.csv", index=False
    )
    report.main()
    assert "## Many classes: speed" in capsys.readouterr().out
    text = (tmp_path / "many_classes.md").read_text()
    assert "posterior divided by the prior" in text
    assert "| `MGVAEOverSampler` | 1 (1) | 2 (2) | 3 (3) |" in text
