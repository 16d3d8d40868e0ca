"""Numbers about synthetic rows: hand-derived values, near chance or far from it where due."""

import datetime as dt
import doctest
import inspect
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array

from mgvae_resample import diagnostics
from mgvae_resample.diagnostics import (
    distance_to_closest_record,
    copy_rate,
    density_and_coverage,
    invalid_value_rate,
    misclassification_rate,
    synthesis_report,
    two_sample_auc,
)
from mgvae_resample.diagnostics.embedding import read_columns


def normal(n, seed, shift=0.0, n_columns=3):
    return np.random.default_rng(seed).normal(shift, 1.0, (n, n_columns))


def mixed(n, seed, colours="rgb"):
    """Return a number with gaps, a date, a category, a flag."""
    rng = np.random.default_rng(seed)
    price = rng.normal(size=n).round(2)
    price[rng.random(n) < 0.2] = np.nan
    return pd.DataFrame(
        {
            "price": price,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, n), unit="D"),
            "colour": pd.Categorical(rng.choice(list(colours), n), categories=list("rgby")),
            "member": rng.random(n) < 0.5,
        }
    )


MEASURES = [n for n in diagnostics.__all__ if n[0].islower()]


@pytest.mark.parametrize("name", MEASURES)
def test_example_of_the_docstring_runs(name):
    documented = getattr(diagnostics, name)
    example = doctest.DocTestFinder(recurse=False).find(documented, name)[0]
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0
    described = re.findall(r"^(\w+(?:, \w+)*) : ", inspect.getdoc(documented), re.MULTILINE)
    assert set(", ".join(described).split(", ")) >= set(inspect.signature(documented).parameters)


@pytest.mark.parametrize("make", [normal, mixed])
def test_rows_of_the_same_law_cannot_be_told_apart(make):
    real, synthetic = make(300, 0), make(500, 1)
    assert two_sample_auc(real, synthetic) == pytest.approx(0.5, abs=0.07)
    density, coverage = density_and_coverage(real, synthetic[:300])
    assert density == pytest.approx(1.0, abs=0.15)
    assert coverage > 0.9


def test_shifted_rows_are_told_apart():
    assert two_sample_auc(normal(200, 0), normal(200, 1, shift=3.0)) > 0.97
    assert density_and_coverage(normal(200, 0), normal(200, 1, shift=9.0)) == (0.0, 0.0)


@pytest.mark.parametrize("n_rows", [2, 3, 5, 8, 12, 20, 30])
def test_few_rows_far_away_are_told_apart(n_rows):
    assert two_sample_auc(normal(n_rows, 0), normal(n_rows, 1, shift=50.0)) == 1.0


def test_a_category_alone_tells_rows_apart():
    assert two_sample_auc(mixed(100, 0, "rg"), mixed(100, 1, "by")) == 1.0


def test_missing_values_alone_tell_rows_apart():
    real, synthetic = mixed(200, 0), mixed(200, 1)
    assert two_sample_auc(real, synthetic.fillna({"price": 0.0})) > 0.55
    assert two_sample_auc(real.fillna({"price": 0.0}), synthetic.assign(price=np.nan)) == 1.0


def test_columns_without_values_are_no_obstacle():
    gap = np.full((60, 1), np.nan)
    real, synthetic = (np.hstack([normal(60, seed), gap]) for seed in (0, 1))
    real[0, -1] = 1.0  # in one fold only
    assert 0.3 < two_sample_auc(real, synthetic) < 0.7
    assert two_sample_auc(gap, gap) == 0.5
    assert density_and_coverage(real, synthetic)[1] > 0.8
    assert invalid_value_rate(synthetic[:, -1:], real[:, -1:]) == 1 / 60


def test_auc_is_repeatable_and_knows_its_seed():
    a, b = normal(100, 0), normal(150, 1, shift=0.5)
    assert two_sample_auc(a, b, random_state=1) == two_sample_auc(a, b, random_state=1)
    assert two_sample_auc(a, b, random_state=1) != two_sample_auc(a, b, random_state=2)


def test_many_categories_are_folded():
    names = pd.DataFrame({"name": [f"n{i}" for i in range(300)] * 2})
    assert 0.3 < two_sample_auc(names, names) < 0.7
    assert len(distance_to_closest_record(names, names[:5])) == 5


def test_coverage_falls_where_a_mode_is_missing():
    rng = np.random.default_rng(0)
    real = np.concatenate([rng.normal(0, 1, (50, 2)), rng.normal(50, 1, (150, 2))])
    density, coverage = density_and_coverage(real, rng.normal(50, 1, (200, 2)))
    assert density > 0.8
    assert coverage == pytest.approx(0.75, abs=0.08)


