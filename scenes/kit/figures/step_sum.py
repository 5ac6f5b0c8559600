"""A step of both parameters on a contour map: the step of each alone, and the two tip to tail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdmath import BIAS, WEIGHT
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import PARAMETER_ROLES, Theme
from gdscenes.kit.plot.labels import MARK, Ink, Label, place, plated
from gdscenes.kit.plot.marks import Arrow, Polyline, Segments
from gdscenes.kit.plot.runs import RunMarks
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation

Array = NDArray[np.float64]

_SIDE, _BESIDE = 11.0, 16.0  # half of a tick; from a loss to its tick, pixels
_PREFER = (("below", "lower right"), ("above", "upper left"), ("right", "above", "upper right"))


class StepSum(Figure):
    """The first step of b alone and of w alone from a map's start, and both tip to tail.

        steps = StepSum(self.map, story.alone("good"), story.runner("good"), notation)
        self.redraw(growing(steps.arrows[0]))
        self.show(steps.landings[0])
        self.turn(steps, tipped=1.0)

    Its dial is `tipped`: 0, where the step of w begins at the start, to 1, where it begins at the tip of that
    of b. Then it ends where the step of both does.

    Parameters
    ----------
    map : ContourMap
        One with a start.
    alone : sequence of Runner
        The runs, of one parameter each, in which b moves, and in which w does, from the start at one rate.
    both : Runner
        The run of both at that rate.
    notation : Notation
        Of the losses.

    Attributes
    ----------
    arrows : list of Arrow
        The step of b, and that of w.
    sum : Arrow
        From the start to where both end.
    landings : list of VGroup
        Of b, of w and of both: mark and loss; where one parameter moves, a tick if the loss falls, else a
        cross.
    losses : list of Digits
    at_start : VGroup
        The loss at the start, beside its ring.
    """

    def __init__(self, map: ContourMap, alone: Sequence[Runner], both: Runner, notation: Notation) -> None:
        super().__init__()
        self.map, self.theme, self.runners = map, map.theme, [*alone, both]
        self.start = np.asarray(both.run.parameters[0])
        self.step = np.array([np.diff(each.run.parameters[:2, 0])[0] for each in alone])
        self.arrows = [Arrow(self.theme.color(role), 10) for role in PARAMETER_ROLES]
        self.sum = Arrow(self.theme.color(both.style.role), 7)
        self.tipped = 0.0
        self._draw()
        self.sum.between(*map.plot.at(*np.stack([self.start, self.start + self.step]).T))
        self.marks = [RunMarks(both.style, self.theme, 12) for _ in self.runners]
        self.losses = [
            Digits(notation.write(float(each.run.losses[1])), SMALL, self.theme) for each in self.runners
        ]
        self.at_start, *self.landings = self._land(notation)
        lay("points", *self.arrows, self.sum)
        self.add(*self.arrows)

    @property
    def places(self) -> Array:
        """Where the step of b, that of w and both end, (3, 2)."""
        return np.asarray(self.start + self.step * np.array([[1, 0], [0, 1], [1, 1]]))

    def _land(self, notation: Notation) -> list[VGroup]:
        """The loss at the start; marks where the steps end, and the loss there; where they cover least."""
        map, theme = self.map, self.theme
        ink = Ink().add(map.frame, self.sum, *self.arrows, *(line for line, _ in map.segments))
        ink.add(*map.ruler[1:])  # the names of its axes
        ends = map.plot.at(*self.places.T)
        tipped = Arrow(theme.weight, 10).between(ends[0], ends[2])
        ink.add(tipped)
        for mark, end in zip(self.marks, ends, strict=True):
            mark.stand_at(end[None])
        ink.add(map.ring, map.diamond, *self.marks, weight=MARK)
        before = Digits(notation.write(float(self.runners[-1].run.losses[0])), SMALL, theme)
        spot = tuple(map.plot.pixels(*self.start))
        place([Label(before, spot, ("lower left", "left", "below"), (24, 40, 70), pad=10)], ink, map.plot.box)
        found = [plated(before, theme, 8, 0.8)]
        for index, (mark, loss, runner) in enumerate(zip(self.marks, self.losses, self.runners, strict=True)):
            spot = tuple(map.plot.pixels(*self.places[index]))
            place([Label(loss, spot, _PREFER[index], (34, 60, 90, 130, 180), pad=30)], ink, map.plot.box)
            said = plated(loss, theme, 8, 0.8)
            if index < len(PARAMETER_ROLES):
                said.add(_tick(loss, runner.run.losses[1] < runner.run.losses[0], theme))
            lay("marks", mark)
            found.append(VGroup(mark, said))
        return found

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"tipped": self.tipped}

    def dial(self, **values: Any) -> Self:
        self.tipped = float(values["tipped"])
        self._draw()
        return self

    def _draw(self) -> None:
        b, w = np.diag(self.step)
        feet = np.stack([self.start, self.start + self.tipped * b])
        for arrow, foot, way in zip(self.arrows, feet, (b, w), strict=True):
            arrow.between(*self.map.plot.at(*np.stack([foot, foot + way]).T))

    def taken(self) -> list[Array]:
        """Ends (b, w) of lines over the steps and what is said of them, for labels to keep away from."""
        plot = self.map.plot
        texts = [np.array([each.get_left(), each.get_right()]) for each in (self.at_start, *self.landings)]
        *_, both = self.places
        return [*map(plot.values, texts), *(np.stack([foot, both]) for foot in (self.places[0], self.start))]

    def claims(self, row: int) -> Iterator[Claim]:
        plot = self.map.plot
        fine = 1e-9 * np.array([plot.x.high - plot.x.low, plot.y.high - plot.y.low])
        shown = set(self.submobjects)
        tips = [plot.values(arrow.tip) for arrow in self.arrows]
        for index in (BIAS, WEIGHT):
            runner = self.runners[index]
            if self.arrows[index] in shown and self.arrows[index].has_points():
                yield Claim("parameters", runner.name, 1, tips[index][index : index + 1], fine[index])
        if self.tipped == 1.0:
            yield Claim("parameters", self.runners[-1].name, 1, tips[WEIGHT], fine)
        for runner, landing, loss in zip(self.runners, self.landings, self.losses, strict=True):
            if landing in shown:
                yield Claim.read("loss", runner.name, 1, loss)


def _tick(beside: Digits, is_good: bool, theme: Theme) -> Polyline | Segments:
    """A tick or a cross at the right of a number."""
    box = beside.box()
    x, y = box.right + _BESIDE + _SIDE, (box.top + box.bottom) / 2
    a = _SIDE
    if is_good:
        tick: Polyline | Segments = Polyline(theme.minimum, 5).through(
            sheet.at([x - a, x - 0.3 * a, x + a], [y, y + 0.8 * a, y - a])
        )
    else:
        arms = sheet.at([x - a, x - a], [y - a, y + a]), sheet.at([x + a, x + a], [y + a, y - a])
        tick = Segments(theme.diverged, 5).set_ends(*arms)
    lay("text", tick)
    return tick
