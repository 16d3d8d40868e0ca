"""Automatic replaces the "auto" and the words among the parameters by what the table decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._data.layout import Layout
from .._engine.convolution import channels
from .._engine.heads import ColumnHeads
from .._engine.networks import hidden_sizes
from .fit import Settings
from .structure import BayesianStructure

__all__ = ["resolve"]

# What "auto" is for tables and for images.
_AUTO = {"max_steps": (3000, 4000), "batch_size": (128, 64)}


def resolve(parameters: Mapping[str, Any], layout: Layout, n_classes: int) -> Settings:
    """Return the settings that the parameters of the estimator stand for.

    Parameters
    ----------
    parameters : mapping of str to object
        The parameters of ``BayesGANOverSampler`` by their names.
    layout : Layout
        The codes of the table.
    n_classes : int
        Number of classes that can be learned.
    """
    shape, sizes = parameters["image_shape"], parameters["hidden_layer_sizes"]
    if shape is not None and isinstance(sizes, str):
        sizes = channels(shape)
    chosen = {
        name: by_kind[shape is not None] if isinstance(parameters[name], str) else parameters[name]
        for name, by_kind in _AUTO.items()
    }
    structure = _structure(parameters["structure"], parameters["n_codes"])
    share, augmentation = parameters["generated_share"], parameters["augmentation"]
    return Settings(
        layout=layout,
        image_shape=None if shape is None else tuple(shape),
        n_classes=n_classes,
        structure=structure,
        is_regularised=parameters["structure"] != "infogan",
        noise_dim=parameters["noise_dim"],
        structure_weight=float(parameters["structure_weight"]),
        hidden_layer_sizes=hidden_sizes(sizes, ColumnHeads(layout).width),
        max_steps=int(chosen["max_steps"]),
        batch_size=int(chosen["batch_size"]),
        learning_rate=float(parameters["learning_rate"]),
        generated_share=None if isinstance(share, str) else float(share),
        augmentation=None if isinstance(augmentation, str) else float(augmentation),
    )


def _structure(
    structure: str | BayesianStructure | None, n_codes: int
) -> BayesianStructure | None:
    if not isinstance(structure, str):
        return structure
    return BayesianStructure.preset(
        "disentangled" if structure == "infogan" else structure, n_codes
    )
