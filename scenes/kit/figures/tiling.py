"""Many squares poured into one: tiles whose areas are kept, packed into a square without gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_SHARE = 1e-12
"""Least share of the square that has a tile: below it a side is rounding noise."""


def squarify(areas: Array, side: float) -> Array:
    """Pack rectangles of given areas into a square, each as nearly square as its row allows.

    Parameters
    ----------
    areas : ndarray, shape (n,)
        Not negative, largest first; they add up to ``side ** 2``. Shares under `LEAST_SHARE` become points.
    side : float
        Side of the square.

    Returns
    -------
    ndarray, shape (n, 4)
        Left, top, width and height of each tile, from the square's upper left corner, y down.

    Source: M. Bruls, K. Huizing and J. J. van Wijk, "Squarified treemaps" (2000).
    """
    tiles: list[tuple[float, float, float, float]] = []
    left = top = 0.0
    width = height = side
    index = 0
    n_seen = int((areas > LEAST_SHARE * side**2).sum())
    while index < n_seen:
        short = min(width, height)
        count, worst = 1, _worst(areas[index : index + 1], short)
        while index + count < n_seen:
            next_worst = _worst(areas[index : index + count + 1], short)
            if next_worst > worst:
                break
            count, worst = count + 1, next_worst
        row = areas[index : index + count]
        depth = float(row.sum()) / short
        along = 0.0
        for area in row:
            length = float(area) / depth
            if width >= height:
                tiles.append((left, top + along, depth, length))
            else:
                tiles.append((left + along, top, length, depth))
            along += length
        if width >= height:
            left, width = left + depth, width - depth
        else:
            top, height = top + depth, height - depth
        index += count
    # what is too small to be seen is a point in the corner that is left
    tiles += [(left, top, 0.0, 0.0)] * (len(areas) - n_seen)
    return np.array(tiles).reshape(-1, 4)


def _worst(row: Array, short: float) -> float:
    """Largest ratio of sides in a row laid along an edge of length `short`."""
    square = float(row.sum()) ** 2
    return max(short**2 * float(row.max()) / square, square / (short**2 * float(row.min())))


def shrink_factor(side: float, largest: float) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... by which a side must be divided to be no longer than `largest`."""
    factor, power = 1, 1
    while side / factor > largest:
        factor = next(m * power for m in (2, 5, 10) if m * power > factor)
        power = factor if factor in (10 * power,) else power
    return factor
