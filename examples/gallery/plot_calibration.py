"""
Probabilities after resampling
==============================

A classifier trained on resampled rows believes that the rare class is common. Here is by how much,
and two ways to mend it.
"""

# %%
# Too high
# --------
#
# One row in twenty is of the rare class, in training and in testing. Resampling makes it one in
# two.

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
chances = {
    "no resampling": plain.fit(X_train, y_train).predict_proba(X_test)[:, 1],
    "resampled": resampled.fit(X_train, y_train).predict_proba(X_test)[:, 1],
}
print(f"share of the rare class in the test part: {y_test.mean():.3f}")
for name, chance in chances.items():
    print(f"mean probability, {name}: {chance.mean():.3f}")

# %%
# Correct the prior
# -----------------
#
# If new rows are like real ones, the odds are too high by one known factor: by how many times
# resampling changed the ratio of the classes. Divide by it. No row is needed for that, but it can
# be no better than the assumption.

share = y_train.mean()
factor = share / (1 - share)  # balanced classes have a ratio of 1
rare, common = factor * chances["resampled"], 1 - chances["resampled"]
chances["prior corrected"] = rare / (rare + common)

# %%
# Calibrate on rows that were not resampled
# -----------------------------------------
#
# ``CalibratedClassifierCV`` around the whole pipeline: each fold resamples its training part only,
# and the calibrator sees the other part as it is. It assumes less than the correction above, and
# costs a training for each fold. The forest without resampling is calibrated the same way: without
# it, nobody could tell what resampling gained from what calibration did.

from sklearn.calibration import CalibratedClassifierCV

for name, model in {"resampled": resampled, "no resampling": plain}.items():
    calibrated = CalibratedClassifierCV(model, method="sigmoid", cv=4)
    calibrated.fit(X_train, y_train)
    chances[f"{name}, calibrated"] = calibrated.predict_proba(X_test)[:, 1]

# %%
# Curves
# ------
#
# Of test rows with about the same predicted probability, the share that is of the rare class. On
# the diagonal a probability means what it says; below it, it is too high.

import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay

figure, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
for (name, chance), marker in zip(chances.items(), "osv^D", strict=True):
    CalibrationDisplay.from_predictions(
        y_test, chance, n_bins=8, strategy="uniform", name=name, ax=ax, marker=marker
    )
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
ax.set(xlabel="mean predicted probability", ylabel="share of the rare class")
plt.show()

# %%
# Measures
# --------
#
# Brier score and log loss judge probabilities (less is better), average precision only their
# order. Both ways mend the probabilities, and nearly keep the order: they do not undo the
# resampling.

from sklearn.metrics import average_precision_score, brier_score_loss, log_loss

print(f"{'':27}{'Brier':>8}{'log loss':>10}{'avg. precision':>16}")
for name, chance in chances.items():
    brier, loss = brier_score_loss(y_test, chance), log_loss(y_test, chance)
    print(f"{name:27}{brier:8.4f}{loss:10.4f}{average_precision_score(y_test, chance):16.3f}")

# %%
# Calibrated on rows that were not resampled, this forest is better than the plain one. But of that
# lead two thirds by Brier score, and more than a third by log loss, are calibration alone: the
# last line has them without a new row. The correction goes a little too far: a forest need not
# follow the class ratio as odds do, and new rows are not quite like real ones.
#
# The order is another matter
# ---------------------------
#
# The average precision of this forest gained by resampling. That of logistic regression, on the
# same rows:

from sklearn.linear_model import LogisticRegression

plain = LogisticRegression(max_iter=1000)
resampled = make_pipeline(MGVAEOverSampler(random_state=0), clone(plain))
for name, model in {"no resampling": plain, "resampled": resampled}.items():
    chance = model.fit(X_train, y_train).predict_proba(X_test)[:, 1]
    print(f"{name:27}{average_precision_score(y_test, chance):.3f}")

# %%
# It loses, and no calibration brings that back: then the rows are better left as they are. Which
# of the two it will be on your rows is for cross-validation to say.
