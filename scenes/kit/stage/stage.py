"""The 3D stage: the loss surface over the parameter plane, its floor, and the paths that descend on it.

A stage is one mobject. A lecture sets plain attributes of it, in an animation or between two, and every frame
is drawn anew from them; see `Stage`. Labels and formulas stay flat, over the same pixels: `Stage.on_page`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any, Self

import numpy as np
from manim import Mobject, ThreeDScene, UpdateFromAlphaFunc, smooth
from numpy.typing import ArrayLike, NDArray

from gdmath import BIAS, WEIGHT, LossGrid, Trajectory, contour_levels
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.manim_seam import Picture, Pictured
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axis import compact, in_units, round_axis
from gdscenes.kit.plot.clipping import Limits, clip_segment
from gdscenes.kit.stage.camera import (
    FOCAL_DISTANCE,
    PHI,
    PLACE,
    THETA,
    TOP_FOCAL_DISTANCE,
    TOP_PHI,
    TOP_PLACE,
    TOP_THETA,
    TOP_ZOOM,
    ZOOM,
    StageCamera,
)
from gdscenes.kit.stage.drawing import drawing
from gdscenes.kit.stage.field import LossField
from gdscenes.kit.stage.shapes import Batch, marks, segments, strip

Array = NDArray[np.float64]
Loss = Callable[[Array], Array]

HEIGHT = 2.8
"""Height of the surface where it is cut, units of the scene."""
GAP = 2.2
"""How far the floor plate lies below a loss of zero."""
SIDE = 6.0
"""The longer side of the plate."""
FADE = 0.16
"""How far the surface goes on, fading, above its cut: a part of the loss at the cut."""
TUBE = 0.038
BALL = 0.135
TICK = 0.14

_SPACING = 0.03  # of the corners of a path between two rows
_NEAREST_ROWS = 0.002  # rows closer than this, a quarter of a pixel, share a corner
_SHARP = 0.4  # cosine of the turn beyond which a path is not mitred
_SAG = 0.0008  # how far the mesh may leave the surface, a tenth of a pixel
_ROOT_STEPS = 50


class _Drawn:
    """What is drawn beside a surface and can be faded and moved from one state to another."""

    def blend(self, start: Any, end: Any, alpha: float) -> None:
        """Take on the state between two others."""
        for name in _numbers(self):
            a, b = getattr(start, name), getattr(end, name)
            setattr(self, name, b if alpha == 1 else a + alpha * (b - a))


@dataclass(eq=False)
class StagePath(_Drawn):
    """A descent on the surface and its shadow on the floor.

    Attributes
    ----------
    row : float
        How far it has come: step 3, or 3.5 on the way to step 4.
    opacity : float
        Of all of it.
    tube, beads, ball, start, floor, drop : float
        Opacity of the line, of the dots at its steps, of the ball at the current one, of the ring at the
        first, of the shadow on the floor, and of the dashed line from the ball down to it.
    hidden : float
        Opacity of what the surface hides.
    line_color, ball_color : str
    """

    parameters: Array
    losses: Array
    line_color: str
    ball_color: str
    row: float = 0.0
    opacity: float = 1.0
    tube: float = 1.0
    beads: float = 1.0
    ball: float = 1.0
    start: float = 1.0
    floor: float = 1.0
    drop: float = 1.0
    hidden: float = 0.42
    shapes: PathShapes = field(init=False, repr=False)

    @property
    def last_row(self) -> int:
        return len(self.parameters) - 1


@dataclass(eq=False)
class StageCut(_Drawn):
    """A plane on which one parameter is fixed, and the curve in which it meets the surface.

    Attributes
    ----------
    fixed : int
        `BIAS` or `WEIGHT`.
    at : float
        The value that it is fixed at.
    plane, curve, floor : float
        Opacity of the plane and its outline, of the curve, of the line on the floor; 1 is as in the style
        frames. All are 0 at first.
    drawn : float
        How much of the curve is drawn, 0 to 1, from its lower end.
    """

    fixed: int
    at: float
    color: str
    plane: float = 0.0
    curve: float = 0.0
    floor: float = 0.0
    drawn: float = 1.0


@dataclass(eq=False)
class StagePoint(_Drawn):
    """A point (b, w) of the plane, on the surface and on the floor.

    Attributes
    ----------
    opacity, drop : float
        Of the ball, and of the dashed line from it to the floor.
    floor : float
        Opacity of its disc on the floor.
    """

    b: float
    w: float
    loss: float
    color: str
    opacity: float = 1.0
    drop: float = 1.0
    floor: float = 1.0
    size: float = 0.11


class Stage(Pictured):
    """A loss surface with everything that stands on it, drawn with a depth buffer.

    Parameters
    ----------
    grid : LossGrid
        Evenly spaced.
    theme : Theme
    camera : StageCamera
        The camera of the lecture.
    cut : float
        Loss at which the surface is cut; `cut_above` finds a round one.
    loss : callable, optional
        The exact loss (...,) of parameters (..., 2), for curves between the nodes; the grid's own
        interpolation, which is exact for a quadratic, when left out.
    levels : iterable of float, optional
        Losses of the level lines; 1-2-5 steps up to the cut when left out.
    minimum : array_like, shape (2,), optional
        Where the diamond stands; none when left out.
    box : Box, optional
        Part of the page that is drawn on.
    units : array_like, shape (2,)
        How much of b is as long as how much of w: powers of ten, for windows much longer than wide.

    Attributes
    ----------
    rise : float
        0 is a flat sheet on the floor, 1 the surface.
    flatten : float
        0 is the surface, 1 the contour plot: no height, no gap, no shading, one colour from line to line.
    opacity : float
        Of everything.
    surface, beyond, rim, edges, lines, floor, axes, minimum, floor_minimum : float
        Opacity of: the sheet; what goes on above the cut; the line along the cut; the outline; the level
        lines; the plate; ticks and the axis of the loss; the diamond on the surface and on the floor.
    dimmed : float
        How far the surface's colours go towards the ground, 0 to 1; 0.42 beside cut planes.
    paths : list of StagePath
    cuts : tuple of StageCut
        The planes on which b is fixed and w is fixed, in the order of the parameters.
    marked : list of StagePoint
    b_axis, w_axis, loss_axis : Axis
        With the ticks that are drawn.
    """

    def __init__(
        self,
        grid: LossGrid,
        theme: Theme,
        camera: StageCamera,
        *,
        cut: float,
        loss: Loss | None = None,
        levels: Iterable[float] | None = None,
        minimum: ArrayLike | None = None,
        box: Box | None = None,
        units: ArrayLike = (1.0, 1.0),
    ) -> None:
        super().__init__()
        self.points = sheet.at(0, 0)[None]  # Manim passes by what has no points
        self.grid, self.theme, self.camera, self.cut = grid, theme, camera, float(cut)
        self.field = LossField(grid)
        self.loss: Loss = self.field.loss if loss is None else loss
        self.box = box or Box(0, 0, 1290, sheet.HEIGHT)
        if levels is None:
            levels = contour_levels(max(float(grid.losses.min()), 0.0), self.cut, at_most=6)
        self.levels = tuple(sorted(float(level) for level in levels if level < self.cut))
        self.minimum_at = None if minimum is None else np.asarray(minimum, dtype=float)

        window = self.field.window
        self.window = Limits(window.b_min, window.b_max, window.w_min, window.w_max)
        self.middle = np.array([window.b_min + window.b_max, window.w_min + window.w_max]) / 2
        spans = np.array([window.b_max - window.b_min, window.w_max - window.w_min])
        unit = np.asarray(units, dtype=float)
        self.units_per_step = SIDE / (spans / unit).max() / unit
        self.half = spans * self.units_per_step / 2
        self.b_axis = in_units(round_axis(window.b_min, window.b_max, "$bias$"), unit[BIAS])
        self.w_axis = in_units(round_axis(window.w_min, window.w_max, "$weight$"), unit[WEIGHT])
        self.loss_axis = compact(round_axis(0.0, self.cut, "", most=5))

        self.rise: float = 1.0
        self.opacity: float = 1.0
        self.flatten = self.dimmed = 0.0
        self.surface = self.beyond = self.rim = self.edges = self.lines = self.floor = self.axes = 1.0
        self.minimum = self.floor_minimum = 1.0
        self.paths: list[StagePath] = []
        self.marked: list[StagePoint] = []
        self.cuts = (
            StageCut(BIAS, float(self.middle[BIAS]), theme.weight),
            StageCut(WEIGHT, float(self.middle[WEIGHT]), theme.bias),
        )
        self.static = StaticShapes(self)

    # -- what a lecture puts on it -----------------------------------------------------------------------

    def add_path(
        self,
        run: Trajectory,
        row: float = 0.0,
        color: str | None = None,
        ball_color: str | None = None,
    ) -> StagePath:
        """Put a descent on the surface; it has come as far as `row`.

        Every stored row stands at its stored loss. Between two rows the line follows the surface over the
        straight way from one to the other. What leaves the window or the cut is cut off exactly there.
        """
        path = StagePath(
            run.parameters,
            run.losses,
            color or self.theme.path,
            ball_color or self.theme.model,
            float(row),
        )
        path.shapes = PathShapes(self, path)
        self.paths.append(path)
        return path

    def add_point(self, b: float, w: float, color: str | None = None, **state: float) -> StagePoint:
        """Put a ball on the surface over (b, w), with its place on the floor."""
        loss = float(self.loss(np.array([b, w])))
        point = StagePoint(float(b), float(w), loss, color or self.theme.ink, **state)
        self.marked.append(point)
        return point

    # -- places ------------------------------------------------------------------------------------------

    @property
    def height_per_loss(self) -> float:
        """Units of the scene by which a loss is raised now."""
        return HEIGHT / self.cut * self.rise * (1 - self.flatten)

    @property
    def base(self) -> float:
        """Height of a loss of zero now."""
        return -GAP * (1 - self.rise) * (1 - self.flatten)

    @property
    def floor_height(self) -> float:
        """Height of the plate now."""
        return -GAP * (1 - self.flatten)

    def plane(self, parameters: ArrayLike) -> Array:
        """x and y (..., 2) of the scene over which parameters (..., 2) lie."""
        return np.asarray((np.asarray(parameters, dtype=float) - self.middle) * self.units_per_step)

    def at(self, b: ArrayLike, w: ArrayLike, loss: ArrayLike) -> Array:
        """Points (..., 3) of the scene at which losses stand over (b, w) now."""
        b, w, loss = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (b, w, loss)))
        xy = self.plane(np.stack([b, w], axis=-1))
        return np.concatenate([xy, (self.base + self.height_per_loss * loss)[..., None]], axis=-1)

    def on_floor(self, b: ArrayLike, w: ArrayLike) -> Array:
        """Points (..., 3) of the scene on the plate under (b, w)."""
        b, w = np.broadcast_arrays(np.asarray(b, dtype=float), np.asarray(w, dtype=float))
        xy = self.plane(np.stack([b, w], axis=-1))
        return np.concatenate([xy, np.full((*xy.shape[:-1], 1), self.floor_height)], axis=-1)

    def on_page(self, b: ArrayLike, w: ArrayLike, loss: ArrayLike | None = None) -> Array:
        """Pixels (..., 2) of the page on which a loss over (b, w) is seen now; on the floor without one."""
        return self.seen(self.on_floor(b, w) if loss is None else self.at(b, w, loss))

    def seen(self, points: ArrayLike) -> Array:
        """Pixels (..., 2) of the page on which points (..., 3) of the scene are seen now."""
        points = np.asarray(points, dtype=float)
        return sheet.pixels(self.camera.project_points(points.reshape(-1, 3))).reshape(*points.shape[:-1], 2)

    def tick_on_page(self, axis: str, value: float, away: float = 0.46) -> Array:
        """Where the number of a tick is centred: pixels (2,) of the page, for the camera as it is.

        Parameters
        ----------
        axis : {"b", "w", "loss"}
            b runs along the front of the plate; w along its right side, in the contour plot along its left.
        value : float
        away : float
            Distance from the axis, units of the scene.
        """
        if axis == "b":
            foot = self.on_floor(value, self.window.y_low)
            return self.seen(foot + np.array([0.0, -away, 0.0]))
        if axis == "w":
            left = self.flatten > 0.5
            foot = self.on_floor(self.window.x_low if left else self.window.x_high, value)
            return self.seen(foot + np.array([-away if left else away, 0.0, 0.0]))
        if axis == "loss":
            foot = self.at(self.window.x_low, self.window.y_low, value)
            return self.seen(foot - away * self.to_the_right())
        raise ValueError(f"axis: got {axis!r}; allowed 'b', 'w', 'loss'")

    def to_the_right(self) -> Array:
        """The level direction (3,) in the scene that points to the right of the page."""
        right: Array = self.camera.generate_rotation_matrix()[0].copy()
        right[2] = 0.0
        return right / max(float(np.linalg.norm(right)), 1e-12)

    def position(self, path: StagePath) -> tuple[float, float, float]:
        """b, w and loss at which a path's ball stands: exactly a row's where the row is whole."""
        row = min(max(path.row, 0.0), float(path.last_row))
        k = int(row)
        if row == k:
            b, w = path.parameters[k]
            return float(b), float(w), float(path.losses[k])
        p = path.parameters[k] + (row - k) * (path.parameters[k + 1] - path.parameters[k])
        return float(p[BIAS]), float(p[WEIGHT]), float(self.loss(p))

    def ball_center(self, path: StagePath) -> Array:
        """The middle (3,) of a path's ball: over its position by its radius, square on the surface."""
        b, w, loss = self.position(path)
        slope = self.slopes(np.array([b, w])) * self.cut * self.height_per_loss
        upright = np.array([-slope[0], -slope[1], 1.0])
        return self.at(b, w, loss) + BALL * upright / np.linalg.norm(upright)

    def is_inside(self, b: float, w: float, loss: float) -> bool:
        """Whether a point lies in the window and under the cut."""
        return self.window.contains(b, w) and loss <= self.cut

    def slopes(self, parameters: ArrayLike) -> Array:
        """Slopes (..., 2) of loss / cut along x and y of the scene."""
        return np.asarray(self.field.gradient(parameters) / self.cut / self.units_per_step)

    # -- curves on the surface ---------------------------------------------------------------------------

    def under_cut(self, way: Array, losses: Array) -> list[tuple[Array, Array]]:
        """The runs of a way (n, k), parameters first, whose losses (n,) are not above the cut; ends exact."""
        inside = losses <= self.cut
        if inside.all():
            return [(way, losses)]
        changes = np.flatnonzero(inside[1:] != inside[:-1])
        low, high = np.zeros(len(changes)), np.ones(len(changes))
        start, end = way[changes], way[changes + 1]
        for _ in range(_ROOT_STEPS if len(changes) else 0):
            middle = (low + high) / 2
            points = start + middle[:, None] * (end - start)
            same = (self.loss(points[:, :2]) <= self.cut) == inside[changes]
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        crossings = start + ((low + high) / 2)[:, None] * (end - start)
        runs, first = [], 0
        for piece in range(len(changes) + 1):
            last = changes[piece] + 1 if piece < len(changes) else len(way)
            if inside[first]:
                parts, heights = [way[first:last]], [losses[first:last]]
                if piece > 0:
                    parts.insert(0, crossings[piece - 1 : piece])
                    heights.insert(0, np.array([self.cut]))
                if piece < len(changes):
                    parts.append(crossings[piece : piece + 1])
                    heights.append(np.array([self.cut]))
                runs.append((np.vstack(parts), np.concatenate(heights)))
            first = last
        return runs

    def cut_curve(self, cut: StageCut, n: int = 181) -> list[tuple[Array, Array]]:
        """Where a cut plane meets the surface: runs of parameters (n, 2) with exact losses (n,)."""
        free = WEIGHT if cut.fixed == BIAS else BIAS
        low, high = (self.window[0], self.window[1]) if free == BIAS else (self.window[2], self.window[3])
        way = np.full((n, 2), cut.at)
        way[:, free] = np.linspace(low, low + cut.drawn * (high - low), n)
        return [run for run in self.under_cut(way, self.loss(way)) if len(run[0]) > 1]

    # -- as a mobject ------------------------------------------------------------------------------------

    def picture(self) -> Picture | None:
        return drawing().draw(self, self.camera)

    def __deepcopy__(self, memo: dict[int, Any]) -> Stage:
        # a copy is another state of the same surface
        other = copy.copy(self)
        memo[id(self)] = other
        other.points, other.updaters, other.submobjects = self.points.copy(), list(self.updaters), []
        other.paths = [copy.copy(path) for path in self.paths]
        other.marked = [copy.copy(point) for point in self.marked]
        other.cuts = (copy.copy(self.cuts[0]), copy.copy(self.cuts[1]))
        return other

    def interpolate(self, mobject1: Any, mobject2: Any, alpha: float, path_func: Any = None) -> Self:
        """Take on the state between two others: what `FadeIn` and ``stage.animate.set(rise=1)`` do."""
        for name in _STATE:
            a, b = getattr(mobject1, name), getattr(mobject2, name)
            setattr(self, name, b if alpha == 1 else a + alpha * (b - a))
        for mine, start, end in zip(
            (*self.paths, *self.cuts, *self.marked),
            (*mobject1.paths, *mobject1.cuts, *mobject1.marked),
            (*mobject2.paths, *mobject2.cuts, *mobject2.marked),
            strict=False,
        ):
            mine.blend(start, end, alpha)
        return self

    def interpolate_color(self, mobject1: Any, mobject2: Any, alpha: float) -> Self:
        return self.interpolate(mobject1, mobject2, alpha)

    def fade(self, darkness: float = 0.5, family: bool = True) -> Self:
        self.opacity *= 1 - darkness
        return self


