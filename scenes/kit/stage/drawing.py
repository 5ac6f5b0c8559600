"""Drawing a stage off screen, by OpenGL: with a graphics processor, or in software where there is none.

There is one context in a process, made when the first stage is drawn. Edges of lines, marks and level lines
are smoothed in the shaders, and the surface's own edges by a strip in its colours along them; so no pixel is
drawn more than once, as multisampling would.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdmath import BIAS
from gdscenes.kit.manim_seam import Picture
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import Theme, blend, rgb
from gdscenes.kit.plot.contours import EXPONENT, RAMPS, loss_color
from gdscenes.kit.stage import shaders as stage_shaders
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.field import crossed_cells
from gdscenes.kit.stage.shapes import Batch, marks, octahedron, quads, rgba, segments, strip, triangles

if TYPE_CHECKING:
    from gdscenes.kit.stage.stage import Stage, StageCut, StagePath

Array = NDArray[np.float64]

_LIGHT = np.array([-0.38, 0.58, 0.72]) / np.linalg.norm([-0.38, 0.58, 0.72])
_HALF_WAY = np.add(_LIGHT, (0, 0, 1)) / np.linalg.norm(np.add(_LIGHT, (0, 0, 1)))
_TEXELS = 4096  # as many as the shaders count on
_MARGIN = 14.0  # round what is projected, pixels of the page: the widths of marks and lines
_HIDDEN_CURVE = 0.5
_CURVE_BODY = (0.8, 0.3, 0.1, 0.3)
_PLANE = {"dark": 0.11, "light": 0.11, "print": 0.07}


class GraphicsError(RuntimeError):
    """There is no OpenGL to draw a 3D stage with.

    Attributes
    ----------
    where, got, allowed, fix : str
    """

    def __init__(self, got: object) -> None:
        self.where, self.got = "3D stage", str(got)
        self.allowed = "OpenGL 3.3 through EGL, with or without a graphics processor"
        self.fix = "install libegl1 and libgl1-mesa-dri (apt-get install libegl1 libgl1-mesa-dri)"
        super().__init__(f"{self.where}: got {self.got}; allowed {self.allowed}; fix: {self.fix}")


@dataclass(frozen=True)
class Look:
    """What a theme's stage has beside the colours by role."""

    plate: str
    frame: str
    plate_fill: float
    plate_lines: float
    lines: str
    line_opacity: float
    flat_lines: str
    flat_line_opacity: float
    under: tuple[float, float, float]
    ambient: float
    key: float
    gloss: float
    outline: float
    outline_width: float
    halo: str
    halo_opacity: float
    body: tuple[float, float, float, float]
    """Ambient and key light, gloss and dark edge of tubes and balls."""


LOOKS = {
    "dark": Look(
        plate="#141821",
        frame="#4A5263",
        plate_fill=0.25,
        plate_lines=0.8,
        lines="#FFFFFF",
        line_opacity=0.42,
        flat_lines="#ECEFF4",
        flat_line_opacity=0.55,
        under=(0.41, 0.44, 0.61),
        ambient=0.58,
        key=0.56,
        gloss=0.05,
        outline=0.6,
        outline_width=1.8,
        halo="#000000",
        halo_opacity=0.3,
        body=(0.78, 0.34, 0.2, 0.4),
    ),
    "light": Look(
        plate="#F4F0E6",
        frame="#A79F8F",
        plate_fill=0.25,
        plate_lines=0.8,
        lines="#2A1748",
        line_opacity=0.42,
        flat_lines="#1B1F27",
        flat_line_opacity=0.55,
        under=(0.86, 0.86, 0.9),
        ambient=0.74,
        key=0.34,
        gloss=0.03,
        outline=0.6,
        outline_width=1.8,
        halo="#FAF7F0",
        halo_opacity=0.75,
        body=(0.9, 0.5, 0.35, 0.0),
    ),
    "print": Look(
        plate="#FFFFFF",
        frame="#777777",
        plate_fill=0.0,
        plate_lines=0.6,
        lines="#010101",
        line_opacity=0.75,
        flat_lines="#010101",
        flat_line_opacity=0.8,
        under=(0.9, 0.9, 0.9),
        ambient=1.0,
        key=0.0,
        gloss=0.0,
        outline=1.0,
        outline_width=2.2,
        halo="#FFFFFF",
        halo_opacity=0.75,
        body=(0.9, 0.5, 0.35, 0.0),
    ),
}


def ramp_of(theme: Theme) -> tuple[str, ...]:
    """The loss as colour; white in print, where only the shading tells."""
    return ("#FFFFFF", "#FFFFFF") if theme.name == "print" else RAMPS[theme.name]


