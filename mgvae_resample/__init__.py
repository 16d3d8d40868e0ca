"""Deep oversamplers for imbalanced classification."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from ._amounts import MultiplyBy, RaiseTo
    from ._base import (
        ColumnRuleWarning,
        IdentifierWarning,
        ImageShapeWarning,
        OtherVersionWarning,
        TrainingWarning,
    )
    from ._bayesgan.sampler import BayesGANOverSampler
    from ._bayesgan.structure import BayesianStructure
    from ._mgvae.sampler import MGVAEOverSampler
    from ._plan import FewRowsWarning
    from .ensemble import ResampledClassifier

__all__ = [
    "BayesGANOverSampler",
    "BayesianStructure",
    "ColumnRuleWarning",
    "FewRowsWarning",
    "IdentifierWarning",
    "ImageShapeWarning",
    "MGVAEOverSampler",
    "MultiplyBy",
    "OtherVersionWarning",
    "RaiseTo",
    "ResampledClassifier",
    "TrainingWarning",
    "__version__",
]

# torch and scikit-learn are imported when a name is first used.
_HOME = {
    "BayesGANOverSampler": "._bayesgan.sampler",
    "BayesianStructure": "._bayesgan.structure",
    "ColumnRuleWarning": "._base",
    "FewRowsWarning": "._plan",
    "IdentifierWarning": "._base",
    "ImageShapeWarning": "._base",
    "MGVAEOverSampler": "._mgvae.sampler",
    "MultiplyBy": "._amounts",
    "OtherVersionWarning": "._base",
    "RaiseTo": "._amounts",
    "ResampledClassifier": ".ensemble",
    "TrainingWarning": "._base",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
