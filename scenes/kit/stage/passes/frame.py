"""One frame of one stage: what all its passes share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import rgb
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.look import HALF_WAY, LIGHT, LOOKS
from gdscenes.kit.stage.shapes import Batch, marks

if TYPE_CHECKING:
    from gdscenes.kit.stage.drawing import Drawing, Kind
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]


class Frame:
    """One frame of one stage, and how a pass draws into it."""

    def __init__(self, drawing: Drawing, stage: Stage, camera: StageCamera, size: tuple[int, int]) -> None:
        self.drawing, self.stage, self.camera = drawing, stage, camera
        self.theme, self.look = stage.theme, LOOKS[stage.theme.name]
        self.rotation = camera.generate_rotation_matrix()
        self.scale = size[1] / sheet.HEIGHT
        self.flat = min(max(stage.flatten, 0.0), 1.0)
        self.round = 1.0 - self.flat
        focal = float(camera.get_focal_distance())
        top = stage.base + stage.height_per_loss * stage.cut * 1.2
        self.base, self.height = stage.base, stage.height_per_loss * stage.cut
        reach = 1.0 + math.hypot(*stage.half, max(abs(stage.floor_height), abs(top)))
        depth = 0.95 * (1 - reach / focal) / reach if focal > 1.2 * reach else 0.05 / reach
        theme, look = self.theme, self.look
        self.eye = self.rotation.T @ np.array([0.0, 0.0, focal]) + np.asarray(camera.frame_center)
        common = {
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
            "last_row": 1e9,
            "apart": _apart(stage),
        }
        self.common = common
        self.ready: set[Kind] = set()
        self.level = (self.base, self.height)
        self.printed = ("PRINTED",) if theme.name == "print" else ()
        drawing.bind_tables(stage)
        self.depth(True, write=True)

    def depth(self, test: bool, write: bool = False, behind: bool = False) -> None:
        """Whether what follows is hidden by what is nearer, hides what comes later, or shows only behind."""
        context, gl = self.drawing.context, self.drawing.gl
        (context.enable if test else context.disable)(gl.DEPTH_TEST)
        context.depth_func = ">" if behind else "<="
        self.drawing.target.depth_mask = write

    def stand_on(self, what: str) -> None:
        """Where heights start: on the surface, on the floor, or where they say."""
        base, height = {
            "surface": (self.base, self.height),
            "floor": (self.stage.floor_height, 0.0),
            "scene": (0.0, 0.0),
        }[what]
        self.level = (base, height)

    def program(self, name: str, *flags: str, **values: Any) -> Kind:
        """A program with what this frame and this pass ask of it."""
        kind = self.drawing.kind(name, *flags, *(self.printed if name != "face" else ()))
        if kind not in self.ready:
            kind.set(self.common)
            self.ready.add(kind)
        kind.set({"base": self.level[0], "height": self.level[1], **values})
        return kind

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
        kind: int = 0,
        last_row: float = 1e9,
        body: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Lines of a width in pixels of the page, or tubes of a radius in units of the scene."""
        if opacity <= 0:
            return
        program = self.program(
            "line",
            width=width * self.scale,
            radius=radius,
            lift=lift,
            nearer=nearer,
            dash=dash,
            filled=filled,
            kind=float(kind),
            opacity=opacity,
            last_row=last_row,
            body=body or self.look.body,
            color_override=float(not own),
            whole_color=rgb(color),
        )
        self.drawing.render(program, shapes)

    def marks(
        self,
        shapes: Batch | Array,
        inner: tuple[str, float],
        outer: tuple[str, float] = ("#000000", 0.0),
        stroke: float = 0.0,
        opacity: float = 1.0,
        *,
        kind: int = 0,
        lift: float = 0.0,
        nearer: float = 0.0,
        on_floor: bool = False,
        last_row: float = 1e9,
    ) -> None:
        """Marks: kind 0 is a ball, 1 a disc or ring, 3 a diamond."""
        if opacity <= 0:
            return
        program = self.program(
            "mark",
            inner=(*rgb(inner[0]), inner[1]),
            outer=(*rgb(outer[0]), outer[1]),
            stroke=stroke * self.scale if outer[1] > 0 else 0.0,
            opacity=opacity,
            kind=float(kind),
            lift=lift,
            nearer=nearer,
            on_floor=float(on_floor),
            last_row=last_row,
            page=sheet.units(stroke / 2 + 2 / self.scale),
        )
        self.drawing.render(program, shapes)

    def faces(self, shapes: Array, opacity: float = 1.0, nearer: float = 0.0) -> None:
        if opacity <= 0:
            return
        program = self.program("face", opacity=opacity, nearer=nearer)
        self.drawing.render(program, shapes)

    def mark_at(self, parameters: Any, size: float) -> Array:
        xy = self.stage.plane(parameters)
        return marks([[xy[0], xy[1], 0.0, 0.0]], size)

    def mark_on(self, at: tuple[float, float, float], size: float) -> Array:
        """A mark on the surface at (b, w, loss)."""
        stage, parameters = self.stage, np.array(at[:2])
        xy = stage.plane(parameters)
        return marks([[xy[0], xy[1], at[2] / stage.cut, 0.0]], size, stage.slopes(parameters))


def _apart(stage: Stage) -> float:
    """The smallest distance from a level to the one above it, as a part of the level."""
    levels = np.array([*stage.levels, stage.cut])
    return float(np.min(np.diff(levels) / levels[:-1], initial=1.0))