_STATE = (
    "rise",
    "flatten",
    "opacity",
    "surface",
    "beyond",
    "rim",
    "edges",
    "lines",
    "floor",
    "axes",
    "minimum",
    "floor_minimum",
    "dimmed",
)


def _numbers(drawn: Any) -> list[str]:
    """The names of the fields that an animation changes."""
    return [each.name for each in fields(drawn) if each.type == "float"]


class StaticShapes:
    """What a stage's frames have in common: meshes and lines that only the shaders raise."""

    def __init__(self, stage: Stage) -> None:
        known, cut = stage.field, stage.cut
        rows, v = _mesh(stage, _n_nodes(known, cut))
        cells = np.stack([v[:-1, :-1], v[1:, :-1], v[:-1, 1:], v[1:, 1:]])
        low, high = cells.min(axis=0), cells.max(axis=0)
        self.sheet = Batch(rows, _triangles(v.shape, low <= 1))
        self.above = Batch(rows, _triangles(v.shape, (high >= 1) & (low <= 1 + FADE)))
        self.nodes = rows
        self.shape = v.shape
        rows, v = _mesh(stage, _n_nodes_of_plate(known, cut))
        cells = np.stack([v[:-1, :-1], v[1:, :-1], v[:-1, 1:], v[1:, 1:]])
        self.plate = Batch(rows, _triangles(v.shape, cells.min(axis=0) < math.inf))

        hx, hy = stage.half
        corners = np.array([[-hx, -hy, 0, 0], [hx, -hy, 0, 0], [hx, hy, 0, 0], [-hx, hy, 0, 0]])
        self.frame = Batch(strip(corners, np.ones(4), closed=True))
        window = stage.window
        edges = []
        for start, end, n in (
            ((window.x_low, window.y_low), (window.x_high, window.y_low), self.shape[1]),
            ((window.x_low, window.y_high), (window.x_high, window.y_high), self.shape[1]),
            ((window.x_low, window.y_low), (window.x_low, window.y_high), self.shape[0]),
            ((window.x_high, window.y_low), (window.x_high, window.y_high), self.shape[0]),
        ):
            way = np.linspace(start, end, n)
            for run, losses in stage.under_cut(way, known.loss(way)):
                if len(run) > 1:
                    edges.append(_line_on(stage, run, losses))
        self.edges = Batch(np.vstack(edges) if edges else np.zeros((0, 32)))
        pieces = known.level_pieces(cut)
        rim = np.zeros((*pieces.shape[:2], 4))
        rim[..., :2], rim[..., 2] = stage.plane(pieces), 1.0
        self.rim = Batch(segments(rim, np.ones(4), stage.slopes(pieces)))

        height = np.zeros((61, 4))
        height[:, :2], height[:, 2] = -stage.half, np.linspace(0, 1, 61)
        self.height_axis = height


