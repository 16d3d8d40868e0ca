"""The benchmark on kinds of data: drawn tables, measured ways, and what the report says."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from benchmarks.kinds import CLASSIFIERS, COLUMNS, encoder_of, measure, scores
from benchmarks.report.figure import draw_kinds
from benchmarks.report.kinds import (
    EXAMPLES,
    FREE,
    WAYS,
    complete_tables,
    gains,
    in_short,
    kind_list,
    kinds_section,
    misses,
    noisy_section,
    read_noisy,
    seeds_section,
)
from benchmarks.sampler_seeds import COLUMNS as SEED_COLUMNS
from benchmarks.sampler_seeds import measure as measure_seeds
from benchmarks.shared.kinds_of_data import KINDS, TWICE, Split, draw
from benchmarks.shared.results import Results

QUICK = "MGVAE(max_pretrain_steps=20, max_finetune_steps=10)"


def of_class(X, y, label):
    return X[y == label].reset_index(drop=True)


@pytest.mark.parametrize("kind", KINDS)
def test_tables_are_repeatable_and_their_classes_can_be_told_apart(kind):
    split = draw(kind, 300, 0)
    assert np.bincount(split.y).tolist() == [1000, 300]
    assert np.bincount(split.y_test).tolist() == [2000, 400]
    assert split.X.dtypes.tolist() == split.X_test.dtypes.tolist()
    pd.testing.assert_frame_equal(split.X, draw(kind, 300, 0).X)
    assert not split.X.equals(draw(kind, 300, 1).X)
    # What training rows and test rows share, such as centres and frequencies, is the same.
    encode = encoder_of(kind, split)
    trees = RandomForestClassifier(30, random_state=0).fit(encode.transform(split.X), split.y)
    p = trees.predict_proba(encode.transform(split.X_test))[:, 1]
    assert roc_auc_score(split.y_test, p) > 0.65


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_rows_do_not_depend_on_the_number_of_rare_rows(kind):
    pd.testing.assert_frame_equal(draw(kind, 12, 0).X_test, draw(kind, 60, 0).X_test)


@pytest.mark.parametrize("kind", TWICE)
def test_wrong_labels_change_a_quarter_of_the_rare_rows_and_nothing_else(kind):
    clean, noisy = draw(kind, 60, 0), draw(kind, 60, 0, noisy=True)
    before, after = (split.X.astype(object).fillna("gap") for split in (clean, noisy))
    differs = (before != after).any(axis=1).to_numpy()
    assert not differs[clean.y == 0].any()
    assert 0 < differs.sum() <= 15
    pd.testing.assert_frame_equal(clean.X_test, noisy.X_test)


def test_the_kind_of_noisy_labels_is_that_of_clean_ones_with_wrong_labels():
    noisy, same = draw("noisy labels", 60, 0), draw("clean labels", 60, 0, noisy=True)
    pd.testing.assert_frame_equal(noisy.X, same.X)


def test_kinds_are_what_their_names_say():
    assert (draw("text", 60, 0).X == 0).mean().mean() > 0.95
    assert draw("event log with repeated rows", 60, 0).X.duplicated().mean() > 0.5
    assert draw("gaps", 60, 0).X.isna().mean().mean() == pytest.approx(0.26, abs=0.02)
    lengths = np.linalg.norm(draw("embeddings of length one", 60, 0).X, axis=1)
    np.testing.assert_allclose(lengths, 1.0)
    places = draw("hierarchies of categories", 300, 0).X
    assert (places.groupby("place", observed=True)["district"].nunique() == 1).all()
    product, y = draw("sign of a product", 300, 0)[:2]
    np.testing.assert_array_equal(product.to_numpy()[:, :3].prod(axis=1) > 0, y == 1)
    drift = draw("drift", 300, 0)
    moved = of_class(drift.X_test, drift.y_test, 0).mean() - of_class(drift.X, drift.y, 0).mean()
    assert np.linalg.norm(moved) > 1.0


def test_every_way_is_measured_once(tmp_path):
    results = Results(tmp_path / "kinds.csv", COLUMNS)
    methods = ["none", "threshold", "class_weight", "SMOTE", QUICK, f"{QUICK}@quarter"]
    measure(results, "columns of all types", 12, 0, methods[:3])
    measure(results, "columns of all types", 12, 0, methods)
    found = pd.read_csv(results.path)
    assert len(found) == len(methods) * len(CLASSIFIERS)
    before = results.path.read_bytes()
    measure(results, "columns of all types", 12, 0, methods)
    assert results.path.read_bytes() == before
    by = found.set_index(["method", "classifier"]).sort_index()
    none, threshold = by.loc["none"], by.loc["threshold"]
    assert none["average_precision"].tolist() == threshold["average_precision"].tolist()
    assert none["log_loss"].tolist() == threshold["log_loss"].tolist()
    assert (threshold["balanced_accuracy"] >= none["balanced_accuracy"]).all()


def test_log_loss_is_that_of_the_frequencies_of_the_training_table():
    y, y_test = np.repeat([0, 1], [90, 10]), np.array([0, 1])
    split = Split(pd.DataFrame(), y, pd.DataFrame(), y_test)
    expected = -(0.9 * np.log(0.8) + 0.1 * np.log(0.4))
    assert scores(split, np.array([0.2, 0.4]))["log_loss"] == pytest.approx(expected)


def test_one_draw_and_the_mean_of_several_are_measured(tmp_path):
    results = Results(tmp_path / "sampler_seeds.csv", SEED_COLUMNS)
    split = draw("clean labels", 12, 0)
    for method in ("SMOTE(k_neighbors=3)", QUICK):
        measure_seeds(results, "clean labels", split, method, 0)
    found = pd.read_csv(results.path)
    assert len(found) == 4 * len(CLASSIFIERS)
    assert found["method"].str.endswith("@4 draws").sum() == 2 * len(CLASSIFIERS)
    one, four = (found[found["method"] == m] for m in (QUICK, f"{QUICK}@4 draws"))
    assert (one["log_loss"].to_numpy() != four["log_loss"].to_numpy()).all()


def rows(kind="angles", n_rare=60, seed=0, **of_methods):
    """Return result rows of some ways, a value for all measures."""
    values = {way: of_methods.get(way.replace("@", "_at_"), 0.5) for way in WAYS}
    scores = ("balanced_accuracy", "macro_f1", "average_precision")
    return [
        {
            **{"dataset": f"{kind}, {n_rare}", "n_rare": n_rare, "seed": seed, "method": way},
            **{"classifier": "forest", "log_loss": 1 - value, "seconds": 1.0},
            **dict.fromkeys(scores, value),
        }
        for way, value in values.items()
    ]


def test_gains_are_over_the_best_free_way():
    found = complete_tables(pd.DataFrame(rows(threshold=0.6, SMOTE=0.7, MGVAE=0.8, BayesGAN=0.65)))
    for metric in ("balanced_accuracy", "log_loss"):
        of_kind = gains(found, metric).loc["angles"]
        assert of_kind["MGVAE"] == pytest.approx(0.1)
        assert of_kind["BayesGAN"] == pytest.approx(-0.05)
        assert of_kind[list(FREE)].max() == 0.0


def test_a_draw_counts_once_it_has_every_way_and_kind():
    found = pd.DataFrame(
        rows() + rows("text") + rows(seed=1) + rows("text", seed=1)[:-1] + rows(n_rare=12)
    )
    kept = complete_tables(found)
    assert kept["seed"].unique().tolist() == [0]
    assert kept["n_rare"].unique().tolist() == [60]


def three_kinds():
    """Return results in which ours win, tie and lose."""
    return complete_tables(
        pd.DataFrame(
            rows("angles", threshold=0.7, MGVAE=0.6, none=0.64)
            + rows("text", SMOTE=0.6, BayesGAN=0.8)
            + rows("drift", class_weight=0.703, MGVAE=0.7)
        )
    )


def test_the_list_says_who_is_best_and_what_it_costs():
    text, drift, angles = kind_list(three_kinds()).splitlines()
    assert "`BayesGAN` has the best balanced accuracy (.800; SMOTE .600)" in text
    assert "Average precision rises from .500 to .800." in text
    assert "`MGVAE` and a free way tie in balanced accuracy (.700; class weights .703)" in drift
    assert "A free way has the best balanced accuracy (moved threshold .700; `MGVAE` .6" in angles
    assert "Average precision falls from .640 to .600, and to .500 with a quarter." in angles


def test_the_kinds_are_counted_and_named():
    tables, *lines = in_short(three_kinds()).splitlines()
    assert "3 kinds, 60 rare rows of 1,000 common ones, seeds 0, " in tables
    said = "`MGVAE` is ahead of the best free way on 0 of 3 kinds, level with it on 1"
    assert said in lines[0]
    assert "and behind it on 2; `BayesGAN` is ahead of the best free way on 1 of 3" in lines[0]
    assert lines[1].endswith("than both samplers on 1 of 3 kinds (angles).")
    assert "more than .02 on 1 of 3 kinds (angles)" in lines[2]
    assert lines[2].endswith("higher by more than .02 on 1 of 3 kinds (drift).")


def test_what_is_below_repeated_rows_is_listed():
    found = complete_tables(pd.DataFrame(rows(RandomOverSampler=0.6, MGVAE=0.588, BayesGAN=0.57)))
    listed = misses(found)
    assert listed[["sampler", "measure"]].to_numpy().tolist() == [
        ["MGVAE", "balanced accuracy"],
        ["BayesGAN", "balanced accuracy"],
        ["BayesGAN", "macro f1"],
        ["BayesGAN", "average precision"],
    ]


def test_every_kind_has_an_example():
    assert list(EXAMPLES) == list(KINDS)


def test_the_section_and_the_picture_are_drawn(tmp_path):
    found = pd.DataFrame(
        row for n in (12, 60) for kind in ("angles", "text") for row in rows(kind, n, MGVAE=0.6)
    )
    page = "\n".join(kinds_section(found))
    assert "2 kinds, 12 and 60 rare rows" in page
    draw_kinds(found, tmp_path / "kinds.png")
    assert (tmp_path / "kinds.png").stat().st_size > 10_000


def test_wrong_labels_are_compared_on_the_same_tables(tmp_path):
    pd.DataFrame(rows(MGVAE=0.7) + rows("text", MGVAE=0.9)).to_csv(
        tmp_path / "kinds.csv", index=False
    )
    pd.DataFrame(rows(MGVAE=0.6)).to_csv(tmp_path / "kinds-noisy.csv", index=False)
    page = "\n".join(noisy_section(read_noisy(tmp_path / "kinds-noisy.csv")))
    line = next(line for line in page.splitlines() if line.startswith("| MGVAE |"))
    assert line.startswith("| MGVAE | 0.600 | -0.100 |")


def test_deviation_between_seeds_is_pooled_over_tables():
    found = pd.DataFrame(
        {
            **{"dataset": table, "seed": seed, "method": f"SMOTE{ending}", "classifier": "forest"},
            **{"balanced_accuracy": value, "average_precision": value},
        }
        for table, spread in (("a", 0.1), ("b", 0.0))
        for ending, part in (("", 1.0), ("@4 draws", 0.5))
        for seed, value in enumerate((0.5 + part * spread, 0.5 - part * spread))
    )
    page = "\n".join(seeds_section(found))
    # Variances of .02 and 0 on the two tables.
    assert "| SMOTE | 0.500 (s.d. 0.1000) | 0.500 (s.d. 0.0500) |" in page
