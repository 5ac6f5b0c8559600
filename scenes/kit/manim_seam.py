"""All that the project takes from inside Manim: what Manim does not publish is named here and nowhere else.

A new version of Manim is met in this module; a test finds any other that reaches behind `from manim import`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from copy import copy
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, Self
from weakref import WeakKeyDictionary

import cairo
import numpy as np
from manim import (
    Animation,
    AnimationGroup,
    Camera,
    Mobject,
    Scene,
    SceneFileWriter,
    ThreeDCamera,
    Transform,
    VMobject,
    config,
)
from manim.camera.camera import CAP_STYLE_MAP, LINE_JOIN_MAP
from manim.utils.bezier import interpolate
from numpy.typing import NDArray

from gdscenes.kit.canvas.canvas import Canvas, Drawing
from gdscenes.kit.canvas.shape import Look, Shape
from gdscenes.kit.canvas.tiles import Tiles

Pixels = NDArray[np.uint8]
_PATCH = 128  # pixels, whole tiles: how finely a picture is taken for the same or for another


# -- the frame on the screen -----------------------------------------------------------------------------


def picture_of(scene: Scene, members: Sequence[Mobject] | None = None) -> Pixels:
    """The frame (height, width, 3) as the scene stands now, all of it drawn anew.

    Parameters
    ----------
    members : sequence of Mobject, optional
        Draw these and none of their submobjects; the whole scene when left out.
    """
    camera = scene.camera
    assert isinstance(camera, Camera), "drawn by Cairo"
    camera.reset()
    if members is None:
        camera.capture_mobjects(scene.mobjects)
    else:
        camera.capture_mobjects(members, include_submobjects=False)
    return np.array(camera.pixel_array[..., :3])


# -- mobjects --------------------------------------------------------------------------------------------


def another(mobject: VMobject) -> VMobject:
    """A mobject without parts as another one is, in a tenth of the time that making one takes Manim."""
    made = object.__new__(type(mobject))
    vars(made).update(vars(mobject), submobjects=[], updaters=[])
    for name in ("points", "fill_rgbas", "stroke_rgbas", "background_stroke_rgbas"):
        setattr(made, name, getattr(mobject, name).copy())
    return made


# -- animations ------------------------------------------------------------------------------------------

_ALL = (
    "points",
    "fill_rgbas",
    "stroke_rgbas",
    "background_stroke_rgbas",
    "stroke_width",
    "background_stroke_width",
    "sheen_direction",
    "sheen_factor",
)
"""What Manim blends of an outline."""
_ROUNDING = 1e-9  # units of the scene, and shares of a colour


def blend_what_differs(animations: Iterable[Animation]) -> None:
    """Let fades and transforms visit only what differs, by value, between their start and their target.

    Manim blends all of every member in each frame, and what is the same at both ends comes out beside itself
    by a rounding, so that it would have to be drawn as something new.
    """
    for animation in animations:
        if isinstance(animation, AnimationGroup):
            blend_what_differs(animation.animations)
        elif isinstance(animation, Transform) and _is_blended_by_manim(animation):
            animation.interpolate_mobject = _Blend(animation)  # type: ignore[method-assign]


def _is_blended_by_manim(transform: Transform) -> bool:
    kind = type(transform)
    return (
        kind.interpolate_mobject is Animation.interpolate_mobject
        and kind.interpolate_submobject is Transform.interpolate_submobject
    )


class _Blend:
    """A transform on its way: its first step is Manim's, after which only what differs is visited."""

    def __init__(self, transform: Transform) -> None:
        self._transform = transform
        self._start: Any = None

    def __call__(self, alpha: float) -> None:
        transform = self._transform
        if self._start is not transform.starting_mobject:
            self._start = transform.starting_mobject
            families = list(transform.get_all_families_zipped())
            points = [member.points for member, *_ in families]
            Animation.interpolate_mobject(transform, alpha)
            self._n, self._moving = len(families), []
            for index, (member, start, target) in enumerate(families):
                names = _differing(member, start, target)
                if "points" not in names:
                    member.points = points[index]
                if names:
                    self._moving.append((index, member, start, target, names))
            updated = [each for each in transform.get_all_mobjects_to_update() if _has_updaters([each])]
            transform.get_all_mobjects_to_update = lambda: updated  # type: ignore[method-assign]
            return
        at_once = None if transform.lag_ratio else transform.get_sub_alpha(alpha, 0, self._n)
        for index, member, start, target, names in self._moving:
            share = transform.get_sub_alpha(alpha, index, self._n) if at_once is None else at_once
            if names is _ALL:
                member.interpolate(start, target, share, transform.path_func)
                continue
            for name in names:
                ends = getattr(start, name), getattr(target, name)
                blend = transform.path_func if name == "points" else interpolate
                setattr(member, name, copy(ends[1]) if share == 1 else blend(*ends, share))


