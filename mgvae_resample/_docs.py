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

# Shared parts, without indentation, which Python 3.13 and later strip from docstrings.
_PARTS: dict[str, str] = {
    "sampling_strategy": dedent(f"    {BaseOverSampler._sampling_strategy_docstring}"),
    "random_state": dedent(f"    {_random_state_docstring}"),
    "categorical_features": """categorical_features : "auto", None or array-like, default="auto"
    Columns that hold categories: a list of names or indices, or a mask. An integer is an
    index; it is refused if it is also the name of another column. "auto" takes the category,
    text, object and bool columns of a data frame, and the columns of an object array that
    hold more than numbers. Categories coded as integers must be listed.""",
    "image_shape": """image_shape : tuple of int or None, default=None
    ``(height, width)`` or ``(height, width, channels)`` declares that the columns are the pixels
    of flattened images: intensities on one scale, for convolutional networks.""",
    "rules": """rules : "auto" or None, default="auto"
    "auto" finds rules between columns that all rows of a table obey, and keeps them in new rows:
    orders (start <= end), one-hot groups, categories that decide another column or where it is
    missing, and sums. None neither looks for rules nor keeps any. Images have none.""",
    "rules_found": """rules_ : list of str
    The rules between columns that were found, such as "start <= end", "city decides country"
    or "gross = net + tax".""",
    "memory": """memory : str, joblib.Memory or None, default=None
    Folder in which trainings are cached. A later fit with the same rows, labels, seed and
    training parameters reuses the training, regardless of `sampling_strategy` and other
    parameters of drawing, and returns the same bits as without a cache. So a grid search over
    amounts trains once per fold. Needs an int `random_state`; the files hold statistics of the
    rows, as plain arrays.""",
    "device": """device : str or torch.device, default="auto"
    "auto" takes the first available of CUDA, MPS and the CPU.""",
    "augmentation_strength": """augmentation_strength : "auto" or float, default="auto"
    Strength of the affine augmentation of repeated and generated images; 1 allows shifts by
    10 % of the side, rotations by 0.2 radians, scaling by 15 % and shear of 0.2. Images
    translated by `MGVAEOverSampler` are not augmented. "auto" is the largest strength at which
    the median distance to the nearest image of the same class grows by at most 15 %. With more
    than two classes, half of the repeats are exact, and the other half are augmented with twice
    the strength. 0 turns augmentation off, but not the learned moves of `MGVAEOverSampler`.
    Tables are not augmented.""",
    "accepted": """New rows of tables repeat known rows as often as further real rows of the class
would. They are no farther from the class than its rows are from each other, and boosted trees
score them above the lowest tenth of the class. Rows that break these rules are drawn again.
Rules between columns that all rows of the table obey are kept (`rules_`). A column that is
constant in a class of at least ten rows stays constant. Values are missing as often as in the
class.""",
    "kinds": """sample_kinds_ : ndarray of str of shape (n_synthetic,)
    What each new row is: "real" (a row of `X`, bit for bit), "moved" (an augmented real
    image), "translated", "generated", or "smoothed" (a real row with noise, if a class could
    not be learned).""",
    "counts": """sampling_strategy_ : dict
    Class label -> number of new rows.

n_synthetic_ : dict
    The same, without classes that have no new rows.

n_refused_ : dict
    Class label -> how many of the rows last drawn, by ``fit_resample`` or ``sample``, break a
    rule for new rows: after 40 redraws, or where hardly any row is accepted, the best one drawn
    is taken.""",
    "fitted": """n_steps_ : dict of str to int
    Phase -> optimiser steps taken.

stop_reason_ : dict of str to str
    Phase -> why it ended: "max_steps", "early_stopping", "callback" or "diverged".

device_ : torch.device
    The device of the training.

classes_ : ndarray of shape (n_classes,)
    The class labels.

learned_classes_ : list
    Labels of the classes with new rows that had enough rows to be learned.

n_features_in_ : int
    Number of columns.

feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the columns, if `X` has any.""",
    "sample": """n_samples : int
    Number of rows, at least 1.
label : label, default=None
    One of the classes that ``fit_resample`` over-sampled; optional if there is only one.""",
    "where": """where : callable, default=None
    A condition: a function that takes rows, in the container of the result, and returns an
    array of bool. Rows are drawn until `n_samples` of them meet it; the limit is the larger
    of 100 times `n_samples` and 10,000.""",
    "sample_seed": """random_state : int, RandomState instance or None, default=None
    Seed of these rows; None takes that of the sampler. With an int, every call returns the
    same rows, and not those of ``fit_resample``.

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
    """Replace the names of parts in braces by the parts; other braces stay."""

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: parts.get(match[1], match[0]), text)

    # Parts may name parts.
    thing.__doc__ = filled(filled(inspect.cleandoc(thing.__doc__ or "")))