def loss_colors(ramp: tuple[str, ...], shares: Array) -> Array:
    """Colours (n, 3) of losses (n,) given as parts of the highest: `contours.loss_color`, unrounded."""
    stops = np.array([rgb(color) for color in ramp])
    t = np.clip(shares, 0.0, 1.0) ** EXPONENT * (len(ramp) - 1)
    return np.stack([np.interp(t, np.arange(len(ramp)), stops[:, k]) for k in range(3)], axis=-1)


_drawing: tuple[int, Drawing] | None = None


def drawing() -> Drawing:
    """The drawing of this process, made when it is first asked for.

    Raises
    ------
    GraphicsError
        Where there is no OpenGL.
    """
    global _drawing
    if _drawing is None or _drawing[0] != os.getpid():
        _drawing = (os.getpid(), Drawing())
    return _drawing[1]


def _context() -> Any:
    """A context without a window."""
    try:
        import moderngl
    except ImportError as error:
        raise GraphicsError(error) from error
    tried: list[str] = []
    without_window: list[dict[str, Any]] = [
        {"backend": "egl", "libgl": "libGL.so.1", "libegl": "libEGL.so.1"},
        {"backend": "egl"},
    ]
    for options in [{}] if sys.platform == "darwin" else without_window:
        try:
            context = moderngl.create_context(standalone=True, require=330, **options)
        except Exception as error:
            tried.append(" ".join(str(error).split()))
            continue
        context.gc_mode = "auto"
        return context
    raise GraphicsError(f"no context ({tried[0]})")


_LAYOUTS = {
    "surface": ("3f 2f", ("node", "slope")),
    "line": (
        "4f 4f 4f 4f 2f 2f 2f 2f 2f 2f 4f",
        (
            *("before_at", "start_at", "end_at", "after_at"),
            *("before_slope", "start_slope", "end_slope", "after_slope"),
            *("way", "rows", "tint"),
        ),
    ),
    "mark": ("4f 2f 1f 1f", ("at", "slope", "size", "row")),
    "face": ("4f 4f", ("at", "tint")),
}
"""What the rows of a batch hold, by program."""


def _waiter() -> Callable[[], object]:
    """What waits until all is drawn, without Python's lock: a film's frames are encoded meanwhile.

    Reading pixels back waits too, but holds the lock, and the encoder's thread stands still.
    """
    try:
        finish = ctypes.CDLL("libGL.so.1").glFinish
    except (OSError, AttributeError):  # another platform: slower, and no different picture
        return lambda: None
    finish.restype = None
    return finish


def _defining(shader: str, flags: tuple[str, ...]) -> str:
    version, rest = shader.split("\n", 1)
    return "\n".join([version, *(f"#define {flag}" for flag in flags), rest])


class _Kind:
    """A program with the layout of its instances."""

    def __init__(self, context: Any, name: str, flags: tuple[str, ...]) -> None:
        layout, attributes = _LAYOUTS[name]
        upper = name.upper()
        self.program = context.program(
            vertex_shader=_defining(getattr(stage_shaders, f"{upper}_VERTEX"), flags),
            fragment_shader=_defining(getattr(stage_shaders, f"{upper}_FRAGMENT"), flags),
        )
        # what a compiler finds unused is not there to be set
        used = list(zip(layout.split(), attributes, strict=True))
        self.layout = " ".join(f if a in self.program else f"{int(f[:-1]) * 4}x" for f, a in used)
        self.attributes = tuple(a for _, a in used if a in self.program)
        self.per_instance = name in ("line", "mark")
        self.uniforms = {key: self.program[key] for key in self.program}
        self.current: dict[str, Any] = {}

    def set(self, values: dict[str, Any]) -> None:
        """Set the uniforms that the program has; most are so already, from frame to frame."""
        current = self.current
        for name, value in values.items():
            if name in self.uniforms and current.get(name) != value:
                self.uniforms[name].value = current[name] = value


