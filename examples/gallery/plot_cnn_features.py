"""
Features of a CNN: resample, then refit the head
================================================

Instead of new images, make new rows of features: train a CNN on the images as they are, take the
inputs of its last layer as a table, over-sample that table, and refit only the last layer. This is
cheap, works for images of any size, and needs no ``image_shape``.
"""

# %%
# A long tail of digits
# ---------------------
#
# Six digits of scikit-learn, with 8x8 pixels. Half of the images are kept for testing. Of the
# other half, 80 images of the digit 0 are known, and fewer of each next digit, down to five of
# the digit 5.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, y = load_digits(n_class=6, return_X_y=True)
X_half, X_test, y_half, y_test = train_test_split(
    X / 16, y, test_size=0.5, stratify=y, random_state=0
)
sizes = np.geomspace(80, 5, 6).round().astype(int)
kept = np.concatenate([np.flatnonzero(y_half == digit)[:n] for digit, n in enumerate(sizes)])
X_train, y_train = X_half[kept], y_half[kept]
print(np.bincount(y_train))

# %%
# A CNN, and the features it learns
# ---------------------------------
#
# Any network will do, also a pretrained one. The features are the outputs of all layers but the
# last.

import torch
from torch import nn


def train_cnn(X: np.ndarray, y: np.ndarray, n_steps: int = 600, seed: int = 0) -> nn.Sequential:
    """Train a small CNN on batches of 64 images."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 32),
        nn.ReLU(),
        nn.Linear(32, 6),
    )
    images, labels = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(n_steps):
        batch = torch.randint(len(labels), (64,))
        loss = nn.functional.cross_entropy(network(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network


def outputs(network: nn.Sequential, X: np.ndarray) -> np.ndarray:
    """Return what a network makes of images."""
    with torch.inference_mode():
        return network(torch.tensor(X, dtype=torch.float32)).numpy()


# %%
# Refit the head
# --------------
#
# The last layer is a logistic regression on 32 features. Refitting it on balanced features moves
# its bias towards the rare classes. They can be balanced by weights alone, by repeats of the real
# features, by SMOTE, or by rows of the samplers of this library, which see an ordinary table here.

from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.preprocessing import StandardScaler

from mgvae_resample import BayesGANOverSampler, MGVAEOverSampler


def refitted(features: np.ndarray, sampler: object, **parameters: object) -> object:
    """Fit a last layer on resampled features."""
    head = LogisticRegression(max_iter=2000, **parameters)
    return make_pipeline(StandardScaler(), sampler, head).fit(features, y_train)


def mean_recalls(seed: int) -> dict[str, float]:
    """Train the CNN once, and refit its head in several ways."""
    cnn = train_cnn(X_train, y_train, seed=seed)
    train, test = outputs(cnn[:-1], X_train), outputs(cnn[:-1], X_test)
    log_prior = np.log(np.bincount(y_train) / len(y_train))
    predicted = {
        "CNN": outputs(cnn, X_test).argmax(1),
        "CNN, moved threshold": (outputs(cnn, X_test) - log_prior).argmax(1),
    }
    heads = {
        "class weights": refitted(train, "passthrough", class_weight="balanced"),
        "repeats": refitted(train, RandomOverSampler(random_state=seed)),
        "SMOTE": refitted(train, SMOTE(k_neighbors=3, random_state=seed)),
        "MGVAE": refitted(train, MGVAEOverSampler(random_state=seed)),
        "BayesGAN": refitted(train, BayesGANOverSampler(random_state=seed)),
    }
    predicted |= {f"head refitted: {name}": head.predict(test) for name, head in heads.items()}
    return {name: recall_score(y_test, p, average="macro") for name, p in predicted.items()}


# %%
# Three trainings of the CNN
# --------------------------
#
# The mean recall over the six digits, on the test images. Each dot is one training.

import matplotlib.pyplot as plt

scores = [mean_recalls(seed) for seed in range(3)]
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for place, name in enumerate(scores[0]):
    values = [score[name] for score in scores]
    print(f"{name:31}{np.mean(values):.3f}  ({min(values):.3f} to {max(values):.3f})")
    ax.plot(values, [-place] * len(values), "o", color="tab:blue", alpha=0.6)
    ax.plot(np.mean(values), -place, "|", color="black", markersize=14)
ax.set_yticks(-np.arange(len(scores[0])), list(scores[0]))
ax.set(xlabel="mean recall, and its mean over the trainings")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Balancing the features helps as much as moving the threshold does. How they are balanced hardly
# matters: methods differ less than trainings of one network do. Repeats and class weights cost
# nothing, so start with those, and use a sampler here only if it wins on your own validation
# images. If the network may be trained again, train it on moved and new images instead: see
# :doc:`plot_images_translations`.
