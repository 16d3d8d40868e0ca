"""Of very large tables a sample is learned from, and new rows are made in blocks."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from mgvae_resample import _base, _plan
from mgvae_resample._plan import rows_to_learn
from mgvae_resample._run import Run
from tests.contract.having import having
from tests.support import counts, table


@pytest.fixture
def small_limits(monkeypatch):
    """Make a table of a few hundred rows a very large one."""
    monkeypatch.setattr(_plan, "_MOST_LEARNED", 100)
    monkeypatch.setattr(_plan, "_FEWEST_SAMPLED", 30)
    monkeypatch.setattr(_base, "BLOCK", 64)


def test_a_sample_keeps_the_order_of_the_classes(small_limits):
    y = np.repeat([0, 1, 2, 3], [20, 400, 200, 60])
    kept = rows_to_learn(y, Run(0, None).rng("rows"))
    assert counts(y[kept]) == {0: 20, 1: 100, 2: 50, 3: 30}
    assert_array_equal(kept, np.unique(kept))


def test_a_small_table_is_learned_from_whole():
    y = np.repeat([0, 1], [400, 200])
    assert_array_equal(rows_to_learn(y, Run(0, None).rng("rows")), np.arange(600))


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_counts_and_sources_are_those_of_the_whole_table(quick, small_limits, container):
    X, y = table(400, 150, 40)
    sampler = quick(**having(quick, generated_fraction=0.5))
    X_res, y_res = sampler.fit_resample(container(X), y)
    X_res = np.asarray(X_res)
    assert counts(y_res) == {0: 400, 1: 400, 2: 400}
    assert_array_equal(X_res[: len(X)], X)
    assert np.isfinite(X_res).all()
    source, new = sampler.source_indices_, X_res[len(X) :]
    assert len(source) == len(new)
    assert source.max(initial=-1) < len(X)
    if "generated_fraction" in sampler.get_params():
        repeats = sampler.sample_kinds_ == "real"
        assert repeats.any()
        assert_array_equal(new[repeats], X[source[repeats]])
        assert_array_equal(y[source[repeats]], y_res[len(X) :][repeats])
    if hasattr(sampler, "exemplar_indices_"):
        assert set(y[sampler.exemplar_indices_[2]]) == {0}
        translated = sampler.sample_kinds_ == "translated"
        assert translated.any()
        assert np.isin(source[translated], sampler.exemplar_indices_[2]).all()
