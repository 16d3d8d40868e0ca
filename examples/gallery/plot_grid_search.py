"""
How many rows to make: a grid search
====================================

Full balance is only the default. The number of new rows is a parameter like any other, and
``GridSearchCV`` can search for it without leakage, because the sampler is a step of the pipeline.
"""

# %%
# The task
# --------
#
# Tell the digit 8 from all others. Half of the images are kept for the final test. The training
# part is 400 images of other digits and 20 of an 8.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, digits = load_digits(return_X_y=True)
y = (digits == 8).astype(int)
X_half, X_test, y_half, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
kept = np.concatenate([np.flatnonzero(y_half == 0)[:400], np.flatnonzero(y_half == 1)[:20]])
X_train, y_train = X_half[kept], y_half[kept]
print(np.bincount(y_train))

# %%
# A pipeline with a cache
# -----------------------
#
# Trainings are cached in a folder. The amount only decides how many rows are drawn, so all amounts
# of a fold share one training.

from tempfile import TemporaryDirectory

from imblearn.pipeline import Pipeline
from sklearn.ensemble import RandomForestClassifier

from mgvae_resample import MGVAEOverSampler, RaiseTo

cache = TemporaryDirectory()
sampler = MGVAEOverSampler(image_shape=(8, 8), memory=cache.name, random_state=0)
pipeline = Pipeline([("sampler", sampler), ("forest", RandomForestClassifier(random_state=0))])

# %%
# The search
# ----------
#
# ``RaiseTo(0.3)`` makes the rare class 0.3 times as large as the other. "passthrough" in place of
# the sampler means no resampling; always include it. Every candidate is measured on images that
# were not resampled, since the pipeline resamples only the training part of each fold. The seven
# candidates and three folds need three trainings, on two processes that share the cache.

from time import perf_counter

from sklearn.model_selection import GridSearchCV, StratifiedKFold

grid = [
    {"sampler": ["passthrough"]},
    {
        "sampler__sampling_strategy": [RaiseTo(0.1), RaiseTo(0.3), RaiseTo(1.0)],
        "sampler__exemplar_selection": ["uniform", "responsibility"],
    },
]
folds = StratifiedKFold(3, shuffle=True, random_state=0)
search = GridSearchCV(pipeline, grid, scoring="balanced_accuracy", cv=folds, refit=False, n_jobs=2)
start = perf_counter()
search.fit(X_train, y_train)
print(f"{perf_counter() - start:.0f} s; best: {search.best_params_}")

# %%
# How sure is it?
# ---------------
#
# Means over the folds with their standard errors. This forest needs many new rows: a few hardly
# change its votes. Three folds show no difference between the two ways to choose exemplars. Among
# candidates whose error bars overlap a lot, take the cheapest or simplest.

import matplotlib.pyplot as plt

results = search.cv_results_
means = results["mean_test_score"]
errors = results["std_test_score"] / np.sqrt(folds.get_n_splits() - 1)
names = [
    "no resampling"
    if "sampler" in parameters
    else f"{parameters['sampler__sampling_strategy'].ratio}, "
    f"{parameters['sampler__exemplar_selection']}"
    for parameters in results["params"]
]
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.errorbar(means, np.arange(len(means))[::-1], xerr=errors, fmt="o", capsize=3)
ax.set_yticks(np.arange(len(means))[::-1], names)
ax.set(xlabel="balanced accuracy, mean and standard error over folds")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The last fit
# ------------
#
# The best candidate is trained on all training images and measured once on the test images. A
# callback of scikit-learn shows the progress of this training. The comparison includes a method
# that costs nothing: the forest without new rows, with its threshold tuned by cross-validation.

from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import TunedThresholdClassifierCV

best = clone(pipeline).set_params(**search.best_params_)
best["sampler"].set_callbacks(ProgressBar())
models = {
    "no resampling": pipeline["forest"],
    "moved threshold": TunedThresholdClassifierCV(pipeline["forest"], cv=folds),
    "best candidate": best,
}
for name, model in models.items():
    predicted = model.fit(X_train, y_train).predict(X_test)
    print(f"{name:17}{balanced_accuracy_score(y_test, predicted):.3f}")
cache.cleanup()

# %%
# The search found the best parameters of this sampler. That alone is no reason to use the sampler:
# include the moved threshold in every comparison. It costs nothing, and here it does as well.
