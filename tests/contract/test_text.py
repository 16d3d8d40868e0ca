"""Tables of words: many columns, nearly all zero."""

import numpy as np
import pytest
from scipy import sparse

from mgvae_resample import FewRowsWarning
from tests.contract.having import needs


def words(n_columns=400):
    """Return counts of words, and labels of which one in eleven is rare."""
    y = np.repeat([0, 1], [200, 20])
    counts = np.random.default_rng(0).poisson(0.04 + 0.02 * y[:, None], (220, n_columns))
    return sparse.csr_array(counts.astype(float)), y


def test_the_rows_of_a_rare_class_are_repeated_and_the_warning_says_what_works(quick):
    needs(quick, "generated_fraction")
    X, y = words()
    sampler = quick(generated_fraction="auto")
    with pytest.warns(FewRowsWarning, match="Class weights, a moved threshold, or embeddings"):
        X_res, _ = sampler.fit_resample(X, y)
    assert set(sampler.sample_kinds_) == {"real"}
    assert sampler.history_ == {}
    new, real = X_res[220:].toarray(), X[sampler.source_indices_].toarray()
    np.testing.assert_array_equal(new, real)


def test_rows_are_generated_where_the_user_says_so(quick):
    needs(quick, "generated_fraction")
    X, y = words()
    sampler = quick(generated_fraction=1.0)
    sampler.fit_resample(X, y)
    assert "real" not in sampler.sample_kinds_


def test_fewer_columns_are_learned(quick):
    X, y = words(150)
    sampler = quick()
    sampler.fit_resample(X, y)
    assert sampler.history_
