"""The update rule, in symbols and in the numbers of one row of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Self

import numpy as np
from manim import VGroup

from gdmath import Trajectory
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.type.digits import Digits, in_a_row
from gdscenes.kit.type.notation import NO_SIGN, notations_for, notations_of_run, shortest
from gdscenes.kit.type.typeset import Words

_INDENT = 60.0
_FIRST, _PITCH = 78.0, 212.0  # baselines of the symbols, from the top of the cell
_NUMBERS_BELOW = 76
_RESULT_BELOW = 136
_COMFORTABLE_GAP = 16.0
_LEAST_GAP = 8.0
_STACKED_BELOW = (66.0, 106.0, 146.0)
_STACKED_SYMBOLS = (90.0, 190.0)  # of old value and rate, from the indent
_STACKED_SLOPE = 110.0  # of the slope, from the right


class UpdateRule(Figure):
    """``b <- b - eta dMSE/db`` for each parameter, the numbers of one row, and what they make.

    Row k shows how ``parameters[k]`` came to be: ``parameters[k - 1] - learning_rate * gradients[k - 1]``::

        self.rule = UpdateRule(cell, story.run, story.loss_name, theme, name="descent")
        self.turn(self.rule, told=0.0)
        self.turn(self.rule.at(4), told=2.0)

    Parameters
    ----------
    cell : Cell or sequence of Cell
        The parameters stand under one another, or each in a cell of its own.
    run : Trajectory
    loss_name : str
    theme : Theme
    name : str
        Of the run in the story.
    in_a_line : bool
        What an update makes stands at the end of its numbers, where a line has room for it, not under them.

    Attributes
    ----------
    symbols, rates, result_signs : VGroup
    slopes : list of Words
    olds, gradients, results : list of Digits
    """

    def __init__(
        self,
        cell: Cell | Sequence[Cell],
        run: Trajectory,
        loss_name: str,
        theme: Theme,
        name: str = "",
        *,
        in_a_line: bool = False,
    ) -> None:
        super().__init__()
        self.run, self.name_of_run, self.told, self.in_a_line = run, name, 2.0, in_a_line
        self.row = 1
        self.notations, self.gradient_notations = (
            notations_of_run(run.parameters),
            notations_for(run.gradients),
        )
        self.symbols, self.rates, self.result_signs = VGroup(), VGroup(), VGroup()
        self.slopes: list[Words] = []
        self.olds: list[Digits] = []
        self.gradients: list[Digits] = []
        self.results: list[Digits] = []
        roles = PARAMETER_ROLES[-run.parameters.shape[1] :]
        self.cells = _blocks(cell, len(roles)) if isinstance(cell, Cell) else list(cell)
        lines = [self._numbers(index, role, theme) for index, role in enumerate(roles)]
        if len({len(line) for line in lines}) > 1:
            self.in_a_line = False
            lines = [self._numbers(index, role, theme) for index, role in enumerate(roles)]
        pairs = list(zip(self.cells, lines, strict=True))
        stacked = any(_gap(block, line) < _LEAST_GAP for block, line in pairs)
        below = _STACKED_BELOW[-1] if stacked else _RESULT_BELOW
        for index, (role, (block, line)) in enumerate(zip(roles, pairs, strict=True)):
            baseline = block.top + _FIRST
            equals, old, rate, gradient, *made = line
            places = (_stack if stacked else _line_up)(block, line, baseline)
            self.rates.add(VGroup(equals, rate))
            self.olds.append(old)
            self.gradients.append(gradient)
            sign, result = made or (equals.copy(), Digits(self.result_text(1, index), old.em, theme, role))
            if not made:
                sign.place(equals.middle, baseline + below, "center")
                result.place(sheet.pixels(old.origin)[0], baseline + below)
            self.results.append(result)
            self.result_signs.add(sign)
            for symbol, middle in zip(
                ("arrow.l", role, "- thick eta"), (equals.middle, *places[:2]), strict=True
            ):
                word = Words(f"${symbol}$", sheet.MEDIUM, theme)
                self.symbols.add(word.place(middle, baseline, "center"))
            self.symbols.add(Words(f"${role}$", sheet.MEDIUM, theme).place(block.left, baseline))
            slope = Words(f'$slope("{loss_name}", {role})$', sheet.SMALL, theme)
            self.slopes.append(slope.place(places[2], baseline, "center"))
        self.add(self.symbols, *self.slopes, *self.olds, self.rates, *self.gradients)
        self.add(self.result_signs, *self.results)
        lay("text", self)

    @property
    def dials(self) -> Mapping[str, Any]:
        """`told`: 0 hides the numbers, 1 shows those that an update begins with, 2 what it makes as well."""
        return {"told": self.told}

    def dial(self, **values: Any) -> Self:
        self.told = values["told"]
        for part in (*self.olds, *self.gradients):
            part.set_opacity(min(self.told, 1.0))
        for part in (*self.results, *self.result_signs):
            part.set_opacity(max(self.told - 1.0, 0.0))
        return self

    def _numbers(self, index: int, role: str, theme: Theme) -> list[Digits]:
        """Equals sign, old value, rate and gradient, in the smaller type where they would be crowded.

        In a line an equals sign and the new value go on.
        """
        for made, em in product((True, False) if self.in_a_line else (False,), (sheet.SMALL, sheet.SMALLEST)):
            terms = [
                Digits("=", em, theme, "muted"),
                Digits(self.old_text(1, index), em, theme, role),
                Digits(f"-{shortest(self.run.learning_rate)}·", em, theme),
                Digits(self.gradient_text(1, index), em, theme, role),
            ]
            if made:
                terms += [terms[0].copy(), Digits(self.result_text(1, index), em, theme, role)]
            if _gap(self.cells[index], terms) >= _LEAST_GAP:
                break
        return terms

    def old_text(self, row: int, index: int) -> str:
        """The parameter before the update that made a row."""
        return self.notations[index].write(self.run.parameters[row - 1, index], signed=True)

    def gradient_text(self, row: int, index: int) -> str:
        """The gradient that made a row, in brackets."""
        text = self.gradient_notations[index].write(self.run.gradients[row - 1, index], plus=True)
        return f"({text.lstrip(NO_SIGN)})"

    def result_text(self, row: int, index: int) -> str:
        """The parameter of a row."""
        return self.notations[index].write(self.run.parameters[row, index], signed=True)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Put in the numbers that made a row, and the row; on the way to the next they stay."""
        if row and not towards:
            self.row = row
            for index in range(len(self.olds)):
                self.olds[index].spell(self.old_text(row, index))
                self.gradients[index].spell(self.gradient_text(row, index))
                self.results[index].spell(self.result_text(row, index))
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        """The old parameters, their slopes and the new parameters."""
        for quantity, of, shown in (
            ("parameters", row - 1, self.olds),
            ("gradient", row - 1, self.gradients),
            ("parameters", row, self.results),
        ):
            if of >= 0:
                drawn, units = np.transpose([digits.value() for digits in shown])
                yield Claim(quantity, self.name_of_run, of, drawn, 0.5 * units * (1 + 1e-6))


