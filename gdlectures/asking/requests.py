"""What is asked for and what came of it: `RenderRequest` and `Rendered`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gdlectures.faults.errors import Fault, nearest, usage
from gdscenes.kit.page.theme import THEMES

LOWEST_FPS, HIGHEST_FPS = 1, 120
DEFAULT_QUALITY = "720p"


@dataclass(frozen=True)
class Quality:
    """The size of a film's frames in pixels, and their rate unless another is asked for."""

    width: int
    height: int
    fps: int = 30


QUALITIES = {
    "preview": Quality(854, 480, fps=15),
    "720p": Quality(1280, 720),
    "1080p": Quality(1920, 1080),
    "4k": Quality(3840, 2160),
}


@dataclass(frozen=True)
class RenderRequest:
    """One film as it was asked for; what was left out is resolved when the lecture is known.

    Attributes
    ----------
    lecture : str
        Name in the catalog.
    theme : str or None
        None takes the lecture's own.
    quality : str
        One of `QUALITIES`.
    fps : int or None
        None takes the quality's own.
    knobs : mapping of str to object
        Settings by their Python names, as values or as words of the command line.
    story : Path or None
        A stored story to draw again instead of computing one.
    scenes : Path or None
        Folder of the lecture; None for the lectures that come with the package.
    transparent : bool
        Drawn on no ground: what comes of it is a master with alpha, and no mp4.

    Raises
    ------
    Fault
        If a value is out of its limits.
    """

    lecture: str
    theme: str | None = None
    quality: str = DEFAULT_QUALITY
    fps: int | None = None
    knobs: Mapping[str, Any] = field(default_factory=dict)
    story: Path | None = None
    scenes: Path | None = None
    transparent: bool = False

    def __post_init__(self) -> None:
        _check_choice("--quality", self.quality, tuple(QUALITIES))
        if self.theme is not None:
            _check_choice("--theme", self.theme, tuple(THEMES))
        if self.fps is not None:
            check_fps(self.fps)

    @property
    def frame_size(self) -> Quality:
        """Size and rate of the film's frames."""
        quality = QUALITIES[self.quality]
        return quality if self.fps is None else Quality(quality.width, quality.height, self.fps)


@dataclass(frozen=True)
class Beat:
    """A beat in a film.

    Attributes
    ----------
    name, note : str
        Its name, and what the lecturer says during it.
    start_frame : int
    start_seconds : float
    still_frame : int
        Frame of the film that tells the beat best.
    loops : bool
        The lecture asks that it be played over and over.
    words, numbers, formulas : tuple of str
        What can be read in that frame, see `gdlectures.films.page_words.PageWords`.
    """

    name: str
    note: str
    start_frame: int
    start_seconds: float
    still_frame: int
    loops: bool
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    formulas: tuple[str, ...]

    @property
    def title(self) -> str:
        return title_of(self.name)


@dataclass(frozen=True)
class Rendered:
    """A film on the disk, whole and verified.

    Attributes
    ----------
    lecture : str
    mp4, manifest, story : Path
        The film; what it is, as JSON; what it was drawn from. For a transparent request the film is the
        master itself.
    beats : tuple of Beat
    frames, fps, width, height : int
    digest : str
        sha256 of the mp4, in hex.
    unchanged : bool
        The film was there already, made by an equal request.
    key : str
        Digest of the request with every default filled in: the film's master is cached under it.
    request : RenderRequest or None
        What it was made by, where that is known: the way to a master that the cache has dropped.
    """

    lecture: str
    mp4: Path
    manifest: Path
    story: Path
    beats: tuple[Beat, ...]
    frames: int
    fps: int
    width: int
    height: int
    digest: str
    unchanged: bool
    key: str
    request: RenderRequest | None = field(default=None, compare=False)

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


@dataclass(frozen=True)
class Failed:
    """A lecture that came to nothing, and why."""

    lecture: str
    fault: Fault

    def film(self) -> Rendered:
        raise self.fault


@dataclass(frozen=True)
class Finished:
    """A lecture that became a film."""

    lecture: str
    rendered: Rendered

    def film(self) -> Rendered:
        return self.rendered


Outcome = Finished | Failed
"""What became of one request of a batch; `film()` returns the film or raises the fault."""


def title_of(beat: str) -> str:
    """A beat's name as it is read: ``time_lapse`` is "Time lapse"."""
    return beat.replace("_", " ").capitalize()


def check_fps(fps: object) -> int:
    """Frames per second, if they are allowed."""
    if type(fps) is not int or not LOWEST_FPS <= fps <= HIGHEST_FPS:
        raise usage(
            "--fps", fps, f"a whole number from {LOWEST_FPS} to {HIGHEST_FPS}", "give --fps such a value"
        )
    return fps


def _check_choice(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        near = nearest(str(value), allowed)
        fix = f"did you mean {near}?" if near else f"give {option} one of these"
        raise usage(option, value, ", ".join(allowed), fix)
