"""The league: rows of each method, cuts, and what the report says of them."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.league import DEVELOPMENT, FIRST, METHODS, lacking
from benchmarks.report.figure import draw_league
from benchmarks.report.league import (
    beside_forests,
    differences,
    families_of,
    holm,
    league_section,
    league_table,
    search_start,
)
from benchmarks.report.ranks import by_family, score_table
from benchmarks.shared.classifiers import ENSEMBLES, probabilities
from benchmarks.shared.league_fold import BLENDS, COLUMNS, METRICS, _best_cut, _scores
from benchmarks.shared.results import Results
from benchmarks.shared.table_ensembles import ensemble_probabilities
from benchmarks.shared.table_methods import encoder, trainings


@pytest.fixture
def table():
    """Return 90 rows of two classes with numbers, categories and gaps."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [80, 10])
    X = pd.DataFrame(
        {
            "size": rng.normal(size=90) + y,
            "colour": pd.Categorical(rng.choice(["red", "blue"], 90)),
            "weight": np.where(rng.random(90) < 0.2, np.nan, rng.random(90)),
        }
    )
    X.loc[::7, "colour"] = np.nan
    return X, y


@pytest.mark.parametrize("method", ["RandomOverSampler", "SMOTE", "BorderlineSMOTE", "ADASYN"])
def test_amounts_of_a_sampler_share_its_rows(table, method):
    X, y = table
    wanted = [method, f"{method}@half", f"{method}@quarter"]
    found = dict(trainings(wanted, X, y, encoder(X), seed=0))
    full, half, quarter = (found[name] for name in wanted)
    assert full.y.sum() == pytest.approx(80, abs=2)
    assert (half.y.sum(), quarter.y.sum()) == (40, 20)
    assert not np.isnan(full.X).any()
    np.testing.assert_array_equal(half.X[: len(quarter.X)], quarter.X)


def test_without_resampling_there_are_the_rows_themselves(table):
    X, y = table
    found = dict(trainings(["none", "class_weight"], X, y, encoder(X), seed=0))
    np.testing.assert_array_equal(found["none"].X, found["class_weight"].X)
    assert (found["none"].weighted, found["class_weight"].weighted) == (False, True)


def test_a_rival_that_cannot_adds_no_row(table):
    X, y = table
    ((_, training),) = trainings(["KMeansSMOTE"], X, y, encoder(X), seed=0)
    assert training.fell_back
    assert len(training.y) == len(y)


def test_the_best_cut_parts_the_classes():
    y = np.repeat([0, 1], [50, 5])
    predicted = np.where(y == 1, 0.2, 0.1)
    at, value = _best_cut(y, predicted, "macro_f1")
    assert 0.1 < at < 0.2
    assert value == 1.0


def test_scores_at_half_and_at_the_tuned_cut():
    y = np.array([0, 0, 0, 1, 1])
    predicted = np.array([0.1, 0.1, 0.3, 0.4, 0.6])
    scores = _scores(y, predicted, y, predicted)
    assert scores["balanced_accuracy"] == pytest.approx((1 + 0.5) / 2)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 6 / 7) / 2)
    assert scores["macro_f1_tuned"] == scores["balanced_accuracy_tuned"] == 1.0
    assert scores["brier"] == pytest.approx((0.01 + 0.01 + 0.09 + 0.36 + 0.16) / 5)
    assert set(scores) == {*METRICS, *(f"inner_{m}" for m in METRICS)}


def test_holm_multiplies_by_what_is_left():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


@pytest.fixture(scope="module")
def results():
    """Return made-up rows of twelve tables on which MGVAE@half is best outside, MGVAE inside."""
    rng = np.random.default_rng(0)
    methods = (*METHODS, *BLENDS)
    rows = []
    for t in range(12):
        for fold in range(2):
            for method in methods:
                row = dict.fromkeys(COLUMNS, 0.5) | {
                    "dataset": f"t{t}",
                    "seed": 0,
                    "fold": fold,
                    "method": method,
                    "classifier": "forest",
                    "n_rows": 100 * (t + 1),
                    "n_rare": 20,
                    "family": f"f{t}",
                    "fell_back": 0,
                }
                for metric in METRICS:
                    row[metric] = 0.5 + 0.1 * (method == "MGVAE@half") + 0.01 * rng.random()
                    row[f"inner_{metric}"] = 0.5 + 0.1 * (method == "MGVAE")
                rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("sampler", "metric", "expected"),
    [
        ("MGVAE", "balanced_accuracy", "MGVAE"),
        ("MGVAE", "balanced_accuracy_tuned", "MGVAE@quarter"),
        ("BayesGAN", "macro_f1", "BayesGAN@half"),
        ("SMOTE", "average_precision", "SMOTE@half"),
        ("BayesGAN", "log_loss", "none"),
        ("MGVAE", "brier", "none"),
    ],
)
def test_a_search_begins_with_the_recommended_amount(sampler, metric, expected):
    assert search_start(sampler, metric) == expected


