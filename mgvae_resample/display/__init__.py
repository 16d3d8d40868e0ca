"""Pictures of what a fitted sampler learned and made, in scikit-learn's Display pattern."""

from .marginals import MarginalsDisplay
from .rows import RowsDisplay
from .training_curves import TrainingCurvesDisplay
from .translation import TranslationDisplay

__all__ = ["MarginalsDisplay", "RowsDisplay", "TrainingCurvesDisplay", "TranslationDisplay"]
