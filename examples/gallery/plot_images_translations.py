"""
Images, and where they come from
================================

``MGVAEOverSampler`` makes each new image from a common image, its exemplar, and a rare one. This
example shows them side by side.
"""

# %%
# A class of few images
# ---------------------
#
# The digits of scikit-learn have 8x8 pixels, flattened to rows of 64. Digits 0 to 4 are common,
# and only five images of each digit from 5 to 9 are known. Half of all images are kept for
# testing.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, digits = load_digits(return_X_y=True)
X_half, X_test, digits_half, digits_test = train_test_split(
    X, digits, test_size=0.5, stratify=digits, random_state=0
)
common = np.flatnonzero(digits_half < 5)
few = [np.flatnonzero(digits_half == digit)[:5] for digit in range(5, 10)]
kept = np.concatenate([common, *few])
X_train = X_half[kept]
y_train = np.where(digits_half[kept] < 5, "0 to 4", "5 to 9")
y_test = np.where(digits_test < 5, "0 to 4", "5 to 9")
for label in np.unique(y_train):
    print(label, "-", np.sum(y_train == label), "images")

# %%
# Train
# -----
#
# ``image_shape`` says that the columns are pixels, so the networks are convolutional.

from mgvae_resample import MGVAEOverSampler

sampler = MGVAEOverSampler(image_shape=(8, 8), random_state=0)
X_res, y_res = sampler.fit_resample(X_train, y_train)
new = X_res[len(X_train) :]
print(f"{len(new)} new images, pixels from {new.min():g} to {new.max():g}, {new.dtype}")

# %%
# The model was pre-trained on the common images. Then a copy was fine-tuned on the 25 rare ones,
# with a penalty (EWC) that keeps it close to the pre-trained weights. The dashed line is the
# validation loss, on held-out images. With so few rare images none are held out, and fine-tuning
# makes 200 steps.

import matplotlib.pyplot as plt

from mgvae_resample.display import TrainingCurvesDisplay

TrainingCurvesDisplay.from_estimator(sampler)
plt.show()

# %%
# Translations
# ------------
#
# Common images drawn at random, and below each its translation; ``sampler.translate`` returns
# the same as rows. Slant and stroke width carry over. There is no selection here: some images
# stay close to what they were, and some are blurred.

from mgvae_resample.display import TranslationDisplay

some = np.random.default_rng(0).permutation(np.flatnonzero(y_train == "0 to 4"))
TranslationDisplay.from_estimator(sampler, X_train[some], "5 to 9", n_rows=12)
plt.show()

# %%
# Are they copies?
# ----------------
#
# Half of the images that ``fit_resample`` adds are translations; ``sample_kinds_`` says which.
# The others are rare images, shifted, rotated and scaled a little. ``fit_resample`` chooses
# pairs in another way: first a rare image, then a common one that resembles it. So pairs match
# better than above, and new images are sharper and closer to known ones. ``source_indices_``
# names the common image behind each. The last line shows the nearest of the 25 real rare images.
# New images lie between the two: many stay close to the real one, others keep a stroke of the
# common one, and a few are still the common digit.

from sklearn.neighbors import NearestNeighbors

real = X_train[y_train == "5 to 9"]
chosen = np.flatnonzero(sampler.sample_kinds_ == "translated")[:12]
nearest = NearestNeighbors(n_neighbors=1).fit(real).kneighbors(new[chosen])[1][:, 0]
strips = {
    "exemplar": X_train[sampler.source_indices_[chosen]],
    "made from it": new[chosen],
    "nearest real": real[nearest],
}
# sphinx_gallery_thumbnail_number = 3
figure, axes = plt.subplots(3, 12, figsize=(10, 2.8), layout="constrained")
for line, (name, images) in zip(axes, strips.items(), strict=True):
    for ax, image in zip(line, images, strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray", vmin=0, vmax=16)
        ax.set(xticks=[], yticks=[])
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()

# %%
# Do they help a classifier?
# --------------------------
#
# The same classifier without new images, with those of SMOTE, and with these. Balanced accuracy is
# the mean of the recall of both classes. A single split is only an indication.

from imblearn.over_sampling import SMOTE
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score

tables = {
    "as it is": (X_train, y_train),
    "SMOTE": SMOTE(random_state=0).fit_resample(X_train, y_train),
    "MGVAEOverSampler": (X_res, y_res),
}
for name, (rows, labels) in tables.items():
    forest = RandomForestClassifier(200, random_state=0).fit(rows, labels)
    score = balanced_accuracy_score(y_test, forest.predict(X_test))
    print(f"{name:18}{score:.3f}")
