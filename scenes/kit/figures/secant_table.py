"""A table of secants: step, rise and ratio, and under it the ratio that becomes the derivative."""

from __future__ import annotations

from collections.abc import Sequence

from manim import VGroup

from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import MARGIN, MEDIUM, SMALL
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.marks import rule
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation, power_of_ten
from gdscenes.kit.type.typeset import Words

_HEAD, _RULE, _FIRST, _LAST = 92.0, 120.0, 180.0, 360.0
_POWERS, _UNDER_POWERS = 166.0, 226.0
_GAP = 60.0
_RIGHT = (1436.0, 1652.0, 1840.0)
_QUOTIENT = '$display((Delta #h(-.05em) #loss("{loss}")) / (Delta {role}))$'


class SecantTable:
    """What is known of the secants of one cut, in the margin.

    Parameters
    ----------
    loss_name : str
    role : str
        Of the parameter that is stepped along.
    notations : tuple of Notation
        Of step, rise and ratio. Their powers of ten stand once, under the head.
    n_rows : int
        Lines that there will be.
    baseline : float
        Where the quotient stands, pixels of the page.
    theme : Theme

    Attributes
    ----------
    head : VGroup
    rows : list of VGroup
        Three `Digits` each.
    quotient, equals : Words
        Rise over step.
    ratio : Digits
        Its value, which runs.
    """

    def __init__(
        self,
        loss_name: str,
        role: str,
        notations: tuple[Notation, Notation, Notation],
        n_rows: int,
        baseline: float,
        theme: Theme,
    ) -> None:
        self.loss_name, self.role, self.notations, self.theme = loss_name, role, notations, theme
        powers = [notation.power for notation in notations]
        self.first = _UNDER_POWERS if any(powers) else _FIRST
        self.baseline, self.gap = baseline, min(_GAP, (_LAST - self.first) / max(n_rows - 1, 1))
        sources = (f"$Delta {role}$", f'$Delta$#loss("{loss_name}")', "ratio")
        self.head = VGroup(
            *(
                Words(source, SMALL, theme).place(right, _HEAD, "right")
                for source, right in zip(sources, _RIGHT, strict=True)
            ),
            rule(sheet.at(MARGIN.left, _RULE), sheet.at(MARGIN.right, _RULE), theme.axis, 2),
            *(
                Digits(f"×{power_of_ten(power)}", SMALL, theme, "muted").place(right, _POWERS, "right")
                for power, right in zip(powers, _RIGHT, strict=True)
                if power
            ),
        )
        self.rows: list[VGroup] = []
        self.quotient = Words(_QUOTIENT.format(loss=loss_name, role=role), SMALL, theme)
        self.quotient.place(MARGIN.left, baseline)
        self.equals = Words("$=$", MEDIUM, theme).place(self.quotient.box().right + 24, baseline)
        self.ratio = Digits("0", MEDIUM, theme).place(MARGIN.right, baseline, "right")

    def add_row(self, delta: float, rise: float, slope: float) -> VGroup:
        """A new line."""
        baseline = self.first + len(self.rows) * self.gap
        row = VGroup(
            *(
                Digits("0", SMALL, self.theme, role).place(right, baseline, "right")
                for right, role in zip(_RIGHT, (self.role, "loss", "ink"), strict=True)
            )
        )
        self.rows.append(row)
        self.show(delta, rise, slope)
        return row

    def show(self, delta: float, rise: float, slope: float) -> None:
        """Put the numbers of one step into the last line, and its slope beside the quotient."""
        for figures, value, notation in zip(self.rows[-1], (delta, rise, slope), self.notations, strict=True):
            figures.spell(notation.mantissa(value), "right")
        self.show_slope(slope)

    def show_slope(self, slope: float) -> None:
        """Put a slope beside the quotient, and leave the lines as they are."""
        self.ratio.spell(self.notations[2].write(slope), "right")

    def derivative(self) -> Words:
        """What the quotient becomes, in its place."""
        name = Words(f'$slope("{self.loss_name}", {self.role})$', SMALL, self.theme)
        return name.place(MARGIN.left, self.baseline)

    def everything(self) -> Sequence[VGroup]:
        """Head and lines, without the quotient, which outlives them."""
        return [self.head, *self.rows]
