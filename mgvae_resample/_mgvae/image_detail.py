"""Fine detail: what a decoder leaves out of an image, taken from real images.

The counterpart of exogenous noise, which is for tables.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor

from .._modality.image import ImageModality
from .model import MajorityGuidedVAE

__all__ = ["decoded", "detail_of_exemplars"]

# Where decoded images differ by this much, a third of an exemplar's detail is kept.
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
    """Return the detail of exemplars that their translations, as decoded, keep.

    The model of the class, ``network``, leaves most of the shape of an exemplar out of its detail,
    and it would show through. So detail is kept as far as an exemplar, as the pre-trained model
    decodes it, and its translation agree around a pixel.

    Shape: exemplars (n, d), latents (n, k), translated (n, d) -> (n, d).
    """
    whole = decoded(prior_network, prior_network.encode(exemplars))
    apart = cast(ImageModality, network.modality).smoothed((whole - translated).abs())
    agreement = (-(apart / _TOLERATED).square()).exp()
    return agreement * (exemplars - decoded(network, latents))
