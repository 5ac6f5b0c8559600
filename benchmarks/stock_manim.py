"""A lecture drawn as Manim draws any scene: the peer of `benchmarks/lectures.py`.

Camera, renderer and file writer are Manim's own. What no animation changes, and what lies below all that one
changes, is drawn once for it, as Manim does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import cairo
import numpy as np
from manim import (
    Animation,
    AnimationGroup,
    CairoRenderer,
    Camera,
    Mobject,
    ThreeDCamera,
    ThreeDScene,
    ValueTracker,
)

from gdscenes.kit.lecture.clock import Redraw
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.manim_seam import Pictured
from gdscenes.kit.stage.camera import StageCamera

_OURS = ("transform_points_pre_display", "project_points", "generate_rotation_matrix")
"""Where things are seen on a stage; all else that Manim's cameras say is theirs again."""


def by_stock_manim(lecture: type[Lecture]) -> Any:
    """A scene of a lecture, to be rendered."""

    class Stock(lecture):  # type: ignore[misc, valid-type]
        def get_moving_and_static_mobjects(
            self, animations: Iterable[Animation]
        ) -> tuple[list[Mobject], list[Mobject]]:
            moving, still = _parted(self.mobjects, set(_changing(animations)))
            # told of nothing that moves, Manim draws all once more over what is drawn already
            return (moving, still) if moving else (still, [])

    Stock.__name__ = lecture.__name__
    camera = _StockStageCamera if issubclass(lecture, ThreeDScene) else Camera
    return Stock(renderer=CairoRenderer(camera_class=camera))


def _parted(mobjects: Sequence[Mobject], changing: set[Any]) -> tuple[list[Mobject], list[Mobject]]:
    """Mobjects that are drawn in each frame, and those that lie below them all and are drawn once."""
    layers = [[m.z_index for m in each.family_members_with_points()] or [each.z_index] for each in mobjects]
    order = sorted(range(len(mobjects)), key=lambda index: min(layers[index]))
    n_still = 0
    # a tracker that changes is one of the camera of a stage
    while n_still < len(order) and not any(isinstance(each, ValueTracker) for each in changing):
        mobject = mobjects[order[n_still]]
        if mobject.get_family_updaters() or not changing.isdisjoint(mobject.get_family()):
            break
        n_still += 1
    while not all(
        (max(layers[below]), below) < (min(layers[above]), above)
        for below in order[:n_still]
        for above in order[n_still:]
    ):
        n_still -= 1
    moving, still = sorted(order[n_still:]), sorted(order[:n_still])
    return [mobjects[index] for index in moving], [mobjects[index] for index in still]


def _changing(animations: Iterable[Animation]) -> Iterator[Any]:
    for animation in animations:
        drawn = animation.drawn if isinstance(animation, Redraw) else [animation.mobject]
        for each in drawn:
            yield from each.get_family()
        if isinstance(animation, AnimationGroup):
            yield from _changing(animation.animations)


def _lay_pictures(camera: Camera, mobjects: list[Any], pixel_array: Any) -> None:
    """Lay the picture of a stage, which is no mobject that Manim could draw."""
    context = camera.get_cairo_context(pixel_array)
    for mobject in mobjects:
        if (picture := mobject.picture()) is None:
            continue
        surface = cairo.ImageSurface.create_for_data(
            picture.pixels, cairo.FORMAT_ARGB32, picture.width, picture.height
        )
        context.save()
        context.identity_matrix()
        context.set_source_surface(surface, picture.left, picture.top)
        context.new_path()
        context.rectangle(picture.left, picture.top, picture.width, picture.height)
        context.clip()
        context.paint_with_alpha(min(max(mobject.opacity, 0.0), 1.0))
        context.restore()
        surface.finish()


def _type_or_raise(camera: Any, mobject: Mobject) -> Any:
    if not isinstance(mobject, Pictured):
        return Camera.type_or_raise(camera, mobject)
    camera.display_funcs[Pictured] = lambda *given: _lay_pictures(camera, *given)
    return Pictured


_StockStageCamera: type[Camera] = type(
    "StockStageCamera",
    (StageCamera,),
    {
        name: value
        for name, value in (*vars(Camera).items(), *vars(ThreeDCamera).items())
        if not name.startswith("__") and name not in _OURS
    }
    | {"pixel_array": np.empty(0), "type_or_raise": _type_or_raise},
)
