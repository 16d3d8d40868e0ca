"""Pictures of what a fitted sampler learned and made, in scikit-learn's Display pattern."""

from .marginals import MarginalsDisplay
from .rows import RowsDisplay
from .structure import StructureDisplay
from .training import TrainingCurvesDisplay
from .translation import TranslationDisplay
from .traversal import TraversalDisplay

__all__ = [
    "MarginalsDisplay",
    "RowsDisplay",
    "StructureDisplay",
    "TrainingCurvesDisplay",
    "TranslationDisplay",
    "TraversalDisplay",
]
