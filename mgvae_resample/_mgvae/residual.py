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

# Difference between decoded images at which a third of an exemplar's detail is kept.
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
    exemplar_inputs, exemplar_latents : Tensor of shape (n, n_inputs) and (n, k)
        Network inputs of the exemplars, and their latents.
    """

    z: Tensor
    i: Tensor
    exemplar_inputs: Tensor
    exemplar_latents: Tensor


class Residual(ABC):
    """Adds to a decoded row what the decoder leaves out of real rows.

    Parameters
    ----------
    network, pretrained : MajorityGuidedVAE
        The network fine-tuned on the class, and the one pre-trained on the exemplars.
    class_rows, latents : Tensor of shape (m, d) and (m, k)
        Encoded rows of the class, and their latents.
    """

    # NOTE[DIFF] In the paper z has the full noise of q(z | x). Here a residual is added as well,
    # and with both in full the columns would be less dependent than in the class.
    posterior_noise: ClassVar[float]
    # Largest weight of the class row against the exemplar in the latents of a new row.
    toward_class: ClassVar[float] = 1.0
    # Whether the distribution of the class's latents is widened, since few rows show little of it.
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

        In tables, the row of the class supplies the residual of a ``class_fraction`` of the rows.
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
        use_class = uniform((n, 1), rng, draw.z.device) < class_fraction
        return outputs + torch.where(
            use_class,
            exogenous_noise(self.network, minority, rng),
            exogenous_noise(self.pretrained, draw.exemplar_inputs, rng),
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
        self.class_detail = torch.cat([some - decoded(network, z) for some, z in parts])

    def outputs(self, draw: Draw, class_fraction: float, rng: torch.Generator) -> Tensor:
        """Return new images. Shape: -> (n, d)."""
        translated = decoded(self.network, draw.z)
        exemplar_detail = detail_of_exemplars(
            self.network,
            self.pretrained,
            draw.exemplar_inputs,
            draw.exemplar_latents,
            translated,
        )
        mix = uniform((len(draw.z), 1), rng, draw.z.device)
        mix = _LEAST_DETAIL + (1.0 - _LEAST_DETAIL) * mix
        detail = torch.lerp(exemplar_detail, self.class_detail[draw.i], mix)
        return (translated + detail).clamp(0.0, 1.0)

    def discretize(self, outputs: Tensor) -> Tensor:
        """Return the images. Shape: (n, d) -> (n, d)."""
        return outputs


class NoResidual(Residual):
    """The published method: the decoder's mean is the new row."""

    posterior_noise, toward_class, widens = 1.0, 0.0, False

    def outputs(self, draw: Draw, class_fraction: float, rng: torch.Generator) -> Tensor:
        """Return network outputs. Shape: -> (n, n_inputs)."""
        return self.network.decode(draw.z)


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
    """Return the detail of exemplars that their translations keep.

    Detail is what ``network`` does not decode. Fine-tuned on the class, it cannot decode the shape
    of an exemplar, which would show through. So detail is kept only around pixels where the
    translation agrees with the exemplar as decoded by ``pretrained``.

    Shape: exemplars (n, d), latents (n, k), translated (n, d) -> (n, d).
    """
    whole = decoded(pretrained, pretrained.encode(exemplars))
    apart = cast(ImageModality, network.modality).smoothed((whole - translated).abs())
    agreement = (-(apart / _TOLERATED).square()).exp()
    return agreement * (exemplars - decoded(network, latents))


def exogenous_noise(network: MajorityGuidedVAE, x: Tensor, rng: torch.Generator) -> Tensor:
    """Draw the noise with which the decoder reproduces rows of a table from their latents.

    Added to the outputs for other latents, it keeps the dependence between columns, which
    independent noise would break. For continuous values it is the residual, for bits logistic
    noise drawn given the observed bit (the probability integral transform), and for categories
    Gumbel noise drawn given the observed category ("Gumbel-max counterfactuals", Oberst and
    Sontag, ICML 2019).

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
    """Draw logistic noise given observed bits of probability p. Shape: -> (n, b).

    A bit is set if logit(p) + noise is positive, that is, if a uniform number is below p.
    """
    u = uniform(tuple(p.shape), rng, p.device)
    chance = torch.where(observed > 0.5, u * p, p + u * (1.0 - p))
    return -chance.clamp(1e-6, 1.0 - 1e-6).logit()


def gumbel_given(
    one_hot: OneHotMap, observed: Tensor, outputs: Tensor, rng: torch.Generator
) -> Tensor:
    """Draw Gumbel noise given the observed category of each group.

    The highest perturbed logit of a group is a standard Gumbel number, regardless of its category;
    those of the others are Gumbel numbers truncated there.

    Shape: (n, n_inputs), (n, n_inputs) -> (n, n_categories).
    """
    logp = one_hot.log_probabilities(outputs)
    is_observed = observed[:, one_hot.categories] > 0.5
    chance = uniform(tuple(logp.shape), rng, logp.device).clamp(1e-6, 1.0 - 1e-6)
    free = -(-chance.log()).log()
    # The observed category gets the highest perturbed logit.
    highest = (free * is_observed) @ one_hot.member_of.to(logp.device)
    highest = highest[:, one_hot.group.to(logp.device)]
    truncated = -torch.logaddexp(-highest, -(logp + free))
    return torch.where(is_observed, highest, truncated) - logp