# -- how its lines stand ---------------------------------------------------------------------------------


def _blocks(cell: Cell, count: int) -> list[Cell]:
    """Cells for the parameters, under one another."""
    return [
        Cell(cell.left, cell.top + _PITCH * index, cell.right, cell.top + _PITCH * (index + 1))
        for index in range(count)
    ]


def _gap(cell: Cell, line: list[Digits]) -> float:
    """What is left between the terms of a line that fills its cell."""
    return (cell.width - _INDENT - sum(term.width_pixels for term in line)) / (len(line) - 1)


def _line_up(cell: Cell, line: list[Digits], baseline: float) -> tuple[float, float, float]:
    """Place a line under its symbols; over old value, rate and gradient is where the symbols stand."""
    in_a_row(line, cell.left + _INDENT, baseline + _NUMBERS_BELOW, min(_COMFORTABLE_GAP, _gap(cell, line)))
    _, old, rate, gradient, *_ = line
    return old.middle, rate.middle, gradient.middle


def _stack(cell: Cell, line: list[Digits], baseline: float) -> tuple[float, float, float]:
    """Place a long line as two, under symbols that keep places of their own."""
    first, second, _ = _STACKED_BELOW
    in_a_row(line[:2], cell.left + _INDENT, baseline + first, _LEAST_GAP)
    width = sum(term.width_pixels for term in line[2:]) + _LEAST_GAP
    in_a_row(line[2:], cell.right - width, baseline + second, _LEAST_GAP)
    old, rate = (cell.left + _INDENT + each for each in _STACKED_SYMBOLS)
    return old, rate, cell.right - _STACKED_SLOPE
