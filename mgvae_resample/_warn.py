"""Warnings that name the caller's line, however deep in the package they arise."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn"]

# Packages between the caller's code and the warning.
_BETWEEN = {"mgvae_resample", "imblearn", "sklearn", "joblib", "skops", "pickle", "contextlib"}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of the caller's code."""
    frame, level = sys._getframe(), 1
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _BETWEEN:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
