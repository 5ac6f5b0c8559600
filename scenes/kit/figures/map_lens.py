"""A lens over a map: a small window of it, magnified."""

from __future__ import annotations

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike

from gdmath import Window
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.plot.marks import rectangle, rule
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import shortest

_OVER = 16.0
_INSIDE, _MOST_TIMES, _WHOLE_FROM = 12.0, 100.0, 3.0


class MapLens(Figure):
    """A glass beside a map, and in it what lies round the minimum, magnified alike in both directions.

        lens = MapLens(self.map, box, story.kicked_by_some(rate))
        inside = Cloud(lens.map, story.kicked_by_some, rate, GOOD)
        self.show(lens)

    Parameters
    ----------
    over : ContourMap
    box : Box
        Of the glass.
    points : array_like, shape (n, 2)
        All must be seen in it, if need be no larger than on the map.
    full : float, optional
        As the map has it.

    Attributes
    ----------
    map : ContourMap
        The map inside.
    times : float
        Magnification, from 3 on a whole number.
    source : Polygon
        What is looked at, on the map.
    rays : VGroup
    says : Digits
        The magnification, over the glass.
    """

    def __init__(self, over: ContourMap, box: Box, points: ArrayLike, full: float | None = None) -> None:
        super().__init__()
        theme, middle = over.theme, over.problem.minimizer
        x, y = over.plot.pixels(*middle)
        away = np.abs(over.plot.pixels(*np.asarray(points, dtype=float).T) - (x, y))
        half = np.array([box.width, box.height]) / 2
        with np.errstate(divide="ignore"):
            most = float(((half - _INSIDE) / away.max(axis=0)).min())
        most = min(max(most, 1.0), _MOST_TIMES)
        finest = 1.0 if most >= _WHOLE_FROM else 0.1
        self.times = float(np.floor(most / finest) * finest)
        across, down = half / self.times
        seen = Box(float(x - across), float(y - down), float(x + across), float(y + down))
        low, high = over.plot.values(sheet.at([seen.left, seen.right], [seen.bottom, seen.top]))
        window = Window(low[0], high[0], low[1], high[1])
        self.map = ContourMap(
            box,
            over.problem,
            window,
            over.contours.levels,
            theme,
            full=full,
            units=over.units,
            run=over.run,
        )
        self.map.bare("box")
        self.map.frame.set_stroke(theme.ink, sheet.stroke(2.5))
        self.source = rectangle(seen, theme.ink, width=2.5)
        lay("marks", self.source)
        self.rays = VGroup(
            rule(sheet.at(seen.right, seen.top), sheet.at(box.left, box.top), theme.axis, 2),
            rule(sheet.at(seen.right, seen.bottom), sheet.at(box.left, box.bottom), theme.axis, 2),
        )
        self.says = Digits("×" + shortest(self.times, 2), SMALL, theme)
        self.says.place(box.right, box.top - _OVER, "right")
        self.add(self.rays, self.source, self.map, self.says)
