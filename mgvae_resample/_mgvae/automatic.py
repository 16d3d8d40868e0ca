"""Automatic replaces the "auto" and the words among the parameters by what the table decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._data.layout import Layout
from .._engine.convolution import channels
from .._engine.heads import ColumnHeads
from .._engine.networks import hidden_sizes
from .fit import Settings

__all__ = ["resolve"]

# What "auto" is for tables and for images: convolutions take more time a row, and larger steps.
_AUTO = {"n_exemplars": (256, 128), "batch_size": (256, 128), "learning_rate": (1e-3, 4e-3)}
# Twice as many channels gained little and took twice the time.
_FEWEST_CHANNELS = 16


def resolve(parameters: Mapping[str, Any], layout: Layout) -> Settings:
    """Return the settings that the parameters of the estimator stand for.

    Parameters
    ----------
    parameters : mapping of str to object
        The parameters of ``MGVAEOverSampler`` by their names.
    layout : Layout
        The codes of the table.
    """
    shape, sizes = parameters["image_shape"], parameters["hidden_layer_sizes"]
    if shape is not None and isinstance(sizes, str):
        sizes = [max(_FEWEST_CHANNELS, n // 2) for n in channels(shape)]
    share = parameters["exemplar_weights"]
    if isinstance(share, str):
        share = share == "responsibility"
    chosen = {
        name: by_kind[shape is not None] if isinstance(parameters[name], str) else parameters[name]
        for name, by_kind in _AUTO.items()
    }
    return Settings(
        layout=layout,
        hidden_layer_sizes=hidden_sizes(sizes, ColumnHeads(layout).width),
        latent_dim=parameters["latent_dim"],
        n_exemplars=int(chosen["n_exemplars"]),
        ewc_weight=float(parameters["ewc_weight"]),
        max_pretrain_steps=parameters["max_pretrain_steps"],
        max_finetune_steps=parameters["max_finetune_steps"],
        batch_size=int(chosen["batch_size"]),
        learning_rate=float(chosen["learning_rate"]),
        responsibility=float(share),
        image_shape=None if shape is None else tuple(shape),
    )
