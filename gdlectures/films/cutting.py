"""How a film is joined from pieces, named, parted into chapters and cut without being encoded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from gdlectures.films.encoding import FILM, Codec
from gdlectures.films.reading import BrokenFilm

# no bit rate is told: it would be that of the film which a part was taken from
_OPTIONS = {"movflags": "+faststart", "write_btrt": "0"}


@dataclass(frozen=True)
class Chapter:
    """A named stretch of a film, from one frame to before another."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True)
class Part:
    """What is taken of a film, from a frame that opens with a cut to before another; by default the whole."""

    path: Path
    start: int = 0
    stop: int | None = None


def name_film(
    source: Path,
    target: Path,
    fps: int,
    title: str,
    chapters: Sequence[Chapter] = (),
    start: int = 0,
    stop: int | None = None,
) -> None:
    """Copy a film, or a stretch of it that opens with a cut, with its title and chapters; nothing is encoded.

    Parameters
    ----------
    source, target : Path
    fps : int
    title : str
    chapters : sequence of Chapter
        Frames of what is copied.
    start, stop : int
        The stretch: from one frame to before another, by default the whole.

    Raises
    ------
    BrokenFilm
        If the film cannot be cut before frame `start`, or cannot be read.
    """
    join_films([Part(source, start, stop)], target, fps, FILM, title, chapters)


def join_films(
    parts: Sequence[Part],
    target: Path,
    fps: int,
    codec: Codec,
    title: str | None = None,
    chapters: Sequence[Chapter] = (),
) -> None:
    """Copy parts of films, one after another, into one; nothing is encoded.

    Frame k is shown at exactly k / fps, and the index comes first, so that the film plays while it loads.

    Parameters
    ----------
    parts : sequence of Part
        All encoded the same way.
    target : Path
    fps : int
    codec : Codec
        How they are encoded.
    title : str, optional
    chapters : sequence of Chapter

    Raises
    ------
    BrokenFilm
        If a film cannot be cut where it should be, cannot be read, or is encoded another way than the first.
    """
    frame_time = Fraction(1, fps)
    path = parts[0].path
    try:
        with (
            av.open(str(path)) as first,
            av.open(str(target), "w", format=codec.container, options=_OPTIONS) as film,
        ):
            stream = film.add_stream_from_template(first.streams.video[0])
            stream.time_base = frame_time
            if title is not None:
                film.metadata["title"] = title
            film.set_chapters(
                [
                    {
                        "id": index,
                        "start": chapter.start,
                        "end": chapter.stop,
                        "time_base": frame_time,
                        "metadata": {"title": chapter.title},
                    }
                    for index, chapter in enumerate(chapters)
                ]
            )
            head = first.streams.video[0].codec_context.extradata
            written = 0
            for part in parts:
                path, before = part.path, written
                with av.open(str(path)) as given:
                    if given.streams.video[0].codec_context.extradata != head:
                        raise BrokenFilm(f"{path.name} is encoded another way than {parts[0].path.name}")
                    for packet, shown in _packets(given, part, frame_time):
                        packet.stream, packet.time_base = stream, frame_time
                        packet.pts, packet.dts, packet.duration = before + shown, written - codec.ahead, 1
                        film.mux(packet)
                        written += 1
    except (av.error.InvalidDataError, av.error.EOFError) as error:
        raise BrokenFilm(f"{path.name} cannot be read: {error}") from error


def _packets(
    given: InputContainer, part: Part, frame_time: Fraction
) -> Iterator[tuple[Packet[VideoStream], int]]:
    """The packets of a part, each with the frame of the part that it holds."""
    is_first = True
    for packet in given.demux(given.streams.video[0]):
        # demux ends with an empty packet that only flushes decoders
        if packet.pts is None or packet.time_base is None:
            continue
        shown = int(packet.pts * packet.time_base / frame_time)
        if shown < part.start or (part.stop is not None and shown >= part.stop):
            continue
        if is_first and not (shown == part.start and packet.is_keyframe):
            raise BrokenFilm(f"{part.path.name} cannot be cut before frame {part.start}")
        is_first = False
        yield packet, shown - part.start
