"""The steps of a run in a lane under a cut, and where each lands on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdmath import LeastSquares
from gdscenes.kit.figures.cut import Cut
from gdscenes.kit.figures.cuts_in_a_row import columns_of_cuts, cuts_in_a_row
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axis import Axis
from gdscenes.kit.plot.labels import MARK
from gdscenes.kit.plot.marks import Segments
from gdscenes.kit.plot.runs import ExitCross, RunArrow, RunMarks
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.notation import change, decimals_for
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_KEY, _AFTER_KEY, _DOWN = 24.0, 48.0, 13.0
_ABOUT_KEY, _ABOUT_LENGTH = 80.0, 50.0
_FREE_BEFORE, _FREE_AFTER = 0.1, 0.24  # of the axes' width, at least
_LEAST_PART = 0.2


MOST_UNLIKE = 4.0
"""So many times as long as another may a cut's range be for both to be drawn to one scale."""


def ranges_in_lanes(
    values: Sequence[Sequence[float]],
    width: float,
    before: Sequence[float],
    after: Sequence[float],
    least: Sequence[float],
) -> list[tuple[float, float]]:
    """What cuts must show so that some values lie clear of what stands at the ends of their lanes.

    A unit is as long on one cut as on the other, unless `is_one_scale` says that their ranges are too unlike.

    Parameters
    ----------
    values : sequence of sequence of float
        Of each cut: start, landings and what else must be seen.
    width : float
        Of the axes, pixels.
    before, after : sequence of float
        Room at the left and at the right, pixels.
    least : sequence of float
        The values span at least so much, about their middle.

    Returns
    -------
    list of tuple of float
        Ends of each axis.
    """
    lows, highs = np.array([[min(each), max(each)] for each in values]).T
    spans = np.maximum(highs - lows, least)
    free = width - np.asarray(before) - np.asarray(after)
    per_pixel = spans / free
    if is_one_scale(spans):
        per_pixel = np.full_like(per_pixel, per_pixel.max())
    left = (lows + highs) / 2 - (free / 2 + np.asarray(before)) * per_pixel
    return [(float(low), float(high)) for low, high in zip(left, left + width * per_pixel, strict=True)]


def is_one_scale(spans: ArrayLike) -> bool:
    """Whether ranges (n,) of parameters are alike enough to be drawn to one scale; see `MOST_UNLIKE`."""
    return bool(np.max(spans) <= MOST_UNLIKE * np.min(spans))


def seen_in_lanes(
    problem: LeastSquares, runners: Sequence[Runner], start_loss: float
) -> tuple[list[float], float]:
    """What a cut shows of the first steps of runs from one start: values, and the least that they span.

    Parameters
    ----------
    problem : LeastSquares
        Of one parameter.
    runners : sequence of Runner
    start_loss : float
        A part of the way on which the loss rises so far is seen even if nothing else needs it.
    """
    seen = np.concatenate([problem.minimizer, *(each.run.parameters[:2, 0] for each in runners)])
    return seen.tolist(), _LEAST_PART * float(problem.reach([1.0], start_loss))


def first_steps(runners: Sequence[Runner]) -> list[str]:
    """How far each of some runs of one parameter goes in its first step, to the same decimals."""
    ways = [float(np.diff(each.run.parameters[:2, 0])[0]) for each in runners]
    return [change(way, decimals_for(ways)) for way in ways]


def cuts_over_lanes(
    cell: Cell,
    problems: Sequence[LeastSquares],
    runners: Sequence[Sequence[Runner]],
    heights: Axis,
    theme: Theme,
    *,
    roles: Sequence[str],
    start_loss: float,
) -> list[Cut]:
    """Cuts in a row with a lane for each run: what they show lies clear of the words in the lanes.

    They are drawn to one scale where that can be; see `ranges_in_lanes`.

    Parameters
    ----------
    cell : Cell
    problems : sequence of LeastSquares
        Each of one parameter.
    runners : sequence of sequence of Runner
        For each problem its runs from one start, in the order of the lanes; the first cut has their keys.
    heights : Axis
        Of the losses; see `loss_axis`.
    theme : Theme
    roles : sequence of str
        Of the parameters.
    start_loss : float
        A part of the way on which the loss rises so far is seen even if nothing else needs it.
    """
    width = columns_of_cuts(cell, len(problems), heights)[0].width
    before, after, seen, least = [], [], [], []
    for index, (problem, lanes) in enumerate(zip(problems, runners, strict=True)):
        keys = max(Words(each.label, SMALL, theme).box().width for each in lanes)
        before.append(keys + _ABOUT_KEY if index == 0 else _FREE_BEFORE * width)
        said = max(map(text_width, first_steps(lanes))) * SMALL + _ABOUT_LENGTH
        after.append(max(_FREE_AFTER * width, said))
        values, span = seen_in_lanes(problem, lanes, start_loss)
        seen.append(values)
        least.append(span)
    ends = ranges_in_lanes(seen, width, before, after, least)
    starts = [float(lanes[0].run.parameters[0, 0]) for lanes in runners]
    n_lanes = len(runners[0])
    return cuts_in_a_row(cell, problems, ends, heights, theme, roles=roles, starts=starts, lanes=n_lanes)


