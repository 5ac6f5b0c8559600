"""The two curvatures of a bowl as two sticks: their ratio is the condition number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from gdmath import LeastSquares
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import Boxes, rule
from gdscenes.kit.type.typeset import Words

_THICK, _PITCH, _GAP, _BEYOND = 26.0, 62.0, 24.0, 10.0
_SHORTEST = 0.01  # of a stick that can be read, pixels
_NAMES = "$lambda_upright(max)$", "$lambda_upright(min)$"


class CurvatureSticks(Figure):
    """The largest and the smallest curvature of a loss, as long as they are beside each other.

        sticks = CurvatureSticks(cell, story.problem, theme, run="changed")
        self.turn(self.map, sticks, problem=story.on_the_way)

    The largest fills the cell, so that the other is 1 / kappa of it. Its dial is `problem`.

    Parameters
    ----------
    cell : Box
        They stand at its upper left.
    problem : LeastSquares
    theme : Theme
    run : str
        Of a run that descends on the loss in the end; see `Claim`.

    Attributes
    ----------
    sticks : Boxes
        The largest curvature, then the smallest.
    """

    HEIGHT = _PITCH + _THICK + 2 * _BEYOND

    def __init__(self, cell: Box, problem: LeastSquares, theme: Theme, run: str = "") -> None:
        super().__init__()
        self.run, self.problem = run, problem
        self._middles = cell.top + _BEYOND + _THICK / 2 + _PITCH * np.arange(2)
        names = [
            Words(name, SMALL, theme, "muted").place(cell.left, middle + 13)
            for name, middle in zip(_NAMES, self._middles, strict=True)
        ]
        self._left = max(name.box().right for name in names) + _GAP
        self._longest = cell.right - self._left
        beyond = _THICK / 2 + _BEYOND
        top, bottom = sheet.at([self._left] * 2, self._middles + np.array([-beyond, beyond]))
        zero = rule(top, bottom, theme.axis, 2.5)
        self.sticks = Boxes(np.zeros((2, 4)), theme.ink)
        self.sticks.set_fill(opacity=0.9).set_stroke(width=0)
        lay("text", *names, zero)
        lay("points", self.sticks)
        self.add(*names, zero, self.sticks)
        self.dial(problem=problem)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"problem": self.problem}

    def dial(self, **values: Any) -> Self:
        self.problem = values["problem"]
        lengths = self._longest / np.array([1.0, self.problem.condition_number])
        tops = self._middles - _THICK / 2
        self.sticks.stand_at(np.column_stack([[self._left] * 2, tops, lengths, [_THICK] * 2]))
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        long, short = (sheet.box_of(stick.points).width for stick in self.sticks)
        if short > _SHORTEST:
            yield Claim("condition number", self.run, row, long / short, 1e-9 * long / short**2)
