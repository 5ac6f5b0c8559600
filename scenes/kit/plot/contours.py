"""The contour plot: the loss over the parameter plane, seen from above.

A loss of least squares is a quadratic, so each of its level lines is an ellipse and is had in closed form:
every corner drawn has the loss of its level to rounding, in a round bowl and in the narrowest valley. A walk
over the cells of a grid would break such a valley into islands where it is narrower than a cell.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from manim import VGroup
from numpy.typing import ArrayLike, NDArray

from gdmath import LeastSquares
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.theme import THEMES, Theme, blend, contrast
from gdscenes.kit.plot.axes import Places
from gdscenes.kit.plot.marks import Polyline, Shape, rectangle, straight
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
QUIET = {"dark": 0.35, "light": 0.45, "print": 0.0}
QUIET_RAMPS = {
    name: tuple(blend(stop, THEMES[name].ground, QUIET[name]) for stop in ramp[:4])
    for name, ramp in RAMPS.items()
}
"""The same colours in the same order where runs are the subject, nearer to the ground."""
LEAST_CONTRAST = 3.0
"""Of a level line with the colours on both of its sides: WCAG 2.2, 1.4.11, for what carries meaning."""
LINE_WIDTH = 1.6

_MOST_IN_A_CURVE = math.pi / 4  # of a round: a curve leaves its arc by 4e-6 of the radius
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
    angles = np.linspace(0.0, 2 * math.pi, n_corners + 1)
    angles[-1] = 0.0
    return np.asarray(problem.minimizer + size * _on_circle(angles) @ _from_circle(problem))


def _on_circle(angles: Array) -> Array:
    """Points (..., 2) of the unit circle."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _from_circle(problem: LeastSquares) -> Array:
    """The matrix C^-1 (2, 2): it makes of u the way from the minimizer to where the loss is a half higher."""
    return np.linalg.inv(np.linalg.cholesky(problem.hessian))


def level_arcs(plot: Places, problem: LeastSquares, levels: ArrayLike) -> list[list[Array]]:
    """What axes (b, w) show of level lines, cut exactly at their edge.

    Parameters
    ----------
    plot : Places
    problem : LeastSquares
        One with a bias and a unique minimizer.
    levels : array_like, shape (n,)
        Of one that is not above the minimum nothing is shown.

    Returns
    -------
    list of list of ndarray, each (4m, 3)
        Of each level its arcs, counterclockwise: cubic Bezier curves, points of the scene.
    """
    center, from_circle = problem.minimizer, _from_circle(problem)
    sizes = np.sqrt(2 * np.maximum(np.asarray(levels) - problem.minimum, 0.0))
    lows, highs = np.array(plot.limits).reshape(2, 2).T
    level_of, starts, ways = _seen_arcs(center, sizes, from_circle, lows, highs)
    n_curves = np.ceil(ways / _MOST_IN_A_CURVE).astype(int)
    turns, size = ways / n_curves, sizes[level_of, None]
    arc_of = np.repeat(np.arange(len(ways)), n_curves + 1)
    index = np.arange(len(arc_of)) - (np.cumsum(n_curves + 1) - n_curves - 1)[arc_of]
    angles = starts[arc_of] + index * turns[arc_of]
    knots = np.clip(center + (size[arc_of] * _on_circle(angles)) @ from_circle, lows, highs)
    length = 4 / 3 * np.tan(turns / 4)[:, None] * size
    handles = (length[arc_of] * _on_circle(angles + math.pi / 2)) @ from_circle
    first = np.flatnonzero(index < n_curves[arc_of])
    after = first + 1
    corners = [knots[first], knots[first] + handles[first], knots[after] - handles[after], knots[after]]
    points = plot.at(*np.stack(corners, axis=1).reshape(-1, 2).T)
    arcs = np.split(points, 4 * np.cumsum(n_curves))[:-1]
    return [[arcs[each] for each in np.flatnonzero(level_of == level)] for level in range(len(sizes))]


