"""Small models of a mixed table and of images that the tests of this folder share."""

import torch

from mgvae_resample._encoding.layout import Slot
from mgvae_resample._mgvae.model import MajorityGuidedVAE
from mgvae_resample._nn.mlp import initialise
from tests.layouts import images, rng, tabular

MIXED = (
    Slot(0, "continuous"),
    Slot(1, "binary"),
    Slot(2, "continuous"),
    Slot(4, "binary"),
)


def table_model():
    """Return a model of a table of two values and two bits, and twelve rows of inputs."""
    model = MajorityGuidedVAE(tabular(*MIXED), [6], 2)
    initialise(model, rng())
    with torch.no_grad():
        model.log_scale.copy_(torch.tensor([0.3, -0.7]))
        model.log_variance.fill_(-0.4)
    x = torch.randn((12, 4), generator=rng(1))
    x[:, 2:] = (x[:, 2:] > 0).float()
    return model, x


def image_model():
    """Return a convolutional model of images of 3 x 5 pixels, and twelve of them."""
    model = MajorityGuidedVAE(images(3, 5), [3], 2)
    initialise(model, rng())
    return model, torch.rand((12, 15), generator=rng(1))


def learned(model):
    """Return the named parameters; images have no scales of continuous columns."""
    return [(name, p) for name, p in model.named_parameters() if p.numel()]
