"""A compass on a contour map: an arrow turns round a place, and a strip draws how steep each way is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gdmath import direction, steepest_angle
from gdscenes.kit.figures.contour_map import ContourMap
from gdscenes.kit.figures.figure import Claim, Figure
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import PARAMETER_ROLES
from gdscenes.kit.plot.axes import Plot
from gdscenes.kit.plot.axis import Axis, compact, round_axis, widest_label
from gdscenes.kit.plot.curves import draw_curve
from gdscenes.kit.plot.labels import MARK, Ink, Label, place
from gdscenes.kit.plot.marks import Arrow, Dots, Polyline, rule
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.language import tr
from gdscenes.kit.type.notation import Notation
from gdscenes.kit.type.typeset import Type

Array = NDArray[np.float64]

WHOLE = 360.0
"""Degrees of a whole turn."""
_REACH, _LEAST_REACH, _TO_THE_EDGE = 150.0, 60.0, 26.0  # of the arrow, and from its circle to the frame
_OVER, _UNDER = 1.2, 1.4  # of the steepest slope; under it stands its number
_FROM_MAP = 70.0  # to the numbers of the slopes, pixels
_OFF_TICKS = 30.0  # from these to a number beside the curve
_TICKS = (0.0, 90.0, 180.0, 270.0, 360.0)
_ALONG_AXES = (0.0, 90.0)


class Degrees(Axis):
    """An axis of angles."""

    def label(self, tick: float) -> str:
        return f"{tick:.0f}°"


class Compass(Figure):
    """An arrow of fixed length round the start of a map; a strip draws the slope of the loss along it.

        slope(a) = g . v(a),    v(a) = (u_b cos a, u_w sin a)

    On a map whose units u are equally long this is a cosine: 0 where the arrow lies along the level line,
    lowest at minus the gradient, square on it.

        self.compass = Compass(self.map, box, notation)
        self.turn(self.compass, angle=WHOLE)
        self.turn(self.compass, angle=WHOLE + self.compass.steepest)

    Its dial is `angle`, degrees from the axis of b, counterclockwise, and may go on beyond a whole turn; the
    strip keeps what was drawn.

    Parameters
    ----------
    map : ContourMap
        One with a start, in equal aspect.
    box : Box
        Where the axes of the strip stand; the left edge gives way to numbers that need the room.
    notation : Notation
        Of the slopes.

    Attributes
    ----------
    arrow : Arrow
    circle : Dots
        The ring on which its tip goes round.
    strip : list of VMobject
        Axes, their names and the curve.
    plot : Plot
        Axes of angle and slope.
    names : VGroup
    curve : Polyline
    here : Dots
        The point of the curve where the arrow is now.
    level_points, lowest : Dots
        The two angles along the level line, and that of minus the gradient; whoever wants them adds them.
    along_axes : list of Dots
        The points of the curve that are the slopes in b and in w.
    angle_text, slope_text : Digits
        What is read now; whoever wants them places them.
    steepest : float
    """

    def __init__(self, map: ContourMap, box: Box, notation: Notation) -> None:
        super().__init__()
        assert map.start is not None, "a compass stands on the start of a map"
        theme = self.theme = map.theme
        self.map, self.start, self.notation = map, map.start, notation
        self.units = np.ones(2) if map.units is None else map.units
        self.steepest = steepest_angle(map.problem.gradient(self.start), self.units)
        self.angle, self.seen = 0.0, 0.0
        self._said: list[Type] = []
        most = -float(self.slope(self.steepest))
        heights = compact(round_axis(-_UNDER * most, _OVER * most, tr("slope"), 5), notation.power)
        left = max(box.left, map.plot.box.right + _FROM_MAP + widest_label(heights))
        box = Box(left, box.top, box.right, box.bottom)
        self.plot = Plot(box, Degrees(0.0, WHOLE, _TICKS, 0, tr("angle")), heights, theme, grid=False)
        first, last = self.plot.at([0.0, WHOLE], [0.0, 0.0])
        self.plot.lines.add(rule(first, last, theme.axis, 2.5))
        lay("grid", self.plot.lines)
        self.names = self.plot.name_axes()
        self.curve = Polyline(theme.loss, 6)
        self.strip = [self.plot, self.names, self.curve]
        self.arrow = Arrow(theme.path, 9)
        self.reach = self._reach()
        self.circle = Dots(theme.ink, self.reach, hollow=True).set_stroke(width=sheet.stroke(2), opacity=0.6)
        self.circle.stand_at(map.plot.at(*self.start)[None])
        self.here = Dots(theme.path, 12, rim=theme.ground, rim_width=3)
        self.level_points = self._points(self.level_angles, theme.ground).set_stroke(
            theme.loss, sheet.stroke(4)
        )
        self.lowest = self._points([self.steepest], theme.path)
        self.along_axes = [
            self._points([angle], theme.color(role))
            for angle, role in zip(_ALONG_AXES, PARAMETER_ROLES, strict=True)
        ]
        self.angle_text, self.slope_text = Digits("0", SMALL, theme), Digits("0", SMALL, theme, "loss")
        lay("ghosts", self.circle)
        lay("moving", self.here, self.arrow)
        self.add(*self.strip, self.circle, self.arrow, self.here)
        self.dial(angle=0.0)

    def slope(self, angle: ArrayLike) -> Array:
        """How fast the loss changes for each unit of the way at an angle."""
        return self.map.problem.slope(self.start, direction(angle, self.units))

    @property
    def level_angles(self) -> Array:
        """The two angles (2,) at which the loss does not change, ascending."""
        return np.sort((self.steepest + np.array([90.0, 270.0])) % WHOLE)

    def _reach(self) -> float:
        """Length of the arrow, pixels, so that its circle stays in the frame where it can."""
        box, (x, y) = self.map.plot.box, self.map.plot.pixels(*self.start)
        room = min(x - box.left, box.right - x, y - box.top, box.bottom - y) - _TO_THE_EDGE
        return float(np.clip(room, _LEAST_REACH, _REACH))

    def _points(self, angles: ArrayLike, color: str) -> Dots:
        """Discs on the curve."""
        dots = Dots(color, 12, rim=self.theme.ground, rim_width=3)
        lay("marks", dots)
        return dots.stand_at(self.plot.at(angles, self.slope(angles)))

    @property
    def dials(self) -> Mapping[str, Any]:
        return {"angle": self.angle}

    @property
    def bearing(self) -> float:
        """The angle at which the arrow points, 0 to 360."""
        return self.angle if self.angle <= WHOLE else self.angle % WHOLE

    def dial(self, **values: Any) -> Self:
        self.angle = float(values["angle"])
        self.seen = max(self.seen, min(self.angle, WHOLE))
        length = self.reach / (self.map.plot.y_pixels_per_unit * self.units[1])
        tip = self.start + length * direction(self.bearing, self.units)
        self.arrow.between(*self.map.plot.at(*np.stack([self.start, tip]).T))
        angles = np.linspace(0.0, self.seen, math.ceil(self.seen) + 1)
        draw_curve(self.curve, self.plot, angles, self.slope(angles))
        slope = float(self.slope(self.bearing))
        self.here.stand_at(self.plot.at([self.bearing], [slope]))
        self.angle_text.spell(f"{self.bearing:.1f}°", "right")
        self.slope_text.spell(self.notation.write(slope), "right")
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        fine = 1e-9 * (self.plot.y.high - self.plot.y.low)
        angles, slopes = self.plot.values(self.curve.points[0::4]).T
        if self.seen == WHOLE:
            along = np.interp(_ALONG_AXES, angles, slopes)
            yield Claim("gradient", self.map.run, 0, along / self.units, fine / self.units)
        if (self.units == 1).all():
            for quantity, dots in (("level angles", self.level_points), ("lowest angle", self.lowest)):
                if dots in self.submobjects:
                    at = self.plot.values(dots.centers())[:, 0]
                    yield Claim(quantity, self.map.run, 0, at, 1e-6)
            if abs(self.bearing - self.steepest) < 1e-9:
                yield Claim.read("steepest slope", self.map.run, 0, self.slope_text)

    def number(self, angle: float, role: str = "ink") -> Digits:
        """The slope at an angle, as the axis counts it."""
        return Digits(self.notation.mantissa(float(self.slope(angle))), SMALL, self.theme, role)

    def label(self, texts: Sequence[Type], angles: Sequence[float], prefer: Sequence[str]) -> None:
        """Put texts beside points of the curve, where they cover least.

        Parameters
        ----------
        texts : sequence of Type
        angles : sequence of float
            Of the points.
        prefer : sequence of str
            Sides of the points, best first.
        """
        ink = Ink().add(self.curve, self.plot.lines, *self._said)
        ticks = self.plot.labels[len(self.plot.x.ticks) :]
        ink.add(*(each.box().grown(_OFF_TICKS) for each in ticks), weight=MARK)
        ink.add(self.names, self.level_points, self.lowest, *self.along_axes, weight=MARK)
        spots = self.plot.pixels(angles, self.slope(angles))
        wanted = [
            Label(text, tuple(spot), tuple(prefer), (22, 36, 60, 90), pad=6)
            for text, spot in zip(texts, spots, strict=True)
        ]
        place(wanted, ink, self.plot.box.grown(20))
        lay("text", *texts)
        self._said += texts
