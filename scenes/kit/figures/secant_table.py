"""A table of secants: step, rise and ratio, and under it the ratio that becomes the derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from manim import RIGHT, Animation, ApplyMethod, VGroup

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import rule
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import Notation, power_of_ten
from gdscenes.kit.type.typeset import Words

_HEAD, _RULE, _FIRST, _LAST = 49.0, 77.0, 137.0, 317.0
_POWERS, _UNDER_POWERS = 123.0, 183.0
_GAP = 60.0
_BEHIND_SIGN = 24.0  # to the value, where it stands right behind it
_COLUMNS = (404.0, 188.0, 0.0)  # right ends, from the right edge
_QUOTIENT = '$display((Delta #h(-.05em) #loss("{loss}")) / (Delta {role}))$'


class SecantTable(Figure):
    """What is known of the secants of one cut.

        table = SecantTable(MARGIN, "MSE", "weight", story.secant, notations, 4, baseline=592)
        table.add_row(2.0)
        self.turn(secant, table, delta=1.0)

    Its dial is `delta`: the last row, unless it is closed, and the ratio under the table run with it.

    Parameters
    ----------
    cell : Box
        Left and right edge, and the top of the head.
    loss_name : str
    role : str
        Of the parameter that is stepped along.
    secant : callable
        Of a step: the rise over it, and their ratio; over none, the derivative.
    notations : tuple of Notation
        Of step, rise and ratio. Their powers of ten stand once, under the head.
    n_rows : int
        Rows that there will be.
    baseline : float
        Where the quotient stands, pixels of the page.
    theme : Theme

    Attributes
    ----------
    head : VGroup
    rows : list of VGroup
        Step, rise and ratio of each.
    last : list of Digits
        The last row's.
    quotient, equals : Words
        Rise over step, in the end the derivative.
    ratio : Digits
        Its value, which runs.
    result : VGroup
        Quotient, equals and ratio: what outlives the table.
    """

    def __init__(
        self,
        cell: Box,
        loss_name: str,
        role: str,
        secant: Callable[[float], tuple[float, float]],
        notations: tuple[Notation, Notation, Notation],
        n_rows: int,
        baseline: float,
        theme: Theme,
    ) -> None:
        super().__init__()
        self.cell, self.loss_name, self.role, self.secant = cell, loss_name, role, secant
        self.notations, self.baseline, self.theme = notations, baseline, theme
        powers = [notation.power for notation in notations]
        self.first = cell.top + (_UNDER_POWERS if any(powers) else _FIRST)
        self.gap = min(_GAP, (cell.top + _LAST - self.first) / max(n_rows - 1, 1))
        self.rights = [cell.right - each for each in _COLUMNS]
        self.rows: list[VGroup] = []
        self.last: list[Digits] = []
        self.is_open, self.delta = False, 0.0
        self.head = self._new_head(powers)
        self.quotient = Words(_QUOTIENT.format(loss=loss_name, role=role), SMALL, theme)
        self.quotient.place(cell.left, baseline)
        self.equals = Words("$=$", MEDIUM, theme).place(self.quotient.box().right + 24, baseline)
        self.ratio = Digits("0", MEDIUM, theme).place(cell.right, baseline, "right")
        self.result = VGroup(self.quotient, self.equals, self.ratio)
        self.add(self.head, self.result)

    def _new_head(self, powers: list[int]) -> VGroup:
        top, theme = self.cell.top, self.theme
        sources = (f"$Delta {self.role}$", f'$Delta$#loss("{self.loss_name}")', tr("ratio"))
        head = VGroup(
            *(
                Words(source, SMALL, theme).place(right, top + _HEAD, "right")
                for source, right in zip(sources, self.rights, strict=True)
            ),
            rule(
                sheet.at(self.cell.left, top + _RULE), sheet.at(self.cell.right, top + _RULE), theme.axis, 2
            ),
            *(
                Digits(f"×{power_of_ten(power)}", SMALL, theme, "muted").place(right, top + _POWERS, "right")
                for power, right in zip(powers, self.rights, strict=True)
                if power
            ),
        )
        lay("text", head)
        return head

    def add_row(self, delta: float) -> VGroup:
        """A new row, which runs with the step from now on."""
        baseline = self.first + len(self.rows) * self.gap
        self.last = [
            Digits("0", SMALL, self.theme, role).place(right, baseline, "right")
            for right, role in zip(self.rights, (self.role, "loss", "ink"), strict=True)
        ]
        row = VGroup(*self.last)
        self.rows.append(row)
        self.add(row)
        self.is_open = True
        self.dial(delta=delta)
        return row

    def close_row(self) -> VGroup:
        """The last row, which stays as it is from now on."""
        self.is_open = False
        return self.rows[-1]

    @property
    def width_of_result(self) -> float:
        """Of the quotient and its value where the value stands right behind the sign, pixels."""
        return self.equals.box().right - self.cell.left + _BEHIND_SIGN + self.ratio.box().width

    def result_to(self, left: float, baseline: float, **how: Any) -> list[Animation]:
        """The quotient goes elsewhere, and its value with it, right behind the sign.

        What any animation takes says how, such as `run_time`.
        """
        move = sheet.at(left, baseline) - sheet.at(self.cell.left, self.baseline)
        gap = self.ratio.box().left - self.equals.box().right - _BEHIND_SIGN
        name = VGroup(*self.result.submobjects[:-1])
        return [
            ApplyMethod(name.shift, move, **how),
            ApplyMethod(self.ratio.shift, move - sheet.units(gap) * RIGHT, **how),
        ]

    def differentiate(self) -> Words:
        """Put the derivative in the place of the quotient."""
        name = Words(f'$slope("{self.loss_name}", {self.role})$', SMALL, self.theme)
        self.quotient = name.place(self.cell.left, self.baseline)
        self.result.submobjects = [self.quotient, self.equals, self.ratio]
        return self.quotient

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"delta": self.delta}

    def dial(self, **values: Any) -> Self:
        self.delta = float(values["delta"])
        rise, ratio = self.secant(self.delta)
        if self.is_open:
            for digits, value, notation in zip(
                self.last, (self.delta, rise, ratio), self.notations, strict=True
            ):
                digits.spell(notation.mantissa(value), "right")
        self.ratio.spell(self.notations[2].write(ratio), "right")
        return self
