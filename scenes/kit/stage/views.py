"""Where a stage is looked at from, so that a descent on it goes down on the page as well."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from manim import DEGREES
from numpy.typing import NDArray

from gdmath import LeastSquares, Trajectory
from gdscenes.kit.page import sheet
from gdscenes.kit.page.sheet import MEDIUM, SMALL, Box
from gdscenes.kit.stage.camera import FOCAL_DISTANCE, PHI, PLACE, THETA, TOP_THETA, ZOOM, StageCamera
from gdscenes.kit.stage.look import CLOSE_ZOOM, HEIGHT
from gdscenes.kit.type.digits import text_width
from gdscenes.kit.type.typeset import source_width

if TYPE_CHECKING:
    from gdscenes.kit.stage.parts import StagePath
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]

_ACROSS, _ALONG = 60 * DEGREES, 68 * DEGREES
_TURN = 22 * DEGREES
_OF_ACROSS = 2.0
_SAMPLES, _BEFORE = 60, 0.15  # rows, and units of the scene before the path
_OF_CONE = 0.9
_OFF_AXES = 15 * DEGREES
_ROOM = Box(120, 130, 1175, 980)
_BESIDE_TICK = 20  # pixels from a number of the loss to its axis
_NAME = 40  # pixels for which there is room beside it


@dataclass(frozen=True)
class View:
    """Where a camera looks from, and where it goes on to.

    Attributes
    ----------
    theta, end_theta : float
        Azimuth at first and after its turn, radians.
    phi : float
        Angle from the upright, radians.
    zoom : float
    place : tuple of float
        Pixels of the page on which the middle of the stage lies.
    """

    theta: float = THETA
    end_theta: float = THETA
    phi: float = PHI
    zoom: float = ZOOM
    place: tuple[float, float] = PLACE

    @property
    def _middle(self) -> float:
        return (self.theta + self.end_theta) / 2

    @property
    def near(self) -> tuple[float, float]:
        """Signs of the sides of the plate, in b and in w, that lie towards the eye."""
        return math.copysign(1.0, math.cos(self._middle)), math.copysign(1.0, math.sin(self._middle))

    @property
    def left(self) -> Array:
        """Signs (2,) of the corner of the plate furthest to the left."""
        return np.array([-math.copysign(1.0, -math.sin(self._middle)), -self.near[0]])

    def loss_axis_at(self, stage: Stage, camera: StageCamera) -> Array:
        """x and y (2,) of the axis of the loss: at the left, and as deep as the lowest point of the surface.

        So what is as high as that point is level with it on the page, wherever a camera looks from.
        """
        lowest, right = stage.lowest_at, camera.right
        return np.asarray(lowest + ((self.left * stage.half - lowest) @ right) * right)


def across_valley(stage: Stage, problem: LeastSquares, run: Trajectory) -> View:
    """The view of a descent in which its valley lies across the page and the ball only goes down.

    In the axes of the bowl descent shrinks each error, c_i <- (1 - eta lambda_i) c_i, and of a place at a
    height z the page shows

        y = z sin(phi) + (a . D V c) cos(phi)

    where a points away from the eye and D makes units of the stage of parameters. So all of y falls as long
    as a . D v_i has the sign of c_i at the start: between looking straight across the valley, the start on
    the far wall, and straight along it, the start at the far end. The view turns to the first of these, from
    some way before it: what of the steep error is left then grows on the page by a tenth at most, and the
    flat one shrinks. That way is shorter where it would begin along an axis: the plane that holds a parameter
    would be seen from its edge, and its cut as a stroke. Where steps leap over the valley an error changes
    its sign: then it looks along it, and more from the side, so that little of the bowl lies lower on the
    page than the minimum.

    Parameters
    ----------
    stage : Stage
    problem : LeastSquares
    run : Trajectory
        At a rate that converges.
    """
    signs = np.where(problem.errors(run.parameters[0]) < 0, -1.0, 1.0)
    flat, steep = (stage.units_per_step[:, None] * problem.eigenvectors * signs).T
    across, along = _square_on(flat, steep), _square_on(steep, flat)
    cone = math.acos(float(np.clip(across @ along, -1.0, 1.0)))
    leaps = run.learning_rate * problem.eigenvalues[1] > 1
    way = math.copysign(1.0, across[0] * along[1] - across[1] * along[0])
    first = along if leaps else across
    theta = math.atan2(-first[1], -first[0])
    turn = 0.0 if leaps else way * _turn_before(theta, way, _OF_CONE * cone)
    # counted so that the way to above is the shorter one
    theta = TOP_THETA + math.remainder(theta - TOP_THETA, 2 * math.pi)
    return _fitted(stage, theta + turn, theta, _ALONG if leaps else _ACROSS)


def _turn_before(theta: float, way: float, most: float) -> float:
    """How far before an azimuth a turn to it begins: off the axes of parameters, where it ends off them."""
    quarter = math.pi / 2
    to_axis = -theta % quarter if way > 0 else theta % quarter
    room = to_axis - _OFF_AXES
    return min(_TURN, most, room) if room >= 0 and to_axis <= quarter - _OFF_AXES else min(_TURN, most)


def clearest_view(stage: Stage, path: StagePath) -> View:
    """The view of a path of any shape over any surface.

    Of azimuths all round the one is taken from which the surface hides least of the path, its way goes most
    across the page, and its end is not behind its start.
    """
    places = stage.plane(path.parameters)
    way = places[-1] - places[0]
    longest = float(np.linalg.norm(np.ptp(places, axis=0))) or 1.0

    def worth(theta: float) -> float:
        towards = np.array([math.cos(theta), math.sin(theta)])
        across = float(np.ptp(places @ [-towards[1], towards[0]])) / longest
        behind = max(float(-way @ towards), 0.0) / longest
        return _seen_share(stage, path, theta) + _OF_ACROSS * across - behind

    best = max(np.deg2rad(np.arange(0.0, 360.0, 7.5)).tolist(), key=worth)
    theta = TOP_THETA + math.remainder(best - TOP_THETA, 2 * math.pi)
    return _fitted(stage, theta - _TURN / 2, theta + _TURN / 2, _ACROSS)


def _seen_share(stage: Stage, path: StagePath, theta: float) -> float:
    """How much of a path the surface does not hide from far away."""
    rows = np.unique(np.linspace(0, path.last_row, _SAMPLES).astype(int))
    losses = path.losses[rows]
    low = losses <= stage.cut
    if not low.any():
        return 0.0
    places, heights = stage.plane(path.parameters[rows[low]]), HEIGHT * losses[low] / stage.cut
    along = np.linspace(_BEFORE, 2 * float(np.hypot(*stage.half)), _SAMPLES)
    towards = math.sin(_ACROSS) * np.array([math.cos(theta), math.sin(theta)])
    points = (places[:, None] + along[:, None] * towards) / stage.units_per_step + stage.middle
    limits, surface = stage.window, stage.field.loss(points)
    x, y = points[..., 0], points[..., 1]
    inside = (limits.x_low <= x) & (x <= limits.x_high) & (limits.y_low <= y) & (y <= limits.y_high)
    over = HEIGHT * surface / stage.cut > heights[:, None] + along * math.cos(_ACROSS)
    return float((~(inside & (surface <= stage.cut) & over).any(axis=1)).mean())


def _square_on(axis: Array, towards: Array) -> Array:
    """The direction (2,) square on an axis that has another one on its side."""
    square = np.array([-axis[1], axis[0]]) / np.linalg.norm(axis)
    return np.asarray(square * math.copysign(1.0, float(square @ towards)))


def _fitted(stage: Stage, theta: float, end_theta: float, phi: float) -> View:
    """The view from two azimuths that shows all of a stage as large as there is room."""
    hx, hy = stage.half
    corners = np.array([(x, y, stage.lowest) for x in (-hx, hx) for y in (-hy, hy)])
    rim = stage.static.rim.rows[:, [4, 5, 6]] * np.array([1.0, 1.0, stage.highest])
    view, seen = View(theta, end_theta), []
    camera = StageCamera(phi=phi, zoom=1.0, focal_distance=FOCAL_DISTANCE)
    camera.set_place(0.0, 0.0)
    for angle in np.linspace(theta, end_theta, 5):
        camera.set_theta(float(angle))
        axis = np.append(view.loss_axis_at(stage, camera), stage.highest)
        seen.append(sheet.pixels(camera.project_points(np.vstack([corners, rim, axis]))))
    low, high = np.min(seen, axis=(0, 1)), np.max(seen, axis=(0, 1))
    longest = max(source_width(axis.name) for axis in (stage.b_axis, stage.w_axis)) * MEDIUM
    widest = max(text_width(stage.loss_axis.label(tick)) for tick in stage.loss_axis.ticks) * SMALL
    left = max(_ROOM.left, sheet.SAFE.left + widest + _BESIDE_TICK)
    room = dataclasses.replace(_ROOM, left=left, right=_ROOM.right - max(longest - _NAME, 0.0))
    zoom = min(room.width / (high[0] - low[0]), room.height / (high[1] - low[1]), CLOSE_ZOOM)
    x, y = np.array(room.center) - zoom * (low + high) / 2
    return View(theta, end_theta, phi, zoom, (float(x), float(y)))
