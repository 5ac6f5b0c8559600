"""The contour map: a loss over (b, w) seen from above, with the runs that descend on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Protocol, Self, TypeAlias, TypeVar

import numpy as np
from manim import VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from gdmath import LeastSquares, Window
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.figures.head import Head, HeadSizes, head_sizes
from gdscenes.kit.lecture.runner import Runner
from gdscenes.kit.page.cell import Cell, Insets
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box, stroke
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places, Plot
from gdscenes.kit.plot.axis import (
    Axis,
    clear_of_name,
    compact,
    equal_axes,
    pieces_that_fit,
    round_axis,
    widest_label,
)
from gdscenes.kit.plot.contours import Contours, draw_level
from gdscenes.kit.plot.labels import MARK, Ink, Label, place, plated
from gdscenes.kit.plot.marks import Diamond, Polyline, Segments, closed, corners_of, rectangle, start_ring
from gdscenes.kit.plot.runs import MARKS_APART, RunPath
from gdscenes.kit.type.notation import Notation, notation_for
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]
T = TypeVar("T")
Each: TypeAlias = T | list[T]
"""One for all, or a list with one for each."""

_MOST_ASPECT = 4.0  # beyond this ratio of the spans, one unit cannot be as long on both axes
_QUIET = 0.55  # opacity of a run that covers much
_STRONG, _RIMMED = 8.0, 18.0  # width of a strong level line, and with its rim, pixels
_PLATE = 0.9  # opacity, at which words stand out from what shows through: the map and runs on it
_HEAD, _NO_HEAD, _UNDER, _ASIDE = 81.0, 50.0, 70.0, 24.0


def map_axes(
    box: Box, window: Window, *, equal_aspect: bool = True, units: Array | None = None
) -> tuple[Axis, Axis]:
    """Axes of b and w over a window, their numbers short.

    Parameters
    ----------
    box : Box
        Where they will stand.
    window : Window
        What must be shown.
    equal_aspect : bool
        One unit of b as long on the page as one of w, the window widened for it; given up where one range
        is so much longer than the other that nothing could be seen.
    units : ndarray, shape (2,), optional
        Units of b and w that are always equally long; see `axis_units`.
    """
    b, w = (window.b_min, window.b_max), (window.w_min, window.w_max)
    stretch = (b[1] - b[0]) / (w[1] - w[0]) * box.height / box.width
    if units is not None:
        x, y = equal_axes(box, b, w, units=units)
        return clear_of_name(x, box.width), y
    if equal_aspect and 1 / _MOST_ASPECT <= stretch <= _MOST_ASPECT:
        x, y = equal_axes(box, b, w, most=4)
        if len(clear_of_name(x, box.width).ticks) < 2:
            x, y = equal_axes(box, b, w, pieces_that_fit(x.low, x.high, 6, box.width))
    else:
        x, y = round_axis(*b, "$bias$", 3), round_axis(*w, "$weight$", 3)
    return clear_of_name(compact(x), box.width), compact(y)


def map_in(cell: Cell, *windows: Window) -> Cell:
    """Where a map without a head stands in a cell, with room for the ticks and names of all its windows."""
    numbers = max(widest_label(map_axes(cell, each)[1]) for each in windows)
    return cell.inset(Insets(numbers + _ASIDE, 0.0, 0.0, _UNDER))


class Held(Protocol):
    """What can be drawn in any axes (b, w)."""

    def lay_in(self, plot: Places) -> object: ...


class ContourMap(Figure):
    """Level lines of a loss in a frame, with its minimum, a start, and runs up to a row.

        self.map = ContourMap(box, story.problem, story.window, levels, theme, start=story.start)
        self.turn(self.map, window=story.near)

    Its dials are `problem`, `window`, `box`, and `since`, the moment of the clock from which on its runs are
    drawn. While window and box turn, its ticks and names are away; see `keeps_ruler`.

    Parameters
    ----------
    box : Box
        The frame.
    problem : LeastSquares
        One with a bias and a unique minimizer.
    window : Window
        What must be shown.
    levels : iterable of float
        Losses to draw lines at.
    theme : Theme
    start : ndarray, shape (2,), optional
        (b, w) of the ring.
    runners : sequence of Runner
        Drawn as paths.
    quiet : bool
        Contours close to the ground, where runs are the subject; else violet.
    full : float, optional
        The loss from which on the colour is the highest; see `Contours`.
    equal_aspect, units
        See `map_axes`.
    has_heights : bool
        Whether the ticks of w are numbered; of maps in a row that share them, only the first needs it.
    run : str
        Name of the run whose loss it shows, where it has no runners; see `Claim`.
    head : tuple of float, optional
        Sizes of a head over the frame, for the first of the runs; see `head_sizes`. None when left out.
    apart : float
        How near the marks of a path may be to each other, pixels.
    disc : float
        Of the current row of a path; see `RunPath`.
    names : tuple of str
        Of the axes, Typst markup.
    w_at : str
        The corner in which the name of w stands where it covers no more than in another.

    Attributes
    ----------
    plot : Places
        Where (b, w) lie now; itself not drawn.
    contours : Contours
    frame : Polygon
    ring : Dots
    diamond : Diamond
    paths : dict of str to RunPath
    segments : list of (Segments, ndarray)
    head : Head or None
    is_numbered : bool
        Whether its ruler has ticks; takes effect when it settles.
    keeps_ruler : bool
        Whether its ruler turns with its window and box, rather than being away.
    ruler : VGroup
        Ticks, and the axes' names: b under the right end, w in a corner of the frame.
    """

    def __init__(
        self,
        box: Box,
        problem: LeastSquares,
        window: Window,
        levels: Iterable[float],
        theme: Theme,
        *,
        start: Array | None = None,
        runners: Sequence[Runner] = (),
        quiet: bool = True,
        full: float | None = None,
        equal_aspect: bool = True,
        units: Array | None = None,
        has_heights: bool = True,
        run: str = "",
        head: HeadSizes | None = None,
        apart: float = MARKS_APART,
        disc: float = 0.0,
        names: tuple[str, str] = ("$bias$", "$weight$"),
        w_at: str = "upper left",
    ) -> None:
        super().__init__()
        self.theme, self.start, self.runners = theme, start, runners
        self.run = runners[0].name if runners else run
        self.equal_aspect, self.units, self.has_heights, self.row = equal_aspect, units, has_heights, 0
        self.w_at, self.names = w_at, names
        self.is_numbered, self.keeps_ruler, self.since = True, False, 0.0
        self.segments: list[tuple[Segments, Array]] = []
        self._held: list[Held] = []
        self._levels: list[tuple[Polyline, float]] = []
        self.contours = Contours(problem, levels, theme, quiet=quiet, full=full)
        self.frame = rectangle(box, theme.axis, width=2)
        self.ring, self.diamond = start_ring(theme, 13), Diamond(theme)
        self.problem, self.window, self.box = problem, window, box
        self.plot = self._axes()
        self.paths = {
            each.name: RunPath(
                each.run.parameters,
                self.plot,
                each.style,
                theme,
                marked_rows=each.run.epoch_starts,
                apart=apart,
                disc=disc,
            )
            for each in runners
        }
        self.ruler = VGroup()
        self.head: Head | None = None
        self._head_sizes = head
        self.add(self.contours, self.frame, self.ring, self.diamond, *self.paths.values())
        self._draw()
        self.settle()

    def _axes(self) -> Places:
        x, y = map_axes(self.box, self.window, equal_aspect=self.equal_aspect, units=self.units)
        return Places(
            self.box, *(replace(axis, name=name) for axis, name in zip((x, y), self.names, strict=True))
        )

    def _draw(self) -> None:
        self.plot = self._axes()
        self.contours.problem = self.problem
        self.contours.draw(self.plot)
        self.frame.set_points(closed(corners_of(self.box)))
        places = ((self.ring, self.start), (self.diamond, self.problem.minimizer))
        for mark, where in places:
            if where is not None and self.plot.limits.contains(*where):
                mark.stand_at(self.plot.at(*where)[None])
            else:
                mark.clear_points()
        lay("residuals" if self.since else "marks", self.diamond)  # in a close look it would hide the paths
        for runner in self.runners:
            self.paths[runner.name].lay_in(self.plot, runner.row(self.since) if self.since else None)
        for held in self._held:
            held.lay_in(self.plot)
        for line, ends in self.segments:
            line.set_ends(*self.plot.at(*ends.T)[:, None])
        for level, loss in self._levels:
            draw_level(level, self.plot, self.problem, loss)

    def segment(self, ends: ArrayLike, role: str, width: float = 7.0) -> Segments:
        """A straight line between ends (2, 2), each (b, w), which stays on them while the dials turn."""
        line = Segments(self.theme.color(role), width)
        self.segments.append((line, np.asarray(ends, dtype=float)))
        self.add(line)
        self._draw()
        return line

    # -- the protocol ------------------------------------------------------------------------------------

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row = row
        for runner in self.runners:
            here = runner.row(row)
            self.paths[runner.name].show_row(here, towards if here < runner.run.n_steps else 0.0)
        return self

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"problem": self.problem, "window": self.window, "box": self.box, "since": self.since}

    def dial(self, **values: Any) -> Self:
        for name, value in values.items():
            setattr(self, name, value)
        self._draw()
        if self.keeps_ruler and {"window", "box"} & set(values):
            index = self.submobjects.index(self.ruler)
            self.ruler = self.submobjects[index] = self._new_ruler()
        return self

    def trimmings(self, *dials: str) -> list[VMobject]:
        is_untrue = not self.keeps_ruler and {"window", "box"} & set(dials)
        parts: list[VMobject] = [self.ruler] if is_untrue else []
        return [*parts, self.head] if self.head and "box" in dials else parts

    def settle(self) -> Self:
        self.bare("box").remove(self.ruler)
        self.ruler = self._new_ruler()
        if self._head_sizes:
            self.head = Head(self.box, self.runners[0], self.theme, self._head_sizes)
        self.add(self.ruler, *([self.head] if self.head else []))
        return self

    def hold(self, *drawn: Held) -> None:
        """Keep what else is drawn in its axes in its place when they turn."""
        self._held += drawn

    def shows(self, parameters: Array) -> bool:
        """Whether (b, w) lies inside of the frame."""
        return self.plot.limits.contains(*parameters)

    def insets(self, window: Window | None = None) -> Insets:
        """Room that its ticks, names and head need, in another window if one is given."""
        top = _HEAD if self._head_sizes else _NO_HEAD
        seen = window or self.window
        _, y = map_axes(self.box, seen, equal_aspect=self.equal_aspect, units=self.units)
        return Insets(widest_label(y) + _ASIDE if self.has_heights else 0.0, top, 0.0, _UNDER)

    def claims(self, row: int) -> Iterator[Claim]:
        fine = 1e-9 * np.array([self.plot.x.high - self.plot.x.low, self.plot.y.high - self.plot.y.low])
        if self.diamond.has_points():
            yield Claim("minimizer", self.run, 0, self.plot.values(self.diamond.place()), fine)
        if self.ring.has_points():
            yield Claim("start", self.run, 0, self.plot.values(self.ring.centers()[0]), fine)
        for runner in self.runners:
            head = self.paths[runner.name].head
            if head.has_points():
                at = self.plot.values(head.centers()[0])
                yield Claim("parameters", runner.name, runner.row(row), at, fine)

    # -- what is said on it ------------------------------------------------------------------------------

    def has_left(self, name: str, row: int) -> bool:
        """Whether a row is the one on the way to which a run leaves the map."""
        return row == self.paths[name].exit_row

    def lift(self, name: str, over: str) -> None:
        """A run and the minimum lie over another run that covers much, whose line is paler from now on."""
        run = self.paths[name]
        self.paths[over].line.set_stroke(opacity=_QUIET)
        lay("marks", run.line, run.marks)
        lay("moving", self.diamond)

    def note(
        self,
        source: str,
        *,
        role: str = "ink",
        beside: str = "",
        off: Array | None = None,
        clear_of: Sequence[VMobject] = (),
    ) -> VGroup:
        """Words on a plate, in the corner of the map where least is drawn, or where a run leaves it.

        Parameters
        ----------
        source : str
            Typst markup.
        role : str
        beside : str
            Name of the run that has left, beside whose cross they stand.
        off : ndarray, shape (n, 2), optional
            Places (b, w) that it keeps away from.
        clear_of : sequence of VMobject
            What else is drawn on the map.
        """
        words = Words(source, SMALL, self.theme, role)
        ink = self._sparse_ink().add(*clear_of)
        if off is not None:
            seen = [each for each in off if self.shows(each)]
            ink.add(self.plot.pixels(*np.reshape(seen, (-1, 2)).T), weight=MARK)
        corners = ("lower right", "lower left", "upper right", "upper left", "below", "above")
        label = Label(words, self.box, corners, pad=20, inset=(22, 24))
        if beside:
            for runner in self.runners:
                ends = [each for each in runner.run.parameters if self.shows(each)]
                for pair in pairwise(ends):  # the runs will yet come there
                    ink.add(self.plot.pixels(*np.linspace(*pair, 80).T))
            exit_at = self.paths[beside].exit
            assert exit_at is not None, "what is said of an exit has one"
            x, y = self.plot.pixels(*exit_at)
            label = Label(words, (float(x), float(y)), pad=12, gaps=(36, 60, 110, 160))
        place([label], ink, self.box.grown(-18))
        return plated(words, self.theme, 12, _PLATE)

    def level(self, loss: float) -> Polyline:
        """The level line of one loss, strong and with a rim of the ground, also while the dials turn."""
        line = draw_level(Polyline(self.theme.loss, _STRONG), self.plot, self.problem, loss)
        line.set_stroke(self.theme.ground, stroke(_RIMMED), 1, background=True)
        lay("ghosts", line)
        self._levels.append((line, loss))
        return line

    def label_levels(
        self,
        levels: Iterable[float],
        loss_name: str = "",
        *,
        off: Iterable[Array] = (),
        notation: Notation | None = None,
    ) -> VGroup:
        """Numbers on some level lines, far from the marks and from each other.

        Parameters
        ----------
        levels : iterable of float
        loss_name : str
            With it, a corner beyond the highest level says so.
        off : iterable of ndarray, each (2, 2)
            Ends (b, w) of lines that they keep away from.
        notation : Notation, optional
            As short as a round level can be when left out.
        """
        marks = [mark for mark in (self.start, self.problem.minimizer) if mark is not None]
        lines = [np.linspace(start, end, 20) for start, end in off]
        spots = self.plot.pixels(*np.vstack([*marks, *lines]).T)
        labels = VGroup(*self.contours.labels(self.plot, levels, spots, notation))
        if loss_name:
            labels.add(self.contours.beyond(self.plot, loss_name))
        lay("text", labels)
        return labels

    def number_levels(self, most: int = 3, off: Iterable[Array] = ()) -> VGroup:
        """Numbers on a few of the level lines that are seen, from the highest down.

        Parameters
        ----------
        most : int
        off : iterable of ndarray, each (2, 2)
            Ends (b, w) of lines that they keep away from.
        """
        lines = zip(self.contours.levels, self.contours.lines, strict=True)
        seen = [float(level) for level, line in lines if line.has_points()][::-1]
        return self.label_levels(seen[1::2][:most], off=off, notation=notation_for(seen, 3))

    def _sparse_ink(self) -> Ink:
        ink = Ink().add(*(path.line for path in self.paths.values() if path in self.submobjects))
        ink.add(self.ring, self.diamond, weight=MARK)
        return ink.add(*self.ruler[1:])

    def _new_ruler(self) -> VGroup:
        theme, box, plot = self.theme, self.box, self.plot
        x, y = (axis if self.is_numbered else replace(axis, ticks=()) for axis in (plot.x, plot.y))
        axes = Plot(box, x, y, theme, grid=False)
        axes.lines.remove(*axes.lines[:2])  # the frame stands for the axes
        if not self.has_heights:
            axes.labels.remove(*axes.labels[len(x.ticks) :])
        b = Words(plot.x.name, SMALL, theme).place(box.right, box.bottom + 52, "right")
        w = Words(plot.y.name, SMALL, theme)
        ink = Ink().add(*(path.line for path in self.paths.values()))
        ink.add(self.ring, self.diamond, weight=MARK)
        place([Label(w, box, (self.w_at, "upper left", "lower left"), pad=23, inset=(18, 14))], ink)
        return VGroup(axes, b, plated(w, theme, 9))


def maps_in_a_row(
    cell: Cell,
    runners: Sequence[Runner],
    problem: Each[LeastSquares],
    window: Each[Window],
    levels: Each[Array],
    theme: Theme,
    *,
    full: Each[float | None] = None,
    least_left: float = 0.0,
    apart: float = MARKS_APART,
) -> list[ContourMap]:
    """A map for each of several runs, of one size, under heads of one size.

        self.maps = maps_in_a_row(top, story.runners, story.problem, story.window, story.levels, theme)

    Parameters
    ----------
    cell : Cell
        For the maps with their heads, ticks and names.
    runners : sequence of Runner
    problem, window, levels, full
        For all maps, or a list with one for each; see `ContourMap`.
    theme : Theme
    least_left : float
        Room at the left at least, pixels, where something under the maps needs it.
    apart : float
        See `ContourMap`.
    """
    n = len(runners)
    problems, windows, heights = _each(problem, n), _each(window, n), _each(levels, n)
    fulls = full if isinstance(full, list) else [full] * n
    trial = Box(0, cell.top + _HEAD, cell.width / n - 100, cell.bottom - _UNDER)
    numbers = max(widest_label(map_axes(trial, each)[1]) for each in windows)
    left = cell.left + max(numbers + _ASIDE, least_left)
    columns = Cell(left, cell.top + _HEAD, cell.right, cell.bottom - _UNDER).columns(n, gap=numbers + 38)
    sizes = head_sizes(columns[0].width, runners, theme)
    return [
        ContourMap(
            box,
            each,
            seen,
            high,
            theme,
            full=top,
            start=runner.run.parameters[0],
            runners=[runner],
            head=sizes,
            apart=apart,
        )
        for box, runner, each, seen, high, top in zip(
            columns, runners, problems, windows, heights, fulls, strict=True
        )
    ]


def _each(value: Each[T], n: int) -> list[T]:
    return value if isinstance(value, list) else [value] * n
