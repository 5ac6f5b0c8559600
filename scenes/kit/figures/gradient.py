"""Minus the gradient: as an arrow on the parameter plane, and by its two numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gdmath import WEIGHT
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.clock import Redraw
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.axis import round_step_within
from gdscenes.kit.plot.clipping import clip_segment
from gdscenes.kit.plot.contours import draw_level
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Arrow, Polyline, RightAngle, current_disc
from gdscenes.kit.plot.runs import ExitCross
from gdscenes.kit.type.block import Block
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import Notation
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_ROOM, _LEAST = 30.0, 80.0  # kept free beyond the tip; of an arrow that can be seen, pixels
_CORNER, _CORNER_SHARE = 40.0, 0.4  # side of the right angle, pixels; of its arrow at most
_RIMMED = 13.0  # width of the level line with its rim of the ground, pixels
_PITCH, _SIGNS = 1.6, 128.0  # of the lines of the vector, em; its brackets, comma and gaps, pixels


class GradientArrow(Figure):
    """Minus the gradient, drawn from the start of a map to scale.

        downhill = GradientArrow(self.map)
        self.redraw(growing(downhill.arrow))
        self.turn(downhill, times=0.1)

    Its dial is `times`: how many times its true length it has. Where it is longer than the map, it ends in
    a cross on the edge.

    Parameters
    ----------
    map : ContourMap
        One with a start, in equal aspect. Where its units u are not one, the arrow is minus the gradient by
        the parameters counted in them, ``-u^2 g``, and it is this one that stands square on the level lines.

    Attributes
    ----------
    times : float
        At first 1; where it then leaves the map or is but a point, the largest of ... 5, 2, 1, 0.5, 0.2 ...
        with which it stays on it.
    arrow : Arrow
    components : list of Arrow
        Along b from the start, then along w to the tip, as it was made.
    landing : Dots
        On the tip: where a step of this length ends.
    exit : ExitCross
    level : Polyline
        The level line of the loss at the tip.
    """

    def __init__(self, map: ContourMap) -> None:
        super().__init__()
        assert map.start is not None, "the arrow stands on the start of a map"
        theme = map.theme
        self.map, self.start = map, map.start
        self.units = np.ones(2) if map.units is None else map.units
        self.way = -(self.units**2) * map.problem.gradient(self.start)
        self.arrow, self.landing, self.exit = Arrow(theme.path, 9), current_disc(theme, 13), ExitCross(theme)
        self.level = Polyline(theme.loss, 5)
        self.level.set_stroke(theme.ground, sheet.stroke(_RIMMED), 1, background=True)
        self.reading: tuple[Digits, Callable[[float], str]] | None = None
        lay("ghosts", self.level)
        here, corner, there = self._places(self._largest_scale())
        self.components = [
            Arrow(theme.bias).between(here, corner),
            Arrow(theme.weight).between(corner, there),
        ]
        for component in self.components:
            component.set_stroke(theme.ground, sheet.stroke(2), 1)
        self.add(*self.components, self.arrow)
        self.dial(times=self._largest_scale())

    def _places(self, times: float) -> Array:
        """Start, corner and tip (3, 3), points of the scene."""
        b, w = self.start + times * self.way
        return self.map.plot.at(*np.stack([self.start, (b, self.start[WEIGHT]), (b, w)]).T)

    def _largest_scale(self) -> float:
        """Its true length, or the largest round number of times that leaves its tip on the map."""
        box, (here, _, there) = self.map.plot.box, sheet.pixels(self._places(1.0))
        edges = np.where(there > here, (box.right, box.bottom), (box.left, box.top))
        moves = there != here
        room = np.maximum(np.abs(edges - here) - _ROOM, _ROOM)
        longest = float((room / np.abs(there - here))[moves].min())
        is_fair = longest >= 1 and np.hypot(*(there - here)) >= _LEAST
        return 1.0 if is_fair else round_step_within(longest)

    @property
    def tip(self) -> Array:
        """The parameters (2,) at which it ends, be they on the map or not."""
        return np.asarray(self.start + self.times * self.way)

    @property
    def loss(self) -> float:
        """The loss there."""
        return float(self.map.problem.loss(self.tip))

    def read_in(self, digits: Digits, write: Callable[[float], str]) -> None:
        """Have a number say from now on the loss at the tip, as it is written."""
        self.reading = digits, write
        self.dial(times=self.times)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"times": self.times}

    def dial(self, **values: Any) -> Self:
        self.times = float(values["times"])
        here, _, there = self._places(self.times)
        plot, is_seen = self.map.plot, self.map.shows(self.tip)
        if not is_seen:
            seen = clip_segment(self.start, self.tip, plot.limits)
            assert seen is not None, "the start is on the map"
            there = plot.at(*seen[1])
        self.arrow.between(here, there)
        self.landing.stand_at(there[None] if is_seen else np.empty((0, 3)))
        self.exit.stand_at(there[None] if not is_seen else np.empty((0, 3)))
        draw_level(self.level, plot, self.map.problem, self.loss)
        if self.reading:
            digits, write = self.reading
            digits.spell(write(self.loss), "right")
        return self

    def lay_in(self, plot: Places) -> None:
        """Draw it in other axes, those of its map."""
        self.dial(times=self.times)

    def claims(self, row: int) -> Iterator[Claim]:
        if (self.units == 1).all():
            if self.landing.has_points() and self.landing in self.submobjects:
                there = self.map.plot.values(self.landing.centers()[0])
                fine = 1e-9 * (self.map.plot.y.high - self.map.plot.y.low)
                yield Claim(f"parameters after a step of {self.times!r}", self.map.run, 0, there, fine)
            if self.reading:
                loss = f"loss after a step of {self.times!r}"
                yield Claim.read(loss, self.map.run, 0, self.reading[0])

    @property
    def ends(self) -> Array:
        """Foot and tip (2, 2) in the axes, as drawn."""
        return self.map.plot.values(np.stack([self.arrow.foot, self.arrow.tip]))


class GradientVector(Figure):
    """The gradient by its numbers, and under it minus the gradient, whose minus acts on each of them.

        vector = GradientVector(cell, story.loss_name, story.gradient, notations, theme)
        self.show(vector)
        landed = vector.landed()
        self.play(*(TransformFromCopy(vector.factor, each) for each in landed), FadeOut(vector.factor))
        self.remove(*landed)
        vector.turn_signs()

    Parameters
    ----------
    cell : Box
        Left and right edge; its top is the baseline of the gradient.
    loss_name : str
    gradient : ndarray, shape (2,)
    notations : tuple of Notation
    theme : Theme
    run : str
        Name of the run in the story whose first gradient it is.

    Attributes
    ----------
    names : list of Words
        Of the gradient, and of minus the gradient.
    top, baseline : float
        Baselines of the two lines as they were made, pixels.
    minus : Digits
        The sign before the second name.
    factor : Digits
        The minus before the second bracket, which stands there until it has acted.
    brackets : list of list of Words
        Of each line, with the comma between the numbers.
    numbers : list of list of Digits
        Of each line; those of the second are the first's until its minus has acted.
    """

    def __init__(
        self,
        cell: Box,
        loss_name: str,
        gradient: Array,
        notations: tuple[Notation, ...],
        theme: Theme,
        run: str = "",
    ) -> None:
        super().__init__()
        self.theme, self.gradient, self.run, self.sign = theme, gradient, run, 1
        before, self.after = (
            [
                notation.write(sign * slope, plus=True)
                for slope, notation in zip(gradient, notations, strict=True)
            ]
            for sign in (1, -1)
        )
        numbers_wide = text_width("--" + "".join(before))
        name = f'$nabla$#loss("{loss_name}") $=$'
        em = fitted(
            cell.width - _SIGNS,
            (sheet.LARGE, sheet.MEDIUM, sheet.SMALL, sheet.SMALLEST),
            lambda each: each * numbers_wide + Words(name, each, theme).box().width,
        )
        self.minus, self.factor = (Digits("-", em, theme) for _ in range(2))
        self.names, self.brackets, self.numbers = [], [], []
        for row in range(2):
            baseline = cell.top + _PITCH * em * row
            left = Words(name, em, theme).place(cell.left + self.minus.width_pixels, baseline)
            pairs = zip(before, PARAMETER_ROLES, strict=True)
            numbers = [Digits(text, em, theme, role) for text, role in pairs]
            brackets = [Words(f"${part}$", em, theme) for part in ("\\(", tr("\\,"), "\\)")]
            (opening, comma, closing), (b, w) = brackets, numbers
            self.factor.place(left.box().right + 26, baseline)
            Block([opening, b, comma], gap=10).place(self.factor.box().right + 4, baseline)
            Block([w, closing], gap=10).place(comma.box().right + 0.4 * em, baseline)
            self.names.append(left)
            self.brackets.append(brackets)
            self.numbers.append(numbers)
        self.top, self.baseline = cell.top, cell.top + _PITCH * em
        self.minus.place(cell.left, self.baseline)
        self.add(*self.names, self.minus, self.factor)
        for brackets, numbers in zip(self.brackets, self.numbers, strict=True):
            self.add(*brackets, *numbers)
        lay("text", self)

    def landed(self) -> list[Digits]:
        """The minus where it meets the sign of each number: upright on a minus, for two make a plus."""
        found = []
        for number, slope, role in zip(self.numbers[1], self.gradient, PARAMETER_ROLES, strict=True):
            sign = Digits("-", number.em, self.theme, role)
            sign.shift(number.submobjects[1].get_center() - sign.submobjects[1].get_center())
            if slope < 0:
                sign.submobjects[1].rotate(np.pi / 2)
            lay("moving", sign)
            found.append(sign)
        return found

    def turn_signs(self) -> None:
        """Have the numbers of the second line be those of minus the gradient."""
        self.sign = -1
        self.remove(self.factor)
        for number, text in zip(self.numbers[1], self.after, strict=True):
            number.spell(text)

    def claims(self, row: int) -> Iterator[Claim]:
        for sign, line in zip((1, self.sign), self.numbers, strict=True):
            numbers, units = np.array([each.value() for each in line]).T
            yield Claim("gradient", self.run, 0, sign * numbers, 0.5 * units * (1 + 1e-6))


def square_on(arrow: Arrow, theme: Theme) -> RightAngle:
    """The corner that says that the level line stands square on an arrow."""
    along = arrow.tip - arrow.foot
    length = float(np.hypot(*along[:2])) / sheet.units(1)
    corner = RightAngle(theme.ink, 4.5).stand_at(arrow.foot, along, min(_CORNER, _CORNER_SHARE * length))
    corner.set_stroke(theme.ground, sheet.stroke(8.5), 1, background=True)
    lay("lines", corner)
    return corner


def growing(arrow: Arrow, run_time: float = 1.2) -> Redraw:
    """An arrow grows from its foot; its tip never goes beyond its place."""
    foot, tip = arrow.foot, arrow.tip

    def lengthen(share: float) -> None:
        arrow.between(foot, foot + share * (tip - foot) if share < 1 else tip)

    return Redraw([arrow], lengthen, run_time=run_time)
