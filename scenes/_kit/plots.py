"""Axes, and the marks that stand in them where the data say."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from manim import (
    CapStyleType,
    DashedVMobject,
    Line,
    LineJointType,
    Mobject,
    Polygon,
    UpdateFromAlphaFunc,
    VGroup,
    VMobject,
    linear,
)
from numpy.typing import ArrayLike, NDArray

from scenes._kit import page
from scenes._kit.clipping import Limits, clip_path
from scenes._kit.page import Box
from scenes._kit.readouts import Figures, number, text_width
from scenes._kit.theme import Theme
from scenes._kit.typeset import Type, Words

Array = NDArray[np.float64]

_TICK = 10.0
_GAP = 12.0
_CAP_HEIGHT = 0.34  # half the height of a digit, em: where a number is centred on its tick
_BEYOND = 20.0  # an axis goes on a little behind its last tick
_ARC = 4 / 3 * math.tan(math.pi / 16)  # handle of a Bézier for an eighth of a circle


@dataclass(frozen=True)
class Axis:
    """One axis: what it spans, its ticks and its name.

    Attributes
    ----------
    low, high : float
        What the axis spans.
    ticks : tuple of float
        Round numbers between them.
    decimals : int
        Decimals that all ticks share.
    name : str
        Typst markup.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int
    name: str

    def label(self, tick: float) -> str:
        """The characters of a tick; a zero is plain, wherever the others have decimals."""
        if self.decimals and float(tick).is_integer() and abs(tick) < 10:
            return number(tick, 0)
        if len({number(each, self.decimals) for each in self.ticks}) < len(self.ticks):
            return f"{tick:.{self.decimals}f}"
        return number(tick, self.decimals)


