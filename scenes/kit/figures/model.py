"""The model of a line: its formula with the numbers in it, and b and w where the line has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import BIAS, WEIGHT, Trajectory
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import LARGE, MEDIUM, SMALL, SMALLEST
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import dashed, rectangle, rule
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import decimals_for, markup, notations_of_run, number
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_FORMULA, _VALUES = 79.0, 155.0  # baselines, from the top of the cell
_STACKED, _LEADING = 126.0, 1.8  # baseline of b over w, and what the next one is lower than an em
_INDENT, _GAP = 40.0, 18.0
_SHORT, _BENEATH = 90.0, 40.0
"""A height of so few pixels has its name on the line, and a climb of none that far under it."""


def weight_model(held: float | None = None) -> str:
    """The model of which only w is learned, with the bias that is held, Typst markup."""
    if held is None:
        return "$yhat = weight x$"
    size = markup(number(abs(held), decimals_for([held], 3)))
    return f'$yhat = weight x {"-" if held < 0 else "+"} mark("bias", {size})$'


class Model(Figure):
    """``yhat = b + w x``, and under it b and w of a row.

        self.model = Model(cell, story.run, theme, "descent")
        self.say(self.model.formula)
        self.show(self.model)
        self.turn(self.plane, self.model, parameters=other, back=True)

    Its dial is `parameters`, (b, w) as they are written.

    Parameters
    ----------
    cell : Cell
    run : Trajectory
    theme : Theme
    name : str
        Of the run in the story.

    Attributes
    ----------
    formula : Words
    rows : VGroup of VGroup
        Name and number of each parameter.
    """

    def __init__(self, cell: Cell, run: Trajectory, theme: Theme, name: str = "") -> None:
        super().__init__()
        self.run, self.name_of_run = run, name
        self.notations = notations_of_run(run.parameters)
        self.formula = Words("$yhat = bias + weight thin x$", LARGE, theme)
        self.formula.place(cell.left, cell.top + _FORMULA)
        baseline, texts = cell.top + _VALUES, self._texts(run.parameters[0])
        self.parameters: Array = np.asarray(run.parameters[0])
        room = cell.width - 2 * _INDENT - _GAP
        em = fitted(room, (MEDIUM, SMALL, SMALLEST), lambda em: em * text_width("".join(texts)))
        b, w = (Digits(text, em, theme, role) for text, role in zip(texts, PARAMETER_ROLES, strict=True))
        is_long = em * text_width("".join(texts)) > room
        b_name, w_name = (Words(f"${role}$", em if is_long else MEDIUM, theme) for role in PARAMETER_ROLES)
        if is_long:  # one under the other
            for word, value, below in ((b_name, b, _STACKED), (w_name, w, _STACKED + em + _LEADING)):
                word.place(cell.left, cell.top + below)
                value.place(cell.left + _INDENT, cell.top + below)
        else:
            b.place(cell.left + _INDENT, baseline)
            w.place(cell.right, baseline, "right")
            b_name.place(cell.left, baseline)
            w_name.place(cell.right - w.width_pixels - _GAP, baseline, "right")
        self.values = [b, w]
        self.rows = VGroup(VGroup(b_name, b), VGroup(w_name, w))
        self.add(self.formula, self.rows)
        lay("text", self)

    def _texts(self, parameters: Array) -> list[str]:
        both = zip(parameters, self.notations, strict=True)
        return [notation.write(value, signed=True) for value, notation in both]

    def at(self, row: int, towards: float = 0.0) -> Self:
        """The numbers of the line on its way to the next row."""
        self.row, rows = row, self.run.parameters
        here = rows[row] + towards * (rows[row + 1] - rows[row]) if towards else rows[row]
        return self.dial(parameters=here)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"parameters": self.parameters}

    def dial(self, **values: Any) -> Self:
        self.parameters = np.asarray(values["parameters"])
        for digits, text in zip(self.values, self._texts(self.parameters), strict=True):
            digits.spell(text)
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        drawn, units = np.transpose([digits.value() for digits in self.values])
        yield Claim("parameters", self.name_of_run, row, drawn, 0.5 * units * (1 + 1e-6))


class ParameterMarks(Figure):
    """b as a height over zero, and w as the climb over one unit of x, on the line that a plane shows.

        self.marks = ParameterMarks(self.plane)
        self.turn(self.plane, self.marks, parameters=other)

    Where the axes do not hold them, nothing is drawn.

    Attributes
    ----------
    bias, weight : VGroup
        Mark and name of each, the name on a plate; at the climb, the level that it climbs from.
    """

    def __init__(self, plane: DataPlane) -> None:
        super().__init__()
        self.plane = plane
        self.bias, self.weight = VGroup(), VGroup()
        self.add(self.bias, self.weight)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Follow the line where the plane, which is drawn before, has it."""
        return self.dial(parameters=self.plane.parameters)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"parameters": self.plane.parameters}

    def dial(self, **values: Any) -> Self:
        (b, w), plot, theme = values["parameters"], self.plane.plot, self.plane.theme
        height, climb = VGroup(), VGroup()
        if all(plot.limits.contains(*corner) for corner in ((0, 0), (0, b), (1, b + w))):
            names = [Words(f"${role}$", MEDIUM, theme) for role in PARAMETER_ROLES]
            x, y = plot.pixels(0, b / 2)
            names[BIAS].place(x + 22, y + 14)
            x, y = plot.pixels(1, b + w / 2)
            shares = np.minimum(np.abs([b, w]) * plot.y_pixels_per_unit / _SHORT, 1.0)
            names[WEIGHT].place(x + 26, y + 12 + (1 - shares[WEIGHT]) * _BENEATH)
            plates = []
            for name, share in zip(names, shares, strict=True):
                place = name.box().grown(5)
                shown = share < 1 or self.plane.has_points_in(place.grown(self.plane.radius))
                plates.append(rectangle(place, theme.ground, fill=float(shown)))
            level = dashed(rule(plot.at(0, b), plot.at(1, b), theme.muted, 2.5))
            height.add(rule(plot.at(0, 0), plot.at(0, b), theme.bias, 10), plates[BIAS], names[BIAS])
            climb.add(
                rule(plot.at(1, b), plot.at(1, b + w), theme.weight, 10), plates[WEIGHT], names[WEIGHT], level
            )
        lay("marks", height, climb)
        lay("lines", *height[:1], *climb[:1])
        self.bias.remove(*self.bias).add(*height)
        self.weight.remove(*self.weight).add(*climb)
        return self
