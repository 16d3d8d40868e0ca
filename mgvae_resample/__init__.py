"""Deep oversamplers for imbalanced classification."""

from ._base import FewRowsWarning, TrainingWarning
from ._mgvae.sampler import MGVAEOverSampler

__all__ = ["FewRowsWarning", "MGVAEOverSampler", "TrainingWarning", "__version__"]

__version__ = "0.1.0"
