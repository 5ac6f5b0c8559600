"""Mean and standard deviation of a feature, marked among its points, and the ruler that counts in them."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

import numpy as np
from manim import Line, VGroup

from gdmath import Standardizer
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import Arrow, Segments, dashed, rule
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import number
from gdscenes.kit.type.typeset import Words

_CLEAR, _LENGTH, _TICK, _UNDER, _AIR = 5.0, 114.0, 14.0, 60.0, 81.0
_ARROWS, _BEYOND, _MOST_TICKS = 26.0, 20.0, 8


class Spread(Figure):
    """The mean of the train points, one standard deviation on either side, and under the axes a second ruler.

        spread = Spread(plane, story.scaler, theme)
        self.show(plane.train, spread.drops)
        self.show(spread.mean)

    Its parts are shown one by one. The cell of the plane leaves room for the ruler under it: `Spread.ROOM`.

    Parameters
    ----------
    plane : DataPlane
        Whose feature is measured.
    scaler : Standardizer
    theme : Theme
    run : str
        Of a run that descends on this feature; see `Claim`.

    Attributes
    ----------
    drops : Segments
        From each train point down to the axis.
    mean : VGroup
    deviation : VGroup
        Its edges, and the arrows from the mean to them.
    zero : VGroup
        The ruler, with its tick at the mean.
    ticks : VGroup
        The others from the middle outwards, each a rule and its `Digits`.
    symbol : Words
    """

    ROOM = _CLEAR + _LENGTH + _UNDER + _AIR

    def __init__(self, plane: DataPlane, scaler: Standardizer, theme: Theme, run: str = "") -> None:
        super().__init__()
        self.plane, self.theme, self.run = plane, theme, run
        box, plot = plane.box, plane.plot
        ends = scaler.mean + scaler.standard_deviation * np.arange(2)
        middle, edge = plot.pixels(ends, 0.0)[:, 0]
        self.middle, self.unit = float(middle), float(edge - middle)
        x, y = plane.dataset.x_train[plane.drawn], plane.dataset.y_train[plane.drawn]
        self.drops = Segments(theme.data, 2, 0.5).set_ends(plot.at(x, y), plot.at(x, plot.y.low))
        lay("residuals", self.drops)
        under = box.bottom + plane.insets().bottom + _CLEAR  # the numbers of x lie between, and its name
        height = under + _LENGTH
        spans = ((box.top, box.bottom), (under, height))
        self.mean = VGroup(*(self._upright(self.middle, span, 5.0) for span in spans))
        self.deviation = VGroup()
        for way in (-self.unit, self.unit):
            arrow = Arrow(theme.ink, 5)
            arrow.between(*sheet.at([self.middle, self.middle + way], [box.top + _ARROWS] * 2))
            lay("ghosts", arrow)
            self.deviation.add(
                *(dashed(self._upright(self.middle + way, span, 3.0)) for span in spans), arrow
            )
        first, last = (box.left - self.middle) / self.unit, (box.right - self.middle) / self.unit
        every = max(1, round((floor(last) - ceil(first)) / _MOST_TICKS))
        counts = sorted((k for k in range(ceil(first), floor(last) + 1) if k % every == 0), key=abs)
        zero, *others = (self._tick(count, height) for count in counts)
        line = rule(sheet.at(box.left, height), sheet.at(box.right + _BEYOND, height), theme.axis, 2.5)
        self.zero, self.ticks = VGroup(line, zero), VGroup(*others)
        self.symbol = Words("$z$", SMALL, theme).place(box.right + _BEYOND + 12, height + _UNDER)
        self.add(self.drops, self.mean, self.deviation, self.zero, self.ticks, self.symbol)

    def _upright(self, x: float, span: tuple[float, float], width: float) -> Line:
        return rule(sheet.at(x, span[0]), sheet.at(x, span[1]), self.theme.ink, width)

    def _tick(self, count: int, height: float) -> VGroup:
        x = self.middle + count * self.unit
        mark = rule(sheet.at(x, height), sheet.at(x, height + _TICK), self.theme.axis, 2.5)
        return VGroup(mark, Digits(number(count, 0), SMALL, self.theme).place(x, height + _UNDER, "center"))

    def claims(self, row: int) -> Iterator[Claim]:
        """Mean and deviation of the feature, as they are read off the ruler at each of its ticks."""
        mean = float(self.plane.plot.values(self.zero[1][0].points[0])[0])
        fine = 1e-9 * (self.plane.x.high - self.plane.x.low)
        yield Claim("mean", self.run, row, mean, fine)
        for mark, digits in self.ticks:
            away = float(self.plane.plot.values(mark.points[0])[0]) - mean
            yield Claim("deviation", self.run, row, away / digits.value()[0], fine)
