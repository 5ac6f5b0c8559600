"""Axes: what they span, their ticks, and the room that their numbers need."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gdscenes.kit.page.sheet import SAFE, SMALL, Box
from gdscenes.kit.type.digits import text_width
from gdscenes.kit.type.notation import number, power_of_ten, scientific
from gdscenes.kit.type.typeset import source_width

Array = NDArray[np.float64]


def clear_of_name(axis: Axis, length: float) -> Axis:
    """A horizontal axis without the ticks whose numbers would meet its name, which stands under its end.

    Parameters
    ----------
    axis : Axis
    length : float
        Pixels.
    """
    room = (source_width(axis.name) + 0.4) * SMALL + widest_label(axis) / 2
    return without_last_ticks(axis, room / length)


GAP = 12.0
_BESIDE_NUMBERS = 24.0


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


def without_last_ticks(axis: Axis, share: float) -> Axis:
    """An axis with no tick in the last part of it, which is left to its name."""
    highest = axis.high - share * (axis.high - axis.low)
    return replace(axis, ticks=tuple(tick for tick in axis.ticks if tick < highest))


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
    """An axis whose numbers are divided by a power of ten, which its name says.

    Attributes
    ----------
    power : int
    bare : str
        Its name without that.
    """

    power: int = 0
    bare: str = ""

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
    if isinstance(axis, PowerAxis):
        return axis
    largest = max(map(abs, axis.ticks), default=0.0)
    if power == 0 or (power is None and (largest == 0.0 or 1e-2 <= largest < 1e5)):
        return axis
    if power is None:
        power = math.floor(math.log10(largest))
    step = axis.ticks[1] - axis.ticks[0] if len(axis.ticks) > 1 else largest
    decimals = max(0, power - math.floor(math.log10(step) + 1e-9))
    count = "10" if power == 1 else f"10^({power})"
    name = f"{axis.name}#h(.2em)$\\/{count}$"
    return PowerAxis(axis.low, axis.high, axis.ticks, decimals, name, power, axis.name)


@dataclass(frozen=True)
class FramedAxis(Axis):
    """An axis in a teaching frame, whose numbers are those of the units outside.

    Attributes
    ----------
    own : Axis
        The same stretch in those units.
    brief : str
        Its name where there is no room to say what the frame counts.
    """

    own: Axis
    brief: str = ""

    def label(self, tick: float) -> str:
        outside = self.own.low + (tick - self.low) / (self.high - self.low) * (self.own.high - self.own.low)
        return self.own.label(min(self.own.ticks, key=lambda each: abs(each - outside)))


def framed(own: Axis, origin: float, scale: float, brief: str = "") -> FramedAxis:
    """An axis in a frame that counts a scale from an origin, with the ticks that it has outside."""
    low, high, *ticks = ((value - origin) / scale for value in (own.low, own.high, *own.ticks))
    return FramedAxis(low, high, tuple(ticks), own.decimals, own.name, own, brief)


def widest_label(axis: Axis) -> float:
    """Width of the axis' widest tick label, pixels of the page; 0 without ticks."""
    return max((text_width(axis.label(tick)) for tick in axis.ticks), default=0.0) * SMALL


def left_of_axes(left: float, heights: Axis) -> float:
    """Where axes begin so that the numbers at their left are on the page, pixels; not before `left`."""
    return max(left, SAFE.left + widest_label(heights) + _BESIDE_NUMBERS)


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
        if widest_label(axis) + GAP <= step / (high - low) * length:
            return pieces
    return 1


MOST_UNEQUAL = 8.0
"""Beyond so many times the other range, b and w are drawn in units of their own."""


def axis_units(b: tuple[float, float], w: tuple[float, float]) -> Array:
    """How much of b and of w (2,) should be equally long on the page.

    One of each, so that angles and circles are true; powers of ten where one range would be a line beside
    the other. In such units a picture is as true: it is that of the loss of the parameters counted in them.
    """
    spans = np.array([b[1] - b[0], w[1] - w[0]])
    if spans.max() <= MOST_UNEQUAL * spans.min():
        return np.ones(2)
    return np.asarray(10.0 ** np.floor(np.log10(spans / 2)))


def in_units(axis: Axis, unit: float) -> Axis:
    """An axis whose ticks count a unit; in units of one, numbers are shortened only where they are long."""
    return compact(axis, None if unit == 1 else round(math.log10(unit)))


def equal_axes(
    box: Box,
    b: tuple[float, float],
    w: tuple[float, float],
    most: int = 6,
    units: ArrayLike = (1.0, 1.0),
) -> tuple[Axis, Axis]:
    """Axes over two ranges in which one unit of b is as long on the page as one unit of w.

    The range that the box has too much room for is widened about its middle.

    Parameters
    ----------
    box : Box
        Where the axes will stand.
    b, w : tuple of float
        What must be shown.
    most : int
        Most pieces between the ticks of the longer axis.
    units : array_like, shape (2,)
        The units of b and w, powers of ten; see `axis_units`.
    """
    b_unit, w_unit = np.asarray(units, dtype=float)
    per_pixel = max((b[1] - b[0]) / b_unit / box.width, (w[1] - w[0]) / w_unit / box.height)
    axes = []
    for (low, high), unit, length, name in (
        (b, b_unit, box.width, "$bias$"),
        (w, w_unit, box.height, "$weight$"),
    ):
        middle, half = (low + high) / 2, per_pixel * unit * length / 2
        pieces = max(2, round(most * length / max(box.width, box.height)))
        axes.append(in_units(round_axis(middle - half, middle + half, name, pieces), unit))
    return axes[0], axes[1]


class Decades(Axis):
    """An axis of decimal logarithms, whose ticks say the power of ten."""

    def label(self, tick: float) -> str:
        return power_of_ten(round(tick))


class Rounded(Axis):
    """An axis whose round ticks are short, however large or small they are."""

    def label(self, tick: float) -> str:
        if tick == 0 or 1e-3 <= abs(tick) < 1e5:
            return super().label(tick)
        short = scientific(tick, 1)
        return short if float(f"{tick:.0e}") == tick else scientific(tick, 2)


def decades(low: float, high: float, name: str, most: int = 3) -> Decades:
    """An axis over the decades that hold [low, high], above 0, with at most `most` pieces between ticks."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    step = math.ceil((last - first) / most)
    ticks = tuple(float(power) for power in range(first, last + 1) if power % step == 0)
    return Decades(first, last, ticks, 0, name)