def _differing(member: Mobject, start: Mobject, target: Mobject) -> Sequence[str]:
    """What of an outline differs between two ends by more than a rounding; all of what is none."""
    kind = type(member)
    if not (
        isinstance(member, VMobject)
        and kind.interpolate is Mobject.interpolate
        and kind.interpolate_color is VMobject.interpolate_color
    ):
        return _ALL
    return [
        name
        for name in _ALL
        if not np.abs(np.subtract(getattr(start, name), getattr(target, name))).max(initial=0.0) <= _ROUNDING
    ]


# -- the camera ------------------------------------------------------------------------------------------


class CanvasCamera(Camera):
    """Manim's camera with a canvas: of each frame it draws only what differs, by value, from the last."""

    _canvas: Canvas | None = None

    def __init__(self, **kwargs: Any) -> None:
        self._shapes: dict[int, _Seen] = {}
        self._drawn: list[Drawing] = []
        self._is_blank = True
        super().__init__(**kwargs)

    @property
    def pixel_array(self) -> Any:  # type: ignore[override]
        """The picture since the last `reset`."""
        if self._is_blank:
            self._show([])
        return self._on_canvas().pixels

    def init_background(self) -> None:
        super().init_background()
        self._canvas = None

    def set_background(self, *arguments: Any, **words: Any) -> None:
        super().set_background(*arguments, **words)
        self._canvas = None

    def set_pixel_array(self, *arguments: Any, **words: Any) -> None:
        super().set_pixel_array(*arguments, **words)
        self._on_canvas().forget()

    def reset(self) -> Self:
        self._is_blank = True
        return self

    def forget(self) -> None:
        """Draw the next frame as if it were the first."""
        self._canvas = None
        self._shapes.clear()
        self.reset()

    def capture_mobjects(self, mobjects: Iterable[Mobject], **kwargs: Any) -> None:
        """Draw mobjects over what is there since the last `reset`."""
        below = [] if self._is_blank else self._drawn
        self._show([*below, *self._drawings(self.get_mobjects_to_display(mobjects, **kwargs))])

    def get_mobjects_to_display(
        self,
        mobjects: Iterable[Mobject],
        include_submobjects: bool = True,
        excluded_mobjects: list[Mobject] | None = None,
    ) -> list[Mobject]:
        """Whoever has points, in the order of the layers; who stands there twice is drawn the last time."""
        if excluded_mobjects:
            return super().get_mobjects_to_display(mobjects, include_submobjects, excluded_mobjects)
        if not include_submobjects:
            return list(mobjects)
        found: list[Mobject] = []
        _gather(mobjects, found)
        once = _last_times(found)
        if self.use_z_index:
            once.sort(key=_layer)
        return once

    def drawings_of(self, mobject: Mobject) -> Sequence[Drawing]:
        """What is drawn of a mobject that is no outline."""
        return [_Foreign(self, mobject)]

    def _show(self, drawings: list[Drawing]) -> None:
        self._drawn, self._is_blank = drawings, False
        self._on_canvas().show(drawings)

    def _on_canvas(self) -> Canvas:
        """The canvas, a new one where there is another background or another size."""
        if self._canvas is None:
            ground: Any = self.background
            context_of: Any = self.get_cairo_context
            self.pixel_array_to_cairo_context, self._shapes = {}, {}
            self._canvas = Canvas(ground, context_of)
        return self._canvas

    def _drawings(self, mobjects: Sequence[Mobject]) -> list[Drawing]:
        last, self._shapes = self._shapes, {}
        drawings: list[Drawing] = []
        for mobject in mobjects:
            if not isinstance(mobject, VMobject) or mobject.background_image is not None:
                drawings.extend(self.drawings_of(mobject))
                continue
            values = _values(mobject, self if mobject.shade_in_3d else None)
            seen = last.get(id(mobject))
            if seen is None:
                seen = _Seen(mobject, values, Shape(self._look(values)))
            elif seen.values != values:
                seen = _Seen(mobject, values, Shape(self._look(values), seen.shape))
            self._shapes[id(mobject)] = seen
            drawings.append(seen.shape)
        return drawings

    def _look(self, values: tuple[Any, ...]) -> Look:
        points, fill, stroke, behind, width, behind_width, join, cap, gradient, tolerance = values
        width, behind_width = (
            max(float(each), 0.0) * self.cairo_line_width_multiple for each in (width, behind_width)
        )
        joins, caps = LINE_JOIN_MAP[join], CAP_STYLE_MAP[cap]
        return Look(points, fill, stroke, behind, width, behind_width, joins, caps, gradient, tolerance)


