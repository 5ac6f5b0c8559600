"""A cloud: where a run that never rests has been, on a map, at whatever rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import behaviour
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.marks import Arrow, Dots
from gdscenes.kit.plot.runs import RunMarks, RunStyle
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_DOT, _KICK, _HEAD = 4.5, 6.0, 11.0
_BEFORE_LABEL, _DOWN = 44.0, 14.0


class Cloud(Figure):
    """The rows of a run as dots on a map, the last of them its mark, and the step that led there as an arrow.

        cloud = Cloud(self.map, story.kicked_by_one, rate, LOW)
        self.advance(Clock(cloud), to=3)
        self.turn(cloud, rate=rate / 10)        # every frame is a run of its own

    On the way to the next row first the arrow grows, then the mark follows it; at the last row there is none.

    It stays in its place when the map turns, and has the map's diamond under it, which would hide it. Its
    dial is `rate`.

    Parameters
    ----------
    on : ContourMap
    walk : callable
        The rows (n, 2) of the run at a rate; as many at each.
    rate : float
    style : RunStyle

    Attributes
    ----------
    dots : Dots
    kick : Arrow
    head : RunMarks
    rows : ndarray, shape (n, 2)
        At the rate that it shows.
    distance_text, rate_text : Digits
        See `distance_key` and `rate_key`.
    """

    def __init__(self, on: ContourMap, walk: Callable[[float], Array], rate: float, style: RunStyle) -> None:
        super().__init__()
        self.map, self.walk, self.style, theme = on, walk, style, on.theme
        self.dots = Dots(theme.color(style.role), _DOT)
        self.kick = Arrow(theme.color(style.role), _KICK)
        self.head = RunMarks(style, theme, _HEAD)
        lay("moving", self.head)
        self.add(self.dots, self.kick, self.head)
        self.row, self.under_way, self.distance_text = 0, 0.0, Digits("0", SMALL, theme)
        self.rate_text = Digits("0", MEDIUM, theme)
        self.rate, self.rows = rate, walk(rate)
        on.hold(self)
        self.lay_in(on.plot)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"rate": self.rate}

    def dial(self, **values: Any) -> Self:
        self.rate = float(values["rate"])
        self.rows = self.walk(self.rate)
        self.rate_text.spell(self.rate_notation.write(self.rate))
        return self.lay_in(self.map.plot)

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row, self.under_way = min(row, len(self.rows) - 1), towards
        return self.lay_in(self.map.plot)

    def lay_in(self, plot: Places) -> Self:
        """Draw in axes (b, w)."""
        lay("residuals", self.map.diamond)
        shown, on = self.rows[: self.row + 1], 2 * self.under_way
        here = there = shown[-1]
        before = shown[-2:][0]
        if on and self.row + 1 < len(self.rows):
            before, way = here, self.rows[self.row + 1] - here
            here, there = here + max(on - 1, 0) * way, here + min(on, 1) * way
        lows, highs = np.array(plot.limits).reshape(2, 2).T
        self.dots.stand_at(plot.at(*shown[((lows <= shown) & (shown <= highs)).all(axis=1)].T))
        self.kick.clear_points()
        is_last = self.row + 1 == len(self.rows)
        for piece in [] if is_last else plot.clipped(*np.stack([before, there]).T):
            self.kick.between(piece[0], piece[-1])
        self.head.stand_at(plot.at(*here[:, None])[: int(plot.limits.contains(*here))])
        self.distance_text.spell(self.notation.write(self.distance), "right")
        return self

    # -- what is said of it ------------------------------------------------------------------------------

    notation = rate_notation = Notation(4)
    """Of the distance, and of the rate, that its keys tell."""

    @property
    def distance(self) -> float:
        """How far its rows are from the minimum, on average."""
        return behaviour.mean_distance(self.rows[: self.row + 1], self.map.problem.minimizer)

    def key(self, source: str, cell: Box) -> VGroup:
        """Its mark, and what it is: Typst markup."""
        theme, y = self.map.theme, cell.center[1]
        mark = RunMarks(self.style, theme, _HEAD).stand_at(sheet.at([cell.left + 14], [y - _DOWN]))
        label = Words(source, SMALL, theme, self.style.role).place(cell.left + _BEFORE_LABEL, y)
        key = VGroup(mark, label)
        lay("text", key)
        self.add(key)
        return key

    def distance_key(self, cell: Box, notation: Notation) -> Digits:
        """How far its rows are from the minimum, at the right of a cell, which from now on it keeps true."""
        self.notation = notation
        text = Digits(notation.write(self.distance), SMALL, self.map.theme)
        self.distance_text = text.place(cell.right, cell.center[1], "right")
        self.add(text)
        return text

    def rate_key(self, cell: Box, notation: Notation) -> Block:
        """Its rate, in the middle of a cell, which from now on it keeps true."""
        self.rate_notation, theme = notation, self.map.theme
        self.rate_text = Digits(notation.write(self.rate), MEDIUM, theme)
        key = Block([Words("$eta =$", MEDIUM, theme), self.rate_text], gap=16)
        key.place(cell.center[0] - key.box().width / 2, cell.center[1])
        self.add(key)
        return key

    def claims(self, row: int) -> Iterator[Claim]:
        if self.head.has_points():
            plot = self.map.plot
            fine = 1e-9 * np.array([plot.x.high - plot.x.low, plot.y.high - plot.y.low])
            yield Claim("row of the cloud", "", self.row, plot.values(self.head.centers()[0]), fine)
        if self.distance_text in self.get_family():
            yield Claim.read("distance", "", self.row, self.distance_text)
        if self.rate_text in self.get_family():
            yield Claim.read("rate of the cloud", "", self.row, self.rate_text)
