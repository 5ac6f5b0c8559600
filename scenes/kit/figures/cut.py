"""A cut through a loss: what it is as a function of one parameter, in its axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from manim import VGroup, VMobject
from numpy.typing import NDArray

from gdmath import LeastSquares
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import (
    Axis,
    PowerAxis,
    clear_of_name,
    compact,
    left_of_axes,
    round_axis,
    without_last_ticks,
)
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.labels import MARK, Ink, Label, place
from gdscenes.kit.plot.marks import (
    Diamond,
    Dots,
    Polyline,
    Segments,
    current_disc,
    dashed,
    rectangle,
    rule,
    start_ring,
)
from gdscenes.kit.plot.runs import RunMarks, RunPath
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import rounded
from gdscenes.kit.type.typeset import Type, Words

Array = NDArray[np.float64]

_CORNERS, _BEYOND_AXIS = 401, 20.0
_OVER, _BENEATH = 82.0, 128.0
_NAME_OF_X = 0.02  # of the axis: its end, which is left to its name
_NAME_OF_Y = 0.04  # of the heights: the same
_UNDER, _LANE = 0.045, 0.115  # of the heights: what lanes take under them, once and for each


class Cut(Figure):
    """The loss of one parameter: a parabola in its axes, and under it lanes for the steps of runs.

        heights = loss_axis(problem.minimum, start_loss, story.loss_name)
        self.cut = Cut(cell, problem.cut(WEIGHT, held=b), (low, high), heights, theme, start=w, lanes=1)
        self.show(self.cut)

    A run goes along it as the point that is now (`follows`), or as a path through its rows (`add_path`).
    What stands on it has files of its own: `Secant`, `Lens`, `Lane`. Whatever is put on it by
    `label`, and what it is told to `keep_off`, later labels do not cover.

    Its dials: `place`, the parameter of the point that is now; `box`, where the axes stand; `window`, what
    they show: the lowest and the highest parameter, and the highest loss (see `zoom_with`); `lanes`, how many
    there is room for; `ends`, from where to where the curve is drawn; `rise`, which is 1 where the curve
    stands and 0 where it lies on its axis; towards -1 it leaves that for a line on a map, whose ends are
    `source`. As long as the curve does not stand, its axes have no heights. `flown`, which is 0 where the
    curve is still the `wire` that it is elsewhere, and 1 where it stands.

    Parameters
    ----------
    box : Box
        Where the axes stand, lanes included; the left edge gives way to numbers that need the room.
    problem : LeastSquares
        Of one parameter.
    ends : tuple of float
        What is seen of the parameter.
    heights : Axis
        Of the losses; see `loss_axis`.
    theme : Theme
    role : str
        Role of the parameter: "bias" or "weight".
    start : float, optional
        Where a ring stands.
    follows : Runner, optional
        The run that the point follows.
    lanes : int
        How many there are.
    most : int
        Most pieces between the ticks of the parameter.
    grid : bool
    in_a_row : bool
        Its parameter's name stands under the end of the axis, as there is no room beside it.
    has_heights : bool
        Whether the losses are numbered; of cuts that share them, only the first needs it.
    traced : bool
        The curve is drawn only as far as the point has been.

    Attributes
    ----------
    plot : Plot
    names : VGroup
        The axes' names.
    curve : Polyline
    ring, disc : Dots
        The start, and the point that is now.
    frame : Polyline
        Around what the first window showed, once another one does.
    diamond : Diamond
        The minimum; shown by whoever wants it.
    paths : dict of str to RunPath
    source : ndarray, shape (2, 3)
        Scene points of the curve's ends on a map; see `rise`.
    wire : ndarray, shape (n, 3)
        Scene points of the curve elsewhere, at `values`; see `flown`.
    """

    def __init__(
        self,
        box: Box,
        problem: LeastSquares,
        ends: tuple[float, float],
        heights: Axis,
        theme: Theme,
        *,
        role: str = "weight",
        start: float | None = None,
        follows: Runner | None = None,
        lanes: int = 0,
        most: int = 5,
        grid: bool = True,
        in_a_row: bool = False,
        has_heights: bool = True,
        traced: bool = False,
    ) -> None:
        super().__init__()
        self.problem, self.theme, self.role, self.box, self.heights = problem, theme, role, box, heights
        self.ends, self.start, self.follows, self.lanes = ends, start, follows, float(lanes)
        self.most, self.grid, self.in_a_row, self.has_heights = most, grid, in_a_row, has_heights
        self.floor, self.zoom = heights.low, np.empty((0, 3))
        self.curve = Polyline(theme.color(role), 6)
        self.ring, self.disc, self.diamond = start_ring(theme, 12), current_disc(theme), Diamond(theme)
        self.frame = Polyline(theme.muted, 2.5)
        lay("ghosts", self.frame)
        self.paths: dict[str, RunPath] = {}
        self.place: float | None = None
        self.rise, self.flown, self._taken = 1.0, 1.0, Ink()
        self._traced = (start, start) if traced and start is not None else None
        self.plot, self.names = self._axes()
        self.source = self.plot.at(ends, (self.floor, self.floor))
        self.wire = self.plot.at(self.values, self.problem.loss(self.values[:, None]))
        self.add(self.plot, self.names, self.frame, self.curve, self.ring, self.disc)
        self._draw()
        if follows:
            self.at(0)

    def _axes(self) -> tuple[Plot, VGroup]:
        """Axes for the box and the window as they are, and their names."""
        box, heights = self.box, self.heights
        x = compact(round_axis(*self.ends, f"${self.role}$", self.most))
        x = clear_of_name(x, box.width) if self.in_a_row else without_last_ticks(x, _NAME_OF_X)
        under = (_UNDER * min(self.lanes, 1.0) + _LANE * self.lanes) * (heights.high - self.floor)
        y = replace(heights, low=self.floor - under)
        left = left_of_axes(box.left, y) if self.has_heights else box.left
        plot = Plot(Box(left, box.top, box.right, box.bottom), x, y, self.theme, grid=self.grid)
        if not self.has_heights:
            plot.labels.remove(*plot.labels[len(x.ticks) :])
        if self.lanes:
            end = plot.at(x.high, self.floor) + np.array([sheet.units(_BEYOND_AXIS), 0, 0])
            plot.lines.add(rule(plot.at(x.low, self.floor), end, self.theme.axis, 2.5))
            lay("grid", plot.lines)
        return plot, plot.name_axes_in_a_row(self.has_heights) if self.in_a_row else plot.name_axes()

    def _lay_axes(self) -> None:
        """Stand in other axes, with all that is drawn in them."""
        plot, names = self._axes()
        self.renew("plot", plot)
        self.renew("names", names)
        for path in self.paths.values():
            path.lay_in(plot, 0 if len(self.zoom) else None)

    # -- where things are --------------------------------------------------------------------------------

    @property
    def window(self) -> Array:
        """What the axes show, of shape (3,): the ends of the parameter, and the highest loss."""
        return np.array([*self.ends, self.heights.high])

    @property
    def fine(self) -> Array:
        """How finely a parameter and a loss can be drawn, of shape (2,)."""
        return 1e-9 * np.array([self.plot.x.high - self.plot.x.low, self.plot.y.high - self.plot.y.low])

    def loss(self, value: float) -> float:
        """The loss at a value of the parameter."""
        return float(self.problem.loss([value]))

    @property
    def values(self) -> Array:
        """Values (n,) of the parameter, evenly over what is seen of it and not above the axis of the loss."""
        half = float(self.problem.reach([1.0], max(self.plot.y.high - self.problem.minimum, 0.0)))
        lowest, (low, high) = float(self.problem.minimizer[0]), self.ends
        return np.linspace(max(low, lowest - half), min(high, lowest + half), _CORNERS)

    def slope(self, value: float, delta: float = 0.0) -> float:
        """The slope of the secant over a step, of the tangent where the step is none."""
        return float(self.problem.gradient([value + 0.5 * delta])[0])  # of a parabola: half way, exactly

    def on_curve(self, value: float) -> Array:
        """The point (1, 3) of the scene on the curve."""
        return self.plot.at([value], [self.loss(value)])

    def in_lane(self, value: float, lane: int = 0) -> Array:
        """The point (3,) of the scene in the middle of a lane, counted from above."""
        height = self.floor + (lane + 0.5) / max(self.lanes, 1.0) * (self.plot.y.low - self.floor)
        return self.plot.at(value, height)

    # -- the protocol ------------------------------------------------------------------------------------

    def at(self, row: int, towards: float = 0.0) -> Self:
        if self.follows:
            self.dial(place=float(self.follows.between(row, towards)[0]))
        if len(self.zoom):
            here, there = (self.zoom[min(each, len(self.zoom) - 1)] for each in (row, row + 1))
            self.dial(window=here + towards * (there - here))
        for path in self.paths.values():
            here = min(row, len(path.points_given) - 1)
            path.show_row(here, towards if here == row else 0.0)
        return self

    @property
    def dials(self) -> Mapping[str, Any]:
        return {
            "place": self.place,
            "rise": self.rise,
            "flown": self.flown,
            "box": self.box,
            "ends": np.array(self.ends),
            "window": self.window,
            "lanes": self.lanes,
        }

    def dial(self, **values: Any) -> Self:
        if "window" in values:
            low, high, top = (float(each) for each in values.pop("window"))
            self.ends = (low, high)
            name = self.heights.bare if isinstance(self.heights, PowerAxis) else self.heights.name
            self.heights = heights_up_to(self.floor, top, name, self.most)
            self._traced = None
            values.setdefault("box", self.box)
        for name, value in values.items():
            setattr(self, name, value)
        if "box" in values or "lanes" in values:
            self._lay_axes()
        if self.rise < 1 or "rise" in values:
            for text in (*self.plot.labels[len(self.plot.x.ticks) :], *self.names[1:]):
                for glyph in text.ink():
                    glyph.set_opacity(max(4 * self.rise - 3, 0.0))
        if self._traced and self.place is not None:
            self._traced = min(self._traced[0], self.place), max(self._traced[1], self.place)
        self._draw()
        return self

    def zoom_with(self, windows: Array) -> Self:
        """Show at row k the window in row k (n, 3), as `gdmath.zoom_of_runs` gives them, and go with a step.

        Its paths are then cut at the edge of the axes and may come back; nothing leaves for good. A frame
        shows how small the first window has become.
        """
        self.zoom = np.asarray(windows, dtype=float)
        return self.dial(window=self.zoom[0])

    @property
    def change(self) -> Array:
        """How far the point of the run that it follows moves in each step, pixels."""
        assert self.follows is not None
        values = self.follows.run.parameters
        places = self.plot.pixels(values[:, 0], self.problem.loss(values))
        return np.asarray(np.hypot(*np.diff(places, axis=0).T))

    def claims(self, row: int) -> Iterator[Claim]:
        fine = self.fine
        marks: dict[str, Dots | RunMarks] = {name: path.head for name, path in self.paths.items()}
        if self.follows:
            marks[self.follows.name] = self.disc
        for name, mark in marks.items():
            if mark.has_points():
                value, loss = self.plot.values(mark.centers())[0]
                yield Claim("parameters", name, row, np.array([value]), fine[:1])
                yield Claim("loss", name, row, loss, fine[1])

    def _draw(self) -> None:
        if self.rise < 0:
            lying = self.plot.at(self.ends, (self.floor, self.floor))
            self.curve.through(lying + self.rise * (lying - self.source))
        elif self.flown < 1:
            there = self.plot.at(self.values, self.problem.loss(self.values[:, None]))
            if self.wire[-1, 0] < self.wire[0, 0]:  # seen from behind it would fold on its way
                there = there[::-1]
            self.curve.through(self.wire + self.flown * (there - self.wire))
        else:
            values = np.linspace(*(self._traced or self.ends), _CORNERS)
            losses = self.problem.loss(values[:, None])
            draw_curve(self.curve, self.plot, values, self.floor + self.rise * (losses - self.floor))
        for mark, value in ((self.ring, self.start), (self.disc, self.place)):
            if value is not None:
                mark.stand_at(self._risen(value))
        self.diamond.stand_at(self.on_curve(float(self.problem.minimizer[0])))
        self.frame.clear_points()
        if len(self.zoom) and (self.window != self.zoom[0]).any():
            low, high, top = self.zoom[0]
            x, y = [low, low, high, high, low], [self.floor, top, top, self.floor, self.floor]
            self.frame.through(self.plot.at(x, y))

    def _risen(self, value: float) -> Array:
        """The point (1, 3) of the scene on the curve as it is drawn now."""
        height = self.floor + max(self.rise, 0.0) * (self.loss(value) - self.floor)
        there = self.plot.at([value], [height])
        if self.rise < 0:
            first, last = self.source
            on_map = first + (value - self.ends[0]) / (self.ends[1] - self.ends[0]) * (last - first)
            there = there + self.rise * (there - on_map)
        return there

    # -- what stands on it -------------------------------------------------------------------------------

    def add_path(self, runner: Runner) -> RunPath:
        """A run of this loss as a path through its rows, which `at` moves from now on."""
        path = self.paths[runner.name] = RunPath(_points(runner), self.plot, runner.style, self.theme)
        self.add(path)
        return path

    def put_on_card(self, box: Box) -> Self:
        """Stand on a card of the ground's colour, which covers the axes behind it."""
        card = rectangle(box, self.theme.muted, width=2.5).set_fill(self.theme.ground, 1)
        lay("grid", card)
        self.add_to_back(card)
        return self

    def level(self, loss: float) -> Segments:
        """A dashed line at the height of a loss."""
        start, end = self.plot.at([self.plot.x.low, self.plot.x.high], [loss, loss])
        level = dashed(rule(start, end, self.theme.muted, 2), 5, 9)
        self.keep_off(level)
        return level

    def drop(self, value: float) -> Segments:
        """A dashed line from the curve down to the axis."""
        foot = self.plot.at(value, self.plot.y.low)
        drop = dashed(rule(self.on_curve(value)[0], foot, self.theme.ink, 2), 9, 8)
        self.keep_off(drop)
        return drop

    def over(self, held: str, value: float) -> tuple[Words, Words]:
        """What moves in it, over its axes at the left, and at the right the role and value that are held."""
        box, baseline = self.plot.box, self.plot.box.top - _OVER
        moves = Words(tr("only {it} moves", it=f"${self.role}$"), MEDIUM, self.theme).place(
            box.left, baseline
        )
        at = Words(tr("{it} held at {at}", it=f"${held}$", at=rounded(value)), SMALL, self.theme, "muted")
        return moves, at.place(box.right, baseline, "right")

    def under(self, source: str) -> Words:
        """What is said of it, under its lanes. Typst markup."""
        line = self.line_under()
        return Words(source, SMALL, self.theme).place(line.left, line.bottom)

    def line_under(self) -> Box:
        """Where a line under its lanes stands."""
        box = self.plot.box
        return Box(box.left, box.bottom + _BENEATH - SMALL, box.right, box.bottom + _BENEATH)

    def keep_off(self, *drawn: VMobject | Box, weight: float = 1.0) -> None:
        """Labels that come later are not put on these."""
        self._taken.add(*drawn, weight=weight)

    def let_go(self, *texts: Type) -> None:
        """Labels that have left: those that come later may stand where they were."""
        self._taken.add(*(text.box() for text in texts), weight=-MARK)

    def label(
        self,
        text: Type,
        value: float | None = None,
        loss: float | None = None,
        prefer: Sequence[str] = (),
        gaps: Sequence[float] = (26, 40, 60, 110),
    ) -> Type:
        """Put a text beside a place of the axes, or in a corner of them, where it covers least.

        Parameters
        ----------
        text : Type
        value, loss : float, optional
            The place; on the curve without a loss, cut at the edge of the axes. Without a value: a corner.
        prefer : sequence of str
            Sides of the place, or corners, best first.
        gaps : sequence of float
            Distances from the place that are tried, pixels.
        """
        foot = float(self.plot.pixels(self.plot.x.low, self.floor)[1])
        inside = replace(self.plot.box, bottom=foot)  # lanes have words of their own
        at: Box | tuple[float, float] = inside
        if value is not None:
            loss = min(self.loss(value) if loss is None else loss, self.plot.y.high)
            x, y = self.plot.pixels(value, loss)
            at = float(x), float(y)
        ink = Ink()
        ink.sheet = self._taken.sheet.copy()
        ink.add(self.curve, *(path.line for path in self.paths.values()))
        ink.add(*(mark for mark in (self.ring, self.disc) if mark.has_points()), weight=MARK)
        place([Label(text, at, tuple(prefer), tuple(gaps), pad=7)], ink, inside)
        self.keep_off(text)
        return text


def _points(runner: Runner) -> Array:
    """The rows (n, 2) of a run of one parameter and their losses."""
    return np.column_stack([runner.run.parameters[:, 0], runner.run.losses])


def heights_up_to(low: float, high: float, name: str, most: int) -> Axis:
    """An axis of losses, with no tick at its end, which is left to its name (Typst markup)."""
    return without_last_ticks(compact(round_axis(low, high, name, most)), _NAME_OF_Y)
