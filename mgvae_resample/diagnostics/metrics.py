"""Metrics of synthetic rows: similarity to real rows, copies of them, and impossible values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import pairwise_distances_argmin, pairwise_distances_chunked, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import column_or_1d
from threadpoolctl import threadpool_limits

from .._rejection.trees import boosted_trees
from .._rules.find import find_rules
from .._tables.labels import plain_classes, plain_label
from .._tables.table import Table
from .embedding import Floats, Mask, embed, fold_categories, read_columns, read_matrices

# Distances are computed from inner products: those of equal rows may be this large.
_ROUNDING = 1e-6


def two_sample_auc(real: Any, synthetic: Any, *, random_state: int = 0) -> float:
    """Return the cross-validated AUC of boosted trees that classify real and synthetic rows [1]_.

    The larger sample is subsampled to the size of the smaller. The trees handle categories and
    missing values; dates are numbers.

    Parameters
    ----------
    real : {array-like, dataframe, sparse matrix} of shape (n_real, n_features)
        Real rows that the synthetic ones were not made from. Columns of text, booleans, categories
        or objects are categorical.
    synthetic : {array-like, dataframe, sparse matrix} of shape (n_synthetic, n_features)
        Synthetic rows.
    random_state : int, default=0
        Seed of the subsample, the folds and the trees.

    Returns
    -------
    float
        Area under the ROC curve. 0.5: the trees cannot tell them apart (lower values are chance);
        1: they always can.

    Raises
    ------
    ValueError
        If the columns differ, or either sample has fewer than two rows.

    References
    ----------
    .. [1] D. Lopez-Paz, M. Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from mgvae_resample.diagnostics import two_sample_auc
    >>> rng = np.random.default_rng(0)
    >>> two_sample_auc(rng.normal(0, 1, (100, 2)), rng.normal(9, 1, (100, 2)))
    1.0
    """
    (a, b), categorical = read_matrices(real, synthetic)
    n = min(len(a), len(b))
    if n < 2:
        raise ValueError(f"Expected at least two rows of each sample, got {len(a)} and {len(b)}.")
    rng = np.random.default_rng(random_state)
    rows = np.concatenate([part[rng.permutation(len(part))[:n]] for part in (a, b)])
    rows[:, categorical] = fold_categories(rows[:, categorical])
    labels, scores = np.repeat([0, 1], n), np.full(2 * n, 0.5)
    folds = StratifiedKFold(min(5, n), shuffle=True, random_state=random_state)
    for fit, held in folds.split(rows, labels):
        predict = _trees(rows[fit], labels[fit], categorical, random_state)
        scores[held] = predict(rows[held])[:, 1]
    return float(roc_auc_score(labels, scores))


def density_and_coverage(
    real: Any, synthetic: Any, *, n_neighbors: int = 5
) -> tuple[float, float]:
    """Return density and coverage: how synthetic rows fill the neighbourhoods of real ones.

    The neighbourhood of a real row reaches to its `n_neighbors`-th nearest other real row [1]_.
    Columns are standardised by the real rows; two categories have distance 1.

    Parameters
    ----------
    real : {array-like, dataframe, sparse matrix} of shape (n_real, n_features)
        Real rows that the synthetic ones were not made from.
    synthetic : {array-like, dataframe, sparse matrix} of shape (n_synthetic, n_features)
        Synthetic rows, best as many as there are real ones: coverage grows with their number.
    n_neighbors : int, default=5
        Which neighbour bounds a neighbourhood; the farthest one if there are fewer real rows.

    Returns
    -------
    density : float
        Mean number of neighbourhoods that hold a synthetic row, over `n_neighbors`. About 1 for
        rows from the same distribution; more if synthetic rows are concentrated in dense regions.
    coverage : float
        Fraction of real rows with a synthetic row in their neighbourhood, at most 1. About
        1 - 2 ** -n_neighbors for as many rows from the same distribution.

    Raises
    ------
    ValueError
        If the columns differ, or there are fewer than two real rows.

    Notes
    -----
    In tables of few values, rows repeat, and a neighbourhood may be a single point. So it includes
    its bound here, and both metrics are higher than for distinct rows.

    References
    ----------
    .. [1] M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi, J. Yoo, "Reliable Fidelity and Diversity
       Metrics for Generative Models", ICML 2020.

    Examples
    --------
    >>> from mgvae_resample.diagnostics import density_and_coverage
    >>> density_and_coverage([[0.0], [1.0], [10.0]], [[0.5], [1.5]], n_neighbors=1)
    (2.0, 1.0)
    """
    points, new = embed(real, synthetic)
    if len(points) < 2:
        raise ValueError("Expected at least two real rows: one has no neighbours.")
    k = min(n_neighbors, len(points) - 1)
    # The nearest row of each row is itself.
    radii = np.concatenate(
        [np.partition(d, k, axis=1)[:, k] for d in pairwise_distances_chunked(points)]
    )
    inside, covered = 0, np.zeros(len(points), dtype=bool)
    for distances in pairwise_distances_chunked(new, points):
        held = distances <= radii * (1 + _ROUNDING) + _ROUNDING
        inside += int(held.sum())
        covered |= held.any(axis=0)
    return inside / (k * len(new)), float(covered.mean())


def distance_to_closest_record(train: Any, rows: Any) -> npt.NDArray[np.float64]:
    """Return the distance of each row to the closest training row.

    Compare the median for synthetic rows with that for held-out real rows: if it is much smaller,
    the generator has memorised training rows.

    Parameters
    ----------
    train : {array-like, dataframe, sparse matrix} of shape (n_train, n_features)
        The rows that a generator learned from. Columns are standardised by them; two categories
        have distance 1.
    rows : {array-like, dataframe, sparse matrix} of shape (n_rows, n_features)
        Synthetic rows, or held-out real ones.

    Returns
    -------
    ndarray of shape (n_rows,)
        Euclidean distances.

    Examples
    --------
    >>> from mgvae_resample.diagnostics import distance_to_closest_record
    >>> distance_to_closest_record([[0.0], [2.0]], [[2.0], [5.0]])
    array([0., 3.])
    """
    known, new = embed(train, rows)
    closest = known[pairwise_distances_argmin(new, known)]
    return np.asarray(np.linalg.norm(new - closest, axis=1))


def copy_rate(train: Any, rows: Any) -> float:
    """Return the fraction of rows that equal a training row in every column.

    Compare with the rate for held-out rows: in tables of few values, these repeat rows too.

    Parameters
    ----------
    train : {array-like, dataframe, sparse matrix} of shape (n_train, n_features)
        The rows that a generator learned from.
    rows : {array-like, dataframe, sparse matrix} of shape (n_rows, n_features)
        Synthetic rows, or held-out real ones.

    Returns
    -------
    float
        A fraction between 0 and 1. Two missing values are equal.

    Examples
    --------
    >>> from mgvae_resample.diagnostics import copy_rate
    >>> copy_rate([[1, 2], [3, 4]], [[3, 4], [1, 4]])
    0.5
    """
    (known, new), _ = read_matrices(train, rows)
    there = {row.tobytes() for row in known}
    return float(np.mean([row.tobytes() in there for row in new]))


def other_class_rate(X: Any, y: Any, rows: Any, label: Any) -> float:
    """Return the fraction of rows that equal a row of another class and none of their class.

    In tables of few values, such rows lie in cells where only other classes have rows. Compare
    with the rate for held-out rows, which may lie there too.

    Parameters
    ----------
    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        Real rows of all classes, such as the table that a generator was given.
    y : array-like of shape (n_samples,)
        Their labels.
    rows : {array-like, dataframe, sparse matrix} of shape (n_rows, n_features)
        Synthetic rows of one class, or held-out real ones.
    label : label
        The class of `rows`.

    Returns
    -------
    float
        A fraction between 0 and 1. Two missing values are equal.

    Examples
    --------
    >>> from mgvae_resample.diagnostics import other_class_rate
    >>> other_class_rate([["a"], ["b"], ["c"]], [0, 0, 1], [["a"], ["c"]], 1)
    0.5
    """
    (known, new), _ = read_matrices(X, rows)
    is_class = column_or_1d(y) == label
    of_class, others = ({row.tobytes() for row in known[part]} for part in (is_class, ~is_class))
    only_others = others - of_class
    return float(np.mean([row.tobytes() in only_others for row in new]))


def invalid_value_rate(reference: Any, synthetic: Any) -> float:
    """Return the fraction of values that are impossible in the reference.

    Such a value is a category that the reference does not hold, a number out of its range, or a
    missing value in a column without any.

    Parameters
    ----------
    reference : {array-like, dataframe, sparse matrix} of shape (n_rows, n_features)
        The whole table that a generator was given.
    synthetic : {array-like, dataframe, sparse matrix} of shape (n_synthetic, n_features)
        Synthetic rows.

    Returns
    -------
    float
        A fraction of all values of `synthetic`.

    Examples
    --------
    >>> from mgvae_resample.diagnostics import invalid_value_rate
    >>> invalid_value_rate([[0, 10], [1, 20]], [[0, 30], [1, 15]])
    0.25
    """
    (known, new), categorical = read_matrices(reference, synthetic)
    columns = zip(known.T, new.T, categorical, strict=True)
    return float(np.mean([_is_impossible(*column) for column in columns]))


def rule_violation_rate(real: Any, synthetic: Any) -> float:
    """Return the fraction of synthetic rows that break a rule between columns of the real ones.

    Rules that all real rows obey are found as the samplers find them: orders (start <= end),
    one-hot groups, categories that decide another column or where it is missing, and sums. A rule
    that a table of independent columns might show by chance is left out.

    Parameters
    ----------
    real : {array-like, dataframe, sparse matrix} of shape (n_real, n_features)
        The whole table that a generator was given, with all its classes.
    synthetic : {array-like, dataframe, sparse matrix} of shape (n_synthetic, n_features)
        Synthetic rows, or held-out real ones.

    Returns
    -------
    float
        A fraction between 0 and 1; 0 if no rule was found. A rule is judged on rows in which all
        its columns are present.

    Examples
    --------
    >>> import numpy as np
    >>> from mgvae_resample.diagnostics import rule_violation_rate
    >>> start = np.random.default_rng(0).uniform(0, 10, 100)
    >>> real = np.column_stack([start, start + 1])
    >>> rule_violation_rate(real, [[1.0, 2.0], [2.0, 1.0]])
    0.5
    """
    _, (rate,) = rules_and_violations(real, synthetic)
    return rate


def rules_and_violations(real: Any, *parts: Any) -> tuple[list[str], list[float]]:
    """Return the rules of real rows in words, and :func:`rule_violation_rate` of other samples.

    The rate is NaN for a sample without rows.
    """
    columns = read_columns(real, *parts)
    ends = np.cumsum([len(Table.of(part)) for part in (real, *parts)])
    known, *others = (slice(*span) for span in pairwise([0, *ends.tolist()]))
    rules = find_rules([column.part(known) for column in columns])
    obey = [rules.hold_in([column.part(rows) for column in columns]) for rows in others]
    return rules.words, [float(np.mean(~part)) if len(part) else np.nan for part in obey]


def membership_auc(real_learned: Any, real_held_out: Any, synthetic: Any) -> float:
    """Return how well synthetic rows tell who was learned: the AUC of a simple attack.

    The attacker has the synthetic rows, and takes a person whose closest synthetic row is near for
    one that the generator learned from [1]_. Columns are standardised by `real_learned`; two
    categories have distance 1.

    Parameters
    ----------
    real_learned : {array-like, dataframe, sparse matrix} of shape (n_learned, n_features)
        Rows of one class that the generator learned from.
    real_held_out : {array-like, dataframe, sparse matrix} of shape (n_held_out, n_features)
        Rows of the same class that it did not see.
    synthetic : {array-like, dataframe, sparse matrix} of shape (n_synthetic, n_features)
        Synthetic rows of that class.

    Returns
    -------
    float
        Area under the ROC curve. 0.5: distances say nothing; 1: they tell all learned rows from
        all others. A stronger attack may succeed where this one fails, so 0.5 is no proof of
        privacy.

    References
    ----------
    .. [1] D. Chen, N. Yu, Y. Zhang, M. Fritz, "GAN-Leaks: A Taxonomy of Membership Inference
       Attacks against Generative Models", CCS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from mgvae_resample.diagnostics import membership_auc
    >>> learned, others = np.random.default_rng(0).normal(size=(2, 50, 3))
    >>> membership_auc(learned, others, learned + 0.01)
    1.0
    """
    *parts, new = embed(real_learned, real_held_out, synthetic)
    learned, others = (
        np.linalg.norm(points - new[pairwise_distances_argmin(points, new)], axis=1)
        for points in parts
    )
    return auc_of(learned, others)


def auc_of(first: Floats, second: Floats) -> float:
    """Return in which fraction of pairs the first number is smaller. Shape: (n,), (m,) ->."""
    is_first = np.repeat([1, 0], [len(first), len(second)])
    return float(roc_auc_score(is_first, -np.concatenate([first, second])))


def misclassification_rate(
    X: Any, y: Any, rows: Any, label: Any, *, random_state: int = 0
) -> float:
    """Return the fraction of rows that boosted trees assign to another class than theirs.

    The trees are fitted to a real table, with classes of equal weight. Compare with the rate for
    held-out real rows: if it is higher, some synthetic rows are not of their class.

    Parameters
    ----------
    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        Real rows of all classes, such as the table that a generator was given.
    y : array-like of shape (n_samples,)
        Their labels.
    rows : {array-like, dataframe, sparse matrix} of shape (n_rows, n_features)
        Synthetic rows of one class, or held-out real ones.
    label : label
        The class of `rows`.
    random_state : int, default=0
        Seed of the trees.

    Returns
    -------
    float
        A fraction between 0 and 1.

    Raises
    ------
    ValueError
        If the columns differ, or `y` has a single class.

    Examples
    --------
    >>> from mgvae_resample.diagnostics import misclassification_rate
    >>> misclassification_rate([[0.0]] * 9 + [[1.0]] * 9, [0] * 9 + [1] * 9, [[1.0], [0.0]], 1)
    0.5
    """
    (rate,) = misclassification_rates(X, y, label, rows, random_state=random_state)
    return rate


def misclassification_rates(
    X: Any, y: Any, label: Any, *parts: Any, random_state: int
) -> list[float]:
    """Return :func:`misclassification_rate` of several samples of one class, by the same trees."""
    classes, numbers = np.unique(column_or_1d(y), return_inverse=True)
    if len(classes) < 2:
        raise ValueError("Expected at least two classes in y, got one.")
    matrices, categorical = read_matrices(X, *parts)
    for rows in matrices:
        rows[:, categorical] = fold_categories(rows[:, categorical])
    known, *others = matrices
    predict = _trees(known, numbers, categorical, random_state, class_weight="balanced")
    number = plain_classes(classes).index(plain_label(label))
    return [float(np.mean(predict(rows).argmax(1) != number)) for rows in others]


def _trees(
    rows: Floats, labels: npt.NDArray[Any], categorical: Mask, random_state: int, **params: Any
) -> Callable[[Floats], Floats]:
    """Fit boosted trees, and return a function for P(class). Shape: (n, d) -> (n, c)."""
    # scikit-learn's trees refuse a column without any value.
    rows = np.where(np.isnan(rows).all(axis=0), 0.0, rows)
    # With few rows, several threads are slower than one.
    with threadpool_limits(1, user_api="openmp"):
        trees = boosted_trees(rows, labels, categorical, random_state=random_state, **params)

    def predict(new: Floats) -> Floats:
        with threadpool_limits(1, user_api="openmp"):
            return np.asarray(trees.predict_proba(new))

    return predict


def _is_impossible(known: Floats, new: Floats, is_category: bool) -> Mask:
    """Return which values of a column are impossible, given the known ones."""
    if is_category:
        is_unknown = ~np.isin(new, known)
    else:
        low, high = np.nanmin(known, initial=np.inf), np.nanmax(known, initial=-np.inf)
        # For rounding errors of rescaling.
        slack = 1e-9 * (high - low)
        is_unknown = (new < low - slack) | (new > high + slack)
    return np.where(np.isnan(new), not np.isnan(known).any(), is_unknown)
