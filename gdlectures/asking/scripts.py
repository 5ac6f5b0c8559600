"""What is said in a lecture, beat by beat, as a lecturer reads it for a recording."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from gdlectures.asking.planning import Plan, plan_films
from gdlectures.asking.requests import Failed, RenderRequest
from gdlectures.asking.voice import file_name

_WORDS_A_SECOND = 2.4
_LINE = 88  # characters


@dataclass(frozen=True)
class Line:
    """What is said in one beat: the file of its recording, the words, and how long the beat is."""

    file: str
    note: str
    seconds: float

    @property
    def takes(self) -> float:
        """About how long it takes to say it, seconds."""
        return len(self.note.split()) / _WORDS_A_SECOND


@dataclass(frozen=True)
class Script:
    """What is said in one lecture."""

    lecture: str
    title: str
    lines: tuple[Line, ...]


def told(requests: Sequence[RenderRequest]) -> list[Script | Failed]:
    """The scripts of lectures, which are run through without being drawn.

    Raises
    ------
    Fault
        If anything that was asked for is not allowed.
    """
    return [plan if isinstance(plan, Failed) else _of(plan) for plan in plan_films(requests)]


def page(script: Script) -> str:
    """A script as it is read."""
    parts = [f"{script.lecture}  {script.title}"]
    for line in script.lines:
        parts += [
            "",
            f"{line.file}  {line.seconds:.1f} s long, about {line.takes:.0f} s to say",
            *textwrap.wrap(line.note, _LINE, initial_indent="  ", subsequent_indent="  "),
        ]
    return "\n".join(parts)


def _of(plan: Plan) -> Script:
    from manim import tempconfig

    lecture, story = plan.lecture, plan.story
    notes = lecture.notes_of(story)
    body = {"settings": story.settings, "stored": story, "__module__": lecture.__module__}
    with tempconfig(
        {
            "pixel_width": 64,
            "pixel_height": 36,
            "frame_rate": 15,
            "dry_run": True,
            "progress_bar": "none",
            "verbosity": "ERROR",
        }
    ):
        scene = type(lecture.__name__, (lecture,), body)(skip_animations=True)
        scene.render()
    starts = [0.0, *list(scene.beat_starts.values())[1:], float(scene.time)]
    lengths = [stop - start for start, stop in itertools.pairwise(starts)]
    lines = (
        Line(file_name(beat, notes), notes[beat], length)
        for beat, length in zip(scene.beat_starts, lengths, strict=True)
    )
    return Script(plan.entry.name, lecture.title, tuple(lines))
