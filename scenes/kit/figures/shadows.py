"""The shadows of points on the two axes of a bowl: each step multiplies either by a factor of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import AXIS_ROLES
from gdscenes.kit.plot.clipping import clip_segment
from gdscenes.kit.plot.labels import MARK, Ink, Label, place, plated
from gdscenes.kit.plot.marks import Segments
from gdscenes.kit.plot.runs import ExitCross, RunMarks, RunStyle
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_BESIDE = 14.0  # from an axis to its name, pixels
_SIDES = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]])


class Shadows(Figure):
    """The two axes of a bowl through its minimum, and the shadow that one of many points throws on each.

        shadows = Shadows(self.map, run.parameters, GOOD, ('$lambda_"min"$', '$lambda_"max"$'))
        self.show(*shadows.axes, *shadows.names)
        self.advance(Clock(shadows), to=4)

    The shadows are the errors ``V^T (p - p*)`` along the eigenvectors of the Hessian; a step multiplies each
    by ``1 - eta lambda_i``. They are cut at the edge of the map; where a point lies beyond it, a cross stands
    on the edge, on the straight way from the first point.

    Parameters
    ----------
    map : ContourMap
        In equal aspect the shadows fall square on the axes.
    points : ndarray, shape (n, 2)
        (b, w) of each row.
    style : RunStyle
        Of the point's mark.
    names : sequence of str
        Of the axes, the flattest first, Typst markup.
    roles : sequence of str
    run : str
        Name of the run in the story whose rows the points are; "" for none.

    Attributes
    ----------
    axes, shadows : list of Segments
    names : list of VGroup
    drops : Segments
        From the point to its shadows' ends.
    point : RunMarks
    cross : ExitCross
    """

    def __init__(
        self,
        map: ContourMap,
        points: Array,
        style: RunStyle,
        names: Sequence[str],
        roles: Sequence[str] = AXIS_ROLES,
        *,
        run: str = "",
    ) -> None:
        super().__init__()
        self.map, self.theme, self.points_given, self.run = map, map.theme, points, run
        self.ways = map.problem.eigenvectors.T
        colors = [self.theme.color(role) for role in roles]
        self.axes = [Segments(color, 2.5) for color in colors]
        self.shadows = [Segments(color, 12) for color in colors]
        self.drops = Segments(self.theme.ink, 2.5, 0.7)
        self.point, self.cross = RunMarks(style, self.theme, 13), ExitCross(self.theme)
        lay("points", *self.shadows)
        lay("moving", self.point, self.cross)
        limits = map.plot.limits
        reach = 2 * float(np.hypot(limits.x_high - limits.x_low, limits.y_high - limits.y_low))
        for axis, way in zip(self.axes, self.ways, strict=True):
            self._draw(axis, map.problem.minimizer - reach * way, map.problem.minimizer + reach * way)
        self.add(*self.axes, *self.shadows, self.drops, self.point, self.cross)
        self.at(0)
        self.names = self._name(names, roles)
        self.add(*self.names)

    def _draw(self, line: Segments, *ends: Array) -> None:
        """A straight piece between two points (b, w), as far as the map shows it."""
        seen = clip_segment(ends[0], ends[1], self.map.plot.limits)
        if seen is None:
            line.clear_points()
            return
        places = self.map.plot.at(*np.stack(seen).T)
        line.set_ends(places[:1], places[1:])

    def _name(self, names: Sequence[str], roles: Sequence[str]) -> list[VGroup]:
        """Names beside the ends of the axes, off the run and its shadows."""
        map = self.map
        ink = Ink().add(*self.axes, map.frame)
        ink.add(map.plot.pixels(*np.clip(self.points_given, map.window.low, map.window.high).T), weight=MARK)
        ink.add(map.ring, map.diamond, *map.ruler, *self.shadows, self.drops, self.point, weight=MARK)
        found = []
        for axis, name, role in zip(self.axes, names, roles, strict=True):
            words = Words(name, SMALL, self.theme, role)
            half = np.array([words.box().width, words.box().height]) / 2 + _BESIDE
            low, high = sheet.pixels(np.concatenate(axis.ends()))
            shares = np.concatenate([np.linspace(1.0, 0.6, 15), np.linspace(0.0, 0.4, 15)])
            along = low + shares[:, None] * (high - low)
            spots = (along[:, None] + _SIDES * half).reshape(-1, 2)
            place([Label(words, spots, pad=8)], ink, inside=map.plot.box.grown(-10))
            found.append(plated(words, self.theme, 8, 0.8))
        return found

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row = row
        here, there = self.points_given[[row, min(row + 1, len(self.points_given) - 1)]]
        point = here + towards * (there - here)
        problem, plot = self.map.problem, self.map.plot
        feet = problem.minimizer + problem.errors(point)[:, None] * self.ways
        for shadow, foot in zip(self.shadows, feet, strict=True):
            self._draw(shadow, problem.minimizer, foot)
        ends = [clip_segment(point, foot, plot.limits) for foot in feet]
        pieces = [plot.at(*np.stack(each).T) for each in ends if each is not None]
        self.drops.set_ends(*np.stack(pieces, axis=1)) if pieces else self.drops.clear_points()
        is_seen, way = plot.limits.contains(*point), clip_segment(self.points_given[0], point, plot.limits)
        self.point.stand_at(plot.at(*point)[None][: int(is_seen)])
        self.cross.stand_at(np.empty((0, 3)) if is_seen or way is None else plot.at(*way[1])[None])
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        plot = self.map.plot
        fine = 1e-9 * np.array([plot.x.high - plot.x.low, plot.y.high - plot.y.low])
        if self.run and self.point.has_points():
            yield Claim("parameters", self.run, row, plot.values(self.point.centers()[0]), fine)
        for index, (shadow, way) in enumerate(zip(self.shadows, self.ways, strict=True)):
            foot = plot.values(shadow.ends()[1][0]) if shadow.has_points() else np.full(2, np.inf)
            if self.run and plot.limits.contains(*foot):
                error = (foot - self.map.problem.minimizer) @ way
                yield Claim(f"error along axis {index}", self.run, row, float(error), float(np.hypot(*fine)))
