"""What the command and the processes that draw a film say to each other, a line of JSON each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gdlectures.asking.requests import Beat
from gdlectures.faults.errors import Exit


@dataclass(frozen=True)
class Job:
    """A film to draw, or some of its beats.

    Attributes
    ----------
    name, file : str
        Entry of the catalog.
    title : str
        Of the film.
    story : str
        File of the story that it is drawn from.
    theme, language : str
    width, height, fps : int
    transparent : bool
        Draw on no ground: there is a master alone, and it has alpha.
    wanted : tuple of str
        The beats that the film shows, in order.
    beats : tuple of str
        Those of them that this worker draws, if no other does; the others are run without being drawn.
    pieces : str
        Folder of the pieces, for all workers of the film.
    media : str
        Private folder for all that Manim writes.
    master, film : str
        Where the lossless film goes, and the verified mp4, once every piece is there.
    """

    name: str
    file: str
    title: str
    story: str
    theme: str
    language: str
    width: int
    height: int
    fps: int
    transparent: bool
    wanted: tuple[str, ...]
    beats: tuple[str, ...]
    pieces: str
    media: str
    master: str
    film: str


@dataclass(frozen=True)
class Moved:
    """How far a worker is, several times a second: its beat, and the seconds of film that it has drawn."""

    beat: str
    seconds: float


@dataclass(frozen=True)
class Piece:
    """One beat, drawn.

    Attributes
    ----------
    beat : Beat
    start : int
        Frame of the whole lecture's film that is its first.
    frames : int
    inputs : mapping of str to str
        What the lecture had read when it was drawn, see `gdlectures.asking.inputs`.
    """

    beat: Beat
    start: int
    frames: int
    inputs: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, entries: Mapping[str, Any]) -> Piece:
        """A piece from JSON."""
        return cls(Beat.read(entries["beat"]), entries["start"], entries["frames"], entries["inputs"])


@dataclass(frozen=True)
class Drawn:
    """What a worker had to draw is drawn.

    Attributes
    ----------
    pieces : tuple of Piece
        Those of the whole film, or those that this worker drew.
    whole : bool
        The film is joined from its pieces and verified.
    """

    pieces: tuple[Piece, ...]
    whole: bool


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
        if kind is Job:
            entries |= {name: tuple(entries[name]) for name in ("wanted", "beats")}
        if kind is Drawn:
            entries["pieces"] = tuple(map(Piece.read, entries["pieces"]))
        if kind is Broken:
            entries["exit_code"] = Exit(entries["exit_code"])
            entries["told"] = entries["told"] and tuple(entries["told"])
        return kind(**entries)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
