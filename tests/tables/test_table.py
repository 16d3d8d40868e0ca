"""Laws of tables: rows are taken and appended bit for bit, in the container they came in."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import sparse

from mgvae_resample._tables.table import Table
from tests.tables.columns import PANDAS, POLARS

OLD = np.array([[1, 0, 2], [0, 0, 3]])
NEW = np.array([[0, 5, 0]])
BOTH = np.array([[1, 0, 2], [0, 0, 3], [0, 5, 0]])
SPARSE = [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array]
DTYPES = [bool, np.uint8, np.int64, np.float16, np.float32, ">f8", "M8[s]"]
ROWS = np.array([4, 0, 0, 29, 7])


def appended(X: Any, *others: Any) -> Any:
    return Table.of(X).append(map(Table, others), sum(new.shape[0] for new in others)).native


@pytest.mark.parametrize("dtype", DTYPES[:-1])
def test_dense_keeps_order_values_and_dtype(dtype: str) -> None:
    X = OLD.astype(dtype)
    X.setflags(write=False)
    result = appended(X, NEW.astype(dtype))
    assert result.dtype == X.dtype
    np.testing.assert_array_equal(result, BOTH.astype(dtype))


@pytest.mark.parametrize("container", SPARSE)
@pytest.mark.parametrize("wrap", [np.asarray, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_sparse_keeps_class_format_and_dtype(container: type, wrap: type, dtype: type) -> None:
    X = container(OLD.astype(dtype))
    before = X.copy()
    result = appended(X, wrap(NEW.astype(dtype)))
    assert type(result) is container
    assert result.dtype == dtype
    np.testing.assert_array_equal(result.toarray(), BOTH)
    np.testing.assert_array_equal(X.toarray(), before.toarray())


def test_result_shares_no_memory_even_without_new_rows() -> None:
    X = OLD.astype(float)
    for result in (appended(X, np.empty((0, 3))), appended(X)):
        np.testing.assert_array_equal(result, X)
        assert not np.shares_memory(result, X)
    assert appended(sparse.csr_array(X), np.empty((0, 3))).shape == (2, 3)


def test_narrow_floats_stay_narrow_and_fractions_do_not_become_integers() -> None:
    assert appended(OLD.astype(np.float32), NEW.astype(np.float64)).dtype == np.float32
    for X in (OLD, sparse.csr_array(OLD)):
        with pytest.raises(ValueError, match="dtype like int64, got float64"):
            appended(X, NEW + 0.5)


def test_wrong_width_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected new rows of 3 columns"):
        appended(OLD, np.zeros((1, 2), int))


@pytest.mark.parametrize("rows", [ROWS, np.isin(np.arange(30), ROWS), ROWS[:0], ROWS - 30])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_arrays_are_taken_bit_for_bit(dtype: Any, rows: np.ndarray) -> None:
    X = np.random.default_rng(0).integers(0, 2**15, (30, 3)).astype(dtype)
    taken = Table.of(X).take(rows).native
    assert taken.dtype == X.dtype
    assert taken.tobytes() == X[rows].tobytes()
    assert not np.shares_memory(taken, X)


@pytest.mark.parametrize("container", SPARSE)
def test_sparse_rows_are_taken_bit_for_bit(container: type) -> None:
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((30, 4)) < 0.6, 0.0, rng.normal(size=(30, 4)))
    dense[3, 1] = np.nan
    taken = Table.of(container(dense)).take(ROWS).native
    assert type(taken) is container
    assert taken.toarray().tobytes() == dense[ROWS].tobytes()


@pytest.mark.parametrize("kind", PANDAS)
def test_rows_of_pandas_are_taken_and_joined_as_they_are(kind: str) -> None:
    frame = pd.DataFrame({"a": PANDAS[kind](np.random.default_rng(0), 30)})
    frame.index = frame.index + 100
    table = Table.of(frame)
    taken = table.take(ROWS)
    pd.testing.assert_frame_equal(taken.native, frame.iloc[ROWS].reset_index(drop=True))
    joined = table.append([taken], len(taken)).native
    pd.testing.assert_frame_equal(joined.iloc[:30], frame.reset_index(drop=True))
    pd.testing.assert_frame_equal(joined.iloc[30:].reset_index(drop=True), taken.native)
    assert isinstance(joined.index, pd.RangeIndex)


@pytest.mark.parametrize("kind", POLARS)
def test_rows_of_polars_are_taken_and_joined_as_they_are(kind: str) -> None:
    frame = pl.DataFrame({"a": POLARS[kind](np.random.default_rng(0), 30)})
    table = Table.of(frame)
    taken = table.take(ROWS)
    assert taken.native["a"].to_list() == [frame["a"][int(i)] for i in ROWS]
    joined = table.append([taken], len(taken)).native
    assert_frame_equal(joined[:30], frame)
    assert_frame_equal(joined[30:], taken.native)


CONTAINERS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": np.asarray,
    "sparse": sparse.csr_array,
    "pandas": pd.DataFrame,
    "Arrow": lambda X: pd.DataFrame(X).astype("double[pyarrow]"),
    "polars": pl.DataFrame,
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_template_has_the_container_and_none_of_the_memory(container: str) -> None:
    X = CONTAINERS[container](np.random.default_rng(0).normal(size=(20_000, 3)))
    template = Table.of(X).template()
    assert template.shape == (0, 3)
    assert type(template.native) is type(X)
    assert len(pickle.dumps(template)) < 5_000
    rows = np.arange(6.0).reshape(2, 3)
    expected = rows if container == "sparse" else CONTAINERS[container](rows)
    made = template.with_numbers(rows)
    columns = [made.column(j) for j in range(3)]
    for table in (made, template.with_columns(columns, 2)):
        assert type(table.native) is type(expected)
        assert table.names == template.names
        np.testing.assert_array_equal(np.asarray(table.native), np.asarray(expected))


@pytest.mark.parametrize("second", [np.asarray, pl.DataFrame])
def test_rows_of_another_container_are_refused(second: Callable[[np.ndarray], Any]) -> None:
    template = Table.of(pd.DataFrame(OLD)).template()
    with pytest.raises(TypeError, match=r"that fit_resample was given \(pandas\), got"):
        template.check_like(Table.of(second(OLD)))
    sparse_rows = Table.of(sparse.csr_array(OLD))
    assert Table.of(OLD).template().check_like(sparse_rows) is sparse_rows


@pytest.mark.parametrize("container", [pd.DataFrame, pl.DataFrame])
def test_columns_of_other_names_are_refused(container: Callable[..., Any]) -> None:
    template = Table.of(container({"a": [1], "b": [2]})).template()
    with pytest.raises(ValueError, match=r"Expected the columns \['a', 'b'\] in this order"):
        template.check_like(Table.of(container({"b": [1], "a": [2]})))


def test_lists_are_remembered() -> None:
    rows = [[1, "a"], [2.5, None]]
    table = Table.of(rows)
    assert table.native.dtype == object
    joined = table.append([table.take(np.array([1]))], 1)
    assert joined.output() == [*rows, rows[1]]
    assert Table.of(OLD).output() is OLD


@pytest.mark.parametrize(
    ("X", "error", "reason"),
    [
        (pl.LazyFrame({"a": [1]}), TypeError, "collect"),
        (pl.DataFrame({"a": []}), ValueError, r"0 sample\(s\)"),
        (pd.DataFrame(index=[1]), ValueError, r"0 feature\(s\)"),
        (pd.DataFrame(OLD, columns=list("aba")), ValueError, "'a'.*Rename"),
        (np.ma.masked_greater(OLD, 2), TypeError, "Masked arrays"),
        (OLD * 1j, ValueError, "X has dtype complex128"),
        (OLD[:, :, None], ValueError, "images.reshape"),
        (OLD[0], ValueError, "2D"),
        (pd.Series(OLD[0]), ValueError, "2-dimensional"),
        (pl.Series(OLD[0]), ValueError, "2D|2-dimensional"),
        (OLD[:0], ValueError, "0 sample"),
        (OLD[:, :0], ValueError, "0 feature"),
    ],
)
def test_what_is_no_table_is_refused(X: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        Table.of(X)


def test_numbers_in_an_object_array_are_numbers() -> None:
    assert Table.of(OLD.astype(object)).native.dtype == np.float64
    assert Table.of(np.array([[2**60 + 1]], dtype=object)).native.dtype == object
