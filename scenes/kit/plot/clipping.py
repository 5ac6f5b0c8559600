"""Paths cut exactly at the edge of their axes, before Manim sees them.

Manim hides a whole path that holds one NaN, and draws a path wrongly some thousand units off the frame.
"""

from __future__ import annotations

from fractions import Fraction
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
    enters, leaves = Fraction(0), Fraction(1)
    for at, to, low, high in zip(start.tolist(), end.tolist(), limits[0::2], limits[1::2], strict=True):
        for begins_beyond, ends_beyond, edge in ((at < low, to < low, low), (at > high, to > high, high)):
            if begins_beyond and ends_beyond:
                return None
            if begins_beyond or ends_beyond:
                t = (Fraction(edge) - Fraction(at)) / (Fraction(to) - Fraction(at))
                enters, leaves = (max(enters, t), leaves) if begins_beyond else (enters, min(leaves, t))
    if enters > leaves:
        return None

    def point(t: Fraction) -> Array:
        ends = ((Fraction(at), Fraction(to)) for at, to in zip(start.tolist(), end.tolist(), strict=True))
        return np.array([float(at + t * (to - at)) for at, to in ends])

    return point(enters) if enters else start, point(leaves) if leaves < 1 else end


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
    if len(path) < 2:
        return []
    lows, highs = np.array(limits).reshape(2, 2).T
    starts, ends = path[:-1].copy(), path[1:].copy()
    inside = np.asarray(((path >= lows) & (path <= highs)).all(axis=1))
    kept = inside[:-1] & inside[1:]
    # most of a path that is far off lies beyond one edge, and needs no fractions to be left out
    meets = (np.fmax(starts, ends) >= lows) & (np.fmin(starts, ends) <= highs)
    crosses = (meets & np.isfinite(starts) & np.isfinite(ends)).all(axis=1) & ~kept
    for index in np.flatnonzero(crosses):
        if (part := clip_segment(path[index], path[index + 1], limits)) is not None:
            starts[index], ends[index] = part
            kept[index] = True
    goes_on = kept[:-1] & kept[1:] & (ends[:-1] == path[1:-1]).all(axis=1)
    goes_on &= (starts[1:] == path[1:-1]).all(axis=1)
    opens = np.flatnonzero(kept & ~np.concatenate([[False], goes_on]))
    closes = np.flatnonzero(kept & ~np.concatenate([goes_on, [False]])) + 1
    return [np.vstack([starts[a], ends[a:b]]) for a, b in zip(opens, closes, strict=True)]
