"""What cairo draws of one mobject: an outline, filled and stroked, kept by its values."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

import cairo
import numpy as np

from gdscenes.kit.canvas.tiles import Tiles

_MITER_LIMIT = 10.0  # cairo's: how many times its half width a sharp corner of a stroke may reach
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
    """An outline with its look, ready to be drawn: its path and its tiles are found once.

    Parameters
    ----------
    look : Look
    former : Shape, optional
        How the same mobject looked before; of the same points, the path is taken over.
    """

    __slots__ = ("_brushes", "_look", "_path", "_tiles")

    def __init__(self, look: Look, former: Shape | None = None) -> None:
        self._look = look
        self._brushes = [
            (_source(colors, look.gradient), width)
            for colors, width in (
                (look.behind, look.behind_width),
                (look.fill, None),
                (look.stroke, look.width),
            )
            if width != 0 and _leaves_ink(colors)
        ]
        is_moved = former is None or former._look.points != look.points
        self._path: cairo.Path | None = None if is_moved or former is None else former._path
        self._tiles: int | None = None

    def tiles(self, context: cairo.Context[Any], tiles: Tiles) -> int:
        """The tiles of a picture that its ink may touch."""
        if self._tiles is None:
            self._tiles = self._touched(context, tiles) if self._brushes else 0
        return self._tiles

    def draw(self, context: cairo.Context[Any]) -> None:
        """Draw it over what is there, inside of what is clipped."""
        if not self._brushes:
            return
        self._lay_path(context)
        for source, width in self._brushes:
            context.set_source(source)
            if width is None:
                context.fill_preserve()
            else:
                context.set_line_width(width)
                context.set_line_join(self._look.join)
                context.set_line_cap(self._look.cap)
                context.stroke_preserve()

    def _lay_path(self, context: cairo.Context[Any]) -> None:
        context.new_path()
        if self._path is None:
            _trace(context, self._look)
            self._path = context.copy_path()
        else:
            context.append_path(self._path)

    def _touched(self, context: cairo.Context[Any], tiles: Tiles) -> int:
        self._lay_path(context)
        left, low, right, high = context.path_extents()
        (left, bottom), (right, top) = context.user_to_device(left, low), context.user_to_device(right, high)
        half = max((width for _, width in self._brushes if width is not None), default=0.0) / 2
        if self._look.join == cairo.LINE_JOIN_MITER:
            half *= _MITER_LIMIT
        reach = context.user_to_device_distance(half, 0)[0] * 2**0.5 + _EDGE
        return tiles.of(left - reach, top - reach, right + reach, bottom + reach)


@lru_cache(4096)
def _leaves_ink(colors: bytes) -> bool:
    return bool(np.frombuffer(colors).reshape(-1, 4)[:, 3].any())


@lru_cache(4096)
def _source(colors: bytes, gradient: bytes) -> cairo.Pattern:
    # pictures have their channels in the order red, green, blue, where cairo has blue, green, red
    rgbas = np.frombuffer(colors).reshape(-1, 4).tolist()
    if len(rgbas) == 1:
        red, green, blue, opacity = rgbas[0]
        return cairo.SolidPattern(blue, green, red, opacity)
    (x0, y0, _), (x1, y1, _) = np.frombuffer(gradient).reshape(2, 3).tolist()
    pattern = cairo.LinearGradient(x0, y0, x1, y1)
    for offset, (red, green, blue, opacity) in zip(np.linspace(0, 1, len(rgbas)), rgbas, strict=True):
        pattern.add_color_stop_rgba(offset, blue, green, red, opacity)
    return pattern


def _trace(context: cairo.Context[Any], look: Look) -> None:
    """Lay the path of a look: a curve goes on where the last one ended, or opens a part of its own."""
    points = np.frombuffer(look.points).reshape(-1, 3)[:, :2]
    if not np.isfinite(points).all():
        return
    curves = points[: len(points) // 4 * 4].reshape(-1, 8).tolist()
    curve_to, tolerance = context.curve_to, look.tolerance
    first_x = first_y = x = y = float("nan")
    for from_x, from_y, x1, y1, x2, y2, to_x, to_y in curves:
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
