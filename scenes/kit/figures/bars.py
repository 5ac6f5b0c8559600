"""Lengths from a common zero: what several sizes are, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from manim import VGroup

from gdscenes.kit.figures.code import CodeLine
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import rectangle, rule
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import decimals_for, number
from gdscenes.kit.type.typeset import Words

_MOST_PIECES = 100
_BASELINE, _UNDER_CODE, _BAR = 55.0, 105.0, 76.0


class Bar(Figure):
    """A size as a length, in equal pieces end to end; of very many pieces only the whole is drawn.

        once, often = Bar(cell, 0.25, theme, "path"), Bar(below, 1.0, theme, "diverged", pieces=4)

    Parameters
    ----------
    cell : Box
        The length of 1, and the height.
    share : float
        Of that length.
    theme : Theme
    role : str
    pieces : int
    fill : float

    Attributes
    ----------
    pieces : VGroup of Polygon
    """

    def __init__(
        self, cell: Box, share: float, theme: Theme, role: str, *, pieces: int = 1, fill: float = 0.3
    ) -> None:
        super().__init__()
        n = pieces if pieces <= _MOST_PIECES else 1
        edges = cell.left + share * cell.width * np.arange(n + 1) / n
        boxes = (Box(left, cell.top, right, cell.bottom) for left, right in pairwise(edges))
        self.pieces = VGroup(*(rectangle(box, theme.color(role), fill=fill, width=2.5) for box in boxes))
        lay("areas", self.pieces)
        self.add(self.pieces)

    @property
    def length(self) -> float:
        """As it is drawn, pixels."""
        return sheet.box_of(self.pieces.get_all_points()).width


def marker(cell: Box, share: float, theme: Theme, beyond: float = 18.0) -> VGroup:
    """A line across the bars in a cell, at a part of the length of 1; it stands out by some pixels."""
    x = cell.left + share * cell.width
    line = rule(sheet.at(x, cell.top - beyond), sheet.at(x, cell.bottom + beyond), theme.ink, 4)
    lay("lines", line)
    return VGroup(line)


class MeasuredCode(Figure):
    """A line of code, the number that it makes, and under both how large that is.

        once = MeasuredCode(cell, "dw = (2*x*e).mean()", "-30.00", 0.25, theme, "path")

    Parameters
    ----------
    cell : Box
    code, number : str
    share : float
        Of the largest number, whose bar is as wide as the cell.
    theme : Theme
    role : str
        Of the bar.
    pieces : int
        Of the bar.

    Attributes
    ----------
    code : CodeLine
    result : Block
    bar : Bar
    """

    def __init__(
        self, cell: Box, code: str, number: str, share: float, theme: Theme, role: str, *, pieces: int = 1
    ) -> None:
        super().__init__()
        baseline, top = cell.top + _BASELINE, cell.top + _UNDER_CODE
        self.code = CodeLine(code, theme, MEDIUM).place(cell.left, baseline)
        self.result = Block([Digits("=", MEDIUM, theme, "muted"), Digits(number, MEDIUM, theme)], gap=24)
        self.result.place(cell.right, baseline, "right")
        self.bar = Bar(Box(cell.left, top, cell.right, top + _BAR), share, theme, role, pieces=pieces)
        self.add(self.code, self.result, self.bar)


class LimitBars(Figure):
    """Below which learning rates several losses are stable: bars on one scale, and their limits beside them.

        limits = LimitBars(left, right.left, {"mean": 0.1333, "sum": 0.0333}, ("path", "diverged"), theme)
        self.show(limits, limits.marker(0.04))

    Parameters
    ----------
    cell : Cell
        Of the bars; the first is as wide.
    beside : float
        Where what is said of them begins, pixels.
    limits : mapping of str to float
        2 / lambda_max of each, by what it is called; the largest first.
    roles : sequence of str
    theme : Theme

    Attributes
    ----------
    rows : list of VGroup
        A bar, and what is said of it.
    """

    def __init__(
        self, cell: Cell, beside: float, limits: Mapping[str, float], roles: Sequence[str], theme: Theme
    ) -> None:
        super().__init__()
        self.cell, self.theme, self.longest = cell, theme, max(limits.values())
        decimals = decimals_for([min(limits.values())], digits=3)
        self.rows = []
        cells = cell.rows(len(limits), gap=40)
        for (name, limit), role, box in zip(limits.items(), roles, cells, strict=True):
            says = Words(rf'{name}: stable below $2 \/ lambda_"max" =$', SMALL, theme)
            words = Block([says, Digits(number(limit, decimals), SMALL, theme)], gap=14)
            bar = Bar(box, limit / self.longest, theme, role, fill=0.35)
            self.rows.append(VGroup(bar, words.place(beside, box.bottom - 6)))
        self.add(*self.rows)

    def place_of(self, rate: float) -> float:
        """Where a rate lies on their scale, pixels."""
        return self.cell.left + rate / self.longest * self.cell.width

    def marker(self, rate: float) -> VGroup:
        """A line across the bars at a rate."""
        return marker(self.cell, rate / self.longest, self.theme)
