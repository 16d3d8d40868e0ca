"""Checks of parameters that the samplers share."""

import pytest

from mgvae_resample._checks import check_counts


def test_counts_that_are_no_integers_are_refused():
    with pytest.raises(ValueError, match=r"asks for 2\.5 rows of class 'a'"):
        check_counts({"a": 2.5})
