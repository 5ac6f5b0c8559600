"""The parameter plane: contours of the loss, its minimum and a start, in axes that can move and grow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from manim import Mobject, UpdateFromAlphaFunc, VGroup, smooth
from numpy.typing import NDArray

from gdmath import LeastSquares
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis
from gdscenes.kit.plot.contours import Contours
from gdscenes.kit.plot.marks import Diamond, rectangle, start_ring

Array = NDArray[np.float64]


class ParameterPlane(VGroup):
    """Contours, start and minimum in a frame.

    Parameters
    ----------
    problem : LeastSquares
    start : ndarray, shape (2,)
        (b, w).
    levels : iterable of float
        Losses to draw lines at.
    axes : tuple of Axis
        Of b and w.
    theme : Theme
    quiet : bool
        Colours close to the ground.

    Attributes
    ----------
    plot : Plot
        Where (b, w) lie now; itself not drawn.
    contours : Contours
    frame : Polygon
    ring : Dots
        The start.
    diamond : Diamond
        The minimum.
    """

    def __init__(
        self,
        problem: LeastSquares,
        start: Array,
        levels: Iterable[float],
        axes: tuple[Axis, Axis],
        theme: Theme,
        *,
        quiet: bool = False,
    ) -> None:
        super().__init__()
        self.problem, self.start, self.theme = problem, start, theme
        self.x, self.y = (replace(axis, ticks=()) for axis in axes)
        self.contours = Contours(problem, levels, theme, quiet=quiet)
        self.frame = rectangle(Box(0, 0, 1, 1), theme.axis, width=2)
        self.ring, self.diamond = start_ring(theme, 13), Diamond(theme)
        self.add(self.contours, self.frame, self.ring, self.diamond)

    def stand_in(self, box: Box) -> ParameterPlane:
        """Draw everything in a box of the page; marks keep their size, and show only inside the axes."""
        self.plot = Plot(box, self.x, self.y, self.theme, grid=False)
        self.contours.draw(self.plot)
        # match points only: the frame keeps its layer and strength
        self.frame.set_points(rectangle(box, self.theme.axis).points)
        for mark, place in ((self.ring, self.start), (self.diamond, self.problem.minimizer)):
            if self.plot.limits.contains(*place):
                mark.stand_at(self.plot.at(*place)[None])
            else:
                mark.clear_points()
        return self

    def glide(self, to: Box, run_time: float = 1.5) -> UpdateFromAlphaFunc:
        """Move and stretch to another box."""
        here = self.plot.box
        starts = np.array([here.left, here.top, here.right, here.bottom])
        ends = np.array([to.left, to.top, to.right, to.bottom])

        def move(_: Mobject, alpha: float) -> None:
            self.stand_in(Box(*(starts + alpha * (ends - starts))) if alpha < 1 else to)

        return UpdateFromAlphaFunc(self, move, rate_func=smooth, run_time=run_time)
