"""Save a fitted sampler of each kind: `python -m tests.saved.make`, once for each release."""

import pickle
from pathlib import Path
from zipfile import ZIP_DEFLATED

import numpy as np
import pandas as pd
import skops.io

from mgvae_resample import __version__
from tests.support import exact_rule, quick_gan, quick_vae, table

FOLDER = Path(__file__).parent


def fitted():
    """Yield a name and a fitted sampler of each method, on an array, a data frame and images."""
    X, y = table(120, 60)
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["kind"] = pd.Categorical(np.where(X[:, 0] > 1, "high", "low"))
    frame.loc[::9, "d"] = np.nan
    images = np.random.default_rng(0).random((180, 16))
    for method, make in (("MGVAE", quick_vae), ("BayesGAN", quick_gan)):
        for kind, rows, labels, params in (
            ("array", X, y, {}),
            ("frame", frame, y, {}),
            ("rule", *exact_rule(600), {}),
            ("images", images, y, {"image_shape": (4, 4), "hidden_layer_sizes": (4,)}),
        ):
            sampler = make(**params)
            sampler.fit_resample(rows, labels)
            yield f"{method}-{kind}", sampler


def main():
    """Write the files of this version."""
    for name, sampler in fitted():
        stem = f"{name}-{__version__}"
        (FOLDER / f"{stem}.pickle").write_bytes(pickle.dumps(sampler, protocol=4))
        skops.io.dump(sampler, FOLDER / f"{stem}.skops", compression=ZIP_DEFLATED)


if __name__ == "__main__":
    main()
