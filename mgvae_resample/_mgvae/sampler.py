"""MGVAEOverSampler: minority rows generated under a prior that the majority spans."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import Substitution
from imblearn.utils._docstring import _random_state_docstring
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed

from .._base import (
    DeepOverSampler,
    FittedGenerator,
    Label,
    Table,
    TrainingWarning,
)
from .._callbacks import EpochReport
from .._engine.runtime import single_thread
from .automatic import resolve
from .generator import MinorityGenerator
from .guides import guide_rows, shortages
from .multiclass import Learning

__all__ = ["MGVAEOverSampler"]


@Substitution(
    sampling_strategy=BaseOverSampler._sampling_strategy_docstring,
    random_state=_random_state_docstring,
)
class MGVAEOverSampler(DeepOverSampler):
    """Over-sample with the Majority-Guided Variational Autoencoder (MGVAE).

    A variational autoencoder is trained on the majority; its prior is a mixture around encoded
    majority rows, the exemplars. A copy is then fine-tuned on each class to be over-sampled, held
    close to the majority's weights by Elastic Weight Consolidation. A new row is the translation
    of a majority row: its latent code lies between those of that row and of a row of the class,
    in a space that the majority spans. So the diversity of many majority rows is carried over to
    a class with few rows [1]_.

    Parameters
    ----------
    {sampling_strategy}

    guide : {{"majority", "rest"}} or class label, default="majority"
        Rows the exemplars are taken from: the largest class, all rows of other classes, or one
        class by its label. The model is pre-trained once, on the guide rows of all classes.

    exemplar_weights : {{"responsibility", "uniform"}} or float, default="responsibility"
        How guide rows are chosen for translation. "uniform" is the paper's rule. With
        "responsibility" a guide row is chosen as often as it explains the class's own rows in
        latent space, which keeps new rows out of places where the class does not live. A number
        between 0 (uniform) and 1 (responsibility) blends the two.

    latent_dim : int, default=10
        Width of the latent code.

    hidden_layer_sizes : "auto" or array-like of int, default="auto"
        Widths of the encoder's hidden layers; the decoder mirrors them. "auto" is (300, 300) for
        tables of more than 200 columns and (128, 128) otherwise. For images the channels of the
        convolutional stages, each of which halves the image; "auto" goes down to 8 pixels with
        32 channels.

    n_exemplars : "auto" or int, default="auto"
        Exemplars drawn at each step to stand for the mixture; "auto" is 256, for images 128.
        More cost time and gained little in our measurements.

    ewc_weight : float, default=0.01
        Weight of the Elastic Weight Consolidation penalty. The Fisher information is normalised
        to mean 1, so the weight has no unit.

    max_pretrain_steps : int, default=1000
        Most optimiser steps on the guide rows. Training stops earlier when the bound on held-out
        guide rows has stopped rising.

    max_finetune_steps : int, default=500
        Most optimiser steps on each class. With 50 rows or more the number of steps is chosen on
        a held-out fifth of them; with fewer rows 200 steps are made.

    batch_size : "auto" or int, default="auto"
        Rows a step; "auto" is 256, for images 128. Smaller classes are taken whole.

    learning_rate : "auto" or float, default="auto"
        Step size of Adam; "auto" is 0.001, for images 0.004.

    categorical_features : "auto", None or array-like, default="auto"
        Columns that hold categories: a list of names or indices, or a mask. "auto" takes the
        category, text, object and bool columns of a data frame, and of an object array those
        that hold more than numbers. Categories coded as integers must be named.

    image_shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)`` declares that the columns are the
        pixels of flattened images: intensities of one scale, with a Bernoulli likelihood and
        convolutional networks.

    device : str or torch.device, default="auto"
        "auto" takes CUDA, then MPS, then the CPU.

    n_jobs : int or None, default=None
        Classes fine-tuned at the same time, through joblib. The result does not depend on it.

    {random_state}

    Attributes
    ----------
    sampling_strategy_ : dict
        Class label -> number of rows made.

    n_synthetic_ : dict
        The same, without the classes of which none were made.

    source_indices_ : ndarray of shape (n_synthetic,)
        For each synthetic row the index in `X` of the guide row it was translated from; -1 where
        no guide row stands behind it.

    exemplar_indices_ : dict of label to ndarray
        Rows of `X` that are the exemplars of each class that was learned: the centres of its
        prior, and the rows that may be translated into it.

    history_ : dict
        ``history_["pretrain"]`` and ``history_["finetune"][label]`` map the names of the loss
        terms to their means per epoch of 50 (25 when fine-tuning) steps; "monitor" is the
        negated bound of held-out rows.

    n_iter_ : dict
        Optimiser steps taken, under the same keys.

    stop_reason_ : dict
        Why each training stopped, under the same keys: "max_steps", "patience", "callback" or
        "none" where nothing was trained.

    device_ : torch.device
        Where the training ran.

    classes_ : ndarray of shape (n_classes,)
        The class labels.

    n_features_in_ : int
        Number of columns.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where `X` has any.

    See Also
    --------
    imblearn.over_sampling.SMOTE : Interpolates between minority neighbours.

    Notes
    -----
    The latent code of a new row lies at random between that of its guide row and that of one of
    the class's own rows. The row is a draw, not a mean: what the latent code leaves open is taken
    over from a real row, continuous columns by their residuals, categories and gaps by random
    numbers under which the real row has its own. That is a row of the class in n / (n + 10) of the
    new rows, where the class has n rows, and the guide row in the others. Images take their fine
    detail from both. Values are missing as often as in the class, rows that repeat a row of the
    class are drawn again.

    References
    ----------
    .. [1] Q. Ai, P. Wang, L. He, L. Wen, L. Pan, Z. Xu, "Generative Oversampling for Imbalanced
       Data via Majority-Guided VAE", AISTATS 2023, PMLR 206:3315-3330.

    Examples
    --------
    >>> from collections import Counter
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import MGVAEOverSampler
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = MGVAEOverSampler(max_pretrain_steps=100, random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> Counter(y_res.tolist())
    Counter({{0: 359, 1: 359}})
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **DeepOverSampler._parameter_constraints,
        "guide": "no_validation",
        "exemplar_weights": [
            StrOptions({"responsibility", "uniform"}),
            Interval(numbers.Real, 0, 1, closed="both"),
        ],
        "latent_dim": [Interval(numbers.Integral, 1, None, closed="left")],
        "hidden_layer_sizes": [StrOptions({"auto"}), "array-like"],
        "n_exemplars": [StrOptions({"auto"}), Interval(numbers.Integral, 1, None, closed="left")],
        "ewc_weight": [Interval(numbers.Real, 0, None, closed="left")],
        "max_pretrain_steps": [Interval(numbers.Integral, 1, None, closed="left")],
        "max_finetune_steps": [Interval(numbers.Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(numbers.Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"auto"}), Interval(numbers.Real, 0, None, closed="neither")],
        "n_jobs": [numbers.Integral, None],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        guide: Any = "majority",
        exemplar_weights: str | float = "responsibility",
        latent_dim: int = 10,
        hidden_layer_sizes: str | Sequence[int] = "auto",
        n_exemplars: str | int = "auto",
        ewc_weight: float = 0.01,
        max_pretrain_steps: int = 1000,
        max_finetune_steps: int = 500,
        batch_size: str | int = "auto",
        learning_rate: str | float = "auto",
        categorical_features: Any = "auto",
        image_shape: tuple[int, ...] | None = None,
        device: str | torch.device = "auto",
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.guide = guide
        self.exemplar_weights = exemplar_weights
        self.latent_dim = latent_dim
        self.hidden_layer_sizes = hidden_layer_sizes
        self.n_exemplars = n_exemplars
        self.ewc_weight = ewc_weight
        self.max_pretrain_steps = max_pretrain_steps
        self.max_finetune_steps = max_finetune_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    def translate(self, X_majority: Any, label: Label) -> Any:
        """Translate rows into a class that was over-sampled, one for one.

        Parameters
        ----------
        X_majority : array-like of shape (n_rows, n_features)
            Rows, usually of the majority.
        label : label
            The class to translate into.

        Returns
        -------
        {ndarray, dataframe} of shape (n_rows, n_features)
            For each row a row of class `label` made from it. An int ``random_state`` gives the
            same rows at every call.

        Raises
        ------
        ValueError
            If `label` was not over-sampled.
        """
        generator = self._generator_of(label)
        rows = self._check_rows(X_majority)
        with single_thread():
            codes = generator.translate(
                self._codecs[label].encode(rows),
                self._streams().generator("translate"),
                self._sampling_device(),
            )
        return self._restore([(label, codes)])

    def latent_codes(self, X: Any, label: Label) -> npt.NDArray[np.float32]:
        """Encode rows with the encoder of one class.

        The codes of the rows at ``exemplar_indices_[label]`` are the centres of the mixture that
        is the prior (Ai et al., Eq. 3).

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Real or synthetic rows of any class.
        label : label
            The class whose encoder reads them; each class has a fine-tuned one.

        Returns
        -------
        ndarray of shape (n_rows, latent_dim)
            Means of the posteriors q(z | x).

        Raises
        ------
        ValueError
            If `label` was not over-sampled, or had too few rows to be learned.
        """
        generator = self._generator_of(label)
        rows = self._check_rows(X)
        if not isinstance(generator, MinorityGenerator):
            raise ValueError(
                f"Class {label!r} has no latent codes: it had too few rows to be learned."
            )
        with single_thread():
            return generator.encode(self._codecs[label].encode(rows), self._sampling_device())

    def _fit_generators(self, table: Table, labels: list[Label]) -> dict[Label, FittedGenerator]:
        guides = guide_rows(self.guide, table.y, labels)
        for label, reason in shortages(guides, table.y, table.codec.layout_.width).items():
            del guides[label]
            self._warn_few_rows(label, reason)
        root = self._init_callback_context(max_subtasks=1 + len(guides), sequential_subtasks=False)
        root.call_on_fit_task_begin(estimator=self)
        settings = resolve(self.get_params(), table.codec.layout_)
        learning = Learning(settings, table.codes, table.y, guides, table.streams, table.device)
        learned = learning.run(
            labels,
            report=partial(EpochReport, self, root),
            in_parallel=lambda jobs: Parallel(n_jobs=self.n_jobs)(delayed(job)() for job in jobs),
        )
        root.call_on_fit_task_end(estimator=self)
        for trouble in learned.troubles:
            warnings.warn(trouble, TrainingWarning, stacklevel=2)
        self.history_ = learned.recorded("history")
        self.n_iter_ = learned.recorded("n_steps")
        self.stop_reason_ = learned.recorded("stop_reason")
        self.exemplar_indices_ = {
            label: generator.guide_index
            for label, generator in learned.generators.items()
            if isinstance(generator, MinorityGenerator)
        }
        return dict(learned.generators)
