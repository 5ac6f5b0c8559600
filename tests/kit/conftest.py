"""Short films at a tiny size, and stills, on which the drawing kit is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from canvas import tiny
from manim import Mobject, Scene

from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.manim_seam import hand_frames_to
from gdscenes.kit.page.theme import DARK

WIDTH, HEIGHT = 384, 216


@dataclass
class Film:
    """A lecture that was played, and its frames, each (height, width, 3), 8 bits."""

    lecture: Lecture
    frames: list[np.ndarray] = field(default_factory=list)

    def put(self, pixels: np.ndarray, repeat: int, opens: bool) -> None:
        self.frames.extend([np.array(pixels[..., :3])] * repeat)

    def finish(self) -> None:
        """Nothing is written."""


@pytest.fixture(autouse=True)
def _tiny() -> Iterator[None]:
    """Nothing is written, and a frame has as few pixels as the tests can read."""
    with tiny(WIDTH, HEIGHT):
        yield


@pytest.fixture
def film() -> Callable[[type[Lecture]], Film]:
    """Play a lecture and keep every frame."""

    def play(lecture: type[Lecture]) -> Film:
        scene = lecture()
        played = Film(scene)
        hand_frames_to(scene, [played])
        scene.render()
        assert played.frames
        return played

    return play


@pytest.fixture
def still() -> Callable[..., Scene]:
    """A scene with these mobjects on it."""

    def show(*mobjects: Mobject, ground: str = DARK.ground) -> Scene:
        scene = Scene()
        scene.camera.background_color = ground
        scene.add(*mobjects)
        return scene

    return show
