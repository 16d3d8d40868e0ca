"""Pictures of what a fitted sampler learned and made, in scikit-learn's Display pattern."""

from .training_curves import TrainingCurvesDisplay

__all__ = ["TrainingCurvesDisplay"]