def test_neighbourhoods_of_repeated_rows_hold_their_equals():
    real = pd.DataFrame({"kind": ["a"] * 10 + ["b"] * 10})
    assert density_and_coverage(real, real[:5]) == (2.0, 0.5)


def test_distance_counts_one_for_a_category_and_one_for_a_gap():
    # The mean is 1 and the deviation is 1.
    train = pd.DataFrame({"x": [0.0, 2.0], "kind": ["a", "b"]})
    rows = pd.DataFrame({"x": [0.0, 0.0, 3.0, None], "kind": ["a", "c", "b", "b"]})
    expected = [0.0, 1.0, 1.0, np.sqrt(2)]  # of the last: the mean is 1 from x, the gap is 1
    np.testing.assert_allclose(distance_to_closest_record(train, rows), expected, atol=1e-12)


def test_leaving_a_constant_counts_one():
    train = np.array([[0.1, 0.0], [0.1, 2.0], [0.1, 4.0]])
    np.testing.assert_allclose(
        distance_to_closest_record(train, [[900.0, 2.0], [0.1, 2.0]]), [1.0, 0.0]
    )


def test_copies_are_found_whatever_the_columns():
    train = mixed(100, 0)
    assert copy_rate(train, train.sample(frac=0.5, random_state=0)) == 1.0
    assert copy_rate(train, pd.concat([train[:10], mixed(30, 1)])) == pytest.approx(0.25, abs=0.03)
    moved = train.assign(price=train["price"] + 0.001).dropna()
    assert copy_rate(train, moved) == 0.0


def test_impossible_values_are_counted_cell_by_cell():
    reference = pd.DataFrame({"x": [0.0, 1.0], "gap": [1.0, None], "kind": ["a", "b"]})
    rows = pd.DataFrame({"x": [0.5, 1.5, None], "gap": [None, 1.0, 2.0], "kind": ["a", "c", None]})
    # 1.5 and the gap in x; 2.0 in "gap"; "c" and the gap in "kind".
    assert invalid_value_rate(reference, rows) == pytest.approx(5 / 9)
    assert invalid_value_rate(rows, reference) == pytest.approx(2 / 6)  # x = 0, kind b
    assert invalid_value_rate(reference, reference) == 0.0


def test_rescaling_there_and_back_is_not_impossible():
    X = normal(100, 0)
    assert invalid_value_rate(X, (X / 3.0) * 3.0) == 0.0


@pytest.mark.parametrize(
    "container",
    [list, csr_array, pd.DataFrame, lambda X: X.astype(object), lambda X: X.astype(np.float32)],
)
def test_containers_agree(container):
    X = normal(60, 0).round()
    rows = X[:30] + np.array([1.0, 0.0, 0.0])
    assert copy_rate(container(X), container(rows)) == copy_rate(X, rows)
    assert two_sample_auc(container(X), container(rows)) == two_sample_auc(X, rows)


def test_kinds_of_missing_agree():
    kinds = [
        pd.DataFrame({"x": pd.array([1, None, 3], dtype="Int64")}),
        pd.DataFrame({"x": pd.Series([1, pd.NA, 3], dtype=object)}),
        [[1.0], [np.nan], [3.0]],
        [[1], [None], [3]],
        [[Decimal(1)], [None], [Decimal(3)]],
    ]
    assert all(copy_rate(a, b) == 1.0 for a in kinds for b in kinds)


def test_dates_are_numbers():
    days = pd.DataFrame({"t": pd.to_datetime(["2024-01-01", "2024-01-03", None])})
    rows = pd.DataFrame({"t": pd.to_datetime(["2024-01-02", "2024-01-04", None])})
    assert invalid_value_rate(days, rows) == pytest.approx(1 / 3)
    zoned = days["t"].dt.tz_localize("UTC").to_frame()
    assert invalid_value_rate(zoned, zoned) == 0.0
    spans = rows["t"].diff().to_frame()
    assert invalid_value_rate(spans, spans * 2) == pytest.approx(1 / 3)
    assert copy_rate(days, days.astype(object).where(days.notna(), None)) == 1.0
    never = pd.DataFrame({"t": pd.Series(["2024-01-01", "9999-12-31"], dtype="datetime64[s]")})
    assert copy_rate(never, never) == 1.0


@pytest.mark.parametrize("dtype", ["timestamp[us][pyarrow]", "date32[day][pyarrow]"])
def test_arrow_s_dates_are_dates(dtype):
    pytest.importorskip("pyarrow")
    days = pd.DataFrame({"t": pd.to_datetime(["2024-01-01", "2024-01-03", None])})
    assert copy_rate(days, days.astype(dtype)) == 1.0


