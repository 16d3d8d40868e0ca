"""Changes of a table that say nothing of its rows change nothing of the new rows."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from tests.contract.test_like_the_class import told_apart
from tests.support import table

X, Y = table(160, 60, n_columns=3)
N_NEW = 300


def new_rows(quick, X, y, *, label=1, **params):
    """Return the new rows of one class, as a dense array."""
    strategy = {label: int((np.asarray(y) == label).sum()) + N_NEW}
    resampled = quick(sampling_strategy=strategy, **params).fit_resample(X, y)[0]
    new = resampled[len(Y) :] if not hasattr(resampled, "iloc") else resampled.iloc[len(Y) :]
    return new.toarray() if sparse.issparse(new) else np.asarray(new)


def shuffled(X, y):
    order = np.random.default_rng(1).permutation(len(X))
    return X[order], y[order]


SAME_BITS = {
    "a frame": lambda X, y: (pd.DataFrame(X, columns=list("abc")), y),
    "a sparse array": lambda X, y: (sparse.csr_array(X), y),
    "another memory order": lambda X, y: (np.asfortranarray(X), y),
    "labels of a series": lambda X, y: (X, pd.Series(y)),
}


@pytest.mark.parametrize("change", SAME_BITS.values(), ids=SAME_BITS)
def test_another_container_gives_the_same_bits(quick, change):
    assert_array_equal(new_rows(quick, *change(X, Y)), new_rows(quick, X, Y))


def test_renamed_labels_give_the_same_bits(quick):
    renamed = np.array(["no", "yes"])[Y]
    assert_array_equal(new_rows(quick, X, renamed, label="yes"), new_rows(quick, X, Y))


def test_fewer_rows_are_of_the_same_distribution(quick):
    many = quick(sampling_strategy={1: 660}).fit_resample(X, Y)[0][len(Y) :]
    # Some methods draw the same first rows, whatever the number.
    assert 0.38 < told_apart(many[N_NEW:], new_rows(quick, X, Y)) < 0.62


# A change, and how the new rows are changed back.
SAME_LAW = {
    "shuffled": (shuffled, lambda new: new),
    "sorted": (lambda X, y: (X[np.lexsort(X.T)], y[np.lexsort(X.T)]), lambda new: new),
    "permuted columns": (lambda X, y: (X[:, [2, 0, 1]], y), lambda new: new[:, [1, 2, 0]]),
    "another scale": (lambda X, y: (1000.0 * X - 5.0, y), lambda new: (new + 5.0) / 1000.0),
    "a constant column": (
        lambda X, y: (np.column_stack([X, np.full(len(X), 7.0)]), y),
        lambda new: new[:, :3],
    ),
}


@pytest.mark.parametrize(("change", "back"), SAME_LAW.values(), ids=SAME_LAW)
def test_rows_are_told_from_those_of_the_changed_table_no_better_than_by_chance(
    quick, change, back
):
    steps = {k: 150 for k in quick().get_params() if k.startswith("max_") and "steps" in k}
    changed = back(new_rows(quick, *change(X, Y), **steps))
    plain = new_rows(quick, X, Y, **steps)
    # Of two trainings with other seeds it is up to about 0.65.
    assert told_apart(plain, changed) < 0.7
