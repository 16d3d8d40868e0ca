"""Deep oversamplers for imbalanced classification."""

from ._base import FewRowsWarning, TrainingWarning
from ._bayesgan.sampler import BayesGANOverSampler
from ._bayesgan.structure import BayesianStructure
from ._mgvae.sampler import MGVAEOverSampler

__all__ = [
    "BayesGANOverSampler",
    "BayesianStructure",
    "FewRowsWarning",
    "MGVAEOverSampler",
    "TrainingWarning",
    "__version__",
]

__version__ = "0.1.0"
