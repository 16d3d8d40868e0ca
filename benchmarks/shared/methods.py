"""The rivals and ours behind one call: training rows in, resampled and scaled rows out."""

from __future__ import annotations

import ast
import importlib
import logging
import sys
import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from imblearn.over_sampling import (
    ADASYN,
    SMOTE,
    SVMSMOTE,
    BorderlineSMOTE,
    KMeansSMOTE,
    RandomOverSampler,
)

from benchmarks.shared.datasets import Labels, Rows
from benchmarks.shared.moved_repeats import MovedRepeats

NO_RESAMPLING = ("none", "class_weight", "threshold")
RIVALS = (*NO_RESAMPLING, "RandomOverSampler", "SMOTE", "BorderlineSMOTE", "ADASYN")
MOVED = "MovedRepeats"
METHODS = (*RIVALS, "MGVAE")
# InfoGAN and CGAN are BayesGAN without its network, and without codes.
GANS: dict[str, dict[str, Any]] = {
    "BayesGAN": {},
    "InfoGAN": {"structure": "infogan"},
    "CGAN": {"structure": None},
}
OURS = ("MGVAE", *GANS)
_RIVALS: dict[str, Any] = {
    cls.__name__: cls
    for cls in (
        *(RandomOverSampler, MovedRepeats, SMOTE),
        *(BorderlineSMOTE, SVMSMOTE, ADASYN, KMeansSMOTE),
    )
}


# Rivals of other packages, which benchmarks/README.md says how to install.
FURTHER_RIVALS = {
    "GeometricSMOTE": "imblearn_extra.gsmote",
    "MGSGRFOverSampler": "mgs_grf",
    "ProWSyn": "smote_variants",
    "polynom_fit_SMOTE_star": "smote_variants",
}


class Scaler(Protocol):
    """Anything with a fitted `transform`."""

    def transform(self, X: Rows) -> Rows:
        """Return the scaled rows."""


@dataclass(frozen=True)
class Resampled:
    """Training rows ready for a classifier, and what resampling them took."""

    X: Rows
    y: Labels
    seconds: float = 0.0
    n_synthetic: int = 0
    fell_back: bool = False


def resample(
    method: str,
    X: Rows,
    y: Labels,
    *,
    scaler: Scaler,
    seed: int,
    image_shape: tuple[int, ...] | None = None,
) -> Resampled:
    """Resample the training part; a rival that cannot leaves it as it is and says so.

    Rivals work on scaled rows, as distances ask for; ours get the table as it is.
    """
    name, params = parse_method(method)
    scaled = scaler.transform(X)
    if name in NO_RESAMPLING:
        return Resampled(scaled, y)
    ours = name in OURS
    needs_shape = ours or name == MOVED
    defaults = {"image_shape": image_shape} if needs_shape else neighbours(name, y)
    try:
        sampler = build_sampler(name, random_state=seed, **{**defaults, **params})
        start = time.perf_counter()
        X_res, y_res = sampler.fit_resample(X if ours else scaled, y)
        seconds = time.perf_counter() - start
    except (ValueError, RuntimeError) as error:
        if ours:  # a failure of ours is a bug to be seen, not a result
            raise
        print(f"  {method} fell back to none: {error}", file=sys.stderr, flush=True)
        return Resampled(scaled, y, fell_back=True)
    n_synthetic = len(y_res) - len(y)
    X_res = scaler.transform(X_res) if ours else X_res
    return Resampled(X_res, y_res, seconds, n_synthetic, fell_back=n_synthetic == 0)


def parse_method(method: str) -> tuple[str, dict[str, Any]]:
    """Split "SMOTE(k_neighbors=3)" into the name and its parameters."""
    if "(" not in method:
        return method, {}
    call = ast.parse(method, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise SystemExit(f"Expected NAME or NAME(parameter=value, ...), got {method!r}.")
    return call.func.id, {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}


def build_sampler(name: str, **params: Any) -> Any:
    """Return the over-sampler of a method; ours are imported when first asked for."""
    if name == "MGVAE":
        from mgvae_resample import MGVAEOverSampler

        return MGVAEOverSampler(**params)
    if name in GANS:
        from mgvae_resample import BayesGANOverSampler

        return BayesGANOverSampler(**{**GANS[name], **params})
    return _rival(name)(**params)


def neighbours(name: str, y: Labels) -> dict[str, int]:
    """Lower a rival's number of neighbours to the rows there are, as a careful user would."""
    defaults = _rival(name)().get_params()
    return {
        parameter: min(defaults[parameter], int(np.bincount(y).min()) - 1)
        for parameter in ("k_neighbors", "n_neighbors")
        if parameter in defaults
    }


def _rival(name: str) -> Any:
    """Return the class of a rival; those of other packages are imported when first asked for."""
    if name in _RIVALS:
        return _RIVALS[name]
    if name not in FURTHER_RIVALS:
        known = (*METHODS, *GANS, *FURTHER_RIVALS)
        raise SystemExit(f"Unknown method {name!r}; choose from {', '.join(known)}.")
    # It writes a line for every step.
    logging.getLogger("smote_variants").setLevel(logging.WARNING)
    try:
        return getattr(importlib.import_module(FURTHER_RIVALS[name]), name)
    except ImportError as error:
        raise SystemExit(
            f"{name} is not installed ({error}); see benchmarks/README.md."
        ) from error
