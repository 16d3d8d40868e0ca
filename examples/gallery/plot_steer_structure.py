"""
Define a structure, set the codes
=================================

``BayesGANOverSampler`` learns codes that control what it generates. A Bayesian network that you
define says which codes are independent (disentangled) and which depend on others (entangled).
"""

# %%
# The graph
# ---------
#
# Observed codes ``c1`` and ``c2`` are inputs of the generator. Latent codes ``c'1``, ``c'2`` and
# ``c'3`` are read back from its images. An edge means that a latent code depends on its parent;
# where there is no edge, it does not. Here the third latent code depends on both observed codes.

from mgvae_resample import BayesGANOverSampler, BayesianStructure

structure = BayesianStructure([("c1", "c'1"), ("c2", "c'2"), ("c1", "c'3"), ("c2", "c'3")])
print(structure)

# %%
# Ten digits, five of them rare
# -----------------------------
#
# All images of the digits 0 to 4 are known, and ten of each digit from 5 to 9. One generator
# learns all ten digits, so the rare ones benefit from the common ones. 1500 steps are the default.

import numpy as np
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
kept = np.concatenate([np.flatnonzero(y == k)[: None if k < 5 else 10] for k in range(10)])
gan = BayesGANOverSampler(structure=structure, image_shape=(8, 8), max_steps=1500, random_state=0)
X_res, y_res = gan.fit_resample(X[kept], y[kept])
print("images of each digit:", np.bincount(y[kept]), "->", np.bincount(y_res))

# %%
# Do the codes follow the graph?
# ------------------------------
#
# This is measured on new images after training. The R² of each latent code on its parents should
# be near 1. What other codes or the digit explain beyond that should be near 0.

import matplotlib.pyplot as plt

from mgvae_resample.display import StructureDisplay, TraversalDisplay

StructureDisplay.from_estimator(gan)
plt.show()

# %%
# What the codes do
# -----------------
#
# Each block changes one observed code from -1.5 to 1.5 and keeps everything else. The rows are the
# five rare digits, learned from ten images each. The graph says which codes are independent, not
# what they mean. Here the first code makes the stroke fainter or bolder in every digit.
#
# Codes are standard normal in training, so the generator saw few values far from 0. Towards the
# ends images leave their class: at 1.5 an 8 and a 9 are filled and hard to tell apart.

# sphinx_gallery_thumbnail_number = 2
TraversalDisplay.from_estimator(gan, labels=range(5, 10), values=np.linspace(-1.5, 1.5, 7))
plt.show()

# %%
# Sample with given codes
# -----------------------
#
# ``sample`` sets the codes you name and draws the others at random: faint sevens, and bold ones,
# some of which begin to fill.

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
# ``infer_codes`` reads the codes of any image. Among the sevens that were not in training, these
# have the lowest and the highest first code. So the code has the same meaning for real images.

unseen = np.setdiff1d(np.flatnonzero(y == 7), kept)
sevens = X[unseen]
order = np.argsort(gan.infer_codes(sevens)[:, 0])
strips({"lowest c'1": sevens[order[:10]], "highest c'1": sevens[order[-10:]]})