def _seen_arcs(
    center: Array, sizes: Array, from_circle: Array, lows: Array, highs: Array
) -> tuple[NDArray[np.intp], Array, Array]:
    """Which parts of ellipses lie in a rectangle: of each its ellipse, the angle of its start, and its way.

    A coordinate of an ellipse is p* + r cos(a - f), where a is the angle of u. It meets an edge e of the
    rectangle where a = f +- arccos((e - p*) / r).
    """
    radii = np.multiply.outer(sizes, np.hypot(*from_circle))[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.arccos((np.stack([lows, highs], axis=1) - center[:, None]) / radii)
    meets = np.arctan2(*from_circle[::-1])[:, None, None] + np.stack([-half, half], axis=-1)
    starts = np.sort(meets.reshape(-1, 8) % (2 * math.pi), axis=1)  # NaN, last, where an edge is not met
    starts[np.isnan(starts[:, 0]), 0] = 0.0
    ends = np.roll(starts, -1, axis=1)
    ends = np.where(ends >= starts, ends, starts[:, :1] + 2 * math.pi)
    middles = center + (sizes[:, None, None] * _on_circle((starts + ends) / 2)) @ from_circle
    is_seen = ((lows <= middles) & (middles <= highs)).all(axis=2) & (ends > starts) & (sizes > 0)[:, None]
    return np.nonzero(is_seen)[0], starts[is_seen], (ends - starts)[is_seen]


def enclosed(arcs: Sequence[Array], corners: Array) -> Array:
    """The outline of what a convex curve and axes have in common.

    Parameters
    ----------
    arcs : sequence of ndarray, each (4m, 3)
        What the axes show of the curve, counterclockwise: cubic Bezier curves, points of the scene.
    corners : ndarray, shape (k, 3)
        Those of the axes that lie inside of the curve.

    Returns
    -------
    ndarray, shape (4n, 3)
        Cubic Bezier curves; none where they do not meet.
    """
    parts = [*arcs, *corners[:, None]]
    if not parts:
        return np.empty((0, 3))
    inside = np.concatenate([*(part[0::4] for part in parts), *(part[3::4] for part in parts)]).mean(axis=0)
    # an arc that starts on a corner comes after it
    x, y, _ = (np.stack([part[min(1, len(part) - 1)] for part in parts]) - inside).T
    order = [parts[index] for index in np.argsort(np.arctan2(y, x))]
    ends = np.array([part[-1] for part in order])
    joins = straight(ends, np.array([part[0] for part in (*order[1:], order[0])])).reshape(-1, 4, 3)
    both = zip(order, joins, strict=True)
    return np.concatenate([curves for part, join in both for curves in ([part] * (len(part) > 1) + [join])])


class Contours(VGroup):
    """Level lines of a loss, and between them the loss as colour.

    What is higher than the highest level stays bare, or, where runs are the subject, has its colour.

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
    full : float, optional
        The loss from which on the colour is the highest, so that maps of one loss agree; when left out, the
        highest level.

    Attributes
    ----------
    above : Shape
        What is higher than the highest level, where runs are the subject.
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
        full: float | None = None,
    ) -> None:
        super().__init__()
        self.problem, self.theme = problem, theme
        self.levels = np.sort(np.asarray(list(levels), dtype=float))
        ramp = (QUIET_RAMPS if quiet else RAMPS)[theme.name]
        *shares, next_share = self._middles() / (full or self.levels[-1])
        self.colors = [loss_color(ramp, share) for share in shares]
        beyond = loss_color(ramp, next_share) if quiet else theme.ground
        sides = itertools.pairwise([*(self.colors if filled else [beyond] * len(self.colors)), beyond])
        self.lines = VGroup(*(Polyline(line_color(pair, theme.ink), LINE_WIDTH) for pair in sides))
        self.above = Shape().set_fill(beyond, 1).set_stroke(width=0)
        self.fills = VGroup(*(Shape().set_fill(each, 1).set_stroke(width=0) for each in self.colors[::-1]))
        if filled:
            self.add(*[self.above] * quiet, self.fills)
        self.add(self.lines)
        lay("areas", self)

    def _middles(self) -> Array:
        """Losses in the middle of the band below each level, and of one up to twice the highest."""
        edges = np.concatenate([[self.problem.minimum], self.levels, 2 * self.levels[-1:]])
        return np.asarray((edges[:-1] + edges[1:]) / 2)

    def draw(self, plot: Places) -> Contours:
        """Draw in axes (b, w), cut exactly at their edge."""
        b_low, b_high, w_low, w_high = plot.limits
        corners = np.array([[b, w] for b in (b_low, b_high) for w in (w_low, w_high)])
        heights, places = self.problem.loss(corners), plot.at(*corners.T)
        self.above.set_points(enclosed([], places))
        drawn = zip(self.lines, reversed(self.fills.submobjects), self.levels, strict=True)
        for (line, fill, level), arcs in zip(drawn, level_arcs(plot, self.problem, self.levels), strict=True):
            line.set_points(_together(arcs))
            fill.set_points(enclosed(arcs, places[heights <= level]))
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
                shortest_level(level) if notation is None else notation.write(level), sheet.SMALL, self.theme
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
        value = Digits(shortest_level(top), sheet.SMALL, self.theme, "muted")
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


def shortest_level(level: float) -> str:
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
    (arcs,) = level_arcs(plot, problem, [level])
    line.set_points(_together(arcs))
    return line


def _together(arcs: list[Array]) -> Array:
    return np.concatenate(arcs) if arcs else np.empty((0, 3))


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


def line_color(sides: Iterable[str], ink: str) -> str:
    """The quietest colour between those on both sides of a line and the ink that stands out from them."""
    sides = tuple(sides)
    under = min(sides, key=lambda side: contrast(side, ink))
    mixed = (blend(ink, under, opacity) for opacity in np.linspace(0.0, 1.0, 101).tolist())
    return next((one for one in mixed if min(contrast(one, side) for side in sides) >= LEAST_CONTRAST), ink)


def loss_color(ramp: tuple[str, ...], share: float) -> str:
    """The colour of a loss that is a part `share` of the highest level."""
    place = min(max(share, 0.0), 1.0) ** EXPONENT * (len(ramp) - 1)
    index = min(int(place), len(ramp) - 2)
    return blend(ramp[index + 1], ramp[index], place - index)
