"""The two curvatures of a bowl as sticks: how much of the largest the smallest is, 1 / kappa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from gdmath import LeastSquares
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import Boxes, rule
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import rounded
from gdscenes.kit.type.typeset import Words

_THICK, _PITCH, _GAP, _BEYOND = 26.0, 62.0, 24.0, 10.0
_OUTLINE, _DIGITS = 2.0, 3
_SHORTEST = 0.01  # of a stick that can be read, pixels
_NAMES = "$lambda_upright(max)$", "$lambda_upright(min)$"


class CurvatureSticks(Figure):
    """The smallest curvature of a loss as a share of the largest.

        sticks = CurvatureSticks(cell, story.problem, theme, run="changed")
        self.turn(self.map, sticks, problem=story.on_the_way)

    The largest, hollow, is the measure: as long as the cell has room up to the numbers, whatever its value.
    The smallest fills 1 / kappa of a track as long. Its dial is `problem`.

    Parameters
    ----------
    cell : Box
        They stand at its upper left.
    problem : LeastSquares
    theme : Theme
    run : str
        Of a run that descends on the loss in the end; see `Claim`.
    others : sequence of LeastSquares
        What the problem will be turned into: there is room for their numbers.

    Attributes
    ----------
    sticks : Boxes
        The largest curvature, then the smallest.
    values : list of Digits
        The two in numbers.
    """

    HEIGHT = _PITCH + _THICK + 2 * _BEYOND

    def __init__(
        self,
        cell: Box,
        problem: LeastSquares,
        theme: Theme,
        run: str = "",
        others: Sequence[LeastSquares] = (),
    ) -> None:
        super().__init__()
        self.run, self.problem = run, problem
        self._middles = cell.top + _BEYOND + _THICK / 2 + _PITCH * np.arange(2)
        names = [
            Words(name, SMALL, theme, "muted").place(cell.left, middle + 13)
            for name, middle in zip(_NAMES, self._middles, strict=True)
        ]
        self._left = max(name.box().right for name in names) + _GAP
        texts = [text for each in (problem, *others) for text in _written(each)]
        room = max(text_width(text) for text in texts) * SMALL
        self._longest = cell.right - room - _GAP - self._left
        self.values = [
            Digits(text, SMALL, theme).place(cell.right - room, middle + 13)
            for text, middle in zip(_written(problem), self._middles, strict=True)
        ]
        beyond = _THICK / 2 + _BEYOND
        above, below = sheet.at([self._left] * 2, self._middles + np.array([-beyond, beyond]))
        zero = rule(above, below, theme.axis, 2.5)
        self.sticks = Boxes(np.zeros((2, 4)), theme.ink)
        self.sticks.set_stroke(theme.ink, width=sheet.stroke(_OUTLINE))
        for stick, fill in zip(self.sticks, (0.0, 0.9), strict=True):
            stick.set_fill(opacity=fill)
        track = Boxes(
            np.array([[self._left, self._middles[1] - _THICK / 2, self._longest, _THICK]]), theme.axis
        )
        track.set_fill(opacity=0).set_stroke(theme.axis, width=sheet.stroke(_OUTLINE))
        lay("text", *names, *self.values, zero)
        lay("lines", track)
        lay("points", self.sticks)
        self.add(*names, *self.values, zero, track, self.sticks)
        self.dial(problem=problem)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"problem": self.problem}

    def dial(self, **values: Any) -> Self:
        self.problem = values["problem"]
        lengths = self._longest / np.array([1.0, self.problem.condition_number])
        tops = self._middles - _THICK / 2
        self.sticks.stand_at(np.column_stack([[self._left] * 2, tops, lengths, [_THICK] * 2]))
        for digits, text in zip(self.values, _written(self.problem), strict=True):
            digits.spell(text)
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        long, short = (sheet.box_of(stick.points).width for stick in self.sticks)
        if short > _SHORTEST:
            yield Claim("condition number", self.run, row, long / short, 1e-9 * long / short**2)
        for name, digits in zip(("largest", "smallest"), self.values, strict=True):
            yield Claim.read(f"{name} curvature", self.run, row, digits)


def _written(problem: LeastSquares) -> list[str]:
    """The two curvatures in numbers, the largest first."""
    return [rounded(float(each), _DIGITS) for each in problem.eigenvalues[::-1]]