class Drawing:
    """Draws the frames of all stages of a process."""

    def __init__(self) -> None:
        import moderngl

        self.gl = moderngl
        self.context = _context()
        self.kinds: dict[tuple[str, ...], _Kind] = {}
        self.kept: weakref.WeakKeyDictionary[Batch, dict[_Kind, Any]] = weakref.WeakKeyDictionary()
        self.tables: weakref.WeakKeyDictionary[Any, tuple[Any, ...]] = weakref.WeakKeyDictionary()
        self.size = (0, 0)
        self.wait = _waiter()

    def draw(self, stage: Stage, camera: StageCamera) -> Picture | None:
        """The pixels of a stage; None where nothing is to be seen."""
        if stage.opacity <= 0:
            return None
        size = (int(camera.pixel_width), int(camera.pixel_height))
        within = _pixels_of(stage.box, size)
        left, top, width, height = _pixels_of(_box_of(stage, camera), size)
        if width <= 0 or height <= 0:
            return None
        self._prepare(within[2:])
        self.target.use()
        # the target is no larger than the stage's box, so that all of it can be cleared, which is quick
        self.target.viewport = (-within[0], -within[1], *size)
        self.target.depth_mask = True
        self.target.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        self.context.enable_only(self.gl.BLEND | self.gl.DEPTH_TEST)
        self.context.blend_func = (self.gl.ONE, self.gl.ONE_MINUS_SRC_ALPHA)
        _Frame(self, stage, camera, size).draw()
        self.wait()
        region = (left - within[0], top - within[1], width, height)
        self.target.read_into(self.pixels, viewport=region, components=4)
        return Picture(left, top, width, height, memoryview(self.pixels)[: 4 * width * height])

    def kind(self, name: str, *flags: str) -> _Kind:
        """A program with some of its parts: software runs both sides of a branch, so it has none to spare."""
        if (name, *flags) not in self.kinds:
            self.kinds[name, *flags] = _Kind(self.context, name, flags)
        return self.kinds[name, *flags]

    def _prepare(self, size: tuple[int, int]) -> None:
        if size != self.size:
            context = self.context
            self.target = context.framebuffer(
                [context.renderbuffer(size, 4)], context.depth_renderbuffer(size)
            )
            self.pixels = bytearray(4 * size[0] * size[1])
            self.size = size

    def bind_tables(self, stage: Stage) -> None:
        """The stage's ramp, rungs and bands, as textures 0, 1 and 2."""
        static = stage.static
        if static not in self.tables:
            self.tables[static] = self._make_tables(stage)
        for unit, texture in enumerate(self.tables[static]):
            texture.use(unit)

    def _make_tables(self, stage: Stage) -> tuple[Any, ...]:
        ramp = ramp_of(stage.theme)
        v = 2 * ((np.arange(_TEXELS) + 0.5) / _TEXELS) ** 2  # the shaders look up sqrt(v / 2)
        rungs = np.array([*stage.levels, stage.cut]) / stage.cut
        nearest = np.abs(v[:, None] - rungs).argmin(axis=1)
        lowest = max(float(stage.field.losses.min()) / stage.cut, 0.0)
        below = np.concatenate([[min(lowest, rungs[0])], rungs[:-1]])
        bands = [rgb(loss_color(ramp, (low + high) / 2)) for low, high in zip(below, rungs, strict=True)]
        return (
            self._table(np.column_stack([loss_colors(ramp, v), rungs[nearest]])[None]),
            self._table(np.repeat(nearest[:, None], 4, axis=1)[None]),
            self._table(np.column_stack([[*bands, bands[-1]], np.ones(len(bands) + 1)])[None]),
        )

    def _table(self, texels: Array) -> Any:
        """A texture of texels (rows, columns, 4) that is never filtered."""
        rows, columns, _ = texels.shape
        texture = self.context.texture((columns, rows), 4, texels.astype("f4").tobytes(), dtype="f4")
        texture.filter = (self.gl.NEAREST, self.gl.NEAREST)
        return texture

    def render(self, kind: _Kind, shapes: Batch | Array) -> None:
        """Draw shapes with a program and its uniforms as they are."""
        if not len(shapes):
            return
        if isinstance(shapes, Batch):
            kept = self.kept.setdefault(shapes, {})
            if kind not in kept:
                kept[kind] = self._upload(kind, shapes)
            vertices, owned = kept[kind]
        else:
            vertices, owned = self._upload(kind, Batch(shapes))
        if kind.per_instance:
            vertices.render(self.gl.TRIANGLE_STRIP, vertices=4, instances=len(shapes))
        else:
            vertices.render(self.gl.TRIANGLES)
        if not isinstance(shapes, Batch):
            for each in owned:
                each.release()

    def _upload(self, kind: _Kind, shapes: Batch) -> tuple[Any, list[Any]]:
        buffer = self.context.buffer(shapes.rows.tobytes())
        layout = kind.layout + (" /i" if kind.per_instance else "")
        indices = None if shapes.indices is None else self.context.buffer(shapes.indices.tobytes())
        vertices = self.context.vertex_array(kind.program, [(buffer, layout, *kind.attributes)], indices)
        return vertices, [vertices, buffer, *([indices] if indices is not None else [])]


