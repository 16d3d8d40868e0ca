"""Laws of encoded images: round trip, range, resolution, atoms; small cases by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.encoding.fitted import Fitted, image, tabular

ENCODINGS = [tabular, image]


def _images(rng: np.random.Generator) -> np.ndarray:
    grey = rng.integers(0, 256, (200, 12), dtype=np.uint8)
    grey[rng.random(grey.shape) < 0.5] = 0
    grey[:, 3] = 0
    grey[:, 5] = 200
    grey[:, 7] = np.maximum(grey[:, 7] // 4, 9)
    return grey


@pytest.mark.parametrize(
    "make",
    [
        lambda grey: grey,
        lambda grey: grey / 255,
        lambda grey: (grey / 255).astype(np.float32),
        lambda grey: (grey / 255).astype(np.float16),
        lambda grey: grey.astype(np.float32),
        lambda grey: grey // 16,
        lambda grey: grey.astype(np.int64) * 1000 - 9,
        lambda grey: (grey / 255 - 0.1307) / 0.3081,
        lambda grey: grey > 100,
        lambda grey: np.sqrt(grey / 255.0),
    ],
)
def test_images(make: Callable[[np.ndarray], np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    X = np.asfortranarray(make(_images(rng)))
    X.setflags(write=False)
    encoding = image(X)
    rows = encoding.encode(X)
    assert [slot.column for slot in encoding.layout.slots] == list(range(X.shape[1]))
    assert encoding.layout.positions("intensity").size == X.shape[1]
    assert rows.min() >= 0
    assert rows.max() <= 1
    back = encoding.decode(rows)
    assert back.dtype == X.dtype
    if encoding.encoding.resolution is None:
        np.testing.assert_allclose(back, X, rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(back == 0, X == 0)
    else:
        np.testing.assert_array_equal(back, X)

    drawn = encoding.decode(rng.uniform(-1, 2, (500, rows.shape[1])))
    assert (drawn >= X.min(axis=0)).all()
    assert (drawn <= X.max(axis=0)).all()
    assert (drawn[:, [3, 5]] == X[0, [3, 5]]).all()


def test_encoded_intensities_by_hand() -> None:
    def rows(X: np.ndarray) -> list[list[float]]:
        return image(X).encode(X).tolist()

    fifth = np.float32(0.2)
    assert rows(np.array([[0, 51], [0, 102]], np.uint8)) == [[0, fifth], [0, 2 * fifth]]
    assert rows(np.array([[0.0, 0.5], [0.25, 0.25]])) == [[0, 0.5], [0.25, 0.25]]
    assert rows(np.array([[0, 16], [4, 8]])) == [[0, 1], [0.25, 0.5]]
    assert rows(np.array([[-1.0, 1.0], [0.0, 1.0]])) == [[0, 1], [0.5, 1]]


def test_uint8_rounds_and_clips_and_never_wraps() -> None:
    X = np.array([[0], [10], [255]], dtype=np.uint8)
    encoding = image(X)
    rows = np.array([[-0.5], [99.6 / 255], [254.6 / 255], [7.0]])
    assert encoding.decode(rows).ravel().tolist() == [0, 100, 255, 255]


@pytest.mark.parametrize("make", [lambda x: x, lambda x: np.rint(x * 16) / 16])
def test_calibrated_atoms_have_the_share_of_real_images(
    make: Callable[[np.ndarray], np.ndarray],
) -> None:
    rng = np.random.default_rng(0)
    X = make(np.clip(rng.normal(0.4, 0.5, (400, 20)), 0, 1))
    encoding = image(X)
    for contrast in (2, 9):  # too few pixels near the ends, and too many; but none on them
        blurred = 1 / (1 + np.exp(-rng.normal(0, contrast, (3000, 20))))
        thresholds = encoding.encoding.atom_thresholds(blurred, encoding.encode(X))
        made = encoding.decode(blurred, thresholds)
        for end in (0, 1):
            near = np.mean(np.abs(blurred - end) <= 0.05)
            wanted = min(np.mean(end == X), near)
            assert np.mean(made == end) == pytest.approx(wanted, abs=0.001)
    rare = np.where(np.arange(400)[:, np.newaxis] == 0, X, np.clip(X, 0.1, 0.9))
    encoding = image(rare)
    thresholds = encoding.encoding.atom_thresholds(blurred, encoding.encode(rare))
    assert thresholds == (None, None)


@pytest.mark.parametrize("fit", ENCODINGS)
def test_only_constants(fit: Callable[..., Fitted]) -> None:
    X = np.full((4, 3), 7, dtype=np.int16)
    encoding = fit(X)
    assert encoding.encode(X).shape == (4, 0)
    np.testing.assert_array_equal(encoding.decode(np.empty((2, 0))), X[:2])


@pytest.mark.parametrize("arrange", [np.asfortranarray, lambda X: np.repeat(X, 2, axis=1)[:, ::2]])
@pytest.mark.parametrize("fit", ENCODINGS)
def test_arrangement_in_memory_does_not_matter(
    arrange: Callable[[np.ndarray], np.ndarray], fit: Callable[..., Fitted]
) -> None:
    X = np.random.default_rng(0).random((50, 4))
    other = arrange(X)
    other.setflags(write=False)
    plain, encoding = (fit(x) for x in (X, other))
    np.testing.assert_array_equal(plain.encode(X), encoding.encode(other))
    rows = plain.encode(X)
    rows.setflags(write=False)
    np.testing.assert_array_equal(plain.decode(rows), encoding.decode(rows))


@pytest.mark.parametrize("fit", ENCODINGS)
@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_columns_that_are_infinite_are_named(bad: float, fit: Callable[..., Fitted]) -> None:
    X = np.random.default_rng(0).random((9, 3))
    encoding = fit(X)
    X[4, 2] = bad
    for refuse in (encoding.encode, fit):
        with pytest.raises(ValueError, match=r"Column 'x2' of X holds (NaN or )?infinity"):
            refuse(X)


def test_missing_values_where_there_were_none_are_refused() -> None:
    X = np.random.default_rng(0).random((9, 3))
    encoding = tabular(X)
    X[4, 2] = np.nan
    with pytest.raises(ValueError, match="Column 'x2' of X holds missing values"):
        encoding.encode(X)
    with pytest.raises(ValueError, match="'x2' of X holds NaN"):
        image(X)


def test_other_refusals() -> None:
    encoding = tabular(np.random.default_rng(0).random((9, 3)))
    with pytest.raises(ValueError, match=r"intensities below 2\*\*53"):
        image(np.array([[0], [2**60], [2**61]]))
    with pytest.raises(ValueError, match="got NaN"):
        encoding.decode(np.full((1, 3), np.nan))


@pytest.mark.parametrize("make", [pd.DataFrame, lambda X: pl.DataFrame(X, orient="row")])
def test_images_in_frames_are_encoded_as_in_arrays(make: Callable[[np.ndarray], object]) -> None:
    X = _images(np.random.default_rng(0))
    frame = make(X)
    encoding = image(frame)
    rows = encoding.encode(frame)
    np.testing.assert_array_equal(rows, image(X).encode(X))
    assert encoding.decode(rows).equals(frame)
