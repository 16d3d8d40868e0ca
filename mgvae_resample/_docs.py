"""Docstrings filled in from parts that several of them share."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any, TypeVar

from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils._docstring import _random_state_docstring

__all__ = ["documented", "fill_in"]

Documented = TypeVar("Documented", bound=Callable[..., Any])

# What docstrings share, without indentation: from Python 3.13 on docstrings have none either.
_PARTS: dict[str, str] = {
    "sampling_strategy": dedent(f"    {BaseOverSampler._sampling_strategy_docstring}"),
    "random_state": dedent(f"    {_random_state_docstring}"),
    "categorical_features": """categorical_features : "auto", None or array-like, default="auto"
    Columns that hold categories: a list of names or indices, or a mask. An integer is an
    index; where it is also the name of another column, it is refused. "auto" takes the
    category, text, object and bool columns of a data frame, and of an object array those
    that hold more than numbers. Categories coded as integers must be named.""",
    "memory": """memory : str, joblib.Memory or None, default=None
    Folder in which trainings are cached. A later fit to the same rows, labels, seed and
    training parameters reuses the training, whatever its `sampling_strategy` or other
    parameters of drawing are, and returns the same bits as without a cache. So a search over
    amounts trains once per fold. Needs an int `random_state`; the files hold statistics of the
    rows, as plain arrays.""",
    "device": """device : str or torch.device, default="auto"
    "auto" takes CUDA, then MPS, then the CPU.""",
    "augmentation_strength": """augmentation_strength : "auto" or float, default="auto"
    How far images that are repeated or generated are shifted, turned, scaled and sheared, as a
    multiple of 0.1 of the side, 0.2 radians, 15 % and 0.2. Translations are not. "auto" goes as
    far as moved images lie at most 15 % farther from the nearest one of their class than
    unmoved ones. If there are more than two classes, half of the repeats stay as they are and
    the other half is moved twice as far. 0 moves none of them; the learned moves of
    `MGVAEOverSampler` remain. Tables are not touched.""",
    "kinds": """sample_kinds_ : ndarray of str of shape (n_synthetic,)
    What each new row is: "real" (a row of `X`, bit for bit), "moved" (a real image, moved),
    "translated" or "generated", or "smoothed" (a real row with noise, where a class could
    not be learned).""",
    "counts": """sampling_strategy_ : dict
    Class label -> number of rows made.

n_synthetic_ : dict
    The same, without the classes of which none were made.

n_refused_ : dict
    Class label -> how many of the rows of a table drawn last, by ``fit_resample`` or ``sample``,
    do not meet all rules: after 40 trials the best of those drawn is taken.""",
    "fitted": """n_steps_ : dict of str to int
    Phase -> optimiser steps taken.

stop_reason_ : dict of str to str
    Phase -> why it ended: "max_steps", "early_stopping", "callback" or "diverged".

device_ : torch.device
    Where the training ran.

classes_ : ndarray of shape (n_classes,)
    The class labels.

learned_classes_ : list
    Labels of the classes with new rows that had enough rows to be learned.

n_features_in_ : int
    Number of columns.

feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the columns, where `X` has any.""",
    "sample": """n_samples : int
    Number of rows, at least 1.
label : label, default=None
    One of the classes that ``fit_resample`` over-sampled; may be left out where there is
    only one.""",
    "where": """where : callable, default=None
    A condition: it gets rows in the container that is returned, and returns an array of
    bool, True for each row that meets it. Rows are drawn until `n_samples` of them meet
    it, at most 100 times as many (10,000 at least).""",
    "sample_seed": """random_state : int, RandomState instance or None, default=None
    Seed of these rows. By default that of the sampler: an int gives the same rows at
    every call, and not those that ``fit_resample`` returned.

Returns
-------
{ndarray, dataframe} of shape (n_samples, n_features)
    Rows in the container and the dtypes of the fitted table; dense for a sparse one.""",
}


def documented(thing: Documented) -> Documented:
    """Fill in what the docstrings of all samplers share."""
    fill_in(thing, _PARTS)
    return thing


def fill_in(thing: Any, parts: Mapping[str, str]) -> None:
    """Put parts where a docstring names them in braces; other braces stay."""
    text = inspect.cleandoc(thing.__doc__ or "")
    thing.__doc__ = re.sub(r"\{(\w+)\}", lambda match: parts.get(match[1], match[0]), text)
