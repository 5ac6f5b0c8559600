"""The losses of one or several runs on one clock."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Insets
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SAFE, SMALL, SMALLEST, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places, Plot, x_baseline
from gdscenes.kit.plot.axis import (
    GAP,
    Axis,
    Decades,
    Rounded,
    decades,
    round_step,
    round_step_within,
    widest_label,
)
from gdscenes.kit.plot.labels import Ink, Label, covered, kept_apart, place, plated
from gdscenes.kit.plot.marks import dashed, rule
from gdscenes.kit.plot.runs import RunMarks, RunPath
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import number, rounded
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

FIRST_STEPS = 20
"""Steps that the axis spans at first where nothing else is said."""
_LONG, _STEEP = 5 * FIRST_STEPS, 10.0
_LABELS_APART = 50.0
_BESIDE = 20.0
_MOST_MARKED = 60  # beyond as many rows the marks of a curve would be a chain
_WIDE = 600.0  # pixels of an axis that has room for more than one tick beside its word
_ASIDE, _TOP, _RIGHT, _UNDER = 24.0, 50.0, 50.0, 71.0
_SAID = 0.25  # of the way from the clock to updates, in which the axis says so and the curves stand still
_OVER = 18.0  # from the top of the axes up to the baseline of what stands over them


def linear_losses(top: float) -> Axis:
    """An axis from 0 to a round loss not below the highest, numbered at its ends."""
    step = round_step(top, 3) if top > 0 else 1.0
    high = step * max(1.0, float(np.ceil(top / step)))
    return Rounded(0.0, high, (0.0, high), max(0, -int(np.floor(np.log10(step) + 1e-9))), "")


def decades_over(low: float, high: float) -> Decades:
    """An axis of decimal logarithms between two of them, with a few ticks at whole ones."""
    step = math.ceil((high - low) / 4)
    ticks = tuple(float(k) for k in range(math.ceil(low), math.floor(high) + 1) if k % step == 0)
    return Decades(low, high, ticks, 0, "")


def decades_with_floor(losses: ArrayLike, minimum: float, share: float = 0.2) -> Decades:
    """Decades over some losses, with a share of the axis under the lowest for the name of the minimum."""
    shown = np.asarray(losses, dtype=float)
    lowest = max(minimum, 1e-6 * float(shown[0]))
    low, top = math.log10(min(lowest, float(shown.min()))), math.log10(float(shown.max())) + 0.25
    return decades_over((low - share * top) / (1 - share), top)


def is_long(losses: ArrayLike) -> bool:
    """Whether linear axes would draw so many losses, of such a range, as an L."""
    losses = np.asarray(losses, dtype=float)
    return bool(len(losses) > _LONG and losses.min() > 0 and losses.max() / losses.min() > _STEEP)


class LossCurves(Figure):
    """Axes, and in them the loss of each run up to a row; a run that leaves them is cut exactly there.

        self.losses = LossCurves(cell, story.runners, theme, y="decades", minimum=story.problem.minimum)
        self.show(self.losses.end_labels())

    Its dials are `bent`, from 0, linear, to 1, logarithmic, which a word over the axes says; `span`, the
    first and the last moment that the horizontal axis shows; `counted`, from 0, the clock, to 1, the
    updates of each run, which the word on the axis says before the curves go there; and `box`, where the axes
    stand.

    Parameters
    ----------
    cell : Box
        With the numbers and names of the axes.
    runners : sequence of Runner
    theme : Theme
    y : Axis or {"linear", "decades"}
        Of the loss, from 0 to the highest, or `Decades` of its decimal logarithm over what `span` shows.
    span : float or tuple of float
        Where the horizontal axis ends until the clock has passed it, or where it begins and ends.
    minimum : float, optional
        The lowest loss there is, drawn as a dashed line where the axis holds it.
    above : float
        Taken off every loss: with the minimum, how far a run still is above it.
    name : str
        Of the loss, Typst markup; stands in the axes, or over them where the runs begin high. That of the
        axis of the loss when left out.
    unit : str
        What the horizontal axis counts.
    per : int
        How much of the clock one unit of it is: of a clock in points met, an epoch is all of them.
    marked : bool
        Whether rows have marks, as long as they are few; of batches, the rows at which an epoch begins.

    Attributes
    ----------
    plot : Plot
        Ticks and lines of the axes now.
    paths : dict of str to RunPath
    log_scale : Words
        Says what bent axes are.
    is_long : bool
        Whether linear axes would draw the first run as an L.
    """

    def __init__(
        self,
        cell: Box,
        runners: Sequence[Runner],
        theme: Theme,
        *,
        y: Axis | Literal["linear", "decades"] = "linear",
        span: float | tuple[float, float] = FIRST_STEPS,
        minimum: float | None = None,
        above: float = 0.0,
        name: str = "",
        unit: str = "",
        per: int = 1,
        marked: bool = True,
    ) -> None:
        super().__init__()
        self.runners, self.theme, self.above, self.row = runners, theme, above, 0
        self.per, self.marked, self._units = per, marked, (unit or tr("step"), tr("update"))
        low, high = span if isinstance(span, tuple) else (0.0, span)
        self._bent, self._span, self._counted = 0.0, (float(low), float(high)), 0.0
        first = runners[0].run.losses - above
        lowest, highest = float(first.min()), float(first.max())
        self.is_long = is_long(first)
        axis = self._axis(y, minimum)
        can_bend = y == "linear" and self.is_long
        self._ends = (axis, decades(lowest, highest, "") if can_bend else axis)
        room = max(85.0, *(widest_label(axis) + _ASIDE for axis in self._ends))
        self.cell = cell
        self.box = Box(
            max(cell.left, SAFE.left) + room, cell.top + _TOP, cell.right - _RIGHT, cell.bottom - _UNDER
        )
        self._last = max(float(each.moments[-1]) for each in runners) / per
        self.unit = self._unit()
        self.plot = self._axes()
        self.title = Words(axis.name or name or "#h(0pt)", SMALL, theme)
        self.log_scale = Words(tr("log scale"), SMALL, theme, "muted").set_opacity(0)
        self._title_over = -6.0
        self._place_words()
        self.paths = {
            each.name: RunPath(
                self._points(each),
                self._places,
                each.style,
                theme,
                marked_rows=each.run.epoch_starts,
            )
            for each in runners
        }
        self._lay_in()
        self.minimum = minimum
        self.floor = self._floor()
        self.add(self.plot, self.unit, self.title, self.log_scale, self.floor, *self.paths.values())
        if covered(Label(self.title, self.box, pad=24), self._ink_of_runs()):
            self._title_over = _OVER
            self._place_words()
        self.at(0)

    # -- axes --------------------------------------------------------------------------------------------

    def _axis(self, y: Axis | str, minimum: float | None) -> Axis:
        if isinstance(y, Axis):
            return y
        if y == "linear":
            return linear_losses(max(float((each.run.losses - self.above).max()) for each in self.runners))
        shown = (each.run.losses[self._moments(each) < self._span[1]] - self.above for each in self.runners)
        return decades_with_floor(np.concatenate(list(shown)), (minimum or self.above) - self.above)

    def _ticks(self) -> tuple[float, ...]:
        low, high = self._span
        pieces = 5 if self.box.width > _WIDE else 2
        step = max(1, round(round_step_within((high - low) / pieces)))
        first, last = math.ceil(low / step), math.floor(high / step + 1e-9)
        return tuple(float(k * step) for k in range(first, last + 1))

    @property
    def _last_tick(self) -> float | None:
        """The tick at the end of an axis that grows no more, if there is one: its unit stands before it."""
        high, last = self._span[1], self._ticks()[-1]
        return last if (self._counted or high >= self._last) and abs(high - last) < 1e-9 * high else None

    def _x(self) -> Axis:
        (low, high), ticks, end = self._span, self._ticks(), self._last_tick
        word = max(110.0, self.box.right + 20 - self.unit.box().left + 25) / self.box.width * (high - low)
        kept = tuple(tick for tick in ticks if tick <= high - word)
        return Axis(low, high, (*kept, end) if end is not None and kept else kept or ticks[:1], 0, "")

    def _axes(self) -> Plot:
        y = self._ends[self._bent >= 0.5]
        axes = Plot(self.box, self._x(), y, self.theme, grid=self.box.width > _WIDE)
        if 0 < self._bent < 1:  # the old numbers go and the new ones come
            axes.labels[len(axes.x.ticks) :].set_opacity(abs(1 - 2 * self._bent))
        return axes

    @property
    def _places(self) -> Places:
        """The runs stand in shares of the height, which linear and logarithmic losses have in common."""
        return Places(self.box, Axis(*self._span, (), 0, ""), Axis(0.0, 1.0, (), 0, ""))

    def _unit(self) -> Words:
        said = min(self._counted / _SAID, 1.0)
        unit = Words(self._units[said >= 0.5], SMALL, self.theme, "muted")
        if 0 < said < 1:  # the old word goes and the new one comes
            unit.set_opacity(abs(1 - 2 * said))
        if (end := self._last_tick) is None:
            return unit.place(self.box.right + 20, self.box.bottom + 52, "right")
        number_left = self.box.right - text_width(number(end, 0)) * SMALL / 2
        return unit.place(number_left - GAP, x_baseline(self.box), "right")

    def _place_words(self) -> None:
        self.title.place(self.box.left + 18, self.box.top - self._title_over)
        self.log_scale.place(self.box.right + 20, self.box.top - _OVER, "right")

    def heights(self, losses: ArrayLike) -> Array:
        """Where losses lie on the axis now, as shares of its height; 0 lies nowhere on a logarithmic one."""
        values = np.asarray(losses, dtype=float) - self.above
        low, high = (_shares(values, axis) for axis in self._ends)
        return low if self._bent == 0 else high if self._bent == 1 else low + self._bent * (high - low)

    def losses(self, heights: ArrayLike) -> Array:
        """Losses at shares of the height of axes at rest: the inverse of `heights`."""
        y = self._ends[self._bent >= 0.5]
        values = y.low + np.asarray(heights) * (y.high - y.low)
        return np.asarray((10.0**values if isinstance(y, Decades) else values) + self.above)

    def _moments(self, runner: Runner) -> Array:
        """Where each row of a run lies on the horizontal axis."""
        clock, updates = runner.moments / self.per, np.arange(len(runner.run.losses), dtype=float)
        counted = max(self._counted - _SAID, 0.0) / (1 - _SAID)
        if counted == 1:  # exact: a row that rounding put beyond the axis would be one that has left it
            return updates
        longer = np.divide(updates, clock, out=np.ones_like(clock), where=clock > 0)
        return np.asarray(clock * longer**counted)  # evenly: a curve of very many updates would leap out

    def _row(self, runner: Runner) -> int:
        """The row that a run is drawn up to: counted in updates, the last one that the axis holds."""
        row = runner.row(self.row)
        if not self._counted:
            return row
        held = np.searchsorted(self._moments(runner), self._span[1] + 1e-9, side="right") - 1
        return min(row, int(held))

    def _points(self, runner: Runner) -> Array:
        heights = self.heights(runner.run.losses)
        if self.above:  # what is left of a loss may be rounding: it lies on the floor
            heights = np.fmax(heights, 0.0)
        return np.stack([self._moments(runner), heights], axis=1)

    def _floor(self) -> VGroup:
        if self.minimum is None:
            return VGroup()
        share = float(self.heights([self.minimum])[0])
        if not 0 <= share <= 1:
            return VGroup()
        theme, box = self.theme, self.box
        y = box.bottom - share * box.height
        line = rule(sheet.at(box.left, y), sheet.at(box.right, y), theme.minimum, 3)
        baseline = y + (42 if box.bottom - y > 54 else -16)
        word = Words(tr("minimum"), SMALL, theme, "minimum").place(box.left + 24, baseline)
        value = Digits(rounded(self.minimum, 2), SMALL, theme, "minimum")
        floor = VGroup(dashed(line, 16, 12), word, value.place(word.box().right + 14, baseline))
        lay("grid", floor)
        return floor

    # -- the protocol ------------------------------------------------------------------------------------

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row = row
        last = (min(each.row(row) + (towards > 0), each.run.n_steps) for each in self.runners)
        reached = max(float(each.moments[k]) for each, k in zip(self.runners, last, strict=True)) / self.per
        grows = self._counted == 0 and reached > self._span[1]
        for each in self.runners:
            path = self.paths[each.name]
            path.row = self._row(each)
            path.marked = self.marked and path.count_marked(path.row) <= _MOST_MARKED
        if grows:
            self.dial(span=(self._span[0], reached))
        for each in self.runners:
            path = self.paths[each.name]
            on = towards if path.row < each.run.n_steps else 0.0
            if on or not grows:  # laid in, it is drawn at its row
                path.show_row(path.row, on)
        return self

    @property
    def dials(self) -> Mapping[str, Any]:
        span = np.array(self._span)
        return {"bent": self._bent, "span": span, "counted": self._counted, "box": self.box}

    def dial(self, **values: Any) -> Self:
        self._bent = float(values.get("bent", self._bent))
        self._counted = float(values.get("counted", self._counted))
        (low, high), end = values.get("span", self._span), self._last_tick
        self._span = (float(low), float(high))
        if "box" in values:
            self.box = values["box"]
            self._place_words()
            self.renew("floor", self._floor())
        if values.keys() & {"counted", "box"} or end != self._last_tick:
            self.renew("unit", self._unit())
        if "bent" in values:
            for glyph in self.log_scale.ink():
                glyph.set_opacity(max(2 * self._bent - 1, 0.0))
        x, before = self._x(), self.plot.x
        if not values.keys() & {"bent", "box"} and (x.low, x.ticks) == (before.low, before.ticks):
            self.plot.stretch_to(x.high)
        else:
            self.renew("plot", self._axes())
        self._lay_in()
        return self

    def _lay_in(self) -> None:
        low, places = self._span[0], self._places
        for each in self.runners:
            path = self.paths[each.name]
            path.points_given, path.row = self._points(each), self._row(each)
            # counted in updates, or begun later, a run is no longer followed from its start
            first = max(each.row(low * self.per), 0) if low or self._counted else None
            path.lay_in(places, first)

    def insets(self) -> Insets:
        return Insets(self.box.left - self.cell.left, _TOP, _RIGHT, _UNDER)

    def claims(self, row: int) -> Iterator[Claim]:
        for each in self.runners:
            head = self.paths[each.name].head
            if head.has_points():
                share = self._places.values(head.centers()[0])[1]
                if self.above and share < 1e-9:
                    continue
                drawn = float(self.losses(share))
                fine = abs(float(self.losses(share + 1e-9)) - drawn) + 1e-12 * abs(drawn)
                yield Claim("loss", each.name, self.paths[each.name].row, drawn, fine)

    # -- what is said on it ------------------------------------------------------------------------------

    def end_labels(self) -> VGroup:
        """The runs' labels right of where they are now, none over another; none at all where they must leave
        the cell.
        """
        labels = [Words(each.label, SMALL, self.theme, each.style.role) for each in self.runners]
        ends = np.array([self._end(each) for each in self.runners])
        heights = kept_apart(ends[:, 1], _LABELS_APART, self.box.top + 20, self.box.bottom - 20)
        for label, x, y in zip(labels, ends[:, 0], heights, strict=True):
            label.place(x + 30, y + 13)
        if max(label.box().right for label in labels) > self.cell.right + _BESIDE:
            return VGroup()
        return VGroup(*(plated(label, self.theme, 6) for label in labels))

    def column(self, name: str, row: int, width: float) -> Box:
        """Under the mark of a row, down to the axis: as high as the loss where the axis is linear."""
        x, y = self._places.pixels(*self.paths[name].points_given[row])
        return Box(float(x) - width / 2, float(y), float(x) + width / 2, self.box.bottom)

    def mark_at(self, name: str, row: int) -> RunMarks:
        """The mark that a run has at a row, also where it has not begun."""
        path = self.paths[name]
        return path.head.copy().stand_at(self._places.at(*path.points_given[row : row + 1].T))

    def number_at(self, name: str, row: int) -> VGroup:
        """The loss of a run at a row, right of its mark; nothing where it has left the axes."""
        path = self.paths[name]
        runner = next(each for each in self.runners if each.name == name)
        if path.exit_row is not None and row >= path.exit_row:
            return VGroup()
        number = Digits(rounded(runner.run.losses[row], 4), SMALLEST, self.theme, runner.style.role)
        x, y = self._places.pixels(*path.points_given[row])
        return plated(number.place(x + 36, y + 11), self.theme, 5)

    def _end(self, runner: Runner) -> Array:
        path = self.paths[runner.name]
        marks = next((each for each in (path.cross, path.head) if each.family_members_with_points()), None)
        at = self._places.at(*path.points_given[0]) if marks is None else marks.centers()[0]
        return np.asarray(sheet.pixels(at))

    def line_at(self, loss: float, source: str, role: str = "minimum") -> VGroup:
        """A dashed line at a loss, with words on it where the runs leave most room."""
        box, y = self.box, self.box.bottom - float(self.heights(loss)) * self.box.height
        line = dashed(rule(sheet.at(box.left, y), sheet.at(box.right, y), self.theme.color(role), 3))
        word = Words(source, SMALL, self.theme, role)
        half = word.box().width / 2
        across = np.linspace(box.left + 60 + half, box.right - 60 - half, 12)
        spots = np.stack([np.concatenate([across[6:], across[:6]]), np.full(12, y - 30)], axis=1)
        place([Label(word, spots, pad=16)], self._ink_of_runs())
        return VGroup(line, word)

    def _ink_of_runs(self) -> Ink:
        """All that the runs will ever cover."""
        ink = Ink()
        for each in self.runners:
            x, y = self._places.pixels(*self._points(each).T).T
            gone = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
            gone = gone[np.isfinite(gone)]
            along = np.arange(0.0, gone[-1] + 1, 4.0)
            ink.add(np.stack([np.interp(along, gone, each[: len(gone)]) for each in (x, y)], axis=1))
        return ink


def _shares(losses: Array, axis: Axis) -> Array:
    if isinstance(axis, Decades):
        with np.errstate(divide="ignore", invalid="ignore"):
            losses = np.log10(losses)
    return np.asarray((losses - axis.low) / (axis.high - axis.low))
