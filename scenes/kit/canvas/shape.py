"""What cairo draws of one mobject: an outline, filled and stroked, kept by its values."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, isfinite
from typing import Any, NamedTuple

import cairo
import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.canvas.tiles import Tiles

_MITER_LIMIT = 10.0  # cairo's: how many times its half width a sharp corner of a stroke may reach
_MANY = 512 * 1024  # pixels: of more, the shares that are covered are not kept
_PENS = 3  # of one outline, at a time: its fill, its stroke and the one behind
_OPAQUE = 0.99  # cairo takes a little more for opaque
_EDGE = 1.5  # pixels by which the ink of a smoothed edge may reach beyond it
_RELATIVE_TOLERANCE = 1e-5  # of Manim, beside the absolute one, in deciding whether two points are one


class Look(NamedTuple):
    """All that decides how an outline is seen; two looks that are equal are seen alike.

    Attributes
    ----------
    points : bytes
        Cubic Bezier curves, float64 (n, 3), four points each, units of the scene.
    fill, stroke, behind : bytes
        Colours of the fill, of the stroke and of the stroke behind the fill, float64 (k, 4): red, green, blue
        and opacity, 0 to 1. More than one are a gradient.
    width, behind_width : float
        Of the strokes, units of the scene; 0 for none.
    join : cairo.LineJoin
    cap : cairo.LineCap
    gradient : bytes
        Where gradients begin and end, float64 (2, 3), units of the scene; empty for none.
    tolerance : float
        Points that are no further apart are one, units of the scene.
    """

    points: bytes
    fill: bytes
    stroke: bytes
    behind: bytes
    width: float
    behind_width: float
    join: cairo.LineJoin
    cap: cairo.LineCap
    gradient: bytes
    tolerance: float


class Shape:
    """An outline with its look, ready to be drawn.

    Parameters
    ----------
    look : Look
    former : Shape, optional
        How the same mobject looked before: of the same points, what is known of the outline is taken over.
    """

    __slots__ = ("_brushes", "_outline", "_tiles")

    def __init__(self, look: Look, former: Shape | None = None) -> None:
        self._brushes = [
            (
                *_source(colors, look.gradient),
                None if width is None else Pen(width, look.join, look.cap),
            )
            for colors, width in (
                (look.behind, look.behind_width),
                (look.fill, None),
                (look.stroke, look.width),
            )
            if width != 0 and _leaves_ink(colors)
        ]
        self._tiles: int | None = None
        self._outline: Outline = (
            former._outline
            if former is not None and former._outline.points == look.points
            else Outline(look.points, look.tolerance)
        )

    def tiles(self, context: cairo.Context[Any], tiles: Tiles) -> int:
        """The tiles of a picture that its ink may touch."""
        if self._tiles is None:
            reach = max((_reach(pen) for _, _, pen in self._brushes), default=None)
            self._tiles = 0 if reach is None else tiles.of(*self._outline.box(context, reach))
        return self._tiles

    def draw(self, context: cairo.Context[Any]) -> None:
        """Draw it over what is there."""
        for source, is_glass, pen in self._brushes:
            context.set_source(source)
            # an opaque colour cairo mixes in another rounding than one that a mask lets through
            if not (is_glass and self._outline.draw_again(context, pen)):
                self._outline.draw(context, pen)


class Pen(NamedTuple):
    """How an outline is stroked: width in units of the scene, and its corners and ends."""

    width: float
    join: cairo.LineJoin
    cap: cairo.LineCap


class Covered(NamedTuple):
    """The shares of pixels that ink covers, format A8, from which pixel on; None where they are not kept."""

    shares: cairo.ImageSurface | None
    left: int
    top: int


class Outline:
    """The path of some points; where it lies, and what it covers, are found once.

    Parameters
    ----------
    points : bytes
    tolerance : float
        As in `Look`.
    """

    __slots__ = ("_covered", "_extents", "_path", "_tolerance", "points")

    def __init__(self, points: bytes, tolerance: float) -> None:
        self.points, self._tolerance = points, tolerance
        self._path: cairo.Path | None = None
        self._extents: tuple[float, float, float, float] | None = None
        self._covered: dict[Pen | None, Covered | None] = {}

    def box(self, context: cairo.Context[Any], reach: float) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, pixels, of ink that goes so many units of the scene beyond it."""
        if self._extents is None:
            self._lay(context)
            left, low, right, high = context.path_extents()
            self._extents = (*context.user_to_device(left, high), *context.user_to_device(right, low))
        left, top, right, bottom = self._extents
        beyond = context.user_to_device_distance(reach, 0)[0] + _EDGE
        return left - beyond, top - beyond, right + beyond, bottom + beyond

    def draw(self, context: cairo.Context[Any], pen: Pen | None) -> None:
        """Fill it, or stroke it, with the source of a context."""
        self._lay(context)
        _ink(context, pen)

    def draw_again(self, context: cairo.Context[Any], pen: Pen | None) -> bool:
        """Lay the source by the shares of pixels that ink covers, from the second time on; whether it was."""
        if pen not in self._covered:
            if len(self._covered) == _PENS:
                self._covered.clear()
            self._covered[pen] = None
            return False
        covered = self._covered[pen] = self._covered[pen] or self._cover(context, pen)
        if covered.shares is None:
            return False
        matrix = context.get_matrix()
        context.identity_matrix()
        context.mask_surface(covered.shares, covered.left, covered.top)
        context.set_matrix(matrix)
        return True

    def _cover(self, context: cairo.Context[Any], pen: Pen | None) -> Covered:
        picture: Any = context.get_target()
        width, height = picture.get_width(), picture.get_height()
        box = self.box(context, _reach(pen))
        left, right = max(floor(box[0]), 0), min(ceil(box[2]), width)
        top, bottom = max(floor(box[1]), 0), min(ceil(box[3]), height)
        if not (left < right and top < bottom and (right - left) * (bottom - top) <= _MANY):
            return Covered(None, left, top)
        # where it stands in the picture: elsewhere an edge is rounded to another 256th of a pixel
        page = _page(width, height)
        inside: cairo.Context[Any] = cairo.Context(page)
        inside.set_matrix(context.get_matrix())
        self.draw(inside, pen)
        place = _rows(page)[top:bottom, left:right]
        shares = cairo.ImageSurface(cairo.FORMAT_A8, right - left, bottom - top)
        _rows(shares)[:, : right - left] = place
        shares.mark_dirty()
        place[...] = 0
        return Covered(shares, left, top)

    def _lay(self, context: cairo.Context[Any]) -> None:
        context.new_path()
        if self._path is None:
            _trace(context, self.points, self._tolerance)
            self._path = context.copy_path()
        else:
            context.append_path(self._path)


