"""Paths cut exactly at the edge of their axes, before Manim sees them.

Manim hides a whole path that holds one NaN, and draws a path wrongly some thousand units off the frame.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Limits(NamedTuple):
    """The rectangle of an axes, in the units of the data."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def contains(self, x: float, y: float) -> bool:
        return self.x_low <= x <= self.x_high and self.y_low <= y <= self.y_high


def clip_segment(start: Array, end: Array, limits: Limits) -> tuple[Array, Array] | None:
    """The part of a segment that lies in a rectangle, or None.

    Parameters
    ----------
    start, end : ndarray, shape (2,)
        Finite ends.

    Source: Y.-D. Liang and B. A. Barsky, "A new concept and method for line clipping", ACM Transactions on
    Graphics 3 (1984).
    """
    lows, highs = np.array([limits.x_low, limits.y_low]), np.array([limits.x_high, limits.y_high])
    # halves, so that the difference of two huge ends does not overflow
    half = end / 2 - start / 2
    enters, leaves = 0.0, 1.0
    for axis in range(2):
        if half[axis] == 0.0:
            if not lows[axis] <= start[axis] <= highs[axis]:
                return None
            continue
        near, far = sorted(
            (edge / 2 - start[axis] / 2) / half[axis] for edge in (float(lows[axis]), float(highs[axis]))
        )
        enters, leaves = max(enters, near), min(leaves, far)
    if enters > leaves:
        return None

    def point(t: float, exact: Array) -> Array:
        if t in (0.0, 1.0):
            return exact
        # from the nearer end, where less is lost to rounding
        there = start + 2 * t * half if t <= 0.5 else end - 2 * (1 - t) * half
        return np.clip(there, lows, highs)

    return point(enters, start), point(leaves, end)


def clip_path(path: Array, limits: Limits) -> list[Array]:
    """The pieces of a path that lie in a rectangle.

    Parameters
    ----------
    path : ndarray, shape (n, 2)
        Corners; the path breaks where one is not finite.
    limits : Limits

    Returns
    -------
    list of ndarray, each (m, 2) with m >= 2
        Unbroken pieces in order, ends on the edge where the path crosses it.
    """
    pieces: list[list[Array]] = []
    open_at: Array | None = None
    for start, end in pairwise(path):
        kept = (
            clip_segment(start, end, limits) if np.isfinite(start).all() and np.isfinite(end).all() else None
        )
        if kept is None:
            open_at = None
            continue
        first, last = kept
        if open_at is not None and np.array_equal(open_at, first):
            pieces[-1].append(last)
        else:
            pieces.append([first, last])
        open_at = last if np.array_equal(last, end) else None
    return [np.array(piece) for piece in pieces]
