"""Parameters that some samplers have and others do not."""

import pytest


def having(quick, **params):
    """Return those of the parameters that a sampler has."""
    known = quick().get_params()
    return {name: value for name, value in params.items() if name in known}


def steps(quick, n):
    """Return the parameters with which every training makes at most n steps."""
    return {name: n for name in quick().get_params() if name.startswith("max_")}


def needs(quick, *names):
    """Skip a test of parameters that the sampler does not have."""
    missing = set(names) - set(quick().get_params())
    if missing:
        pytest.skip(f"has no {', '.join(sorted(missing))}")
