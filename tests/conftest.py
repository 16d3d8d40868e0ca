"""Shared data: a binary table, a table of three classes, small images."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.support import MAKERS, table


@pytest.fixture(params=MAKERS)
def quick(request):
    """Make samplers, of every registered class in turn, whose training takes a moment."""
    return MAKERS[request.param]


@pytest.fixture
def binary():
    """60 rows of class 0, 15 of class 1, four columns."""
    return table(60, 15)


@pytest.fixture
def three_classes():
    """60, 15 and 8 rows of classes 0, 1 and 2."""
    return table(60, 15, 8)


@pytest.fixture(scope="session")
def digits():
    """200 digits below five, 20 from five up, as whole numbers from 0 to 16 in 64 columns."""
    X, labels = load_digits(return_X_y=True)
    chosen = np.concatenate([np.flatnonzero(labels < 5)[:200], np.flatnonzero(labels >= 5)[:20]])
    return X[chosen], (labels[chosen] >= 5).astype(int)