class PathShapes:
    """One path: its line, the dots at its steps, and its shadow on the floor."""

    def __init__(self, stage: Stage, path: StagePath) -> None:
        lines, floor, dots, dot_rows, sizes = [], [], [], [], []
        for way, losses in self._pieces(stage, path.parameters, path.losses):
            rows = way[:, 2]
            at = np.zeros((len(way), 4))
            at[:, :2], at[:, 2] = stage.plane(way[:, :2]), losses / stage.cut
            slopes = stage.slopes(way[:, :2])
            space = at[:, :3] * np.array([1, 1, HEIGHT])
            length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(space, axis=0), axis=1))])
            for part in _gentle_parts(space):
                lines.append(strip(at[part], np.ones(4), slopes[part], rows[part], length[part]))
            for part in _gentle_parts(space[:, :2]):
                flat = at[part] * np.array([1, 1, 0, 0])
                floor.append(strip(flat, np.ones(4), rows=rows[part], way=length[part]))
            whole = np.flatnonzero((rows == np.round(rows)) & (rows > 0))
            before = np.concatenate([[0], whole[:-1]]) if len(whole) else whole
            gaps = np.linalg.norm(space[whole] - space[before], axis=1)
            dots.append(np.hstack([at[whole], slopes[whole]]))
            dot_rows.append(rows[whole])
            sizes.append(np.clip(gaps / 2, TUBE, 1.75 * TUBE))
        self.line = Batch(np.vstack(lines) if lines else np.zeros((0, 32)))
        self.floor = Batch(np.vstack(floor) if floor else np.zeros((0, 32)))
        all_dots = np.vstack(dots) if dots else np.zeros((0, 6))
        self.dots = Batch(
            marks(
                all_dots[:, :4],
                np.concatenate([*sizes, []]),
                all_dots[:, 4:],
                np.concatenate([*dot_rows, []]),
            )
        )

    @staticmethod
    def _pieces(stage: Stage, parameters: Array, losses: Array) -> list[tuple[Array, Array]]:
        """Runs of (b, w, row) with their losses, in the window and under the cut."""
        kept = _apart(stage.plane(parameters), _NEAREST_ROWS)
        runs: list[tuple[list[Array], list[Array]]] = []
        open_at = -1
        for k, following in pairwise(kept):
            start, end = parameters[k], parameters[following]
            clipped = clip_segment(start, end, stage.window)
            if clipped is None or np.array_equal(*clipped):
                open_at = -1
                continue
            share = _shares(start, end, clipped)
            n = max(1, math.ceil(float(np.linalg.norm(np.diff(stage.plane(clipped), axis=0))) / _SPACING))
            between = np.linspace(0.0, 1.0, n + 1)[:, None]
            way = np.hstack(
                [
                    clipped[0] + between * (clipped[1] - clipped[0]),
                    k + (following - k) * (share[0] + between * (share[1] - share[0])),
                ]
            )
            heights = np.array(stage.loss(way[:, :2]))
            # what is stored rules at the rows themselves
            if share[0] == 0.0:
                way[0, :2], way[0, 2], heights[0] = start, k, losses[k]
            if share[1] == 1.0:
                way[-1, :2], way[-1, 2], heights[-1] = end, following, losses[following]
            if open_at == k and share[0] == 0.0:
                runs[-1][0].append(way[1:])
                runs[-1][1].append(heights[1:])
            else:
                runs.append(([way], [heights]))
            open_at = int(following) if share[1] == 1.0 else -1
        return [
            run
            for ways, heights in runs
            for run in stage.under_cut(np.vstack(ways), np.concatenate(heights))
            if len(run[0]) > 1
        ]


