"""The update rule, in symbols and in the numbers of one row of a run."""

from __future__ import annotations

from manim import VGroup

from gdmath import Trajectory
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.type.digits import Digits, in_a_row
from gdscenes.kit.type.notation import Notation, shortest
from gdscenes.kit.type.typeset import Words

_LEFT = sheet.MARGIN.left + 60
_NUMBERS_BELOW = 76
_RESULT_BELOW = 136
_COMFORTABLE_GAP = 16.0
_LEAST_GAP = 8.0
_STACKED_BELOW = (66.0, 106.0, 146.0)
_STACKED_SYMBOLS = (_LEFT + 90, _LEFT + 190, sheet.MARGIN.right - 110)


class UpdateRule(VGroup):
    """``b <- b - eta dMSE/db`` for each parameter, the numbers of one row, and what they make.

    Row k shows how ``parameters[k]`` came to be: ``parameters[k - 1] - learning_rate * gradients[k - 1]``.

    Parameters
    ----------
    run : Trajectory
    loss_name : str
    notations, gradient_notations : tuple of Notation
        Of the parameters, and of their slopes.
    baselines : tuple of float
        Where the symbols of each parameter stand, pixels of the page.
    theme : Theme
    """

    def __init__(
        self,
        run: Trajectory,
        loss_name: str,
        notations: tuple[Notation, ...],
        gradient_notations: tuple[Notation, ...],
        baselines: tuple[float, float],
        theme: Theme,
    ) -> None:
        super().__init__()
        self.run, self.notations, self.gradient_notations = run, notations, gradient_notations
        self.symbols, self.rates, self.result_signs = VGroup(), VGroup(), VGroup()
        self.slopes: list[Words] = []
        self.olds: list[Digits] = []
        self.gradients: list[Digits] = []
        self.results: list[Digits] = []
        lines = [self._numbers(index, role, theme) for index, role in enumerate(PARAMETER_ROLES)]
        stacked = any(map(_is_crowded, lines))
        below = _STACKED_BELOW[-1] if stacked else _RESULT_BELOW
        for index, (role, baseline, line) in enumerate(zip(PARAMETER_ROLES, baselines, lines, strict=True)):
            equals, old, rate, gradient = line
            places = (_stack if stacked else _line_up)(line, baseline)
            self.rates.add(VGroup(equals, rate))
            self.olds.append(old)
            self.gradients.append(gradient)
            result = Digits(self.result_text(1, index), old.em, theme, role)
            result.place(sheet.pixels(old.origin)[0], baseline + below)
            self.results.append(result)
            self.result_signs.add(equals.copy().place(equals.middle, baseline + below, "center"))
            for symbol, middle in zip(
                ("arrow.l", role, "- thick eta"), (equals.middle, *places[:2]), strict=True
            ):
                word = Words(f"${symbol}$", sheet.MEDIUM, theme)
                self.symbols.add(word.place(middle, baseline, "center"))
            self.symbols.add(Words(f"${role}$", sheet.MEDIUM, theme).place(sheet.MARGIN.left, baseline))
            slope = Words(f'$slope("{loss_name}", {role})$', sheet.SMALL, theme)
            self.slopes.append(slope.place(places[2], baseline, "center"))
        self.add(self.symbols, *self.slopes, *self.olds, self.rates, *self.gradients)
        self.add(self.result_signs, *self.results)

    def _numbers(self, index: int, role: str, theme: Theme) -> list[Digits]:
        """Equals sign, old value, rate and gradient, in the smaller type where they would be crowded."""
        for em in (sheet.SMALL, sheet.SMALLEST):
            terms = [
                Digits("=", em, theme, "muted"),
                Digits(self.old_text(1, index), em, theme, role),
                Digits(f"-{shortest(self.run.learning_rate)}·", em, theme),
                Digits(self.gradient_text(1, index), em, theme, role),
            ]
            if not _is_crowded(terms):
                break
        return terms

    def old_text(self, row: int, index: int) -> str:
        """The parameter before the update that made a row."""
        return self.notations[index].write(self.run.parameters[row - 1, index], signed=True)

    def gradient_text(self, row: int, index: int) -> str:
        """The gradient that made a row, in brackets."""
        return f"({self.gradient_notations[index].write(self.run.gradients[row - 1, index], plus=True)})"

    def result_text(self, row: int, index: int) -> str:
        """The parameter of a row."""
        return self.notations[index].write(self.run.parameters[row, index], signed=True)

    def show_row(self, row: int) -> None:
        """Put in the numbers that made a row, and the row."""
        for index in range(len(PARAMETER_ROLES)):
            self.olds[index].spell(self.old_text(row, index))
            self.gradients[index].spell(self.gradient_text(row, index))
            self.results[index].spell(self.result_text(row, index))


def _gap(line: list[Digits]) -> float:
    """What is left between the terms of a line that fills its width."""
    return (sheet.MARGIN.right - _LEFT - sum(term.width_pixels for term in line)) / (len(line) - 1)


def _is_crowded(line: list[Digits]) -> bool:
    return _gap(line) < _LEAST_GAP


def _line_up(line: list[Digits], baseline: float) -> tuple[float, float, float]:
    """Place a line under its symbols; over old value, rate and gradient is where the symbols stand."""
    in_a_row(line, _LEFT, baseline + _NUMBERS_BELOW, min(_COMFORTABLE_GAP, _gap(line)))
    _, old, rate, gradient = line
    return old.middle, rate.middle, gradient.middle


def _stack(line: list[Digits], baseline: float) -> tuple[float, float, float]:
    """Place a long line as two, under symbols that keep places of their own."""
    first, second, _ = _STACKED_BELOW
    in_a_row(line[:2], _LEFT, baseline + first, _LEAST_GAP)
    width = sum(term.width_pixels for term in line[2:]) + _LEAST_GAP
    in_a_row(line[2:], sheet.MARGIN.right - width, baseline + second, _LEAST_GAP)
    return _STACKED_SYMBOLS
