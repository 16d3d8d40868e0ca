"""The picture of the guide on images: real, moved and translated images of many kinds."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.shared.datasets import Rows
from benchmarks.shared.drawn_images import NAMES, rare_classes, split_of
from benchmarks.shared.options import chosen, option_parser
from mgvae_resample import MGVAEOverSampler

KINDS = ("real", "moved", "translated")
# Screen pixels: of each pixel of an image, between images, of a strip of images, and of labels.
SCALE, GAP, STRIP, LABELS, TITLES = 2, 4, 272, 100, 24


def main() -> None:
    """Train on each set, and draw the first new images of its rarest class; none is chosen."""
    options = option_parser("Pictures of moved and translated images", seeds=(0,), methods=None)
    options.add_argument("--pictures", type=Path, default=Path("docs/images"), help="folder")
    given = options.parse_args()
    for seed in given.seeds:
        lines = {name: strips(name, seed) for name in chosen(NAMES, given.datasets)}
        path = given.pictures / f"kinds-of-images-{seed}.png"
        draw(path, lines)
        print(path)


def strips(name: str, seed: int) -> list[Rows]:
    """Return a strip of real, of moved and of translated images. Shape: -> 3 of (h, w, 3)."""
    split = split_of(name, seed)
    sampler = MGVAEOverSampler(
        image_shape=split.image_shape, generated_fraction=0.5, random_state=seed
    )
    X_res, y_res = sampler.fit_resample(split.X, split.y)
    rare = rare_classes(split.y)[-1]
    new, is_rare = X_res[len(split.X) :], y_res[len(split.X) :] == rare
    found = {k: new[is_rare & (sampler.sample_kinds_ == k)] for k in KINDS[1:]}
    found["real"] = split.X[split.y == rare]
    return [_strip(found[kind], split.image_shape or ()) for kind in KINDS]


def _strip(images: Rows, image_shape: tuple[int, ...]) -> Rows:
    """Put as many images side by side as there is room for, on white."""
    height, width, depth = (*image_shape, 1)[:3]
    side = np.ones((SCALE * height + GAP, STRIP, 3))
    for i in range(min(len(images), STRIP // (SCALE * width + GAP))):
        pixels = images[i].reshape(height, width, depth)
        large = pixels.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        left = i * (SCALE * width + GAP)
        side[: SCALE * height, left : left + SCALE * width] = large
    return side


def draw(path: Path, lines: dict[str, list[Rows]]) -> None:
    """Draw a line for each set, every pixel at one size."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    pictures = np.concatenate(
        [np.concatenate(line, axis=1) for line in lines.values()],
    )
    height, width = TITLES + len(pictures), LABELS + pictures.shape[1]
    figure = plt.figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white")
    figure.figimage(pictures, LABELS, 0, origin="upper")
    for i, kind in enumerate(KINDS):
        x = (LABELS + i * STRIP) / width
        figure.text(x, 1 - TITLES / 2 / height, kind, fontsize=9, va="center")
    top = TITLES
    for name, line in lines.items():
        middle = top + (len(line[0]) - GAP) / 2
        figure.text(0.005, 1 - middle / height, name, fontsize=9, va="center")
        top += len(line[0])
    figure.savefig(path, dpi=100)
    plt.close(figure)


if __name__ == "__main__":
    main()
