"""Names of codes and pairs of them: c1, c2, ... are observed, c'1, c'2, ... latent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["check_names", "checked_edge", "clean", "is_latent", "key", "number"]

_NAME = re.compile(r"c('?)([1-9][0-9]*)")
_CLASS_NAMES = {"y", "class", "label", "target"}


def clean(name: Any) -> str:
    """Return a name with a plain prime."""
    if not isinstance(name, str):
        raise TypeError(f"Codes are named by strings such as 'c1' and \"c'1\", got {name!r}.")
    return name.strip().replace("′", "'").replace("’", "'")  # noqa: RUF001


def checked_edge(edge: Any) -> tuple[str, str]:
    """Check one edge by itself."""
    if isinstance(edge, str) or not isinstance(edge, Iterable):
        raise TypeError(f"An edge is a pair of names such as ('c1', \"c'1\"), got {edge!r}.")
    ends = tuple(edge)
    if len(ends) != 2:
        raise TypeError(f"An edge is a pair of names such as ('c1', \"c'1\"), got {edge!r}.")
    parent, child = clean(ends[0]), clean(ends[1])
    what = f"edge ({parent!r}, {child!r})"
    check_names(what, parent, child)
    if not is_latent(child):
        raise ValueError(
            f"The {what} leads to an observed code. Observed codes are drawn independently and "
            "have no parents; let the edge lead to a latent code."
        )
    return parent, child


def check_names(what: str, *names: str) -> None:
    """Refuse names of the class and unknown ones."""
    if _CLASS_NAMES.intersection(name.lower() for name in names):
        raise ValueError(
            f"The {what} ties a code to the class. Class membership stays disentangled from all "
            "codes: the generator is given the class anyway. Leave it out."
        )
    for name in names:
        number(name, what)


def is_latent(name: str) -> bool:
    """Tell latent codes from observed ones."""
    return "'" in name


def number(name: str, what: str = "") -> int:
    """Return the number of a code, or refuse its name."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(
            f"The {what} has the unknown name {name!r}. Codes are named c1, c2, ... (observed) "
            "and c'1, c'2, ... (latent)."
        )
    return int(match[2])


def key(name: str) -> tuple[bool, int]:
    """Return what puts observed codes first, and each kind in order."""
    return is_latent(name), number(name)
