"""Residuals: what a decoder leaves out of a row, taken from real rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple, cast

import torch
from torch import Tensor

from .._modality.image import ImageModality
from .._modality.tabular import TabularModality
from .._nn.one_hot import OneHotMap
from .._nn.random import normal, uniform
from .._synthesizer import CHUNK
from .model import MajorityGuidedVAE

__all__ = [
    "RESIDUALS",
    "Draw",
    "ImageResidual",
    "NoResidual",
    "Residual",
    "TableResidual",
    "decoded",
    "detail_of_exemplars",
    "exogenous_noise",
    "gumbel_given",
    "logistic_given",
]

# Where decoded images differ by this much, a third of an exemplar's detail is kept.
_TOLERATED = 0.3
# The fine detail of an image is mixed: at least this fraction comes from a minority image.
_LEAST_DETAIL = 0.2


class Draw(NamedTuple):
    """Latents of new rows, and the real rows they were drawn from.

    Attributes
    ----------
    z : Tensor of shape (n, k)
        Latents of the new rows.
    i : Tensor of shape (n,)
        Rows of the class.
    exemplars, latents : Tensor of shape (n, n_inputs) and (n, k)
        Network inputs of the exemplars, and their latents.
    """

    z: Tensor
    i: Tensor
    exemplars: Tensor
    latents: Tensor


class Residual(ABC):
    """Adds to a decoded row what the decoder leaves out of real rows.

    Parameters
    ----------
    network, pretrained : MajorityGuidedVAE
        The network fine-tuned on the class, and the one pre-trained on the exemplars.
    class_rows, latents : Tensor of shape (m, d) and (m, k)
        Encoded rows of the class, and their latents.
    """

    # NOTE[DIFF] In the paper z has the whole noise of q(z | x). Here a residual is added as well,
    # and with all of both the columns fit together less than in the class.
    posterior_noise: ClassVar[float]
    # How far latents may lie from the exemplar, on the way to the row of the class.
    toward_class: ClassVar[float] = 1.0
    # Whether few rows of the class are taken for a sample of a wider distribution.
    widens: ClassVar[bool]

    def __init__(
        self,
        network: MajorityGuidedVAE,
        pretrained: MajorityGuidedVAE,
        class_rows: Tensor,
        latents: Tensor,
    ) -> None:
        self.network, self.pretrained = network, pretrained
        self.class_rows = class_rows

    @abstractmethod
    def outputs(self, draw: Draw, class_fraction: float, rng: torch.Generator) -> Tensor:
        """Return decoded rows with the residual. Shape: -> (n, n_inputs).

        ``class_fraction`` of the rows of a table take their residual from the row of the class.
        """

    def discretize(self, outputs: Tensor) -> Tensor:
        """Return the network inputs that outputs stand for. Shape: (n, n_inputs), unchanged."""
        return self.network.modality.discretize(outputs)


class TableResidual(Residual):
    """Exogenous noise of the row of the class, or of the exemplar under the pre-trained model."""

    posterior_noise, widens = 0.75, False

    def outputs(self, draw: Draw, class_fraction: float, rng: torch.Generator) -> Tensor:
        """Return network outputs with the residual. Shape: -> (n, n_inputs)."""
        modality, n = cast(TabularModality, self.network.modality), len(draw.z)
        outputs = self.network.decode(draw.z)
        if modality.map.n_categories:
            logp = modality.map.log_probabilities(outputs)
            outputs = torch.cat([outputs[:, : modality.map.categories.start], logp], 1)
        minority = modality.inputs(self.class_rows[draw.i])
        of_class = uniform((n, 1), rng, draw.z.device) < class_fraction
        return outputs + torch.where(
            of_class,
            exogenous_noise(self.network, minority, rng),
            exogenous_noise(self.pretrained, draw.exemplars, rng),
        )


class ImageResidual(Residual):
    """The fine detail of an image of the class and of the exemplar, mixed."""

    posterior_noise, widens = 0.5, True

    def __init__(
        self,
        network: MajorityGuidedVAE,
        pretrained: MajorityGuidedVAE,
        class_rows: Tensor,
        latents: Tensor,
    ) -> None:
        super().__init__(network, pretrained, class_rows, latents)
        parts = zip(torch.split(class_rows, CHUNK), torch.split(latents, CHUNK), strict=True)
        self.of_class = torch.cat([some - decoded(network, z) for some, z in parts])

    def outputs(self, draw: Draw, class_fraction: float, rng: torch.Generator) -> Tensor:
        """Return new images. Shape: -> (n, d)."""
        translated = decoded(self.network, draw.z)
        of_exemplar = detail_of_exemplars(
            self.network, self.pretrained, draw.exemplars, draw.latents, translated
        )
        mix = uniform((len(draw.z), 1), rng, draw.z.device)
        mix = _LEAST_DETAIL + (1.0 - _LEAST_DETAIL) * mix
        return (translated + torch.lerp(of_exemplar, self.of_class[draw.i], mix)).clamp(0.0, 1.0)

    def discretize(self, outputs: Tensor) -> Tensor:
        """Return the images. Shape: (n, d) -> (n, d)."""
        return outputs


class NoResidual(Residual):
    """The published method: the decoder's mean is the new row."""

    posterior_noise, toward_class, widens = 1.0, 0.0, False

    def outputs(self, draw: Draw, class_fraction: float, rng: torch.Generator) -> Tensor:
        """Return what is decoded. Shape: -> (n, n_inputs)."""
        return self.network.decode(draw.z)


