"""Updates from one start: where each would land if it were the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.marks import Arrow, Dots, Segments
from gdscenes.kit.plot.runs import RunStyle
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_KEY, _SAMPLE, _BEFORE_WORDS = 7.0, 70.0, 30.0
_TIP = 5.0


class Updates(Figure):
    """Arrows from one point of a map, at their true length, one more in each row.

        fan = Updates(self.map, story.start, story.landings, LOW, many=True)
        self.advance(Clock(fan), to=3)
        self.turn(fan.towards(story.whole), fallen=1.0)      # its tips fall into their mean

    It stays in its place when the map turns: ``self.turn(self.map, window=near, along=[fan])``. Its dial is
    `fallen`, from 0, each where it lands, to 1, each at the place that `towards` gave it. Where that is the
    mean of some of them, their mean stays what it is all the way.

    Parameters
    ----------
    on : ContourMap
    start : ndarray, shape (2,)
        (b, w).
    landings : array_like, shape (n, 2)
        Where each update ends.
    style : RunStyle
        Of the run that it would begin.
    width : float
        Of an arrow, pixels.
    many : bool
        Only the newest is an arrow, all before it are thin lines with a dot at their tips; at the last row
        there are these alone.

    Attributes
    ----------
    lines : Segments
    tips : Dots
        Of the lines.
    arrows : list of Arrow
    """

    def __init__(
        self,
        on: ContourMap,
        start: Array,
        landings: ArrayLike,
        style: RunStyle,
        width: float = 7.0,
        *,
        many: bool = False,
    ) -> None:
        super().__init__()
        self.map, self.start, self.landings = on, start, np.asarray(landings, dtype=float)
        self.many = many
        self.row, self.under_way, self.style = 0, 0.0, style
        self.fallen, self._fall = 0.0, np.zeros_like(self.landings)
        color = on.theme.color(style.role)
        self.lines, self.tips = Segments(color, 2.5, 0.75), Dots(color, _TIP, rim=on.theme.ground)
        self.arrows = [Arrow(color, width) for _ in range(1 if many else len(self.landings))]
        lay("ghosts", self.lines, self.tips)
        self.add(self.lines, self.tips, *self.arrows)
        on.hold(self)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"fallen": self.fallen}

    def dial(self, **values: Any) -> Self:
        self.fallen = float(values["fallen"])
        return self.lay_in(self.map.plot)

    def towards(self, places: ArrayLike) -> Self:
        """Say where each falls to: places (n, 2), or one (2,) for all."""
        self._fall = np.asarray(places, dtype=float) - self.landings
        return self

    def lay_in(self, plot: Places) -> Self:
        """Draw in axes (b, w)."""
        n, here = len(self.landings), plot.at(*self.start)
        tips = plot.at(*(self.landings + self.fallen * self._fall).T)
        made = list(tips[: self.row])
        if self.under_way and self.row < n:
            made.append(here + self.under_way * (tips[self.row] - here))
        arrows = made if not self.many else [] if self.row == n else made[-1:]
        lines = np.reshape(made[: len(made) - len(arrows)], (-1, 3))
        self.lines.set_ends(np.broadcast_to(here, lines.shape), lines)
        self.tips.stand_at(lines)
        for index, arrow in enumerate(self.arrows):
            if index < len(arrows):
                arrow.between(here, arrows[index])
            else:
                arrow.clear_points()
        return self

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row, self.under_way = min(row, len(self.landings)), towards
        return self.lay_in(self.map.plot)

    def lift(self) -> None:
        """Lay the arrows over those of others, among the parts that are pointed at."""
        lay("marks", self)

    def key(self, source: str, cell: Box) -> VGroup:
        """An arrow like these, and what they are, at the height of a cell over the map."""
        left, (_, y) = self.map.box.left, cell.center
        sample = Arrow(self.map.theme.color(self.style.role), _KEY).between(
            sheet.at(left, y), sheet.at(left + _SAMPLE, y)
        )
        words = Words(source, SMALL, self.map.theme).place(left + _SAMPLE + _BEFORE_WORDS, y + 13)
        key = VGroup(sample, words)
        lay("text", key)
        return key

    def claims(self, row: int) -> Iterator[Claim]:
        plot = self.map.plot
        fine = 1e-9 * np.array([plot.x.high - plot.x.low, plot.y.high - plot.y.low])
        tips = [*self.lines.ends()[1], *(arrow.tip for arrow in self.arrows if arrow.has_points())]
        for index, tip in enumerate(tips):
            yield Claim("landing", "", index, plot.values(tip), fine)
