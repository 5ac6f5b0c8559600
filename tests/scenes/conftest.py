"""Rehearsals: a lecture run without its in-between frames, looked at on the last frame of each beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest
from canvas import tiny

from gdlectures.asking import catalog
from gdscenes.kit.lecture.lecture import Lecture
from gdscenes.kit.lecture.settings import Settings
from gdscenes.kit.lecture.story import Story
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.proof import faults as layout

LECTURES = [catalog.load(entry) for entry in catalog.entries()]
FRAME_WIDTH = 640


@dataclass
class Rehearsal:
    """What a lecture did, and what was on the screen at the end of each beat."""

    lecture: Lecture
    seconds: float = 0.0
    beat_starts: dict[str, float] = field(default_factory=dict)
    frames: dict[str, np.ndarray] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)


def draw_no_background(lecture: Lecture) -> None:
    """Spare the picture of what stands still, which Manim draws for each `play`, skipped or not."""
    lecture.renderer.save_static_frame_data = lambda scene, mobjects: None


def rehearse(
    lecture: type[Lecture],
    *,
    theme: str = "dark",
    settings: Settings | None = None,
    stored: Story | None = None,
    look: Callable[[Any, str], None] | None = None,
    every_frame: Callable[[Any], None] | None = None,
) -> Rehearsal:
    """Run a lecture through and look at the last frame of each beat.

    Parameters
    ----------
    look : callable, optional
        Called with the lecture and the beat's name at the end of each beat.
    every_frame : callable, optional
        Called with the lecture at each of its frames, which are then all gone through, at 15 a second.
    """
    kept = Rehearsal(None)  # type: ignore[arg-type]

    class Rehearsed(lecture):  # type: ignore[misc, valid-type]
        def end_of_beat(self, name: str) -> None:
            if every_frame is None:
                self.renderer.update_frame(self)
                kept.frames[name] = self.renderer.get_frame()[..., :3]
                kept.faults[name] = layout.faults(self)
            if look is not None:
                look(self, name)

        def update_to_time(self, t: float) -> None:
            super().update_to_time(t)
            if every_frame is not None:
                every_frame(self)

    Rehearsed.theme = theme
    Rehearsed.stored = stored
    if settings is not None:
        Rehearsed.settings = settings
    with tiny(FRAME_WIDTH, FRAME_WIDTH * 9 // 16, frame_rate=15):
        kept.lecture = Rehearsed(skip_animations=every_frame is None)
        if every_frame is None:
            draw_no_background(kept.lecture)
        kept.lecture.skip_animation_preview = True
        kept.lecture.render()
    kept.seconds = kept.lecture.time
    kept.beat_starts = kept.lecture.beat_starts
    return kept


@cache
def rehearsal(lecture: type[Lecture], theme: str = "dark") -> Rehearsal:
    """One rehearsal with default settings, shared by all tests that only look at it."""
    return rehearse(lecture, theme=theme)


@pytest.fixture(name="rehearse")
def _rehearse() -> Callable[..., Rehearsal]:
    return rehearse


@pytest.fixture(name="rehearsal")
def _rehearsal() -> Callable[..., Rehearsal]:
    return rehearsal


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every lecture of the catalog, and every theme, where a test asks for one."""
    if "lecture" in metafunc.fixturenames:
        metafunc.parametrize("lecture", LECTURES, ids=lambda each: each.__name__, scope="session")
    if "theme" in metafunc.fixturenames:
        metafunc.parametrize("theme", THEMES, scope="session")
