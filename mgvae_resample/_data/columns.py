"""Columns says what each column of a table may hold: its kind, bounds, grid and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .grids import Grid, find_grid, find_shared_grid
from .layout import Kind

__all__ = ["Column", "describe_column", "describe_pixels", "intensity_bounds"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
AnyArray: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Column:
    """What one column may hold.

    Parameters
    ----------
    index : int
        Position in the table.
    name : str
        Name for messages.
    kind : {"constant", "continuous", "intensity", "binary"}
        A constant column is restored, not generated; a column of two values is binary. Pixels
        are intensities even where they are constant, unless all of the table is.
    dtype : dtype
        Type of the table's entries.
    low, high : float or int
        Smallest and greatest observed value.
    grid : Grid or None
        The even spacing of the values, if there is one.
    values : ndarray of shape (n_values,) or None
        The sorted observed values, where only these may be shown. A column has such values if
        each is repeated: at least 5 times on average with up to 32 values, at least 20 times
        with up to 256. Then a value never seen in between (half a room, a code not in use) is
        far more likely to be impossible than to be merely absent from the sample.
    """

    index: int
    name: str
    kind: Literal["constant"] | Kind
    dtype: np.dtype[Any]
    low: float
    high: float
    grid: Grid | None = None
    values: AnyArray | None = None

    @property
    def step(self) -> float | None:
        """Distance of two neighbouring grid points, or None where there is no grid."""
        return None if self.grid is None else self.grid.step

    def settle(self, x: FloatArray) -> AnyArray:
        """Move values to where the column's values live, as entries of its dtype.

        Parameters
        ----------
        x : ndarray of float64
            Values, anywhere.

        Returns
        -------
        ndarray of the column's dtype
            The nearest observed values, or the nearest grid points, or the values themselves;
            never outside [low, high].
        """
        if self.values is not None:
            known = self.values.astype(np.float64)
            # Below the upper neighbour even if the two are adjacent floats.
            middle = np.minimum(known[:-1] / 2 + known[1:] / 2, np.nextafter(known[1:], -np.inf))
            return self.values[np.searchsorted(middle, x)]
        if self.grid is not None:
            x = self.grid.snap(x)
        if self.dtype.kind not in "biu":
            return np.clip(x, self.low, self.high).astype(self.dtype)
        top, bottom = x >= self.high, x <= self.low
        # Bounds are set as integers: the float of a bound may lie beyond the integer type.
        whole = np.where(top | bottom, 0.0, np.rint(x)).astype(self.dtype)
        whole[top], whole[bottom] = self.high, self.low
        return whole


def describe_pixels(X: AnyArray) -> tuple[Column, ...]:
    """Find out what each pixel of a table of images may show.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Intensities of one scale: finite numbers of any real dtype.

    Returns
    -------
    tuple of Column
        One for each pixel. A constant pixel keeps its place, so that the codes of a row are
        still an image, unless all of the table is one value.

    Raises
    ------
    ValueError
        If intensities are integers of 2**53 or more.
    """
    lows, highs = X.min(axis=0), X.max(axis=0)
    grid = find_shared_grid(X)
    if grid is None and X.dtype.kind in "biu":
        raise ValueError("Expected integer intensities below 2**53, got greater ones.")
    kind: Literal["intensity", "constant"] = (
        "intensity" if lows.min() < highs.max() else "constant"
    )
    return tuple(
        Column(j, f"x{j}", kind, X.dtype, _scalar(lows[j]), _scalar(highs[j]), grid)
        for j in range(X.shape[1])
    )


def intensity_bounds(X: AnyArray) -> tuple[float, float]:
    """Find the ends of the scale that all pixels share.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Intensities.

    Returns
    -------
    low, high : float
        The overall minimum; and 255 for uint8, 1 for floats within [0, 1], else the maximum.
    """
    low, high = float(X.min()), float(X.max())
    if X.dtype == np.uint8:
        high = 255.0
    elif X.dtype.kind == "f" and low >= 0 and high <= 1:
        high = 1.0
    return low, high


def describe_column(index: int, values: AnyArray, n_rows: int, name: str) -> Column:
    """Find out what a column holds from its sorted distinct values.

    Parameters
    ----------
    index : int
        Position in the table.
    values : ndarray of shape (n_values,)
        Sorted distinct values.
    n_rows : int
        Number of rows in which they were seen.
    name : str
        Name for messages.

    Returns
    -------
    Column
        The description.
    """
    low, high, size = _scalar(values[0]), _scalar(values[-1]), values.size
    if size <= 2:
        return Column(index, name, "constant" if size == 1 else "binary", values.dtype, low, high)
    few = (size <= 32 and n_rows >= 5 * size) or (size <= 256 and n_rows >= 20 * size)
    grid = find_grid(values.astype(np.float64), values.dtype)
    return Column(
        index, name, "continuous", values.dtype, low, high, grid, values if few else None
    )


def _scalar(value: Any) -> float:
    return int(value) if value.dtype.kind in "biu" else float(value)
