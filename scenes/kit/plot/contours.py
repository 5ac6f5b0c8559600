"""The contour plot: the loss over the parameter plane, seen from above.

A loss of least squares is a quadratic, so each of its level lines is an ellipse and is had in closed form:
every corner drawn has the loss of its level to rounding, in a round bowl and in the narrowest valley. A walk
over the cells of a grid would break such a valley into islands where it is narrower than a cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdmath import LeastSquares
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.theme import Theme, blend
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.clipping import Limits
from gdscenes.kit.plot.marks import Polyline, Shape, rectangle
from gdscenes.kit.type.digits import Digits
from gdscenes.kit.type.notation import Notation, number, scientific
from gdscenes.kit.type.typeset import Words

Array = NDArray[np.float64]

EXPONENT = 0.4
"""Of the loss as colour, t = (loss / highest level) ** 0.4: the bottom of the bowl has most of the shades."""
RAMPS = {
    "dark": ("#1B1C3E", "#352A72", "#5F3F98", "#8F55A8", "#BC6FA9"),
    "light": ("#FAF4F6", "#E6D8EE", "#CDB6E2", "#B193D2", "#9670BE"),
    "print": ("#FFFFFF", "#CCCCCC"),
}
"""The loss as colour, from the lowest to the highest: violet, the hue that nobody owns."""
QUIET_RAMPS = {
    "dark": ("#2E4064", "#0F1117"),
    "light": ("#CAD7E8", "#FAF7F0"),
    "print": ("#FFFFFF", "#FFFFFF"),
}
"""The same idea where runs are the subject: it ends in the ground."""
LINES = {"dark": ("#ECEFF4", 0.5), "light": ("#1B1F27", 0.38), "print": ("#010101", 0.38)}
QUIET_LINES = {"dark": ("#8FA6D0", 0.5), "light": ("#5F7395", 0.45), "print": ("#010101", 0.3)}
"""Colour and opacity of the level lines."""
LINE_WIDTH = 1.6

_SAG = 0.05  # how far the chords of a level line may leave it, pixels
_MOST_CORNERS = 4096
_PLATE = 7.0


def level_line(problem: LeastSquares, level: float, n_corners: int = 720) -> Array:
    """The ellipse on which the loss has one value.

        L(p) = L* + 1/2 (p - p*)^T H (p - p*),    H = C C^T,    p = p* + sqrt(2 (L - L*)) C^-T u,  |u| = 1

    Parameters
    ----------
    problem : LeastSquares
        One with a bias and a unique minimizer.
    level : float
        Not below the minimum.
    n_corners : int

    Returns
    -------
    ndarray, shape (n_corners + 1, 2)
        Corners (b, w), the last one equal to the first.
    """
    size = math.sqrt(2 * max(level - problem.minimum, 0.0))
    return np.asarray(problem.minimizer + size * _unit_line(problem, n_corners))


@lru_cache(256)
def _unit_line(problem: LeastSquares, n_corners: int) -> Array:
    """The level line a half above the minimum, from the minimizer (n_corners + 1, 2)."""
    angles = np.linspace(0.0, 2 * math.pi, n_corners + 1)
    angles[-1] = 0.0
    circle = np.stack([np.cos(angles), np.sin(angles)])
    return np.asarray(np.linalg.solve(np.linalg.cholesky(problem.hessian).T, circle).T)


def clip_polygon(corners: Array, limits: Limits) -> Array:
    """The part of a convex polygon that lies in a rectangle.

    Parameters
    ----------
    corners : ndarray, shape (n, 2)
        In order, the first one not repeated.
    limits : Limits

    Returns
    -------
    ndarray, shape (m, 2)
        Empty where they do not meet.

    Source: I. Sutherland and G. Hodgman, "Reentrant polygon clipping", Communications of the ACM 17 (1974).
    """
    edges = ((0, limits.x_low, 1), (0, limits.x_high, -1), (1, limits.y_low, 1), (1, limits.y_high, -1))
    for axis, edge, side in edges:
        if not len(corners):
            break
        depth = side * (corners[:, axis] - edge)
        if depth.min() >= 0:
            continue
        following, depth_after = np.roll(corners, -1, axis=0), np.roll(depth, -1)
        inside, crosses = depth >= 0, (depth >= 0) != (depth_after >= 0)
        share = np.where(crosses, depth / np.where(crosses, depth - depth_after, 1.0), 0.0)
        crossings = corners + share[:, None] * (following - corners)
        crossings[:, axis] = edge
        both = np.stack([corners, crossings], axis=1)
        corners = both[np.stack([inside, crosses], axis=1)]
    return corners


class Contours(VGroup):
    """Level lines of a loss, and between them the loss as colour.

    What is higher than the highest level stays bare.

    Parameters
    ----------
    problem : LeastSquares
        One with a bias and a unique minimizer.
    levels : iterable of float
        Losses to draw lines at.
    theme : Theme
    quiet : bool
        Close to the ground, where runs are the subject; else violet.
    filled : bool
        Whether there is colour between the lines.

    Attributes
    ----------
    fills : VGroup of Shape
        What is not above each level, from the highest to the lowest.
    lines : VGroup of Polyline
        One for each level, from the lowest to the highest.
    """

    def __init__(
        self,
        problem: LeastSquares,
        levels: Iterable[float],
        theme: Theme,
        *,
        quiet: bool = False,
        filled: bool = True,
    ) -> None:
        super().__init__()
        self.problem, self.theme = problem, theme
        self.levels = np.sort(np.asarray(list(levels), dtype=float))
        ramp = (QUIET_RAMPS if quiet else RAMPS)[theme.name]
        color, self.line_opacity = (QUIET_LINES if quiet else LINES)[theme.name]
        self.colors = [loss_color(ramp, middle) for middle in self._middles()]
        each_line = [Polyline(color, LINE_WIDTH, self.line_opacity) for _ in self.levels]
        self.lines, self._each_line = VGroup(*each_line), each_line
        self.fills = VGroup(*(Shape().set_fill(each, 1).set_stroke(width=0) for each in self.colors[::-1]))
        if filled:
            self.add(self.fills)
        self.add(self.lines)
        lay("areas", self)

    def _middles(self) -> Array:
        """Loss in the middle of the band below each level, as a part of the highest level."""
        below = np.concatenate([[self.problem.minimum], self.levels[:-1]])
        return np.asarray((below + self.levels) / 2 / self.levels[-1])

    def draw(self, plot: Places) -> Contours:
        """Draw in axes (b, w), cut exactly at their edge."""
        for line, fill, level in zip(self._each_line, self.fills[::-1], self.levels, strict=True):
            corners = level_corners(plot, self.problem, float(level))
            draw_pieces(line, plot.clipped(*corners.T))
            inside = clip_polygon(corners[:-1], plot.limits)
            fill.through(*([plot.at(*inside.T)] if len(inside) else []))
        return self

    def labels(
        self, plot: Places, levels: Iterable[float], avoid: ArrayLike, notation: Notation | None = None
    ) -> list[VGroup]:
        """A number on each of some level lines, where it is furthest from all else.

        Parameters
        ----------
        plot : Places
            Axes in which the lines are drawn.
        levels : iterable of float
        avoid : array_like, shape (n, 2)
            Pixels of the page to keep away from.
        notation : Notation, optional
            As short as a round level can be when left out.

        Returns
        -------
        list of VGroup
            A plate and its `Digits` for each level that has room.
        """
        taken, found = np.array(avoid, dtype=float).reshape(-1, 2), []
        for level in levels:
            text = Digits(
                _shortest(level) if notation is None else notation.write(level), sheet.SMALL, self.theme
            )
            corners = level_corners(plot, self.problem, level)
            spots = plot.pixels(*corners.T)
            room = plot.box.grown(-0.5 * max(text.width_pixels, sheet.SMALL) - 24)
            x, y = spots.T
            spots = spots[(x > room.left) & (x < room.right) & (y > room.top) & (y < room.bottom)]
            if not len(spots):
                continue
            apart = np.hypot(*(spots[:, None] - taken[None]).transpose(2, 0, 1)).min(axis=1)
            if apart.max() < 1.2 * text.width_pixels + 20:
                continue
            spot = spots[np.argmax(np.minimum(apart, 260) - 0.05 * spots[:, 1])]
            text.place(spot[0], spot[1] + 0.33 * sheet.SMALL, "center")
            under = rectangle(text.box().grown(_PLATE), self.theme.ground, fill=1)
            found.append(VGroup(under, text))
            taken = np.vstack([taken, spot])
        return found

    def beyond(self, plot: Places, loss_name: str) -> VGroup:
        """What the bare part of the axes is, in a corner of it; empty where no corner has room.

        Parameters
        ----------
        plot : Places
            Axes in which the lines are drawn.
        loss_name : str
        """
        top = float(self.levels[-1])
        name = Words(f'#loss("{loss_name}") $>$', sheet.SMALL, self.theme, "muted")
        value = Digits(_shortest(top), sheet.SMALL, self.theme, "muted")
        width, height = name.box().width + 12 + value.width_pixels, sheet.SMALL
        inner = plot.box.grown(-36)
        for left, top_edge in (
            (inner.right - width, inner.top),
            (inner.left, inner.bottom - height),
            (inner.left, inner.top),
            (inner.right - width, inner.bottom - height),
        ):
            across = np.linspace(left - 12, left + width + 12, 9)
            x, y = np.meshgrid(across, [top_edge - 12, top_edge + height + 12])
            if (self.problem.loss(plot.values(sheet.at(x, y))) > top).all():
                name.place(left, top_edge + 0.8 * height)
                value.place(name.box().right + 12, top_edge + 0.8 * height)
                return VGroup(name, value)
        return VGroup()


def _shortest(level: float) -> str:
    """A round level, as short as it can be written."""
    if level and not 1e-4 <= level < 1e5:
        return scientific(level, 1)
    return number(level, max(0, -math.floor(math.log10(level) + 1e-9)) if level else 0)


def level_corners(plot: Places, problem: LeastSquares, level: float) -> Array:
    """A level line with as many corners as keep its chords within a twentieth of a pixel of it."""
    span = np.ptp(plot.pixels(*level_line(problem, level, 64).T), axis=0)
    n_corners = math.ceil(math.pi / math.sqrt(2 * _SAG / max(float(span.max()) / 2, 1.0)))
    return level_line(problem, level, min(max(n_corners, 90), _MOST_CORNERS))


def draw_level(line: Polyline, plot: Places, problem: LeastSquares, level: float) -> Polyline:
    """Put the level line of one loss into axes (b, w), as one mobject whatever the pieces it is cut into."""
    return draw_pieces(line, plot.clipped(*level_corners(plot, problem, level).T))


def draw_pieces(line: Polyline, pieces: list[Array]) -> Polyline:
    """Draw several paths (m, 3), points of the scene, as one mobject."""
    drawn = []
    for piece in pieces:
        line.through(piece)
        drawn.append(line.points.copy())
    if drawn:
        line.set_points(np.concatenate(drawn))
    else:
        line.clear_points()
    return line


def loss_color(ramp: tuple[str, ...], share: float) -> str:
    """The colour of a loss that is a part `share` of the highest level."""
    place = min(max(share, 0.0), 1.0) ** EXPONENT * (len(ramp) - 1)
    index = min(int(place), len(ramp) - 2)
    return blend(ramp[index + 1], ramp[index], place - index)
