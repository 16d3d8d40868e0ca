"""BayesGANOverSampler: rows from a generator whose codes follow a Bayesian network."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from joblib import Memory
from sklearn.utils._param_validation import Interval, StrOptions

from .._base import NOT_LEARNED, Condition, DeepOverSampler, Label, Labels, plain_classes
from .._checks import IS_AUTO, POSITIVE_INTEGER, SHARED_CONSTRAINTS, check_n_samples
from .._docs import documented
from .._encoding.layout import EncodedRows
from .._nn.random import normal
from .._nn.training import TrainConfig
from .._run import Run
from .._synthesizer import Synthesizer
from .codes import CodeReader, given_codes, traversal
from .structure import BayesianStructure
from .synthesizer import ClassSynthesizer
from .train import BayesGANConfig, fit_gan

__all__ = ["BayesGANOverSampler"]

_EMA_DECAY = 0.998
# Classes with more images than this get a smaller fraction of generated ones.
_COMMON = 100
# Values of "auto".
AUTO = {
    "table": {"batch_size": 80, "learning_rate": 2e-3},
    "image": {"batch_size": 64, "learning_rate": 1e-3},
}


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class BayesGANOverSampler(DeepOverSampler):
    """Over-sample with a GAN whose latent codes follow a Bayesian network (IMSIC).

    One conditional generator G(z, y, c) learns all classes together, so that a class with few
    rows learns from the others how rows vary. A few observed codes c steer its rows. The
    discriminator reads latent codes c' back from rows, and a Bayesian network defines which codes
    may depend on which others: codes become disentangled, or entangled on purpose [1]_.

    Three parameters are worth a look first: `sampling_strategy` (how many rows to make; less than
    full balance often gives a better F1 score), `image_shape` (if columns are pixels) and
    `generated_fraction` (how many of the new rows repeat real ones).

    Parameters
    ----------
    {sampling_strategy}

    structure : {"disentangled", "entangled", "infogan"}, BayesianStructure or None, \
