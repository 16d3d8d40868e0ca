"""
Many classes, long tails
========================

With ten classes of falling size, one figure hides which classes gain. This example draws the recall
of each class, for classifiers trained on the rows as they are and on resampled ones, and for a
correction that costs nothing.
"""

# %%
# A long tail of ten classes
# --------------------------
#
# The table has the first 20 principal components of scikit-learn's digits. Half of the rows are for
# testing. Of the other half, the most common class keeps 85 rows and the rarest 10. Which digit is
# rare is drawn by seed.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

X, y = load_digits(return_X_y=True)
sizes = np.geomspace(85, 10, 10).round().astype(int)


def draw(seed: int) -> tuple[np.ndarray, ...]:
    """Return training and test rows; class 0 is the most common one, class 9 the rarest."""
    order = np.random.default_rng(seed).permutation(10)
    X_half, X_test, y_half, y_test = train_test_split(
        X, order[y], test_size=0.5, stratify=y, random_state=seed
    )
    kept = np.concatenate([np.flatnonzero(y_half == c)[:n] for c, n in enumerate(sizes)])
    components = PCA(20, random_state=0).fit(X_half[kept])
    return components.transform(X_half[kept]), y_half[kept], components.transform(X_test), y_test


print("training rows by class:", *sizes)

# %%
# What is free, and what is not
# -----------------------------
#
# Dividing the predicted probabilities by the class frequencies of the training rows needs no other
# fit. Class weights, repeats and SMOTE need a fit each. ``MGVAEOverSampler`` is trained once and
# fine-tuned on each class but the largest. ``exemplars="rest"`` lets it learn from all other
# classes, not only from the largest, which here has just 85 rows.

from time import process_time

from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, recall_score
from sklearn.preprocessing import StandardScaler

from mgvae_resample import MGVAEOverSampler


def predictions(seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    """Return the predicted classes of each method, the true ones, and seconds of the sampler."""
    X_train, y_train, X_test, y_test = draw(seed)

    def fitted(sampler: object, **parameters: object) -> object:
        classifier = LogisticRegression(max_iter=1000, **parameters)
        return make_pipeline(sampler, StandardScaler(), classifier).fit(X_train, y_train)

    plain = fitted("passthrough")
    proba = plain.predict_proba(X_test)
    prior = np.bincount(y_train) / len(y_train)
    start = process_time()
    ours = fitted(MGVAEOverSampler(exemplars="rest", random_state=seed))
    seconds = process_time() - start
    repeats = fitted(RandomOverSampler(random_state=seed))
    smote = fitted(SMOTE(k_neighbors=5, random_state=seed))
    return (
        {
            "no resampling": proba.argmax(1),
            "divided by the prior": (proba / prior).argmax(1),
            "class weights": fitted("passthrough", class_weight="balanced").predict(X_test),
            "repeats": repeats.predict(X_test),
            "SMOTE": smote.predict(X_test),
            "MGVAE": ours.predict(X_test),
        },
        y_test,
        seconds,
    )


# %%
# Recall of each class
# --------------------
#
# The mean over two draws. Classes stand in the order of their size.

draws = [predictions(seed) for seed in range(2)]
recalls = {
    name: np.mean([recall_score(y, p[name], average=None) for p, y, _ in draws], axis=0)
    for name in draws[0][0]
}
print(f"{'':22}mean recall  rarer half  macro F1")
for name, recall in recalls.items():
    f1 = np.mean([f1_score(y, p[name], average="macro") for p, y, _ in draws])
    print(f"{name:22}{recall.mean():11.3f}{recall[5:].mean():12.3f}{f1:10.3f}")
print(f"CPU seconds of a fit with MGVAE: {np.mean([seconds for *_, seconds in draws]):.0f}")

import matplotlib.pyplot as plt

styles = {
    "no resampling": ("black", "s"),
    "divided by the prior": ("#E69F00", "D"),
    "SMOTE": ("#56B4E9", "v"),
    "MGVAE": ("#0072B2", "o"),
}
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for name, (colour, marker) in styles.items():
    ax.plot(recalls[name], marker=marker, color=colour, label=name, markersize=6, linewidth=1.5)
ax.set_xticks(range(10), [str(n) for n in sizes])
ax.set(xlabel="training rows of the class", ylabel="recall on test rows", ylim=(0, 1.02))
ax.legend(frameon=False, loc="lower left")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
