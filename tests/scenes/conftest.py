"""Rehearsals: a lecture run without its in-between frames, stopping at the end of each beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from manim import tempconfig

from scenes._kit.lecture import Lecture
from scenes._kit.settings import Settings
from scenes._kit.story import Story

Look = Callable[[Lecture, str], None]


@dataclass
class Rehearsal:
    """What a lecture did when it was run through."""

    lecture: Lecture
    seconds: float = 0.0
    beat_starts: dict[str, float] = field(default_factory=dict)


def rehearse(
    lecture: type[Lecture],
    folder: Path,
    *,
    theme: str = "dark",
    settings: Settings | None = None,
    stored: Story | None = None,
    width: int = 480,
    look: Look | None = None,
) -> Rehearsal:
    """Run a lecture to the last frame of each of its plays, and call `look` at the end of each beat."""

    class Rehearsed(lecture):  # type: ignore[misc, valid-type]
        def end_of_beat(self, name: str) -> None:
            if look is not None:
                look(self, name)

    Rehearsed.theme = theme
    Rehearsed.stored = stored
    if settings is not None:
        Rehearsed.settings = settings
    with tempconfig(
        {
            "pixel_width": width,
            "pixel_height": width * 9 // 16,
            "frame_rate": 15,
            "dry_run": True,
            "disable_caching": True,
            "media_dir": str(folder),
            "verbosity": "ERROR",
            "progress_bar": "none",
            "notify_outdated_version": False,
        }
    ):
        scene = Rehearsed(skip_animations=True)
        scene.skip_animation_preview = True
        scene.render()
        return Rehearsal(scene, scene.time, scene.beat_starts)


def picture(lecture: Lecture) -> np.ndarray:
    """The frame on the screen now, (height, width, 3), 8 bits."""
    lecture.renderer.static_image = None
    lecture.renderer.update_frame(lecture)
    return lecture.renderer.get_frame()[..., :3]


@pytest.fixture(name="rehearse")
def _rehearse(tmp_path: Path) -> Callable[..., Rehearsal]:
    def run(lecture: type[Lecture], **kwargs: object) -> Rehearsal:
        return rehearse(lecture, tmp_path, **kwargs)  # type: ignore[arg-type]

    return run
