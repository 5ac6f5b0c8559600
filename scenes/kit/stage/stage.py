"""The 3D stage: the loss surface over the parameter plane, its floor, and the paths that descend on it.

A stage is one mobject and one figure: its dials are turned, and every frame is drawn anew from them; see
`Stage`. Labels and formulas stay flat, over the same pixels: `Stage.on_page`, `StageRuler`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, Self

import numpy as np
from manim import Mobject
from numpy.typing import ArrayLike, NDArray

from gdmath import BIAS, WEIGHT, LossGrid, contour_levels
from gdscenes.kit.figures.figure import AnyFigure, Claim
from gdscenes.kit.lecture.pacing import change_on_screen
from gdscenes.kit.manim_seam import Picture, Pictured
from gdscenes.kit.page import sheet
from gdscenes.kit.page.layers import lay
from gdscenes.kit.page.sheet import Box
from gdscenes.kit.page.theme import Theme
from gdscenes.kit.plot.axes import Places, Plot
from gdscenes.kit.plot.axis import Axis, PowerAxis, compact, in_units, round_axis
from gdscenes.kit.plot.clipping import Limits
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.descents import PathShapes
from gdscenes.kit.stage.drawing import drawing
from gdscenes.kit.stage.field import LossField
from gdscenes.kit.stage.look import GAP, HEIGHT, SIDE
from gdscenes.kit.stage.meshes import StaticShapes
from gdscenes.kit.stage.parts import Drawn, StageCut, StageLattice, StagePath, StagePoint, StageStalks
from gdscenes.kit.stage.views import View

Array = NDArray[np.float64]
Loss = Callable[[Array], Array]


class Rows(Protocol):
    """What a path is drawn of: places (rows, 2) of the plane, and the losses (rows,) at which they lie."""

    @property
    def parameters(self) -> Array: ...

    @property
    def losses(self) -> Array: ...


class Stage(AnyFigure, Pictured):
    """A loss surface with everything that stands on it, drawn with a depth buffer.

        stage = Stage(grid, theme, camera, cut=cut_above(story.start_loss), loss=problem.loss)
        path = stage.add_path(story.run, "descent")
        stage.view = across_valley(stage, problem, story.run)
        self.show(stage.empty())
        self.turn(stage, surface=1.0, skin=1.0, rise=1.0)
        self.turn(path, tube=1.0, ball=1.0)
        self.advance(Clock(stage), to=5)

    The numbers among its attributes are its dials; what stands on it has dials of its own.

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
    names : tuple of str
        Of the axes of b and w, Typst markup.

    Attributes
    ----------
    rise : float
        0 is a flat sheet on the floor, 1 the surface.
    lifted : float
        Whether the floor has sunk to where there is room for its map, or lies at a loss of zero.
    skin : float
        How far up the surface is drawn, and its map on the floor: 0 is its lowest point, 1 the cut.
    underside : float
        Opacity of what is seen of it from below: the near wall, where it should not hide the far one.
    flatten : float
        0 is the surface, 1 the contour plot: no height, no gap, no shading, one colour from line to line.
    opacity : float
        Of everything.
    surface, beyond, rim, edges, lines, floor, axes, minimum, floor_minimum : float
        Opacity of: the sheet; what goes on above the cut; the line along the cut; the outline; the level
        lines; the plate; ticks and the axis of the loss; the diamond on the surface and on the floor.
    dimmed : float
        How far the surface's colours go towards the ground, 0 to 1; 0.42 beside cut planes.
    view : View
        Where it is looked at from; its numbers stand on the sides that are near from there.
    paths : list of StagePath
    cuts : tuple of StageCut
        The planes on which b is fixed and w is fixed, in the order of the parameters.
    marked : list of StagePoint
    stalks : list of StageStalks
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
        names: tuple[str, str] = ("$bias$", "$weight$"),
    ) -> None:
        super().__init__()
        self.points = sheet.at(0, 0)[None]  # Manim passes by what has no points
        self.theme, self.camera, self.cut = theme, camera, float(cut)
        self.box = box or Box(0, 0, 1290, sheet.HEIGHT)
        self.units, self.names = np.asarray(units, dtype=float), names
        if levels is None:
            levels = contour_levels(max(float(grid.losses.min()), 0.0), self.cut, at_most=6)
        self.levels = tuple(sorted(float(level) for level in levels if level < self.cut))
        self.loss_axis = compact(round_axis(0.0, self.cut, "", most=5))

        self.rise: float = 1.0
        self.opacity: float = 1.0
        self.lifted = self.skin = self.underside = 1.0
        self.view = View()
        self.lattice: StageLattice | None = None
        self.flatten = self.dimmed = 0.0
        self.surface = self.beyond = self.rim = self.edges = self.lines = self.floor = self.axes = 1.0
        self.minimum = self.floor_minimum = 1.0
        self.paths: list[StagePath] = []
        self.marked: list[StagePoint] = []
        self.stalks: list[StageStalks] = []
        self.lay_over(grid, loss, minimum)
        lay("areas", self)

    def lay_over(self, grid: LossGrid, loss: Loss | None = None, minimum: ArrayLike | None = None) -> None:
        """Stand over another grid: see `Stage`, whose levels and cut stay. Nothing else is on the stage."""
        self.grid, self.field = grid, LossField(grid)
        self.loss: Loss = self.field.loss if loss is None else loss
        self.minimum_at = None if minimum is None else np.asarray(minimum, dtype=float)
        window = self.field.window
        self.window = Limits(window.b_min, window.b_max, window.w_min, window.w_max)
        self.middle = np.array([window.b_min + window.b_max, window.w_min + window.w_max]) / 2
        spans = np.array([window.b_max - window.b_min, window.w_max - window.w_min])
        self.units_per_step = SIDE / (spans / self.units).max() / self.units
        self.half = spans * self.units_per_step / 2
        self.b_axis = in_units(round_axis(window.b_min, window.b_max, self.names[BIAS]), self.units[BIAS])
        self.w_axis = in_units(round_axis(window.w_min, window.w_max, self.names[WEIGHT]), self.units[WEIGHT])
        self.cuts = (
            StageCut(self, BIAS, float(self.middle[BIAS]), self.theme.weight),
            StageCut(self, WEIGHT, float(self.middle[WEIGHT]), self.theme.bias),
        )
        self.static = StaticShapes(self)

    # -- what a lecture puts on it -----------------------------------------------------------------------

    def add_path(
        self,
        run: Rows,
        name: str = "",
        row: float = 0.0,
        color: str | None = None,
        ball_color: str | None = None,
    ) -> StagePath:
        """Put a descent on the surface; it has come as far as `row`.

        Every stored row stands at its stored loss. Between two rows the line follows the surface over the
        straight way from one to the other. What leaves the window or the cut is cut off exactly there.
        """
        path = StagePath(
            self,
            run.parameters,
            run.losses,
            color or self.theme.path,
            ball_color or self.theme.model,
            name,
            float(row),
        )
        path.shapes = PathShapes(self, path)
        self.paths.append(path)
        return path

    def add_stalks(self, path: StagePath, losses: Array, color: str | None = None) -> StageStalks:
        """Put a stalk on the rows of a path, from where each is drawn to its true loss, (rows,)."""
        stalks = StageStalks(self, path, np.asarray(losses, dtype=float), color or self.theme.loss)
        self.stalks.append(stalks)
        return stalks

    def add_point(self, b: float, w: float, color: str | None = None, **state: float) -> StagePoint:
        """Put a ball on the surface over (b, w), with its place on the floor."""
        loss = float(self.loss(np.array([b, w])))
        point = StagePoint(self, float(b), float(w), loss, color or self.theme.ink, **state)
        self.marked.append(point)
        return point

    def add_lattice(self, slope: float) -> StageLattice:
        """Put a small line on the plate at each node of a lattice: the line of that (b, w).

        Parameters
        ----------
        slope : float
            How many times as steep as w each is drawn: what the axes of the data make of it.
        """
        self.lattice = StageLattice(self, slope)
        return self.lattice

    def empty(self) -> Self:
        """Leave only the plate; the rest comes when it is turned on."""
        self.dial(**dict.fromkeys(_ON_PLATE, 0.0))
        for path in self.paths:
            path.dial(tube=0.0, beads=0.0, ball=0.0, start=0.0, floor=0.0, drop=0.0)
        return self

    # -- as a figure -------------------------------------------------------------------------------------

    def at(self, row: int, towards: float = 0.0) -> Self:
        """Let every path have come to a row, and a part `towards` of the way to the next one."""
        for path in self.paths:
            path.row = min(row + towards, float(path.last_row))
        return self

    @property
    def change(self) -> Array:
        """How far a path goes on the page in each step, pixels; of several, the longest way.

        Beyond the window nothing is seen of it.
        """
        low, high = np.reshape(self.window, (2, 2)).T
        ways = np.zeros((len(self.paths), max((path.last_row for path in self.paths), default=0)))
        for way, path in zip(ways, self.paths, strict=True):
            seen = np.clip(path.parameters, low, high)
            way[: path.last_row] = change_on_screen(self.on_page(*seen.T))
        return np.asarray(ways.max(axis=0, initial=0.0))

    @property
    def dials(self) -> Mapping[str, float]:
        return {name: getattr(self, name) for name in _DIALS}

    def dial(self, **values: float) -> Self:
        for name, value in values.items():
            setattr(self, name, float(value))
        return self

    def claims(self, row: int) -> Iterator[Claim]:
        """Where each ball that is seen touches the surface; from above, its place on the plane alone."""
        for path in self.paths:
            if min(path.ball, path.opacity, self.opacity) == 0:
                continue
            *parameters, loss = self.values(self.over(*self.position(path)))
            here = min(row, path.last_row)
            yield Claim("parameters", path.name, here, np.array(parameters), 1e-12 / self.units_per_step)
            if self.height_per_loss:
                yield Claim("loss", path.name, here, loss, 1e-12 / self.height_per_loss)

    # -- places ------------------------------------------------------------------------------------------

    @property
    def height_per_loss(self) -> float:
        """Units of the scene by which a loss is raised now."""
        return HEIGHT / self.cut * self.rise * (1 - self.flatten)

    @property
    def base(self) -> float:
        """Height of a loss of zero now."""
        return self.floor_height * (1 - self.rise)

    @property
    def lowest(self) -> float:
        """Height of the plate, where it is not flat."""
        return -GAP

    @property
    def highest(self) -> float:
        """Height of the cut over the plate's middle, where it is not flat."""
        return HEIGHT

    @property
    def floor_height(self) -> float:
        """Height of the plate now."""
        return -GAP * self.lifted * (1 - self.flatten)

    def plane(self, parameters: ArrayLike) -> Array:
        """x and y (..., 2) of the scene over which parameters (..., 2) lie."""
        return np.asarray((np.asarray(parameters, dtype=float) - self.middle) * self.units_per_step)

    def over(self, b: ArrayLike, w: ArrayLike, loss: ArrayLike) -> Array:
        """Points (..., 3) of the scene at which losses stand over (b, w) now."""
        b, w, loss = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (b, w, loss)))
        xy = self.plane(np.stack([b, w], axis=-1))
        return np.concatenate([xy, (self.base + self.height_per_loss * loss)[..., None]], axis=-1)

    def values(self, points: ArrayLike) -> Array:
        """b, w and loss (..., 3) at points of the scene: the inverse of `over`; without height, no loss."""
        points = np.asarray(points, dtype=float)
        raised = points[..., 2:] - self.base
        losses = raised / self.height_per_loss if self.height_per_loss else np.full_like(raised, np.nan)
        return np.concatenate([points[..., :2] / self.units_per_step + self.middle, losses], axis=-1)

    def on_floor(self, b: ArrayLike, w: ArrayLike) -> Array:
        """Points (..., 3) of the scene on the plate under (b, w)."""
        b, w = np.broadcast_arrays(np.asarray(b, dtype=float), np.asarray(w, dtype=float))
        xy = self.plane(np.stack([b, w], axis=-1))
        return np.concatenate([xy, np.full((*xy.shape[:-1], 1), self.floor_height)], axis=-1)

    def on_page(self, b: ArrayLike, w: ArrayLike, loss: ArrayLike | None = None) -> Array:
        """Pixels (..., 2) of the page on which a loss over (b, w) is seen now; on the floor without one."""
        return self.seen(self.on_floor(b, w) if loss is None else self.over(b, w, loss))

    def seen(self, points: ArrayLike) -> Array:
        """Pixels (..., 2) of the page on which points (..., 3) of the scene are seen now."""
        points = np.asarray(points, dtype=float)
        return sheet.pixels(self.camera.project_points(points.reshape(-1, 3))).reshape(*points.shape[:-1], 2)

    @property
    def plot(self) -> Plot:
        """The axes of b and w that the stage is from above, as far as they are on the page.

        What stands on a plot can stand on it.
        """
        whole = Places(self._box_from_above(), self.b_axis, self.w_axis)
        boxes = whole.box, self.box, sheet.SAFE
        left, top = max(box.left for box in boxes), max(box.top for box in boxes)
        right, bottom = min(box.right for box in boxes), min(box.bottom for box in boxes)
        (b_low, w_low), (b_high, w_high) = whole.values(sheet.at([left, right], [bottom, top]))
        b = _part(self.b_axis, b_low, b_high, self.units[BIAS])
        w = _part(self.w_axis, w_low, w_high, self.units[WEIGHT])
        return Plot(Box(left, top, right, bottom), b, w, self.theme, grid=False)

    def _box_from_above(self) -> Box:
        limits = self.window
        left, bottom = self.on_page(limits.x_low, limits.y_low)
        right, top = self.on_page(limits.x_high, limits.y_high)
        return Box(float(left), float(top), float(right), float(bottom))

    def to_the_right(self) -> Array:
        """The level direction (3,) in the scene that points to the right of the page."""
        return np.append(self.camera.right, 0.0)

    @property
    def lowest_at(self) -> Array:
        """x and y (2,) of the scene over which the surface is lowest: at its minimum, or a node."""
        if self.minimum_at is not None:
            return self.plane(self.minimum_at)
        w, b = np.unravel_index(int(self.grid.losses.argmin()), self.grid.losses.shape)
        return self.plane([self.grid.b[b], self.grid.w[w]])

    @property
    def loss_axis_at(self) -> Array:
        """x and y (2,) of the scene at which the axis of the loss stands now."""
        return self.view.loss_axis_at(self, self.camera)

    def position(self, path: StagePath) -> tuple[float, float, float]:
        """b, w and loss at which a path's ball stands: exactly a row's where the row is whole."""
        row = min(max(path.row, 0.0), float(path.last_row))
        k = int(row)
        if row == k:
            b, w = path.parameters[k]
            return float(b), float(w), float(path.losses[k])
        p = path.parameters[k] + (row - k) * (path.parameters[k + 1] - path.parameters[k])
        return float(p[BIAS]), float(p[WEIGHT]), float(self.loss(p))

    def is_inside(self, b: float, w: float, loss: float) -> bool:
        """Whether a point lies in the window and under the cut."""
        return self.window.contains(b, w) and loss <= self.cut

    def slopes(self, parameters: ArrayLike) -> Array:
        """Slopes (..., 2) of loss / cut along x and y of the scene."""
        return np.asarray(self.field.gradient(parameters) / self.cut / self.units_per_step)

    # -- as a mobject ------------------------------------------------------------------------------------

    def state(self) -> object:
        own = {name: value for name, value in vars(self).items() if name not in _OF_ANY_MOBJECT}
        return self.camera.state(), _values(own)

    def picture(self) -> Picture | None:
        return drawing().draw(self, self.camera)

    def __deepcopy__(self, memo: dict[int, Any]) -> Stage:
        # a copy is another state of the same surface
        other = copy.copy(self)
        memo[id(self)] = other
        other.points, other.updaters, other.submobjects = self.points.copy(), list(self.updaters), []
        other.paths = [copy.copy(path) for path in self.paths]
        other.marked = [copy.copy(point) for point in self.marked]
        other.stalks = [copy.copy(stalks) for stalks in self.stalks]
        other.cuts = (copy.copy(self.cuts[0]), copy.copy(self.cuts[1]))
        other.lattice = copy.copy(self.lattice)
        for each in other._parts:
            each.stage = other
        for stalks in other.stalks:
            stalks.path = other.paths[self.paths.index(stalks.path)]
        return other

    @property
    def _parts(self) -> list[Drawn]:
        lattice = [] if self.lattice is None else [self.lattice]
        return [*self.paths, *self.marked, *self.stalks, *self.cuts, *lattice]

    def interpolate(self, mobject1: Any, mobject2: Any, alpha: float, path_func: Any = None) -> Self:
        """Take on the state between two others: what `FadeIn` and ``stage.animate.set(rise=1)`` do."""
        for name in _DIALS:
            a, b = getattr(mobject1, name), getattr(mobject2, name)
            setattr(self, name, b if alpha == 1 else a + alpha * (b - a))
        for mine, start, end in zip(self._parts, mobject1._parts, mobject2._parts, strict=False):
            mine.blend(start, end, alpha)
        return self

    def interpolate_color(self, mobject1: Any, mobject2: Any, alpha: float) -> Self:
        return self.interpolate(mobject1, mobject2, alpha)

    def fade(self, darkness: float = 0.5, family: bool = True) -> Self:
        self.opacity *= 1 - darkness
        return self


