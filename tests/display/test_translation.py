"""Rows stand beside what they are translated into."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix

from mgvae_resample.display import TranslationDisplay
from mgvae_resample.display._plotting import SYNTHETIC
from tests.support import quick_gan, quick_vae, table
from tests.tables.columns import customers


@pytest.mark.parametrize("image_shape", [(8, 8), (4, 4, 4), (8, 4, 2)])
def test_images_stand_above_their_translations(digits, image_shape):
    X, y = digits
    sampler = quick_vae(image_shape=image_shape, hidden_layer_sizes=(4,))
    sampler.fit_resample(X, y)
    shown = TranslationDisplay.from_estimator(sampler, X[y == 0], 1, n_rows=5)
    (ax,) = shown.axes_
    drawn = ax.images[0].get_array()
    if image_shape == (8, 8):
        rows = shown.images.reshape(2, 5, 64)
        assert_array_equal(rows[0], X[y == 0][:5])
        assert_array_equal(rows[1], sampler.translate(X[y == 0][:5], 1))
        assert drawn.shape == (8 + 1 + 8, 5 * 8 + 4)
        assert drawn.mask.sum() == drawn.size - rows.size
        assert_allclose(drawn[9:17, 18:26], shown.images[1, 2] / shown.images.max())
    else:
        assert shown.images.shape == (2, 5, *image_shape[:2], 3)[: 4 + (image_shape[2] == 4)]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["given", "as class 1"]


def test_rows_of_a_table_are_shown_column_by_column(of_customers):
    sampler, X_res, y_res = of_customers
    X = X_res[:190][y_res[:190] == 0]
    shown = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=3)
    translated = sampler.translate(X[:3], 1)
    columns = {c.name: c for c in shown.columns}
    assert set(columns) == set(X)
    assert_array_equal(columns["age"].values, [*X["age"][:3], *translated["age"]])
    cells = shown.axes_[0].tables[0].get_celld()
    names = [cells[i + 1, -1].get_text().get_text() for i in range(len(columns))]
    assert names == list(columns)
    for row in range(3):
        town = cells[1 + names.index("town"), row].get_text()
        towns = [X["town"].iloc[row], translated["town"].iloc[row]]
        assert town.get_text() == (" → ".join(towns) if towns[0] != towns[1] else towns[0])
        assert (town.get_color() == SYNTHETIC) == (towns[0] != towns[1])
        last = cells[1 + names.index("last"), row].get_text().get_text()
        assert last == f"{X['last'].iloc[row]:.4g} → missing"
    fewer = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=3, max_columns=2)
    assert len(fewer.axes_[0].tables[0].get_celld()) == 2 * 4 + 3


def test_columns_that_change_most_come_first():
    X, y = table(60, 15)
    sampler = quick_vae()
    sampler.fit_resample(X, y)
    shown = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=5)
    changes = np.abs(sampler.translate(X[:5], 1) - X[:5]).mean(0) / X.std(0)
    assert [column.name for column in shown.columns] == [f"x{j}" for j in np.argsort(-changes)]


@pytest.mark.parametrize("kind", [csr_matrix, pl.from_pandas, np.asarray])
def test_rows_of_every_container_are_translated(kind):
    X, y = customers()
    if kind is csr_matrix:
        X = X[["age", "debts"]].to_numpy(dtype=float)
    sampler = quick_vae()
    X = kind(X)
    sampler.fit_resample(X, y)
    shown = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=2)
    assert [len(column.values) for column in shown.columns] == [4] * X.shape[1]


def test_tables_of_categories_alone_are_written():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: rng.choice(["a", "b"], 75) for name in "xyz"})
    sampler = quick_vae()
    sampler.fit_resample(X, np.repeat([0, 1], [60, 15]))
    shown = TranslationDisplay.from_estimator(sampler, X, 1, n_rows=1)
    cells = shown.axes_[0].tables[0].get_celld()
    words = {cells[i, 0].get_text().get_text() for i in (1, 2, 3)}
    assert words <= {"a", "b", "a → b", "b → a"}


def test_translations_need_a_translator_and_a_row():
    gan, vae, X = quick_gan(), quick_vae(), table(60, 15)[0]
    for sampler in (gan, vae):
        sampler.fit_resample(*table(60, 15))
    with pytest.raises(TypeError, match="'translate', such as MGVAEOverSampler; got BayesGAN"):
        TranslationDisplay.from_estimator(gan, X, 1)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        TranslationDisplay.from_estimator(vae, X, 1, n_rows=0)
    with pytest.raises(ValueError, match="'label' is 7"):
        TranslationDisplay.from_estimator(vae, X, 7)
