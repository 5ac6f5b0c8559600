"""What is asked for and what came of it: `RenderRequest` and `Rendered`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gdlectures.asking.data import UserData
from gdlectures.asking.runs import UserRun
from gdlectures.asking.voice import UserVoice
from gdlectures.faults.errors import Fault, setting_fault
from gdscenes.kit.lecture.settings import SettingError, Settings, knob, knobs
from gdscenes.kit.page.theme import THEMES
from gdscenes.kit.type.language import languages, tr


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
class FilmOptions(Settings):
    """How any lecture is drawn."""

    theme: str | None = knob(None, "the lecture's own when left out", choices=tuple(THEMES))
    quality: str = knob("720p", "720p when left out", choices=tuple(QUALITIES))
    lang: str | None = knob(
        None, "language of all words, the lecture's own when left out", choices=languages()
    )
    fps: int | None = knob(None, "frames a second; the quality's own when left out", minimum=1, maximum=120)
    jobs: int | None = knob(
        None, "processes that draw at a time; as many as cores when left out", minimum=1, maximum=256
    )
    timeout: int = knob(
        4 * 3600,
        "longest time for one lecture, in seconds; 4 hours when left out",
        minimum=1,
        maximum=7 * 24 * 3600,
    )


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
    lang : str or None
        Language of all words; None takes the lecture's own.
    transparent : bool
        Drawn on no ground: what comes of it is a master with alpha, and no mp4.
    beat : str or None
        Only this beat; None takes the whole lecture.
    data : UserData or None
        A table to descend on instead of a preset.
    run : UserRun or None
        A recorded training run to tell of.
    voice : UserVoice or None
        Whose recordings are heard; None for a silent film.

    Raises
    ------
    Fault
        If a value is out of its limits.
    """

    lecture: str
    theme: str | None = None
    quality: str = FilmOptions.quality
    fps: int | None = None
    knobs: Mapping[str, Any] = field(default_factory=dict)
    story: Path | None = None
    scenes: Path | None = None
    lang: str | None = None
    transparent: bool = False
    beat: str | None = None
    data: UserData | None = None
    run: UserRun | None = None
    voice: UserVoice | None = None

    def __post_init__(self) -> None:
        try:
            FilmOptions(self.theme, self.quality, self.lang, self.fps)
        except SettingError as error:
            raise setting_fault(error) from None

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
    name, title, note : str
        Its name; the same as it is read; and what the lecturer says during it.
    start_frame : int
        Of the whole lecture's film, and so are the others.
    start_seconds : float
    still_frame : int
        Frame that tells the beat best.
    loops : bool
        The lecture asks that it be played over and over.
    words, numbers, formulas : tuple of str
        What can be read in that frame, see `gdlectures.films.page_words.PageWords`.
    heard : (float, float) or None
        Seconds after its start between which its recording is heard; None for a silent one.
    """

    name: str
    title: str
    note: str
    start_frame: int
    start_seconds: float
    still_frame: int
    loops: bool
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    formulas: tuple[str, ...]
    heard: tuple[float, float] | None = None

    @classmethod
    def read(cls, entries: Mapping[str, Any]) -> Beat:
        """A beat from JSON, which has lists for tuples."""
        values: dict[str, Any] = {
            name: tuple(it) if isinstance(it, list) else it for name, it in entries.items()
        }
        return cls(**values)


@dataclass(frozen=True, repr=False)
class Rendered:
    """A film on the disk, whole and verified; as the value of a notebook's cell it is a player.

    Attributes
    ----------
    lecture : str
    mp4, manifest, story : Path
        The film; what it is, as JSON; what it was drawn from. For a transparent request the film is the
        master itself.
    beats : tuple of Beat
    beat : str or None
        The only one that it shows; None for the whole lecture.
    start : int
        Frame of the whole lecture's film that is this one's first.
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
    beat: str | None
    start: int
    frames: int
    fps: int
    width: int
    height: int
    digest: str
    unchanged: bool
    key: str
    request: RenderRequest | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        shown = f"{self.mp4}, {self.width} x {self.height}, {self.seconds:.1f} s"
        return f"<Rendered {', '.join(filter(None, [self.lecture, self.beat]))}: {shown}>"

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    @property
    def is_spoken(self) -> bool:
        """Whether it has a sound."""
        return any(beat.heard is not None for beat in self.beats)

    @property
    def stem(self) -> str:
        """Name of the lecture's files without their suffix, whichever beats they show."""
        return self.story.stem.removesuffix(f"-{self.beat}")

    @property
    def stretches(self) -> tuple[tuple[Beat, int, int], ...]:
        """Each beat with the frame of this film that is its first, and the frame before which it ends."""
        # what a lecture shows before it opens a beat belongs to the first
        starts = [0, *(beat.start_frame - self.start for beat in self.beats[1:])]
        return tuple(zip(self.beats, starts, [*starts[1:], self.frames], strict=True))

    def stretch(self, name: str) -> tuple[int, int]:
        """The same of one beat."""
        return next((start, stop) for beat, start, stop in self.stretches if beat.name == name)


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


def readable(name: str) -> str:
    """The name of a beat as it is read: ``time_lapse`` is "Time lapse", in the language that is spoken."""
    return tr(name.replace("_", " ").capitalize())


def parsed(kind: type[Settings], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the knobs that are given, as values or as words of the command line.

    Raises
    ------
    SettingError
        If a word means none that is allowed.
    """
    return {
        knob.name: knob.parse(given[knob.name]) if isinstance(given[knob.name], str) else given[knob.name]
        for knob in knobs(kind)
        if knob.name in given
    }