class _Seen(NamedTuple):
    """A mobject as it was in the last frame."""

    mobject: VMobject
    values: tuple[Any, ...]
    shape: Shape


def _values(mobject: VMobject, shading: CanvasCamera | None) -> tuple[Any, ...]:
    """All of a mobject that decides how it is seen, in the order of `Look` and in Manim's words.

    Parameters
    ----------
    mobject : VMobject
    shading : CanvasCamera or None
        That of a mobject in space, which sees its points and its colours from where it is.
    """
    points: Any = mobject.points
    fill, stroke, behind = mobject.fill_rgbas, mobject.stroke_rgbas, mobject.background_stroke_rgbas
    if shading is not None:
        points = shading.transform_points_pre_display(mobject, points)
        fill = shading.get_fill_rgbas(mobject)
        stroke = shading.get_stroke_rgbas(mobject)
        behind = shading.get_stroke_rgbas(mobject, background=True)
    gradient = b""
    if len(fill) > 1 or len(stroke) > 1 or len(behind) > 1:
        ends: Any = np.array(mobject.get_gradient_start_and_end_points(), dtype=float)
        if shading is not None:
            ends = shading.transform_points_pre_display(mobject, ends)
        gradient = ends.tobytes()
    return (
        points.tobytes(),
        fill.tobytes(),
        stroke.tobytes(),
        behind.tobytes(),
        mobject.stroke_width,
        mobject.background_stroke_width,
        mobject.joint_type,
        mobject.cap_style,
        gradient,
        mobject.tolerance_for_point_equality,
    )


_layer = operator.attrgetter("z_index")


def _gather(mobjects: Iterable[Mobject], found: list[Mobject], also_without_points: bool = False) -> None:
    """The members of families, those that have points or all, each before its parts."""
    for mobject in mobjects:
        if also_without_points or len(mobject.points):
            found.append(mobject)
        if mobject.submobjects:
            _gather(mobject.submobjects, found, also_without_points)


def has_any(mobject: Mobject, members: AbstractSet[Mobject]) -> bool:
    """Whether one of some mobjects is in a family; found where the first is met."""
    return mobject in members or any(has_any(part, members) for part in mobject.submobjects)


def _staying(mobjects: Iterable[Mobject], gone: AbstractSet[Mobject]) -> list[Mobject]:
    """Mobjects without some; of those that hold one, the parts."""
    staying: list[Mobject] = []
    for mobject in mobjects:
        if not has_any(mobject, gone):
            staying.append(mobject)
        elif mobject not in gone:
            staying += _staying(mobject.submobjects, gone)
    return staying


def _last_times(mobjects: Iterable[Mobject]) -> list[Mobject]:
    """Each once, where it stands the last time."""
    once = list(dict.fromkeys(reversed(list(mobjects))))
    once.reverse()
    return once


def _has_updaters(mobjects: Iterable[Mobject]) -> bool:
    """Whether any member of their families is updated."""
    for mobject in mobjects:
        if mobject.updaters or (mobject.submobjects and _has_updaters(mobject.submobjects)):
            return True
    return False


class _Foreign:
    """A mobject that Manim draws, anew in every frame."""

    def __init__(self, camera: CanvasCamera, mobject: Mobject) -> None:
        self._camera, self._mobject = camera, mobject

    def tiles(self, context: cairo.Context[Any], tiles: Tiles) -> int:
        return tiles.all

    def draw(self, context: cairo.Context[Any]) -> None:
        surface: Any = context.get_target()
        shape = (surface.get_height(), surface.get_width(), 4)
        pixels = np.ndarray(shape, np.uint8, surface.get_data(), strides=(surface.get_stride(), 4, 1))
        kind = self._camera.type_or_raise(self._mobject)
        self._camera.display_funcs[kind]([self._mobject], pixels)