@pytest.mark.parametrize("measure", [two_sample_auc, density_and_coverage, copy_rate])
def test_other_columns_are_refused(measure):
    with pytest.raises(ValueError, match="same columns"):
        measure(normal(10, 0), normal(10, 0, n_columns=2))
    frame = pd.DataFrame({"a": [1, 2], "b": [1, 2]})
    with pytest.raises(ValueError, match="same order"):
        measure(frame, frame[["b", "a"]])


def test_single_rows_are_refused():
    with pytest.raises(ValueError, match="two rows"):
        two_sample_auc([[1.0]], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="two real rows"):
        density_and_coverage([[1.0]], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="2D array"):
        copy_rate([1.0, 2.0], [1.0, 2.0])


def test_polars_frames_are_read_like_those_of_pandas():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=60), "town": rng.choice(["a", "b"], 60)})
    y = np.repeat([0, 1], [40, 20])
    X_res = pd.concat([X, X.iloc[40:50]], ignore_index=True)
    y_res = np.append(y, np.ones(10, dtype=int))
    expected = synthesis_report(X, y, X_res, y_res)
    found = synthesis_report(pl.from_pandas(X), y, pl.from_pandas(X_res), y_res)
    assert found.figures == expected.figures
    assert copy_rate(pl.from_pandas(X), pl.from_pandas(X_res)) == 1.0


def test_columns_of_polars_are_read_as_what_they_are():
    days = [dt.date(2024, 1, 1), dt.date(2024, 1, 3), None]
    frame = pl.DataFrame(
        {
            "day": days,
            "time": [dt.time(1), dt.time(2), None],
            "price": [Decimal("1.5"), Decimal("2.25"), None],
            "kind": pl.Series(["a", "b", None], dtype=pl.Enum(["b", "a"])),
            "flag": [True, None, False],
        }
    )
    columns = read_columns(frame, frame[:1])
    assert [c.kind for c in columns] == ["date", "duration", "number", "category", "category"]
    np.testing.assert_array_equal(columns[0].values, [19723.0, 19725.0, np.nan, 19723.0])
    assert columns[3].categories == ("a", "b")
    other = pd.DataFrame({"day": pd.to_datetime(days), "price": [1.5, 2.25, None]})
    assert copy_rate(frame[["day", "price"]], other) == 1.0


def test_objects_that_are_all_numbers_or_dates_are_read_as_such():
    days = [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 3, tzinfo=dt.UTC), None]
    frame = pd.DataFrame({"day": days, "x": [1, 2.5, None], "odd": [1, "a", None]}, dtype=object)
    assert [c.kind for c in read_columns(frame)] == ["date", "number", "category"]
    array = frame.to_numpy()
    assert [c.kind for c in read_columns(array)] == ["date", "number", "category"]
    assert copy_rate(frame, array) == 1.0


def test_rows_are_taken_for_the_class_that_they_look_like():
    X, y = np.repeat([[0.0], [1.0], [2.0]], 30, axis=0), np.repeat(["a", "b", "c"], 30)
    assert misclassification_rate(X, y, [[0.0], [1.0], [1.0], [2.0]], "b") == 0.5
    assert misclassification_rate(X, y, X[y == "c"], "c") == 0.0


def test_classes_weigh_the_same_when_rows_are_classified():
    """Where a third of a common class looks like a rare one, that place is of the rare one."""
    X = np.repeat([[0.0], [1.0], [1.0]], [400, 200, 20], axis=0)
    y = np.repeat([0, 0, 1], [400, 200, 20])
    assert misclassification_rate(X, y, [[1.0]], 1) == 0.0


def test_one_class_cannot_be_taken_for_another():
    with pytest.raises(ValueError, match="two classes"):
        misclassification_rate([[0.0], [1.0]], [1, 1], [[0.0]], 1)


@pytest.mark.parametrize("container", [np.array, pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("low", [2**60, -(2**60), 2**63 - 10, -(2**63)])
def test_large_integers_are_told_apart(container, low):
    parts = [low, low + 5], [low + 1, low + 6, low + 5]
    known, new = (
        np.array(part)[:, None] if container is np.array else container({"id": part})
        for part in parts
    )
    assert copy_rate(known, new) == pytest.approx(1 / 3)
    assert invalid_value_rate(known, new) == pytest.approx(1 / 3)


def test_large_integers_are_named_by_what_they_are_counted_from():
    rows = pd.DataFrame({"id": pd.array([2**60, None, 2**60 + 3], dtype="Int64")})
    (column,) = read_columns(rows)
    assert column.name == f"id - {2**60}"
    np.testing.assert_array_equal(column.values, [0.0, np.nan, 3.0])
