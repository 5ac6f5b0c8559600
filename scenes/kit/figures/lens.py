"""A lens over a secant: a small piece of a cut, magnified alike in both directions."""

from __future__ import annotations

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.figures.secant import Secant
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.axis import Axis
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.marks import Polyline, rectangle, rule

Array = NDArray[np.float64]

_WIDTH, _HEIGHT = 0.57, 0.5  # of the axes
_OFF_THE_EDGE = 40.0
_SHARE = np.array([0.42, 0.66])  # of the lens: most that the secant's points take
_ANCHOR = (0.3, 0.5)  # where their middle stands, from the side that they step away from


class Lens(Figure):
    """A glass in the empty part of a cut's axes, above its lowest point, and in it the secant from nearby.

        self.lens = Lens(self.secant)
        self.open(self.lens)
        self.turn(self.secant, self.lens.secant, delta=0.0)

    Parameters
    ----------
    over : Secant
        Its points are what must be seen.

    Attributes
    ----------
    view : Places
        The axes inside, which are not drawn: they say where data lie in the lens.
    times : float
        Magnification.
    window, glass, frame : Polygon
        What is looked at; the lens, and its edge.
    rays : VGroup
        From the one to the other.
    curve : Polyline
    secant : Secant
        The same secant in the lens.
    """

    def __init__(self, over: Secant) -> None:
        super().__init__()
        cut, plot, theme = over.cut, over.plot, over.cut.theme
        self.box = box = _glass(plot.box, over.side)
        x, y = over.place, cut.loss(over.place)
        rise = cut.slope(x, over.delta) * over.delta
        spots = plot.pixels([x, x + over.delta], [y, y + rise])
        spans = np.maximum(np.ptp(spots, axis=0), 1e-9)
        self.times = float((_SHARE * (box.width, box.height) / spans).min())
        across, down = _ANCHOR
        anchor = np.array([across if over.side > 0 else 1 - across, down])
        left, top = spots.mean(axis=0) - anchor * (box.width, box.height) / self.times
        source = Box(left, top, left + box.width / self.times, top + box.height / self.times)
        (x_low, y_high), (x_high, y_low) = plot.values(
            sheet.at([source.left, source.right], [source.top, source.bottom])
        )
        self.view = Places(box, Axis(x_low, x_high, (), 0, ""), Axis(y_low, y_high, (), 0, ""))
        self.glass = rectangle(box, theme.ground, fill=1)
        self.frame = rectangle(box, theme.axis, width=2.5)
        self.window = rectangle(source, theme.ink, width=2.5)
        towards_left = box.center[0] < source.center[0]
        near, seen = (box.right, source.left) if towards_left else (box.left, source.right)
        self.rays = VGroup(
            rule(sheet.at(seen, source.top), sheet.at(near, box.top), theme.axis, 2),
            rule(sheet.at(seen, source.bottom), sheet.at(near, box.bottom), theme.axis, 2),
        )
        self.curve = Polyline(theme.color(cut.role), 10)
        values = np.linspace(x_low, x_high, 201)
        draw_curve(self.curve, self.view, values, cut.problem.loss(values[:, None]))
        self.secant = Secant(cut, over.place, over.delta, plot=self.view, curve=self.curve)
        lay("areas", self.glass)
        lay("residuals", self.frame, self.rays)
        lay("marks", self.window)
        self.add(self.glass, self.rays, self.frame, self.window, self.curve, self.secant)


def _glass(axes: Box, side: float) -> Box:
    """The upper part of the axes on the side that is stepped to."""
    width, bottom = _WIDTH * axes.width, axes.top + _HEIGHT * axes.height
    if side > 0:
        return Box(axes.right - width, axes.top, axes.right, bottom)
    left = axes.left + _OFF_THE_EDGE
    return Box(left, axes.top, left + width, bottom)
