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
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdmath import BIAS
from gdscenes.kit.manim_seam import Picture
from gdscenes.kit.page import sheet
from gdscenes.kit.page.theme import rgb
from gdscenes.kit.plot.contours import loss_color
from gdscenes.kit.stage import passes
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
        self.kinds: dict[tuple[str, ...], Kind] = {}
        self.kept: weakref.WeakKeyDictionary[Batch, dict[Kind, Any]] = weakref.WeakKeyDictionary()
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
        passes.draw(Frame(self, stage, camera, size))
        self.wait()
        region = (left - within[0], top - within[1], width, height)
        self.target.read_into(self.pixels, viewport=region, components=4)
        return Picture(left, top, width, height, memoryview(self.pixels)[: 4 * width * height])

    def kind(self, name: str, *flags: str) -> Kind:
        """A program with some of its parts: software runs both sides of a branch, so it has none to spare."""
        if (name, *flags) not in self.kinds:
            self.kinds[name, *flags] = Kind(self.context, name, flags)
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

    def render(self, kind: Kind, shapes: Batch | Array) -> None:
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

    def _upload(self, kind: Kind, shapes: Batch) -> tuple[Any, list[Any]]:
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


assert BIAS == 0, "x of the scene is b"
