"""Laws of appending rows: originals first and untouched, same container back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from mgvae_resample._data.assemble import append_rows

OLD = np.array([[1, 0, 2], [0, 0, 3]])
NEW = np.array([[0, 5, 0]])
BOTH = np.array([[1, 0, 2], [0, 0, 3], [0, 5, 0]])
SPARSE = [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float32, ">f8"])
def test_dense_keeps_order_values_and_dtype(dtype: str) -> None:
    X = OLD.astype(dtype)
    X.setflags(write=False)
    result = append_rows(X, NEW.astype(dtype))
    assert result.dtype == X.dtype
    np.testing.assert_array_equal(result, BOTH.astype(dtype))


@pytest.mark.parametrize("container", SPARSE)
@pytest.mark.parametrize("wrap", [np.asarray, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_sparse_keeps_class_format_and_dtype(container: type, wrap: type, dtype: type) -> None:
    X = container(OLD.astype(dtype))
    before = X.copy()
    result = append_rows(X, wrap(NEW.astype(dtype)))
    assert type(result) is container
    assert result.dtype == dtype
    np.testing.assert_array_equal(result.toarray(), BOTH)
    np.testing.assert_array_equal(X.toarray(), before.toarray())


def test_result_shares_no_memory_even_without_new_rows() -> None:
    X = OLD.astype(float)
    result = append_rows(X, np.empty((0, 3)))
    np.testing.assert_array_equal(result, X)
    assert not np.shares_memory(result, X)
    assert append_rows(sparse.csr_array(X), np.empty((0, 3))).shape == (2, 3)


def test_narrow_floats_stay_narrow_and_fractions_do_not_become_integers() -> None:
    assert append_rows(OLD.astype(np.float32), NEW.astype(np.float64)).dtype == np.float32
    for X in (OLD, sparse.csr_array(OLD)):
        with pytest.raises(ValueError, match="dtype like int64, got float64"):
            append_rows(X, NEW + 0.5)


@pytest.mark.parametrize("new", [np.zeros((1, 2), int), np.zeros(3, int)])
def test_wrong_width_is_refused(new: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Expected new rows of 3 columns"):
        append_rows(OLD, new)
