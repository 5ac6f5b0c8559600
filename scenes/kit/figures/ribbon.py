"""An epoch as a ribbon of ticks: which points each run has met, and after how many of them it steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from manim import VGroup
from numpy.typing import NDArray

from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.labels import fitted
from gdscenes.kit.plot.marks import Segments
from gdscenes.kit.plot.runs import RunMarks
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_MOST_TICKS = 160  # of a lane; of more points each tick stands for several
_TICK, _UNDER, _BRACKET, _MARK, _OF_PITCH = 52.0, 18.0, 4.0, 9.0, 0.36
_GAP, _BEFORE_LABEL = 30.0, 44.0
_MARKS_APART = 6.0


class Ribbon(Figure):
    """A lane for each run: a tick for each point, lit when it is met, and a mark where a step is made.

        ribbon = Ribbon(cell, story.runners, story.n_points, theme)
        self.run_on(Clock(ribbon), to=story.n_points, seconds=5)

    Under the ticks of a batch that is complete lies a bracket, which ends on the mark of its step. The clock
    counts points; ticks of very many points stand for several each, and marks that would lie on each other
    are left out.

    Parameters
    ----------
    cell : Box
    runners : sequence of Runner
        Their moments count points met.
    n_points : int
        Of an epoch.
    theme : Theme

    Attributes
    ----------
    ticks, lit, brackets : list of Segments
        For each run.
    marks : list of RunMarks
    """

    def __init__(self, cell: Box, runners: Sequence[Runner], n_points: int, theme: Theme) -> None:
        super().__init__()
        self.runners, self.n_points = runners, n_points

        def names(em: float) -> list[Words]:
            return [Words(each.label, em, theme, each.style.role) for each in runners]

        def widest(em: float) -> float:
            return max(word.box().width for word in names(em))

        em = fitted(cell.width / 3, (MEDIUM, SMALL), widest)
        labels = names(em)
        self.left, self.right = cell.left + _BEFORE_LABEL + widest(em) + _GAP, cell.right
        self._ticks = min(n_points, _MOST_TICKS)
        self._pitch = (self.right - self.left) / self._ticks
        width = min(5.0, 0.5 * self._pitch)
        pitch = cell.height / len(runners)
        self._heights = [cell.top + pitch * (index + 0.5) for index in range(len(runners))]
        self.ticks = [Segments(theme.axis, width) for _ in runners]
        self.lit = [Segments(theme.ink, width) for _ in runners]
        self.brackets = [Segments(theme.color(each.style.role), _BRACKET) for each in runners]
        self._steps = [self._seen_steps(each) for each in runners]
        self.marks = [
            RunMarks(each.style, theme, self._radius(steps))
            for each, steps in zip(runners, self._steps, strict=True)
        ]
        lay("grid", *self.ticks)
        lay("lines", *self.lit, *self.brackets)
        names_and_keys = VGroup()
        for label, runner, y in zip(labels, runners, self._heights, strict=True):
            key = RunMarks(runner.style, theme, 11).stand_at(sheet.at([cell.left + 14], [y]))
            names_and_keys.add(key, label.place(cell.left + _BEFORE_LABEL, y + 0.32 * em))
        lay("text", names_and_keys)
        self.add(names_and_keys, *self.ticks, *self.lit, *self.brackets, *self.marks)
        for ticks, y in zip(self.ticks, self._heights, strict=True):
            self._upright(ticks, self._ticks, y)
        self.at(0)

    def _seen_steps(self, runner: Runner) -> Array:
        """Points met at the steps of the epoch, without those whose marks would lie on an earlier one's."""
        moments = runner.moments[(runner.moments > 0) & (runner.moments <= self.n_points)]
        apart = _MARKS_APART / (self.right - self.left) * self.n_points
        kept = [float(moments[0])]
        for moment in moments[1:]:
            if moment - kept[-1] >= apart:
                kept.append(float(moment))
        return np.array(kept)

    def _radius(self, steps: Array) -> float:
        """Of the marks of steps, so that neighbours do not meet."""
        apart = np.diff(self._across(steps)).min(initial=np.inf)
        return float(min(_MARK, _OF_PITCH * apart))

    def _across(self, met: Array) -> Array:
        """Where the last tick of so many points stands, pixels."""
        return np.asarray(self.left + self._pitch * (met * self._ticks / self.n_points - 0.5))

    def _upright(self, drawn: Segments, count: int, y: float) -> None:
        x = self.left + self._pitch * (np.arange(count) + 0.5)
        drawn.set_ends(sheet.at(x, y - _TICK / 2), sheet.at(x, y + _TICK / 2))

    def at(self, row: int, towards: float = 0.0) -> Self:
        if towards:
            return self
        self.row = row
        met = min(row, self.n_points)
        lanes = zip(self._steps, self.lit, self.brackets, self.marks, self._heights, strict=True)
        for steps, lit, brackets, marks, y in lanes:
            self._upright(lit, met * self._ticks // self.n_points, y)
            done = steps[steps <= met]
            ends = self._across(done)
            starts = self._across(np.concatenate([[0.0], steps[:-1]])[: len(done)]) + self._pitch
            under = y + _TICK / 2 + _UNDER
            brackets.set_ends(sheet.at(np.minimum(starts, ends), under), sheet.at(ends, under))
            marks.stand_at(sheet.at(ends, under))
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        for runner, lit, marks in zip(self.runners, self.lit, self.marks, strict=True):
            yield Claim("ticks lit", runner.name, row, float(len(lit.ends()[0])), 0.0)
            x = sheet.pixels(marks.centers())[:, 0]
            met = ((x - self.left) / self._pitch + 0.5) * self.n_points / self._ticks
            yield Claim("points met at steps", runner.name, row, met, 1e-6 * self.n_points)
