"""Minus the gradient along a level line: wherever one stands, it is square on the line."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdmath import LeastSquares, Window
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.axis import round_step_within
from gdscenes.kit.plot.contours import draw_level, level_line
from gdscenes.kit.plot.marks import Arrow, Polyline, RightAngle
from gdscenes.kit.type.notation import markup, shortest

Array = NDArray[np.float64]

_AROUND = 12  # points of the whole level line
_OFF_EDGE = 0.04  # where an arrow may begin, of what is seen
_LONGEST = 1.1  # of the way from the start to the minimum
_CORNER = 16.0


class Downhill(Figure):
    """The level line through a start, and arrows downhill from points of it, all to one scale.

        downhill = Downhill(stage.plot, story.problem, story.run.parameters[0], theme, run="descent")
        self.play(Create(downhill.level))
        self.show(*downhill.marks)

    Parameters
    ----------
    plot : Places
        Axes (b, w) of equal aspect in their units.
    problem : LeastSquares
    start : array_like, shape (2,)
        Where the first arrow begins.
    theme : Theme
    units : array_like, shape (2,)
        How much of b and of w is equally long on the page. In these units the slopes are
        ``units * gradient``, and it is they that stand square on the level lines.
    run : str
        Name of the run that starts there.

    Attributes
    ----------
    level : Polyline
    arrows : list of Arrow
    marks : list of VGroup
        Each arrow with its right angle.
    times : float
        How many times as long as the slopes the arrows are: a round number, at most 1 where the axes have
        one unit. None is much longer than the way to the minimum, and the first one's tip is seen.
    """

    def __init__(
        self,
        plot: Places,
        problem: LeastSquares,
        start: ArrayLike,
        theme: Theme,
        *,
        units: ArrayLike = (1.0, 1.0),
        run: str = "",
    ) -> None:
        super().__init__()
        self.plot, self.problem, self.run = plot, problem, run
        self.start, self.units = np.asarray(start, dtype=float), np.asarray(units, dtype=float)
        b_min, b_max, w_min, w_max = plot.limits
        self.window = Window(b_min, b_max, w_min, w_max)
        loss = float(problem.loss(self.start))
        self.level = draw_level(Polyline(theme.loss, 5), plot, problem, loss)
        points = self._points(loss)
        ways = -(self.units**2) * problem.gradient(points)
        self.times = self._scale(ways)
        tips = points + self.times * ways
        seen = self.window.contains(tips)
        self.arrows, self.marks = [], []
        for foot, tip in zip(plot.at(*points[seen].T), plot.at(*tips[seen].T), strict=True):
            arrow = Arrow(theme.path, 7).between(foot, tip)
            self.arrows.append(arrow)
            self.marks.append(VGroup(arrow, RightAngle(theme.path).stand_at(foot, tip - foot, _CORNER)))
        lay("marks", *self.marks)
        self.add(self.level, *self.marks)

    def _points(self, loss: float) -> Array:
        """The start, and points of its level line that are not close to the edge."""
        corners = level_line(self.problem, loss)[:-1]
        corners = corners[:: len(corners) // _AROUND]
        return np.vstack([self.start, corners[self.window.grown(-_OFF_EDGE).contains(corners)]])

    def _scale(self, ways: Array) -> float:
        longest = np.linalg.norm(ways / self.units, axis=1).max()
        to_minimum = np.linalg.norm((self.problem.minimizer - self.start) / self.units)
        scale = round_step_within(
            min(_LONGEST * float(to_minimum / longest), self.window.room_along(self.start, ways[0]))
        )
        return min(1.0, scale) if (self.units == 1).all() else scale

    def formula(self, loss_name: str) -> str:
        """What the arrows are, and to which scale: Typst markup."""
        if (self.units != 1).any():
            scale = '$ #h(.2em) #mark("muted", "in axis units")'
        else:
            scale = "$" if self.times == 1 else f" times {markup(shortest(self.times))}$"
        return f'$-nabla #h(.1em) loss("{loss_name}"){scale}'

    def claims(self, row: int) -> Iterator[Claim]:
        """The start, and the gradient there, by the first arrow."""
        foot, tip = self.plot.values(np.stack([self.arrows[0].foot, self.arrows[0].tip]))
        fine = 1e-9 * self.window.size
        yield Claim("start", self.run, 0, foot, fine)
        per_slope = self.times * self.units**2
        yield Claim("gradient", self.run, 0, (foot - tip) / per_slope, fine / per_slope)