_OF_ANY_MOBJECT = frozenset(vars(Mobject()))


def _values(of: Any) -> Any:
    """What compares equal as long as nothing in it has changed; what no stage changes stands for itself."""
    if isinstance(of, np.ndarray):
        return of.shape, of.tobytes()
    if isinstance(of, Mapping):
        return tuple((name, _values(value)) for name, value in of.items())
    if isinstance(of, list | tuple):
        return tuple(map(_values, of))
    if isinstance(of, Drawn):
        return _values({name: value for name, value in vars(of).items() if name != "stage"})
    return of if isinstance(of, int | float | str) else (id(of), of)


def _part(axis: Axis, low: float, high: float, unit: float) -> Axis:
    """A part of an axis, which is all of it where nothing is cut off."""
    slack = 1e-9 * (axis.high - axis.low)
    if low <= axis.low + slack and axis.high - slack <= high:
        return axis
    name = axis.bare if isinstance(axis, PowerAxis) else axis.name
    return in_units(round_axis(max(low, axis.low), min(high, axis.high), name), unit)


_ON_PLATE = ("skin", "surface", "beyond", "rim", "edges", "lines", "minimum", "floor_minimum")
_DIALS = ("rise", "lifted", "underside", "flatten", "opacity", "dimmed", "floor", "axes", *_ON_PLATE)


def floor_below(loss: float) -> float:
    """The last of 1, 2, 5 times a power of ten that is not above nine tenths of a loss above 0.

    >>> floor_below(0.0063), floor_below(1.0)
    (0.005, 0.5)
    """
    power = math.floor(math.log10(loss))
    rungs = (float(f"{digit}e{power - down}") for down in (0, 1) for digit in (5, 2, 1))
    return next(rung for rung in rungs if rung <= 0.9 * loss)


def cut_above(loss: float) -> float:
    """The first round number that a loss stays under by a twentieth.

    >>> cut_above(2.7422), cut_above(5.0), cut_above(0.013)
    (3.0, 6.0, 0.015)
    """
    power = math.floor(math.log10(loss)) if loss > 0 else 0
    rungs = (float(f"{digits}e{power + up}") for up in (0, 1) for digits in (1, 1.5, 2, 3, 4, 5, 6, 8))
    return next(rung for rung in rungs if rung > 1.05 * loss)
