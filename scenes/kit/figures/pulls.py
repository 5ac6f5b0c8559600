"""Residuals as pulls: the arrow of each point, and the bars that they add up to, the slopes of the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from manim import DOWN, UP, Animation, ApplyMethod, VGroup, VMobject
from numpy.typing import NDArray

from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.data_plane import DataPlane
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.tiling import shrink_factor
from gdscenes.kit.lecture.clock import turning
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axis import round_step_within
from gdscenes.kit.plot.labels import plated
from gdscenes.kit.plot.marks import Arrow, Dots, Segments, Shape, rule, smooth_array
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_OVER, _NAMES, _LEADING = 20.0, 62.0, 50.0  # in the cell: over the bars, for the names under them, of words
_GROUND, _BESIDE = 231.0, 24.0  # length of the line on which the bars stand, and from it to the words
_BAR, _APART = 26.0, 36.0  # width of a stack, and from a bar to a stack that goes up and down
_SHAFT, _THIN = 4.0, 1.5  # of an arrow in the plane: width, and least width where they crowd
_TIP = 16.0  # longest head of an arrow
_APART_FROM = 4.0  # mean length of pieces that are set apart
_SHORT = 60.0  # bars that are shorter are magnified
_NOTHING = 1e-6  # what is shorter is rounding
_SEEN = 1.0  # a bar that is shorter is not seen
_FOOT, _END = 13.0, 11.0  # of a lever: half the height of its foot, and radius of its end
_LAG = 0.6  # the last arrow sets off at this share of the time
_NET = 14.0  # width of the arrow that a stack comes to
_STEP_HEAD = 30.0  # least width of its head
_LIFTED = 0.6  # opacity of the line that b has lifted
_DIALS = "grown", "levered", "gathered", "cancelled", "stepped"


class Pull(Figure):
    """What the points pull at one parameter: an arrow each, which gather head to tail into a stack.

    The dials: `grown`, the share of each arrow that is drawn from the line towards its point; `levered`,
    where 1 makes it as long as its torque, in shares of the longest lever; `gathered`, where 1 has each at
    its place in the stack, as long as what it adds; `cancelled`, where 1 has taken off the pulls up what the
    pulls down undo, and off these as much; `stepped`, where 1 has the bar stand in the plane, as long as the
    step that it drives.

    Parameters
    ----------
    plane : DataPlane
    parameters : ndarray, shape (2,)
        Of the line that is pulled at.
    index : {BIAS, WEIGHT}
    foot : tuple of float
        Where the stack begins, pixels.
    pixels_per_unit : float
        Of the stack, for one unit of y, or of y times x.
    pulls : ndarray, shape (n,)
        What each train point adds to the negative slope.
    end : ndarray, shape (2,)
        (b, w) after the step that the bars drive.

    Attributes
    ----------
    is_mixed : bool
        Whether some points pull up and others down.
    is_nothing : bool
        Whether they come to nothing: a bar without a length, and a stack over its foot.
    arrows : Shape
        Of the points that are drawn, and in the stack two pieces more for all others, up and down.
    bar : Arrow
        From the foot of the stack to its end: as long as the negative slope.
    """

    def __init__(
        self,
        plane: DataPlane,
        parameters: Array,
        index: int,
        foot: tuple[float, float],
        pixels_per_unit: float,
        pulls: Array,
        end: Array,
    ) -> None:
        super().__init__()
        theme = plane.theme
        self.plane, self.index, self.foot = plane, index, np.array(foot)
        self.pixels_per_unit = pixels_per_unit
        self.net = float(pulls.sum())
        self.grown = self.levered = self.gathered = self.cancelled = self.stepped = 0.0
        rows = plane.drawn[np.argsort(plane.problem.x[plane.drawn], kind="stable")]
        points, feet = (sheet.pixels(ends) for ends in plane.residual_ends(parameters, rows))
        self._feet, self._rises = feet, feet[:, 1] - points[:, 1]
        x = plane.problem.x[rows]
        self._torques = self._rises * (x / np.abs(x).max() if index == WEIGHT else 1.0)
        others = np.delete(pulls, rows)
        rest = np.maximum(others, 0.0).sum(), np.minimum(others, 0.0).sum()
        self._pieces = np.append(pulls[rows], rest) * pixels_per_unit
        self._lay_stack()
        self._step = step_in(plane, parameters, end, index)
        self.arrows = Shape().set_fill(theme.loss, 0.85).set_stroke(theme.ground, self._gap(), 1)
        self.bar = Arrow(theme.color(PARAMETER_ROLES[index]), _NET, _STEP_HEAD)
        lay("moving", self.arrows, self.bar)
        self.add(self.arrows, self.bar)
        self._draw()

    def _lay_stack(self) -> None:
        """Where each piece begins: from the foot those up on one another, and those down under one another.

        Where there are both, they stand beside the bar. What remains of each when they have cancelled is the
        same share of all that go its way.
        """
        pieces = self._pieces
        up, down = np.maximum(pieces, 0.0), np.minimum(pieces, 0.0)
        self._starts = np.where(pieces > 0, np.cumsum(up) - up, np.cumsum(down) - down)
        highest, lowest = up.sum(), -down.sum()
        self.is_mixed = bool(highest > _NOTHING and lowest > _NOTHING)
        self.is_nothing = abs(self.net) * self.pixels_per_unit < _SEEN
        sums = np.where(pieces > 0, highest, lowest) if self.is_mixed else np.inf
        self._undone = np.full(len(pieces), min(highest, lowest)) / sums

    @property
    def _left(self) -> Array:
        """The share of each piece that is not cancelled."""
        return np.asarray(1 - self.cancelled * self._undone)

    def _gap(self) -> float:
        """Width of the line that sets pieces apart where they are long enough."""
        return sheet.stroke(1.5) if np.abs(self._pieces[:-2]).mean() > _APART_FROM else 0.0

    @property
    def below(self) -> float:
        """How far the stack goes under its foot once all have gathered, pixels."""
        return float(-np.minimum(self._left * self._pieces, 0.0).sum())

    @property
    def can_step(self) -> bool:
        """Whether the plane holds the step that the bar drives."""
        return self._step is not None

    @property
    def dials(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in _DIALS}

    def dial(self, **values: Any) -> Self:
        for name, value in values.items():
            setattr(self, name, float(value))
        return self._draw()

    def _draw(self) -> Self:
        count = len(self._pieces)
        share = smooth_array(np.clip((self.gathered - _LAG * np.linspace(0, 1, count)) / (1 - _LAG), 0, 1))
        here = self.grown * (self._rises + self.levered * (self._torques - self._rises))
        beside = np.full(count, _APART * (self.is_mixed and not self.is_nothing))
        stack = self.foot + np.stack([beside, -self._left * self._starts], axis=1)
        start = np.vstack([self._feet, stack[-2:]])
        rise = np.append(here, [0.0, 0.0])
        feet = start + np.stack([share, share**2], axis=1) * (stack - start)  # over what is below
        rise = rise + share * (self._left * self._pieces - rise)
        shaft = max(_THIN, _SHAFT * self.plane.thinned)
        width = shaft + share * (_BAR - shaft)
        self.arrows.through(*_arrows(feet, rise, width, 1 - share))
        return self._draw_bar()

    def _draw_bar(self) -> Self:
        """The bar is there once all have gathered; on its way to the plane it shrinks and rises first."""
        self.bar.clear_points()
        if self.gathered < 1:
            return self
        foot, length = self.foot, self.net * self.pixels_per_unit
        if self.stepped and self._step is not None:
            there, tip = self._step
            step = there[1] - tip[1]
            across, up = smooth_array(np.clip([2 * self.stepped - 1, 2 * self.stepped], 0, 1))
            foot, length = foot + (across, up) * (there - foot), length + up * (step - length)
        self.bar.between(sheet.at(*foot), sheet.at(foot[0], foot[1] - length))
        return self

    @property
    def pulled(self) -> float:
        """What the bar says: the negative slope, by its length."""
        return _rise(self.bar) / self.pixels_per_unit if self.bar.has_points() else 0.0


class Pulls(Figure):
    """The pulls at b and at w, and their bars side by side at one scale.

        pulls = self.pulls = Pulls(self.plane, cell, story.start, run="descent", end=run.parameters[1])
        self.turn(pulls.bias, grown=1.0)
        self.turn(pulls.bias, gathered=1.0)
        self.turn(pulls.weight, levered=1.0)

    A point above the line pulls it up with its residual; what it adds to the negative slope in b is that
    times 2/n, and in w that times x too, a torque about x = 0:

        -dL/db = -2/n sum e_i,    -dL/dw = -2/n sum e_i x_i,    e_i = yhat_i - y_i

    Parameters
    ----------
    plane : DataPlane
        Its points and its scale.
    cell : Cell
        Where the bars stand, and right of them what they are.
    parameters : ndarray, shape (2,)
        Of the line that is pulled at.
    run : str
        Of the story, of whose start the line is; "" for a line of its own.
    end : ndarray, shape (2,), optional
        (b, w) after the step that the bars drive; none when left out.

    Attributes
    ----------
    bias, weight : Pull
    times : float
        How many times longer lengths are than in the plane.
    names : list of Words
        At the foot of each bar, on the side to which it does not point, with a stack that goes both ways
        beside them; of a bar that is nothing, under its stack.
    stated : VGroup
        What a bar is; and the scale, where lengths are not those of the plane.
    """

    def __init__(
        self,
        plane: DataPlane,
        cell: Cell,
        parameters: Array,
        *,
        run: str = "",
        end: Array | None = None,
    ) -> None:
        super().__init__()
        theme, self.plane, self.run = plane.theme, plane, run
        pulls, after = plane.problem.pulls(parameters), parameters if end is None else end
        top = float(np.maximum(pulls, 0).sum(axis=0).max())
        low = float(np.minimum(pulls, 0).sum(axis=0).min())
        per_unit = plane.plot.y_pixels_per_unit
        self.times = _scale((top - low) * per_unit, cell.height - _OVER - _NAMES)
        unit = per_unit * self.times
        base = cell.bottom - _NAMES + low * unit
        places = [cell.left + share * _GROUND for share in (0.12, 0.61)]
        self.bias, self.weight = (
            Pull(plane, parameters, index, (x, base), unit, pulls[:, index], after)
            for index, x in zip((BIAS, WEIGHT), places, strict=True)
        )
        self.names = [
            Words(f"${role}$", MEDIUM, theme).place(
                x, base + (_NAMES - 12 if each.net * unit > -_SEEN else -_LEADING / 2), "center"
            )
            for role, x, each in zip(PARAMETER_ROLES, places, (self.bias, self.weight), strict=True)
        ]
        for name, each in zip(self.names, (self.bias, self.weight), strict=True):
            if each.is_nothing:
                name.shift(sheet.units(each.below) * DOWN)
        ground = cell.left + _GROUND
        self.ground = rule(sheet.at(cell.left, base), sheet.at(ground, base), theme.axis, 2.5)
        lay("grid", self.ground)
        left = ground + _BESIDE
        words = self._in_words(cell.right - left)
        self.stated = VGroup(
            *(
                word.place(left, cell.bottom - 12 - _LEADING * (len(words) - 1 - k))
                for k, word in enumerate(words)
            )
        )
        self.add(self.ground, self.bias, self.weight, *self.names, self.stated)

    def _in_words(self, width: float) -> list[Words]:
        """What a pull is, and its size beside the plane; each on two lines where it is long."""
        said = [(tr("pull $= -$slope"), (tr("pull"), tr("$= -$slope")))]
        times = round(max(self.times, 1 / self.times))
        if self.times > 1:
            line, compared = tr("drawn {times} times larger", times=times), tr("larger")
        else:
            line, compared = tr("drawn {times} times smaller", times=times), tr("smaller")
        if self.times != 1:
            said.append((line, (tr("{times} times", times=times), compared)))
        words: list[Words] = []
        for whole, parts in said:
            on_one, *on_two = (Words(each, SMALL, self.plane.theme, "muted") for each in (whole, *parts))
            words += [on_one] if on_one.box().width <= width else on_two
        return words

    def cancelling(self, pull: Pull, run_time: float) -> list[Animation]:
        """Up and down take off a stack what they undo; the name under it comes along to the ground."""
        cancel = turning(pull, cancelled=1.0, run_time=run_time)
        if not pull.is_nothing:
            return [cancel]
        name, up = self.names[pull.index], sheet.units(pull.below) * UP
        return [cancel, ApplyMethod(name.shift, up, run_time=run_time)]

    def nothing(self, pull: Pull) -> list[Digits]:
        """The number over the foot of a bar that is nothing, which is one of its parts from now on."""
        if not pull.is_nothing:
            return []
        x, base = pull.foot
        zero = Digits("0", MEDIUM, self.plane.theme, PARAMETER_ROLES[pull.index]).place(
            x, base - 16, "center"
        )
        self.add(zero)
        return [zero]

    @property
    def stacks(self) -> list[VMobject]:
        """What the bars sum up."""
        return [each.arrows for each in (self.bias, self.weight)]

    @property
    def can_step(self) -> bool:
        """Whether the plane holds the steps that the bars drive."""
        return self.bias.can_step and self.weight.can_step

    def lever_arms(self, rows: NDArray[np.int64]) -> VGroup:
        """From x = 0, or from the edge that is next to it, to some train points; the longest has its name.

        Each stands on a foot, and ends in a disc on its point.
        """
        plane, theme = self.plane, self.plane.theme
        x, y = plane.problem.x[rows], plane.problem.y[rows]
        pivot = float(np.clip(0.0, plane.x.low, plane.x.high))
        pivots, points = plane.where(np.full_like(x, pivot), y), plane.where(x, y)
        arms = Segments(theme.weight, 4).set_ends(pivots, points)
        foot = np.array([0.0, sheet.units(_FOOT), 0.0])
        feet = Segments(theme.weight, 8).set_ends(pivots - foot, pivots + foot)
        lay("residuals", arms, feet)
        ends = Dots(theme.weight, _END).stand_at(points)
        lay("moving", ends)
        longest = int(np.abs(x).argmax())
        left, height = sheet.pixels(plane.where((pivot + x[longest]) / 2, y[longest]))
        name = plated(Words("$x_i$", MEDIUM, theme, "weight").place(left, height + 12, "center"), theme)
        return VGroup(arms, VGroup(feet, ends, name))

    def claims(self, row: int) -> Iterator[Claim]:
        """The slopes, read off the bars, once both are there and none has become a step."""
        both = (self.bias, self.weight)
        if all(each.gathered == 1 and not each.stepped for each in both):
            drawn = -np.array([each.pulled for each in both])
            fine = 1e-9 * np.abs(drawn).max() + 1e-9 / min(each.pixels_per_unit for each in both)
            yield Claim("gradient" if self.run else "gradient at the minimum", self.run, row, drawn, fine)


class StepArrows(Figure):
    """The step that the line takes next: b's over x = 0, and on the line so lifted w's over x = 1.

    Where the axes do not hold it, nothing is drawn.

    Parameters
    ----------
    plane : DataPlane
        With the lines of a run.

    Attributes
    ----------
    arrows : list of Arrow
    lifted : Segments
        The line after b's part of the step: on it w's begins.
    """

    def __init__(self, plane: DataPlane) -> None:
        super().__init__()
        self.plane = plane
        self.lifted = Segments(plane.theme.model, 3, _LIFTED)
        lay("ghosts", self.lifted)
        self.arrows = [Arrow(plane.theme.color(role), _NET, _STEP_HEAD) for role in PARAMETER_ROLES]
        lay("moving", *self.arrows)
        self.add(self.lifted, *self.arrows)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        """The step from a row to the next, which stays while it is made; none from the last."""
        rows = self.plane.rows
        for index, arrow in enumerate(self.arrows):
            is_last = row + 1 == len(rows)
            step = None if is_last else step_in(self.plane, rows[row], rows[row + 1], index)
            if step is None:
                arrow.clear_points()
            else:
                arrow.between(*(sheet.at(*place) for place in step))
        both = all(arrow.has_points() for arrow in self.arrows)
        ends = self.plane.line_of([rows[row + 1][BIAS], rows[row][WEIGHT]]) if both else None
        if ends is None:
            self.lifted.clear_points()
        else:
            self.lifted.set_ends(*ends)
        return self


def step_in(plane: DataPlane, start: Array, end: Array, index: int) -> tuple[Array, Array] | None:
    """Foot and tip, pixels, of what one parameter does to a line in a step; None where the axes end before.

    b is a height over x = 0, and w a climb over one unit of x, on the line that b has lifted.
    """
    x, base = (0.0, 0.0) if index == BIAS else (1.0, end[BIAS])
    low, high = base + start[index], base + end[index]
    if not all(plane.plot.limits.contains(x, y) for y in (low, high)):
        return None
    return plane.plot.pixels(x, low), plane.plot.pixels(x, high)


def _scale(length: float, room: float) -> float:
    """The round factor by which lengths are drawn: 1, unless they are too long for their room, or short."""
    if length > room:
        return 1.0 / shrink_factor(length, room)
    is_seen = length >= _SHORT or length < _NOTHING
    return 1.0 if is_seen else round_step_within(room / length)


def _rise(arrow: Arrow) -> float:
    """How far up an arrow goes, pixels."""
    return float(sheet.pixels(arrow.foot)[1] - sheet.pixels(arrow.tip)[1])


def _arrows(feet: Array, rises: Array, widths: Array, heads: Array) -> list[Array]:
    """Outlines of vertical arrows, points (8, 3) of the scene each.

    Parameters
    ----------
    feet : ndarray, shape (n, 2)
        Pixels.
    rises, widths : ndarray, shape (n,)
        Pixels; up is positive.
    heads : ndarray, shape (n,)
        1 for a head, 0 for a plain bar.
    """
    size = np.abs(rises)
    head = heads * np.minimum(_TIP, 0.6 * size)
    half, half_head = widths / 2, np.maximum(widths / 2, 0.45 * head)
    neck = feet[:, 1] - np.sign(rises) * (size - head)
    tip = feet[:, 1] - rises
    x, tip_half = feet[:, 0], half * (1 - heads)
    across = [-half, -half, -half_head, -tip_half, tip_half, half_head, half, half]
    along = [feet[:, 1], neck, neck, tip, tip, neck, neck, feet[:, 1]]
    outlines = sheet.at(np.stack([x + each for each in across], axis=1), np.stack(along, axis=1))
    return [outline for outline, drawn in zip(outlines, size > _NOTHING, strict=True) if drawn]
