"""The cache of trainings: weights and histories on disk as plain arrays, one file per training."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ._warn import warn

__all__ = ["CachedTraining", "TrainingCache"]

Arrays = Mapping[str, npt.NDArray[Any]]

_RECORD = "record"


class CachedTraining(NamedTuple):
    """What is stored of one training: arrays by name, and a record of plain values."""

    arrays: dict[str, npt.NDArray[Any]]
    record: dict[str, Any]


class TrainingCache:
    """A folder of trainings that several processes may read and write at the same time.

    Files are written in a temporary folder and moved, so that no process reads half of one. They
    hold arrays and JSON; reading them runs no code. The arrays include statistics of the rows.
    """

    def __init__(self, folder: str, version: str) -> None:
        self.folder, self.version = Path(folder) / "mgvae_resample", version

    def key(self, *parts: Any) -> str:
        """Return a key for what a training depends on: arrays, and values with a plain repr."""
        digest = hashlib.blake2b(digest_size=20)
        for piece in _pieces((self.version, *parts)):
            digest.update(piece)
        return digest.hexdigest()

    def load(self, key: str) -> CachedTraining | None:
        """Return a training, or None if it is not cached; warn if its file is damaged."""
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            record = json.loads(arrays.pop(_RECORD).tobytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:  # whatever a damaged file makes numpy or zipfile raise
            warn(
                f"The cached training {path} cannot be read ({type(error).__name__}: {error}). "
                "It is trained again and replaced.",
            )
            return None
        return CachedTraining(arrays, record)

    def store(self, key: str, arrays: Arrays, record: Mapping[str, Any]) -> None:
        """Store a training; warn if that fails."""
        path = self._path(key)
        as_bytes = np.frombuffer(json.dumps(record).encode(), dtype=np.uint8)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(suffix=".tmp", dir=path.parent) as folder:
                unfinished = Path(folder) / path.name
                with unfinished.open("wb") as file:
                    np.savez(file, allow_pickle=False, **{**arrays, _RECORD: as_bytes})
                unfinished.replace(path)
        except OSError as error:
            warn(f"The training could not be cached in {path.parent}: {error}.")

    def _path(self, key: str) -> Path:
        return self.folder / self.version / f"{key}.npz"


def _pieces(parts: tuple[Any, ...]) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, np.ndarray):
            yield repr((part.shape, part.dtype.str)).encode()
            yield np.ascontiguousarray(part).tobytes()
        else:
            yield repr(part).encode()
        yield b"\0"