# What is added to the rows of each modality.
RESIDUALS: dict[str, type[Residual]] = {"table": TableResidual, "image": ImageResidual}


def decoded(network: MajorityGuidedVAE, z: Tensor) -> Tensor:
    """Mean of p(x | z). Shape: (n, k) -> (n, d)."""
    return network.modality.discretize(network.decode(z))


def detail_of_exemplars(
    network: MajorityGuidedVAE,
    pretrained: MajorityGuidedVAE,
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
    whole = decoded(pretrained, pretrained.encode(exemplars))
    apart = cast(ImageModality, network.modality).smoothed((whole - translated).abs())
    agreement = (-(apart / _TOLERATED).square()).exp()
    return agreement * (exemplars - decoded(network, latents))


def exogenous_noise(network: MajorityGuidedVAE, x: Tensor, rng: torch.Generator) -> Tensor:
    """Draw the noise that makes rows of a table of their own latents.

    Added to the decoder's outputs for these latents, it gives the rows; added to those for other
    latents, it keeps the dependence between columns, which independent noise would break. For
    continuous values it is the residual. A bit is set by logistic noise, drawn given that the bit
    was observed as it is (the probability integral transform), and a category by Gumbel noise,
    drawn given the category observed ("Gumbel-max counterfactuals", Oberst and Sontag, ICML
    2019).

    Shape: (n, n_inputs) -> (n, n_inputs).
    """
    one_hot = cast(TabularModality, network.modality).map
    outputs = network.decode(network.encode(x))
    residual = (x - outputs)[:, one_hot.values]
    observed = one_hot.observed(x)
    if observed is not None:
        drawn = network.scale() * normal(tuple(observed.shape), rng, x.device)
        residual = torch.where(observed > 0.5, residual, drawn)
    logistic = logistic_given(x[:, one_hot.bits], outputs[:, one_hot.bits].sigmoid(), rng)
    parts = [residual, logistic]
    if one_hot.n_categories:
        parts.append(gumbel_given(one_hot, x, outputs, rng))
    return torch.cat(parts, 1)


def logistic_given(observed: Tensor, p: Tensor, rng: torch.Generator) -> Tensor:
    """Draw the noise under which a bit of probability p was observed as it is. Shape: -> (n, b).

    A bit is set where logit(p) + noise is positive, that is where a uniform number lies below p.
    """
    share = uniform(tuple(p.shape), rng, p.device)
    chance = torch.where(observed > 0.5, share * p, p + share * (1.0 - p))
    return -chance.clamp(1e-6, 1.0 - 1e-6).logit()


def gumbel_given(
    one_hot: OneHotMap, observed: Tensor, outputs: Tensor, rng: torch.Generator
) -> Tensor:
    """Draw Gumbel noise under which each group's category was observed as it is.

    The highest perturbed logit of a group is a standard Gumbel number, whichever category has it;
    those of the others are Gumbel numbers that are cut off there.

    Shape: (n, n_inputs), (n, n_inputs) -> (n, n_categories).
    """
    logp = one_hot.log_probabilities(outputs)
    is_observed = observed[:, one_hot.categories] > 0.5
    chance = uniform(tuple(logp.shape), rng, logp.device).clamp(1e-6, 1.0 - 1e-6)
    free = -(-chance.log()).log()
    # The noise of the category observed becomes that of the highest perturbed logit.
    highest = (free * is_observed) @ one_hot.member_of.to(logp.device)
    highest = highest[:, one_hot.group.to(logp.device)]
    cut = -torch.logaddexp(-highest, -(logp + free))
    return torch.where(is_observed, highest, cut) - logp
