"""Updates from one start: where each would land if it were the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.marks import Arrow, Segments
from gdscenes.kit.plot.runs import RunStyle
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_KEY, _SAMPLE, _BEFORE_WORDS = 7.0, 70.0, 30.0


class Updates(Figure):
    """Arrows from one point of a map, at their true length, one more in each row.

        fan = Updates(self.map, story.start, story.landings, LOW, many=True)
        self.advance(Clock(fan), to=3)

    It stays in its place when the map turns: ``self.turn(self.map, window=near, along=[fan])``.

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
        Only the newest is an arrow, all before it are thin lines; at the last row there are lines alone.

    Attributes
    ----------
    lines : Segments
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
        self.row, self.towards, self.style = 0, 0.0, style
        color = on.theme.color(style.role)
        self.lines = Segments(color, 2.5, 0.75)
        self.arrows = [Arrow(color, width) for _ in range(1 if many else len(self.landings))]
        self.add(self.lines, *self.arrows)
        on.hold(self)

    def lay_in(self, plot: Places) -> Self:
        """Draw in axes (b, w)."""
        n, here = len(self.landings), plot.at(*self.start)
        tips = plot.at(*self.landings.T)
        made = list(tips[: self.row])
        if self.towards and self.row < n:
            made.append(here + self.towards * (tips[self.row] - here))
        arrows = made if not self.many else [] if self.row == n else made[-1:]
        lines = np.reshape(made[: len(made) - len(arrows)], (-1, 3))
        self.lines.set_ends(np.broadcast_to(here, lines.shape), lines)
        for index, arrow in enumerate(self.arrows):
            if index < len(arrows):
                arrow.between(here, arrows[index])
            else:
                arrow.clear_points()
        return self

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row, self.towards = min(row, len(self.landings)), towards
        return self.lay_in(self.map.plot)

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
