"""Marks that mean the same in every lecture: start, minimum, the point that is now, arrows, a right angle."""

from __future__ import annotations

import math

import numpy as np
from manim import VMobject
from numpy.typing import NDArray

from scenes._kit import page
from scenes._kit.plots import Dots
from scenes._kit.theme import Theme

Array = NDArray[np.float64]

_HEAD_LENGTH = 3.6  # of an arrow, in widths of its shaft
_HEAD_WIDTH = 3.4
_CORNER = 22.0


class Shape(VMobject):
    """Closed shapes with straight edges, drawn as one mobject."""

    def through(self, *outlines: Array) -> Shape:
        """Draw round the corners (n, 3) of each outline, points of the scene."""
        curves = []
        for corners in outlines:
            ends = np.roll(corners, -1, axis=0)
            third = (ends - corners) / 3
            curves.append(np.stack([corners, corners + third, ends - third, ends], axis=1).reshape(-1, 3))
        if curves:
            self.set_points(np.concatenate(curves))
        else:
            self.clear_points()
        return self

    def corners(self) -> Array:
        """Corners (n, 3) as drawn."""
        return np.asarray(self.points[0::4])


class Diamond(Shape):
    """The minimum: the only diamond there is, in two dimensions as in three."""

    def __init__(self, theme: Theme, radius: float = 17.0) -> None:
        super().__init__()
        self.radius = radius
        self.set_fill(theme.minimum, 1).set_stroke(theme.ground, page.stroke(3), 1)

    def stand_at(self, center: Array) -> Diamond:
        """Put it on a point (1, 3) or (3,) of the scene."""
        spokes = np.array([[0, 1.15, 0], [0.85, 0, 0], [0, -1.15, 0], [-0.85, 0, 0]])
        self.through(np.reshape(center, (1, 3)) + spokes * page.units(self.radius))
        return self

    def place(self) -> Array:
        """Where it stands, a point of the scene."""
        return np.asarray(self.corners().mean(axis=0))


def start_ring(theme: Theme, radius: float = 11.0) -> Dots:
    """Where a run starts: a ring in ink, hollow."""
    return Dots(theme.ink, radius, hollow=True).set_fill(theme.ground, 1)


def current_disc(theme: Theme, radius: float = 12.0) -> Dots:
    """Where a run is now: a disc in the colour of the model, because the point is the line."""
    return Dots(theme.model, radius, rim=theme.ground, rim_width=3)


class Arrow(Shape):
    """An arrow whose tip is exactly where it is said to be.

    Parameters
    ----------
    color : str
    width : float
        Of the shaft, pixels.
    """

    def __init__(self, color: str, width: float = 8.0) -> None:
        super().__init__()
        self.width_pixels = width
        self.set_fill(color, 1).set_stroke(color, 0, 0)

    def between(self, start: Array, tip: Array) -> Arrow:
        """Draw from `start` to `tip`, points (3,) of the scene; the head shrinks with a short arrow."""
        way = tip - start
        length = float(np.linalg.norm(way))
        if length == 0.0:
            self.clear_points()
            return self
        along = way / length
        across = np.array([-along[1], along[0], 0.0])
        width = page.units(self.width_pixels)
        head = min(_HEAD_LENGTH * width, 0.6 * length)
        half_head = head / _HEAD_LENGTH * _HEAD_WIDTH / 2
        half, neck = min(width / 2, 0.6 * half_head), tip - head * along
        side = [start + half * across, neck + half * across, neck + half_head * across]
        other = [neck - half_head * across, neck - half * across, start - half * across]
        self.through(np.array([*side, tip, *other]))
        return self

    @property
    def tip(self) -> Array:
        """The point of the scene that it points at."""
        return np.asarray(self.corners()[3])

    @property
    def foot(self) -> Array:
        """The point of the scene at which it begins."""
        return np.asarray((self.corners()[0] + self.corners()[6]) / 2)


class RightAngle(VMobject):
    """The corner that says: these two lines stand square on each other."""

    def __init__(self, color: str, width: float = 3.5) -> None:
        super().__init__()
        self.set_fill(opacity=0).set_stroke(color, page.stroke(width), 1)

    def stand_at(self, corner: Array, along: Array, size: float = _CORNER) -> RightAngle:
        """Draw it at a point of the scene, between the direction `along` and the one left of it."""
        one = along / math.hypot(*along[:2])
        other = np.array([-one[1], one[0], 0.0])
        side = page.units(size)
        self.set_points_as_corners(
            [corner + side * one, corner + side * (one + other), corner + side * other]
        )
        return self