def _mesh(stage: Stage, n: int) -> tuple[Array, Array]:
    """Nodes (n * n, 5) of an even mesh, x, y, loss / cut and its slopes; and loss / cut (n, n)."""
    window, known = stage.window, stage.field
    b, w = np.linspace(window.x_low, window.x_high, n), np.linspace(window.y_low, window.y_high, n)
    nodes = np.stack(np.meshgrid(b, w), axis=-1)
    own = n == len(known.b) == len(known.w)
    v = (known.losses if own else known.loss(nodes)) / stage.cut
    rows = np.concatenate([stage.plane(nodes), v[..., None], stage.slopes(nodes)], axis=-1)
    return rows.reshape(-1, 5), v


def _n_nodes(known: LossField, cut: float) -> int:
    """Nodes along each side of the drawn mesh: so many that its flat faces leave the surface by a tenth of a
    pixel at most, 101 to 201. A finer grid would cost time and change no pixel."""
    low = known.losses < cut
    bend = 0.0
    for axis in (0, 1):
        second = np.abs(np.diff(known.losses, n=2, axis=axis))
        inner = low[1:-1] if axis == 0 else low[:, 1:-1]
        bend += float(second[inner].max(initial=0.0)) * (known.losses.shape[axis] - 1) ** 2
    return int(np.clip(math.ceil(math.sqrt(HEIGHT * bend / cut / 8 / _SAG)) + 1, 101, 201))