class Landing(VGroup):
    """Where a step lands.

    Attributes
    ----------
    riser : Segments
        From the arrow's tip up to the curve, or to the edge of the axes.
    mark : RunMarks or ExitCross
        On the curve, or where the riser leaves the axes.
    loss : Digits
        Beside it.
    """

    def __init__(self, riser: Segments, mark: RunMarks | ExitCross, loss: Digits) -> None:
        super().__init__(riser, mark, loss)
        self.riser, self.mark, self.loss = riser, mark, loss


class Lane(Figure):
    """The steps of a run as arrows along the parameter.

        lane = Lane(self.cut, runner)
        self.advance(Clock(lane), to=1)                  # the arrow of the first step grows
        self.show(lane.length(1, "+0.609"))
        landing = lane.landing(1, "1.259")
        self.play(Create(landing.riser))

    Parameters
    ----------
    cut : Cut
        With a lane of this index.
    runner : Runner
        A run of the cut's loss.
    index : int
        Which lane, from above.
    keeps : bool
        Whether arrows of earlier steps stay; else only the last one is drawn.

    Attributes
    ----------
    arrows : list of RunArrow
        One for each step.
    """

    def __init__(self, cut: Cut, runner: Runner, index: int = 0, *, keeps: bool = True) -> None:
        super().__init__()
        self.cut, self.runner, self.index, self.keeps = cut, runner, index, keeps
        self.arrows = [RunArrow(runner.style, cut.theme) for _ in range(runner.run.n_steps)]
        self.add(*self.arrows)
        self.at(0)

    def at(self, row: int, towards: float = 0.0) -> Self:
        run = self.runner.run
        whole = min(row, run.n_steps)
        drawn = whole + (towards > 0 and whole < run.n_steps)
        first = 0 if self.keeps else max(drawn - 1, 0)
        for step, arrow in enumerate(self.arrows):
            foot, tip = (self.cut.in_lane(float(w), self.index) for w in run.parameters[step : step + 2, 0])
            if step >= whole:
                tip = foot + towards * (tip - foot)
            arrow.between(foot, tip if first <= step < drawn else foot)
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        here = self.runner.row(row)
        if here and self.arrows[here - 1].head.has_points():
            at = self.cut.plot.values(self.arrows[here - 1].tip)[:1]
            fine = 1e-9 * (self.cut.plot.x.high - self.cut.plot.x.low)
            yield Claim("parameters", self.runner.name, here, at, fine)

    # -- what is said of it ------------------------------------------------------------------------------

    def key(self) -> VGroup:
        """Mark and label of the run, at the left end of the lane."""
        x, y = self._left_end()
        mark = RunMarks(self.runner.style, self.cut.theme, 11).stand_at(sheet.at([x + _KEY], [y]))
        word = Words(self.runner.label, SMALL, self.cut.theme, self.runner.style.role)
        key = VGroup(mark, word.place(x + _AFTER_KEY, y + _DOWN))
        lay("text", key)
        return key

    def _left_end(self) -> tuple[float, float]:
        x, y = sheet.pixels(self.cut.in_lane(self.cut.plot.x.low, self.index))
        return float(x), float(y)

    def length(self, text: str) -> Digits:
        """How long a step is, at the right end of the lane."""
        _, y = self._left_end()
        length = Digits(text, SMALL, self.cut.theme, self.runner.style.role)
        return length.place(self.cut.plot.box.right - 4, y + _DOWN, "right")

    def riser(self, row: int, role: str = "") -> Segments:
        """From the lane up to where a row lies on the curve, cut at the edge of the axes.

        Parameters
        ----------
        row : int
        role : str
            Of its colour; the run's own when left out.
        """
        value, cut = float(self.runner.run.parameters[row, 0]), self.cut
        top = cut.plot.at([value], [min(cut.loss(value), cut.plot.y.high)])
        riser = Segments(cut.theme.color(role or self.runner.style.role), 2.5)
        return riser.set_ends(cut.in_lane(value, self.index)[None], top)

    def landing(self, row: int, text: str) -> Landing:
        """Riser, mark and loss of a row; the loss stands where it covers least.

        Parameters
        ----------
        row : int
        text : str
            How the loss is written.
        """
        value, cut, style = float(self.runner.run.parameters[row, 0]), self.cut, self.runner.style
        riser = self.riser(row)
        mark = RunMarks(style, cut.theme, 12) if cut.loss(value) <= cut.plot.y.high else ExitCross(cut.theme)
        mark.stand_at(riser.ends()[1])
        lay("marks", mark)
        cut.keep_off(riser)
        cut.keep_off(mark, weight=MARK)
        loss = Digits(text, SMALL, cut.theme, style.role)
        cut.label(loss, value, prefer=("right", "left"))
        return Landing(riser, mark, loss)
