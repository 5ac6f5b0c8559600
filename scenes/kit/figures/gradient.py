"""The downhill gradient as an arrow on the parameter plane, and the two slopes that it is made of."""

from __future__ import annotations

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.figure import Figure
from gdscenes.kit.lecture.clock import Redraw
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.axis import round_step_within
from gdscenes.kit.plot.labels import MARK, Ink, Label, fitted, place, plated
from gdscenes.kit.plot.marks import Arrow, RightAngle
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import Notation, shortest
from gdscenes.kit.type.typeset import Type, Words

Array = NDArray[np.float64]

_ROOM = (200.0, 90.0)  # kept free beside and above the tip, pixels
_PLATE = 10.0
_ONES = np.ones(2)


class GradientArrow(Figure):
    """Minus the gradient, drawn from a point to scale.

        downhill = GradientArrow(self.map.plot, start, gradient, notations, theme)
        self.redraw(growing(downhill.arrow))

    Parameters
    ----------
    plot : Places
        Axes (b, w) of equal aspect in their units.
    point, gradient : ndarray, shape (2,)
    notations : tuple of Notation
        Of the slopes.
    theme : Theme
    units : ndarray, shape (2,)
        How much of b and of w is equally long on the page. In these units the slopes are
        ``units * gradient``, and it is they that stand square on the level lines.

    Attributes
    ----------
    times : float
        1 where the arrow has its true length in units of the axes, or where they have no unit in common;
        else the largest of 0.5, 0.2, 0.1 ... with which it stays in them.
    arrow : Arrow
    components : list of Arrow
        Along b from the point, then along w to the tip.
    labels : list of VGroup
        A plate and the `Digits` of each component's length.
    """

    def __init__(
        self,
        plot: Places,
        point: Array,
        gradient: Array,
        notations: tuple[Notation, ...],
        theme: Theme,
        units: Array = _ONES,
    ) -> None:
        super().__init__()
        self.plot, self.point, self.gradient, self.theme, self.units = plot, point, gradient, theme, units
        self.times = self._largest_scale()
        tip = point - self.times * units**2 * gradient
        here, corner, there = plot.at(*np.stack([point, (tip[BIAS], point[WEIGHT]), tip]).T)
        self.arrow = Arrow(theme.path, 9).between(here, there)
        self.components = [
            Arrow(theme.bias).between(here, corner),
            Arrow(theme.weight).between(corner, there),
        ]
        for component in self.components:
            component.set_stroke(theme.ground, sheet.stroke(2), 1)
        self.labels = self._labels(notations, *sheet.pixels(np.stack([here, corner, there])))
        self.add(*self.components, self.arrow, *self.labels)

    def _largest_scale(self) -> float:
        (x, y), box, downhill = self.plot.pixels(*self.point), self.plot.box, -self.gradient
        room = (
            (box.right - x if downhill[BIAS] > 0 else x - box.left) - _ROOM[0],
            (y - box.top if downhill[WEIGHT] > 0 else box.bottom - y) - _ROOM[1],
        )
        per_unit = self.plot.y_pixels_per_unit * self.units[WEIGHT]
        slopes = np.abs(self.units * downhill)
        longest = min(max(free, 40.0) / per_unit / s for free, s in zip(room, slopes, strict=True) if s > 0)
        return 1.0 if longest >= 1 and (self.units == 1).all() else round_step_within(longest)

    def _labels(
        self, notations: tuple[Notation, ...], here: Array, corner: Array, there: Array
    ) -> list[VGroup]:
        """On the side of each component where the arrow is not, or else where there is room in the axes."""
        right, up = -self.gradient > 0
        texts = [
            Digits(notation.write(abs(slope)), sheet.SMALL, self.theme, role)
            for slope, notation, role in zip(self.gradient, notations, PARAMETER_ROLES, strict=True)
        ]
        ink = Ink().add(self.arrow, *self.components, weight=MARK)
        sides = (
            (("below", "above") if up else ("above", "below")),
            (("right", "left") if right else ("left", "right")),
        )
        middles = (here + corner) / 2, (corner + there) / 2
        labels = [
            Label(text, tuple(middle), prefer, (30, 50, 80, 120), pad=_PLATE)
            for text, middle, prefer in zip(texts, middles, sides, strict=True)
        ]
        place(labels, ink, self.plot.box.grown(-_PLATE))
        return [plated(text, self.theme, _PLATE) for text in texts]

    @property
    def ends(self) -> Array:
        """Foot and tip (2, 2) in the axes, as drawn."""
        return self.plot.values(np.stack([self.arrow.foot, self.arrow.tip]))

    def length(self) -> Type:
        """What a legend says of the arrow's length."""
        if self.times != 1 and (self.units == 1).all():
            return Digits("×\N{THIN SPACE}" + shortest(self.times), sheet.SMALL, self.theme, "muted")
        word = "true length" if (self.units == 1).all() else "in axis units"
        return Words(word, sheet.SMALL, self.theme, "muted")

    def right_angle(self) -> RightAngle:
        """The corner that says that the level line stands square on the arrow."""
        corner = RightAngle(self.theme.ink, 4)
        corner.stand_at(self.arrow.foot, self.arrow.tip - self.arrow.foot, 36)
        lay("lines", corner)
        return corner


class MinusGradient(Figure):
    """What the arrow is: minus the gradient, by its name and by its two numbers.

        vector = MinusGradient(cell, story.loss_name, story.gradient, notations, theme)

    Parameters
    ----------
    cell : Box
        Left and right edge; its top is the baseline of the name.
    loss_name : str
    gradient : ndarray, shape (2,)
    notations : tuple of Notation
    theme : Theme

    Attributes
    ----------
    title : Words
    brackets : list of Words
        With the comma between the numbers.
    numbers : list of Digits
    """

    def __init__(
        self, cell: Box, loss_name: str, gradient: Array, notations: tuple[Notation, ...], theme: Theme
    ) -> None:
        super().__init__()
        texts = [notation.write(-slope) for slope, notation in zip(gradient, notations, strict=True)]
        wide = text_width("".join(texts))
        em = fitted(cell.width - 80, (sheet.MEDIUM, sheet.SMALL, sheet.SMALLEST), lambda each: each * wide)
        self.title = Words(f'$-nabla$#loss("{loss_name}") $=$', sheet.MEDIUM, theme)
        self.title.place(cell.left, cell.top)
        self.numbers = [
            Digits(text, em, theme, role) for text, role in zip(texts, PARAMETER_ROLES, strict=True)
        ]
        self.brackets = [Words(f"${part}$", sheet.MEDIUM, theme) for part in ("\\(", "\\,", "\\)")]
        (opening, comma, closing), (b, w) = self.brackets, self.numbers
        Block([opening, b, comma, w, closing], gap=10).place(cell.left, cell.top + 86)
        self.add(self.title, *self.brackets, *self.numbers)


def growing(arrow: Arrow, run_time: float = 1.2) -> Redraw:
    """An arrow grows from its foot; its tip never goes beyond its place."""
    foot, tip = arrow.foot, arrow.tip

    def lengthen(share: float) -> None:
        arrow.between(foot, foot + share * (tip - foot) if share < 1 else tip)

    return Redraw([arrow], lengthen, run_time=run_time)