def _n_nodes_of_plate(known: LossField, cut: float) -> int:
    """Nodes along each side from which the shaders, exact for a quadratic, make every loss of the grid."""
    nodes = np.stack(np.meshgrid(known.b, known.w), axis=-1)
    near = known.losses < 2 * cut
    for n in (3, 11, 26, 51):
        b, w = (np.linspace(side[0], side[-1], n) for side in (known.b, known.w))
        coarse = np.stack(np.meshgrid(b, w), axis=-1)
        trial = LossField(LossGrid(b, w, known.loss(coarse)))
        if np.abs(trial.loss(nodes) - known.losses)[near].max(initial=0.0) < 1e-6 * cut:
            return n
    return 101


def _shares(start: Array, end: Array, clipped: tuple[Array, Array]) -> tuple[float, float]:
    """How far along a segment its clipped ends lie."""
    along = end - start
    axis = int(np.argmax(np.abs(along)))
    first, last = ((point[axis] - start[axis]) / along[axis] for point in clipped)
    return float(first), float(last)


def _apart(places: Array, distance: float) -> list[int]:
    """Rows of places (n, 2) that are further apart than a distance, the first and the last among them."""
    kept = [0]
    here = places[0]
    for k in range(1, len(places) - 1):
        if math.dist(here, places[k]) > distance:
            kept.append(k)
            here = places[k]
    return [*kept, len(places) - 1] if len(places) > 1 else kept


