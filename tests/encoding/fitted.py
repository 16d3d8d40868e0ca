"""An encoding that was fitted to a table, for tests that begin and end with native tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from mgvae_resample._encoding.image import ImageEncoding
from mgvae_resample._encoding.tabular import TabularEncoding
from mgvae_resample._tables.table import Table


class Fitted:
    """A fitted encoding that takes and gives native tables."""

    def __init__(self, encoding: TabularEncoding | ImageEncoding, X: Any) -> None:
        self.encoding: Any = encoding.fit(Table.of(X))
        self.layout = encoding.layout

    def encode(self, X: Any) -> np.ndarray:
        return self.encoding.encode(Table.of(X))

    def decode(self, rows: np.ndarray, *args: Any) -> Any:
        return self.encoding.decode(rows, *args).native


def tabular(X: Any, features: Any = "auto") -> Fitted:
    return Fitted(TabularEncoding(features), X)


def image(X: Any) -> Fitted:
    return Fitted(ImageEncoding(), X)
