"""A curve in its axes, the secant through two of its points, and a lens that looks closer."""

from __future__ import annotations

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis
from gdscenes.kit.plot.contours import draw_pieces
from gdscenes.kit.plot.marks import Dots, Polyline, Segments, rectangle, rule

Array = NDArray[np.float64]

_BACKWARD = 130.0  # a secant goes on behind its first point, pixels
_BEYOND = 60.0  # and beyond its second
_SHORTEST = 330.0  # but is at least as long on that side


def draw_curve(curve: Polyline, plot: Plot, x: Array, y: Array, grown: float = 1.0) -> Polyline:
    """Draw the graph through exact points (x, y), a part `grown` of the way up from the lower edge."""
    return draw_pieces(curve, plot.clipped(x, plot.y.low + grown * (y - plot.y.low)))


class Secant(VGroup):
    """A step along a curve, the rise over it, and the straight line through both points.

    Parameters
    ----------
    theme : Theme
    role : str
        Role of the parameter that is stepped along.
    width : float
        Of the line, pixels.

    Attributes
    ----------
    line, step, rise : Segments
    first, second : Dots
        The points on the curve.
    """

    def __init__(self, theme: Theme, role: str, width: float = 5.0) -> None:
        super().__init__()
        self._side = 1.0
        self.line = Segments(theme.ink, width)
        self.step = Segments(theme.color(role), 5)
        self.rise = Segments(theme.loss, 5)
        self.first = Dots(theme.ink, 12, hollow=True).set_fill(theme.ground, 1)
        self.second = Dots(theme.data, 11, rim=theme.ground, rim_width=3)
        self.add(self.line, self.step, self.rise, self.first, self.second)

    def draw(self, plot: Plot, point: tuple[float, float], delta: float, rise: float, slope: float) -> Secant:
        """Put it into axes.

        Parameters
        ----------
        plot : Plot
        point : tuple of float
            Where the step begins.
        delta, rise : float
            The step and the rise over it; at 0 the secant is the tangent.
        slope : float
            Of the line: rise / delta, or the derivative.
        """
        x, y = point
        here, corner, there = plot.at([x, x + delta, x + delta], [y, y, y + rise])[:, None]
        self.line.set_ends(*self._ends(plot, point, delta, slope))
        if delta:
            self.step.set_ends(here, corner)
            self.rise.set_ends(corner, there)
            self.second.stand_at(there)
        else:
            for part in (self.step, self.rise, self.second):
                part.clear_points()
        self.first.stand_at(here)
        return self

    def _ends(
        self, plot: Plot, point: tuple[float, float], delta: float, slope: float
    ) -> tuple[Array, Array]:
        """Ends (1, 3) of the line, cut at the edge of the axes."""
        x, y = point
        per_unit = plot.box.width / (plot.x.high - plot.x.low)
        across = np.hypot(per_unit, slope * plot.y_pixels_per_unit)  # pixels of line for one unit of x
        ahead = max((abs(delta) * across + _BEYOND), _SHORTEST) / across
        x_ends = x + self.side(delta) * np.array([-_BACKWARD / across, ahead])
        (piece,) = plot.clipped(x_ends, y + slope * (x_ends - x))
        return piece[:1], piece[-1:]

    def side(self, delta: float) -> float:
        """To which side it steps; kept when the step has shrunk to nothing."""
        if delta:
            self._side = float(np.sign(delta))
        return self._side

    def ghost(self, theme: Theme) -> VGroup:
        """What stays behind of it: a thin line, and the second point."""
        line = Segments(theme.data, 3, 0.6).set_ends(*self.line.ends())
        dot = Dots(theme.data, 9, rim=theme.ground, rim_width=3)
        return VGroup(line, dot.stand_at(self.second.centers()))


class Lens(VGroup):
    """A small piece of a plot, magnified alike in both directions.

    Parameters
    ----------
    plot : Plot
    corners : ndarray, shape (n, 2)
        Data that must be seen: two or more points.
    box : Box
        Where the lens stands.
    theme : Theme
    share : tuple of float
        Largest part of the lens' width and height that the points may take.
    anchor : tuple of float
        Where their middle stands in the lens, parts of its width and height from the upper left.

    Attributes
    ----------
    view : Plot
        The axes inside, which are not drawn: they say where data lie in the lens.
    times : float
        Magnification.
    """

    def __init__(
        self,
        plot: Plot,
        corners: Array,
        box: Box,
        theme: Theme,
        share: tuple[float, float] = (0.42, 0.66),
        anchor: tuple[float, float] = (0.32, 0.5),
    ) -> None:
        super().__init__()
        spots = plot.pixels(*corners.T)
        low, high = spots.min(axis=0), spots.max(axis=0)
        spans = np.maximum(high - low, 1e-9)
        self.times = float(min(share[0] * box.width / spans[0], share[1] * box.height / spans[1]))
        left, top = (low + high) / 2 - np.array(anchor) * (box.width, box.height) / self.times
        self.source = Box(left, top, left + box.width / self.times, top + box.height / self.times)
        (x_low, y_high), (x_high, y_low) = plot.values(
            sheet.at([self.source.left, self.source.right], [self.source.top, self.source.bottom])
        )
        self.view = Plot(box, Axis(x_low, x_high, (), 0, ""), Axis(y_low, y_high, (), 0, ""), theme)
        self.glass = rectangle(box, theme.ground, fill=1)
        self.frame = rectangle(box, theme.axis, width=2.5)
        self.window = rectangle(self.source, theme.ink, width=2.5)
        towards_left = box.center[0] < self.source.center[0]
        near, seen = (box.right, self.source.left) if towards_left else (box.left, self.source.right)
        self.rays = VGroup(
            rule(sheet.at(seen, self.source.top), sheet.at(near, box.top), theme.axis, 2),
            rule(sheet.at(seen, self.source.bottom), sheet.at(near, box.bottom), theme.axis, 2),
        )
        self.add(self.glass, self.rays, self.frame, self.window)
