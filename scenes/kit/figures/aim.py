"""What a step aims at: its direction, the way to the minimum, and the angle between the two."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALLEST
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.clipping import clip_segment
from gdscenes.kit.plot.contours import level_line
from gdscenes.kit.plot.marks import Arrow, Polyline, Segments, dashed, rule
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_LENGTH, _ARC, _OF_WAY, _CORNERS = 170.0, 110.0, 0.6, 33  # pixels; the arc, and of the shorter way at most
_CLEAR, _INSIDE = 24.0, 12.0  # the angle from the middle of the start's ring, and inside of the frame, pixels
_GAP = 10.0  # between the word before the angle and its degrees


class Aim(Figure):
    """The direction of the first step as an arrow, a dashed line to the minimum, and the angle between them.

        aim = Aim(self.map)
        self.show(aim)
        self.turn(self.map, along=[aim], problem=story.partway)
        self.turn(aim, others=1.0)

    It stands on the start of the map, and is drawn anew when the problem, the window or the box of it turn.
    The arrow is always equally long, for how far a step goes is a matter of the rate. The angle stands in
    degrees behind the start, called that of "here", for from other points it is another one. Its dial is
    `others`: how much is seen of the steps from other points of the start's level line, at the best rate,
    ``-2 / (lambda_min + lambda_max) g``: on a round bowl they end on the minimum.

    Parameters
    ----------
    map : ContourMap
        One with a start, in equal aspect.
    n_others : int

    Attributes
    ----------
    arrow : Arrow
    way : Segments
    arc : Polyline
    here : Words
    degrees : Digits
    fan : Arrow
        The steps from the other points, none of them beyond the edge of the map.
    """

    def __init__(self, map: ContourMap, n_others: int = 11) -> None:
        super().__init__()
        assert map.start is not None, "the step begins on the start of a map"
        theme = map.theme
        self.map, self.start, self.n_others, self.others = map, map.start, n_others, 0.0
        self.arrow, self.fan = Arrow(theme.path, 10), Arrow(theme.path, 6)
        self.way = Segments(theme.minimum, 5)
        self.arc = Polyline(theme.ink, 5)
        self.here, self.degrees = Words(tr("here"), SMALLEST, theme), Digits("", SMALLEST, theme)
        for drawn in (self.arrow, self.fan, self.arc):
            drawn.set_stroke(theme.ground, sheet.stroke(3), 1, background=drawn is self.arc)
        self.add(self.way, self.fan, self.arc, self.arrow, self.here, self.degrees)
        lay("ghosts", self.way)
        lay("points", self.fan, self.arc)
        lay("marks", self.arrow, self.here, self.degrees)
        map.hold(self)
        self.dial(others=0.0)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"others": self.others}

    def dial(self, **values: Any) -> Self:
        self.others = float(values["others"])
        return self._draw()

    def lay_in(self, plot: Places) -> None:
        """Draw it in the axes of its map."""
        self._draw()

    def tips(self, points: Array) -> Array:
        """Where the step from each of the points (n, 2) ends."""
        problem = self.map.problem
        return np.asarray(points - problem.best_learning_rate * problem.gradient(points))

    def _draw(self) -> Self:
        plot, problem = self.map.plot, self.map.problem
        foot, home = plot.at(*self.start), self._seen(problem.minimizer)
        step, length = self._seen(self.tips(self.start[None])[0]) - foot, float(np.linalg.norm(home - foot))
        if min(np.linalg.norm(step), length) == 0.0:
            for drawn in (self.arrow, self.way, self.arc):
                drawn.clear_points()
            self.degrees.spell("")
            self.here.set_opacity(0.0)
        else:
            tip = foot + sheet.units(_LENGTH) * step / np.linalg.norm(step)
            self.arrow.between(foot, self._seen(plot.values(tip)))
            color = self.map.theme.minimum
            self.way.set_ends(*dashed(rule(foot, home, color, 5), 14, 10).ends())
            turns = [math.atan2(way[1], way[0]) for way in (step, home - foot)]
            between = math.remainder(turns[1] - turns[0], 2 * math.pi)
            angles = turns[0] + np.linspace(0.0, between, _CORNERS)
            radius = min(sheet.units(_ARC), _OF_WAY * length)
            self.arc.through(foot + radius * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1))
            self._write(turns[0] + between / 2)
        return self._draw_fan()

    def _write(self, ahead: float) -> None:
        """The angle in degrees on the side of the start that is away from arrow and way."""
        off, box = abs(float(self.map.problem.angle_to_minimizer(self.start))), self.map.box
        self.degrees.spell(f"{off:.1f}\N{DEGREE SIGN}")
        ((x, y),) = self.map.plot.pixels(*self.start[:, None])
        before = self.here.set_opacity(1.0).box().width + _GAP
        width, height = before + self.degrees.width_pixels, self.degrees.em
        back, down = -math.cos(ahead), math.sin(ahead)
        beside, under = width / 2 + _CLEAR, height / 2 + _CLEAR
        way = 1 / max(abs(back) / beside, abs(down) / under)
        left = x + way * back - width / 2
        baseline = y + way * down + height / 3
        left = min(max(left, box.left + _INSIDE), box.right - _INSIDE - width)
        baseline = min(max(baseline, box.top + _INSIDE + height), box.bottom - _INSIDE)
        self.here.place(left, baseline)
        self.degrees.place(left + before, baseline)

    def _draw_fan(self) -> Self:
        plot, problem = self.map.plot, self.map.problem
        if not self.others:
            self.fan.clear_points()
            return self
        around = level_line(problem, float(problem.loss(self.start)), self.n_others + 1)[:-1]
        nearest = int(np.linalg.norm(plot.at(*around.T) - plot.at(*self.start), axis=1).argmin())
        feet = np.delete(around, nearest, axis=0)
        tips = self.tips(feet)
        seen = [self.map.shows(foot) and self.map.shows(tip) for foot, tip in zip(feet, tips, strict=True)]
        starts, ends = plot.at(*feet[seen].T), plot.at(*tips[seen].T)
        self.fan.each_between(starts, starts + self.others * (ends - starts))
        return self

    def _seen(self, end: Array) -> Array:
        """A point (3,) of the scene: the end of a way from the start, or where it leaves the map."""
        kept = clip_segment(self.start, end, self.map.plot.limits)
        return self.map.plot.at(*(self.start if kept is None else kept[1]))

    def claims(self, row: int) -> Iterator[Claim]:
        if not (self.arrow.has_points() and self.way.has_points()):
            return
        plot = self.map.plot
        foot, tip, home = plot.values(np.stack([self.arrow.foot, self.arrow.tip, self.way.ends()[1][-1]]))
        fine = 1e-9 * np.array([plot.x.high - plot.x.low, plot.y.high - plot.y.low])
        yield Claim("start", self.map.run, 0, foot, fine)
        yield Claim.read("degrees to the minimum", self.map.run, 0, self.degrees)
        if self.map.equal_aspect:
            b, w = tip - foot
            yield Claim("lowest angle", self.map.run, 0, math.degrees(math.atan2(w, b)) % 360, 1e-3)
        if self.map.shows(self.map.problem.minimizer):
            yield Claim("minimizer", self.map.run, 0, home, fine)
