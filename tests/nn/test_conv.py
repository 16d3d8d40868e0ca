"""Convolutions read flattened images row by row, with channels last."""

import math

import pytest
import torch
from numpy.testing import assert_array_equal

from mgvae_resample._nn.conv import ConvDecoder, ConvEncoder, channels, flatten, unflatten
from mgvae_resample._nn.mlp import initialise
from tests.layouts import rng


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4)])
def test_rows_are_images_row_by_row_with_channels_last(shape):
    rows = torch.arange(2 * math.prod(shape), dtype=torch.float32).reshape(2, -1)
    found = unflatten(rows, shape)
    expected = rows.numpy().reshape(2, *shape[:2], -1).transpose(0, 3, 1, 2)
    assert_array_equal(found.numpy(), expected)
    assert torch.equal(flatten(found), rows)


@pytest.mark.parametrize("shape", [(1, 1), (5, 9), (13, 21, 3), (32, 32, 3)])
def test_the_decoder_gives_images_of_the_shape_that_the_encoder_takes(shape):
    stages, n_pixels = channels(shape), math.prod(shape)
    encoder, decoder = ConvEncoder(shape, stages, 4), ConvDecoder(4, stages, shape)
    for network in (encoder, decoder):
        initialise(network, rng())
    rows = torch.rand((3, n_pixels), generator=rng(1))
    with torch.no_grad():
        assert encoder(rows).shape == (3, 4)
        assert decoder(encoder(rows)).shape == rows.shape


@pytest.mark.parametrize(
    ("side", "expected"), [(1, (64,)), (8, (64,)), (16, (64,)), (28, (32, 64)), (64, (16, 32, 64))]
)
def test_stages_halve_the_longer_side_down_to_eight_pixels(side, expected):
    assert channels((side, 1)) == expected
