"""What stands on a stage beside its surface: paths, cut planes, points.

Each is turned as a figure is: ``self.turn(path, tube=1.0, beads=1.0)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from manim import Mobject
from numpy.typing import NDArray

from gdmath import WEIGHT
from gdscenes.kit.figures.figure import Turnable
from gdscenes.kit.page import sheet
from gdscenes.kit.stage.shapes import Batch, segments

if TYPE_CHECKING:
    from gdscenes.kit.stage.descents import PathShapes
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]


@dataclass(eq=False)
class Drawn(Turnable):
    """What is drawn beside a surface and can be faded and moved from one state to another.

    Attributes
    ----------
    stage : Stage
        Where it stands.
    """

    stage: Stage = field(repr=False)

    @property
    def mobject(self) -> Mobject:
        return self.stage

    @property
    def dials(self) -> Mapping[str, float]:
        return {name: getattr(self, name) for name in _numbers(self)}

    def dial(self, **values: float) -> Self:
        for name, value in values.items():
            setattr(self, name, float(value))
        return self

    def blend(self, start: Any, end: Any, alpha: float) -> None:
        """Take on the state between two others."""
        for name in _numbers(self):
            a, b = getattr(start, name), getattr(end, name)
            setattr(self, name, b if alpha == 1 else a + alpha * (b - a))


@dataclass(eq=False)
class StagePath(Drawn):
    """A descent on the surface and its shadow on the floor.

    Attributes
    ----------
    name : str
        Of the run in the story.
    row : float
        How far it has come: step 3, or 3.5 on the way to step 4.
    opacity : float
        Of all of it.
    tube, beads, ball, start, floor, drop : float
        Opacity of the line, of the dots at its steps, of the ball at the current one, of the ring at the
        first, of the shadow on the floor, and of the dashed line from the ball down to it.
    hidden : float
        Opacity of what the surface hides.
    breadth : float
        Of the line and the ball, where they are not to cover what is beside them.
    line_color, ball_color : str
    """

    parameters: Array
    losses: Array
    line_color: str
    ball_color: str
    name: str = ""
    row: float = 0.0
    opacity: float = 1.0
    tube: float = 1.0
    beads: float = 1.0
    ball: float = 1.0
    start: float = 1.0
    floor: float = 1.0
    drop: float = 1.0
    hidden: float = 0.42
    breadth: float = 1.0
    shapes: PathShapes = field(init=False, repr=False)

    @property
    def last_row(self) -> int:
        return len(self.parameters) - 1

    @property
    def first(self) -> tuple[float, float, float]:
        """b, w and loss of the first row."""
        b, w = self.parameters[0]
        return float(b), float(w), float(self.losses[0])


@dataclass(eq=False)
class StageCut(Drawn):
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

    def wire(self, values: Array) -> Array:
        """Where the curve is seen now, points (n, 3) of the page's scene, at values (n,) of the free one."""
        line = np.full((len(values), 2), self.at)
        line[:, 1 - self.fixed] = values
        seen = self.stage.on_page(line[:, 0], line[:, 1], self.stage.loss(line))
        return np.asarray(sheet.at(seen[:, 0], seen[:, 1]))


@dataclass(eq=False)
class StagePoint(Drawn):
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


_STALKS_APART = 0.1  # units of the scene


@dataclass(eq=False)
class StageStalks(Drawn):
    """What a path on a surface hides: upright lines from where its rows are drawn to their true losses.

    A thin line joins their ends, row by row. On rows too near to an earlier one there is no stalk, but always
    on the row that the path has come to.

    Attributes
    ----------
    path : StagePath
    losses : ndarray, shape (rows,)
        The true ones.
    opacity, current : float
        Of all stalks and the line through their ends, and of the stalk on the current row.
    grown : float
        How much of them is drawn, from the path up or down.
    rows : ndarray of int
        Those that have one.
    """

    path: StagePath
    losses: Array
    color: str
    opacity: float = 0.0
    current: float = 0.0
    grown: float = 1.0
    rows: NDArray[np.intp] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = self.stage.plane(self.path.parameters)
        kept = [0]
        for row, place in enumerate(places):
            if np.hypot(*(places[kept] - place).T).min() >= _STALKS_APART:
                kept.append(row)
        self.rows = np.array(kept)

    def ends(self, rows: NDArray[np.intp]) -> Array:
        """Where stalks on some rows begin and end now, losses (n, 2); what is above the cut ends at it."""
        drawn, true = self.path.losses[rows], self.losses[rows]
        tips = drawn + self.grown * (true - drawn)
        return np.minimum(np.stack([drawn, tips], axis=1), self.stage.cut)


_PITCH = 0.4  # of a lattice's nodes, units of the scene
_FEWEST, _MOST = 7, 15  # nodes along a side
_LONG = 0.62  # a small line, of the smaller distance between nodes


@dataclass(eq=False)
class StageLattice(Drawn):
    """Lines as small pictures: at each node (b, w) of a lattice a piece of the line of that b and w.

    Where the loss is not above the cut, each rides on a pin as tall as its loss; others stay on the plate.

    Attributes
    ----------
    slope : float
        How many times as steep as w the pieces are.
    lines, beyond, pins : float
        Opacity of the pieces that have pins, of the others, and of the pins.
    nodes : ndarray, shape (n, 2)
        (b, w) of those that have pins.
    """

    slope: float
    lines: float = 0.0
    beyond: float = 0.0
    pins: float = 0.0
    shapes: LatticeShapes = field(init=False, repr=False)
    nodes: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        stage = self.stage
        counts = [int(np.clip(round(2 * half / _PITCH), _FEWEST, _MOST)) for half in stage.half]
        x, y = (half * (2 * (np.arange(n) + 0.5) / n - 1) for half, n in zip(stage.half, counts, strict=True))
        places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        nodes = places / stage.units_per_step + stage.middle
        heights = np.array(stage.loss(nodes)) / stage.cut
        way = np.stack([np.ones(len(nodes)), self.slope * nodes[:, WEIGHT]], axis=1)
        pitch = min(2 * half / n for half, n in zip(stage.half, counts, strict=True))
        way *= _LONG * pitch / 2 / np.linalg.norm(way, axis=1, keepdims=True)
        ends = np.zeros((len(nodes), 2, 4))
        ends[:, 0, :2], ends[:, 1, :2] = places - way, places + way
        pins = np.zeros((len(nodes), 2, 4))
        pins[..., :2], pins[:, 1, 2] = places[:, None], heights
        has_pin = heights <= 1
        ends[has_pin, :, 2] = heights[has_pin, None]
        self.nodes = nodes[has_pin]
        self.shapes = LatticeShapes(
            *(Batch(segments(each, np.ones(4))) for each in (ends[has_pin], ends[~has_pin], pins[has_pin]))
        )


class LatticeShapes(NamedTuple):
    """What a lattice is drawn of: the pieces that have pins, the others, and the pins."""

    lines: Batch
    beyond: Batch
    pins: Batch


def _numbers(drawn: Any) -> list[str]:
    """The names of the fields that an animation changes."""
    return [each.name for each in fields(drawn) if each.type == "float"]
