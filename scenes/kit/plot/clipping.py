"""Paths cut exactly at the edge of their axes, before Manim sees them.

Manim hides a whole path that holds one NaN, and draws a path wrongly some thousand units off the frame.
"""

from __future__ import annotations

from fractions import Fraction
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
    if limits.contains(*start) and limits.contains(*end):
        return start, end
    # in fractions: far off the rectangle the rounding of t alone is larger than all of it
    origin, along = [Fraction(v) for v in start], []
    enters, leaves = Fraction(0), Fraction(1)
    for at, to, low, high in zip(origin, end, limits[0::2], limits[1::2], strict=True):
        way = Fraction(to) - at
        along.append(way)
        if way == 0:
            if not low <= at <= high:
                return None
            continue
        near, far = sorted(((Fraction(low) - at) / way, (Fraction(high) - at) / way))
        enters, leaves = max(enters, near), min(leaves, far)
    if enters > leaves:
        return None

    def point(t: Fraction) -> Array:
        return np.array([float(at + t * way) for at, way in zip(origin, along, strict=True)])

    return point(enters), point(leaves)


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
    lows, highs = np.array(limits).reshape(2, 2).T
    before, after = path[:-1], path[1:]
    # most of a path that is far off lies beyond one edge, and needs no fractions to be left out
    meets = (np.fmax(before, after) >= lows) & (np.fmin(before, after) <= highs)
    may_meet = np.asarray((meets & np.isfinite(before) & np.isfinite(after)).all(axis=1))
    for may, (start, end) in zip(may_meet, pairwise(path), strict=True):
        kept = clip_segment(start, end, limits) if may else None
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
