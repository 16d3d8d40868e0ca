"""Figures of displays are drawn as they would be saved, and leave no trace."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from tests.support import quick_vae
from tests.tables.columns import customers

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _no_trace():
    """Draw every figure as it would be saved; no display changes a setting of matplotlib."""
    before = dict(mpl.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(mpl.rcParams) == before


@pytest.fixture(scope="session")
def of_customers():
    sampler = quick_vae(random_state=3)
    return sampler, *sampler.fit_resample(*customers())
