"""A small contour plot among others: quiet level lines in a frame, b and w in their colours."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdmath import LeastSquares, Window
from gdscenes.kit.figures.parameter_plane import ParameterPlane
from gdscenes.kit.page.sheet import SMALL, Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Plot, clearest
from gdscenes.kit.plot.axis import Axis, clear_of_name, compact, equal_axes, round_axis
from gdscenes.kit.plot.marks import rectangle
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

MARK = 14.0
"""Room that a mark needs round its middle, pixels."""
_MOST_ASPECT = 4.0  # beyond this ratio of the spans, one unit cannot be as long on both axes


def panel_axes(box: Box, window: Window, *, equal_aspect: bool = True) -> tuple[Axis, Axis]:
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
    """
    b, w = (window.b_min, window.b_max), (window.w_min, window.w_max)
    stretch = (b[1] - b[0]) / (w[1] - w[0]) * box.height / box.width
    if equal_aspect and 1 / _MOST_ASPECT <= stretch <= _MOST_ASPECT:
        x, y = equal_axes(box, b, w, most=4)
    else:
        x, y = round_axis(*b, "$bias$", 3), round_axis(*w, "$weight$", 3)
    return clear_of_name(compact(x), box.width), compact(y)


def panel_names(plot: Plot, avoid: ArrayLike = ()) -> VGroup:
    """Names at the axes: b under the right end, w on a plate in a corner, the upper left one where it can.

    Parameters
    ----------
    plot : Plot
    avoid : array_like, shape (n, 2)
        Where (b, w) have marks.
    """
    box, theme = plot.box, plot.theme
    b = Words(plot.x.name, SMALL, theme).place(box.right, box.bottom + 52, "right")
    w = Words(plot.y.name, SMALL, theme)
    places = [(x, y) for y in (box.top + 40, box.bottom - 26) for x in (box.left + 18, box.right - 18)]
    plates = [
        w.place(x, y, "left" if x < box.center[0] else "right").box().grown(9 + MARK) for x, y in places
    ]
    at = places[plates.index(clearest(plates, plot.pixels(*np.reshape(avoid, (-1, 2)).T)))]
    w.place(*at, "left" if at[0] < box.center[0] else "right")
    return VGroup(b, rectangle(w.box().grown(9), theme.ground, fill=1), w)


class ContourPanel(VGroup):
    """Level lines of a loss over (b, w) in a frame, with its minimum and a start.

    Parameters
    ----------
    box : Box
        The frame.
    problem : LeastSquares
    window : Window
        What must be shown.
    start : ndarray, shape (2,)
        (b, w).
    levels : iterable of float
        Losses to draw lines at.
    theme : Theme
    equal_aspect : bool
        See `panel_axes`.

    Attributes
    ----------
    plot : Plot
        Where (b, w) lie; of it ticks and numbers are drawn.
    plane : ParameterPlane
        Contours, frame, ring and diamond.
    names : VGroup
        See `panel_names`.
    """

    def __init__(
        self,
        box: Box,
        problem: LeastSquares,
        window: Window,
        start: Array,
        levels: Iterable[float],
        theme: Theme,
        *,
        equal_aspect: bool = True,
    ) -> None:
        super().__init__()
        x, y = panel_axes(box, window, equal_aspect=equal_aspect)
        self.plot = Plot(box, x, y, theme, grid=False)
        self.plot.lines.remove(*self.plot.lines[:2])  # the frame stands for the axes
        self.plane = ParameterPlane(problem, start, levels, (x, y), theme, quiet=True).stand_in(box)
        self.names = panel_names(self.plot, [start, problem.minimizer])
        self.add(self.plane, self.plot, self.names)
