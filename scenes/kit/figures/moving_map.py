"""A contour plot whose loss, window and place on the page may change from frame to frame."""

from __future__ import annotations

import math
from dataclasses import astuple, replace

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import LeastSquares, Window
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, PowerAxis, compact, pieces_that_fit, round_axis, round_step
from gdscenes.kit.plot.contours import Contours
from gdscenes.kit.plot.marks import Diamond, rectangle, start_ring
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

ROOM = 0.33
"""Part of a map that a run takes."""
FAR = 20.0
"""A minimum so many times as far from a run as the run is long is left outside of its map."""
_TICKS_APART, _MOST_TICKS = 95.0, 6
_PLATE = 7.0


def window_for(box: Box, problem: LeastSquares, path: Array) -> Window:
    """A window of equal aspect in which a path has some room, and the minimum unless it is far away."""
    reach = float(np.ptp(path, axis=0).max()) or float(np.abs(problem.minimizer - path[0]).max()) or 1.0
    if np.abs(problem.minimizer - path).max() <= FAR * reach:
        path = np.vstack([path, problem.minimizer])
    around = Window.around(path, room=(1 / ROOM - 1) / 2, least=1e-3 * reach)
    return around.of_aspect(box.width / box.height)


def between(one: Window, other: Window, share: float) -> Window:
    """A window on the way from one to another: its middle goes evenly, its size by even factors."""
    return one.between(other, share)


def box_between(one: Box, other: Box, share: float) -> Box:
    """A box on the way from one to another."""
    starts, ends = np.array(astuple(one)), np.array(astuple(other))
    return Box(*(starts + share * (ends - starts))) if share < 1 else other


class MovingMap(VGroup):
    """A loss over (b, w) in a window that may move: level lines, start and minimum.

    Parameters
    ----------
    start : ndarray, shape (2,)
    contours : Contours

    Attributes
    ----------
    plot : Plot
        Where (b, w) lie now; itself not drawn.
    frame : Polygon
    ring : Dots
        The start.
    diamond : Diamond
        The minimum.
    """

    def __init__(self, start: Array, contours: Contours) -> None:
        super().__init__()
        self.start, self.contours, self.theme = start, contours, contours.theme
        self.frame = rectangle(Box(0, 0, 1, 1), self.theme.axis, width=2)
        self.ring, self.diamond = start_ring(self.theme), Diamond(self.theme, 19)
        self.add(self.contours, self.frame, self.diamond, self.ring)

    def draw(self, problem: LeastSquares, box: Box, window: Window) -> MovingMap:
        """Draw a loss in a window, in a box of the page."""
        self.problem, self.window = problem, window
        x = Axis(window.b_min, window.b_max, (), 0, "")
        y = Axis(window.w_min, window.w_max, (), 0, "")
        self.plot = Plot(box, x, y, self.theme, grid=False)
        self.contours.problem = problem
        self.contours.draw(self.plot)
        self.frame.set_points(rectangle(box, self.theme.axis).points)
        for mark, place in ((self.ring, self.start), (self.diamond, problem.minimizer)):
            if self.plot.limits.contains(*place):
                mark.stand_at(self.plot.at(*place)[None])
            else:
                mark.clear_points()
        return self

    def ruler(self) -> tuple[VGroup, VGroup]:
        """Ticks of both axes, and their names in the corners."""
        box, limits = self.plot.box, self.plot.limits
        most = min(round(box.width / _TICKS_APART), _MOST_TICKS)
        across = pieces_that_fit(limits.x_low, limits.x_high, most, box.width)
        step = round_step(limits.x_high - limits.x_low, across)
        up = math.ceil((limits.y_high - limits.y_low) / step)  # the same step on both axes
        x = compact(round_axis(limits.x_low, limits.x_high, "$bias$", across))
        x = without_ticks_near(x, 0.6 if isinstance(x, PowerAxis) else 0.86)
        y = compact(round_axis(limits.y_low, limits.y_high, "$weight$", up))
        ticks = Plot(box, x, y, self.theme, grid=False)
        b = Words(x.name, sheet.MEDIUM, self.theme).place(box.right - 6, box.bottom + 54, "right")
        w = Words(y.name, sheet.MEDIUM, self.theme).place(box.left + 20, box.top + 42)
        plate = rectangle(w.box().grown(_PLATE), self.theme.ground, fill=1)
        return VGroup(ticks.lines[2:], ticks.labels), VGroup(b, plate, w)


def without_ticks_near(axis: Axis, high: float) -> Axis:
    """An axis whose upper end, beyond a part of it, is left to its name."""
    most = axis.low + high * (axis.high - axis.low)
    return replace(axis, ticks=tuple(tick for tick in axis.ticks if tick <= most))