def _reach(pen: Pen | None) -> float:
    """How far beyond an outline its fill, or its stroke, may go, units of the scene."""
    if pen is None:
        return 0.0
    corner = _MITER_LIMIT if pen.join == cairo.LINE_JOIN_MITER else 1.0
    return pen.width / 2 * max(corner, 2**0.5)


def _ink(context: cairo.Context[Any], pen: Pen | None) -> None:
    if pen is None:
        context.fill()
        return
    context.set_line_width(pen.width)
    context.set_line_join(pen.join)
    context.set_line_cap(pen.cap)
    context.stroke()


@lru_cache(1)
def _page(width: int, height: int) -> cairo.ImageSurface:
    """Shares of all pixels of a picture, none covered; whoever covers some leaves none covered."""
    return cairo.ImageSurface(cairo.FORMAT_A8, width, height)


def _rows(surface: cairo.ImageSurface) -> NDArray[np.uint8]:
    """The rows of a surface as they lie in memory, which may go beyond its width."""
    surface.flush()
    return np.frombuffer(surface.get_data(), np.uint8).reshape(surface.get_height(), -1)


@lru_cache(4096)
def _leaves_ink(colors: bytes) -> bool:
    return bool(np.frombuffer(colors).reshape(-1, 4)[:, 3].any())


@lru_cache(4096)
def _source(colors: bytes, gradient: bytes) -> tuple[cairo.Pattern, bool]:
    """What cairo draws with, and whether it is one colour through which others are seen."""
    # pictures have their channels in the order red, green, blue, where cairo has blue, green, red
    rgbas = np.frombuffer(colors).reshape(-1, 4).tolist()
    if len(rgbas) == 1:
        red, green, blue, opacity = rgbas[0]
        return cairo.SolidPattern(blue, green, red, opacity), opacity < _OPAQUE
    (x0, y0, _), (x1, y1, _) = np.frombuffer(gradient).reshape(2, 3).tolist()
    pattern = cairo.LinearGradient(x0, y0, x1, y1)
    for offset, (red, green, blue, opacity) in zip(np.linspace(0, 1, len(rgbas)), rgbas, strict=True):
        pattern.add_color_stop_rgba(offset, blue, green, red, opacity)
    return pattern, False


def _trace(context: cairo.Context[Any], curves: bytes, tolerance: float) -> None:
    """Lay the path of curves: one goes on where the last one ended, or opens a part of its own."""
    points = np.frombuffer(curves).reshape(-1, 3)[:, :2]
    if not np.isfinite(points).all():
        return
    curve_to = context.curve_to
    first_x = first_y = x = y = float("nan")
    for from_x, from_y, x1, y1, x2, y2, to_x, to_y in points[: len(points) // 4 * 4].reshape(-1, 8).tolist():
        if (x != from_x or y != from_y) and not _are_one(x, y, from_x, from_y, tolerance):
            if _are_one(first_x, first_y, x, y, tolerance):
                context.close_path()
            context.move_to(from_x, from_y)
            first_x, first_y = from_x, from_y
        curve_to(x1, y1, x2, y2, to_x, to_y)
        x, y = to_x, to_y
    if _are_one(first_x, first_y, x, y, tolerance):
        context.close_path()


def _are_one(x0: float, y0: float, x1: float, y1: float, tolerance: float) -> bool:
    """Whether Manim takes two points for one.

    >>> _are_one(1.0, 2.0, 1.0 + 1e-6, 2.0, 1e-6), _are_one(1.0, 2.0, 1.1, 2.0, 1e-6)
    (True, False)
    """
    return (
        abs(x0 - x1) <= tolerance + _RELATIVE_TOLERANCE * abs(x1)
        and abs(y0 - y1) <= tolerance + _RELATIVE_TOLERANCE * abs(y1)
        and isfinite(x0)
    )
