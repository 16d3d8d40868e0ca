"""The rivals and ours behind one call: training rows in, resampled and scaled rows out."""

from __future__ import annotations

import ast
import sys
import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler

from benchmarks.data import Labels, Rows

NO_RESAMPLING = ("none", "class_weight", "threshold")
RIVALS = (*NO_RESAMPLING, "RandomOverSampler", "SMOTE", "BorderlineSMOTE", "ADASYN")
METHODS = (*RIVALS, "MGVAE")
# InfoGAN and CGAN are BayesGAN without its network, and without codes.
GANS: dict[str, dict[str, Any]] = {
    "BayesGAN": {},
    "InfoGAN": {"structure": "infogan"},
    "CGAN": {"structure": None},
}
OURS = ("MGVAE", *GANS)


class Scaler(Protocol):
    """Anything with a fitted `transform`."""

    def transform(self, X: Rows) -> Rows:
        """Return the scaled rows."""


@dataclass(frozen=True)
class Resampled:
    """Training rows ready for a classifier, and what making them took."""

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
    image_shape: tuple[int, int] | None = None,
) -> Resampled:
    """Resample the training part; a rival that cannot leaves it as it is and says so.

    Rivals work on scaled rows, as distances ask for; ours get the table as it is.
    """
    name, params = parse(method)
    scaled = scaler.transform(X)
    if name in NO_RESAMPLING:
        return Resampled(scaled, y)
    ours = name in OURS
    try:
        sampler = _build(name, params, y, seed, image_shape)
        start = time.perf_counter()
        X_res, y_res = sampler.fit_resample(X if ours else scaled, y)
        seconds = time.perf_counter() - start
    except (ValueError, RuntimeError) as error:
        if ours:  # a failure of ours is a bug to be seen, not a result
            raise
        print(f"  {method} fell back to none: {error}", file=sys.stderr, flush=True)
        return Resampled(scaled, y, fell_back=True)
    made = len(y_res) - len(y)
    X_res = scaler.transform(X_res) if ours else X_res
    return Resampled(X_res, y_res, seconds, made, fell_back=made == 0)


def parse(method: str) -> tuple[str, dict[str, Any]]:
    """Split "SMOTE(k_neighbors=3)" into the name and its parameters."""
    if "(" not in method:
        return method, {}
    call = ast.parse(method, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise SystemExit(f"Expected NAME or NAME(parameter=value, ...), got {method!r}.")
    return call.func.id, {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}


def _build(
    name: str,
    params: dict[str, Any],
    y: Labels,
    seed: int,
    image_shape: tuple[int, int] | None,
) -> Any:
    if name == "MGVAE":
        from mgvae_resample import MGVAEOverSampler

        return MGVAEOverSampler(image_shape=image_shape, random_state=seed, **params)
    if name in GANS:
        from mgvae_resample import BayesGANOverSampler

        given = {**GANS[name], **params}
        return BayesGANOverSampler(image_shape=image_shape, random_state=seed, **given)
    if name == "RandomOverSampler":
        return RandomOverSampler(random_state=seed, **params)
    # A careful user lowers the number of neighbours to the rows there are.
    n_neighbors = min(5, int(np.bincount(y).min()) - 1)
    if name == "ADASYN":
        return ADASYN(random_state=seed, **{"n_neighbors": n_neighbors, **params})
    smote = {"SMOTE": SMOTE, "BorderlineSMOTE": BorderlineSMOTE}.get(name)
    if smote is None:
        raise SystemExit(f"Unknown method {name!r}; choose from {', '.join((*METHODS, *GANS))}.")
    return smote(random_state=seed, **{"k_neighbors": n_neighbors, **params})
