"""The loss of one weight: a parabola in its axes, the tangent at a place on it, and a lane for the steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import LeastSquares
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import round_axis, widest_label
from gdscenes.kit.plot.contours import draw_pieces
from gdscenes.kit.plot.marks import Polyline

Array = NDArray[np.float64]

_LANE = 0.16  # height of the lane, part of the axis over it
_HEADROOM = 1.15  # of the loss at the end of the window that must be seen
_CORNERS = 401


class LossParabola(VGroup):
    """Axes round the minimum of the loss of one weight, and its graph.

    Parameters
    ----------
    problem : LeastSquares
        Of one parameter.
    window : tuple of float
        What is seen of w.
    highest : float
        Loss that must be seen.
    box : Box
        Room for the axes; the left edge gives way to their labels.
    loss_name : str
    theme : Theme
    has_lane : bool
        Keep room under a loss of zero for the steps along w.

    Attributes
    ----------
    plot : Plot
    names : VGroup
        The axes' names.
    curve : Polyline
    """

    def __init__(
        self,
        problem: LeastSquares,
        window: tuple[float, float],
        highest: float,
        box: Box,
        loss_name: str,
        theme: Theme,
        has_lane: bool = False,
    ) -> None:
        super().__init__()
        self.problem = problem
        drop = highest - problem.minimum
        low = 0.0 if problem.minimum < 1.5 * drop else problem.minimum - 0.2 * drop
        y = round_axis(low, low + _HEADROOM * (highest - low), f'$loss("{loss_name}")$')
        highest_tick = y.high - 0.04 * (y.high - y.low)
        ticks = tuple(tick for tick in y.ticks if tick < highest_tick)  # the axis' end is left to its name
        y = replace(y, low=y.low - (_LANE * (y.high - y.low) if has_lane else 0.0), ticks=ticks)
        x = round_axis(*window, "$weight$", 5)
        last = x.high - 0.02 * (x.high - x.low)
        x = replace(x, ticks=tuple(tick for tick in x.ticks if tick < last))
        left = max(box.left, sheet.SAFE.left + widest_label(y) + 24)
        self.plot = Plot(Box(left, box.top, box.right, box.bottom), x, y, theme)
        self.names = self.plot.name_axes()
        self.curve = Polyline(theme.weight, 6)
        self.add(self.plot, self.names, self.curve)
        self.draw(x.low, x.high)

    def draw(self, low: float, high: float) -> LossParabola:
        """Draw the graph from one weight to another."""
        w = np.linspace(low, high, _CORNERS)
        draw_pieces(self.curve, self.plot.clipped(w, self.problem.loss(w[:, None])))
        return self

    def at(self, w: float) -> Array:
        """The point (1, 3) of the scene that lies on the graph over a weight."""
        return self.plot.at([w], [float(self.problem.loss([w]))])

    def in_lane(self, w: float) -> Array:
        """The point (3,) of the scene under a weight, in the middle of the lane."""
        floor = self.plot.y.low
        top = floor + _LANE / (1 + _LANE) * (self.plot.y.high - floor)
        return np.asarray(self.plot.at(w, (floor + top) / 2))
