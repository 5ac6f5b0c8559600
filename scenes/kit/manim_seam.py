"""All that the project takes from inside Manim: what Manim does not publish is named here and nowhere else.

A new version of Manim is met in this module; a test finds any other that reaches behind `from manim import`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import cairo
import numpy as np
from manim import Animation, Camera, Mobject, Scene, SceneFileWriter, ThreeDCamera
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


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


def keep_no_background(scene: Scene) -> None:
    """Draw nothing once for all frames of an animation: for a scene whose frames nobody looks at."""
    scene.renderer.save_static_frame_data = lambda *_: None  # type: ignore[method-assign]


class SplitScene(Scene):
    """A scene that says itself what is drawn once for all frames of an animation."""

    def split(self, animations: Iterable[Animation]) -> tuple[list[Mobject], list[Mobject]]:
        """What is drawn in each frame, and what is drawn once."""
        raise NotImplementedError

    def get_moving_and_static_mobjects(
        self, animations: Iterable[Animation]
    ) -> tuple[list[Mobject], list[Mobject]]:
        """What Manim asks before each animation.

        Told of nothing that moves, it draws all mobjects over those that it has drawn already, and what is
        transparent shows twice; so where nothing moves, all is drawn with the frame.
        """
        moving, still = self.split(animations)
        return (moving, still) if moving else (still, [])


# -- pictures among the mobjects -------------------------------------------------------------------------


class Picture(NamedTuple):
    """Pixels, and where in the frame they belong.

    Attributes
    ----------
    left, top, width, height : int
        Pixels of the frame.
    pixels : memoryview
        From the top down, red, green, blue and opacity, 8 bits each, premultiplied.
    """

    left: int
    top: int
    width: int
    height: int
    pixels: memoryview


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

    def picture(self) -> Picture | None:
        """What is seen of it now; None for nothing."""
        raise NotImplementedError


class PictureCamera(ThreeDCamera):
    """Draws pictures among Manim's own mobjects; of those, only what is shaded in 3D is in space.

    All others stand where they are on the page, however the camera moves.
    """

    def get_movers(self) -> set[Mobject]:
        """The mobjects that turn or move the camera when they change."""
        return {*self.get_value_trackers(), self._frame_center}

    def transform_points_pre_display(self, mobject: Mobject, points: Any) -> Any:
        if getattr(mobject, "shade_in_3d", False):
            return super().transform_points_pre_display(mobject, points)
        return points if np.all(np.isfinite(points)) else np.zeros((1, 3))

    def type_or_raise(self, mobject: Mobject) -> Any:
        kind = super().type_or_raise(mobject)
        if not isinstance(mobject, Pictured):
            return kind
        self.display_funcs[Pictured] = self._lay_pictures
        return Pictured

    def _lay_pictures(self, mobjects: list[Any], pixel_array: Any) -> None:
        context = self.get_cairo_context(pixel_array)
        for mobject in mobjects:
            picture = mobject.picture()
            if picture is None:
                continue
            left, top, width, height, pixels = picture
            # Manim keeps its channels in the order red, green, blue, as OpenGL does
            surface = cairo.ImageSurface.create_for_data(pixels, cairo.FORMAT_ARGB32, width, height)
            context.save()
            context.identity_matrix()
            context.set_source_surface(surface, left, top)
            context.new_path()  # what was drawn last has left its outline
            context.rectangle(left, top, width, height)
            context.clip()
            context.paint_with_alpha(min(max(mobject.opacity, 0.0), 1.0))
            context.restore()
            surface.finish()


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
