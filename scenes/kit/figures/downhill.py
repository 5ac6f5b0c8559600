"""Minus the gradient along a level line: square on the line wherever one stands, and not to the minimum."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdmath import LeastSquares, Window
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.axis import round_step_within
from gdscenes.kit.plot.contours import draw_level, level_line
from gdscenes.kit.plot.labels import Ink, Label, place, plated
from gdscenes.kit.plot.marks import Arrow, Polyline, RightAngle, dashed, rule
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import markup, shortest
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_MOST, _APART = 9, 100.0  # arrows beside the first, and how far from it, pixels
_FIRST, _OTHERS = 11.0, 6.0  # widths of their shafts
_OFF_EDGE = 0.04  # where an arrow may begin, of what is seen
_OF_FLOOR = 0.5  # of the way to where the loss is lowest along an arrow
_SHORTEST = 40.0  # the longest arrow of steps that can be seen
_CORNER, _OF_ARROW = 30.0, 0.35
_ARC, _OF_WAY, _BESIDE_ARC, _CORNERS = 84.0, 0.45, 64.0, 33
_UNDER = 14.0
_OFF_START = (40.0, 50.0, 80.0)


class Downhill(Figure):
    """The level line through a start, and arrows downhill from points of it, all to one scale.

        downhill = Downhill(stage.plot, story.problem, story.run.parameters[0], theme, run="descent")
        self.play(Create(downhill.level))
        self.show(*downhill.marks)
        self.show(downhill.to_minimum, downhill.angle)

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
    rate : float, optional
        Its learning rate: the arrows are steps of it where that can be seen and leads no further than to
        the floor of the valley.
    loss_text : str
        The loss of the start in the characters of `Digits`; "" says it nowhere.

    Attributes
    ----------
    level : Polyline
    arrows : list of Arrow
    marks : list of VGroup
        Each arrow with its right angle.
    corner : RightAngle
        That of the first arrow, no part of the whole: the angle to the minimum comes where it stood.
    to_minimum : Segments
        A dashed line from the start to the minimum.
    of_start : VGroup
        What the line goes through, and its loss: beside the start, where the first arrow does not go.
    angle : VGroup
        The arc between the first arrow and that line, and how many degrees it has.
    degrees : float
        The angle, in the units of the axes.
    times : float
        How many times as long as the slopes the arrows are: the rate, or a round number, at most 1 where the
        axes have one unit. None crosses the valley, and the first one's tip is seen.
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
        rate: float | None = None,
        loss_text: str = "",
    ) -> None:
        super().__init__()
        self.plot, self.problem, self.run = plot, problem, run
        self.start, self.units = np.asarray(start, dtype=float), np.asarray(units, dtype=float)
        b_min, b_max, w_min, w_max = plot.limits
        self.window = Window(b_min, b_max, w_min, w_max)
        loss = float(problem.loss(self.start))
        self.level = draw_level(Polyline(theme.ink, 4), plot, problem, loss)
        points = self._points(loss)
        ways = -(self.units**2) * problem.gradient(points)
        self.times = self._scale(points, ways, rate)
        tips = points + self.times * ways
        seen = self.window.contains(tips)
        self.arrows, self.marks = list[Arrow](), list[VGroup]()
        for foot, tip in zip(plot.at(*points[seen].T), plot.at(*tips[seen].T), strict=True):
            arrow = Arrow(theme.path, _OTHERS if self.arrows else _FIRST).between(foot, tip)
            self.arrows.append(arrow)
            self.marks.append(VGroup(arrow, self._corner(foot, tip, theme)))
        lay("marks", *self.marks)
        self._point_to_minimum(theme)
        self.corner = self.marks[0][1]
        self.of_start = self._named(loss_text, theme) if loss_text else VGroup()
        self.add(self.level, self.arrows[0], *self.marks[1:], self.to_minimum, self.angle, self.of_start)

    @staticmethod
    def _corner(foot: Array, tip: Array, theme: Theme) -> RightAngle:
        size = min(_CORNER, _OF_ARROW * float(np.linalg.norm(tip - foot)) * sheet.PIXELS_PER_UNIT)
        return RightAngle(theme.ink, 4.5).stand_at(foot, tip - foot, size)

    def _named(self, loss_text: str, theme: Theme) -> VGroup:
        named = Block([Words(tr("start"), SMALL, theme), Digits(loss_text, SMALL, theme, "loss")])
        x, y = sheet.pixels(self.arrows[0].foot)
        back_x, back_y = sheet.pixels(self.arrows[0].foot) - sheet.pixels(self.arrows[0].tip)
        across, up = "left" if back_x < 0 else "right", "upper" if back_y < 0 else "lower"
        ink = Ink().add(*self.marks, self.to_minimum, self.angle, self.level)
        sides = across, f"{up} {across}"
        place([Label(named, (float(x), float(y)), sides, _OFF_START, pad=6)], ink, self.plot.box)
        return plated(named, theme, 4)

    def _point_to_minimum(self, theme: Theme) -> None:
        """The dashed line to the minimum, and the angle between it and the first arrow."""
        foot, there = self.plot.at(*np.stack([self.start, self.problem.minimizer]).T)
        self.to_minimum = dashed(rule(foot, there, theme.minimum, 7), 16, 10)
        turns = [math.atan2(way[1], way[0]) for way in (self.arrows[0].tip - foot, there - foot)]
        way = math.remainder(turns[1] - turns[0], 2 * math.pi)
        self.degrees = abs(math.degrees(way))
        angles = turns[0] + np.linspace(0.0, way, _CORNERS)
        reach = min(_ARC, _OF_WAY * float(np.linalg.norm(there - foot)) * sheet.PIXELS_PER_UNIT)
        arc = foot + sheet.units(reach) * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
        x, y = sheet.pixels(foot)
        middle = turns[0] + way / 2
        number = Words(f"${self.degrees:.0f} degree$", SMALL, theme)
        out = reach + _BESIDE_ARC
        number.place(x + out * math.cos(middle), y - out * math.sin(middle) + _UNDER, "center")
        self.angle = VGroup(Polyline(theme.ink, 3).through(arc), plated(number, theme, 6))
        lay("marks", self.to_minimum)
        lay("text", self.angle)

    def _points(self, loss: float) -> Array:
        """The start, and points of its level line that are seen, not close to the edge and far from it."""
        corners = level_line(self.problem, loss)[:-1]
        seen = corners[self.window.grown(-_OFF_EDGE).contains(corners)]
        apart = np.linalg.norm(self.plot.pixels(*seen.T) - self.plot.pixels(*self.start), axis=1)
        others = seen[apart > _APART]
        return np.vstack([self.start, others[:: math.ceil(max(len(others), 1) / _MOST)]])

    def _scale(self, points: Array, ways: Array, rate: float | None) -> float:
        slopes = np.linalg.norm(ways / self.units, axis=1) ** 2
        to_floor = float((slopes / self.problem.curvature(ways)).min())
        longest = np.linalg.norm(self.plot.at(*(points + ways).T) - self.plot.at(*points.T), axis=1).max()
        room = self.window.room_along(self.start, ways[0])
        is_true = (self.units == 1).all()
        shown = 0.0 if rate is None else rate * longest * sheet.PIXELS_PER_UNIT
        if rate is not None and is_true and shown >= _SHORTEST and rate <= min(to_floor, room):
            return rate
        scale = round_step_within(min(_OF_FLOOR * to_floor, room))
        return min(1.0, scale) if is_true else scale

    def formula(self, loss_name: str) -> str:
        """What the arrows are, and to which scale: Typst markup."""
        if (self.units != 1).any():
            scale = f'$ #h(.2em) #mark("muted", "{tr("in axis units")}")'
        else:
            scale = "$" if self.times == 1 else f" times {markup(shortest(self.times))}$"
        return f'$-nabla #h(.1em) loss("{loss_name}"){scale}'

    def words(self) -> tuple[str, str, str]:
        """What the angle lies between: lines of Typst markup."""
        way, there = (f'#mark("minimum", "{words}")' for words in (tr("the way"), tr("to the minimum")))
        off = tr("{angle} off {way}", angle=f"${self.degrees:.0f} degree$", way=way)
        return tr("down the slope,"), off, there

    def claims(self, row: int) -> Iterator[Claim]:
        """The start, and the gradient there, by the first arrow."""
        foot, tip = self.plot.values(np.stack([self.arrows[0].foot, self.arrows[0].tip]))
        fine = 1e-9 * self.window.size
        yield Claim("start", self.run, 0, foot, fine)
        per_slope = self.times * self.units**2
        yield Claim("gradient", self.run, 0, (foot - tip) / per_slope, fine / per_slope)
        minimum = self.plot.values(self.to_minimum.ends()[1][-1])
        yield Claim("minimizer", self.run, 0, minimum, fine)
        if (self.units == 1).all():
            yield Claim("degrees to the minimum", self.run, 0, round(self.degrees), 0.5)
