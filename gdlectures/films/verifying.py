"""A film held to its story: drawn again, and compared frame by frame."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import av
import numpy as np

from gdlectures.asking import catalog
from gdlectures.asking.provenance import file_digest
from gdlectures.asking.requests import Rendered, RenderRequest
from gdlectures.faults.errors import Exit, Fault, unreadable
from gdlectures.films.encoding import Pixels
from gdlectures.films.manifest import Manifest, manifest_of, read_manifest
from gdlectures.films.reading import BrokenFilm, Frames, read_frames, verify
from gdlectures.films.rendering import master_of, render_films
from gdlectures.films.voicing import hold

BLOCK = 8
"""Pixels along a side of the squares in which two frames are compared."""
ALIKE = 10.0
"""Difference of two squares, of 255 and on the average of their pixels, up to which they are one picture."""
_AGAIN = "render it again"
_OF_OTHER_SOURCES = "it says that other sources drew it: verify it by those, or render it again"
_OF_THE_MACHINE = ("film", "story", "asked", "resolved", "sources", "versions", "inputs", "sha256", "bytes")
"""Entries of a manifest that two honest films of one story may differ in."""


@dataclass(frozen=True)
class Verified:
    """A film that is what its story draws.

    Attributes
    ----------
    film : Path
    frames : int
    is_same_file : bool
        Whether it is so byte for byte; else its frames are the same pictures.
    """

    film: Path
    frames: int
    is_same_file: bool


def verify_film(film: Path, scenes: Path | None = None) -> Verified:
    """Draw a film again from the story beside it, and hold it and its manifest to that.

    The numbers of the story are computed again, see `Story.check`; then every frame is drawn, by the code as
    it is now, and compared. The sound of a film is held to its manifest, for no story tells it.

    Parameters
    ----------
    film : Path
        With its manifest and its story beside it, as `gdlectures render` leaves them.
    scenes : Path, optional
        Folder of the lecture, where it is a user's.

    Raises
    ------
    Fault
        If it cannot be read, or anything in it is not what its story says.
    """
    manifest = read_manifest(film.with_suffix(".json"))
    if manifest is None or manifest.film != film.name:
        allowed = "a film with its manifest and story beside it, of this release"
        raise Fault(Exit.DATA, str(film), "no manifest of it", allowed, "render it again")
    story = film.with_name(manifest.story)
    _hold_to_manifest(film, story, manifest)
    own = catalog.load(catalog.find(manifest.lecture, scenes)).language
    request = RenderRequest(
        manifest.lecture,
        manifest.theme,
        manifest.quality,
        manifest.fps,
        story=story,
        scenes=scenes,
        lang=None if manifest.language == own else manifest.language,
        beat=manifest.beat,
    )
    with tempfile.TemporaryDirectory() as place:
        (outcome,) = render_films([request], out=place, force=True)
        drawn = outcome.film()
        if manifest.voice is not None:
            drawn = _held(film, manifest, drawn, Path(place) / "held")
        _hold_to_story(film, manifest, drawn)
        return Verified(film, drawn.frames, manifest.sha256 == drawn.digest)


def _hold_to_manifest(film: Path, story: Path, manifest: Manifest) -> None:
    for path, digest in ((film, manifest.sha256), (story, manifest.story_sha256)):
        try:
            found = file_digest(path)
        except OSError as error:
            raise unreadable(error, path) from None
        if found != digest:
            raise _untrue(path, f"sha256 {found[:12]}", f"{digest[:12]}, as its manifest says")


def _held(film: Path, manifest: Manifest, drawn: Rendered, folder: Path) -> Rendered:
    """The silent film, each beat standing as long as the manifest of a spoken one tells."""
    try:
        assert manifest.voice is not None, "it is spoken"
        held = {name: int(each["held"]) for name, each in manifest.voice["recordings"].items()}
        if min(held.values(), default=0) < 0 or drawn.frames + sum(held.values()) != manifest.frames:
            raise ValueError("other frames")
    except (KeyError, TypeError, AttributeError, ValueError):
        where, got = film.with_suffix(".json"), f"voice {manifest.voice!r:.60}"
        raise _untrue(where, got, f"one that makes {drawn.frames} frames {manifest.frames}") from None
    folder.mkdir()
    cache, silent = master_of(drawn)
    with cache.held(silent.manifest.parent):
        made = hold(silent, held, folder)
    record = manifest_of(silent)
    heard = {beat.name: beat.heard for beat in manifest.beats}
    beats = tuple(dataclasses.replace(beat, heard=heard.get(beat.name)) for beat in made.beats)
    record = dataclasses.replace(
        record, frames=made.frames, seconds=made.seconds, beats=beats, voice=manifest.voice
    )
    path = folder / silent.manifest.name
    path.write_text(record.text(), "ascii")
    return dataclasses.replace(made, manifest=path)


def _hold_to_story(film: Path, manifest: Manifest, drawn: Rendered) -> None:
    again = manifest_of(drawn)
    fix = _AGAIN if manifest.sources == again.sources else _OF_OTHER_SOURCES
    for field in dataclasses.fields(Manifest):
        told, true = getattr(manifest, field.name), getattr(again, field.name)
        if field.name not in _OF_THE_MACHINE and told != true:
            where = film.with_suffix(".json")
            raise _untrue(where, f"{field.name} {told!r:.60}", f"{true!r:.60}, as its story has it", fix)
    if manifest.sha256 == drawn.digest:
        return
    try:
        verify(film, Frames(drawn.frames, drawn.width, drawn.height), drawn.fps)
        index = first_other_frame(film, drawn.mp4)
    except BrokenFilm as error:
        raise _untrue(film, str(error), "a whole film") from None
    if index is not None:
        beat = next(b.title for b, start, stop in drawn.stretches if start <= index < stop)
        when = f"{int(index / drawn.fps) // 60}:{index / drawn.fps % 60:04.1f}"
        raise _untrue(film, f"another picture at {when}, in {beat!r}", "that of its story", fix)


def first_other_frame(film: Path, true: Path) -> int | None:
    """The first frame of a film that is another picture than that of the true one; None where there is none.

    Two encoders leave other traces of one picture, up to 6 at a constant rate factor of 18; a square of
    `BLOCK` pixels that differs by more than `ALIKE` is another picture.
    """
    pairs = zip_longest(read_frames(film), read_frames(true))
    for index, (one, other) in enumerate(pairs):
        if one is None or other is None or unlikeness(planes(one), planes(other)) > ALIKE:
            return index
    return None


def planes(frame: av.VideoFrame) -> list[Pixels]:
    """Brightness of a frame (height, width), and its two differences of colour at half of that size."""
    picture = np.asarray(frame.to_ndarray(format="yuv420p"), dtype=np.uint8)
    height, width = frame.height, frame.width
    quarter = height * width // 4
    colors = picture[height:].reshape(-1)
    halves = [colors[k * quarter : (k + 1) * quarter].reshape(height // 2, width // 2) for k in (0, 1)]
    return [picture[:height], *halves]


def unlikeness(one: Sequence[Pixels], other: Sequence[Pixels]) -> float:
    """By how much the two most different squares of two frames differ, of 255, see `planes`."""
    worst = 0.0
    for mine, theirs in zip(one, other, strict=True):
        apart = np.abs(mine.astype(np.int16) - theirs)
        height, width = (size // BLOCK * BLOCK for size in apart.shape)
        squares = apart[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
        worst = max(worst, float(squares.mean(axis=(1, 3)).max()))
    return worst


def _untrue(path: Path, got: str, allowed: str, fix: str = _AGAIN) -> Fault:
    return Fault(Exit.DATA, str(path), got, allowed, fix)
