"""The frames of every lecture are those that drawing everything anew makes."""

import copy

import numpy as np
import pytest
from canvas import tiny
from manim import Camera

from gdscenes.kit.manim_seam import hand_frames_to
from gdscenes.kit.stage.drawing import drawing
from gdscenes.kit.stage.lecture import StageLecture


def anew(scene):
    """The frame (height, width, 4) as another camera draws it, Manim's own where there is no stage."""
    if isinstance(scene, StageLecture):
        camera = copy.copy(scene.camera)
        camera.background_color = camera.background_color  # which begins another picture
        camera.reset()
        drawing().forget()
    else:
        camera = Camera(background_color=scene.camera.background_color)
    camera.capture_mobjects(scene.mobjects)
    return camera.pixel_array


class Beside:
    """Takes the frames of a scene and holds each to the one that is drawn anew."""

    def __init__(self, scene):
        self.scene, self.n, self.worst = scene, 0, 0

    def put(self, pixels, repeat, opens):
        self.n += repeat
        self.worst = max(self.worst, int(np.abs(pixels.astype(int) - anew(self.scene)).max()))

    def finish(self):
        """Nothing is written."""


@pytest.mark.slow
def test_every_frame_is_as_drawn_anew(lecture, theme):
    look = type(lecture.__name__, (lecture,), {"theme": theme, "__module__": lecture.__module__})
    with tiny(480, 270):
        scene = look()
        beside = Beside(scene)
        hand_frames_to(scene, [beside])
        scene.render()
    assert beside.n == pytest.approx(10 * lecture.seconds, rel=0.1)
    assert beside.worst <= 1
