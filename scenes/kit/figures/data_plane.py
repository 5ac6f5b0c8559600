"""The data plane: points, the model's line among them, and what the line misses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import inf
from typing import Any, Self

import numpy as np
from manim import VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from gdmath import Dataset, LeastSquares, Standardizer, TeachingFrame
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.lecture.own_units import MOST_DRAWN, counted
from gdscenes.kit.page import sheet
from gdscenes.kit.page.cell import Cell, Insets
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot, remove_crowded
from gdscenes.kit.plot.axis import Axis, FramedAxis, PowerAxis, compact, framed, round_axis, widest_label
from gdscenes.kit.plot.labels import MARK, Ink, Label, kept_apart, over, place
from gdscenes.kit.plot.marks import Dots, Segments, dashed, rule
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.typeset import Type, Words, name_source, source_width

Array = NDArray[np.float64]

RESIDUALS = 0.6
"""Opacity of residuals."""
_BEYOND, _GAP = 20.0, 12.0  # to the end of the x axis' line, and from it or the last number to the name
_LONG_NAME = 100.0  # a longer name stands under the numbers
_OVER_AXES, _OVER_NAME = 40.0, 84.0  # where a heading stands over the axes, and over a long name
_CROWDED = 80  # more residuals are thinner
_RIMMED = 8.0  # smaller dots have no rim that sets them apart
_NEWEST_GHOST, _FAINTEST_GHOST = 0.75, 0.35
_GHOST_LABELS_APART, _GHOST_NAME = 40.0, 44.0  # of the numbers of rows, and from the first to their name
_ENDS_AFTER, _ENDS_APART = 30.0, 24.0  # from the axes to what stands beside ends of lines, and between these
_BESIDE_GHOSTS = 76.0  # room for that name: another column of the page begins right behind it
_PIN = 11.0  # radius of the mark about which lines turn


class DataPlane(Figure):
    """Axes that hold the data and the lines of a run, and the marks drawn on them.

        plane = DataPlane(story.dataset, cell, theme, run.parameters, ghosts=(0, 5, 10))
        self.show(plane)                                # axes and points
        plane.dial(parameters=run.parameters[0])        # the line appears
        self.turn(plane, grown=1.0)                     # its residuals grow
        self.advance(Clock(plane), to=5)

    Parameters
    ----------
    dataset : Dataset
    cell : Cell
        Room for the axes, their numbers and their names.
    theme : Theme
    lines : array_like, shape (n, 2) or (2,)
        (b, w) of all lines that will be drawn, those of the rows of a run first.
    run : str
        Name of that run in the story.
    x, y : Axis, optional
        Instead of those that the data and the lines ask for; their names stand after those of the columns.
    most : int
        Most pieces between ticks.
    stretch : float
        The axis of x also holds the feature times this factor; see the dial `factor`.
    named : bool
        Whether the axes have names; one whose numbers count a power of ten always has.
    heading : str
        Over the middle of the axes, Typst markup; "" for none.
    radius : float
        Of the points, pixels.
    pivot : tuple of float, optional
        (x, y) through which all lines go: the axes hold it, and a pin marks it.
    ghosts : sequence of int
        Rows whose line stays behind as a thin one, with its number where there is room.

    Attributes
    ----------
    plot : Plot
    heading : Words
    names, train, validation : VGroup
    line : Segments
        Empty until a row is shown, or the dial `parameters` is set.
    residuals : Segments
        From the points to the line; empty until the dial `grown` is set.
    lit : Dots
        The points that `look_at` names.
    pin : Dots
        On the pivot, from when there is a line.

    Notes
    -----
    Dials: `parameters` (b, w), `grown` (share of each residual that is drawn), `factor` (what the feature is
    multiplied by; the line stays among its points) and `box` of the axes.
    """

    def __init__(
        self,
        dataset: Dataset,
        cell: Cell,
        theme: Theme,
        lines: ArrayLike,
        *,
        run: str = "",
        x: Axis | None = None,
        y: Axis | None = None,
        most: int = 4,
        stretch: float = 1.0,
        named: bool = True,
        heading: str = "",
        radius: float = 9.0,
        pivot: tuple[float, float] | None = None,
        ghosts: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.pivot, self.pin = pivot, Dots(theme.model, _PIN, hollow=True).set_fill(theme.ground, 1)
        self.dataset, self.theme, self.named, self.radius = dataset, theme, named, radius
        self.rows, self.run, self.ghost_rows = np.atleast_2d(np.asarray(lines, dtype=float)), run, ghosts
        self.problem = LeastSquares(dataset.x_train, dataset.y_train, reduction=dataset.reduction)
        self.parameters: Array = self.rows[0]
        self.drawn, kept_aside = dataset.sample(MOST_DRAWN)
        self.grown, self.factor, self.seen = 0.0, 1.0, self.drawn
        self.x, self.y = self._axes(x, y, most, stretch)
        # a stretched feature counts no unit
        self._units = "" if stretch != 1 else dataset.x_unit, dataset.y_unit
        self.heading = Words(heading, MEDIUM, theme)
        self.line = Segments(theme.model, 8)
        self.residuals = Segments(theme.loss, 3 * self.thinned, RESIDUALS)
        self.lit = Dots(theme.ink, 7) if len(self.drawn) > 100 else Dots(theme.ink, 11, rim=theme.ground)
        self.ghosts, self.ghost_labels = VGroup(), VGroup()
        self._ghosts_of: list[int] = []
        self._has_line = False
        lay("residuals", self.residuals)
        lay("marks", self.lit, self.pin)
        if radius <= _RIMMED:  # over small points, or it would be lost
            lay("marks", self.line)
        self._cell = cell
        self.box = cell.inset(self.insets())
        self.plot, self.names = Plot(self.box, self.x, self.y, theme), VGroup()
        self._centers: list[tuple[Dots, Array]] = []
        self.train = self._dots(dataset.x_train[self.drawn], dataset.y_train[self.drawn], hollow=False)
        self._kept_aside = dataset.x_validation[kept_aside], dataset.y_validation[kept_aside]
        self.validation = self._dots(*self._kept_aside, hollow=True)
        self.add(self.plot, self.names, self.heading, self.residuals, self.ghosts, self.line)
        self.add(self.train, self.validation, self.lit, self.pin, self.ghost_labels)
        self.dial(box=self.box)

    # -- axes --------------------------------------------------------------------------------------------

    def _axes(self, x: Axis | None, y: Axis | None, most: int, stretch: float) -> tuple[Axis, Axis]:
        data, frame = self.dataset, self.dataset.frame or TeachingFrame()
        if x is None:
            held = [] if self.pivot is None else [self.pivot[0]]
            ends = frame.x_outside([min([*held, data.x.min()]), max([*held, data.x.max()])])
            x = _axis_of(ends, "x", most, frame.x_origin, frame.x_scale)
        self.edges = np.array([x.low, x.high])
        if stretch != 1:
            ends = np.concatenate([self.edges, stretch * self.edges])
            x = compact(round_axis(ends.min(), ends.max(), "", most - 1))
        if y is None:
            heights = np.concatenate([data.y, self.problem.predict(self.rows, self.edges).ravel()])
            ends = frame.y_outside([heights.min(), heights.max()])
            y = _axis_of(ends, "y", most, frame.y_origin, frame.y_scale)
        return x, y

    def _names(self, room: float = inf) -> tuple[Words | None, Words | None]:
        """Of x and of y, where they are shown, in so many pixels."""
        names = (self.dataset.x_name, self.dataset.y_name)
        x, y = (
            Words(_fitting(name, unit, axis, room / SMALL), SMALL, self.theme, "muted")
            if self.named or isinstance(getattr(axis, "own", axis), PowerAxis)
            else None
            for name, unit, axis in zip(names, self._units, (self.x, self.y), strict=True)
        )
        return x, y

    def _last_number(self) -> float:
        """How far the x axis' line, or its last number, goes beyond the axis."""
        x, last = self.x, self.x.ticks[-1]
        after = (x.high - last) / (x.high - x.low) * getattr(self, "box", self._cell).width
        return max(_BEYOND, SMALL * text_width(x.label(last)) / 2 - after)

    def insets(self) -> Insets:
        x, y = self._names()
        if _is_long(y):
            top = 124 if self.heading.ink() else 80
        else:
            top = 78 if self.heading.ink() else 54 if y else 20
        end = self._last_number() + _GAP + x.box().width if x and not _is_long(x) else 0.0
        right = _BESIDE_GHOSTS if self.ghost_rows else 50.0
        return Insets(self._left(), top, max(right, end), 123 if _is_long(x) else 71)

    def _left(self) -> float:
        """Room for the numbers of y."""
        return widest_label(self.y) + 24

    def _place_names(self) -> None:
        box, left = self.box, self.box.left - self._left()
        x, y = self._names(box.right + _BEYOND - left)
        self.names.submobjects = [name for name in (x, y) if name is not None]
        lay("grid", self.names)
        if x and _is_long(x):
            x.place(box.right + _BEYOND, box.bottom + 104, "right")
        elif x:
            x.place(box.right + self._last_number() + _GAP, box.bottom + 52)
        if y:
            start = left if _is_long(y) else max(sheet.SAFE.left, box.left - y.box().width / 2)
            y.place(start, box.top - 24)
        if self.heading.ink():
            over(self.heading, box, _OVER_NAME if _is_long(y) else _OVER_AXES)

    def _dots(self, x: Array, y: Array, hollow: bool) -> VGroup:
        """A mobject for each point, so that they can come one by one."""
        groups = list(np.stack([x, y], axis=1)[:, None])
        rim = self.theme.ground if self.radius > _RIMMED else None
        radius = self.radius * (8 / 9 if hollow else 1)
        dots = [Dots(self.theme.data, radius, rim=rim, hollow=hollow) for _ in groups]
        self._centers += [(dot, group) for dot, group in zip(dots, groups, strict=True)]
        return VGroup(*dots)

    @property
    def thinned(self) -> float:
        """How much thinner than those of a textbook's points the residuals are, where they crowd."""
        return min(1.0, _CROWDED / len(self.drawn))

    # -- what is drawn -----------------------------------------------------------------------------------

    def at(self, row: int, towards: float = 0.0) -> Self:
        self.row, here = row, self.rows[row]
        if towards:
            here = here + towards * (self.rows[row + 1] - here)
        self._leave_ghosts([each for each in self.ghost_rows if each < row + (towards > 0)])
        return self.dial(parameters=here)

    @property
    def change(self) -> Array:
        """How far the line moves in each step, pixels: the end that goes further."""
        heights = self.problem.predict(self.rows, self.edges)
        return np.asarray(np.abs(np.diff(heights, axis=0)).max(axis=1) * self.plot.y_pixels_per_unit)

    @property
    def dials(self) -> Mapping[str, Any]:
        return {
            "parameters": self.parameters,
            "grown": self.grown,
            "factor": self.factor,
            "box": self.box,
        }

    def dial(self, **values: Any) -> Self:
        for name, value in values.items():
            setattr(self, name, value)
        self._has_line |= "parameters" in values
        if "box" in values:
            self.renew("plot", Plot(self.box, self.x, self.y, self.theme))
            remove_crowded(self.plot.labels)
            self._place_names()
        if "box" in values or "factor" in values:
            places = self._places()
            for dots, centers in self._centers:
                dots.stand_at(places[: len(centers)])
                places = places[len(centers) :]
        return self._draw()

    def _draw(self) -> Self:
        if not self._has_line:
            return self
        ends = self.line_of(self.parameters)
        if ends is None:
            self.line.clear_points()
        else:
            self.line.set_ends(*ends)
        if self.pivot is not None:
            self.pin.stand_at(self.plot.at([self.pivot[0]], [self.pivot[1]]))
        if self.grown:
            points, feet = self.residual_ends(self.parameters)
            self.residuals.set_ends(points, points + self.grown * (feet - points))
        else:
            self.residuals.clear_points()
        return self

    def lift_line(self) -> Self:
        """Put the line over the points, where it is what is talked of."""
        lay("marks", self.line)
        return self

    def look_at(self, rows: ArrayLike) -> Self:
        """Light some of the train points, of very many those that are drawn, and the residuals of these."""
        rows = np.asarray(rows, dtype=int)
        self.seen = rows if len(rows) <= MOST_DRAWN else np.intersect1d(rows, self.drawn)
        self.lit.stand_at(self.where(self.problem.x[self.seen], self.problem.y[self.seen]))
        width = 6 if len(self.seen) == 1 else 3 if len(self.seen) <= 100 else 1
        self.residuals.set_stroke(width=sheet.stroke(width))
        return self._draw()

    def where(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Points (..., 3) of the scene where the data (x, y) stand, the factor taken in."""
        return self.plot.at(self.factor * np.asarray(x, dtype=float), y)

    def _places(self) -> Array:
        """Where all points that are drawn stand, points (n, 3) of the scene."""
        return self.where(*np.concatenate([centers for _, centers in self._centers]).T)

    def line_of(self, parameters: ArrayLike) -> tuple[Array, Array] | None:
        """Where a line enters and leaves the axes, points (1, 3) of the scene each; None where it misses."""
        heights = self.problem.predict(parameters, self.edges)
        pieces = self.plot.clipped(self.factor * self.edges, heights)
        return (pieces[0][:1], pieces[0][-1:]) if pieces else None

    def dashed_line(self, parameters: ArrayLike, role: str = "minimum") -> VGroup:
        """A line that a run may reach, as a mobject of its own; empty where the axes do not hold it."""
        ends = self.line_of(parameters)
        drawn = VGroup()
        if ends is not None:
            drawn.add(dashed(rule(ends[0][0], ends[1][0], self.theme.color(role), 8), 30, 30))
        drawn.set_z_index(self.line.z_index)
        return drawn

    def residual_ends(
        self, parameters: ArrayLike, rows: NDArray[np.int64] | None = None
    ) -> tuple[Array, Array]:
        """Train points, those seen unless others are named, and their predictions, points (n, 3)."""
        rows = self.seen if rows is None else rows
        x, y = self.problem.x[rows], self.problem.y[rows]
        return self.where(x, y), self.where(x, self.problem.predict(parameters, x))

    def validation_residuals(self) -> Segments:
        """From each validation point to the line, as a mobject of its own."""
        x, y = self._kept_aside
        drawn = Segments(self.theme.loss, 3, RESIDUALS)
        lay("residuals", drawn)
        return drawn.set_ends(self.where(x, y), self.where(x, self.problem.predict(self.parameters, x)))

    def leave_line(self) -> None:
        """The line as it is stays behind as a thin one."""
        ghost = Segments(self.theme.model, 3, _FAINTEST_GHOST).set_ends(*self.line.ends())
        lay("ghosts", ghost)
        self.ghosts.add(ghost)

    def _leave_ghosts(self, rows: list[int]) -> None:
        """The lines of these rows as thin ones, older ones fainter, and their numbers where there is room."""
        if rows == self._ghosts_of:
            return
        self._ghosts_of = rows
        drawn, labels, taken = VGroup(), VGroup(), list[float]()
        left = self.plot.box.right + 26
        for age, row in zip(range(len(rows))[::-1], rows, strict=True):
            ends = self.line_of(self.rows[row])
            if ends is None:
                continue
            opacity = max(_FAINTEST_GHOST, _NEWEST_GHOST * 0.9**age)
            drawn.add(Segments(self.theme.model, 3, opacity).set_ends(*ends))
            height = float(sheet.pixels(ends[1])[0, 1])
            if all(abs(height - other) > _GHOST_LABELS_APART for other in taken):
                taken.append(height)
                label = Digits(str(row), SMALL, self.theme, "muted")
                labels.add(label.place(left, height + 14))
                if len(taken) == 1:  # what is counted, on the side to which the line does not go
                    here, there = self.problem.predict(self.rows[[row, row + 1]], self.edges)[:, -1]
                    is_below = there > here and height + _GHOST_NAME < self.plot.box.bottom - SMALL / 2
                    taken.append(height + (_GHOST_NAME if is_below else -_GHOST_NAME))
                    name = Words(tr("step"), SMALL, self.theme, "muted")
                    too_long = max(0.0, name.box().width - _BESIDE_GHOSTS)
                    labels.add(name.place(left - too_long, taken[-1] + 14))
        lay("ghosts", drawn)
        self.ghosts.remove(*self.ghosts).add(*drawn)
        self.ghost_labels.remove(*self.ghost_labels).add(*labels)

    # -- labels and claims -------------------------------------------------------------------------------

    def ink(self) -> list[VMobject]:
        return [*self.train, *self.validation, self.line, self.plot.labels]

    def label_line(
        self, label: Type, parameters: ArrayLike | None = None, clear_of: Sequence[VMobject] = ()
    ) -> None:
        """Place a label under or over the line, or another that the axes hold, where it covers least.

        It keeps off the points, off the line and off what it shall be clear of.
        """
        ends = self.line.ends() if parameters is None else self.line_of(parameters)
        assert ends is not None
        start, end = sheet.pixels(np.concatenate(ends))
        size = label.box()
        spots = []
        for gap, share in product((20, 55, 90), (0.3, 0.05, 0.6, 0.15, 0.45, 0.75, 1.0)):
            left = min(start[0] + share * (end[0] - start[0]), end[0] - size.width - 12)
            span = [left, left + size.width]
            heights = np.interp(span, [start[0], end[0]], [start[1], end[1]])
            middle = left + size.width / 2
            spots += [
                (middle, heights.max() + gap + size.height / 2),
                (middle, heights.min() - gap - size.height / 2),
            ]
        ink = Ink().add(self.line).add(self.train, self.validation, *clear_of, weight=MARK)
        place([Label(label, np.array(spots))], ink, inside=self.plot.box)

    def label_ends(self, labels: Sequence[Type], lines: ArrayLike) -> None:
        """Stand labels right of the axes, beside the ends of their lines (b, w), none over another."""
        pieces = [self.line_of(each) for each in np.asarray(lines, dtype=float)]
        ends = [sheet.pixels(piece[1])[0] for piece in pieces if piece is not None]
        boxes, box = [label.box() for label in labels], self.box
        apart = max(each.height for each in boxes) + _ENDS_APART
        inset = (apart + _ENDS_APART) / 2
        heights = kept_apart([y for _, y in ends], apart, box.top + inset, box.bottom - inset)
        for label, now, y in zip(labels, boxes, heights, strict=True):
            label.shift(sheet.at(box.right + _ENDS_AFTER, float(y)) - sheet.at(now.left, now.center[1]))

    def has_points_in(self, box: Box) -> bool:
        """Whether points of the data are drawn in a box of the page."""
        places = sheet.pixels(self._places())
        low, high = (box.left, box.top), (box.right, box.bottom)
        return bool(((low < places) & (places < high)).all(axis=1).any())

    def legend(self, cell: Box) -> list[VGroup]:
        """Mark and name of each kind of points there is, side by side on the lower edge of a cell."""
        found, left = [], self.box.left + 60
        for dots, word in ((self.train, tr("train")), (self.validation, tr("validation"))):
            if not len(dots):
                continue
            mark = dots[0].copy().stand_at(sheet.at([left], [cell.bottom - 13]))
            name = Words(word, SMALL, self.theme).place(left + 26, cell.bottom)
            lay("text", mark)
            left = name.box().right + 60
            found.append(VGroup(mark, name))
        return found

    def claims(self, row: int) -> Iterator[Claim]:
        """(b, w) of the line, and what it misses of each seen point."""
        if not self.run or not self.line.has_points():
            return
        (x0, y0), (x1, y1) = self.plot.values(np.concatenate(self.line.ends())) / [self.factor, 1]
        w = (y1 - y0) / (x1 - x0)
        fine = 1e-9 * (self.y.high - self.y.low)
        reach = max(abs(x0), abs(x1)) / abs(x1 - x0)
        within = fine * np.array([1 + reach, 1 / abs(x1 - x0)])
        yield Claim("parameters", self.run, row, np.array([y0 - w * x0, w]), within)
        if self.grown == 1 and len(self.seen) == self.problem.n_rows:
            tops, feet = (self.plot.values(points)[:, 1] for points in self.residuals.ends())
            yield Claim("residuals", self.run, row, feet - tops, fine)


def _axis_of(ends: Array, symbol: str, most: int, origin: float, scale: float) -> Axis:
    """An axis over data in the units outside of a frame, in which it stands."""
    low, high = ends
    own = compact(round_axis(low, high, "", most, from_data=True))
    if (origin, scale) == (0.0, 1.0):
        return own
    power = own.power if isinstance(own, PowerAxis) else 0
    whole, brief = counted(origin, scale, symbol, power), counted(0.0, 1.0, symbol, power)
    return framed(replace(own, name=whole), origin, scale, brief)


def _fitting(name: str, unit: str, axis: Axis, room: float) -> str:
    """Typst source of a column's name, with what its frame counts where both have room, em."""
    after = axis.name
    if isinstance(axis, FramedAxis) and source_width(name_source(name, unit, after)) > room:
        after = axis.brief
    return name_source(name, unit, after, room)


def _is_long(name: Words | None) -> bool:
    """Whether an axis' name has a line of its own."""
    return name is not None and name.box().width > _LONG_NAME


def rescaled(axis: Axis, scaler: Standardizer) -> Axis:
    """The same stretch of an axis in another unit, with ticks of its own."""
    low, high = sorted(scaler.transform([axis.low, axis.high]))
    return compact(round_axis(low, high, ""))
