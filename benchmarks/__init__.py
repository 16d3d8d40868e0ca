"""Measures the samplers against their rivals; one thread unless OMP_NUM_THREADS says otherwise."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
