"""The downhill gradient as an arrow on the parameter plane, and the two slopes that it is made of."""

from __future__ import annotations

import numpy as np
from manim import Mobject, UpdateFromAlphaFunc, VGroup, smooth
from numpy.typing import NDArray

from gdmath import BIAS, WEIGHT
from scenes._kit import page
from scenes._kit.marks import Arrow
from scenes._kit.plots import Plot, rectangle, round_step_within
from scenes._kit.readouts import Figures, number
from scenes._kit.theme import PARAMETER_ROLES, Theme

Array = NDArray[np.float64]

_ROOM = (200.0, 90.0)  # kept free beside and above the tip, pixels
_PLATE = 10.0


class GradientArrow:
    """Minus the gradient, drawn from a point to scale.

    Parameters
    ----------
    plot : Plot
        Axes (b, w) of equal aspect.
    point, gradient : ndarray, shape (2,)
    decimals : int
        Of the slopes.
    theme : Theme

    Attributes
    ----------
    scale : float
        1 where the arrow has its true length in units of the axes; else the largest of 0.5, 0.2, 0.1 ...
        with which it stays in them.
    arrow : Arrow
    components : list of Arrow
        Along b from the point, then along w to the tip.
    labels : list of VGroup
        A plate and the `Figures` of each component's length.
    """

    def __init__(self, plot: Plot, point: Array, gradient: Array, decimals: int, theme: Theme) -> None:
        self.plot, self.point, self.gradient, self.theme = plot, point, gradient, theme
        self.scale = self._largest_scale()
        tip = point - self.scale * gradient
        here, corner, there = plot.at(*np.stack([point, (tip[BIAS], point[WEIGHT]), tip]).T)
        self.arrow = Arrow(theme.path, 9).between(here, there)
        self.components = [
            Arrow(theme.bias).between(here, corner),
            Arrow(theme.weight).between(corner, there),
        ]
        for component in self.components:
            component.set_stroke(theme.ground, page.stroke(2), 1)
        self.labels = self._labels(decimals, *page.pixels(np.stack([here, corner, there])))

    def _largest_scale(self) -> float:
        (x, y), box, downhill = self.plot.pixels(*self.point), self.plot.box, -self.gradient
        room = (
            (box.right - x if downhill[BIAS] > 0 else x - box.left) - _ROOM[0],
            (y - box.top if downhill[WEIGHT] > 0 else box.bottom - y) - _ROOM[1],
        )
        per_unit = self.plot.y_pixels_per_unit
        longest = min(max(free, 40.0) / per_unit / abs(s) for free, s in zip(room, downhill, strict=True))
        return 1.0 if longest >= 1 else round_step_within(longest)

    def _labels(self, decimals: int, here: Array, corner: Array, there: Array) -> list[VGroup]:
        """On the side of each component where the arrow is not, or else where there is room in the axes."""
        right, up = -self.gradient > 0
        along, rise = (
            Figures(number(abs(slope), decimals), page.SMALL, self.theme, role)
            for slope, role in zip(self.gradient, PARAMETER_ROLES, strict=True)
        )
        for below in (up, not up):
            along.place((here[0] + corner[0]) / 2, here[1] + (58 if below else -32), "center")
            if self.plot.box.contains(along.box().grown(_PLATE)):
                break
        middle = (corner[1] + there[1]) / 2 + 13
        for beyond in (right, not right):
            rise.place(corner[0] + (34 if beyond else -34), middle, "left" if beyond else "right")
            if self.plot.box.contains(rise.box().grown(_PLATE)):
                break
        return [
            VGroup(rectangle(text.box().grown(_PLATE), self.theme.ground, fill=1), text)
            for text in (along, rise)
        ]


def grow(arrow: Arrow) -> UpdateFromAlphaFunc:
    """An arrow grows from its foot; its tip never goes beyond its place."""
    foot, tip = arrow.foot, arrow.tip

    def lengthen(_: Mobject, share: float) -> None:
        arrow.between(foot, foot + share * (tip - foot) if share < 1 else tip)

    lengthen(arrow, 1e-3)
    return UpdateFromAlphaFunc(arrow, lengthen, rate_func=smooth)
