"""Install the built wheel and sdist, each in an environment of its own, and use them there.

Usage: check_distribution.py FOLDER CONSTRAINTS [wheel] [sdist]
"""

import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

# What README names and `make` needs.
IN_SDIST = (
    *("Makefile", "constraints.txt", "constraints-oldest.txt", "constraints-newest.txt"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", ".ci/check_distribution.py", "LICENSE"),
    *("CITATION.cff", "examples/demo.py", "docs/guide/index.md", "tests/support.py"),
)
IN_WHEEL = ("mgvae_resample/py.typed", "mgvae_resample/_bayesgan/sampler.py")
USE = """
import numpy as np
from collections import Counter
from sklearn.datasets import make_classification
import mgvae_resample
assert "site-packages" in mgvae_resample.__file__, mgvae_resample.__file__
X, y = make_classification(300, weights=[0.9], random_state=0)
for sampler in (
    mgvae_resample.MGVAEOverSampler(max_pretrain_steps=20, max_finetune_steps=10, random_state=0),
    mgvae_resample.BayesGANOverSampler(max_steps=20, random_state=0),
):
    X_res, y_res = sampler.fit_resample(X, y)
    assert len(set(Counter(y_res.tolist()).values())) == 1
    assert np.isfinite(X_res).all()
print("mgvae_resample", mgvae_resample.__version__, "works")
"""


def main(folder: Path, constraints: Path, kinds: list[str]) -> None:
    """Check what both distributions in a folder hold, and install those of the kinds given."""
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    lacking = [name for name in IN_SDIST if name not in names]
    with zipfile.ZipFile(wheel) as archive:
        lacking += [name for name in IN_WHEEL if name not in archive.namelist()]
        strange = [n for n in archive.namelist() if not n.startswith("mgvae_resample")]
    if lacking or strange:
        raise SystemExit(f"Missing: {lacking}; not of the package: {strange}.")
    for kind in kinds:
        built = {"wheel": wheel, "sdist": sdist}[kind]
        with tempfile.TemporaryDirectory() as place:
            venv.create(place, with_pip=True)
            python = Path(place) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
            pip = [python, "-m", "pip", "install", "--quiet", "-c", constraints, built]
            subprocess.run(pip, check=True)
            subprocess.run([python, "-c", USE], check=True, cwd=place)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]).resolve(),
        Path(sys.argv[2]).resolve(),
        sys.argv[3:] or ["wheel", "sdist"],
    )
