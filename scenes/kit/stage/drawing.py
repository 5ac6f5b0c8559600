"""Drawing a stage off screen, by OpenGL: with a graphics processor, or in software where there is none.

There is one context in a process, made when the first stage is drawn. Edges of lines, marks and level lines
are smoothed in the shaders, and the surface's own edges by a strip in its colours along them; so no pixel is
drawn more than once, as multisampling would.
"""

from __future__ import annotations

import ctypes
import math
import os
import re
import sys
import weakref
from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gdmath import BIAS
from gdscenes.kit.manim_seam import Picture
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import rgb
from gdscenes.kit.plot.contours import loss_color
from gdscenes.kit.stage import passes
from gdscenes.kit.stage.calls import NOWHERE, Call, Depth, Region
from gdscenes.kit.stage.camera import StageCamera
from gdscenes.kit.stage.look import loss_colors, ramp_of
from gdscenes.kit.stage.passes.frame import Frame
from gdscenes.kit.stage.shapes import Batch

if TYPE_CHECKING:
    from gdscenes.kit.stage.stage import Stage

Array = NDArray[np.float64]

_TEXELS = 4096  # as many as the shaders count on
_MARGIN = 14.0  # round what is projected, pixels of the page: the widths of marks and lines


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


_SHADERS = resources.files("gdscenes.kit.stage") / "shaders"
_INCLUDE = re.compile(r'^#include "(\w+)"$', re.MULTILINE)


def shader(name: str, *flags: str) -> str:
    """The source of a shader, with what it includes, and with flags that are defined in it."""

    def read(name: str) -> str:
        return (_SHADERS / f"{name}.glsl").read_text()

    source = _INCLUDE.sub(lambda found: read(found[1]), read(name))
    return "\n".join(["#version 330", *(f"#define {flag}" for flag in flags), source])


class Kind:
    """A program with the layout of its instances."""

    def __init__(self, context: Any, name: str, flags: tuple[str, ...]) -> None:
        layout, attributes = _LAYOUTS[name]
        self.program = context.program(
            vertex_shader=shader(f"{name}_vertex", *flags),
            fragment_shader=shader(f"{name}_fragment", *flags),
        )
        # what a compiler finds unused is not there to be set
        used = list(zip(layout.split(), attributes, strict=True))
        self.layout = " ".join(f if a in self.program else f"{int(f[:-1]) * 4}x" for f, a in used)
        self.attributes = tuple(a for _, a in used if a in self.program)
        self.per_instance = name in ("line", "mark")
        self.uniforms = {key: self.program[key] for key in self.program}
        self.current: dict[str, Any] = {}
        self.common: dict[str, Any] | None = None

    def set(self, values: dict[str, Any]) -> None:
        """Set the uniforms that the program has; most are so already, from frame to frame."""
        current = self.current
        for name, value in values.items():
            if name in self.uniforms and current.get(name) != value:
                self.uniforms[name].value = current[name] = value


class _Shown(NamedTuple):
    """What the target shows: a frame in a region of it, and the boxes of those calls that are known."""

    frame: Frame
    region: Region
    boxes: dict[Call, Region]