def _box_of(stage: Stage, camera: StageCamera) -> sheet.Box:
    """The part of the page that a stage can touch now."""
    box: sheet.Box = stage.box
    hx, hy = stage.half + 0.25
    low = stage.floor_height - 0.1
    high = stage.base + stage.height_per_loss * stage.cut * 1.16 + 0.35
    corners = np.array([(x, y, z) for x in (-hx, hx) for y in (-hy, hy) for z in (low, high)])
    rotated = (corners - camera.frame_center) @ camera.generate_rotation_matrix().T
    if rotated[:, 2].max() > 0.9 * camera.get_focal_distance():
        return box
    seen = sheet.pixels(camera.project_points(corners))
    (left, top), (right, bottom) = seen.min(axis=0) - _MARGIN, seen.max(axis=0) + _MARGIN
    return sheet.Box(max(box.left, left), max(box.top, top), min(box.right, right), min(box.bottom, bottom))


def _pixels_of(box: sheet.Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height, pixels of a frame, of a box of the page."""
    across, up = size[0] / sheet.WIDTH, size[1] / sheet.HEIGHT
    x0, y0 = max(math.floor(box.left * across), 0), max(math.floor(box.top * up), 0)
    x1, y1 = min(math.ceil(box.right * across), size[0]), min(math.ceil(box.bottom * up), size[1])
    return x0, y0, x1 - x0, y1 - y0


class _Frame:
    """One frame of one stage: its passes, from the floor up."""

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
            "sun": tuple(_LIGHT @ self.rotation),
            "sun_half_way": tuple(_HALF_WAY @ self.rotation),
            "light": tuple(_LIGHT),
            "half_way": tuple(_HALF_WAY),
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
        self.ready: set[_Kind] = set()
        self.level = (self.base, self.height)
        self.printed = ("PRINTED",) if theme.name == "print" else ()
        drawing.bind_tables(stage)
        self.depth(True, write=True)

    def draw(self) -> None:
        stage = self.stage
        self.draw_plate()
        self.draw_axes()
        if stage.surface > 0:
            if stage.surface < 1:
                # what stands behind a glass sheet is there before it
                self.draw_solids()
            self.draw_surface()
        self.draw_outline()
        self.draw_cut_planes()
        for cut in stage.cuts:
            self.draw_cut_curve(cut)
        for path in stage.paths:
            self.draw_contact(path)
            self.draw_hidden(path)
        self.draw_solids()

    # -- how a pass is drawn -----------------------------------------------------------------------------

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

    def program(self, name: str, *flags: str, **values: Any) -> _Kind:
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

    # -- floor and axes ----------------------------------------------------------------------------------

    def draw_plate(self) -> None:
        stage, look, theme = self.stage, self.look, self.theme
        self.stand_on("floor")
        self.depth(False)
        if stage.floor > 0:
            program = self.program(
                "surface",
                "LINED",
                "PLATE",
                highest=1e9,
                lowest=-1e9,
                opacity=stage.floor,
                fill=look.plate_fill,
                bare=rgb(look.plate),
                dim=0.0,
                lines=stage.lines,
                line_color=(*rgb(theme.ink), look.plate_lines),
                line_toward_loss=0.0 if theme.name == "print" else 1.0,
                line_width=(1.6 * self.scale, 2.4 * self.scale),
            )
            self.drawing.render(program, stage.static.plate)
            self.lines(stage.static.frame, look.frame, 1.8, stage.floor)
        for cut in stage.cuts:
            self.draw_floor_line(cut)
        shown = self.round
        for path in stage.paths:
            strength = path.opacity * path.floor * shown
            if strength <= 0:
                continue
            shapes = path.shapes
            self.lines(shapes.floor, path.line_color, 4, 0.75 * strength, last_row=path.row)
            self.floor_disc(stage.position(path), 0.09, path.ball_color, strength * path.ball)
            if stage.is_inside(*_start(path)):
                self.marks(
                    self.mark_at(path.parameters[0], 0.104),
                    (theme.ground, 1.0),
                    (path.line_color, 1.0),
                    3.0,
                    strength * path.start,
                    kind=1,
                    on_floor=True,
                )
        for point in stage.marked:
            at = (point.b, point.w, point.loss)
            self.floor_disc(at, 0.09, point.color, point.opacity * point.floor * shown)
        if stage.minimum_at is not None:
            self.marks(
                self.mark_at(stage.minimum_at, 0.14),
                (theme.minimum, 1.0),
                opacity=stage.floor_minimum * shown,
                kind=3,
                on_floor=True,
            )

    def mark_at(self, parameters: Any, size: float) -> Array:
        xy = self.stage.plane(parameters)
        return marks([[xy[0], xy[1], 0.0, 0.0]], size)

    def floor_disc(self, at: tuple[float, float, float], size: float, color: str, opacity: float) -> None:
        if self.stage.is_inside(*at):
            self.marks(self.mark_at(at[:2], size), (color, 1.0), opacity=opacity, kind=1, on_floor=True)

    def draw_floor_line(self, cut: StageCut) -> None:
        stage = self.stage
        ends = np.zeros((2, 4))
        ends[:, cut.fixed] = (cut.at - stage.middle[cut.fixed]) * stage.units_per_step[cut.fixed]
        free = 1 - cut.fixed
        ends[:, free] = -stage.half[free], stage.half[free]
        self.lines(strip(ends, np.ones(4)), cut.color, 3.2, 0.9 * cut.floor)

    def draw_axes(self) -> None:
        stage, theme = self.stage, self.theme
        if stage.axes <= 0:
            return
        self.depth(False)
        from gdscenes.kit.stage.stage import TICK

        window, half = stage.window, stage.half
        b, w = (np.array(axis.ticks) for axis in (stage.b_axis, stage.w_axis))
        x = stage.plane(np.stack([b, np.full(len(b), window.y_low)], axis=-1))[:, 0]
        y = stage.plane(np.stack([np.full(len(w), window.x_low), w], axis=-1))[:, 1]
        for ends, opacity in (
            (_ticks(x, np.full(len(x), -half[1]), (0.0, -TICK)), 1.0),
            (_ticks(np.full(len(y), half[0]), y, (TICK, 0.0)), self.round),
            (_ticks(np.full(len(y), -half[0]), y, (-TICK, 0.0)), self.flat),
        ):
            self.lines(segments(ends, np.ones(4)), theme.muted, 1.8, stage.axes * opacity)
        shown = stage.axes * self.round
        if shown > 0:
            self.draw_loss_axis(shown)

    def draw_loss_axis(self, shown: float) -> None:
        stage, theme, look = self.stage, self.theme, self.look
        self.stand_on("scene")
        corner = -stage.half
        post = np.array([[*corner, 0.0, stage.floor_height], [*corner, 0.0, self.base]])
        self.lines(strip(post, np.ones(4)), look.frame, 1.8, shown, dash=0.12)
        self.stand_on("surface")
        height = stage.static.height_axis
        if theme.name == "print":
            self.lines(strip(height, np.ones(4)), theme.ink, 2.5, shown)
        else:
            tint = np.ones((len(height) - 1, 4))
            tint[:, :3] = loss_colors(RAMPS[theme.name], (height[:-1, 2] + height[1:, 2]) / 2)
            self.lines(strip(height, tint), theme.ink, 8, shown, own=True)
        left = -stage.to_the_right()
        ticks = np.zeros((len(stage.loss_axis.ticks), 2, 4))
        ticks[..., :2] = corner + np.array([0.04, 0.16])[:, None] * left[:2]
        ticks[..., 2] = np.array(stage.loss_axis.ticks)[:, None] / stage.cut
        self.lines(segments(ticks, np.ones(4)), theme.muted, 1.8, shown)

    # -- the surface -------------------------------------------------------------------------------------

    def draw_surface(self) -> None:
        from gdscenes.kit.stage.stage import FADE

        stage, look, theme = self.stage, self.look, self.theme
        self.stand_on("surface")
        flat = self.flat
        line = (
            *rgb(blend(look.flat_lines, look.lines, flat)),
            look.line_opacity + flat * (look.flat_line_opacity - look.line_opacity),
        )
        lit = ("LIT",) if self.round > 0 else ()
        banded = ("BANDED",) if flat > 0 and theme.name != "print" else ()
        program = self.program(
            "surface",
            *lit,
            *banded,
            "LINED",
            highest=1.0,
            lowest=-1e9,
            opacity=stage.surface,
            lines=stage.lines,
            line_color=line,
            line_width=((1.7 + 0.3 * flat) * self.scale, -1.0),
        )
        self.depth(True, write=True)
        if stage.surface < 1:
            # only the nearest sheet is seen, else the order of the triangles would show
            self.drawing.target.color_mask = (False, False, False, False)
            self.drawing.render(program, stage.static.sheet)
            self.drawing.target.color_mask = (True, True, True, True)
        self.drawing.render(program, stage.static.sheet)
        if stage.beyond > 0 and self.round > 0:
            self.depth(True)
            program = self.program(
                "surface",
                "LIT",
                "FADING",
                highest=1.0 + FADE,
                lowest=1.0,
                opacity=0.4 * stage.surface * stage.beyond * self.round,
                fade=FADE,
            )
            self.drawing.render(program, stage.static.above)

    def draw_outline(self) -> None:
        stage, theme, look = self.stage, self.theme, self.look
        self.stand_on("surface")
        self.depth(True)
        folds = self.folds() if self.round > 0.02 else np.zeros((0, 32))
        if stage.surface > 0:
            self.lines(folds, theme.ink, 2.0, stage.surface, kind=3, nearer=0.06, own=True)
            for shapes in (stage.static.edges, stage.static.rim):
                self.lines(shapes, theme.ink, 1.0, stage.surface, kind=2, nearer=0.06)
        outline = look.outline * stage.edges * (1 - 0.4 * min(stage.dimmed / 0.42, 1.0))
        if self.round > 0:
            width = look.outline_width
            self.lines(stage.static.edges, theme.ink, width, outline * self.round, nearer=0.03)
            if theme.name == "print":
                self.lines(folds, theme.ink, width, outline * self.round, nearer=0.03)
        rim = theme.ink if theme.name == "print" else blend(theme.ink, ramp_of(theme)[-1], 0.45)
        width = (3.0 if theme.name == "print" else 2.8) - 0.8 * min(stage.dimmed / 0.42, 1.0)
        self.lines(stage.static.rim, rim, width, stage.rim, nearer=0.1)
        if self.flat > 0:
            self.stand_on("floor")
            self.lines(stage.static.frame, look.frame, 2.0, self.flat * stage.floor, nearer=0.1)

    def folds(self) -> Array:
        """Where the surface turns away from the eye: pieces (n, 32) of the curve where it is seen edge on."""
        stage = self.stage
        nodes = stage.static.nodes
        upright = np.column_stack([-self.height * nodes[:, 3:5], np.ones(len(nodes))])
        place = np.column_stack([nodes[:, :2], self.base + self.height * nodes[:, 2]])
        facing = np.einsum("ij,ij->i", upright, self.eye - place)
        found = crossed_cells(facing.reshape(stage.static.shape))
        if not len(found):
            return np.zeros((0, 32))
        share = facing[found[..., 0]] / (facing[found[..., 0]] - facing[found[..., 1]])
        ends = nodes[found[..., 0]] + share[..., None] * (nodes[found[..., 1]] - nodes[found[..., 0]])
        # the nearer of the two sheets that meet there is seen: its upper side, or its lower one
        along_w, along_b = np.gradient(facing.reshape(stage.static.shape))
        growing = np.stack([along_b.ravel(), along_w.ravel()], axis=-1)[found[:, 0, 0]]
        seen_from_below = (growing * (self.eye[:2] - ends[:, 0, :2])).sum(axis=1) < 0
        below = (ends[..., 2] <= 1.0).all(axis=1)
        ends, seen_from_below = ends[below], seen_from_below[below]
        at = np.zeros((*ends.shape[:2], 4))
        at[..., :3] = ends[..., :3]
        tint = np.ones((len(at), 4))
        tint[:, 0] = seen_from_below
        return segments(at, tint, ends[..., 3:5])

    # -- cuts --------------------------------------------------------------------------------------------

    def draw_cut_planes(self) -> None:
        stage = self.stage
        shown = [cut for cut in stage.cuts if cut.plane > 0]
        if not shown:
            return
        self.stand_on("scene")
        self.depth(True)
        low, high = stage.floor_height, self.base + self.height
        parts = []
        for cut in shown:
            fixed = (cut.at - stage.middle[cut.fixed]) * stage.units_per_step[cut.fixed]
            free = 1 - cut.fixed
            ends = [-stage.half[free], stage.half[free]]
            other = next((each for each in shown if each is not cut), None)
            if other is not None:  # two planes that cross are drawn in four parts, the furthest first
                crossing = (other.at - stage.middle[free]) * stage.units_per_step[free]
                ends.insert(1, float(np.clip(crossing, *ends)))
            for start, end in pairwise(ends):
                corners = np.zeros((4, 3))
                corners[:, cut.fixed] = fixed
                corners[:, free] = start, end, end, start
                corners[:, 2] = low, low, high, high
                parts.append((float(corners.mean(axis=0) @ self.rotation[2]), corners, cut))
        for _, corners, cut in sorted(parts, key=lambda part: part[0]):
            strength = _PLANE[self.theme.name] * cut.plane
            self.faces(quads(corners[None], rgba(cut.color, strength)))
        for cut in shown:
            fixed = (cut.at - stage.middle[cut.fixed]) * stage.units_per_step[cut.fixed]
            free = 1 - cut.fixed
            outline = np.zeros((4, 4))
            outline[:, cut.fixed] = fixed
            outline[:, free] = np.array([-1, 1, 1, -1]) * stage.half[free]
            outline[:, 3] = low, low, high, high
            self.lines(strip(outline, np.ones(4), closed=True), cut.color, 2.0, 0.75 * min(cut.plane, 1.0))

    def draw_cut_curve(self, cut: StageCut) -> None:
        if cut.curve <= 0 or cut.drawn <= 0:
            return
        stage = self.stage
        self.stand_on("surface")
        pieces = []
        for way, losses in stage.cut_curve(cut):
            at = np.zeros((len(way), 4))
            at[:, :2], at[:, 2] = stage.plane(way), losses / stage.cut
            pieces.append(strip(at, np.ones(4), stage.slopes(way)))
        if not pieces:
            return
        shapes = Batch(np.vstack(pieces))
        self.depth(True, behind=True)
        self.lines(
            shapes, cut.color, 6, _HIDDEN_CURVE * cut.curve, lift=0.03, nearer=0.042, dash=0.15, filled=0.5
        )
        self.depth(True, write=True)
        self.lines(shapes, cut.color, 0, cut.curve, radius=0.042, lift=0.03, kind=1, body=_CURVE_BODY)

    # -- paths and marks ---------------------------------------------------------------------------------

    def draw_contact(self, path: StagePath) -> None:
        """What sets a path off from the surface: a shadow, or in the contour plot a rim of the ground."""
        from gdscenes.kit.stage.stage import TUBE

        strength = path.opacity * path.tube
        if strength <= 0:
            return
        look, flat = self.look, self.flat
        shapes = path.shapes
        self.stand_on("surface")
        self.depth(True)
        broad = 2.4 * 2 * TUBE * sheet.PIXELS_PER_UNIT
        self.lines(
            shapes.line,
            blend(self.theme.ground, look.halo, flat),
            broad + flat * (14.0 - broad),
            strength * (look.halo_opacity + flat * (1 - look.halo_opacity)),
            lift=0.01,
            nearer=0.1,
            last_row=path.row,
        )

    def draw_hidden(self, path: StagePath) -> None:
        """What the surface hides of a path: dashes, and a ring for the ball."""
        from gdscenes.kit.stage.stage import BALL, TUBE

        stage, strength = self.stage, path.opacity * path.hidden
        if strength <= 0 or self.round <= 0:
            return
        shapes = path.shapes
        self.stand_on("surface")
        self.depth(True, behind=True)
        self.lines(
            shapes.line,
            path.line_color,
            1.6 * TUBE * sheet.PIXELS_PER_UNIT * self.camera.get_zoom(),
            strength * path.tube,
            lift=0.9 * TUBE,
            nearer=TUBE,
            dash=0.15,
            filled=0.52,
            last_row=path.row,
        )
        start = _start(path)
        if stage.is_inside(*start):
            self.marks(
                self.mark_on(start, 0.13),
                (self.theme.ground, 0.0),
                (path.line_color, 1.0),
                3.6,
                strength * path.start,
                kind=1,
                lift=0.05,
                nearer=0.5,
            )
        here = stage.position(path)
        if stage.is_inside(*here):
            self.marks(
                self.mark_on(here, BALL),
                (path.ball_color, 0.0),
                (path.ball_color, 1.0),
                3.4,
                min(strength * path.ball / 0.42 * 0.75, 1.0),
                kind=1,
                lift=BALL,
                nearer=BALL,
            )

    def mark_on(self, at: tuple[float, float, float], size: float) -> Array:
        """A mark on the surface at (b, w, loss)."""
        stage, parameters = self.stage, np.array(at[:2])
        xy = stage.plane(parameters)
        return marks([[xy[0], xy[1], at[2] / stage.cut, 0.0]], size, stage.slopes(parameters))

    def draw_solids(self) -> None:
        from gdscenes.kit.stage.stage import BALL, TUBE

        stage, theme = self.stage, self.theme
        self.draw_drops()
        for path in stage.paths:
            strength = path.opacity
            if strength <= 0:
                continue
            shapes = path.shapes
            self.stand_on("surface")
            self.depth(True, write=True)
            self.lines(
                shapes.line,
                path.line_color,
                0,
                strength * path.tube,
                radius=TUBE,
                lift=0.9 * TUBE,
                kind=1,
                last_row=path.row,
                nearer=0.05 * self.flat,
            )
            self.marks(
                shapes.dots,
                (path.line_color, 1.0),
                opacity=strength * path.beads * path.tube,
                lift=0.9 * TUBE,
                last_row=path.row,
                nearer=0.05 * self.flat,
            )
        for path in stage.paths:
            start = _start(path)
            if stage.is_inside(*start):
                self.depth(True, write=False)
                self.marks(
                    self.mark_on(start, 0.13),
                    (theme.ground, 1.0),
                    (path.line_color, 1.0),
                    3.6 + 0.6 * self.flat,
                    path.opacity * path.start,
                    kind=1,
                    lift=0.05,
                    nearer=0.5,
                )
        self.draw_minimum()
        for point in stage.marked:
            at = (point.b, point.w, point.loss)
            if stage.is_inside(*at):
                self.stand_on("surface")
                self.depth(True, behind=True)
                ring = (point.color, 1.0)
                shape = self.mark_on(at, point.size)
                self.marks(
                    shape,
                    (point.color, 0.0),
                    ring,
                    3.0,
                    0.75 * point.opacity,
                    kind=1,
                    lift=point.size,
                    nearer=point.size,
                )
                self.depth(True, write=True)
                self.marks(
                    shape,
                    (point.color, 1.0),
                    (theme.ground, self.flat),
                    3.0,
                    point.opacity,
                    lift=point.size,
                )
        for path in stage.paths:
            here = stage.position(path)
            if stage.is_inside(*here):
                self.stand_on("surface")
                self.depth(True, write=True)
                self.marks(
                    self.mark_on(here, BALL),
                    (path.ball_color, 1.0),
                    (theme.ground, self.flat),
                    4.0,
                    path.opacity * path.ball,
                    lift=BALL,
                    nearer=0.3 * self.flat,
                )

    def draw_drops(self) -> None:
        """Dashed lines from balls to their places on the floor."""
        stage = self.stage
        self.stand_on("scene")
        self.depth(True)
        ends = [(stage.position(path), path.opacity * path.ball * path.drop) for path in stage.paths]
        ends += [((point.b, point.w, point.loss), point.opacity * point.drop) for point in stage.marked]
        for at, opacity in ends:
            if opacity <= 0 or self.round <= 0 or not stage.is_inside(*at):
                continue
            line = np.zeros((2, 4))
            line[:, [0, 1, 3]] = stage.on_floor(*at[:2]), stage.at(*at)
            self.lines(strip(line, np.ones(4)), self.theme.muted, 2.0, opacity * self.round, dash=0.14)

    def draw_minimum(self) -> None:
        stage, theme = self.stage, self.theme
        if stage.minimum_at is None or stage.minimum <= 0:
            return
        b, w = stage.minimum_at
        at = (float(b), float(w), float(stage.loss(stage.minimum_at)))
        if not stage.is_inside(*at):
            return
        flat_mark = float(np.clip((self.flat - 0.6) / 0.3, 0.0, 1.0))
        if flat_mark < 1:
            center = stage.at(*at) + np.array([0.0, 0.0, 0.15])
            corners, normals = octahedron(center, 0.12)
            soft = np.maximum(0.0, (normals @ self.rotation.T) @ _LIGHT * 0.5 + 0.5)
            tints = np.ones((8, 4))
            tints[:, :3] = np.minimum(np.array(rgb(theme.minimum)) * (0.72 + 0.42 * soft**2)[:, None], 1.0)
            toward = self.eye - corners.reshape(8, 3, 3).mean(axis=1)
            front = (normals * toward).sum(axis=1) > 0
            faces = triangles(
                corners.reshape(8, 3, 3)[front].reshape(-1, 3), np.repeat(tints[front], 3, axis=0)
            )
            edges = np.zeros((8, 3, 2, 4))
            edges[..., 0, [0, 1, 3]] = corners.reshape(8, 3, 3)
            edges[..., 1, [0, 1, 3]] = np.roll(corners.reshape(8, 3, 3), -1, axis=1)
            smooth = segments(edges[front].reshape(-1, 2, 4), np.repeat(tints[front], 3, axis=0))
            self.stand_on("scene")
            for behind, opacity in ((True, 0.42), (False, 1.0)):
                self.depth(True, write=not behind, behind=behind)
                seen = stage.minimum * opacity
                self.faces(faces, seen)
                if not behind:
                    self.depth(True)
                    self.lines(smooth, theme.minimum, 1.0, seen, own=True, nearer=0.01)
        if flat_mark > 0:
            self.stand_on("surface")
            self.depth(True)
            self.marks(
                self.mark_on(at, 0.145),
                (theme.minimum, 1.0),
                (theme.ground, 1.0),
                3.0,
                stage.minimum * flat_mark,
                kind=3,
                nearer=0.25,
            )


def _apart(stage: Stage) -> float:
    """The smallest distance from a level to the one above it, as a part of the level."""
    levels = np.array([*stage.levels, stage.cut])
    return float(np.min(np.diff(levels) / levels[:-1], initial=1.0))


def _ticks(x: Array, y: Array, out: tuple[float, float]) -> Array:
    """Ends (n, 2, 4) of ticks on the floor at (x, y)."""
    ends = np.zeros((len(x), 2, 4))
    ends[:, 0, 0], ends[:, 0, 1] = x, y
    ends[:, 1, 0], ends[:, 1, 1] = x + out[0], y + out[1]
    return ends


def _start(path: StagePath) -> tuple[float, float, float]:
    """b, w and loss of a path's first row."""
    b, w = path.parameters[0]
    return float(b), float(w), float(path.losses[0])


assert BIAS == 0, "x of the scene is b"
