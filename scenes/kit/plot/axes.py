"""Axes, and the marks that stand in them where the data say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axis import GAP, Axis, PowerAxis
from gdscenes.kit.plot.clipping import Limits, clip_path
from gdscenes.kit.plot.marks import rule
from gdscenes.kit.type.digits import Digits, text_width
from gdscenes.kit.type.typeset import Type, Words

Array = NDArray[np.float64]

_TICK = 10.0
_CAP_HEIGHT = 0.34  # half the height of a digit, em: where a number is centred on its tick
_UNDER_TICKS = 52.0
_BEYOND = 20.0  # an axis goes on a little behind its last tick


class Places:
    """Where data lie in a box of the page: the only thing that turns data into places.

    Parameters
    ----------
    box : Box
        Where the axes stand, pixels of the page.
    x, y : Axis
    """

    def __init__(self, box: Box, x: Axis, y: Axis) -> None:
        self.box, self.x, self.y = box, x, y

    @property
    def limits(self) -> Limits:
        return Limits(self.x.low, self.x.high, self.y.low, self.y.high)

    def pixels(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Pixels (..., 2) of the page on which data points lie."""
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        on_page = np.empty((*np.broadcast(x, y).shape, 2))
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = (y - self.y.low) / (self.y.high - self.y.low)
        on_page[..., 0] = self.box.left + across * self.box.width
        on_page[..., 1] = self.box.bottom - up * self.box.height
        return on_page

    def at(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Points (..., 3) of the scene on which data points lie."""
        on_page = self.pixels(x, y)
        return sheet.at(on_page[..., 0], on_page[..., 1])

    def values(self, points: Array) -> Array:
        """Data (..., 2) at points of the scene: the inverse of `at`."""
        on_page = sheet.pixels(points)
        across = (on_page[..., 0] - self.box.left) / self.box.width
        up = (self.box.bottom - on_page[..., 1]) / self.box.height
        return np.stack(
            [
                self.x.low + across * (self.x.high - self.x.low),
                self.y.low + up * (self.y.high - self.y.low),
            ],
            axis=-1,
        )

    @property
    def y_pixels_per_unit(self) -> float:
        return self.box.height / (self.y.high - self.y.low)

    @property
    def steepness(self) -> float:
        """How many times as steep as its slope a line is drawn."""
        return self.y_pixels_per_unit * (self.x.high - self.x.low) / self.box.width

    def clipped(self, x: Array, y: Array) -> list[Array]:
        """Pieces (m, 3), points of the scene, of a path cut at the edge of the axes."""
        return [self.at(*piece.T) for piece in clip_path(np.stack([x, y], axis=1), self.limits)]


class Plot(Places, VGroup):
    """Axes in a box of the page, drawn.

    Parameters
    ----------
    box : Box
        Where the axes stand, pixels of the page.
    x, y : Axis
    theme : Theme
    grid : bool
        Draw a quiet line at each tick of y.
    """

    def __init__(self, box: Box, x: Axis, y: Axis, theme: Theme, grid: bool = True) -> None:
        VGroup.__init__(self)
        Places.__init__(self, box, x, y)
        self.theme = theme
        self.lines = VGroup()
        self.labels = VGroup()
        beyond = np.array([sheet.units(_BEYOND), 0.0, 0.0])
        if grid:
            for tick in y.ticks:
                if tick > y.low:
                    end = self.at(x.high, tick) + beyond
                    self.lines.add(rule(self.at(x.low, tick), end, theme.grid, 1.5))
        corner = self.at(x.low, y.low)
        self.lines.add(rule(corner, self.at(x.high, y.low) + beyond, theme.axis, 2.5))
        self.lines.add(rule(corner, self.at(x.low, y.high), theme.axis, 2.5))
        for tick in x.ticks:
            self._x_tick(tick)
        for tick in y.ticks:
            if not (tick == y.low == x.low and tick in x.ticks):  # one label serves the corner
                self._y_tick(tick)
        self.add(self.lines, self.labels)
        lay("grid", self)

    def stretch_to(self, high: float) -> Plot:
        """Have x, from where it begins, end elsewhere: its ticks, the same ones, move along the axis."""
        before = self.pixels(self.x.ticks, self.y.low)
        self.x = replace(self.x, high=high)
        moves = sheet.units(1) * (self.pixels(self.x.ticks, self.y.low) - before)[:, 0]
        first = len(self.lines) - len(self.labels)
        for index, move in enumerate(moves):
            for part in (self.lines[first + index], self.labels[index]):
                part.shift((float(move), 0.0, 0.0))
        return self

    def name_axes(self) -> VGroup:
        """The axes' names at their ends.

        A name of x that holds a power of ten is long: it stands between the last two ticks, or under them.
        """
        x = Words(self.x.name, sheet.SMALL, self.theme, "muted")
        y = Words(self.y.name, sheet.SMALL, self.theme, "muted")
        last = [self._x_label_ends(tick) for tick in self.x.ticks[-2:]]
        if isinstance(self.x, PowerAxis):
            x.place(self.box.right + _BEYOND, x_baseline(self.box) + 1.15 * sheet.SMALL, "right")
            if len(last) == 2 and last[1][0] - last[0][1] > x.box().width + GAP:
                x.place((last[0][1] + last[1][0]) / 2, x_baseline(self.box), "center")
        else:
            label_end = last[-1][1] if last else self.box.right
            x.place(max(self.box.right + _BEYOND, label_end) + GAP, x_baseline(self.box))
        y.place(self.box.left, self.box.top - 24, "center")
        if y.box().left < sheet.SAFE.left:
            y.place(sheet.SAFE.left, self.box.top - 24)
        return VGroup(x, y)

    def name_axes_in_a_row(self, has_heights: bool = True) -> VGroup:
        """The axes' names where others stand beside them: x under its end, y over its numbers."""
        names = VGroup(Words(self.x.name, sheet.SMALL, self.theme))
        names[0].place(self.box.right, self.box.bottom + _UNDER_TICKS, "right")
        if has_heights:
            y = Words(self.y.name, sheet.SMALL, self.theme)
            left = max(sheet.SAFE.left + 4, self.box.left - y.box().width / 2)
            names.add(y.place(left, self.box.top - 20))
        return names

    def _x_label_ends(self, tick: float) -> tuple[float, float]:
        """Left and right end of the label of a tick of x, pixels of the page."""
        middle = float(self.pixels(tick, self.y.low)[0])
        half = text_width(self.x.label(tick)) * sheet.SMALL / 2
        return middle - half, middle + half

    def _x_tick(self, tick: float) -> None:
        x, y = self.pixels(tick, self.y.low)
        self.lines.add(rule(sheet.at(x, y), sheet.at(x, y + _TICK), self.theme.axis, 2.5))
        label = Digits(self.x.label(tick), sheet.SMALL, self.theme, "muted")
        self.labels.add(label.place(x, x_baseline(self.box), "center"))

    def _y_tick(self, tick: float) -> None:
        x, y = self.pixels(self.x.low, tick)
        self.lines.add(rule(sheet.at(x - _TICK, y), sheet.at(x, y), self.theme.axis, 2.5))
        label = Digits(self.y.label(tick), sheet.SMALL, self.theme, "muted")
        self.labels.add(label.place(x - _TICK - GAP, y + _CAP_HEIGHT * sheet.SMALL, "right"))


def x_baseline(box: Box) -> float:
    """Baseline of the numbers under the x axis of axes in a box, pixels of the page."""
    return box.bottom + _TICK + GAP + 0.75 * sheet.SMALL


def remove_crowded(labels: VGroup, apart: float = 6.0) -> None:
    """Leave only those labels of a small plot that stand on the page, and clear of one another."""
    kept: list[Box] = []
    for label in list(labels):
        assert isinstance(label, Type)
        box = label.box().grown(apart)
        if sheet.SAFE.contains(box, slack=apart) and not any(box.overlap(other) for other in kept):
            kept.append(box)
        else:
            labels.remove(label)
