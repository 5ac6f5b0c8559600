"""A value against the learning rate, with the marks of runs, and where the limit and the best rate are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from manim import VGroup, VMobject
from numpy.typing import NDArray

from gdmath import LeastSquares
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.losses import decades_over
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell, Insets
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, Decades, clear_of_name, compact, round_axis, widest_label
from gdscenes.kit.plot.marks import Diamond, Segments, dashed, rectangle, rule
from gdscenes.kit.plot.runs import RunArrow, RunMarks, RunPath, RunStyle
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import fixed
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

_CURVE = RunStyle("data", 0, 5, 1, 0)
_TOP, _TITLE, _RIGHT, _UNDER, _ASIDE = 97.0, 56.0, 50.0, 89.0, 24.0


class RatePlot(Figure):
    """A curve over the learning rate, drawn up to one of many rates; its dial is `box`.

        cliff = RatePlot(cell, story.rates, story.losses, y, runners, texts, theme)
        self.run_on(Clock(cliff), to=len(story.rates) - 1, seconds=8)
        self.show(*cliff.limit(story.problem, is_named=True))

    Parameters
    ----------
    cell : Cell
        With the numbers of the axes.
    rates : ndarray, shape (n,)
        Rising; the rate of each runner is one of them.
    values : ndarray, shape (n,)
        At each of the rates.
    y : Axis
        On `Decades` the values stand by their logarithms.
    runners : sequence of Runner
        Each has its mark on the curve; beyond the axes an arrow, and what it comes to.
    texts : mapping of str to str
        What each runner comes to, in the characters of `Digits`.
    theme : Theme
    name : str
        Of the value, over the axes, Typst markup.
    title_above : bool
        Whether the name stands over the axes and not in them.
    least_left : float
        Room for numbers at the left at least, where plots stand under one another.

    Attributes
    ----------
    plot : Plot
    path : RunPath
        Its row k is rate k.
    """

    def __init__(
        self,
        cell: Cell,
        rates: Array,
        values: Array,
        y: Axis,
        runners: Sequence[Runner],
        texts: Mapping[str, str],
        theme: Theme,
        *,
        name: str = "",
        title_above: bool = False,
        least_left: float = 0.0,
    ) -> None:
        super().__init__()
        self.rates, self.y, self.runners, self.theme = rates, y, runners, theme
        with np.errstate(divide="ignore"):
            self.heights = np.log10(values) if isinstance(y, Decades) else values
        self.title_above, self.has_rates, self.row = title_above, True, 0
        self._left = max(85.0, max(widest_label(y), least_left) + _ASIDE)
        self.box = cell.inset(self.insets())
        x = compact(round_axis(0.0, float(rates[-1]), "$eta$", 6))
        self.x = clear_of_name(x, self.box.width)
        self.plot = Plot(self.box, self.x, y, theme)
        self.path = RunPath(np.stack([rates, self.heights], axis=1), self.plot, _CURVE, theme, marked=False)
        self.pointer = Segments(theme.ink, 2)
        self.title = Words(name or "#h(0pt)", SMALL, theme, "muted")
        self.rate_name = Words(self.x.name, SMALL, theme)
        self.marks = VGroup()
        self._marks = {each.name: self._mark(each, texts[each.name]) for each in runners}
        self._verticals: list[tuple[VGroup, float]] = []
        self._levels: list[tuple[VGroup, float]] = []
        self._names: list[tuple[Words, Digits, float, bool]] = []
        self.add(self.plot, self.path, self.pointer, self.title, self.rate_name, self.marks)
        self._draw()

    def _mark(self, runner: Runner, text: str) -> VGroup:
        style = runner.style
        mark, arrow = RunMarks(style, self.theme, 12), RunArrow(replace(style, gap=0), self.theme)
        lay("marks", mark, arrow)
        return VGroup(mark, arrow, Digits(text, SMALL, self.theme))

    def _height(self, rate: float) -> float:
        return float(self.heights[np.searchsorted(self.rates, rate)])

    def _draw(self) -> None:
        box = self.box
        plot = Plot(box, self.x, self.y, self.theme)
        if not self.has_rates:
            plot.labels.remove(*plot.labels[: len(self.x.ticks)])
        self.renew("plot", plot)
        self.path.lay_in(plot)
        self.title.place(box.left + 24, box.top - 16 if self.title_above else box.top + 36)
        self.rate_name.place(box.right, box.bottom + 52, "right")
        for runner in self.runners:
            self._draw_mark(runner.run.learning_rate, *self._marks[runner.name])
        for vertical, rate in self._verticals:
            self._draw_vertical(vertical, rate)
        for level, height in self._levels:
            self._draw_level(level, height)
        for named in self._names:
            self._place_name(*named)
        self.at(self.row)

    def _draw_mark(self, rate: float, mark: RunMarks, arrow: RunArrow, digits: Digits) -> None:
        plot, box, height = self.plot, self.box, self._height(rate)
        if height <= self.y.high:
            mark.stand_at(plot.at([rate], [height]))
            digits.set_opacity(0)
            return
        x, top = plot.pixels(rate, self.y.high)
        mark.stand_at(sheet.at([x], [top + 62]))
        arrow.between(sheet.at(x, top + 50), sheet.at(x, top + 6))
        half = digits.width_pixels / 2
        above = (self.heights > self.y.high) & (self.rates >= self.rates[int(np.nanargmin(self.heights))])
        gone = self.rates[above][0]
        past_curve = plot.pixels(gone, self.y.high)[0] + half + 10
        digits.place(min(max(x, past_curve), box.right - half - 6), top + 122, "center")

    # -- the protocol ------------------------------------------------------------------------------------

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row = row
        self.path.show_row(row)
        rate, height = float(self.rates[row]), min(float(self.heights[row]), self.y.high)
        if 0 < row < len(self.rates) - 1 and height > self.y.low:
            self.pointer.set_ends(self.plot.at([rate], [self.y.low]), self.plot.at([rate], [height]))
        else:
            self.pointer.clear_points()
        passed = [self._marks[each.name] for each in self.runners if each.run.learning_rate <= rate]
        self.marks.submobjects = list(passed)
        return self

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"box": self.box}

    def dial(self, **values: Any) -> Self:
        self.box = values["box"]
        self._draw()
        return self

    def insets(self) -> Insets:
        top, under = (_TITLE if self.title_above else _TOP), (_UNDER if self.has_rates else _ASIDE)
        return Insets(self._left, top, _RIGHT, under)

    def without_rates(self) -> list[VMobject]:
        """The parts that number the rates, for another plot under this one will do it."""
        self.has_rates = False
        return [*self.plot.labels[: len(self.x.ticks)], self.rate_name]

    def claims(self, row: int) -> Iterator[Claim]:
        quantity = "log10 loss at rate" if isinstance(self.y, Decades) else "kept at rate"
        for runner in self.runners:
            mark = self._marks[runner.name][0]
            if (
                mark in [group[0] for group in self.marks]
                and self._height(runner.run.learning_rate) <= self.y.high
            ):
                drawn = self.plot.values(mark.centers()[0])
                yield Claim(quantity, runner.name, row, drawn, 1e-9 * np.abs(drawn) + 1e-12)

    # -- what is marked on it ----------------------------------------------------------------------------

    def limit(self, problem: LeastSquares, *, is_named: bool = False) -> list[VGroup]:
        """From 2 / lambda_max on, the ground in the colour of divergence, and a line there."""
        theme = self.theme
        region = rectangle(self.box, theme.diverged, fill=0.12 if theme.square_opacity else 0.05)
        lay("areas", region)
        rate = problem.max_stable_learning_rate
        line = self._new_vertical(VGroup(region, Segments(theme.diverged, 3.5)), rate)
        return [line, self._name("limit", rate, "diverged", problem)] if is_named else [line]

    def best(self, problem: LeastSquares, *, is_named: bool = False) -> list[VGroup]:
        """A dashed line at 2 / (lambda_min + lambda_max), and the minimum's mark where it meets the curve."""
        rate = problem.best_learning_rate
        line = self._new_vertical(VGroup(VGroup(), Diamond(self.theme, 14)), rate)
        return [line, self._name("best", rate, "minimum", problem)] if is_named else [line]

    def level(self, height: float) -> VGroup:
        """A dotted line at a height."""
        level = VGroup()
        self._levels.append((level, height))
        self.add(level)
        self._draw_level(level, height)
        return level

    def _draw_level(self, level: VGroup, height: float) -> None:
        start, end = self.plot.at([self.x.low, self.x.high], [height, height])
        level.submobjects = [dashed(rule(start, end, self.theme.muted, 2.5), 6, 10)]

    def _new_vertical(self, parts: VGroup, rate: float) -> VGroup:
        self._verticals.append((parts, rate))
        self.add(parts)
        self._draw_vertical(parts, rate)
        return parts

    def _draw_vertical(self, parts: VGroup, rate: float) -> None:
        plot, box = self.plot, self.box
        x = float(plot.pixels(rate, self.y.low)[0])
        ends = plot.at([rate, rate], [self.y.low, self.y.high])
        first, second = parts
        if isinstance(second, Segments):
            region = rectangle(Box(x, box.top, box.right, box.bottom), self.theme.diverged)
            first.set_points(region.points)
            second.set_ends(ends[:1], ends[1:])
        else:
            first.submobjects = [dashed(rule(ends[0], ends[1], self.theme.minimum, 3), 14, 10)]
            second.stand_at(plot.at([rate], [self._height(rate)]))

    def _name(self, word: str, rate: float, role: str, problem: LeastSquares) -> VGroup:
        """A rate over the axes: its name and value, at its side of the middle between limit and best rate."""
        middle = (problem.max_stable_learning_rate + problem.best_learning_rate) / 2
        name, value = Words(word, SMALL, self.theme, role), Digits(fixed(rate), SMALL, self.theme, role)
        self._names.append((name, value, middle, rate < middle))
        self._place_name(name, value, middle, rate < middle)
        label = VGroup(name, value)
        self.add(label)
        return label

    def _place_name(self, name: Words, value: Digits, middle: float, is_left: bool) -> None:
        x, y = float(self.plot.pixels(middle, 0)[0]), self.box.top - 22
        if is_left:
            value.place(x - 12, y, "right")
            name.place(value.box().left - 12, y, "right")
        else:
            name.place(x + 12, y)
            value.place(name.box().right + 12, y)


