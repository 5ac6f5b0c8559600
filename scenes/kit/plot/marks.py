"""Marks that mean the same in every lecture: start, minimum, the point that is now, arrows, a right angle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from manim import (
    CapStyleType,
    Line,
    LineJointType,
    Mobject,
    Polygon,
    UpdateFromAlphaFunc,
    VGroup,
    VMobject,
    linear,
)
from numpy.typing import NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme

Array = NDArray[np.float64]


_ARC = 4 / 3 * math.tan(math.pi / 16)  # handle of a Bézier for an eighth of a circle


def straight(starts: Array, ends: Array) -> Array:
    """Straight lines from starts (n, 3) to ends (n, 3) as cubic Bezier curves (4n, 3)."""
    third = (ends - starts) / 3
    return np.stack([starts, starts + third, ends - third, ends], axis=1).reshape(-1, 3)


def closed(corners: Array) -> Array:
    """Straight lines round corners (n, 3), from the last one back to the first, as `straight` has them."""
    return straight(corners, np.concatenate([corners[1:], corners[:1]]))


class Segments(VMobject):
    """Straight pieces drawn as one mobject: much faster than a Line each."""

    def __init__(self, color: str, width: float, opacity: float = 1.0) -> None:
        super().__init__()
        self.joint_type = LineJointType.ROUND  # pieces that follow each other meet without a spike
        self.set_fill(opacity=0)
        self.set_stroke(color, sheet.stroke(width), opacity)
        lay("lines", self)

    def set_ends(self, starts: Array, ends: Array) -> Segments:
        """Draw from starts (n, 3) to ends (n, 3), points of the scene."""
        self.set_points(straight(starts, ends))
        return self

    def ends(self) -> tuple[Array, Array]:
        """Starts and ends (n, 3) as drawn."""
        return self.points[0::4], self.points[3::4]


class Polyline(VMobject):
    """A path through given corners, never smoothed."""

    def __init__(self, color: str, width: float, opacity: float = 1.0) -> None:
        super().__init__()
        self.joint_type = LineJointType.ROUND
        self.cap_style = CapStyleType.ROUND
        self.set_fill(opacity=0)
        self.set_stroke(color, sheet.stroke(width), opacity)
        lay("lines", self)

    def through(self, corners: Array) -> Polyline:
        """Draw through corners (n, 3), points of the scene; fewer than two draw nothing."""
        if len(corners) < 2:
            self.clear_points()
            return self
        self.set_points(straight(corners[:-1], corners[1:]))
        return self


@cache
def _unit_disc() -> Array:
    """A circle as cubic Bezier curves (32, 3)."""
    angles = np.linspace(0, 2 * math.pi, 9)[:, None]
    spoke = np.hstack([np.cos(angles), np.sin(angles), 0 * angles])
    along = np.hstack([-np.sin(angles), np.cos(angles), 0 * angles]) * _ARC
    ring = [spoke[:-1], spoke[:-1] + along[:-1], spoke[1:] - along[1:], spoke[1:]]
    return np.stack(ring, axis=1).reshape(-1, 3)


class Dots(VMobject):
    """Discs of one size drawn as one mobject; hollow ones are rings."""

    def __init__(
        self,
        color: str,
        radius: float,
        *,
        rim: str | None = None,
        rim_width: float = 1.5,
        hollow: bool = False,
    ) -> None:
        super().__init__()
        self.radius = radius
        if hollow:
            self.set_fill(opacity=0).set_stroke(color, sheet.stroke(3), 1)
        else:
            self.set_fill(color, 1)
            self.set_stroke(rim or color, sheet.stroke(rim_width) if rim else 0, 1 if rim else 0)
        lay("points", self)

    def stand_at(self, centers: Array) -> Dots:
        """Put a disc on each of the points (n, 3) of the scene."""
        self.set_points((centers[:, None, :] + sheet.units(self.radius) * _unit_disc()).reshape(-1, 3))
        return self

    def centers(self) -> Array:
        """Where the discs stand, points (n, 3) of the scene."""
        return np.asarray(self.points.reshape(-1, 32, 3)[:, [0, 16]].mean(axis=1))


def dots_in_columns(
    cell: Box, rows: int, columns: Sequence[int], color: str, radius: float = 6.0
) -> list[Dots]:
    """Dots in columns of so many rows from the left of a cell to its right: some columns, then some more."""
    last, across = np.cumsum(columns), cell.width / sum(columns)
    down = min(across, abs(cell.height) / rows)
    x, y = np.meshgrid(np.arange(last[-1]) + 0.5, np.arange(rows) + 0.5, indexing="ij")
    places = np.split(sheet.at(cell.left + across * x, cell.top + down * y), last[:-1])
    return [Dots(color, radius).stand_at(part.reshape(-1, 3)) for part in places]


def rule(start: Array, end: Array, color: str, width: float) -> Line:
    """A straight line between two points of the scene."""
    drawn = Line(start, end).set_stroke(color, sheet.stroke(width))
    lay("ghosts", drawn)
    return drawn


def strike(box: Box, color: str) -> Line:
    """What strikes out the words in a box of the page."""
    ends = sheet.at([box.left - 8, box.right + 8], [box.center[1], box.center[1]])
    return rule(ends[0], ends[1], color, 5)


def corners_of(box: Box) -> Array:
    """The corners (4, 3) of a box of the page, clockwise from the upper left, points of the scene."""
    return sheet.at([box.left, box.right, box.right, box.left], [box.top, box.top, box.bottom, box.bottom])


def rectangle(
    box: Box, color: str, *, fill: float = 0.0, width: float = 0.0, opacity: float = 1.0
) -> Polygon:
    """A rectangle of the page, filled at one opacity and outlined at another."""
    drawn = Polygon(*corners_of(box))
    drawn.set_fill(color, fill).set_stroke(color, sheet.stroke(width), opacity if width else 0)
    lay("ghosts", drawn)
    return drawn


def dashed(line: Line, dash: float = 14.0, gap: float = 8.0) -> Segments:
    """A straight line in dashes of about `dash` and gaps of about `gap` pixels, which ends on a dash."""
    start, end = line.points[[0, -1]]
    length = float(np.linalg.norm(end - start)) * sheet.PIXELS_PER_UNIT
    count, inked = max(2, round(length / (dash + gap))), dash / (dash + gap)
    ways = (end - start) * (np.arange(count) * (1 - inked / count) / (count - 1))[:, None]
    color = line.get_stroke_color()
    assert color is not None, "a line is stroked in a colour"
    drawn = Segments(color.to_hex(), 1, line.get_stroke_opacity()).set_stroke(width=line.get_stroke_width())
    drawn.set_ends(start + ways, start + ways + (end - start) * inked / count)
    lay("ghosts", drawn)
    return drawn


class Boxes(VGroup):
    """Rectangles of the page that move and stretch together.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
        Left, top, width and height of each, pixels of the page.
    color : str
        Of fills and outlines.
    """

    def __init__(self, boxes: Array, color: str) -> None:
        super().__init__(*(Polygon(*np.eye(3)) for _ in boxes))
        self.set_fill(color).set_stroke(color)
        lay("residuals", self)
        self.stand_at(boxes)

    def stand_at(self, boxes: Array) -> Boxes:
        """Draw each rectangle in its box."""
        self.boxes = np.array(boxes, dtype=float)
        left, top, width, height = self.boxes.T
        x = np.stack([left, left + width, left + width, left, left], axis=1)
        y = np.stack([top, top, top + height, top + height, top], axis=1)
        corners = sheet.at(x, y)
        curves = straight(corners[:, :-1].reshape(-1, 3), corners[:, 1:].reshape(-1, 3))
        for drawn, points in zip(self.submobjects, curves.reshape(len(corners), -1, 3), strict=True):
            drawn.set_points(points)
        return self

    def glide(
        self,
        starts: Array,
        ends: Array,
        lag: float = 0.0,
        fill: float | None = None,
        opened: Array | None = None,
    ) -> UpdateFromAlphaFunc:
        """Move all from their starts to their ends, the last one setting off at `lag` of the time.

        In the first third of its way each first becomes what it is when `opened`, if that is given.

        The fill of each goes to the opacity `fill`, if one is given, once it has all but arrived: under way
        the boxes overlap, and stronger fills would hide one another.
        """
        delays = lag * np.linspace(0, 1, len(starts))
        fill_before = float(self[0].get_fill_opacity())

        def move(_: Mobject, alpha: float) -> None:
            share = smooth_array(np.clip((alpha - delays) / (1 - lag), 0, 1))
            if opened is None:
                self.stand_at(starts + share[:, None] * (ends - starts))
            else:
                opening, going = (np.clip(each, 0, 1)[:, None] for each in (3 * share, 1.5 * share - 0.5))
                self.stand_at(starts + opening * (opened - starts) + going * (ends - opened))
            if fill is not None:
                for box, arrived in zip(self, np.clip(5 * share - 4, 0, 1), strict=True):
                    box.set_fill(opacity=fill_before + arrived * (fill - fill_before))

        return UpdateFromAlphaFunc(self, move, rate_func=linear)


def smooth_array(share: Array) -> Array:
    """Ease in and out, 3 t^2 - 2 t^3."""
    return share * share * (3 - 2 * share)


_HEAD_LENGTH = 3.6  # of an arrow, in widths of its shaft
_HEAD_WIDTH = 3.4
_CORNER = 22.0


class Shape(VMobject):
    """Closed shapes with straight edges, drawn as one mobject."""

    def __init__(self) -> None:
        super().__init__()
        lay("points", self)

    def through(self, *outlines: Array) -> Shape:
        """Draw round the corners (n, 3) of each outline, points of the scene."""
        if outlines:
            self.set_points(np.concatenate([closed(corners) for corners in outlines]))
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
        self.set_fill(theme.minimum, 1).set_stroke(theme.ground, sheet.stroke(3), 1)
        lay("marks", self)

    def stand_at(self, center: Array) -> Diamond:
        """Put it on a point (1, 3) or (3,) of the scene."""
        spokes = np.array([[0, 1.15, 0], [0.85, 0, 0], [0, -1.15, 0], [-0.85, 0, 0]])
        self.through(np.reshape(center, (1, 3)) + spokes * sheet.units(self.radius))
        return self

    def place(self) -> Array:
        """Where it stands, a point of the scene."""
        return np.asarray(self.corners().mean(axis=0))


def start_ring(theme: Theme, radius: float = 11.0) -> Dots:
    """Where a run starts: a ring in ink, hollow."""
    ring = Dots(theme.ink, radius, hollow=True).set_fill(theme.ground, 1)
    lay("marks", ring)
    return ring


def current_disc(theme: Theme, radius: float = 12.0) -> Dots:
    """Where a run is now: a disc in the colour of the model, because the point is the line."""
    disc = Dots(theme.model, radius, rim=theme.ground, rim_width=3)
    lay("moving", disc)
    return disc


class Arrow(Shape):
    """An arrow whose tip is exactly where it is said to be.

    Parameters
    ----------
    color : str
    width : float
        Of the shaft, pixels.
    least_head : float
        The head of a short arrow is as wide as this, or as the arrow is long.
    """

    def __init__(self, color: str, width: float = 8.0, least_head: float = 0.0) -> None:
        super().__init__()
        self.width_pixels, self.least_head = width, least_head
        self.set_fill(color, 1).set_stroke(color, 0, 0)

    def between(self, start: Array, tip: Array) -> Arrow:
        """Draw from `start` to `tip`, points (3,) of the scene; the head shrinks with a short arrow."""
        return self.each_between(start[None], tip[None])

    def each_between(self, starts: Array, tips: Array) -> Arrow:
        """Draw an arrow from each of the starts (n, 3) to its tip (n, 3), as one mobject."""
        pairs = zip(starts, tips, strict=True)
        self.through(*(self._outline(start, tip) for start, tip in pairs if (start != tip).any()))
        return self

    def _outline(self, start: Array, tip: Array) -> Array:
        """Its corners (7, 3)."""
        way = tip - start
        length = float(np.linalg.norm(way))
        along = way / length
        across = np.array([-along[1], along[0], 0.0])
        width = sheet.units(self.width_pixels)
        head = min(_HEAD_LENGTH * width, 0.6 * length)
        least = min(sheet.units(self.least_head), length)
        half_head = max(head / _HEAD_LENGTH * _HEAD_WIDTH, least) / 2
        half, neck = min(width / 2, 0.6 * half_head), tip - head * along
        side = [start + half * across, neck + half * across, neck + half_head * across]
        other = [neck - half_head * across, neck - half * across, start - half * across]
        return np.array([*side, tip, *other])

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
        self.set_fill(opacity=0).set_stroke(color, sheet.stroke(width), 1)
        lay("points", self)

    def stand_at(self, corner: Array, along: Array, size: float = _CORNER) -> RightAngle:
        """Draw it at a point of the scene, between the direction `along` and the one left of it."""
        one = along / math.hypot(*along[:2])
        other = np.array([-one[1], one[0], 0.0])
        side = sheet.units(size)
        self.set_points_as_corners(
            [corner + side * one, corner + side * (one + other), corner + side * other]
        )
        return self
