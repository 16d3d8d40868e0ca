"""Fine detail: what a decoder leaves out of an image, taken from real images.

The counterpart of exogenous noise, which is for tables.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from .._modality.image import ImageModality
from .model import MajorityGuidedVAE

__all__ = ["decoded", "detail_of_exemplars"]

# Where decoded images differ by as much, little of an exemplar is the same.
_TOLERATED = 0.3


def decoded(network: MajorityGuidedVAE, z: Tensor) -> Tensor:
    """Mean of p(x | z). Shape: (n, k) -> (n, d)."""
    return network.modality.discretize(network.decode(z))


def detail_of_exemplars(
    network: MajorityGuidedVAE,
    prior_network: MajorityGuidedVAE,
    exemplars: Tensor,
    latents: Tensor,
    translated: Tensor,
) -> Tensor:
    """Return what an exemplar has that its translation, as decoded, leaves out.

    The model of the class, ``network``, leaves out the shape of an exemplar, which would show
    through; the pre-trained one leaves out fine detail only. So the first serves where an
    exemplar, as the second decodes it, and its translation agree around a pixel, and the second
    elsewhere.

    Shape: exemplars (n, d), latents (n, k), translated (n, d) -> (n, d).
    """
    own = decoded(network, latents)
    prior = decoded(prior_network, prior_network.encode(exemplars))
    apart = cast(ImageModality, network.modality).smoothed((prior - translated).abs())
    agreement = (-(apart / _TOLERATED).square()).exp()
    return exemplars - torch.lerp(prior, own, agreement)
