"""The slopes of the loss in b and in w: what each adds up, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import UP, Animation, FadeIn, FadeOut, ReplacementTransform, VGroup, VMobject
from numpy.typing import ArrayLike

from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.figures.update_rule import UpdateRule
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import notations_for
from gdscenes.kit.type.typeset import Words

_SUM = {
    "mean": '$= display(2/n) limits(sum)_i mark("loss", e_i)',
    "sum": '$= 2 limits(sum)_i mark("loss", e_i)',
}
_FACTORS = ("$", " thin x_i$")
_BASELINE, _SLOPE_WIDTH = 78.0, 116.0  # from the top of the cell; from its left to the sum
_GAP = 14.0


class Slopes(Figure):
    """A row in each of two cells: slope, sum over the points, number.

        self.say(slopes.slopes[0], slopes.sums[0])
        self.play(*slopes.number(0))

    Parameters
    ----------
    cells : sequence of Cell
        For b and for w.
    story : Story
    run : str
        Whose gradients say how the numbers are written.
    theme : Theme
    gradient : array_like, shape (2,), optional
        The numbers; those of the run's start when left out.

    Attributes
    ----------
    slopes, sums : list of Words
    values, signs : list of Digits
        The numbers, and the equals signs before them.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        story: Story,
        run: str,
        theme: Theme,
        gradient: ArrayLike | None = None,
    ) -> None:
        super().__init__()
        self.slopes, self.sums = list[Words](), list[Words]()
        self.values, self.signs = list[Digits](), list[Digits]()
        gradients = story.runs[run].gradients
        shown = np.asarray(gradients[0] if gradient is None else gradient)
        for index, (cell, role, value, notation) in enumerate(
            zip(cells, PARAMETER_ROLES, shown, notations_for(gradients), strict=True)
        ):
            baseline = cell.top + _BASELINE
            slope = Words(f'$slope("{story.loss_name}", {role})$', SMALL, theme)
            sums = Words(_SUM[story.dataset.reduction] + _FACTORS[index], SMALL, theme)
            text = notation.write(value) if value else "0"
            self.slopes.append(slope.place(cell.left, baseline))
            self.sums.append(sums.place(cell.left + _SLOPE_WIDTH, baseline))
            sign, digits = Digits("=", SMALL, theme), Digits(text, SMALL, theme, role)
            self.signs.append(sign.place(sums.box().right + _GAP, baseline))
            left = sums.box().right + _GAP + sign.width_pixels + _GAP
            self.values.append(digits.place(left, baseline))
            if left + digits.width_pixels > cell.right:  # a long number takes the place of the sum
                left = cell.left + _SLOPE_WIDTH
                sign.place(left, baseline)
                digits.place(left + sign.width_pixels + _GAP, baseline)
        self.add(*self.slopes, *self.sums, *self.signs, *self.values)
        lay("text", self)

    def number(self, index: int) -> list[FadeIn | FadeOut]:
        """The number of a slope appears; where it is long, it takes the place of the sum."""
        sign, value, sums = self.signs[index], self.values[index], self.sums[index]
        crowded = sums.box().right > sign.box().left
        return [FadeIn(VGroup(sign, value), shift=0.2 * UP), *([FadeOut(sums)] if crowded else [])]

    def lines(self) -> list[VGroup]:
        """What is drawn of each slope."""
        parts = zip(self.slopes, self.sums, self.signs, self.values, strict=True)
        return [VGroup(*(each for each in line if each in self.submobjects)) for line in parts]

    def into(self, rule: UpdateRule) -> tuple[list[Animation], list[VMobject]]:
        """Fractions and numbers travel into a rule as they are; what closes round the numbers comes after."""
        moves: list[Animation] = list(map(ReplacementTransform, self.slopes, rule.slopes))
        brackets: list[VMobject] = []
        for value, gradient in zip(self.values, rule.gradients, strict=True):
            digits, own = gradient.ink(), value.ink()
            moves.append(value.animate.shift(digits[-2].get_center() - own[-1].get_center()).build())
            brackets += [digits[-1], *digits[: -1 - len(own)]]
        return moves, brackets
