"""The page: a sheet of 1920 x 1080 pixels on which every lecture is laid out.

All places and sizes in the scenes are pixels of this sheet, x to the right and y down, whatever the
resolution of the film. Manim's frame is 8 units high; one unit is 135 of these pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]

WIDTH = 1920.0
HEIGHT = 1080.0
PIXELS_PER_UNIT = 135.0
_STROKE_PIXELS = 1.35  # Manim draws a stroke_width of 1 as 0.01 unit

SMALL = 40.0
"""Em of tick labels and words, pixels."""
MEDIUM = 50.0
"""Em of formulas and read-outs, pixels."""
LARGE = 76.0
"""Em of the title, the model and the step counter, pixels."""
SMALLEST = 36.0
"""No type is smaller than this em: 1/30 of the height of the page."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in pixels; `top` is less than `bottom`."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def grown(self, by: float) -> Box:
        """The same box with `by` pixels more on each side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def contains(self, other: Box, slack: float = 0.0) -> bool:
        """Whether `other` lies inside, give or take `slack` pixels."""
        return (
            other.left >= self.left - slack
            and other.right <= self.right + slack
            and other.top >= self.top - slack
            and other.bottom <= self.bottom + slack
        )

    def overlap(self, other: Box) -> float:
        """Area shared with `other`, square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)


SAFE = Box(77, 43, 1843, 1037)
"""Nothing is drawn within 4 % of the edge."""
STAGE = Box(140, 73, 1196, 948)
"""Two thirds of the page: the picture."""
MARGIN = Box(1312, 43, 1840, 1037)
"""One third of the page: formula, numbers, loss curve."""


def at(x: ArrayLike, y: ArrayLike) -> Points:
    """The points of the scene, shape (..., 3), that lie on pixels (x, y) of the page."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    points = np.zeros((*np.broadcast(x, y).shape, 3))
    points[..., 0] = (x - WIDTH / 2) / PIXELS_PER_UNIT
    points[..., 1] = (HEIGHT / 2 - y) / PIXELS_PER_UNIT
    return points


def pixels(points: Points) -> Points:
    """Pixels (..., 2) of the page on which scene points (..., 3) lie: the inverse of `at`."""
    on_page = np.array(points, dtype=float)[..., :2]
    on_page *= PIXELS_PER_UNIT, -PIXELS_PER_UNIT
    on_page += WIDTH / 2, HEIGHT / 2
    return on_page


def units(length: float) -> float:
    """A length of the page, pixels, in units of the scene."""
    return length / PIXELS_PER_UNIT


def stroke(width: float) -> float:
    """Manim's stroke_width for a line that is `width` pixels of the page wide."""
    return width / _STROKE_PIXELS


def box_of(points: Points) -> Box:
    """The smallest box round scene points (n, 3)."""
    (left, bottom), (right, top) = pixels(np.array([points.min(axis=0), points.max(axis=0)]))
    return Box(float(left), float(top), float(right), float(bottom))
