"""Lengths from a common zero: what several sizes are, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Boxes, rectangle, rule
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import Notation, decimals_for, shortest
from gdscenes.kit.type.typeset import Words

_MOST_PIECES = 100
_FILL = 0.35
_OVER_BAR, _BAR, _BEYOND_BAR = 22.0, 40.0, 10.0
_BEFORE_NUMBER = 12.0


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
        self.cell, n = cell, pieces if pieces <= _MOST_PIECES else 1
        drawn = (rectangle(box, theme.color(role), fill=fill, width=2.5) for box in self._boxes(share, n))
        self.pieces = VGroup(*drawn)
        lay("areas", self.pieces)
        self.add(self.pieces)

    def _boxes(self, share: float, n: int) -> list[Box]:
        cell = self.cell
        edges = cell.left + share * cell.width * np.arange(n + 1) / n
        return [Box(left, cell.top, right, cell.bottom) for left, right in pairwise(edges)]

    def fill_to(self, share: float) -> None:
        """Make it as long as another part of the length of 1."""
        for piece, box in zip(self.pieces, self._boxes(share, len(self.pieces)), strict=True):
            piece.set_points(rectangle(box, "#000000").points)

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


class LevelledBars(Figure):
    """Numbers as bars of their true lengths, their sum as a stack, and their mean as what it levels to.

        bars = LevelledBars(cell, [-4, -16, -36, -64], theme, "path")
        self.turn(bars, stacked=1.0)                 # end to end: the sum
        self.turn(bars, levelled=1.0)                # as many equal parts: each is the mean
        self.turn(bars, kept=1.0)                    # one of them stays
        self.turn(other, fused=1.0)                  # or: the sum becomes one number

    A number of the sign that most of the sum has goes to the right, one of the other sign comes back, on a
    line of its own under the stack. Very many numbers stand in at most a hundred slices.

    Parameters
    ----------
    cell : Cell
        All numbers of the stack's sign are as long as it is wide.
    values : array_like, shape (n,)
    theme : Theme
    role : str
    bar_height, gap : float
        Of a bar, and between those that do not stand in the stack, pixels.

    Attributes
    ----------
    pieces : Boxes
    outline : Boxes
        Of the sum, drawn as `fused` says.
    n_values : int

    Notes
    -----
    Dials: `stacked`, `levelled`, `kept`, `fused`, each 0 to 1.
    """

    def __init__(
        self,
        cell: Cell,
        values: ArrayLike,
        theme: Theme,
        role: str,
        *,
        bar_height: float = 40.0,
        gap: float = 8.0,
    ) -> None:
        super().__init__()
        given = np.asarray(values, dtype=float)
        self.cell, self.n_values, self.bar_height, self.gap = cell, given.size, bar_height, gap
        self.total = float(given.sum())
        self.side = -1.0 if self.total < 0 else 1.0
        if given.size > _MOST_PIECES:
            given = np.array([part.sum() for part in np.array_split(np.sort(given), _MOST_PIECES)])
        self.values = self.side * given
        self.per_value = cell.width / (float(self.values[self.values > 0].sum()) or 1.0)
        color = theme.color(role)
        self.pieces = Boxes(np.zeros((self.values.size, 4)), color)
        self.outline = Boxes(np.zeros((1, 4)), color)
        lay("areas", self.pieces, self.outline)
        self.add(self.pieces, self.outline)
        self.stacked = self.levelled = self.kept = self.fused = 0.0
        self.dial()

    @property
    def length(self) -> float:
        """Of the sum, pixels."""
        return float(abs(self.total) * self.per_value)

    def end_of(self, index: int) -> tuple[float, float]:
        """Where the bar of a number ends, and its middle, pixels of the page."""
        left, top, width, height = self.pieces.boxes[index]
        return float(left + width), float(top + height / 2)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("stacked", "levelled", "kept", "fused")}

    def dial(self, **values: Any) -> Self:
        for name, value in values.items():
            setattr(self, name, float(value))
        n, cell = self.values.size, self.cell
        tips = np.cumsum(self.values)
        zero = -min(0.0, float(self.values.min()))
        apart = zero + np.column_stack([np.zeros(n), self.values])
        stack = np.column_stack([tips - self.values, tips])
        part = abs(self.total) / n
        level = part * np.column_stack([np.arange(n), np.arange(1, n + 1)])
        ends = apart + self.stacked * (stack - apart)
        ends = ends + self.levelled * (level - ends)
        mean = abs(self.total) / self.n_values
        ends[0, 1] += self.kept * (mean - ends[0, 1])
        own = (self.bar_height + self.gap) * np.arange(n)
        under = np.where(self.values < 0, self.bar_height + self.gap, 0.0) * (1 - self.levelled)
        tops = cell.top + own + self.stacked * (under - own)
        edges = cell.left + self.per_value * ends
        boxes = np.column_stack(
            [edges.min(axis=1), tops, np.abs(np.diff(edges, axis=1))[:, 0], np.full(n, self.bar_height)]
        )
        self.pieces.stand_at(boxes)
        for index, piece in enumerate(self.pieces):
            shown = (1 - self.fused) * (1.0 if index == 0 else 1 - self.kept)
            piece.set_fill(opacity=_FILL * shown).set_stroke(width=sheet.stroke(2.5), opacity=shown)
        self.outline.stand_at(np.array([[cell.left, cell.top, self.length, self.bar_height]]))
        self.outline.set_fill(opacity=_FILL * self.fused)
        self.outline.set_stroke(width=sheet.stroke(2.5), opacity=self.fused)
        return self


class LimitBars(Figure):
    """Limits of the learning rate, or other sizes, as bars on one scale, each under its name and number.

        limits = LimitBars(cell, {"mean": 0.1333, "sum": 0.0333}, ("path", "diverged"), theme)
        self.show(limits, limits.marker(0.04))

    Parameters
    ----------
    cell : Cell
        The longest bar is as wide.
    limits : mapping of str to float
        Of each, by what it is called in Typst markup; from 0.
    roles : sequence of str
    theme : Theme
    notation : Notation, optional
        Of the numbers; so that the smallest has three digits when left out.

    Attributes
    ----------
    rows : list of VGroup
        A bar, and what is said of it.
    bars : list of Bar
    """

    def __init__(
        self,
        cell: Cell,
        limits: Mapping[str, float],
        roles: Sequence[str],
        theme: Theme,
        notation: Notation | None = None,
    ) -> None:
        super().__init__()
        self.cell, self.theme, self.longest = cell, theme, max(limits.values())
        notation = notation or Notation(decimals_for([min(limits.values())], digits=3))
        texts = {name: notation.write(limit) for name, limit in limits.items()}

        def needed(em: float) -> float:
            widths = (Words(name, em, theme).box().width + text_width(texts[name]) * em for name in texts)
            return max(widths) + _BEFORE_NUMBER

        em = fitted(cell.width, (SMALL, SMALLEST), needed)
        self.rows, self.bars = list[VGroup](), list[Bar]()
        for (name, limit), role, row in zip(limits.items(), roles, cell.rows(len(limits)), strict=True):
            says = Words(name, em, theme).place(row.left, row.top + SMALL)
            value = Digits(texts[name], em, theme).place(row.right, row.top + SMALL, "right")
            box = Box(row.left, row.top + SMALL + _OVER_BAR, row.right, row.top + SMALL + _OVER_BAR + _BAR)
            bar = Bar(box, limit / self.longest, theme, role, fill=_FILL)
            self.bars.append(bar)
            self.rows.append(VGroup(says, value, bar))
        self.add(*self.rows)

    def marker(self, rate: float) -> VGroup:
        """A line across each of the bars at a rate, named under the last of them, within the cell."""
        share, boxes = rate / self.longest, [sheet.box_of(bar.get_all_points()) for bar in self.bars]
        lines = [
            marker(Box(self.cell.left, box.top, self.cell.right, box.bottom), share, self.theme, _BEYOND_BAR)
            for box in boxes
        ]
        value = Digits(shortest(rate), SMALL, self.theme)
        name = Block([Words("$eta =$", SMALL, self.theme), value], gap=14)
        width, baseline = name.box().width, boxes[-1].bottom + _BEYOND_BAR + SMALL
        left = self.cell.left + share * self.cell.width - width / 2
        inside = min(max(left, self.cell.left), self.cell.right - width)
        return VGroup(*lines, name.place(inside, baseline))