def _gentle_parts(places: Array) -> list[slice]:
    """Parts of a line (n, k) without a sharp turn, each a slice that includes both its ends."""
    steps = np.diff(places, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    lengths[lengths == 0] = 1.0
    turn = (steps[:-1] * steps[1:]).sum(axis=1) / lengths[:-1] / lengths[1:]
    breaks = np.flatnonzero(turn < _SHARP) + 1
    ends = [0, *breaks, len(places) - 1]
    return [slice(a, b + 1) for a, b in pairwise(ends)]


def _triangles(shape: tuple[int, ...], wanted: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Corners of two triangles for each wanted cell (m - 1, n - 1) of a grid (m, n)."""
    at = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    return np.stack([a, b, c, a, c, d], axis=-1)[wanted].reshape(-1)


def _line_on(stage: Stage, way: Array, losses: Array) -> Array:
    at = np.zeros((len(way), 4))
    at[:, :2], at[:, 2] = stage.plane(way), losses / stage.cut
    return strip(at, np.ones(4), stage.slopes(way))


def cut_above(loss: float) -> float:
    """The first of the numbers 1, 2 and 5 times a power of ten that is above a loss.

    >>> cut_above(2.7422), cut_above(5.0), cut_above(0.013)
    (5.0, 10.0, 0.02)
    """
    power = math.floor(math.log10(loss)) if loss > 0 else 0
    rungs = (float(f"{digit}e{power + up}") for up in (0, 1) for digit in (1, 2, 5))
    return next(rung for rung in rungs if rung > loss)


class StageLecture(Lecture, ThreeDScene):
    """A lecture with a stage: its camera is a `StageCamera`, and text that it cannot touch is drawn once."""

    camera: StageCamera

    def __init__(self, **kwargs: Any) -> None:
        settings: dict[str, Any] = {"camera_class": StageCamera} | kwargs
        super().__init__(**settings)  # type: ignore[no-untyped-call]

    def move_camera(  # type: ignore[override]
        self,
        *,
        place: tuple[float, float] | None = None,
        focal_distance: float | None = None,
        added_anims: Iterable[Any] = (),
        **kwargs: Any,
    ) -> None:
        """Manim's `move_camera`, and `place`: pixels of the page to which the scene's origin goes.

        The focal distance changes evenly in what is seen, that is in its reciprocal, so that perspective can
        be left for 1e6 without a jump.
        """
        camera, animations = self.camera, list(added_anims)
        if place is not None:
            animations.append(camera.place_tracker.animate.set_value(camera.place_value(*place)))
        if focal_distance is not None:
            near, far = 1 / camera.get_focal_distance(), 1 / focal_distance

            def recede(tracker: Any, share: float) -> None:
                tracker.set_value(focal_distance if share == 1 else 1 / (near + share * (far - near)))

            animations.append(UpdateFromAlphaFunc(camera.focal_distance_tracker, recede, rate_func=smooth))
        super().move_camera(added_anims=animations, **kwargs)

    def look_from_default(self, **kwargs: Any) -> None:
        """Move the camera to where a lecture looks from."""
        self.move_camera(
            phi=PHI, theta=THETA, focal_distance=FOCAL_DISTANCE, zoom=ZOOM, place=PLACE, **kwargs
        )

    def rise_to_top(self, stage: Stage, run_time: float = 3.0, **kwargs: Any) -> None:
        """Move the camera above the stage while the surface becomes the contour plot."""
        self.move_camera(
            phi=TOP_PHI,
            theta=TOP_THETA,
            focal_distance=TOP_FOCAL_DISTANCE,
            zoom=TOP_ZOOM,
            place=TOP_PLACE,
            added_anims=[stage.animate.set(flatten=1.0), *kwargs.pop("added_anims", ())],
            run_time=run_time,
            **kwargs,
        )

    def changes(self, mobject: Mobject, changing: set[Mobject]) -> bool:
        looks_elsewhere = not changing.isdisjoint(self.camera.get_movers())
        return super().changes(mobject, changing) or (looks_elsewhere and _is_in_space(mobject))


def _is_in_space(mobject: Mobject) -> bool:
    return isinstance(mobject, Stage) or any(
        getattr(each, "shade_in_3d", False) for each in mobject.get_family()
    )
