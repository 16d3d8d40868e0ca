"""
Amount, threshold and average
=============================

`ResampledClassifier` averages a classifier's fits to resampled rows with fits to the rows as they
are. This example shows what each part of it brings on one table.
"""

# %%
# The task
# --------
#
# One row in twenty belongs to the rare class. 2,000 rows are for training and 10,000 for testing.

from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

X, y = make_classification(
    n_samples=12000, n_features=10, n_informative=6, weights=[0.95], flip_y=0.01, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=2000, stratify=y, random_state=0
)

# %%
# The parts
# ---------
#
# The first classifier is a single forest, and the second a single forest on resampled rows. The
# others are ensembles with the same number of fits. Plain bagging is the ensemble without new
# rows. ``sampler=None`` repeats random rows of the rare class, which costs nothing: new rows have
# to beat it. The last two show what is lost without fits to untouched rows, and without moving the
# probabilities of each fit to the class frequencies of the data.

from imblearn.pipeline import make_pipeline
from sklearn.ensemble import RandomForestClassifier

from mgvae_resample import MGVAEOverSampler, RaiseTo, ResampledClassifier

forest = RandomForestClassifier(50, min_samples_leaf=3, random_state=0)
sampler = MGVAEOverSampler(random_state=0)
half = MGVAEOverSampler(sampling_strategy=RaiseTo(0.5), random_state=0)
models = {
    "one forest": forest,
    "one forest, new rows": make_pipeline(half, forest),
    "plain bagging": ResampledClassifier(forest, amount=0, random_state=0),
    "repeated rows": ResampledClassifier(forest, amount=0.5, random_state=0),
    "new rows": ResampledClassifier(forest, sampler, amount=0.5, random_state=0),
    "new rows alone": ResampledClassifier(
        forest, sampler, amount=0.5, plain_weight=0, random_state=0
    ),
    "new rows, uncorrected": ResampledClassifier(
        forest, sampler, amount=0.5, prior_correction=False, random_state=0
    ),
}

# %%
# The amount
# ----------
#
# With ``amount="auto"``, the default, the class-balanced log loss of out-of-fold probabilities
# decides how many rows are added. The probabilities of each fit are first divided by the class
# frequencies of its table, so that a mere shift does not count. The sampler is trained once per
# fold.

chosen = ResampledClassifier(forest, sampler, random_state=0).fit(X_train, y_train)
print("chosen:", chosen.amount_)
for name, values in chosen.cv_results_.items():
    print(f"{name:18}" + "".join(f"{value:8.3f}" for value in values))
models["new rows, chosen amount"] = chosen

# %%
# On the test rows
# ----------------
#
# Average precision and log loss do not depend on the threshold. Macro F1 does.
# ``TunedThresholdClassifierCV`` would look for a threshold by cross-validation. To save time, this
# example uses the best one on other rows: the first half of the test rows.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import average_precision_score, f1_score, log_loss

first, second = np.arange(len(y_test)) < 5000, np.arange(len(y_test)) >= 5000
thresholds = np.linspace(0.05, 0.95, 37)


def macro_f1(rare: np.ndarray, rows: np.ndarray, threshold: float) -> float:
    """Score the labels of some rows at a threshold."""
    return f1_score(y_test[rows], rare[rows] >= threshold, average="macro")


scores = {}
for name, model in models.items():
    if model is not chosen:
        model.fit(X_train, y_train)
    rare = model.predict_proba(X_test)[:, 1]
    best = max(thresholds, key=lambda at, rare=rare: macro_f1(rare, first, at))
    scores[name] = {
        "average precision": average_precision_score(y_test[second], rare[second]),
        "log loss": log_loss(y_test[second], rare[second]),
        "macro F1 at 0.5": macro_f1(rare, second, 0.5),
        "macro F1, tuned": macro_f1(rare, second, best),
    }

print(f"{'':24}" + "".join(f"{metric:>19}" for metric in scores["new rows"]))
for name, values in scores.items():
    print(f"{name:24}" + "".join(f"{value:19.4f}" for value in values.values()))

figure, axes = plt.subplots(1, 4, figsize=(10, 2.6), sharey=True, layout="constrained")
for ax, metric in zip(axes, scores["new rows"], strict=True):
    values = [score[metric] for score in scores.values()]
    ax.plot(values, -np.arange(len(values)), "o")
    ax.set(xlabel=metric, yticks=-np.arange(len(values)), yticklabels=list(scores))
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
