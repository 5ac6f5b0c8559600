"""A value against the learning rate, with the marks of runs, and where the limit and the best rate are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeAlias

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
from gdscenes.kit.page.sheet import SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, Decades, clear_of_name, compact, round_axis, widest_label
from gdscenes.kit.plot.labels import MARK, Ink, Label, fitted, place, plated
from gdscenes.kit.plot.marks import Diamond, Segments, dashed, rectangle, rule
from gdscenes.kit.plot.runs import RunArrow, RunMarks, RunPath, RunStyle
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import fixed
from gdscenes.kit.type.typeset import Type, Words

Array = NDArray[np.float64]
Said: TypeAlias = Literal["", "value", "formula"]
"""What is said over the axes of a rate that is marked."""
Part: TypeAlias = tuple[Array, str, str]

_GAP = 12.0
_MARK_HIGH, _ALL_HIGH = 0.5, 0.9  # of the axes: what stands up from them at a rate, and names in them
_CURVE = RunStyle("data", 0, 5, 1, 0)
_HIGHEST = RunStyle("axis", 0, 20, 1, 0)
_BAND = (-10.0, -5.0, 0.0, 5.0, 10.0)  # of the highest of the parts, from its middle, pixels
_GRID, _THIN = 8.0, 3  # places that are tried, pixels; points of a curve that are looked at
_NEAR = 16.0  # what of distances from a curve is told apart, pixels
_TOP, _RIGHT, _UNDER, _ASIDE, _NAMES, _TITLE = 114.0, 50.0, 89.0, 24.0, 34.0, 80.0
_IN_TOP = 46.0  # from the top of the axes down to the baseline of words in them, pixels


@dataclass(frozen=True)
class _Mark:
    """What `RatePlot.mark` marks."""

    line: VGroup
    rate: float
    role: str
    limit_of: str


@dataclass(frozen=True)
class _Label:
    """A name on a plate beside the line at a rate: on which sides of it, up to which part of the axes."""

    plate: VGroup
    words: Words
    rate: float
    sides: tuple[int, ...]
    high: float


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
        Those of which it is told what they come to have their mark on the curve; beyond the axes an arrow.
    texts : mapping of str to str
        What each runner comes to, in the characters of `Digits`.
    theme : Theme
    name : str
        Of the value, Typst markup; stands over the axes, and over what is said of rates.
    least_left : float
        Room for numbers at the left at least, where plots stand under one another.
    parts : sequence of (ndarray of shape (n,), str, str)
        Other values at each of the rates, of which the values are made, the role of their curve, and its name
        in Typst markup.
    clear : sequence of float
        Rates that will be marked: the names of the parts keep off the lines there.

    Attributes
    ----------
    plot : Plot
    parts : list of RunPath
    part_names : list of Words
        Beside their curves; whoever wants them shows them.
    path : RunPath
        Its row k is rate k; over its parts it is a wide pale band.
    whole_name : Words
        Of that band; whoever wants it shows it.
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
        least_left: float = 0.0,
        parts: Sequence[Part] = (),
        clear: Sequence[float] = (),
    ) -> None:
        super().__init__()
        self.rates, self.y, self.theme, self.clear = rates, y, theme, clear
        self.runners = [each for each in runners if each.name in texts]
        with np.errstate(divide="ignore"):
            self.heights = np.log10(values) if isinstance(y, Decades) else values
        self.row, self._is_kept = 0, False
        self._left = max(85.0, max(widest_label(y), least_left) + _ASIDE)
        self.box = cell.inset(self.insets())
        x = compact(round_axis(0.0, float(rates[-1]), "$eta$", 6))
        self.x = clear_of_name(x, self.box.width)
        self.plot = Plot(self.box, self.x, y, theme)
        points, style = np.stack([rates, self.heights], axis=1), _HIGHEST if parts else _CURVE
        self.path = RunPath(points, self.plot, style, theme, marked=False)
        if parts:
            lay("ghosts", self.path.line.set_stroke(opacity=0.6))
        self.parts = [
            RunPath(
                np.stack([rates, part], axis=1), self.plot, replace(_CURVE, role=role), theme, marked=False
            )
            for part, role, _ in parts
        ]
        self.part_names = [Words(name, SMALL, theme, role) for _, role, name in parts]
        self.whole_name = Words(tr("the larger counts"), SMALL, theme, "muted")
        self.pointer = Segments(theme.ink, 2)
        self.title = Words(name or "#h(0pt)", SMALL, theme, "muted")
        self.rate_name = Words(self.x.name, SMALL, theme)
        self.marks = VGroup()
        self._marks = {each.name: self._mark(each, texts[each.name]) for each in self.runners}
        self._verticals: list[tuple[VGroup, float]] = []
        self._levels: list[tuple[VGroup, float]] = []
        self._names: list[tuple[list[Type], float, bool]] = []
        self._labels: list[_Label] = []
        self._low: list[tuple[VMobject, Words, float]] = []
        self._alone: list[_Mark] = []
        self.add(self.plot, *self.parts, self.path, self.pointer, self.title, self.rate_name, self.marks)
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
        self.renew("plot", plot)
        for path in (*self.parts, self.path):
            path.lay_in(plot)
        self.title.place(box.left, box.top - _TITLE)
        self.rate_name.place(box.right, box.bottom + 52, "right")
        for runner in self.runners:
            self._draw_mark(runner.run.learning_rate, *self._marks[runner.name])
        self._place_part_names()
        for vertical, rate in self._verticals:
            self._draw_vertical(vertical, rate)
        for level, height in self._levels:
            self._draw_level(level, height)
        self._place_names()
        for region, words, rate in self._low:
            self._draw_low(region, words, rate)
        for alone in self._alone:
            self._draw_alone(alone)
        for label in self._labels:
            self._draw_label(label)
        self.at(self.row)

    def _place_part_names(self) -> None:
        """Names stand on nothing, beside their curves: nearer to them than to the others."""
        if not self.parts:
            return
        *parts, whole = [self.plot.pixels(*path.points_given.T) for path in (*self.parts, self.path)]
        ink = Ink()
        ink.add(*(mark for mark, *_ in self._marks.values()), *self._levels_and_clear(), weight=MARK)
        ink.add(*parts, *(whole + np.array([0.0, off]) for off in _BAND), weight=MARK)
        for name, curve in zip(self.part_names, parts, strict=True):
            others = [each for each in parts if each is not curve]
            self._place_beside(name, curve, others, ink)
        self._place_beside(self.whole_name, whole, [], ink)

    def _levels_and_clear(self) -> list[Array]:
        """Pixels of the lines at levels, and of those that will stand at rates."""
        x, y, share = self.x, self.y, np.linspace(0, 1, 400)
        level = [self.plot.pixels(x.low + share * (x.high - x.low), height) for _, height in self._levels]
        return level + [self.plot.pixels(rate, y.low + share * (y.high - y.low)) for rate in self.clear]

    def _place_beside(self, name: Words, curve: Array, others: Sequence[Array], ink: Ink) -> None:
        inside, size = self.box.grown(-6), name.box()
        half = np.array([size.width, size.height]) / 2
        low, high = np.array([inside.left, inside.top]) + half, np.array([inside.right, inside.bottom]) - half
        spots = np.stack(
            np.meshgrid(*(np.arange(*ends, _GRID) for ends in zip(low, high, strict=True))), axis=-1
        )
        spots = spots.reshape(-1, 2)

        def away(points: Array) -> Array:
            beyond = np.abs(spots[:, None] - points[::_THIN]) - half
            return np.asarray(np.hypot(*np.moveaxis(np.maximum(beyond, 0.0), -1, 0)).min(axis=1))

        own, other = away(curve), np.min([np.full(len(spots), np.inf), *map(away, others)], axis=0)
        order = np.lexsort([-other, own // _NEAR, own > other])
        place([Label(name, spots[order], pad=_GAP)], ink, inside)

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
        self.row, last = row, len(self.rates) - 1
        shown = last if self._is_kept else row
        for path in (*self.parts, self.path):
            path.show_row(shown)
            if shown == last:  # at rest a curve has no end that a mark of a run could be taken for
                path.head.clear_points()
        rate, height = float(self.rates[row]), min(float(self.heights[row]), self.y.high)
        has_line = self._is_kept and any(rate == marked for _, marked in self._verticals)
        if 0 < row < last and height > self.y.low and not has_line:
            self.pointer.set_ends(self.plot.at([rate], [self.y.low]), self.plot.at([rate], [height]))
            for part in self.parts if self._is_kept else ():
                value = part.points_given[row, 1]
                part.head.stand_at(self.plot.at([rate], [value])[: int(value <= self.y.high)])
        else:
            self.pointer.clear_points()
        passed = [each.name for each in self.runners if each.run.learning_rate <= self.rates[shown]]
        self.marks.submobjects = [self._marks[name] for name in passed]
        return self

    def keep(self) -> Self:
        """From now on its curves stay whole, and a clock moves but a line and marks on its parts at a rate.

        Where a rate has a line of its own, as `limit` and `best` draw them, that stands for it.
        """
        self._is_kept = True
        return self.at(self.row)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"box": self.box}

    def dial(self, **values: Any) -> Self:
        self.box = values["box"]
        self._draw()
        return self

    def insets(self) -> Insets:
        return Insets(self._left, _TOP, _RIGHT, _UNDER)

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
        for alone in self._alone:
            if alone.limit_of:
                rate = float(self.plot.values(alone.line.get_center())[0])
                yield Claim("limit", alone.limit_of, row, rate, 1e-9 * self.x.high)

    # -- what is marked on it ----------------------------------------------------------------------------

    def limit(self, problem: LeastSquares, said: Said = "") -> list[VGroup]:
        """From 2 / lambda_max on, the ground in the colour of divergence, and a line there.

        Parameters
        ----------
        problem : LeastSquares
        said : {"", "value", "formula"}
            What a second part says: the value over the axes, the formula on that ground.
        """
        theme = self.theme
        region = rectangle(self.box, theme.diverged, fill=0.12 if theme.square_opacity else 0.05)
        lay("areas", region)
        rate = problem.max_stable_learning_rate
        line = self._new_vertical(VGroup(region, Segments(theme.diverged, 3.5)), rate)
        if said == "formula":
            return [line, self._label('$2 \\/ lambda_"max"$', "diverged", rate, (1,), _ALL_HIGH)]
        return [line, self._name(tr("limit"), said, rate, "diverged", problem)] if said else [line]

    def best(self, problem: LeastSquares, said: Said = "") -> list[VGroup]:
        """A dashed line at 2 / (lambda_min + lambda_max), and the minimum's mark where it meets the curve.

        Parameters
        ----------
        problem : LeastSquares
        said : {"", "value", "formula"}
            What a second part says over the axes.
        """
        rate = problem.best_learning_rate
        line = self._new_vertical(VGroup(VGroup(), Diamond(self.theme, 14)), rate)
        words = {"value": tr("best"), "formula": tr('best $2 \\/ (lambda_"min" + lambda_"max")$')}
        return [line, self._name(words[said], said, rate, "minimum", problem)] if said else [line]

    def too_low(self, rate: float, limit: float) -> list[VMobject]:
        """Up to a rate, a grey ground, and at its top "too low", in it or beside it before the limit."""
        region = rectangle(self.box, self.theme.muted, fill=0.2 if self.theme.square_opacity else 0.1)
        words = Words(tr("too low"), SMALL, self.theme)
        if words.box().width + 2 * _GAP > self._width_up_to(rate):
            source = f"$arrow.l$ {tr('too low')}"
            room = self._width_up_to(limit) - self._width_up_to(rate) - 2 * _GAP
            em = fitted(room, (SMALL, SMALLEST), lambda em: Words(source, em, self.theme).box().width)
            words = Words(source, em, self.theme)
        lay("areas", region)
        self._low.append((region, words, rate))
        self.add(region, words)
        self._draw_low(region, words, rate)
        return [region, words]

    def _draw_low(self, region: VMobject, words: Words, rate: float) -> None:
        box, width, needed = self.box, self._width_up_to(rate), words.box().width + 2 * _GAP
        region.set_points(rectangle(replace(box, right=box.left + width), self.theme.muted).points)
        left = box.left + (width if needed > width else (width - needed) / 2)
        words.place(left + _GAP, box.top + _IN_TOP)

    def _width_up_to(self, rate: float) -> float:
        return float(self.plot.pixels(rate, self.y.low)[0]) - self.box.left

    def mark(self, rate: float, source: str, role: str, limit_of: str = "") -> list[VMobject]:
        """A dashed line up from the axis at a rate, named on a plate where it covers least.

        Parameters
        ----------
        rate : float
        source : str
            Typst markup.
        role : str
        limit_of : str
            Name of a run whose largest stable rate it is; see `Claim`.
        """
        mark = _Mark(VGroup(), rate, role, limit_of)
        self._alone.append(mark)
        self.add(mark.line)
        self._draw_alone(mark)
        return [mark.line, self._label(source, role, rate, (1, -1), _MARK_HIGH)]

    def _draw_alone(self, mark: _Mark) -> None:
        high = self.y.low + _MARK_HIGH * (self.y.high - self.y.low)
        ends = self.plot.at([mark.rate] * 2, [self.y.low, high])
        mark.line.submobjects = [dashed(rule(ends[0], ends[1], self.theme.color(mark.role), 3), 14, 10)]

    def _label(self, source: str, role: str, rate: float, sides: tuple[int, ...], high: float) -> VGroup:
        label = _Label(VGroup(), Words(source, SMALL, self.theme, role), rate, sides, high)
        self._labels.append(label)
        self.add(label.plate)
        self._draw_label(label)
        return label.plate

    def _draw_label(self, label: _Label) -> None:
        """As low beside its line as it covers least."""
        box, words = self.box, label.words
        x, half = float(self.plot.pixels(label.rate, self.y.low)[0]), words.box().width / 2 + _GAP
        heights = np.linspace(box.bottom - 40, box.bottom - label.high * box.height, 8)
        spots = np.array([[x + side * half, y] for y in heights for side in label.sides])
        ink = Ink().add(*(path.line for path in (*self.parts, self.path)), *self.plot.lines)
        ink.add(*self._marks.values(), *self.part_names, weight=MARK)
        for vertical, _ in self._verticals:
            ink.add(*vertical[1:])
        place([Label(words, spots, pad=4)], ink, box.grown(-4))
        label.plate.submobjects = plated(words, self.theme, 4, 0.8).submobjects

    def level(self, height: float) -> VGroup:
        """A dotted line at a height."""
        level = VGroup()
        self._levels.append((level, height))
        self.add(level)
        self._draw_level(level, height)
        self._place_part_names()
        return level

    def _draw_level(self, level: VGroup, height: float) -> None:
        start, end = self.plot.at([self.x.low, self.x.high], [height, height])
        level.submobjects = [dashed(rule(start, end, self.theme.muted, 2.5), 6, 10)]

    def _new_vertical(self, parts: VGroup, rate: float) -> VGroup:
        self._verticals.append((parts, rate))
        self.add(parts)
        self._draw_vertical(parts, rate)
        self.at(self.row)
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

    def _name(self, word: str, said: Said, rate: float, role: str, problem: LeastSquares) -> VGroup:
        """What is said of a rate over the axes, at its side of the middle between limit and best rate."""
        middle = (problem.max_stable_learning_rate + problem.best_learning_rate) / 2
        texts: list[Type] = [Words(word, SMALL, self.theme, role)]
        if said == "value":
            texts.append(Digits(fixed(rate), SMALL, self.theme, role))
        self._names.append((texts, middle, rate < middle))
        self._place_names()
        label = VGroup(*texts)
        self.add(label)
        return label

    def _place_names(self) -> None:
        """Names over the axes: that at the right ends on the page, and that at the left before it."""
        y, free = self.box.top - _NAMES, np.inf
        for texts, middle, is_left in sorted(self._names, key=lambda each: each[2]):
            width = sum(text.box().width for text in texts) + _GAP * (len(texts) - 1)
            x = float(self.plot.pixels(middle, 0)[0])
            x = min(x, free) - _GAP - width if is_left else min(x + _GAP, self.box.right + _RIGHT - width)
            free = x - _GAP
            for text in texts:
                text.place(x, y)
                x = text.box().right + _GAP


def rate_plots_in_a_column(
    cells: Sequence[Cell],
    rates: Array,
    values: Sequence[Array],
    axes: Sequence[Axis],
    runners: Sequence[Runner],
    texts: Sequence[Mapping[str, str]],
    names: Sequence[str],
    theme: Theme,
    *,
    parts: Sequence[Sequence[Part]],
    clear: Sequence[float] = (),
) -> list[RatePlot]:
    """Values over the same rates, their left edges in one line."""
    left = max(map(widest_label, axes))
    return [
        RatePlot(
            cell,
            rates,
            value,
            y,
            runners,
            text,
            theme,
            name=name,
            least_left=left,
            parts=part,
            clear=clear,
        )
        for cell, value, y, text, name, part in zip(cells, values, axes, texts, names, parts, strict=True)
    ]


def cliff_axis(losses: Array, start_loss: float) -> Decades:
    """Of the losses after some steps at many rates: from the lowest to well above the start's."""
    floor = max(float(losses.min()), 1e-8 * start_loss)
    return decades_over(np.log10(floor) - 0.5, np.log10(start_loss) + 2.3)


def kept_axis() -> Axis:
    """Of the parts of an error that a step keeps: from none, to half as much again as there was."""
    return round_axis(0.0, 1.5, "", 3)
