"""MGVAEOverSampler: minority rows generated under a prior that the majority spans."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from joblib import Memory
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed

from .._base import NOT_LEARNED, DeepOverSampler, Label, Labels, plain_classes
from .._checks import IS_AUTO, POSITIVE_INTEGER, SHARED_CONSTRAINTS, check_hidden_layer_sizes
from .._docs import documented
from .._encoding.layout import EncodedRows
from .._modality.image import ImageModality
from .._modality.published import PublishedImage, PublishedTable
from .._modality.tabular import TabularModality
from .._nn.random import random_rows
from .._nn.training import TrainConfig
from .._rejection.sampler import Indices
from .._run import Run
from .._synthesizer import Synthesizer
from .ewc import Weights
from .model import MajorityGuidedVAE
from .moves import LearnedMoves
from .residual import RESIDUALS, NoResidual
from .synthesizer import MinoritySynthesizer
from .train import MGVAEConfig, Task, finetune, pretrain

__all__ = ["MGVAEOverSampler"]

_FEWEST_EXEMPLARS = 10
# Exemplars that can be translated; a random subset keeps memory flat on huge majorities.
_MOST_EXEMPLARS = 10_000
# Classes with this many images supply learned moves.
_FEWEST_COMMON = 100
# Hidden layers are half as wide as the modality proposes, and at least this: more gained nothing.
_NARROWEST = 16
# The published method: parameters that it fixes, epochs of fine-tuning, and its EWC weight.
_FIXED: dict[str, tuple[object, ...]] = {
    "exemplar_selection": ("uniform", 0),
    "generated_fraction": (1,),
}
_PUBLISHED_EPOCHS, _PUBLISHED_EWC_WEIGHT, _EWC_WEIGHT = 200, 500.0, 0.01
# Values of "auto", and of fine-tuning: steps without held-out rows, steps between validations, and
# classes trained together. Convolutions need more time per row, and more steps.
AUTO: dict[str, dict[str, Any]] = {
    "table": {
        "n_exemplars": 64,
        "max_pretrain_steps": 200,
        "max_finetune_steps": 150,
        "learning_rate": 3e-3,
        "steps_without_holdout": 80,
        "epoch_steps": 10,
        "batch_size": 64,
        "classes_at_once": 32,
    },
    "image": {
        "n_exemplars": 128,
        "max_pretrain_steps": 500,
        "max_finetune_steps": 250,
        "learning_rate": 4e-3,
        "steps_without_holdout": 200,
        "epoch_steps": 25,
        "batch_size": 128,
        "classes_at_once": 1,
    },
}


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class MGVAEOverSampler(DeepOverSampler):
    """Over-sample with the Majority-Guided Variational Autoencoder (MGVAE).

    A variational autoencoder is trained on the majority; its prior is a mixture around encoded
    majority rows, the exemplars. A copy is then fine-tuned on each class to be over-sampled, and
    Elastic Weight Consolidation (EWC) keeps it close to the pre-trained weights. A new row is the
    translation of an exemplar: its latents lie between those of the exemplar and of a row of the
    class. This transfers the diversity of many majority rows to a class with few rows [1]_.

    Three parameters are worth a look first: `sampling_strategy` (how many rows to make; less than
    full balance often gives a better F1 score), `image_shape` (if columns are pixels) and
    `categorical_features` (if categories are coded as integers).

    Parameters
    ----------
    {sampling_strategy}

    exemplars : {"majority", "rest"} or class label, default="majority"
        The real rows that are translated, and that the model is pre-trained on: the largest
        class, all rows of other classes, or one class by its label. A class whose rows are the
        exemplars gets variations of itself. For images with more than two classes, the model is
        also pre-trained on all classes of at least 100 images.

    variant : {"default", "published"}, default="default"
        "published" is the method of the paper, for comparisons that cite it [1]_: exemplars are
        chosen uniformly, latents have the full noise of the posterior around the exemplar, the
        decoder's mean is the new row, and no new row is refused. See the Notes.

    exemplar_selection : {"auto", "responsibility", "uniform"} or float, default="auto"
        How exemplars are chosen for translation. With "responsibility", an exemplar is chosen in
        proportion to how well it explains rows of the class in latent space, which keeps new rows
        close to the class. "uniform" is the paper's rule. A number between 0 (uniform) and 1
        (responsibility) blends the two. "auto" is "responsibility", and "uniform" if `variant` is
        "published".

    generated_fraction : "auto" or float, default="auto"
        Fraction of the new rows that are translated; the others repeat real rows of the class.
        "auto" is 1 for tables. If each column has at most 32 values and trees trained on repeats
        are better than trees trained on translated rows, it is 0.5 or 0; for few rows of text it
        is 0. For images with two classes, "auto" is 0.5, and 0 if translations do not look like
        the class by an out-of-fold check. With more classes, translations are poor, and "auto" is
        0: half of the new rows are exact repeats, the other half are repeats changed by
        differences between neighbouring images of common classes (learned moves), and nothing is
        fine-tuned.

    {augmentation_strength}

    latent_dim : int, default=10
        Number of latents.

    hidden_layer_sizes : "auto" or array-like of int, default="auto"
        Widths of the encoder's hidden layers; the decoder mirrors them. "auto" is (64, 64).
        For images, the channels of the convolutional stages, each of which halves the image;
        "auto" ends at 8 pixels with 32 channels.

    n_exemplars : "auto" or int, default="auto"
        Exemplars drawn at each step to approximate the mixture; "auto" is 64, for images 128.
        More took longer and gained little in our measurements.

    ewc_weight : "auto" or float, default="auto"
        Weight of the Elastic Weight Consolidation penalty. The Fisher information is normalised
        to mean 1, so the weight has no unit; "auto" is 0.01. If `variant` is "published", it is
        not normalised: the best weight depends on the data, and "auto" is 500.

    max_pretrain_steps : "auto" or int, default="auto"
        Maximum number of steps on the exemplars; "auto" is 200, for images 500. Early stopping
        ends the training when the validation loss on held-out exemplars stops falling.

    max_finetune_steps : "auto" or int, default="auto"
        Maximum number of steps on each class; "auto" is 150, for images 250. With at least 50
        rows, early stopping uses the validation loss on a held-out fifth of them; below 500 rows,
        some steps on all rows follow. With fewer than 50 rows, 80 steps are taken, for images 200.
        If `variant` is "published", all steps are taken; "auto" is 200 epochs of the class.

    batch_size : "auto" or int, default="auto"
        Rows per step; rows of smaller classes are repeated, with other noise. "auto" is 64, for
        images 128.

    learning_rate : "auto" or float, default="auto"
        Step size of Adam; "auto" is 0.003, for images 0.004.

    {categorical_features}

    {image_shape}

    {rules}

    {memory}

    {device}

    n_jobs : int or None, default=None
        Processes for fine-tuning, by joblib: one for up to 32 classes of a table, which are
        trained together, or for one class of images. The result does not depend on it.

    {random_state}

    Attributes
    ----------
    {counts}

    source_indices_ : ndarray of shape (n_synthetic,)
        For each new row the index in `X` of the exemplar it was translated from, or of the row it
        repeats; -1 if the class could not be learned.

    parent_indices_ : ndarray of shape (n_synthetic,)
        For each new row the index in `X` of the row of its class that took part: the one towards
        which the exemplar was moved, and whose residual it may have, or the row it repeats.

    {kinds}

    {rules_found}

    exemplar_indices_ : dict of label to ndarray
        Rows of `X` that are the exemplars of each class that was learned: the centres of its
        prior, and the rows that may be translated into it.

    history_ : dict of str to dict
        Phase -> loss term -> mean per epoch of 50 (25 when fine-tuning) steps. Phases are
        "pretrain" and "finetune <label>"; "validation_loss" is the negative ELBO of held-out
        rows. Empty if nothing was trained.

    {fitted}

    See Also
    --------
    imblearn.over_sampling.SMOTE : Interpolates between minority neighbours.

    Notes
    -----
    The latents of a new row are at a random point between those of its exemplar and those of a row
    of the class. The decoder's output is combined with the residual of a real row (for categories
    and missing values: Gumbel and logistic noise drawn given that row's values). With probability
    n / (n + 10), for a class of n rows, it is that row of the class, and otherwise the exemplar.
    Images take fine detail from both rows.

    {accepted}

    Classes of a table are fine-tuned together, as batched matrix products. Their results are
    independent up to rounding: which other classes are over-sampled changes the last digits of a
    training, and so single rows, but not their distribution.

    With ``variant="published"`` none of this is done, and every new row is a translation. New rows
    still have the dtypes, the resolution and the range of their columns. The page on differences
    from the papers says what this variant restores. Images have a Bernoulli likelihood in both.

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
    Counter({0: 359, 1: 359})
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **DeepOverSampler._parameter_constraints,
        **SHARED_CONSTRAINTS,
        "exemplars": "no_validation",
        "variant": [StrOptions({"default", "published"})],
        "exemplar_selection": [
            StrOptions({"auto", "responsibility", "uniform"}),
            Interval(numbers.Real, 0, 1, closed="both"),
        ],
        "latent_dim": [POSITIVE_INTEGER],
        "n_exemplars": [IS_AUTO, POSITIVE_INTEGER],
        "ewc_weight": [IS_AUTO, Interval(numbers.Real, 0, None, closed="left")],
        "max_pretrain_steps": [IS_AUTO, POSITIVE_INTEGER],
        "max_finetune_steps": [IS_AUTO, POSITIVE_INTEGER],
        "batch_size": [IS_AUTO, POSITIVE_INTEGER],
        "n_jobs": [numbers.Integral, None],
    }

    _auto = AUTO

    # The constructor takes these by name, and only stores them.
    sampling_strategy: Any = "auto"
    exemplars: Any = "majority"
    variant: str = "default"
    exemplar_selection: str | float = "auto"
    generated_fraction: str | float = "auto"
    augmentation_strength: str | float = "auto"
    latent_dim: int = 10
    hidden_layer_sizes: str | Sequence[int] = "auto"
    n_exemplars: str | int = "auto"
    ewc_weight: str | float = "auto"
    max_pretrain_steps: str | int = "auto"
    max_finetune_steps: str | int = "auto"
    batch_size: str | int = "auto"
    learning_rate: str | float = "auto"
    categorical_features: Any = "auto"
    image_shape: tuple[int, ...] | None = None
    rules: str | None = "auto"
    memory: str | Memory | None = None
    device: str | torch.device = "auto"
    n_jobs: int | None = None
    random_state: Any = None

    def translate(self, X: Any, label: Label) -> Any:
        """Translate each row into a class that was over-sampled.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows, usually of the majority.
        label : label
            The class to translate into.

        Returns
        -------
        {ndarray, dataframe} of shape (n_samples, n_features)
            For each row a row of class `label` made from it. An int ``random_state`` gives the
            same rows at every call.

        Raises
        ------
        ValueError
            If `label` was not over-sampled, or no network was fine-tuned on it because its new
            rows are repeats (``generated_fraction`` is 0, the default for images with more than
            two classes).
        """
        synthesizer = self._synthesizer_of(label)
        rows = self._modality.encode(self._check_rows(X))
        if self._generated_fraction(len(synthesizer.class_rows)) == 0.0:
            raise ValueError(
                f"No network was fine-tuned on class {label!r}, since its new rows are repeats. "
                "Fit with a 'generated_fraction' above 0 to translate rows into it."
            )
        with self._sampling() as run:
            new = synthesizer.translate(rows, run.rng("translate"))
        return self._decoded([(label, new)])

    def encode(self, X: Any, label: Label) -> npt.NDArray[np.float32]:
        """Encode rows as latents, with the encoder of one class.

        The latents of the rows at ``exemplar_indices_[label]`` are the centres of the mixture
        that is the prior (Ai et al., Eq. 3).

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Real or synthetic rows of any class.
        label : label
            The class whose encoder is used: the fine-tuned one, or the pre-trained one if
            ``generated_fraction`` is 0 and there are learned moves.

        Returns
        -------
        ndarray of shape (n_samples, latent_dim)
            Means of the posteriors q(z | x).

        Raises
        ------
        ValueError
            If `label` was not over-sampled, had too few rows to be learned, its training
            diverged, or its new rows are repeats and no network was trained.
        """
        synthesizer = self._synthesizer_of(label)
        rows = self._modality.encode(self._check_rows(X))
        if not isinstance(synthesizer, MinoritySynthesizer):
            raise ValueError(f"Class {label!r} has no latents: {NOT_LEARNED}.")
        with self._sampling():
            return synthesizer.encode(rows)

    def _check_parameters(self, n_features: int, y: Labels) -> None:
        super()._check_parameters(n_features, y)
        self._exemplar_index(y, [])
        for name, allowed in _FIXED.items() if self._is_published else ():
            value = getattr(self, name)
            if value not in ("auto", *allowed):
                raise ValueError(
                    f"The {name!r} parameter is {value!r}, but variant='published' means "
                    f"{allowed[0]!r}. Leave it at 'auto', or set variant='default'."
                )

    @property
    def _is_published(self) -> bool:
        return self.variant == "published"

    @property
    def _modalities(self) -> tuple[type[TabularModality], type[ImageModality]]:
        return (PublishedTable, PublishedImage) if self._is_published else super()._modalities

    def _exemplar_index(self, y: Labels, labels: Sequence[Label]) -> dict[Label, Indices]:
        """Return the indices of the exemplars of each class."""
        classes, counts = np.unique(y, return_counts=True)
        names = plain_classes(classes)
        # An array would be compared element by element.
        chosen = list(self.exemplars) if np.ndim(self.exemplars) else self.exemplars
        # A class may itself be called "majority".
        if chosen not in names:
            if chosen == "rest":
                return {label: np.flatnonzero(y != label) for label in labels}
            if chosen != "majority":
                raise ValueError(
                    f"The 'exemplars' parameter is {self.exemplars!r}; expected 'majority', "
                    f"'rest' or one of the classes {names}."
                )
            chosen = names[counts.argmax()]
        return dict.fromkeys(labels, np.flatnonzero(y == chosen))

    def _not_learned(self, y: Labels, label: Label, n_rows: int) -> str | None:
        n = len(self._exemplar_index(y, [label])[label])
        if n < _FEWEST_EXEMPLARS:
            return f"has {n} exemplar(s), and at least {_FEWEST_EXEMPLARS} are needed"
        return super()._not_learned(y, label, n_rows)

    def _common_images(self, y: Labels) -> Indices:
        """Return the indices of images that supply learned moves."""
        # With two classes, affine augmentation is better beside translations.
        is_multiclass = self._modality.name == "image" and len(self.classes_) > 2
        if not is_multiclass or self._is_published:
            return np.empty(0, np.intp)
        return _common(y, _FEWEST_COMMON)

    def _varies_repeats(self, y: Labels) -> bool:
        return len(self._common_images(y)) > 0

    def _auto_generated_fraction(self, n_rows: int) -> float:
        if self._is_published or self._modality.name == "table":
            return 1.0
        return 0.5 if len(self.classes_) == 2 else 0.0

    def _config(self) -> MGVAEConfig:
        """Return the parameters, with "auto" resolved."""
        setting, selection, ewc_weight = self._setting, self.exemplar_selection, self.ewc_weight
        if isinstance(selection, str):
            by_default = selection == "auto" and not self._is_published
            selection = float(by_default or selection == "responsibility")
        if isinstance(ewc_weight, str):
            ewc_weight = _PUBLISHED_EWC_WEIGHT if self._is_published else _EWC_WEIGHT
        sizes = self._hidden_layer_sizes()
        if check_hidden_layer_sizes(self.hidden_layer_sizes) is None:
            sizes = tuple(max(_NARROWEST, n // 2) for n in sizes)
        rate, auto = float(setting("learning_rate")), self._auto[self._modality.name]
        return MGVAEConfig(
            hidden_layer_sizes=sizes,
            latent_dim=self.latent_dim,
            n_exemplars=int(setting("n_exemplars")),
            batch_size=int(setting("batch_size")),
            ewc_weight=float(ewc_weight),
            responsibility=float(selection),
            pretrain=TrainConfig(int(setting("max_pretrain_steps")), rate, patience=8),
            # Short epochs, since the best weights come early.
            finetune=TrainConfig(
                int(setting("max_finetune_steps")),
                rate,
                epoch_steps=int(auto["epoch_steps"]),
                patience=2,
            ),
            steps_without_holdout=int(auto["steps_without_holdout"]),
            is_published=self._is_published,
        )

    def _budget(self, config: MGVAEConfig, n_rows: int) -> TrainConfig:
        """Return the budget for a class of ``n_rows`` rows: the paper counts epochs."""
        if not self._is_published:
            return config.finetune
        budget = replace(config.finetune, patience=None)
        if not isinstance(self.max_finetune_steps, str):
            return budget
        n_steps = _PUBLISHED_EPOCHS * math.ceil(n_rows / config.batch_size)
        return replace(budget, max_steps=n_steps)

    def _fit_synthesizers(
        self, rows: EncodedRows, y: Labels, labels: list[Label], run: Run
    ) -> dict[Label, Synthesizer]:
        self.exemplar_indices_: dict[Label, Indices] = {}
        exemplar_index, config = self._exemplar_index(y, labels), self._config()
        if not labels:
            return {}
        common = self._common_images(y)
        used = np.unique(np.concatenate([*exemplar_index.values(), common]))
        pretrained = pretrain(run, config, self._modality, rows[used])
        if pretrained is None:
            return {}
        moves, some = None, _at_most(_MOST_EXEMPLARS, common, run.rng("moves"))
        # The subsample may contain few rows of a small class; such classes are dropped.
        some = some[_common(y[some], _FEWEST_COMMON // 2)]
        if len(some):
            of_classes = np.searchsorted(self.classes_, y[some])
            moves = LearnedMoves(pretrained[0], rows[some], of_classes)
        residual = NoResidual if self._is_published else RESIDUALS[self._modality.name]
        networks: dict[Label, MajorityGuidedVAE | None] = dict.fromkeys(labels, pretrained[0])
        groups = self._groups(config, y, exemplar_index)
        jobs = self._jobs(run, config, groups, pretrained, rows)
        for group, (trained, child) in zip(groups, Parallel(self.n_jobs)(jobs), strict=True):
            run.join(child)
            networks |= zip(group, trained, strict=True)
        synthesizers: dict[Label, Synthesizer] = {}
        for label, network in networks.items():
            if network is None:
                continue
            index = _at_most(_MOST_EXEMPLARS, exemplar_index[label], run.rng("kept exemplars"))
            of_rows = rows[y == label], rows[index], index
            synthesizer = MinoritySynthesizer(
                network, pretrained[0], *of_rows, config.responsibility, residual, moves
            )
            synthesizer.fit_class_adjustment(run.rng("adjustment", self._number(label)))
            synthesizers[label] = synthesizer
            self.exemplar_indices_[label] = self._learned_from[index]
        return synthesizers

    def _groups(
        self, config: MGVAEConfig, y: Labels, exemplar_index: Mapping[Label, Indices]
    ) -> list[dict[Label, Task]]:
        """Return the classes to fine-tune on, in groups that are trained together."""
        tasks = {}
        for label, index in exemplar_index.items():
            class_index = np.flatnonzero(y == label)
            # A class with only repeats needs no network.
            if self._generated_fraction(len(class_index)) > 0.0:
                budget = self._budget(config, len(class_index))
                tasks[label] = Task(self._number(label), class_index, index, budget)
        size = self._auto[self._modality.name]["classes_at_once"]
        labels = list(tasks)
        groups = (labels[start : start + size] for start in range(0, len(labels), size))
        return [{label: tasks[label] for label in group} for group in groups]

    def _jobs(
        self,
        run: Run,
        config: MGVAEConfig,
        groups: Sequence[Mapping[Label, Task]],
        pretrained: tuple[MajorityGuidedVAE, Weights],
        rows: EncodedRows,
    ) -> Iterator[Any]:
        """Yield the fine-tuning of each group of classes, for joblib."""
        for group in groups:
            tasks = {f"finetune {label}": task for label, task in group.items()}
            child = run.child(phases={name: t.budget.n_epochs for name, t in tasks.items()})
            yield delayed(finetune)(child, config, tasks, pretrained, rows)


def _common(y: Labels, n_fewest: int) -> Indices:
    """Return the indices of rows of all classes with at least ``n_fewest`` rows."""
    classes, counts = np.unique(y, return_counts=True)
    return np.flatnonzero(np.isin(y, classes[counts >= n_fewest]))


def _at_most(n: int, index: Indices, rng: torch.Generator) -> Indices:
    """Return a random subset of the rows if there are more. Shape: (m,) -> (at most n,)."""
    return index if len(index) <= n else random_rows(index, n, rng)
