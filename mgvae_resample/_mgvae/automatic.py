"""Automatic replaces the "auto" and the words among the parameters by what the table decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._data.layout import Layout
from .._engine.convolution import channels
from .._engine.networks import hidden_sizes
from .fit import Settings

__all__ = ["resolve"]

# Convolutions take more time a row than perceptrons, and larger steps.
_BATCH_SIZE, _IMAGE_BATCH_SIZE = 256, 128
_LEARNING_RATE, _IMAGE_LEARNING_RATE = 1e-3, 4e-3
# Pixels come from few channels: twice as many gained nothing that their time would pay for.
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
    batch_size, learning_rate = parameters["batch_size"], parameters["learning_rate"]
    if isinstance(batch_size, str):
        batch_size = _BATCH_SIZE if shape is None else _IMAGE_BATCH_SIZE
    if isinstance(learning_rate, str):
        learning_rate = _LEARNING_RATE if shape is None else _IMAGE_LEARNING_RATE
    return Settings(
        layout=layout,
        hidden_layer_sizes=hidden_sizes(sizes, layout.width),
        latent_dim=parameters["latent_dim"],
        n_exemplars=parameters["n_exemplars"],
        ewc_weight=float(parameters["ewc_weight"]),
        max_pretrain_steps=parameters["max_pretrain_steps"],
        max_finetune_steps=parameters["max_finetune_steps"],
        batch_size=batch_size,
        learning_rate=float(learning_rate),
        responsibility=float(share),
        image_shape=None if shape is None else tuple(shape),
    )