default="disentangled"
        The Bayesian network. "disentangled" ties each latent code to one observed code,
        "entangled" adds a latent code that depends on two others. "infogan" keeps the codes and
        InfoGAN's mutual-information bound, without a network. None is a conditional GAN without
        codes.

    n_codes : int, default=4
        Number of observed codes; ignored if `structure` is a `BayesianStructure`.

    noise_dim : int, default=64
        Width of the noise z.

    structure_weight : float, default=0.15
        Weight of the structure terms (of the mutual-information bound with "infogan").

    hidden_layer_sizes : "auto" or array-like of int, default="auto"
        Widths of the hidden layers of both players; "auto" is (128, 128). For images, the channels
        of the convolutional stages, each of which halves the image; "auto" ends at 8 pixels with
        64 channels.

    generated_fraction : "auto" or float, default="auto"
        Fraction of the new rows that are generated; the others repeat real rows of the class.
        "auto" is 1 for tables. If each column has at most 32 values and trees trained on repeats
        are better than trees trained on generated rows, it is 0.5 or 0; for few rows of text it is
        0. For images, "auto" is 0.25 for classes of up to 100 images and 25 / n for classes of n,
        since larger classes need fewer generated images; it is 0 if generated images do not look
        like the class by an out-of-fold check. With 0 nothing is trained.

    {augmentation_strength}

    max_steps : int, default=1500
        Optimiser steps.

    batch_size : "auto" or int, default="auto"
        Real rows per step, and as many generated ones, each of a random class; "auto" is 80, for
        images 64.

    learning_rate : "auto" or float, default="auto"
        Step size of Adam for both players; "auto" is 0.002, for images 0.001.

    {categorical_features}

    {image_shape}

    {rules}

    {memory}

    {device}

    {random_state}

    Attributes
    ----------
    {counts}

    source_indices_ : ndarray of shape (n_synthetic,)
        For each new row the index in `X` of the row it repeats; -1 if it was generated.

    parent_indices_ : ndarray of shape (n_synthetic,)
        The same, since a generated row has no parent: it is computed from noise and the weights
        of the generator, which all rows have shaped. For a class that could not be learned, the
        row that noise was added to.

    {kinds}

    {rules_found}

    structure_ : BayesianStructure or None
        The Bayesian network; for "infogan" the disentangled one, which is only used for scores.

    edge_scores_ : EdgeScores or None
        How well codes read from new rows follow the structure: R^2 of each latent code on its
        parents, and its dependence on non-parents and on the class. None without codes.

    history_ : dict of str to dict
        Phase -> loss term -> mean per epoch of 50 steps. The phase is "train"; empty if nothing
        was trained.

    {fitted}

    See Also
    --------
    MGVAEOverSampler : Translates majority rows; for two classes and ordinary tables.
    BayesianStructure : Defines another structure.

    Notes
    -----
    Generated rows that the discriminator's classifier assigns to another class are drawn again.
    In tables of six columns or more, for classes with at least 50 rows and as many as columns, new
    rows are accepted in proportion to the density ratio of real and generated rows, estimated by
    boosted trees (rejection sampling [2]_). The discriminator sees augmented images (slightly
    shifted, rotated, scaled and sheared).

    {accepted}

    References
    ----------
    .. [1] Y. He, F. Lin, X. Yuan, N.-F. Tzeng, "Interpretable Minority Synthesis for Imbalanced
       Classification", IJCAI 2021, pp. 2542-2548.
    .. [2] S. Azadi, C. Olsson, T. Darrell, I. Goodfellow, A. Odena, "Discriminator Rejection
       Sampling", ICLR 2019.

    Examples
    --------
    >>> from collections import Counter
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import BayesGANOverSampler
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = BayesGANOverSampler(max_steps=100, random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> Counter(y_res.tolist())
    Counter({0: 359, 1: 359})
    >>> sampler.sample(5, label=1, codes={"c1": 2.0}).shape
    (5, 20)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **DeepOverSampler._parameter_constraints,
        **SHARED_CONSTRAINTS,
        "structure": [
            StrOptions({"disentangled", "entangled", "infogan"}),
            BayesianStructure,
            None,
        ],
        "n_codes": [POSITIVE_INTEGER],
        "noise_dim": [POSITIVE_INTEGER],
        "structure_weight": [Interval(numbers.Real, 0, None, closed="left")],
        "max_steps": [POSITIVE_INTEGER],
        "batch_size": [IS_AUTO, Interval(numbers.Integral, 2, None, closed="left")],
    }

    _auto = AUTO

    # The constructor takes these by name, and only stores them.
    sampling_strategy: Any = "auto"
    structure: str | BayesianStructure | None = "disentangled"
    n_codes: int = 4
    noise_dim: int = 64
    structure_weight: float = 0.15
    hidden_layer_sizes: str | Sequence[int] = "auto"
    generated_fraction: str | float = "auto"
    augmentation_strength: str | float = "auto"
    max_steps: int = 1500
    batch_size: str | int = "auto"
    learning_rate: str | float = "auto"
    categorical_features: Any = "auto"
    image_shape: tuple[int, ...] | None = None
    rules: str | None = "auto"
    memory: str | Memory | None = None
    device: str | torch.device = "auto"
    random_state: Any = None

    @documented
    def sample(
        self,
        n_samples: Any,
        label: Label = None,
        codes: Any = None,
        *,
        where: Condition | None = None,
        random_state: Any = None,
    ) -> Any:
        """Generate new rows of one class, optionally steered by observed codes.

        With the same codes, rows of different labels start from the same noise; refused rows are
        drawn again with other noise. `traverse` keeps the noise of every row.

        Parameters
        ----------
        {sample}
        codes : dict, array-like of shape (n_codes,) or (n_samples, n_codes), default=None
            Values of the observed codes; missing ones are standard normal. A dict such as
            ``{"c1": 2.0}`` sets some of them, to numbers or arrays of shape (n_samples,). With
            `where`, each code must be one number.
        {where}
        {sample_seed}

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer, `label` was not over-sampled, `codes` are not
            codes of this sampler, or too few rows meet `where`.
        """
        label = self._label_or_only(label)
        synthesizer, n = self._synthesizer_of(label), check_n_samples(n_samples)
        is_learned = isinstance(synthesizer, ClassSynthesizer)
        if codes is not None and not is_learned:
            raise ValueError(f"'codes' cannot steer class {label!r}: {NOT_LEARNED}.")
        with self._sampling(random_state) as run:
            rng = run.rng("sample")

            def draw(n: int) -> EncodedRows:
                if codes is None:
                    return synthesizer.sample(n, rng)  # type: ignore[no-any-return]
                c = given_codes(codes, self._observed(), n)
                return synthesizer.generate(n, rng, c)  # type: ignore[no-any-return]

            return self._drawn(label, n, draw, where, run)

    def traverse(
        self,
        code: str,
        labels: Sequence[Label] | None = None,
        values: Any = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0),
    ) -> Any:
        """Vary one observed code and keep all else, for several classes.

        Parameters
        ----------
        code : str
            Name of the code, such as "c1".
        labels : sequence of labels, default=None
            The classes, all that were learned and over-sampled if None.
        values : array-like of shape (n_values,)
            Values of the code; it is standard normal in training.

        Returns
        -------
        {ndarray, dataframe} of shape (n_labels * n_values, n_features)
            Rows, class by class. Noise and other codes are the same in all of them.

        Raises
        ------
        ValueError
            If there is no such code, or a class was not learned and over-sampled.
        """
        self._check_resampled()
        if labels is None:
            labels = [k for k, s in self._synthesizers.items() if isinstance(s, ClassSynthesizer)]
        if not len(labels):
            raise ValueError("There is no class to move a code in: none was given or learned.")
        parts = []
        with self._sampling() as run:
            c = traversal(code, values, self._observed(), run.rng("codes"))
            for label in labels:
                synthesizer = self._synthesizer_of(label)
                if not isinstance(synthesizer, ClassSynthesizer):
                    raise ValueError(f"Codes cannot be moved in class {label!r}: {NOT_LEARNED}.")
                shape = (1, synthesizer.network.noise_dim)
                z = normal(shape, run.rng("traverse"), torch.device("cpu")).expand(len(c), -1)
                rng = run.rng("unused")
                parts.append((label, synthesizer.generate(len(c), rng, c, z.numpy())))
        return self._decoded(parts)

    def infer_codes(self, X: Any) -> npt.NDArray[np.float32]:
        """Read the latent codes c' from rows.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Real or generated rows of any class.

        Returns
        -------
        ndarray of shape (n_samples, n_latent)
            The codes, in the order of ``structure_.latent``, with mean 0 and variance 1 over rows
            of all classes generated from standard normal codes.

        Raises
        ------
        ValueError
            If there is no structure, or nothing was trained because no class had enough rows or
            all new rows are repeats.
        """
        self._check_resampled()
        rows = self._modality.encode(self._check_rows(X))
        if self._reader is None:
            raise ValueError(
                "There are no latent codes: structure=None has none, and nothing is "
                "trained if no class has enough rows or all new rows are repeats."
            )
        with self._sampling() as run:
            self._reader.network.to(run.device)
            return self._reader.read(rows)

    def _observed(self) -> tuple[str, ...]:
        return () if self.structure_ is None else self.structure_.observed

    def _check_parameters(self, n_features: int, y: Labels) -> None:
        super()._check_parameters(n_features, y)
        self._structure()

    def _auto_generated_fraction(self, n_rows: int) -> float:
        if self._modality.name == "table":
            return 1.0
        return 0.25 * min(1.0, _COMMON / n_rows)

    def _structure(self) -> BayesianStructure | None:
        """Return the Bayesian network; the disentangled one for "infogan"."""
        if not isinstance(self.structure, str):
            return self.structure
        name = "disentangled" if self.structure == "infogan" else self.structure
        return BayesianStructure.preset(name, self.n_codes)

    def _config(self) -> BayesGANConfig:
        """Return the parameters, with "auto" resolved."""
        return BayesGANConfig(
            hidden_layer_sizes=self._hidden_layer_sizes(),
            structure=self._structure(),
            is_regularised=self.structure != "infogan",
            noise_dim=self.noise_dim,
            structure_weight=float(self.structure_weight),
            batch_size=int(self._setting("batch_size")),
            train=TrainConfig(
                int(self.max_steps),
                float(self._setting("learning_rate")),
                betas=(0.0, 0.99),
                ema_decay=_EMA_DECAY,
            ),
        )

    def _fit_synthesizers(
        self, rows: EncodedRows, y: Labels, labels: list[Label], run: Run
    ) -> dict[Label, Synthesizer]:
        config = self._config()
        self.structure_, self.edge_scores_, self._reader = config.structure, None, None
        if not labels:
            return {}
        # All classes with enough rows are learned, over-sampled or not.
        classes, counts = np.unique(y, return_counts=True)
        classes = classes[counts >= self._fewest_rows]
        kept = np.isin(y, classes)
        numbers = np.searchsorted(classes, y[kept])
        network = fit_gan(run, config, self._modality, rows[kept], numbers)
        if network is None:
            return {}
        synthesizers: dict[Label, ClassSynthesizer] = {}
        for number, label in enumerate(plain_classes(classes)):
            synthesizers[label] = synthesizer = ClassSynthesizer(network, number, rows[y == label])
            synthesizer.fit_class_adjustment(run.rng("adjustment", number))
            if label in labels:
                synthesizer.fit_density_ratio(run.rng("density ratio", number))
        if config.structure is not None:
            learned = list(synthesizers.values())
            self._reader, self.edge_scores_ = CodeReader.fit(run, config.structure, learned)
        return {label: synthesizers[label] for label in labels}
