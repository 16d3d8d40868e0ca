"""A model of a table, and one of images after it."""

import pytest

from tests.mgvae.models import image_model, table_model


@pytest.fixture
def model():
    """Return a model of a table of two values and two bits."""
    return table_model()[0]


@pytest.fixture
def rows():
    """Return inputs of that model: two values, then two bits."""
    return table_model()[1]


@pytest.fixture(params=[table_model, image_model], ids=["table", "images"])
def model_and_rows(request):
    """Return a model of a table of both kinds of columns, then one of images."""
    return request.param()