class CanvasScene(Scene):
    """A scene whose frames are drawn on a canvas."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"camera_class": CanvasCamera} | kwargs))

    def begin_animations(self) -> None:
        blend_what_differs(self.animations or ())
        super().begin_animations()

    def get_moving_and_static_mobjects(
        self, animations: Iterable[Animation]
    ) -> tuple[list[Mobject], list[Mobject]]:
        """What Manim asks before each animation: told of nothing, it gives the camera all that is there."""
        return [], []

    def get_mobject_family_members(self) -> list[Mobject]:
        """Everyone in the families on the screen, in Manim's order, found faster."""
        found: list[Mobject] = []
        _gather(self.mobjects, found, also_without_points=True)
        once = _last_times(found)
        if self.camera.use_z_index:
            once.sort(key=_layer)
        return once

    def get_restructured_mobject_list(
        self, mobjects: Iterable[Mobject], to_remove: Iterable[Mobject]
    ) -> list[Mobject]:
        """What stays on the screen; a group that loses a member is taken apart, as by Manim, found faster."""
        gone = set(to_remove)
        return _staying(mobjects, gone) if gone else list(mobjects)

    def update_mobjects(self, dt: float) -> None:
        """Call updaters; Manim visits all that is there, in most lectures for none."""
        for mobject in self.mobjects:
            if _has_updaters([mobject]):
                mobject.update(dt)


def skip_by_frames(scene: Scene) -> None:
    """Let what is skipped leave the scene as if it had been drawn: at the same frame, in the same state.

    Nothing is drawn on the way. Where something is updated from frame to frame, every frame is gone through;
    otherwise an animation goes to its end at once.
    """
    renderer, rate = scene.renderer, float(config["frame_rate"])
    draw, play, progression = renderer.update_frame, renderer.play, scene.get_time_progression
    goes_through = False

    def draw_unless_skipped(*arguments: Any, **words: Any) -> None:
        if not renderer.skip_animations:
            draw(*arguments, **words)

    def times(*arguments: Any, override_skip_animations: bool = False, **words: Any) -> Any:
        nonlocal goes_through
        updaters = any(mobject.get_family_updaters() for mobject in scene.mobjects)
        goes_through = override_skip_animations or updaters or bool(scene.updaters)
        return progression(*arguments, **words | {"override_skip_animations": goes_through})

    def frames() -> int:
        """Those that the animation which was skipped has when it is drawn."""
        if scene.is_current_animation_frozen_frame():
            return int(scene.duration / (1 / rate))
        if goes_through:
            return round(scene.last_t * rate) + 1
        return len(np.arange(0, scene.duration, 1 / rate))

    def play_on(scene: Scene, *animations: Any, **words: Any) -> None:
        nonlocal goes_through
        before, goes_through = renderer.time, False
        play(scene, *animations, **words)
        if renderer.skip_animations:
            renderer.time = before + frames() / rate
            if goes_through:
                scene.update_mobjects(0)

    renderer.update_frame = draw_unless_skipped  # type: ignore[method-assign]
    renderer.play = play_on  # type: ignore[method-assign]
    scene.get_time_progression = times  # type: ignore[method-assign]


# -- pictures among the mobjects -------------------------------------------------------------------------


class Picture(NamedTuple):
    """Pixels, and where in the frame they belong.

    Attributes
    ----------
    left, top : int
        Pixels of the frame.
    pixels : ndarray, shape (height, width, 4)
        From the top down, red, green, blue and opacity, 8 bits each, premultiplied.
    """

    left: int
    top: int
    pixels: Pixels


class Pictured(Mobject):
    """A mobject that a `PictureCamera` asks for its pixels.

    Attributes
    ----------
    box : Box
        The part of the page that it keeps to, pixels of the page.
    opacity : float
        With which the pixels are laid over what is there.
    """

    box: Any
    opacity: float = 1.0

    def state(self) -> object:
        """All that its picture depends on, in values that are equal as long as the picture is the same."""
        raise NotImplementedError

    def picture(self) -> Picture | None:
        """What is seen of it now; None for nothing."""
        raise NotImplementedError


