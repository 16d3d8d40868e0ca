"""Comparison of methods over many tables: ranks, Friedman's test, Nemenyi's difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, studentized_range

from benchmarks.shared.scores import LOWER_IS_BETTER

TIE = 0.001


@dataclass(frozen=True)
class Ranking:
    """Mean ranks of the methods (1 is best) and what they are worth."""

    mean_ranks: pd.Series
    friedman_p: float
    critical_difference: float
    n_tables: int


def score_table(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return (data set, classifier) x method means; blocks some method lacks are left out.

    A method that lacks a fold or seed of `none`, or did not run on every data set, is left out. A
    classifier without class weights is what it is without them: its class_weight is its none.
    """
    table = _of_every_fold(results).pivot_table(
        index=["dataset", "classifier"], columns="method", values=metric, aggfunc="mean"
    )
    if {"none", "class_weight"} <= set(table):
        table["class_weight"] = table["class_weight"].fillna(table["none"])
    ran = table.notna().groupby(level="dataset").any().all()
    return table.loc[:, ran].dropna()


def _of_every_fold(results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the methods that have each fold and seed that `none` has."""
    places = [c for c in ("dataset", "seed", "fold") if c in results]
    folds = results.groupby([*places, "method"]).size().unstack("method")
    if "none" not in folds:
        return results
    has_all = folds[folds["none"].notna()].notna().all()
    return results[results["method"].map(has_all)]


def rank(table: pd.DataFrame, metric: str, families: pd.Series | None = None) -> Ranking:
    """Rank the methods; the classifiers of a table, and tables of a family, are averaged."""
    ranks = table.rank(axis=1, ascending=metric in LOWER_IS_BETTER)
    per_table = by_family(ranks, families)
    n, k = per_table.shape
    p = friedmanchisquare(*per_table.to_numpy().T).pvalue if n > 1 and k > 2 else np.nan
    q = studentized_range.ppf(0.95, k, np.inf) / np.sqrt(2)
    return Ranking(
        per_table.mean().sort_values(), float(p), float(q * np.sqrt(k * (k + 1) / (6 * n))), n
    )


def by_family(scores: pd.DataFrame, families: pd.Series | None) -> pd.DataFrame:
    """Average the classifiers of a table, then the tables of a family where families are given."""
    per_table = scores.groupby(level="dataset").mean()
    if families is None:
        return per_table
    return per_table.groupby(families.loc[per_table.index].to_numpy()).mean()


def win_tie_loss(table: pd.DataFrame, metric: str, rival: str) -> pd.Series:
    """Return "wins/ties/losses" of each method against the rival, over table x classifier."""
    sign = -1 if metric in LOWER_IS_BETTER else 1
    difference = sign * table.sub(table[rival], axis=0)
    wins, losses = (difference > TIE).sum(), (difference < -TIE).sum()
    ties = len(table) - wins - losses
    text = [f"{w}/{t}/{x}" for w, t, x in zip(wins, ties, losses, strict=True)]
    return pd.Series(text, index=table.columns)
