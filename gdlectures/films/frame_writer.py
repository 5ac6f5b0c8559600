"""Manim's file writer as films need it: every frame goes once to each encoder, and no segment is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from manim.scene.scene_file_writer import SceneFileWriter, _SceneFileWriterSettings

from gdlectures.films.encoding import Encoder


class FrameWriter(SceneFileWriter):
    """Hands the frames of a scene to encoders, in their order.

    Parameters
    ----------
    settings : Manim's own
    encoders : sequence of Encoder
    """

    def __init__(self, settings: _SceneFileWriterSettings, encoders: Sequence[Encoder]) -> None:
        self._encoders = encoders
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
        for encoder in self._encoders:
            encoder.put(pixels, repeat, self._opens)
        self._opens = False

    def finish(self) -> None:
        for encoder in self._encoders:
            encoder.finish()