class PictureCamera(CanvasCamera, ThreeDCamera):
    """Draws pictures among Manim's own mobjects; of those, only what is shaded in 3D is in space.

    All others stand where they are on the page, however the camera moves.
    """

    _laid: WeakKeyDictionary[Pictured, _Laid]

    def init_background(self) -> None:
        super().init_background()
        self._laid = WeakKeyDictionary()

    def transform_points_pre_display(self, mobject: Mobject, points: Any) -> Any:
        if getattr(mobject, "shade_in_3d", False):
            return super().transform_points_pre_display(mobject, points)
        return points

    def get_mobjects_to_display(self, *arguments: Any, **words: Any) -> list[Mobject]:
        """Those of `CanvasCamera`; what is in space comes first, the farthest before all others."""
        found = super().get_mobjects_to_display(*arguments, **words)
        if any(getattr(mobject, "shade_in_3d", False) for mobject in found):
            return ThreeDCamera.get_mobjects_to_display(self, found, include_submobjects=False)
        return found

    def drawings_of(self, mobject: Mobject) -> Sequence[Drawing]:
        if not isinstance(mobject, Pictured):
            return super().drawings_of(mobject)
        state = (mobject.opacity, mobject.state())
        laid = self._laid.get(mobject)
        if laid is None or laid.state != state:
            patches = _patches(mobject, [] if laid is None else laid.patches)
            laid = self._laid[mobject] = _Laid(state, patches)
        return laid.patches


class _Laid(NamedTuple):
    """The picture of a mobject in one state, asked for once."""

    state: object
    patches: list[_Patch]


class _Patch(NamedTuple):
    """A part of a picture, from which pixel of the frame on, and the opacity with which it is laid."""

    left: int
    top: int
    pixels: Pixels
    opacity: float

    def tiles(self, context: cairo.Context[Any], tiles: Tiles) -> int:
        height, width = self.pixels.shape[:2]
        return tiles.of(self.left, self.top, self.left + width, self.top + height)

    def draw(self, context: cairo.Context[Any]) -> None:
        height, width = self.pixels.shape[:2]
        # the canvas has its channels in the order red, green, blue, as OpenGL does
        surface = cairo.ImageSurface.create_for_data(self.pixels.data, cairo.FORMAT_ARGB32, width, height)
        context.save()
        context.identity_matrix()
        context.set_source_surface(surface, self.left, self.top)
        context.new_path()
        context.rectangle(self.left, self.top, width, height)
        context.clip()
        context.paint_with_alpha(self.opacity)
        context.restore()
        surface.finish()


def _patches(mobject: Pictured, former: Sequence[_Patch]) -> list[_Patch]:
    """The picture of a mobject now, in patches; those that are as they were are the former ones."""
    picture, opacity = mobject.picture(), min(max(mobject.opacity, 0.0), 1.0)
    if picture is None:
        return []
    known = {(each.left, each.top, each.pixels.shape, each.opacity): each for each in former}
    patches = []
    height, width = picture.pixels.shape[:2]
    for top, bottom in pairwise(_steps(picture.top, picture.top + height)):
        for left, right in pairwise(_steps(picture.left, picture.left + width)):
            part = picture.pixels[
                top - picture.top : bottom - picture.top, left - picture.left : right - picture.left
            ]
            patch = known.get((left, top, part.shape, opacity))
            if patch is None or not np.array_equal(patch.pixels.view(np.uint32), part.view(np.uint32)):
                patch = _Patch(left, top, part.copy(), opacity)
            patches.append(patch)
    return patches


def _steps(first: int, last: int) -> list[int]:
    """Where patches begin and end: at the same pixels of the frame, whatever the picture."""
    return [first, *range(first // _PATCH * _PATCH + _PATCH, last, _PATCH), last]


# -- where the frames go ---------------------------------------------------------------------------------


class FrameSink(Protocol):
    """What takes the frames of a scene."""

    def put(self, pixels: Pixels, repeat: int, opens: bool) -> None:
        """Take one frame (height, width, 4), shown so many times; whether it opens a section."""

    def finish(self) -> None:
        """Called after the last frame."""


def hand_frames_to(scene: Scene, sinks: Sequence[FrameSink]) -> None:
    """Let every frame of a scene go once to each sink, in order, and write no segment."""
    scene.renderer.file_writer = _FrameWriter(scene.file_writer_settings, sinks)


class _FrameWriter(SceneFileWriter):
    """Manim's file writer, without files."""

    def __init__(self, settings: Any, sinks: Sequence[FrameSink]) -> None:
        self._sinks = sinks
        self._opens = True
        super().__init__(settings)

    def next_section(self, *arguments: Any, **words: Any) -> None:
        super().next_section(*arguments, **words)
        self._opens = True

    def begin_animation(self, *_: Any, **__: Any) -> None:
        """Open no segment."""

    def end_animation(self, *_: Any, **__: Any) -> None:
        """Close no segment."""

    def write_frame(self, pixels: Any, *, repeat: int = 1) -> None:
        for sink in self._sinks:
            sink.put(pixels, repeat, self._opens)
        self._opens = False

    def finish(self) -> None:
        for sink in self._sinks:
            sink.finish()
