"""Rules are found where they are, whatever the container, and not where chance made them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.rules.planted import planted, rules_in

WORDS = {
    "exactly one of kind 2, kind 0, kind 3, kind 1",
    "start <= end",
    "gross = net + tax",
    "city decides country",
    "salary is missing where job is 'none'",
    "salary is not missing where job is 'full'",
    "salary is not missing where job is 'part'",
}


@pytest.mark.parametrize("n", [150, 1500, 6000])
@pytest.mark.parametrize("to", [lambda X: X, pl.from_pandas, lambda X: X.convert_dtypes()])
def test_rules_that_were_planted_are_found(n, to):
    X, _ = planted(n - 50, 50)
    # That a net price is less than the gross price follows from the sum.
    assert set(rules_in(to(X)).words) == WORDS


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_rules_of_arrays_name_their_columns_by_number(dtype):
    g = np.random.default_rng(0)
    a, b, kind = g.integers(0, 50, 400), g.integers(0, 50, 400), g.integers(0, 3, 400)
    bits = (kind[:, None] == np.arange(3)) * 1
    X = np.column_stack([a, bits[:, :2], np.maximum(a, b), bits[:, 2]]).astype(dtype)
    assert rules_in(X).words == ["exactly one of x1, x2, x4", "x0 <= x3"]


def independent(n, seed):
    """Return a table of independent columns of few and of many values, on one scale."""
    g = np.random.default_rng(seed)
    columns = {f"number {i}": g.normal(size=n) for i in range(3)}
    for i in range(4):
        columns[f"count {i}"] = g.integers(0, g.integers(2, 6), n)
        columns[f"bit {i}"] = (g.random(n) < g.uniform(0.02, 0.6)).astype(int)
        columns[f"kind {i}"] = g.choice(list("abcdef")[: g.integers(2, 7)], n)
    columns["gaps"] = np.where(g.random(n) < 0.3, np.nan, g.normal(size=n))
    return pd.DataFrame(columns)


@pytest.mark.parametrize("n", [3, 8, 15, 30, 100, 1000])
def test_independent_columns_have_no_rules(n):
    """By chance, four kinds of rules are found in less than 4 of 1,000 such tables."""
    found = [rules_in(independent(n, seed)).words for seed in range(100)]
    assert sum(map(bool, found)) <= 2, [words for words in found if words]


@pytest.mark.parametrize("kind", ["order", "group", "category", "sum"])
def test_one_row_that_breaks_a_rule_is_enough(kind):
    X, _ = planted(400, 100)
    X.loc[7, {"order": "end", "group": "kind 1", "category": "country", "sum": "gross"}[kind]] = {
        "order": X["start"][7] - pd.Timedelta(1, "D"),
        "group": 1 - X["kind 1"][7],
        "category": {"A": "B"}.get(X["country"][7], "A"),
        "sum": X["gross"][7] + 0.01,
    }[kind]
    gone = WORDS - set(rules_in(X).words)
    expected = {"order": "start", "group": "exactly", "category": "city", "sum": "gross ="}[kind]
    assert any(words.startswith(expected) for words in gone)


def test_rules_are_judged_where_all_columns_are_present():
    X, _ = planted(800, 200)
    g = np.random.default_rng(0)
    gappy = X.astype(dict.fromkeys([c for c in X if c.startswith("kind")], float))
    for name in ("start", "end", "net", "tax", "gross", "city", "country", "kind 1"):
        gappy[name] = gappy[name].mask(g.random(len(X)) < 0.1)
    # Where the job is unknown, nothing is said about the salary.
    gappy["job"] = gappy["job"].mask(g.random(len(X)) < 0.1)
    assert set(rules_in(gappy).words) >= WORDS


def test_a_group_may_have_no_bit_set():
    kind = np.random.default_rng(0).choice(4, 500)
    X = (kind[:, None] == np.arange(3)).astype(float)
    assert rules_in(X).words == ["at most one of x0, x1, x2"]
    assert rules_in(pd.DataFrame(X == 1, columns=list("abc"))).words == ["at most one of a, b, c"]


def test_groups_beside_each_other_stay_apart():
    g = np.random.default_rng(0)
    first, second = (pd.get_dummies(pd.Series(g.choice(list("abcd"), 600))) for _ in range(2))
    X = pd.concat([first, second.add_suffix("2")], axis=1)
    mixed = X[[name for pair in zip(first, X.columns[4:], strict=True) for name in pair]]
    for table in (X, mixed):
        assert rules_in(table).words == [
            "exactly one of a, b, c, d",
            "exactly one of a2, b2, c2, d2",
        ]


def test_a_difference_is_computed_where_it_varies_most():
    g = np.random.default_rng(0)
    before, change = g.normal(0, 10, 300), g.normal(0, 1, 300)
    X = pd.DataFrame({"before": before, "after": before + change, "change": change})
    (rule,) = rules_in(X).words
    assert rule in ("before = after - change", "after = before + change")
    first, second = g.normal(size=(2, 300))
    X = pd.DataFrame({"first": first, "second": second, "difference": first - second})
    assert rules_in(X).words == ["difference = first - second"]


def test_dates_and_durations_add_up():
    g = np.random.default_rng(0)
    start = np.datetime64("2021-03-01", "ns") + g.integers(0, 10**7, 200).astype("m8[s]")
    length = g.integers(60, 10**6, 200).astype("m8[s]")
    X = pd.DataFrame({"start": start, "length": length, "end": start + length})
    assert rules_in(X).words == ["end = start + length"]


def test_equal_columns_are_equal():
    a = np.random.default_rng(0).normal(size=200)
    X = pd.DataFrame({"a": a, "b": a, "c": a + 1})
    assert rules_in(X).words == ["a = b", "a < c", "b < c"]


def test_a_category_may_decide_that_a_value_is_constant():
    g = np.random.default_rng(0)
    sex, age = g.choice(["f", "m"], 500), g.integers(10, 90, 500)
    X = pd.DataFrame({"sex": sex, "age": age, "births": g.poisson(2.0, 500) * (sex == "f")})
    assert "births is 0 where sex is 'm'" in rules_in(X).words


def test_the_inverse_of_a_dependency_is_not_listed():
    code = np.random.default_rng(0).integers(0, 4, 400)
    X = pd.DataFrame({"code": np.array(list("abcd"))[code], "name": np.array(list("wxyz"))[code]})
    X["half"] = np.where(code == 0, "first", "later")
    assert rules_in(X).words == ["code decides name", "code decides half", "name decides half"]


def test_orders_that_follow_from_others_are_not_listed():
    g = np.random.default_rng(0)
    steps = g.exponential(1, (400, 4)).cumsum(axis=1)
    assert rules_in(steps).words == ["x0 < x1", "x1 < x2", "x2 < x3"]
    steps[::9, 1] = np.nan
    assert "x0 < x2" in rules_in(steps).words
