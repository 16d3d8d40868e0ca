"""BayesGANOverSampler: rows from a generator whose codes follow a Bayesian network."""

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

from .._base import (
    DeepOverSampler,
    FittedGenerator,
    Label,
    Table,
    TrainingWarning,
    check_n_samples,
)
from .._callbacks import EpochReport
from .._engine.runtime import normal, single_thread
from .automatic import resolve
from .codes import chosen_codes, traversal
from .generator import ClassGenerator
from .multiclass import Learning, learnable
from .structure import BayesianStructure

__all__ = ["BayesGANOverSampler"]

Array = npt.NDArray[Any]


@Substitution(
    sampling_strategy=BaseOverSampler._sampling_strategy_docstring,
    random_state=_random_state_docstring,
)
class BayesGANOverSampler(DeepOverSampler):
    """Over-sample with a GAN whose latent codes follow a Bayesian network (IMSIC).

    One conditional generator G(z, y, c) learns all classes together, so that a class with few
    rows borrows from the others how rows vary. A few observed codes c steer what it makes. The
    discriminator reads latent codes c' back from rows, and a Bayesian network given by the user
    says which of them may depend on which: codes become disentangled, or entangled on
    purpose [1]_.

    Parameters
    ----------
    {sampling_strategy}

    structure : {{"disentangled", "entangled", "infogan"}}, BayesianStructure or None, \
default="disentangled"
        The Bayesian network. "disentangled" ties each latent code to one observed code,
        "entangled" adds a latent code that depends on two others. "infogan" keeps the codes and
        InfoGAN's mutual-information bound, without a network. None is a conditional GAN without
        codes.

    n_codes : int, default=4
        Number of observed codes; a `BayesianStructure` brings its own.

    noise_dim : int, default=64
        Width of the noise z.

    structure_weight : float, default=0.2
        Weight of the structure terms (of the mutual-information bound with "infogan").

    hidden_layer_sizes : "auto" or array-like of int, default="auto"
        Widths of the hidden layers of both players; "auto" is (300, 300) for tables of more than
        200 columns and (128, 128) otherwise. For images the channels of the convolutional
        stages, each of which halves the image; "auto" goes down to 8 pixels with 64 channels.

    generated_share : "auto" or float, default="auto"
        Share of the new rows that are generated; the others repeat real rows of the class, which
        keeps a classifier true to it. "auto" is one half for classes of up to 100 rows and
        50 / n for classes of n rows: what is common needs no generator. 1 asks for generated
        rows only.

    augmentation : "auto" or float, default="auto"
        How far the images that ``fit_resample`` adds are shifted, turned, scaled and sheared, as
        a share of the random movements under which the discriminator sees images in training
        (0.1 of the side, 0.2 radians, 15 %, 0.2). "auto" goes as far as moved images lie at
        most 15 % farther from the nearest one of their class than unmoved ones. 0 leaves images
        as they are. Tables are not touched.

    max_steps : "auto" or int, default="auto"
        Optimiser steps. "auto" makes 4000 on images and 3000 on tables.

    batch_size : "auto" or int, default="auto"
        Real rows a step, each of a class at random, and as many generated ones. "auto" is 64
        for images and 128 for tables.

    learning_rate : float, default=0.001
        Step size of Adam for both players.

    categorical_features : "auto", None or array-like, default="auto"
        Columns that hold categories: a list of names or indices, or a mask. "auto" takes the
        category, text, object and bool columns of a data frame, and of an object array those
        that hold more than numbers. Categories coded as integers must be named.

    image_shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)`` declares that the columns are the
        pixels of flattened images: the networks become convolutional, and the discriminator sees
        images a little shifted, turned and scaled.

    device : str or torch.device, default="auto"
        "auto" takes CUDA, then MPS, then the CPU.

    {random_state}

    Attributes
    ----------
    sampling_strategy_ : dict
        Class label -> number of rows made.

    n_synthetic_ : dict
        The same, without the classes of which none were made.

    source_indices_ : ndarray of shape (n_synthetic,)
        For each new row the index in `X` of the row it repeats; -1 where it was generated.

    structure_ : BayesianStructure or None
        The network in force; the disentangled one for "infogan", by which it is scored.

    edge_scores_ : EdgeScores or None
        How far codes read from fresh rows follow the structure: R^2 of each latent code on its
        parents, and its dependence on non-parents and on the class. None without codes.

    history_ : dict
        Each loss term's mean per epoch of 50 steps.

    n_iter_ : int
        Optimiser steps taken.

    stop_reason_ : str
        Why the training stopped: "max_steps", "callback", "diverged", or "none" where nothing
        was trained.

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
    MGVAEOverSampler : Translates majority rows; for two classes and ordinary tables.
    BayesianStructure : A structure of one's own.

    Notes
    -----
    Generated rows that the discriminator's classifier takes for another class are drawn again.
    Values are missing as often as in the class.

    References
    ----------
    .. [1] Y. He, F. Lin, X. Yuan, N.-F. Tzeng, "Interpretable Minority Synthesis for Imbalanced
       Classification", IJCAI 2021, pp. 2542-2548.

    Examples
    --------
    >>> from collections import Counter
    >>> from sklearn.datasets import make_classification
    >>> from mgvae_resample import BayesGANOverSampler
    >>> X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    >>> sampler = BayesGANOverSampler(max_steps=100, random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> Counter(y_res.tolist())
    Counter({{0: 359, 1: 359}})
    >>> sampler.sample(5, label=1, codes={{"c1": 2.0}}).shape
    (5, 20)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **DeepOverSampler._parameter_constraints,
        "structure": [
            StrOptions({"disentangled", "entangled", "infogan"}),
            BayesianStructure,
            None,
        ],
        "n_codes": [Interval(numbers.Integral, 1, None, closed="left")],
        "noise_dim": [Interval(numbers.Integral, 1, None, closed="left")],
        "structure_weight": [Interval(numbers.Real, 0, None, closed="left")],
        "hidden_layer_sizes": [StrOptions({"auto"}), "array-like"],
        "generated_share": [StrOptions({"auto"}), Interval(numbers.Real, 0, 1, closed="both")],
        "augmentation": [StrOptions({"auto"}), Interval(numbers.Real, 0, None, closed="left")],
        "max_steps": [StrOptions({"auto"}), Interval(numbers.Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(numbers.Integral, 2, None, closed="left")],
        "learning_rate": [Interval(numbers.Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        structure: str | BayesianStructure | None = "disentangled",
        n_codes: int = 4,
        noise_dim: int = 64,
        structure_weight: float = 0.2,
        hidden_layer_sizes: str | Sequence[int] = "auto",
        generated_share: str | float = "auto",
        augmentation: str | float = "auto",
        max_steps: str | int = "auto",
        batch_size: str | int = "auto",
        learning_rate: float = 1e-3,
        categorical_features: Any = "auto",
        image_shape: tuple[int, ...] | None = None,
        device: str | torch.device = "auto",
        random_state: Any = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.structure = structure
        self.n_codes = n_codes
        self.noise_dim = noise_dim
        self.structure_weight = structure_weight
        self.hidden_layer_sizes = hidden_layer_sizes
        self.generated_share = generated_share
        self.augmentation = augmentation
        self.max_steps = max_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state

    def sample(self, n_samples: Any, label: Label, codes: Any = None) -> Any:
        """Generate new rows of one class, steered by observed codes where they are given.

        An int ``random_state`` gives the same rows at every call, and not those that
        ``fit_resample`` returned. With the same codes and other labels, the noise is the same.

        Parameters
        ----------
        n_samples : int
            Number of rows, at least 1.
        label : label
            One of the classes that ``fit_resample`` over-sampled.
        codes : dict, array-like of shape (n_codes,) or (n_samples, n_codes), default=None
            Values of the observed codes, standard normal where not given; a dict such as
            ``{"c1": 2.0}`` gives some of them, as numbers or arrays of shape (n_samples,).

        Returns
        -------
        {ndarray, dataframe} of shape (n_samples, n_features)
            Rows in the container and the dtypes of the fitted table; dense for a sparse one.

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer, `label` was not over-sampled, or `codes`
            are not codes of this sampler.
        """
        generator = self._generator_of(label)
        n_rows, device = check_n_samples(n_samples), self._sampling_device()
        stream = self._streams().generator("sample")
        with single_thread():
            if isinstance(generator, ClassGenerator):
                names = () if self.structure_ is None else self.structure_.observed
                c = chosen_codes(codes, names, n_rows, self._streams().generator("codes"))
                rows = generator.generate(n_rows, stream, device, codes=c)
            elif codes is not None:
                raise ValueError(
                    f"'codes' cannot steer class {label!r}: it had too few rows to be learned."
                )
            else:
                rows, _ = generator.draw(n_rows, stream, device)
        return self._restore([(label, rows)])

    def traverse(
        self,
        code: str,
        labels: Sequence[Label] | None = None,
        values: Any = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0),
    ) -> Any:
        """Move one observed code and keep all else, for several classes.

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
        names = () if self.structure_ is None else self.structure_.observed
        if labels is None:
            labels = [k for k, g in self._generators.items() if isinstance(g, ClassGenerator)]
        streams = self._streams()
        c = traversal(code, values, names, streams.generator("codes"))
        stream = streams.generator("traverse")
        noise = normal((1, self.noise_dim), stream, torch.device("cpu")).numpy()
        noise = np.repeat(noise, len(c), axis=0)
        rows = []
        for label in labels:
            generator = self._generator_of(label)
            if not isinstance(generator, ClassGenerator):
                raise ValueError(f"Class {label!r} had too few rows to be learned.")
            with single_thread():
                made = generator.generate(
                    len(c), streams.generator("unused"), self._sampling_device(), c, noise
                )
            rows.append((label, made))
        return self._restore(rows)

    def latent_codes(self, X: Any) -> npt.NDArray[np.float32]:
        """Read the latent codes c' from rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Real or generated rows of any class.

        Returns
        -------
        ndarray of shape (n_rows, n_latent)
            The codes, of mean 0 and variance 1 over generated rows of all classes, in the order
            of ``structure_.latent``.
        """
        self._check_resampled()
        rows = self._check_rows(X)
        if self._reader is None:
            raise ValueError(
                "There are no latent codes: structure=None has none, or no class had enough rows "
                "to be learned."
            )
        with single_thread():
            return self._reader.read(self._codec.encode(rows), self._sampling_device())

    def _fit_generators(self, table: Table, labels: list[Label]) -> dict[Label, FittedGenerator]:
        layout = table.codec.layout_
        learned, reasons = learnable(table.y, layout.width)
        for label in [label for label in labels if label in reasons]:
            self._warn_few_rows(label, reasons[label])
        settings = resolve(self.get_params(), layout, len(learned))
        root = self._init_callback_context(max_subtasks=1, sequential_subtasks=False)
        root.call_on_fit_task_begin(estimator=self)
        learning = Learning(
            settings, table.codes, table.y, table.codec, learned, table.streams, table.device
        )
        result = learning.run(labels, report=partial(EpochReport, self, root))
        root.call_on_fit_task_end(estimator=self)
        if result.trouble is not None:
            warnings.warn(f"The training {result.trouble}", TrainingWarning, stacklevel=2)
        self._codec, self._reader = table.codec, result.reader
        self.structure_, self.edge_scores_ = settings.structure, result.scores
        self.history_ = result.record.history
        self.n_iter_ = result.record.n_steps
        self.stop_reason_ = result.record.stop_reason
        return dict(result.generators)
