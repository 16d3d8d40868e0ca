"""
Draw a structure, steer the codes
=================================

``BayesGANOverSampler`` learns a few numbers that steer what it makes. Which of them stay apart and
which are entangled is a graph that you draw.
"""

# %%
# The graph
# ---------
#
# Observed codes ``c1`` and ``c2`` are given to the generator, latent codes ``c'1``, ``c'2`` and
# ``c'3`` are read back from its images. An edge says that a latent code depends on its parent, and
# no edge that it does not. The third latent code shall depend on both observed ones.

from mgvae_resample import BayesGANOverSampler, BayesianStructure

structure = BayesianStructure([("c1", "c'1"), ("c2", "c'2"), ("c1", "c'3"), ("c2", "c'3")])
print(structure)

# %%
# Ten digits, five of them rare
# -----------------------------
#
# All images of the digits 0 to 4 are known, and ten of each digit from 5 to 9. One generator
# learns all ten, so that rare digits borrow from common ones how images vary. By default it would
# make 4000 steps; fewer are enough here.

import numpy as np
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
kept = np.concatenate([np.flatnonzero(y == k)[: None if k < 5 else 10] for k in range(10)])
gan = BayesGANOverSampler(structure=structure, image_shape=(8, 8), max_steps=1500, random_state=0)
X_res, y_res = gan.fit_resample(X[kept], y[kept])
print("images of each digit:", np.bincount(y[kept]), "->", np.bincount(y_res))

# %%
# Does the graph hold?
# --------------------
#
# Measured after training on fresh images: R² of each latent code on its parents should be near 1;
# what it owes to any other code, or to the digit, near 0.

import matplotlib.pyplot as plt

from mgvae_resample.display import StructureDisplay, TraversalDisplay

StructureDisplay.from_estimator(gan)
plt.show()

# %%
# What the codes do
# -----------------
#
# Each block moves one observed code from -1.5 to 1.5 and keeps all else. The rows are the five
# rare digits, learned from ten images each. The graph says which codes are independent; what they
# mean is for you to see. Here the first one makes the stroke fainter or bolder in every digit.
#
# Codes are standard normal in training, so the generator met few that are far from 0. Towards the
# ends images leave their class: at 1.5 an 8 and a 9 are filled, and hard to tell apart.

# sphinx_gallery_thumbnail_number = 2
TraversalDisplay.from_estimator(gan, labels=range(5, 10), values=np.linspace(-1.5, 1.5, 7))
plt.show()

# %%
# Rows on demand
# --------------
#
# ``sample`` fixes the codes you name and draws the others: faint sevens, and bold ones, some of
# which begin to fill.

faint, bold = (gan.sample(10, label=7, codes={"c1": value}) for value in (-1.5, 1.5))


def strips(named: dict) -> None:
    _, axes = plt.subplots(len(named), 10, figsize=(8, 1.8), layout="constrained")
    for line, (name, images) in zip(axes, named.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(image.reshape(8, 8), cmap="gray", vmin=0, vmax=16)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    plt.show()


strips({"c1 = -1.5": faint, "c1 = 1.5": bold})

# %%
# Codes of real images
# --------------------
#
# ``latent_codes`` reads the codes of any image. Of the sevens that were not in training, these
# have the lowest and the highest first code: the code holds for real images as well.

unseen = np.setdiff1d(np.flatnonzero(y == 7), kept)
sevens = X[unseen]
order = np.argsort(gan.latent_codes(sevens)[:, 0])
strips({"lowest c'1": sevens[order[:10]], "highest c'1": sevens[order[-10:]]})
