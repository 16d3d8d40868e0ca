"""The report on synthetic rows: which rows it compares, what it says, and how it shows it."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from scipy.sparse import csr_array

from mgvae_resample.diagnostics import copy_rate, invalid_value_rate, synthesis_report
from mgvae_resample.diagnostics.report import expected_coverage
from tests.support import table


@pytest.fixture
def halves():
    """Rows of three classes to resample, and rows held out."""
    X, y = table(240, 120, 80)
    return (X[:220], y[:220]), (X[220:], y[220:])


def report_on(sampler, train, held):
    return synthesis_report(*train, *sampler.fit_resample(*train), X_held=held[0], y_held=held[1])


def words(report, label):
    return {reading.name: reading.words for reading in report.findings(label)}


def test_each_class_with_new_rows_is_reported(halves):
    train, held = halves
    report = report_on(SMOTE(random_state=0), train, held)
    wanted = np.bincount(train[1]).max() - np.bincount(train[1])
    assert {c: f.n_synthetic for c, f in report.metrics.items()} == {1: wanted[1], 2: wanted[2]}
    assert {c: f.n_real for c, f in report.metrics.items()} == {
        c: np.count_nonzero(held[1] == c) for c in (1, 2)
    }
    metrics = report.metrics[2]
    X_res, y_res = SMOTE(random_state=0).fit_resample(*train)
    new = X_res[220:][y_res[220:] == 2]
    assert metrics.copies == copy_rate(train[0][train[1] == 2], new) == 0.0
    assert metrics.impossible == invalid_value_rate(train[0], new) == 0.0
    assert metrics.closest < metrics.closest_real


def test_copies_are_called_copies(halves):
    train, held = halves
    report = report_on(RandomOverSampler(random_state=0), train, held)
    assert report.metrics[1].copies == 1.0
    assert report.metrics[1].copies_real == report.metrics[1].closest == 0.0
    said = words(report, 1)
    assert "keep too close to training rows" in said["distance to closest"]
    assert "closer in 100% of pairs" in said["distance to closest"]
    assert said["copies"].endswith("more often than held-out rows: real rows are repeated.")


def test_rows_of_another_law_are_called_so(halves):
    (X, y), held = halves
    X_res = np.concatenate([X, X[y == 1] + 30.0])
    y_res = np.concatenate([y, np.ones(np.count_nonzero(y == 1), dtype=int)])
    report = synthesis_report(X, y, X_res, y_res, X_held=held[0], y_held=held[1])
    said = words(report, 1)
    assert "they clearly differ" in said["two-sample AUC"]
    assert said["density"].startswith("Too low")
    assert said["coverage"].startswith("0% of held-out rows")
    assert "some stray from the class" in said["distance to closest"]
    assert said["impossible values"].startswith("100.00% of values")


def test_real_rows_pass(halves):
    (X, y), (X_held, y_held) = halves
    fresh = table(240, 120, 80, seed=1)
    rows = fresh[0][fresh[1] == 1][:60]
    report = synthesis_report(
        X,
        y,
        np.concatenate([X, rows]),
        np.concatenate([y, np.ones(60, dtype=int)]),
        X_held=X_held,
        y_held=y_held,
    )
    said = words(report, 1)
    assert "no more than chance" in said["two-sample AUC"]
    assert said["density"].startswith("Within chance")
    assert "no fewer" in said["coverage"]
    assert "no more than chance" in said["distance to closest"]
    assert "this attack fails" in said["membership AUC"]


def test_rows_of_another_class_are_called_so(halves):
    (X, y), held = halves
    wrong = np.concatenate([X, X[y == 0][:60]]), np.concatenate([y, np.full(60, 2)])
    report = synthesis_report(X, y, *wrong, X_held=held[0], y_held=held[1])
    assert report.metrics[2].misclassified > 0.9
    assert report.metrics[2].misclassified_real < 0.2
    assert "some are not of their class" in words(report, 2)["misclassified"]
    # They equal rows of class 0.
    assert report.metrics[2].other_class == 1.0
    assert "some are not of their class" in words(report, 2)["other class's cells"]
    right = words(report_on(SMOTE(random_state=0), (X, y), held), 2)
    assert "more often" not in right["misclassified"]
    assert "as often as held-out rows, within chance" in right["other class's cells"]


@pytest.mark.parametrize(
    ("n_copies", "said"), [(60, "as often as"), (120, "more often than"), (0, "less often than")]
)
def test_copies_are_judged_by_what_held_out_rows_do(n_copies, said):
    """Half of the held-out rows of this table of few values equal a row learned from."""
    X, y = np.repeat([0.0, 1.0], 30)[:, None], np.repeat([0, 1], 30)
    held = np.repeat([1.0, 2.0], 60)[:, None], np.ones(120, int)
    new = np.repeat([1.0, 3.0], [n_copies, 120 - n_copies])[:, None]
    resampled = np.concatenate([X, new]), np.append(y, np.ones(120, int))
    report = synthesis_report(X, y, *resampled, X_held=held[0], y_held=held[1])
    assert f"{said} held-out rows" in words(report, 1)["copies"]


@pytest.mark.parametrize(
    ("factor", "said"), [(0.7, "too close"), (1.0, "no more than chance"), (1.4, "stray")]
)
def test_distances_are_too_near_and_too_far(factor, said):
    """Held-out rows are between 1 and 2 away; a third less or more is no chance with 200 rows."""
    rng = np.random.default_rng(0)
    X, y = rng.uniform(-0.1, 0.1, (60, 1)), np.repeat([0, 1], 30)
    held, new = (rng.uniform(1, 2, (200, 1)) for _ in range(2))
    resampled = np.concatenate([X, factor * new]), np.append(y, np.ones(200, int))
    report = synthesis_report(X, y, *resampled, X_held=held, y_held=np.ones(200, int))
    assert said in words(report, 1)["distance to closest"]


def test_few_rows_are_said_to_show_little(halves):
    train, held = halves
    few = held[0][held[1] == 1][:20], np.ones(20, int)
    said = words(report_on(SMOTE(random_state=0), train, few), 1)
    assert "so few rows only show large differences" in said["copies"]


def test_rules_that_new_rows_break_are_reported():
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 10, 600)
    X, y = np.column_stack([start, start + rng.exponential(1, 600)]), np.repeat([0, 1, 1], 200)
    held = X[200:400], y[200:400]
    X, y = np.concatenate([X[:200], X[400:]]), np.concatenate([y[:200], y[400:]])
    for new, broken, said in (
        (X[-50:], 0.0, "All synthetic rows obey the rule"),
        (X[-50:, ::-1], 1.0, "Synthetic and held-out rows that break the rule"),
    ):
        resampled = np.concatenate([X, new]), np.append(y, np.ones(50, int))
        report = synthesis_report(X, y, *resampled, X_held=held[0], y_held=held[1])
        assert report.metrics[1].rules == ("x0 < x1",)
        assert (report.metrics[1].broken, report.metrics[1].broken_real) == (broken, 0.0)
        assert words(report, 1)["rules broken"].startswith(said)


def test_copies_tell_who_was_learned(halves):
    said = words(report_on(RandomOverSampler(random_state=0), *halves), 1)
    assert "synthetic rows tell who was learned" in said["membership AUC"]


def test_held_out_rows_that_were_trained_on_are_called_so(halves):
    train, held = halves
    report = report_on(SMOTE(random_state=0), train, train)
    assert "Class 1: 100% of the held-out rows equal a training row" in repr(report)
    assert "trained on" in repr(report)
    assert "trained on" not in repr(report_on(SMOTE(random_state=0), train, held))


def test_it_shows_every_figure_within_the_width_of_a_page(halves):
    report = report_on(SMOTE(random_state=0), *halves)
    shown = repr(report)
    assert all(len(line) < 100 for line in shown.splitlines())
    assert shown.count("two-sample AUC") == 2
    assert shown.startswith("Class 1: ")
    assert f"{report.metrics[1].auc:.2f}" in shown


def test_one_seed_gives_one_report(halves):
    reports = [report_on(SMOTE(random_state=0), *halves) for _ in range(2)]
    assert repr(reports[0]) == repr(reports[1])


@pytest.mark.parametrize("container", [pd.DataFrame, csr_array, np.ndarray.tolist])
def test_containers_agree(halves, container):
    (X, y), (X_held, y_held) = halves
    X_res, y_res = SMOTE(random_state=0).fit_resample(X, y)
    plain = synthesis_report(X, y, X_res, y_res, X_held=X_held, y_held=y_held)
    other = synthesis_report(
        container(X),
        list(y),
        container(X_res),
        list(y_res),
        X_held=container(X_held),
        y_held=y_held,
    )
    assert repr(other) == repr(plain)


def test_few_rows_are_no_error():
    X, y = table(20, 1)
    resampled = np.concatenate([X, X[y == 1]]), np.append(y, 1)
    report = synthesis_report(X, y, *resampled, X_held=X[y == 1] + 1, y_held=[1])
    assert np.isnan(report.metrics[1].auc)
    assert words(report, 1)["density"] == "Too few rows."
    assert report.metrics[1].copies == 1.0
    nothing = synthesis_report(X, y, X, y, X_held=X, y_held=y)
    assert repr(nothing).startswith("No rows were added")
    none_held = synthesis_report(X, y, *resampled, X_held=X[:5], y_held=np.zeros(5))
    assert none_held.metrics[1].n_real == 0
    assert np.isnan(none_held.metrics[1].copies)
    assert none_held.metrics[1].impossible == 0.0
    assert "-" in repr(none_held)


def test_rows_in_another_order_are_refused(halves):
    (X, y), _ = halves
    with pytest.raises(ValueError, match="does not begin with y"):
        synthesis_report(X, y, X[::-1], y[::-1], X_held=X, y_held=y)


@pytest.mark.parametrize(("n", "m"), [(30, 30), (30, 90), (6, 4)])
def test_expected_coverage_is_what_fresh_rows_have(n, m):
    # Whether a row is covered depends on the order of distances alone: draw the order.
    rng = np.random.default_rng(0)
    k = min(5, n - 1)
    kinds = np.repeat([0, 1], [n - 1, m])
    covered = np.mean([rng.permutation(kinds)[:k].any() for _ in range(4000)])
    assert expected_coverage(n, m) == pytest.approx(covered, abs=0.02)


def test_missing_parts_are_seen_whatever_the_number_of_real_rows():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(6000, 2)), np.repeat([0, 1], 3000)
    new = rng.normal(size=(9000, 2))
    new = new[new[:, 0] > 0][:4000]  # half of the class
    resampled = np.concatenate([X, new]), np.append(y, np.ones(4000, int))
    held = rng.normal(size=(20_000, 2)), np.ones(20_000, int)
    report = synthesis_report(X, y, *resampled, X_held=held[0], y_held=held[1])
    assert "Parts of the class are missing" in words(report, 1)["coverage"]
    assert report.metrics[1].n_real == 20_000


def test_tables_and_labels_of_other_lengths_are_refused(halves):
    train, held = halves
    resampled = SMOTE(random_state=0).fit_resample(*train)
    for X, y, held_labels in (
        (train[0], train[1][:-5], held[1]),
        (train[0][:-5], train[1], held[1]),
        (*train, held[1][:-5]),
    ):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            synthesis_report(X, y, *resampled, X_held=held[0], y_held=held_labels)
