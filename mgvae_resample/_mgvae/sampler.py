"""MGVAEOverSampler: minority rows generated under a prior that the majority spans."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import Substitution
from imblearn.utils._docstring import _random_state_docstring
from sklearn.callback import CallbackContext
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import validate_data

from .._base import (
    DeepOverSampler,
    EpochReport,
    FewRowsWarning,
    FittedGenerator,
    Label,
    Table,
    TrainingWarning,
)
from .._engine.bootstrap import JitteredBootstrap
from .._engine.networks import hidden_sizes
from .._engine.runtime import RandomStreams, single_thread
from .._engine.training import TrainingRecord
from .fit import Codes, Finetuned, Pretrained, Settings, finetune, pretrain
from .generator import MinorityGenerator
from .guides import guide_rows, shortage

__all__ = ["MGVAEOverSampler"]

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]

# Guide rows that can be translated; a random subset keeps memory flat on huge majorities.
_MOST_GUIDE_ROWS = 20_000


@Substitution(
    sampling_strategy=BaseOverSampler._sampling_strategy_docstring,
    random_state=_random_state_docstring,
)
class MGVAEOverSampler(DeepOverSampler):
    """Over-sample with the Majority-Guided Variational Autoencoder (MGVAE).

    A variational autoencoder is trained on the majority; its prior is a mixture around encoded
    majority rows, the exemplars. A copy is then fine-tuned on each class to be over-sampled, held
    close to the majority's weights by Elastic Weight Consolidation. A new row is the translation
    of a majority row: encode it, draw a latent code around it, decode. So the diversity of many
    majority rows is carried over to a class with few rows [1]_.

    Parameters
    ----------
    {sampling_strategy}

    guide : {{"majority", "rest"}} or class label, default="majority"
        Rows the exemplars are taken from: the largest class, all rows of other classes, or one
        class by its label. The model is pre-trained on them once for all classes (with "rest" on
        the whole table).

    exemplar_weights : {{"responsibility", "uniform"}} or float, default="responsibility"
        How guide rows are chosen for translation. "uniform" is the paper's rule. With
        "responsibility" a guide row is chosen as often as it explains the class's own rows in
        latent space, which keeps new rows out of places where the class does not live. A number
        between 0 (uniform) and 1 (responsibility) blends the two.

    latent_dim : int, default=10
        Width of the latent code.

    hidden_layer_sizes : "auto" or array-like of int, default="auto"
        Widths of the encoder's hidden layers; the decoder mirrors them. "auto" is (300, 300) for
        tables of more than 200 columns and (128, 128) otherwise.

    n_exemplars : int, default=256
        Exemplars drawn at each step to stand for the mixture. More cost time and gained nothing
        in our measurements.

    ewc_weight : float, default=0.01
        Weight of the Elastic Weight Consolidation penalty. The Fisher information is normalised
        to mean 1, so the weight has no unit.

    max_pretrain_steps : int, default=1000
        Most optimiser steps on the guide rows. Training stops earlier when the bound on held-out
        guide rows has stopped rising.

    max_finetune_steps : int, default=500
        Most optimiser steps on each class. With 50 rows or more the number of steps is chosen on
        a held-out fifth of them; with fewer rows 200 steps are made.

    batch_size : int, default=256
        Rows a step. Smaller classes are taken whole.

    learning_rate : float, default=0.001
        Step size of Adam.

    image_shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)`` declares that the columns are the
        pixels of flattened images: intensities of one scale, with a Bernoulli likelihood.

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
    the class's own rows. The row is a draw, not a mean: continuous columns get the residuals of
    the guide row, binary columns are drawn, and images take their fine detail from the residuals
    of both images.

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
        "n_exemplars": [Interval(numbers.Integral, 1, None, closed="left")],
        "ewc_weight": [Interval(numbers.Real, 0, None, closed="left")],
        "max_pretrain_steps": [Interval(numbers.Integral, 1, None, closed="left")],
        "max_finetune_steps": [Interval(numbers.Integral, 1, None, closed="left")],
        "batch_size": [Interval(numbers.Integral, 1, None, closed="left")],
        "learning_rate": [Interval(numbers.Real, 0, None, closed="neither")],
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
        n_exemplars: int = 256,
        ewc_weight: float = 0.01,
        max_pretrain_steps: int = 1000,
        max_finetune_steps: int = 500,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
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
        self.image_shape = image_shape
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    def translate(self, X_majority: Any, label: Label) -> npt.NDArray[Any]:
        """Translate rows into a class that was over-sampled, one for one.

        Parameters
        ----------
        X_majority : array-like of shape (n_rows, n_features)
            Rows, usually of the majority.
        label : label
            The class to translate into.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
            For each row a row of class `label` made from it. An int ``random_state`` gives the
            same rows at every call.

        Raises
        ------
        ValueError
            If `label` was not over-sampled.
        """
        generator = self._generator_of(label)
        rows = validate_data(self, X_majority, reset=False, accept_sparse=["csr", "csc"])
        rows = rows.toarray() if hasattr(rows, "toarray") else rows
        codec = self._codecs[label]
        with single_thread():
            codes = generator.translate(
                codec.encode(rows),
                self._streams().generator("translate"),
                self._sampling_device(),
            )
        decoded: npt.NDArray[Any] = codec.decode(codes)
        return decoded

    def _fit_generators(self, table: Table, labels: list[Label]) -> dict[Label, FittedGenerator]:
        settings = self._settings(table)
        guides = guide_rows(self.guide, table.y, labels)
        learnable = {
            label: guide for label, guide in guides.items() if _is_learnable(table, label, guide)
        }
        root = self._init_callback_context(
            max_subtasks=1 + len(learnable), sequential_subtasks=False
        )
        root.call_on_fit_task_begin(estimator=self)
        pretrained, tuned = None, {}
        if learnable:
            guide = next(iter(learnable.values()))
            pretrained = self._pretrain(settings, table, guide, root)
            tuned = self._finetune(settings, pretrained, table, learnable, root)
        root.call_on_fit_task_end(estimator=self)
        self._record(pretrained, tuned)
        return {
            label: self._generator(
                settings, table, label, guides[label], pretrained, tuned.get(label)
            )
            for label in labels
        }

    def _generator(
        self,
        settings: Settings,
        table: Table,
        label: Label,
        guide: Indices,
        pretrained: Pretrained | None,
        tuned: Finetuned | None,
    ) -> FittedGenerator:
        minority = table.codes[table.y == label]
        if pretrained is None or pretrained.weights is None:
            return JitteredBootstrap(minority, settings.layout.positions("continuous"))
        if tuned is None or tuned.weights is None:
            return JitteredBootstrap(minority, settings.layout.positions("continuous"))
        share = self.exemplar_weights
        if isinstance(share, str):
            share = float(share == "responsibility")
        if len(guide) > _MOST_GUIDE_ROWS:
            shuffle = table.streams.generator("kept guide rows")
            guide = guide[torch.randperm(len(guide), generator=shuffle)[:_MOST_GUIDE_ROWS].numpy()]
        return MinorityGenerator(
            settings,
            tuned.weights,
            pretrained.weights,
            table.codes[guide],
            guide,
            minority,
            float(share),
        )

    def _settings(self, table: Table) -> Settings:
        """Replace "auto" by what the data decide."""
        layout = table.codec.layout_
        return Settings(
            layout=layout,
            hidden_layer_sizes=hidden_sizes(self.hidden_layer_sizes, layout.width),
            latent_dim=self.latent_dim,
            n_exemplars=self.n_exemplars,
            ewc_weight=float(self.ewc_weight),
            max_pretrain_steps=self.max_pretrain_steps,
            max_finetune_steps=self.max_finetune_steps,
            batch_size=self.batch_size,
            learning_rate=float(self.learning_rate),
        )

    def _pretrain(
        self, settings: Settings, table: Table, guide: Indices, root: CallbackContext
    ) -> Pretrained:
        codes = table.codes if self.guide == "rest" else table.codes[guide]
        report = EpochReport(self, root, "pretrain", 0, settings.pretraining().n_epochs)
        with report:
            pretrained = pretrain(settings, codes, table.streams, table.device, report)
        _warn_of(pretrained.trouble, "The pre-training")
        return pretrained

    def _finetune(
        self,
        settings: Settings,
        pretrained: Pretrained,
        table: Table,
        guides: dict[Label, Indices],
        root: CallbackContext,
    ) -> dict[Label, Finetuned]:
        n_epochs = settings.finetuning().n_epochs
        jobs = [
            delayed(_finetune_class)(
                settings,
                pretrained,
                table.codes[guide],
                table.codes[table.y == label],
                RandomStreams(table.streams.seed, "class", str(label)),
                table.device,
                EpochReport(self, root, f"finetune {label}", i + 1, n_epochs),
            )
            for i, (label, guide) in enumerate(guides.items())
        ]
        tuned = Parallel(n_jobs=self.n_jobs)(jobs)
        for label, result in zip(guides, tuned, strict=True):
            _warn_of(result.trouble, f"The fine-tuning on class {label!r}")
        return dict(zip(guides, tuned, strict=True))

    def _record(self, pretrained: Pretrained | None, tuned: Mapping[Label, Finetuned]) -> None:
        first = TrainingRecord(stop_reason="none") if pretrained is None else pretrained.record
        records = {label: result.record for label, result in tuned.items()}
        for attribute, of in (
            ("history_", "history"),
            ("n_iter_", "n_steps"),
            ("stop_reason_", "stop_reason"),
        ):
            finetune = {label: getattr(record, of) for label, record in records.items()}
            setattr(self, attribute, {"pretrain": getattr(first, of), "finetune": finetune})


def _is_learnable(table: Table, label: Label, guide: Indices) -> bool:
    """Whether a generator can be trained; if not, say what is done instead."""
    n_rows = int((table.y == label).sum())
    reason = shortage(n_rows, len(guide), table.codec.layout_.width)
    if reason is not None:
        warnings.warn(
            f"Class {label!r} {reason} to train a generator. Its rows are repeated with a little "
            "noise instead (a jittered bootstrap).",
            FewRowsWarning,
            stacklevel=2,
        )
    return reason is None


def _finetune_class(
    settings: Settings,
    pretrained: Pretrained,
    guide: Codes,
    minority: Codes,
    streams: RandomStreams,
    device: torch.device,
    report: EpochReport,
) -> Finetuned:
    """Fine-tune one class, in whatever process joblib chose."""
    with single_thread(), report:
        return finetune(settings, pretrained, guide, minority, streams, device, report)


def _warn_of(trouble: str | None, what: str) -> None:
    if trouble is not None:
        warnings.warn(f"{what} {trouble}", TrainingWarning, stacklevel=2)
