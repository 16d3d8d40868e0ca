"""A codec turns the rows of a table into codes and back: one for tables, one for images."""

from __future__ import annotations

from typing import TypeAlias

from .image_codec import ImageCodec
from .table_codec import TableCodec

__all__ = ["Codec", "ImageCodec", "TableCodec"]

Codec: TypeAlias = ImageCodec | TableCodec
