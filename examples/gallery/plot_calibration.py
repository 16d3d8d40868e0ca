"""
Probabilities after resampling
==============================

A classifier trained on resampled rows overestimates the probability of the rare class. This
example measures by how much, and shows two ways to correct it.
"""

# %%
# Too high
# --------
#
# One row in twenty belongs to the rare class, in training and in testing. After resampling it is
# one in two.

from imblearn.pipeline import make_pipeline
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from mgvae_resample import MGVAEOverSampler

X, y = make_classification(
    n_samples=12000, n_features=10, n_informative=6, weights=[0.95], flip_y=0.01, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=2000, stratify=y, random_state=0
)
plain = RandomForestClassifier(min_samples_leaf=5, random_state=0)
resampled = make_pipeline(MGVAEOverSampler(random_state=0), clone(plain))
probabilities = {
    "no resampling": plain.fit(X_train, y_train).predict_proba(X_test)[:, 1],
    "resampled": resampled.fit(X_train, y_train).predict_proba(X_test)[:, 1],
}
print(f"share of the rare class in the test part: {y_test.mean():.3f}")
for name, proba in probabilities.items():
    print(f"mean probability, {name}: {proba.mean():.3f}")

# %%
# Correct the prior
# -----------------
#
# If new rows are like real ones, the odds are too high by the factor by which resampling changed
# the ratio of the classes. Divide by it. This needs no further rows, but it relies on that
# assumption.

share = y_train.mean()
factor = share / (1 - share)  # balanced classes have a ratio of 1
rare, common = factor * probabilities["resampled"], 1 - probabilities["resampled"]
probabilities["prior corrected"] = rare / (rare + common)

# %%
# Calibrate on rows that were not resampled
# -----------------------------------------
#
# Give the whole pipeline to ``CalibratedClassifierCV``. Each fold resamples its training part only
# and calibrates on the other part. This assumes less than the correction above, and needs one
# training per fold. The forest without resampling is calibrated in the same way, to separate the
# gain of resampling from that of calibration.

from sklearn.calibration import CalibratedClassifierCV

for name, model in {"resampled": resampled, "no resampling": plain}.items():
    calibrated = CalibratedClassifierCV(model, method="sigmoid", cv=4)
    calibrated.fit(X_train, y_train)
    probabilities[f"{name}, calibrated"] = calibrated.predict_proba(X_test)[:, 1]

# %%
# Curves
# ------
#
# The fraction of rare rows among test rows with about the same predicted probability. On the
# diagonal, probabilities are correct; below it, they are too high.

import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay

figure, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
for (name, proba), marker in zip(probabilities.items(), "osv^D", strict=True):
    CalibrationDisplay.from_predictions(
        y_test, proba, n_bins=8, strategy="uniform", name=name, ax=ax, marker=marker
    )
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
ax.set(xlabel="mean predicted probability", ylabel="share of the rare class")
plt.show()

# %%
# Measures
# --------
#
# Brier score and log loss measure probabilities (less is better). Average precision measures only
# their order. Both corrections improve the probabilities and hardly change the order: they do not
# undo the resampling.

from sklearn.metrics import average_precision_score, brier_score_loss, log_loss

print(f"{'':27}{'Brier':>8}{'log loss':>10}{'avg. precision':>16}")
for name, proba in probabilities.items():
    brier, loss = brier_score_loss(y_test, proba), log_loss(y_test, proba)
    print(f"{name:27}{brier:8.4f}{loss:10.4f}{average_precision_score(y_test, proba):16.3f}")

# %%
# After calibration the resampled forest is better than the plain one. But two thirds of that
# lead by Brier score, and more than a third by log loss, come from calibration alone: see the
# last line, which has no new rows. The prior correction goes too far: a forest does not follow
# the class ratio exactly, and new rows are not quite like real ones.
#
# Ranking
# -------
#
# Resampling improved the average precision of this forest. Logistic regression on the same rows:

from sklearn.linear_model import LogisticRegression

plain = LogisticRegression(max_iter=1000)
resampled = make_pipeline(MGVAEOverSampler(random_state=0), clone(plain))
for name, model in {"no resampling": plain, "resampled": resampled}.items():
    proba = model.fit(X_train, y_train).predict_proba(X_test)[:, 1]
    print(f"{name:27}{average_precision_score(y_test, proba):.3f}")

# %%
# Here resampling makes the ranking worse, and calibration cannot repair that: do not resample.
# Measure by cross-validation which of the two holds for your data.