@pytest.mark.parametrize(("gain", "taken"), [(0.07, "MGVAE@quarter"), (0.08, "MGVAE")])
def test_a_search_leaves_it_only_for_a_clearly_better_amount(results, gain, taken):
    """Of 20 minority rows 16 are in the training part: the margin is .3 / 4."""
    inner = np.where(results["method"] == "MGVAE", 0.5 + gain, 0.5)
    means = league_table(results.assign(inner_macro_f1=inner), "macro_f1")
    np.testing.assert_allclose(means["search MGVAE"], means[taken])


def test_a_search_takes_what_inner_folds_prefer(results):
    means = league_table(results, "macro_f1")
    np.testing.assert_allclose(means["search MGVAE"], means["MGVAE"])
    # Of Brier scores less is better: on the inner folds MGVAE is the worst.
    brier = league_table(results, "brier")
    assert (brier["search MGVAE"] != brier["MGVAE"]).all()


def test_differences_have_intervals_and_stars(results):
    table, families = league_table(results, "macro_f1"), families_of(results)
    found = differences(table, "MGVAE@half", families)
    assert found["none"].startswith("+0.1")
    assert found["none"].endswith("*")
    assert not differences(table, "SMOTE", families)["ADASYN"].endswith("*")


def test_tables_of_a_family_are_one_observation(results):
    table = league_table(results, "macro_f1")
    assert len(by_family(table, families_of(results))) == 12
    one = families_of(results).map(lambda family: "all")
    np.testing.assert_allclose(by_family(table, one).iloc[0], table.mean())


def test_a_picture_is_drawn(results, tmp_path):
    draw_league(results, tmp_path / "league.png")
    assert (tmp_path / "league.png").stat().st_size > 10_000


def test_the_section_ranks_the_best_method_first(results):
    text = "\n".join(league_section(results))
    ranks = text.partition("**Mean rank over families**")[2]
    assert ranks.strip().splitlines()[2].startswith("| MGVAE@half ")


def test_ensembles_are_compared_with_forests_and_not_ranked(results):
    alone = results[results["method"] == "none"].assign(classifier="balanced_forest", macro_f1=0.9)
    both = pd.concat([results, alone])
    pd.testing.assert_frame_equal(
        league_table(both, "macro_f1"), league_table(results, "macro_f1")
    )
    beside = beside_forests(league_table(both, "macro_f1"), alone, "macro_f1")
    assert (beside["balanced_forest"] == 0.9).all()
    assert {"none", "SMOTE", "MGVAE"} < set(beside)
    assert len(beside) == 12
    text = "\n".join(league_section(both))
    assert "**balanced_forest minus random forests" in text
    assert "**Ensembles" not in "\n".join(league_section(results))


@pytest.mark.parametrize("name", ENSEMBLES)
def test_an_ensemble_gives_the_rare_class_its_due(name):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [200, 10])
    X = rng.normal(size=(210, 2)) + 3.0 * y[:, None]
    predicted = probabilities(name, X, y, np.array([[3.0, 3.0]]), steps=0, weighted=False, seed=0)
    assert predicted[0] > 0.8


def test_tables_of_the_development_are_not_in_the_league():
    assert not set(DEVELOPMENT) & set(FIRST)


def test_a_method_is_run_only_where_it_lacks(tmp_path):
    methods, place = ("none", "SMOTE", "SMOTE@half"), {"dataset": "t", "seed": 0, "fold": 0}
    results = Results(tmp_path / "league.csv", COLUMNS)
    rows = [place | {"method": m, "classifier": "knn"} for m in methods]
    results.append(*(dict.fromkeys(COLUMNS, 0) | row for row in rows))
    assert lacking(results, place, (*methods, "blend SMOTE"), ("knn",)) == ["blend SMOTE"]
    assert lacking(results, place, ("class_weight", "none"), ("knn",)) == []
    assert lacking(results, place, ("none",), ("knn", "forest")) == ["none"]


def test_rows_of_other_columns_are_not_mixed_in(tmp_path):
    Results(tmp_path / "league.csv", ("dataset", "seed")).append({"dataset": "t", "seed": 0})
    with pytest.raises(SystemExit, match="other columns"):
        Results(tmp_path / "league.csv", COLUMNS)


def test_a_method_that_lacks_a_fold_is_left_out():
    rows = [
        {"dataset": d, "seed": 0, "fold": f, "classifier": "knn", "method": m, "brier": 0.1 * f}
        for d in ("a", "b")
        for f in range(2)
        for m in ("none", "SMOTE", "TVAE")
        if (d, f, m) != ("b", 1, "TVAE")
    ]
    assert set(score_table(pd.DataFrame(rows), "brier")) == {"none", "SMOTE"}


@pytest.mark.parametrize(
    "method",
    [
        "none",
        "class_weight",
        "RandomOverSampler",
        "SMOTE",
        "SMOTE@quarter",
        "MGVAE(max_pretrain_steps=20)",
    ],
)
def test_an_ensemble_predicts_whatever_its_rows(table, method, tmp_path):
    X, y = table
    predicted = ensemble_probabilities(
        *(f"ensemble {method}", "logistic", X, y, X, encoder(X)),
        steps=0,
        seed=0,
        folder=tmp_path,
    )
    assert predicted.shape == y.shape
    assert predicted[y == 1].mean() > predicted[y == 0].mean()
