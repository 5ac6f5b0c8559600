"""One frame of one stage: what all its passes share."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import rgb
from gdscenes.kit.stage.calls import NOWHERE, Call, Depth, Region
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.look import CLOSE_ZOOM, HALF_WAY, LIGHT, LOOKS
from gdscenes.kit.stage.shapes import Batch, marks

if TYPE_CHECKING:
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]
Made = TypeVar("Made")


class Frame:
    """One frame of one stage, and how a pass draws into it.

    Parameters
    ----------
    stage : Stage
    camera : StageCamera
    size : tuple of int
        Width and height of the frame, pixels.
    last : Frame, optional
        The frame before it; where surface and camera are as they were, what it made `once` is made.

    Attributes
    ----------
    calls : dict
        What is drawn, in order, and the row at which each call's shapes end.
    fine : float
        What the size of marks is multiplied by: in a close look they do not grow.
    skin : float
        The loss up to which the surface is drawn, as a part of the cut.
    common : dict
        Uniforms of all calls.
    """

    def __init__(
        self, stage: Stage, camera: StageCamera, size: tuple[int, int], last: Frame | None = None
    ) -> None:
        self.stage, self.camera, self.size = stage, camera, size
        self.static = stage.static
        self.theme, self.look = stage.theme, LOOKS[stage.theme.name]
        self.rotation = camera.generate_rotation_matrix()
        self.scale = size[1] / sheet.HEIGHT
        self.flat = min(max(stage.flatten, 0.0), 1.0)
        self.round = 1.0 - self.flat
        self.fine = min(1.0, CLOSE_ZOOM / float(camera.get_zoom()))
        lowest = min(max(float(stage.field.losses.min()) / stage.cut, 0.0), 1.0)
        self.skin = lowest + stage.skin * (1 - lowest)
        focal = float(camera.get_focal_distance())
        top = stage.base + stage.height_per_loss * stage.cut * 1.2
        self.base, self.height = stage.base, stage.height_per_loss * stage.cut
        reach = 1.0 + math.hypot(*stage.half, max(abs(stage.floor_height), abs(top)))
        depth = 0.95 * (1 - reach / focal) / reach if focal > 1.2 * reach else 0.05 / reach
        self.enlarged = math.inf  # pixels of a frame to a unit of the scene, at most
        if focal > 1.2 * reach:
            self.enlarged = sheet.PIXELS_PER_UNIT * self.scale * camera.get_zoom() / (1 - reach / focal)
        theme, look = self.theme, self.look
        self.eye = self.rotation.T @ np.array([0.0, 0.0, focal]) + np.asarray(camera.frame_center)
        common: dict[str, Any] = {
            "rotation": tuple(self.rotation.T.ravel()),
            "target": tuple(map(float, camera.frame_center)),
            "focal": focal,
            "zoom": float(camera.get_zoom()),
            "place": tuple(map(float, camera.place)),
            "half_frame": (float(camera.frame_width) / 2, float(camera.frame_height) / 2),
            "depth_scale": depth,
            "pixels": (float(size[0]), float(size[1])),
            "base": self.base,
            "height": self.height,
            "floor_height": stage.floor_height,
            "ramp": 0,
            "rungs": 1,
            "bands": 2,
            "eye": tuple(self.eye),
            "sun": tuple(LIGHT @ self.rotation),
            "sun_half_way": tuple(HALF_WAY @ self.rotation),
            "light": tuple(LIGHT),
            "half_way": tuple(HALF_WAY),
            "ambient": tuple(look.ambient * np.array([0.96, 0.98, 1.06])),
            "key": tuple(look.key * np.array([1.03, 1.0, 0.97])),
            "gloss": look.gloss,
            "under": look.under,
            "ground": rgb(theme.ground),
            "shade": self.round,
            "dim": stage.dimmed,
            "banded": self.flat if theme.name != "print" else 0.0,
            "body": look.body,
            "apart": _apart(stage),
        }
        self.is_like_last = last is not None and (last.static, last.common) == (self.static, common)
        self.common: dict[str, Any] = last.common if last is not None and self.is_like_last else common
        self._known: dict[Hashable, Any] = last._made if last is not None and self.is_like_last else {}
        self._made: dict[Hashable, Any] = {}
        self.calls: dict[Call, float] = {}
        self.level = (self.base, self.height)
        self.printed = ("PRINTED",) if theme.name == "print" else ()
        self.depth(True, write=True)

    def once(self, what: Hashable, make: Callable[[], Made]) -> Made:
        """What depends on the surface, on all that is common, and on `what` alone."""
        if what not in self._made:
            self._made[what] = self._known[what] if what in self._known else make()
        made: Made = self._made[what]
        return made

    def depth(self, test: bool, write: bool = False, behind: bool = False) -> None:
        """Whether what follows is hidden by what is nearer, hides what comes later, or shows only behind."""
        self._depth = Depth(test, write, behind)

    def stand_on(self, what: str) -> None:
        """Where heights start: on the surface, on the floor, or where they say."""
        base, height = {
            "surface": (self.base, self.height),
            "floor": (self.stage.floor_height, 0.0),
            "scene": (0.0, 0.0),
        }[what]
        self.level = (base, height)

    def draw(
        self,
        shapes: Batch | Array,
        name: str,
        *flags: str,
        last_row: float = 1e9,
        is_seen: bool = True,
        side: str = "",
        **values: Any,
    ) -> None:
        """Draw shapes, or one side of their faces, by a program with its flags and its own uniforms."""
        if not len(shapes) or (isinstance(shapes, Batch) and shapes.has_no_faces):
            return
        program = (name, *flags, *(self.printed if name != "face" else ()))
        base, height = self.level
        call = Call(
            program,
            (("base", base), ("height", height), *values.items()),
            self._depth,
            is_seen,
            side,
            shapes if isinstance(shapes, Batch) else Batch(shapes),
        )
        while call in self.calls:
            call = call._replace(turn=call.turn + 1)
        self.calls[call] = last_row

    def lines(
        self,
        shapes: Batch | Array,
        color: str,
        width: float = 0.0,
        opacity: float = 1.0,
        *,
        own: bool = False,
        radius: float = 0.0,
        lift: float = 0.0,
        nearer: float = 0.0,
        dash: float = 0.0,
        filled: float = 0.5,
        kind: str = "",
        last_row: float = 1e9,
        body: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Lines of a width in pixels of the page, or tubes of a radius in units of the scene.

        Kind "TUBE" is round, "EDGE" has the surface's own colours to smooth its edge, "FOLD" its folds.
        """
        if opacity <= 0:
            return
        self.draw(
            shapes,
            "line",
            *(("EDGE", "FOLD") if kind == "FOLD" else (kind,) if kind else ()),
            *(("DASHED",) if dash > 0 else ()),
            last_row=last_row,
            width=width * self.scale,
            radius=radius,
            lift=lift,
            nearer=nearer,
            dash=dash,
            filled=filled,
            opacity=opacity,
            body=body or self.look.body,
            color_override=float(not own),
            whole_color=rgb(color),
        )

    def marks(
        self,
        shapes: Batch | Array,
        inner: tuple[str, float],
        outer: tuple[str, float] = ("#000000", 0.0),
        stroke: float = 0.0,
        opacity: float = 1.0,
        *,
        kind: str = "BALL",
        lift: float = 0.0,
        nearer: float = 0.0,
        on_floor: bool = False,
        last_row: float = 1e9,
    ) -> None:
        """Marks: a "BALL", a "DISC", which can be a ring, or a "DIAMOND"."""
        if opacity <= 0:
            return
        self.draw(
            shapes,
            "mark",
            kind,
            last_row=last_row,
            inner=(*rgb(inner[0]), inner[1]),
            outer=(*rgb(outer[0]), outer[1]),
            stroke=stroke * self.scale if outer[1] > 0 else 0.0,
            opacity=opacity,
            lift=lift,
            nearer=nearer,
            on_floor=float(on_floor),
            page=sheet.units(stroke / 2 + 2 / self.scale),
        )

    def faces(self, shapes: Batch | Array, opacity: float = 1.0, nearer: float = 0.0) -> None:
        if opacity <= 0:
            return
        self.draw(shapes, "face", opacity=opacity, nearer=nearer)

    def box_of(self, call: Call, between: Sequence[float] = ()) -> Region:
        """The pixels that a call may draw, of shapes with rows only what comes between two rows."""
        whole = Region(0, 0, *self.size)
        name, rows, values = call.program[0], call.shapes.rows, dict(call.values)
        if name == "surface" or self.enlarged == math.inf:
            return whole
        corners, units, pixels = rows[:, :4], 0.0, 4.0
        if name == "line":
            corners = rows[:, 4:12]
            units, pixels = values["lift"] + 2 * values["radius"], values["width"] + 4.0
        elif name == "mark":
            units = values["lift"] + 1.5 * (float(rows[:, 6].max()) + values["page"])
        if between:
            first, last = (26, 27) if name == "line" else (7, 7)
            corners = corners[(rows[:, last] >= between[0]) & (rows[:, first] <= between[1])]
        if not len(corners):
            return NOWHERE
        points = corners.reshape(-1, 4).astype(float)
        points[:, 2] = points[:, 3] + values["base"] + values["height"] * points[:, 2]
        seen = sheet.pixels(self.camera.project_points(points[:, :3])) * self.scale
        beyond = units * self.enlarged + pixels
        left, top = np.floor(seen.min(axis=0) - beyond)
        right, bottom = np.ceil(seen.max(axis=0) + beyond)
        return Region(int(left), int(top), int(right), int(bottom)).shared(whole)

    def mark_at(self, parameters: Any, size: float) -> Batch:
        """A mark on the floor under (b, w)."""
        b, w = map(float, parameters)
        return self.once(("at", b, w, size), lambda: Batch(marks([[*self.stage.plane((b, w)), 0, 0]], size)))

    def mark_on(self, at: tuple[float, float, float], size: float) -> Batch:
        """A mark on the surface at (b, w, loss)."""
        size *= self.fine

        def made() -> Batch:
            stage, parameters = self.stage, np.array(at[:2])
            place = [[*stage.plane(parameters), at[2] / stage.cut, 0.0]]
            return Batch(marks(place, size, stage.slopes(parameters)))

        return self.once(("on", at, size), made)


def _apart(stage: Stage) -> float:
    """The smallest distance from a level to the one above it, as a part of the level."""
    levels = np.array([*stage.levels, stage.cut])
    return float(np.min(np.diff(levels) / levels[:-1], initial=1.0))
