"""What the command and the process that draws a film say to each other, a line of JSON each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from gdlectures.asking.requests import Beat
from gdlectures.faults.errors import Exit


@dataclass(frozen=True)
class Job:
    """One film to draw.

    Attributes
    ----------
    name, file : str
        Entry of the catalog.
    story : str
        File of the story that it is drawn from.
    theme : str
    width, height, fps : int
    transparent : bool
        Draw on no ground: there is a master alone, and it has alpha.
    media : str
        Private folder for all that Manim writes.
    master, film : str
        Where the lossless film goes, and the verified mp4.
    """

    name: str
    file: str
    story: str
    theme: str
    width: int
    height: int
    fps: int
    transparent: bool
    media: str
    master: str
    film: str


@dataclass(frozen=True)
class Moved:
    """How far the film is; several times a second."""

    beat: str
    seconds: float


@dataclass(frozen=True)
class Drawn:
    """The film is whole and verified."""

    frames: int
    beats: tuple[Beat, ...]


@dataclass(frozen=True)
class Broken:
    """There is no film.

    Attributes
    ----------
    reason : str
    exit_code : Exit
    disk : int or None
        Number of the disk's own error.
    told : tuple of str or None
        Where, got, allowed and fix, if what failed told them.
    trace : str
    """

    reason: str
    exit_code: Exit
    disk: int | None
    told: tuple[str, str, str, str] | None
    trace: str


Answer = Drawn | Broken
"""The last word of a worker that did not crash."""
Message = Job | Moved | Drawn | Broken

_KINDS = {kind.__name__: kind for kind in (Job, Moved, Drawn, Broken)}


def written(message: Message) -> str:
    """A message on one line."""
    return json.dumps({"is": type(message).__name__, **asdict(message)}) + "\n"


def read(line: str | bytes) -> Message | None:
    """The message on a line, or None where there is none."""
    try:
        entries = json.loads(line)
        kind = _KINDS[entries.pop("is")]
        if kind is Drawn:
            entries["beats"] = tuple(map(Beat.read, entries["beats"]))
        if kind is Broken:
            entries["exit_code"] = Exit(entries["exit_code"])
            entries["told"] = entries["told"] and tuple(entries["told"])
        return kind(**entries)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