def round_step(span: float, most: int) -> float:
    """The smallest step 1, 2 or 5 times a power of ten that cuts `span` into at most `most` pieces."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(m * power for m in (1, 2, 5, 10) if span / (m * power) <= most * (1 + 1e-9))


def round_step_within(span: float) -> float:
    """The largest step 1, 2 or 5 times a power of ten that is not longer than `span`."""
    power = 10.0 ** math.floor(math.log10(span) + 1e-9)
    return next(m * power for m in (5, 2, 1) if m * power <= span * (1 + 1e-9))


def round_axis(low: float, high: float, name: str, most: int = 4, from_data: bool = False) -> Axis:
    """An axis over [low, high] with a few ticks at round numbers.

    Parameters
    ----------
    low, high : float
        Finite; equal ends are pushed apart.
    name : str
        Typst markup.
    most : int
        Most pieces between ticks.
    from_data : bool
        Widen the axis to the nearest half steps, so that it ends near round numbers.
    """
    if not low < high:
        pad = max(abs(low), 1.0) / 2
        low, high = low - pad, high + pad
    step = round_step(high - low, most)
    if from_data:
        half = step / 2
        low = half * math.floor(low / half + 1e-9)
        high = half * math.ceil(high / half - 1e-9)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if first == last:
        return round_axis(low, high, name, most + 1)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return Axis(low, high, tuple(round(k * step, decimals) for k in range(first, last + 1)), decimals, name)


@dataclass(frozen=True)
class PowerAxis(Axis):
    """An axis whose numbers are divided by a power of ten, which its name says."""

    power: int = 0

    def label(self, tick: float) -> str:
        return number(tick / 10.0**self.power, self.decimals if tick else 0)


def compact(axis: Axis, power: int | None = None) -> Axis:
    """The same axis with short numbers on its ticks.

    Parameters
    ----------
    axis : Axis
    power : int, optional
        The power of ten to take out, 0 for none; when left out, the largest tick's where its number is long.
    """
    largest = max(map(abs, axis.ticks), default=0.0)
    if power == 0 or (power is None and (largest == 0.0 or 1e-2 <= largest < 1e5)):
        return axis
    if power is None:
        power = math.floor(math.log10(largest))
    step = axis.ticks[1] - axis.ticks[0] if len(axis.ticks) > 1 else largest
    decimals = max(0, power - math.floor(math.log10(step) + 1e-9))
    count = "10" if power == 1 else f"10^({power})"
    name = f"{axis.name}#h(.2em)$\\/{count}$"
    return PowerAxis(axis.low, axis.high, axis.ticks, decimals, name, power)


class Segments(VMobject):
    """Straight pieces drawn as one mobject: much faster than a Line each."""

    def __init__(self, color: str, width: float, opacity: float = 1.0) -> None:
        super().__init__()
        self.joint_type = LineJointType.ROUND  # pieces that follow each other meet without a spike
        self.set_fill(opacity=0)
        self.set_stroke(color, page.stroke(width), opacity)

    def set_ends(self, starts: Array, ends: Array) -> Segments:
        """Draw from starts (n, 3) to ends (n, 3), points of the scene."""
        third = (ends - starts) / 3
        self.set_points(np.stack([starts, starts + third, ends - third, ends], axis=1).reshape(-1, 3))
        return self

    def ends(self) -> tuple[Array, Array]:
        """Starts and ends (n, 3) as drawn."""
        return self.points[0::4], self.points[3::4]


class Polyline(VMobject):
    """A path through given corners, never smoothed."""

    def __init__(self, color: str, width: float, opacity: float = 1.0) -> None:
        super().__init__()
        self.joint_type = LineJointType.ROUND
        self.cap_style = CapStyleType.ROUND
        self.set_fill(opacity=0)
        self.set_stroke(color, page.stroke(width), opacity)

    def through(self, corners: Array) -> Polyline:
        """Draw through corners (n, 3), points of the scene; fewer than two draw nothing."""
        if len(corners) < 2:
            self.clear_points()
            return self
        starts, ends = corners[:-1], corners[1:]
        third = (ends - starts) / 3
        self.set_points(np.stack([starts, starts + third, ends - third, ends], axis=1).reshape(-1, 3))
        return self


class Dots(VMobject):
    """Discs of one size drawn as one mobject; hollow ones are rings."""

    def __init__(
        self,
        color: str,
        radius: float,
        *,
        rim: str | None = None,
        rim_width: float = 1.5,
        hollow: bool = False,
    ) -> None:
        super().__init__()
        self.radius = radius
        if hollow:
            self.set_fill(opacity=0).set_stroke(color, page.stroke(3), 1)
        else:
            self.set_fill(color, 1)
            self.set_stroke(rim or color, page.stroke(rim_width) if rim else 0, 1 if rim else 0)

    def stand_at(self, centers: Array) -> Dots:
        """Put a disc on each of the points (n, 3) of the scene."""
        angles = np.linspace(0, 2 * math.pi, 9)[:, None]
        spoke = np.hstack([np.cos(angles), np.sin(angles), 0 * angles])
        along = np.hstack([-np.sin(angles), np.cos(angles), 0 * angles]) * _ARC
        ring = np.stack([spoke[:-1], spoke[:-1] + along[:-1], spoke[1:] - along[1:], spoke[1:]], axis=1)
        disc = ring.reshape(-1, 3) * page.units(self.radius)
        self.set_points((centers[:, None, :] + disc[None]).reshape(-1, 3))
        return self

    def centers(self) -> Array:
        """Where the discs stand, points (n, 3) of the scene."""
        return np.asarray(self.points.reshape(-1, 32, 3)[:, [0, 16]].mean(axis=1))


class Plot(VGroup):
    """Axes in a box of the page: the only place that turns data into places.

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
        super().__init__()
        self.box, self.x, self.y, self.theme = box, x, y, theme
        self.lines = VGroup()
        self.labels = VGroup()
        beyond = np.array([page.units(_BEYOND), 0.0, 0.0])
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

    def name_axes(self) -> VGroup:
        """The axes' names at their ends.

        A name of x that holds a power of ten is long: it stands between the last two ticks, or under them.
        """
        x = Words(self.x.name, page.SMALL, self.theme, "muted")
        y = Words(self.y.name, page.SMALL, self.theme, "muted")
        last = [self._x_label_ends(tick) for tick in self.x.ticks[-2:]]
        if isinstance(self.x, PowerAxis):
            x.place(self.box.right + _BEYOND, self._x_baseline + 1.3 * page.SMALL, "right")
            if len(last) == 2 and last[1][0] - last[0][1] > x.box().width + _GAP:
                x.place((last[0][1] + last[1][0]) / 2, self._x_baseline, "center")
        else:
            label_end = last[-1][1] if last else self.box.right
            x.place(max(self.box.right + _BEYOND, label_end) + _GAP, self._x_baseline)
        y.place(self.box.left, self.box.top - 24, "center")
        if y.box().left < page.SAFE.left:
            y.place(page.SAFE.left, self.box.top - 24)
        return VGroup(x, y)

    def _x_label_ends(self, tick: float) -> tuple[float, float]:
        """Left and right end of the label of a tick of x, pixels of the page."""
        middle = float(self.pixels(tick, self.y.low)[0])
        half = text_width(self.x.label(tick)) * page.SMALL / 2
        return middle - half, middle + half

    @property
    def _x_baseline(self) -> float:
        """Baseline of the labels under the x axis, pixels of the page."""
        return self.box.bottom + _TICK + _GAP + 0.75 * page.SMALL

    @property
    def limits(self) -> Limits:
        return Limits(self.x.low, self.x.high, self.y.low, self.y.high)

    def pixels(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Pixels (..., 2) of the page on which data points lie."""
        across = (np.asarray(x, dtype=float) - self.x.low) / (self.x.high - self.x.low)
        up = (np.asarray(y, dtype=float) - self.y.low) / (self.y.high - self.y.low)
        return np.stack(
            np.broadcast_arrays(
                self.box.left + across * self.box.width, self.box.bottom - up * self.box.height
            ),
            axis=-1,
        )

    def at(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Points (..., 3) of the scene on which data points lie."""
        on_page = self.pixels(x, y)
        return page.at(on_page[..., 0], on_page[..., 1])

    def values(self, points: Array) -> Array:
        """Data (..., 2) at points of the scene: the inverse of `at`."""
        on_page = page.pixels(points)
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

    def clipped(self, x: Array, y: Array) -> list[Array]:
        """Pieces (m, 3), points of the scene, of a path cut at the edge of the axes."""
        return [self.at(*piece.T) for piece in clip_path(np.stack([x, y], axis=1), self.limits)]

    def _x_tick(self, tick: float) -> None:
        x, y = self.pixels(tick, self.y.low)
        self.lines.add(rule(page.at(x, y), page.at(x, y + _TICK), self.theme.axis, 2.5))
        label = Figures(self.x.label(tick), page.SMALL, self.theme, "muted")
        self.labels.add(label.place(x, self._x_baseline, "center"))

    def _y_tick(self, tick: float) -> None:
        x, y = self.pixels(self.x.low, tick)
        self.lines.add(rule(page.at(x - _TICK, y), page.at(x, y), self.theme.axis, 2.5))
        label = Figures(self.y.label(tick), page.SMALL, self.theme, "muted")
        self.labels.add(label.place(x - _TICK - _GAP, y + _CAP_HEIGHT * page.SMALL, "right"))


def widest_label(axis: Axis) -> float:
    """Width of the axis' widest tick label, pixels of the page; 0 without ticks."""
    return max((text_width(axis.label(tick)) for tick in axis.ticks), default=0.0) * page.SMALL


def pieces_that_fit(low: float, high: float, most: int, length: float) -> int:
    """Most pieces between the ticks of a horizontal axis over [low, high] whose numbers keep apart.

    Parameters
    ----------
    low, high : float
    most : int
        Most pieces, however much room there is.
    length : float
        Of the axis, pixels of the page.
    """
    for pieces in range(most, 1, -1):
        axis = compact(round_axis(low, high, "", pieces))
        step = float(np.diff(axis.ticks).min(initial=high - low))
        if widest_label(axis) + _GAP <= step / (high - low) * length:
            return pieces
    return 1


def remove_crowded(labels: VGroup, apart: float = 6.0) -> None:
    """Leave only those labels of a small plot that stand on the page, and clear of one another."""
    kept: list[Box] = []
    for label in list(labels):
        assert isinstance(label, Type)
        box = label.box().grown(apart)
        if page.SAFE.contains(box, slack=apart) and not any(box.overlap(other) for other in kept):
            kept.append(box)
        else:
            labels.remove(label)


def clearest(boxes: list[Box], obstacles: Array) -> Box:
    """The first of several boxes with the fewest obstacles in it.

    Parameters
    ----------
    boxes : list of Box
        Where a label could stand, best first.
    obstacles : ndarray, shape (n, 2)
        Pixels of the page that it should not cover.
    """

    def covered(box: Box) -> int:
        x, y = obstacles.T
        return int(((x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)).sum())

    return min(boxes, key=covered)


def rule(start: Array, end: Array, color: str, width: float) -> Line:
    """A straight line between two points of the scene."""
    return Line(start, end).set_stroke(color, page.stroke(width))


def rectangle(
    box: Box, color: str, *, fill: float = 0.0, width: float = 0.0, opacity: float = 1.0
) -> Polygon:
    """A rectangle of the page, filled at one opacity and outlined at another."""
    corners = (
        page.at(box.left, box.top),
        page.at(box.right, box.top),
        page.at(box.right, box.bottom),
        page.at(box.left, box.bottom),
    )
    drawn = Polygon(*corners)
    return drawn.set_fill(color, fill).set_stroke(color, page.stroke(width), opacity if width else 0)


def dashed(line: VMobject, dash: float = 14.0, gap: float = 8.0) -> DashedVMobject:
    """A straight line in dashes of `dash` and gaps of `gap` pixels."""
    length = float(np.linalg.norm(line.points[-1] - line.points[0])) * page.PIXELS_PER_UNIT
    count = max(2, round(length / (dash + gap)))
    return DashedVMobject(line, num_dashes=count, dashed_ratio=dash / (dash + gap))


_MOST_SEPARATE_DOTS = 300


def scatter(plot: Plot, x: Array, y: Array, theme: Theme, hollow: bool = False) -> VGroup:
    """The data as dots: filled ones with a rim that sets neighbours apart, or rings.

    Beyond 300 points they are drawn as one mobject, for speed.
    """

    def dots(centers: Array) -> Dots:
        if hollow:
            return Dots(theme.data, 8, hollow=True).stand_at(centers)
        return Dots(theme.data, 9, rim=theme.ground).stand_at(centers)

    centers = plot.at(x, y)
    if len(centers) > _MOST_SEPARATE_DOTS:
        return VGroup(dots(centers))
    return VGroup(*(dots(center[None]) for center in centers))


class Boxes(VGroup):
    """Rectangles of the page that move and stretch together.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
        Left, top, width and height of each, pixels of the page.
    color : str
        Of fills and outlines.
    """

    def __init__(self, boxes: Array, color: str) -> None:
        super().__init__(*(Polygon(*np.eye(3)) for _ in boxes))
        self.set_fill(color).set_stroke(color)
        self.stand_at(boxes)

    def stand_at(self, boxes: Array) -> Boxes:
        """Draw each rectangle in its box."""
        self.boxes = np.array(boxes, dtype=float)
        left, top, width, height = self.boxes.T
        x = np.stack([left, left + width, left + width, left, left], axis=1)
        y = np.stack([top, top, top + height, top + height, top], axis=1)
        corners = page.at(x, y)
        third = (corners[:, 1:] - corners[:, :-1]) / 3
        curves = np.stack(
            [corners[:, :-1], corners[:, :-1] + third, corners[:, 1:] - third, corners[:, 1:]], axis=2
        )
        for drawn, points in zip(self.submobjects, curves.reshape(len(curves), -1, 3), strict=True):
            drawn.set_points(points)
        return self

    def glide(
        self, starts: Array, ends: Array, lag: float = 0.0, fill: float | None = None
    ) -> UpdateFromAlphaFunc:
        """Move all from their starts to their ends, the last one setting off at `lag` of the time.

        The fill of each goes to the opacity `fill`, if one is given, once it has all but arrived: under way
        the boxes overlap, and stronger fills would hide one another.
        """
        delays = lag * np.linspace(0, 1, len(starts))
        fill_before = float(self[0].get_fill_opacity())

        def move(_: Mobject, alpha: float) -> None:
            share = smooth_array(np.clip((alpha - delays) / (1 - lag), 0, 1))
            self.stand_at(starts + share[:, None] * (ends - starts))
            if fill is not None:
                for box, arrived in zip(self, np.clip(5 * share - 4, 0, 1), strict=True):
                    box.set_fill(opacity=fill_before + arrived * (fill - fill_before))

        return UpdateFromAlphaFunc(self, move, rate_func=linear)


def smooth_array(share: Array) -> Array:
    """Ease in and out, 3 t^2 - 2 t^3."""
    return share * share * (3 - 2 * share)