def rate_plots_in_a_column(
    cells: Sequence[Cell],
    rates: Array,
    values: Sequence[Array],
    axes: Sequence[Axis],
    runners: Sequence[Runner],
    texts: Sequence[Mapping[str, str]],
    names: Sequence[str],
    theme: Theme,
) -> list[RatePlot]:
    """Values over the same rates, their left edges in one line, names of all but the first over the axes."""
    left = max(map(widest_label, axes))
    each = enumerate(zip(cells, values, axes, texts, names, strict=True))
    return [
        RatePlot(
            cell, rates, value, y, runners, text, theme, name=name, title_above=index > 0, least_left=left
        )
        for index, (cell, value, y, text, name) in each
    ]


def cliff_axis(losses: Array, start_loss: float) -> Decades:
    """Of the losses after some steps at many rates: from the lowest to well above the start's."""
    floor = max(float(losses.min()), 1e-8 * start_loss)
    return decades_over(np.log10(floor) - 0.5, np.log10(start_loss) + 2.3)


def kept_axis(kept: Array) -> Axis:
    """Of the parts of the error that a step keeps at many rates: round 1, and down to the least."""
    depth = max(1.0 - float(kept.min()), 1e-3)
    return round_axis(max(1 - 1.25 * depth, 0.0), 1 + 0.5 * depth, "", 3)
