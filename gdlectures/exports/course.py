"""A course as one film: its lectures joined, a chapter each, and their captions on its clock."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gdlectures.asking.requests import Rendered
from gdlectures.exports import captions
from gdlectures.films.cutting import Chapter, Part, join_films
from gdlectures.films.encoding import FILM


@dataclass(frozen=True)
class Lesson:
    """A lecture of a course: its title, the film that shows it, and what is known of that."""

    title: str
    film: Path
    rendered: Rendered


def join_course(lessons: Sequence[Lesson], target: Path, title: str) -> list[Chapter]:
    """Join films of one size and rate into one, copied and not encoded again.

    Parameters
    ----------
    lessons : sequence of Lesson
        In the order of the course.
    target : Path
        The mp4.
    title : str
        Of the film.

    Returns
    -------
    list of Chapter
        One for each lesson, named by its title.

    Raises
    ------
    BrokenFilm
        If a film cannot be read, or is encoded another way than the first.
    """
    chapters = [
        Chapter(lesson.title, start, start + lesson.rendered.frames)
        for lesson, start in zip(lessons, _starts(lessons), strict=True)
    ]
    join_films(
        [Part(lesson.film) for lesson in lessons], target, lessons[0].rendered.fps, FILM, title, chapters
    )
    return chapters


def course_cues(lessons: Sequence[Lesson]) -> list[captions.Cue]:
    """What is said in all lessons, at its time in the joined film."""
    found = []
    for lesson, start in zip(lessons, _starts(lessons), strict=True):
        before = start / lesson.rendered.fps
        found += [
            captions.Cue(before + cue.start, before + cue.stop, cue.lines)
            for cue in captions.cues(lesson.rendered)
        ]
    return found


def _starts(lessons: Sequence[Lesson]) -> list[int]:
    """The frame of the joined film that is each lesson's first."""
    return list(itertools.accumulate((lesson.rendered.frames for lesson in lessons[:-1]), initial=0))