class Drawing:
    """Draws the frames of all stages of a process.

    Where a frame has calls in common with the last one, only the box round all others is drawn.
    """

    def __init__(self) -> None:
        import moderngl

        self.gl = moderngl
        self.context = _context()
        self.kinds: dict[tuple[str, ...], Kind] = {}
        self.kept: dict[Batch, dict[Kind, Any]] = {}
        self.tables: weakref.WeakKeyDictionary[Any, tuple[Any, ...]] = weakref.WeakKeyDictionary()
        self.shown: _Shown | None = None
        self.size = (0, 0)
        self.wait = _waiter()

    def draw(self, stage: Stage, camera: StageCamera) -> Picture | None:
        """The pixels of a stage, which hold until the next are drawn; None where nothing is to be seen."""
        if stage.opacity <= 0:
            return None
        size = (int(camera.pixel_width), int(camera.pixel_height))
        frame = Frame(stage, camera, size, None if self.shown is None else self.shown.frame)
        within = _region_of(stage.box, size)
        region = frame.once("region", lambda: _region_of(_box_of(stage, camera), size)).shared(within)
        if region.is_empty:
            return None
        self._prepare(within)
        passes.draw(frame)
        stale = self._show(frame, region)
        if not stale.is_empty:
            self._draw_in(stale, frame, within)
        left, top, right, bottom = region.seen_from(within)
        return Picture(region.left, region.top, self.pixels[top:bottom, left:right])

    def forget(self) -> None:
        """Draw all of the next frame."""
        self.shown = None

    def _prepare(self, within: Region) -> None:
        size = within.width, within.height
        if size != self.size:
            context = self.context
            self.target = context.framebuffer(
                [context.renderbuffer(size, 4)], context.depth_renderbuffer(size)
            )
            self.pixels = np.zeros((within.height, within.width, 4), np.uint8)
            self.size = size
            self.forget()

    def _show(self, frame: Frame, region: Region) -> Region:
        """Have a frame shown in a region: the part of it that is to be drawn."""
        last, calls = self.shown, frame.calls
        now = self.shown = _Shown(frame, region, {})
        if last is None or not frame.is_like_last or last.region != region:
            return region
        before = last.frame.calls
        if [call for call in before if call in calls] != [call for call in calls if call in before]:
            return region
        now.boxes.update((call, box) for call, box in last.boxes.items() if call in calls)
        stale = NOWHERE
        for call in {**before, **calls}:
            if call not in calls or call not in before:
                stale = stale.joined(frame.box_of(call))
            elif before[call] != calls[call]:
                stale = stale.joined(frame.box_of(call, sorted((before[call], calls[call]))))
        return stale.shared(region)

    def _draw_in(self, stale: Region, frame: Frame, within: Region) -> None:
        """Draw all that a region shows, and read it back."""
        assert self.shown is not None
        calls, boxes = frame.calls, self.shown.boxes
        if stale != self.shown.region:
            boxes.update((call, frame.box_of(call)) for call in calls if call not in boxes)
            calls = {call: row for call, row in calls.items() if not boxes[call].shared(stale).is_empty}
        left, top, right, bottom = stale.seen_from(within)
        box = (left, top, right - left, bottom - top)
        self.target.use()
        self.target.viewport = (-within.left, -within.top, *frame.size)
        self.target.scissor = box
        self.target.depth_mask = True
        self.target.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        self.context.enable_only(self.gl.BLEND)
        self.context.blend_func = (self.gl.ONE, self.gl.ONE_MINUS_SRC_ALPHA)
        self._bind_tables(frame.stage)
        depth: Depth | None = None
        side = ""
        for call, last_row in calls.items():
            if call.depth != depth:
                depth = call.depth
                (self.context.enable if depth.test else self.context.disable)(self.gl.DEPTH_TEST)
                self.context.depth_func = ">" if depth.behind else "<="
                self.target.depth_mask = depth.write
            if call.side != side:
                side = call.side
                (self.context.enable if side else self.context.disable)(self.gl.CULL_FACE)
                self.context.cull_face = "back" if side == "upper" else "front"
            kind = self.kind(*call.program)
            if kind.common is not frame.common:
                kind.set(frame.common)
                kind.common = frame.common
            kind.set({**dict(call.values), "last_row": last_row})
            self.target.color_mask = (call.is_seen,) * 4
            self._render(kind, call.shapes)
        self.target.color_mask = (True,) * 4
        in_use = {call.shapes for call in frame.calls}
        self.kept = {shapes: kept for shapes, kept in self.kept.items() if shapes in in_use}
        self.wait()
        read = np.frombuffer(self.target.read(viewport=box, components=4), np.uint8)
        self.pixels[top:bottom, left:right] = read.reshape(bottom - top, right - left, 4)

    def kind(self, name: str, *flags: str) -> Kind:
        """A program with some of its parts: software runs both sides of a branch, so it has none to spare."""
        if (name, *flags) not in self.kinds:
            self.kinds[name, *flags] = Kind(self.context, name, flags)
        return self.kinds[name, *flags]

    def _bind_tables(self, stage: Stage) -> None:
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

    def _render(self, kind: Kind, shapes: Batch) -> None:
        """Draw shapes with a program and its uniforms as they are."""
        kept = self.kept.setdefault(shapes, {})
        if kind not in kept:
            buffer = self.context.buffer(shapes.rows)
            layout = kind.layout + (" /i" if kind.per_instance else "")
            indices = None if shapes.indices is None else self.context.buffer(shapes.indices)
            kept[kind] = self.context.vertex_array(
                kind.program, [(buffer, layout, *kind.attributes)], indices
            )
        if kind.per_instance:
            kept[kind].render(self.gl.TRIANGLE_STRIP, vertices=4, instances=len(shapes))
        else:
            kept[kind].render(self.gl.TRIANGLES)


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


def _region_of(box: sheet.Box, size: tuple[int, int]) -> Region:
    """The pixels of a frame on which a box of the page lies."""
    across, up = size[0] / sheet.WIDTH, size[1] / sheet.HEIGHT
    return Region(
        max(math.floor(box.left * across), 0),
        max(math.floor(box.top * up), 0),
        min(math.ceil(box.right * across), size[0]),
        min(math.ceil(box.bottom * up), size[1]),
    )


assert BIAS == 0, "x of the scene is b"
