"""The picture of the README: common images, the rare ones made of them, the nearest known ones."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.shared.datasets import SHOTS, Rows
from benchmarks.shared.image_tasks import IMAGE_SHAPE, TWO_CLASS_TASKS, two_class_split
from benchmarks.shared.options import chosen, option_parser
from mgvae_resample import MGVAEOverSampler

N_IMAGES = 14
WORDS = ("common image", "rare image\nmade of it", "nearest of the\nknown rare ones")


def main() -> None:
    """Train on two classes of images, and draw the first that come back; none is chosen."""
    options = option_parser("Pictures of translated images", seeds=(0,), methods=None)
    options.set_defaults(datasets=["mnist-600"])
    options.add_argument("--pictures", type=Path, default=Path("docs/images"), help="folder")
    given = options.parse_args()
    for task in chosen(TWO_CLASS_TASKS, given.datasets):
        for seed in given.seeds:
            split = two_class_split(task, seed, given.data)
            sampler = MGVAEOverSampler(image_shape=split.image_shape, random_state=seed)
            X_res, _ = sampler.fit_resample(split.X, split.y)
            new = X_res[len(split.X) :][:N_IMAGES]
            known = split.X[split.y == 1]
            nearest = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(new)[1][:, 0]
            sources = split.X[sampler.source_indices_[:N_IMAGES]]
            path = given.pictures / f"translations-{task}-{seed}.png"
            _draw(path, [sources, new, known[nearest]])
            print(f"{path}: {SHOTS[task.rsplit('-', 1)[1]]} rows of each rare class were known")


def _draw(path: Path, lines: list[Rows]) -> None:
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(lines), N_IMAGES, figsize=(0.62 * N_IMAGES + 1.4, 2.1))
    for images, words, line in zip(lines, WORDS, axes, strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(np.reshape(image, IMAGE_SHAPE), cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_color("#D0D0D0")
        line[0].set_ylabel(words, rotation=0, ha="right", va="center", fontsize=10)
    figure.subplots_adjust(wspace=0.06, hspace=0.06)
    figure.savefig(path, dpi=100, bbox_inches="tight", facecolor="white")
    plt.close(figure)


if __name__ == "__main__":
    main()
